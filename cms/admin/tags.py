"""Tags in the admin: their names, their posts, and two made one."""

from collections.abc import Sequence
from typing import Any

from flask import abort, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import defer
from wtforms import Form

from cms.admin import paths
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, leading_to, told
from cms.admin.fields import WRAPPING, Checked, Free
from cms.admin.importing import Importing
from cms.admin.lookup import VIEWS
from cms.admin.lookups import POSTS, TAGS
from cms.admin.paths import Path
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, lazy, marked_plural
from cms.models import Post, PostTag, Tag
from cms.services import reindexing, revising, snapshots, tagging

POSTS_A_PAGE = 20


class TagView(Importing, CmsModelView):
    """Tags. A new name leads the old address to the new one."""

    model = Tag
    title = lazy("Tags")
    singular = lazy("tag")
    address = "tag"
    help = lazy("Words that posts share. “Flask” and “flask” are one tag.")
    empty = lazy("No tag yet. They come into being while you write.")

    needs = "tag.edit"

    column_list = ["name", "post_count", "slug", "description"]
    column_labels = {"post_count": lazy("Posts"), "slug": lazy("Address")}
    column_editable_list = ["description"]
    column_sortable_list = ["name"]
    column_default_sort = "name"
    column_searchable_list = ["name", "slug"]
    column_export_list = ["name", "slug", "description"]
    form_columns = ["name", "description"]
    form_args = {
        "name": {"validators": [Checked(lambda name: tagging.clean_names([name])), Free(tagging.must_be_free)]},
        "description": WRAPPING,
    }
    form_ajax_refs = {"posts": POSTS, "tags": TAGS}
    edit_template = "admin/tag/edit.html"

    def get_list(self, *args: Any, **kwargs: Any) -> tuple[int | None, Any]:
        count, tags = super().get_list(*args, **kwargs)
        numbers = _post_counts([tag.id for tag in tags])
        for tag in tags:
            tag.post_count = paths.told(numbers[tag.id])
        return count, tags

    def make(self, form: Form) -> Tag:
        tag = tagging.make_anew(form.name.data)
        tag.description = form.description.data or ""
        self.record("created", tag, after=self.facts(tag))
        return tag

    def change(self, form: Form, row: Tag) -> None:
        tagging.rename(row, form.name.data, by=self.person, slug=None if form.name.data != row.name else row.slug)
        if (form.description.data or "") != row.description:
            before = row.description
            row.description = form.description.data or ""
            self.record("edited", row, before={"description": before}, after={"description": row.description})

    def change_cell(self, form: Form, row: Tag, name: str) -> None:
        super().change(form, row)  # all but the name is a field like any other

    def remove(self, row: Tag) -> None:
        posts = tagging.posts_with(row)
        super().remove(row)
        reindexing.reindex(posts)

    def handle_view_exception(self, exc: Exception, form: Form | None = None) -> bool:
        if isinstance(exc, InvalidChange) and exc.field == "tags":
            exc.field = "name"
        return super().handle_view_exception(exc, form)

    def goes_with(self, rows: Sequence[Tag]) -> list[Consequence]:
        one = rows[0] if len(rows) == 1 else None
        posts = select(PostTag.post_id).where(PostTag.tag_id.in_([row.id for row in rows])).distinct()
        return told(
            (
                posts,
                marked_plural(
                    "%(num)s post loses this tag. The posts stay.", "%(num)s posts lose this tag. The posts stay."
                )
                if one
                else marked_plural(
                    "%(num)s post loses a tag. The posts stay.", "%(num)s posts lose a tag. The posts stay."
                ),
                Post,
                one and {"tag": one.id},
            ),
            leading_to(rows),
        )

    # The page of one tag
    def _form_page(self, template: str, form: Any, row: Tag | None, rules: Any) -> ResponseReturnValue:
        if row is not None:
            self._template_args.update(self._posts_of(row))
        return super()._form_page(template, form, row, rules)

    def _posts_of(self, tag: Tag) -> dict[str, Any]:
        path = Path(PostTag.post_id, PostTag.listed_at, (PostTag.tag_id == tag.id,))
        query = self._visible_posts().where(Post.deleted_at.is_(None))
        shown = query.options(defer(Post.body), defer(Post.body_html))
        return {
            "posts": paths.page(shown, path, Post, self._position(path), POSTS_A_PAGE),
            "posts_count": paths.told(paths.count(path.narrow(query, Post), path.key, paths.MOST_COUNTED_NARROWED)),
            "posts_url": lambda **place: self.get_url(".edit_view", id=tag.id, **place),
        }

    def _visible_posts(self) -> Any:
        return current_app.extensions[VIEWS][Post].get_query()

    @expose("/posts/", methods=("POST",))
    def posts_view(self) -> ResponseReturnValue:
        """Gives the tag to posts, or takes it from them; their other tags stay."""
        tag = self.one_or_404(request.args.get("id"))
        how = {"add": snapshots.Add, "remove": snapshots.Remove}.get(request.form.get("act", ""))
        if how is None:
            abort(400)
        name, number = tag.name, tag.id
        view = current_app.extensions[VIEWS][Post]
        done = gettext("posts have it now") if how is snapshots.Add else gettext("posts lost it")

        def retag(post: Post) -> None:
            if not view.may_edit(post):
                raise NotAllowed(gettext("You may not edit this post."))
            before = tagging.tags_of(post)
            revising.change_live(post, {"tags": how([name])}, by=self.person)
            self.record("retagged", post, before={"tags": before}, after={"tags": tagging.tags_of(post)})

        wanted = [part for part in request.form.getlist("posts") if part]
        if wanted:
            view.each(wanted, retag, done)
        else:
            flash(gettext("Choose a post first."), "error")
        return redirect(self.get_url(".edit_view", id=number))

    @expose("/merge/", methods=("GET", "POST"))
    def merge_view(self) -> ResponseReturnValue:
        """Says what merging would do; POST does it."""
        tag = self.one_or_404(request.values.get("id"))
        into = self.get_one(request.values.get("into"))
        if into is None or into.id == tag.id:
            flash(gettext("Choose another tag to merge into."), "error")
            return redirect(self.get_url(".edit_view", id=tag.id))
        if request.method == "GET":
            return self.render("admin/tag/merge.html", model=tag, into=into, counts=tagging.merge_preview(tag, into))
        names, number, target = (tag.name, into.name), tag.id, into.id
        if self.attempt(lambda: (tagging.merge(tag, into, by=self.person), True), row=tag) is None:
            return redirect(self.get_url(".edit_view", id=number))
        words = gettext(
            "“%(name)s” is merged into “%(into)s”. Its old address leads there.", name=names[0], into=names[1]
        )
        flash(words, "success")
        return redirect(self.get_url(".edit_view", id=target))


def _post_counts(tag_ids: list[int]) -> dict[int, int]:
    return paths.counted(PostTag.tag_id, tag_ids)
