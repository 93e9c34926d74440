"""Posts in the admin."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_admin.actions import action
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import selectinload
from wtforms import BooleanField, Form, StringField, TextAreaField

from cms.admin import filters, paths
from cms.admin.bulk import running
from cms.admin.consequences import Question
from cms.admin.fields import Checked, LanguageField, LookupField, LookupListField, SeriesField, TagsField
from cms.admin.lookups import AUTHORS, PICTURES, POSTS, SERIES, TAGS
from cms.admin.paths import MOST_LOOKED_THROUGH, Path, Some, Source
from cms.admin.writing import WritingView, changes_filter, state_filter
from cms.admin.writing_form import WritingForm, shown, text
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, lazy, lazy_pgettext, marked_plural
from cms.models import Author, Comment, Media, Post, PostAuthor, PostTag, SeriesPart
from cms.services import bylines, links, newest_posts, revising, searching, snapshots, tagging

AUTHORS_SHOWN, TAGS_SHOWN = 2, 2
MOST_OWN = 5000  # whoever sees their own posts alone has the newest of them in the list
PATIENCE_SECONDS = 0.25
MOST_TITLES = 500  # of which parts of words are looked for


class PostForm(WritingForm):
    """A post. Whoever may edit their own posts alone is not asked for authors."""

    subject_model = Post

    excerpt = TextAreaField(
        lazy("Excerpt"),
        text("excerpt"),
        description=lazy("A sentence or two for lists, feeds and search engines."),
    )
    tags = TagsField(
        lazy("Tags"),
        lookup=TAGS,
        create=lambda: current_user.may("tag.add"),
        description=lazy("Enter or a comma ends a tag."),
    )
    authors = LookupListField(lazy("Authors"), lookup=AUTHORS, description=lazy("In the order of the byline."))
    series = SeriesField(
        lazy("Series"),
        lookup=SERIES,
        create=lambda: current_user.may("tag.add"),
        description=lazy("If it is part of one: its title. A new part stands at the end."),
    )
    language = LanguageField(lazy("Language"))
    translation_of = LookupField(
        lazy("Translation of"),
        lookup=POSTS,
        description=lazy("The post that says the same in another language: readers are shown the way."),
    )
    cover = LookupField(
        lazy("Cover picture"),
        lookup=PICTURES,
        description=lazy("Without one, the title is drawn for where the post is shared."),
    )
    canonical_url = StringField(
        lazy("First published at"),
        [*text("canonical_url"), Checked(lambda address: links.checked_whole(address.strip(), field="canonical_url"))],
        description=lazy("If the original stands elsewhere: its whole address."),
    )
    is_featured = BooleanField(lazy("Featured"))
    comments_open = BooleanField(lazy("Readers may comment"), default=True)


def _titled(text: str) -> Select[Any]:
    """The ids of posts with ``text`` in their title, among those changed last."""
    latest = (
        select(Post.id, Post.title).where(Post.deleted_at.is_(None)).order_by(Post.edited_at.desc(), Post.id.desc())
    )
    newest = latest.limit(MOST_TITLES).subquery()
    return select(newest.c.id).where(newest.c.title.icontains(text, autoescape=True))


def authors_column(view: Any, context: Any, post: Post, name: str) -> Any:
    names = [author.name for author in post.authors]
    return Markup("{}{}").format(", ".join(names[:AUTHORS_SHOWN]), _more(names[AUTHORS_SHOWN:]))


def tags_column(view: Any, context: Any, post: Post, name: str) -> Any:
    link = Markup('<a class="tag" href="{}" title="{}">{}</a>')
    shown = [link.format(view.get_url(".index_view", tag=tag.id), tag.name, tag.name) for tag in post.tags[:TAGS_SHOWN]]
    rest = _more([tag.name for tag in post.tags[TAGS_SHOWN:]])
    return Markup('<span class="tags">{}{}</span>').format(Markup(" ").join(shown), rest) if shown else ""


def _more(names: list[str]) -> Markup:
    """How many there are beside those shown, their names behind it."""
    if not names:
        return Markup("")
    return Markup(' <span class="muted" title="{}">+{}<span class="unseen"> {}</span></span>').format(
        ", ".join(names), len(names), gettext("more")
    )


class PostView(WritingView):
    """Posts: their own for those who may edit their own, all for those who may edit any."""

    model = Post
    title = lazy("Posts")
    singular = lazy("post")
    address = "post"
    empty = lazy("No post yet. The first one can be short.")

    needs = "post.edit"
    action_needs = {
        "publish": "post.publish",
        "withdraw": "post.publish",
        "trash": "post.trash",
        "restore": "post.trash",
    }

    column_list = ["title", "state", "authors", "tags", "published_at", "edited_at", "is_featured"]
    column_editable_list = ["is_featured", "comments_open"]
    column_more = ["comments_open", "slug", "word_count", "created_at"]
    column_labels = {
        **WritingView.column_labels,
        "slug": lazy("Address"),
        "word_count": lazy("Words"),
        "is_featured": lazy("Featured"),
        "comments_open": lazy("Comments open"),
    }
    column_searchable_list = ["title"]
    column_export_list = ["title", "slug", "state", "authors", "tags", "published_at", "edited_at", "word_count"]
    column_formatters = {**WritingView.column_formatters, "authors": authors_column, "tags": tags_column}
    column_filters = [
        state_filter(Post),
        filters.Related(
            "author",
            lazy("Author"),
            AUTHORS,
            lambda number: Post.id.in_(select(PostAuthor.post_id).where(PostAuthor.author_id == number)),
            lambda number: Path(PostAuthor.post_id, PostAuthor.listed_at, (PostAuthor.author_id == number,)),
        ),
        filters.Related(
            "tag",
            lazy("Tag"),
            TAGS,
            lambda number: Post.id.in_(select(PostTag.post_id).where(PostTag.tag_id == number)),
            lambda number: Path(PostTag.post_id, PostTag.listed_at, (PostTag.tag_id == number,)),
        ),
        filters.Related(
            "series",
            lazy("Series"),
            SERIES,
            lambda number: Post.id.in_(select(SeriesPart.post_id).where(SeriesPart.series_id == number)),
            lambda number: Path(SeriesPart.post_id, SeriesPart.position, (SeriesPart.series_id == number,)),
        ),
        *filters.days("", lazy_pgettext("time", "Published"), Post.published_at),
        changes_filter(Post),
    ]
    form = PostForm
    form_columns = list(snapshots.FIELDS[Post])
    form_ajax_refs = {"authors": AUTHORS, "tags": TAGS, "series": SERIES, "translation_of": POSTS, "cover": PICTURES}
    list_template = "admin/post/list.html"
    create_template = edit_template = "admin/post/form.html"
    preview_template = "admin/post/preview.html"
    typed_template = "admin/post/typed.html"

    row_options = [selectinload(Post.authors), selectinload(Post.tags)]

    @property
    def list_options(self) -> Sequence[Any]:
        return [*super().list_options, *self.row_options]

    # Which posts, and what may be done with each?
    def visible(self, query: Select[Any]) -> Select[Any]:
        if current_user.may("post.edit.any"):
            return query
        return query.where(Post.id.in_(Post.written_by(self.person).with_only_columns(Post.id)))

    def may_edit(self, row: Post) -> bool:
        return self.person.can_edit(row)

    def may_delete(self, row: Post) -> bool:
        return self.person.can_trash(row)

    def may_publish(self, row: Post | None) -> bool:
        return self.person.may("post.publish") if row is None else self.person.can_publish(row)

    def goes_with_all(self, ids: Sequence[int], one: Post | None) -> list[Question]:
        comments = select(Comment.id).where(Comment.post_id.in_(ids), Comment.deleted_at.is_(None))
        return [
            (
                comments,
                marked_plural("%(num)s comment is hidden with it.", "%(num)s comments are hidden with it.")
                if one
                else marked_plural("%(num)s comment is hidden with them.", "%(num)s comments are hidden with them."),
                Comment,
                one and {"post": one.id},
            )
        ]

    def known(self, search: str) -> list[int]:
        return list(db.session.scalars(_titled(search)))

    def search(self, query: Select[Any], text: str) -> Select[Any]:
        """By the words of title, tags, authors and text; by any part of the title those changed last."""
        job = running()
        titled = job.known if job is not None and job.known is not None else select(_titled(text).subquery().c.id)
        conditions = [Post.id.in_(titled)]
        found = searching.find(text, posts=select(Post.id))
        if found is not None:
            conditions.append(Post.id.in_(found))
        return query.where(or_(*conditions))

    def search_among(self, query: Select[Any], ids: Sequence[Any], text: str) -> Select[Any]:
        titled = filters.contains(Post.title, text)
        return query.where(or_(titled, Post.id.in_(searching.those_with(text, ids))))

    def found_by(self, text: str) -> Some:
        found, of = newest_posts.with_words(
            text, MOST_LOOKED_THROUGH + 1, seconds=PATIENCE_SECONDS, besides=_titled(text)
        )
        chosen = select(Post.id.label("id")).order_by(Post.id.desc())
        return Some(lambda limit: chosen.where(Post.id.in_(found[:limit])), of=of, known=found)

    def limits(self) -> Sequence[Source]:
        return () if current_user.may("post.edit.any") else [Some(self.own_ids, most=MOST_OWN)]

    def own_ids(self, limit: int) -> Select[Any]:
        """The newest of the posts that this person began or signed."""
        begun = Path(Post.id, where=(Post.created_by_id == self.person.id,))
        theirs = select(Author.id).where(Author.user_id == self.person.id).scalar_subquery()
        signed = Path(PostAuthor.post_id, PostAuthor.listed_at, (PostAuthor.author_id == theirs,))
        return paths.newest_of([path.ids(limit) for path in (begun, signed)], limit)

    # The form
    def create_form(self, obj: Any = None) -> Form:
        return self._for_person(super().create_form(obj))

    def edit_form(self, obj: Any = None) -> Form:
        return self._for_person(super().edit_form(obj))

    def _for_person(self, form: Form) -> Form:
        if not current_user.may("post.edit.any"):
            del form.authors
        return form

    def shown(self, row: Post) -> Any:
        draft = shown(row)
        draft.authors = AUTHORS.get_many(draft.authors)
        draft.translation_of = db.session.get(Post, draft.translation_of_id) if draft.translation_of_id else None
        draft.cover = db.session.get(Media, draft.cover_id) if draft.cover_id else None
        return draft

    def signed(self, text: dict[str, Any]) -> dict[str, Any]:
        own = bylines.known(self.person) if not text["authors"] else None
        return {**text, "authors": [own.id]} if own is not None else text

    def get_actions_list(self) -> tuple[list[Any], dict[Any, Any]]:
        """Those for tags stand beside the field for their names."""
        actions, questions = super().get_actions_list()
        return [(name, words) for name, words in actions if name not in ("add_tags", "remove_tags")], questions

    # Bulk acts: other tags stay as they are.
    @action("add_tags", lazy("Add tags"))
    def add_tags_to_selected(self, ids: Sequence[Any]) -> None:
        self._retag(ids, snapshots.Add, gettext("tagged"))

    @action("remove_tags", lazy("Remove tags"))
    def remove_tags_from_selected(self, ids: Sequence[Any]) -> None:
        self._retag(ids, snapshots.Remove, gettext("relieved of these tags"))

    def _retag(self, ids: Sequence[Any], how: type[tuple], done: str) -> None:  # type: ignore[type-arg]
        def retag(post: Post) -> None:
            names = tagging.names_in(request.form.get("bulk_tags", "").replace("\x00", ""))
            if not names:
                raise InvalidChange(gettext("Type the tags first."))
            if not self.may_edit(post):
                raise NotAllowed(gettext("You may not edit this post."))
            before = tagging.tags_of(post)
            revising.change_live(post, {"tags": how(names)}, by=self.person)
            self.record("retagged", post, before={"tags": before}, after={"tags": tagging.tags_of(post)})

        self.each(ids, retag, done)
