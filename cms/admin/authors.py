"""Authors in the admin: the names under posts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import defer, joinedload
from wtforms import Form, StringField

from cms import clock
from cms.admin import paths
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, leading_to, told
from cms.admin.converting import stripped
from cms.admin.fields import AtMost, Checked, no_nul
from cms.admin.lookups import PEOPLE, PICTURES
from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext, lazy, marked_plural
from cms.models import Author, Post, PostAuthor
from cms.services import addresses, auditing, bylines, links, redirecting, reindexing
from cms.text.slug import slugify


class AuthorView(CmsModelView):
    """Bylines. An author need not have an account."""

    model = Author
    title = lazy("Authors")
    singular = lazy("author")
    address = "author"
    help = lazy("The names under posts. An author need not have an account, and outlives the one they have.")
    empty = lazy("No author yet. Whoever writes a post becomes one.")

    needs = "author.edit"

    column_list = ["name", "post_count", "slug", "user"]
    column_labels = {
        "post_count": lazy("Posts"),
        "slug": lazy("Address"),
        "user": lazy("Account"),
        "bio": lazy("About them"),
    }
    column_sortable_list = ["name"]
    column_default_sort = "name"
    column_searchable_list = ["name", "slug"]
    column_export_list = ["name", "slug", "website"]
    column_descriptions = {
        "bio": lazy("Markdown."),
        "website": lazy("The whole address, from https:// on."),
        "user": lazy("Whose own posts these are."),
    }
    form_columns = ["name", "slug", "bio", "website", "picture", "user"]
    form_args = {"website": {"validators": [Checked(lambda address: links.checked_whole(address, field="website"))]}}
    form_extra_fields = {
        "slug": StringField(
            lazy("Address"),
            [no_nul, AtMost(120)],
            filters=[stripped],
            description=lazy("Made from the name unless you choose one."),
        )
    }
    form_ajax_refs = {"picture": PICTURES, "user": PEOPLE}
    list_options = [joinedload(Author.user), defer(Author.bio), defer(Author.bio_html)]

    def get_list(self, *args: Any, **kwargs: Any) -> tuple[int | None, Any]:
        count, authors = super().get_list(*args, **kwargs)
        numbers = _post_counts([author.id for author in authors])
        for author in authors:
            author.post_count = paths.told(numbers[author.id])
        return count, authors

    def make(self, form: Form) -> Author:
        author = bylines.make(form.name.data, slug=form.slug.data or None)
        self._fill(form, author)
        self.record("created", author, after=self.facts(author))
        return author

    def change(self, form: Form, row: Author) -> None:
        before, old = self.facts(row), addresses.path_of(row)
        row.name, row.updated_at = form.name.data, clock.now()
        wanted = slugify(form.slug.data or form.name.data, max_length=100)
        if form.slug.data != row.slug:
            free = bylines.free_slug(wanted, own_id=row.id)
            if form.slug.data and free != wanted:
                raise InvalidChange(gettext("Another author has the address “%(slug)s”.", slug=wanted), field="slug")
            row.slug = free
            redirecting.moved(old, addresses.path_of(row))
        self._fill(form, row)
        before, after = auditing.changed(before, self.facts(row))
        if after:
            self.record("edited", row, before=before, after=after)
        if after.keys() & {"name", "slug"}:
            reindexing.reindex(bylines.posts_by(row))

    def remove(self, row: Author) -> None:
        posts = bylines.posts_by(row)
        super().remove(row)
        reindexing.reindex(posts)

    def _fill(self, form: Form, author: Author) -> None:
        website = form.website.data or ""
        if (form.bio.data or "") != author.bio:
            author.describe((form.bio.data or "").replace("\r\n", "\n"))
        bylines.link(author, form.user.data, by=self.person)
        author.website, author.picture = website, form.picture.data
        db.session.flush()

    def facts(self, row: Author) -> dict[str, Any]:
        names = ("name", "slug", "bio", "website", "picture_id", "user_id")
        return {name: getattr(row, name) for name in names}

    def goes_with(self, rows: Sequence[Author]) -> list[Consequence]:
        one = rows[0] if len(rows) == 1 else None
        posts = select(PostAuthor.post_id).where(PostAuthor.author_id.in_([row.id for row in rows])).distinct()
        found = told(
            (
                posts,
                marked_plural(
                    "%(num)s post loses this name. The posts stay.", "%(num)s posts lose this name. The posts stay."
                )
                if one
                else marked_plural(
                    "%(num)s post loses a name. The posts stay.", "%(num)s posts lose a name. The posts stay."
                ),
                Post,
                one and {"author": one.id},
            ),
            leading_to(rows),
        )
        if any(row.user_id for row in rows):
            found.append(Consequence(gettext("The account stays.") if one else gettext("Their accounts stay.")))
        return found


def _post_counts(author_ids: list[int]) -> dict[int, int]:
    return paths.counted(PostAuthor.author_id, author_ids)
