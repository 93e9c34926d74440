"""Comments in the admin: what waits for a moderator, and everything said before."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask_admin.actions import action
from markupsafe import Markup
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer, joinedload
from wtforms import Form

from cms.admin import badges, filters, times
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, told
from cms.admin.lookups import POSTS
from cms.admin.paths import Path, index_of
from cms.admin.trashing import Trashing
from cms.language import gettext, lazy, marked_plural
from cms.models import Comment, CommentStatus, Post, User
from cms.services import addresses, moderating
from cms.text.excerpt import excerpt

STATES = [
    ("held", lazy("Held")),
    ("approved", lazy("Approved")),
    ("spam", lazy("Spam")),
    ("trashed", lazy("In the trash")),
]


def in_state(state: str) -> ColumnElement[bool]:
    if state == "trashed":
        return Comment.deleted_at.is_not(None)
    return (Comment.status == CommentStatus(state)) & Comment.deleted_at.is_(None)


def path_of_state(state: str) -> Path:
    if state == "trashed":
        return Path(
            Comment.id, Comment.deleted_at, (Comment.deleted_at.is_not(None),), index=index_of(Comment.deleted_at)
        )
    return _latest(in_state(state), "status", "deleted_at")


def on_post(number: int) -> ColumnElement[bool]:
    return Comment.post_id == number


def written_by(email: str) -> ColumnElement[bool]:
    return Comment.email == email.strip().lower()


def _latest(condition: ColumnElement[bool], *columns: str) -> Path:
    return Path(Comment.id, Comment.created_at, (condition,), index=index_of(Comment.created_at, *columns))


def excerpt_column(view: Any, context: Any, comment: Comment, name: str) -> str:
    return excerpt(comment.body, 160)


def post_column(view: Any, context: Any, comment: Comment, name: str) -> Any:
    path = f"{addresses.path_of(comment.post)}#comment-{comment.id}"
    return Markup('<a href="{}">{}</a>').format(path, comment.post.title or gettext("Untitled"))


def time_column(view: Any, context: Any, comment: Comment, name: str) -> Any:
    return times.shown(getattr(comment, name))


class CommentView(Trashing, CmsModelView):
    """Comments of readers. A moderator decides which are shown, and may mend what one says."""

    model = Comment
    title = lazy("Comments")
    singular = lazy("comment")
    address = "comment"
    help = lazy("What readers say. Those that are held wait here until somebody has looked at them.")
    empty = lazy("No comment here. What readers write will be, as soon as they do.")

    needs = "comment.moderate"
    needs_create = ""

    column_list = ["body", "name", "post", "state", "created_at"]
    column_more = ["website"]
    column_labels = {"body": lazy("Comment"), "state": lazy("State"), "created_at": lazy("Written")}
    column_sortable_list = ["name", "created_at"]
    column_default_sort = ("created_at", True)
    column_searchable_list = ["body", "name", "email"]
    column_export_list = ["id", "post", "name", "website", "body", "state", "created_at"]
    column_formatters = {
        "body": excerpt_column,
        "post": post_column,
        "state": badges.state_badge,
        "created_at": time_column,
    }
    column_filters = [
        filters.Choice("status", lazy("State"), STATES, in_state, path_of_state, counted=True),
        filters.Related("post", lazy("Post"), POSTS, on_post, lambda number: _latest(on_post(number), "post_id")),
        filters.Filter("email", lazy("E-mail"), written_by, lambda text: _latest(written_by(text), "email")),
        *filters.days("", lazy("Written"), Comment.created_at),
    ]
    form_columns = ["body"]
    form_ajax_refs = {"post": POSTS}
    action_disallowed_list = ["delete"]

    list_options = [defer(Comment.body_html), joinedload(Comment.post).load_only(Post.title, Post.slug)]
    row_options = [joinedload(Comment.post).load_only(Post.title, Post.slug)]

    def change(self, form: Form, row: Comment) -> None:
        moderating.edit(row, form.body.data or "", by=self.person)

    def remove(self, row: Comment) -> None:
        moderating.trash(row, by=self.person)

    def put_back(self, row: Comment) -> None:
        moderating.restore(row, by=self.person)

    def goes_with(self, rows: Sequence[Comment]) -> list[Consequence]:
        answers = select(Comment.id).where(
            Comment.parent_id.in_([row.id for row in rows]), Comment.deleted_at.is_(None)
        )
        words = (
            marked_plural("%(num)s answer to it stays.", "%(num)s answers to it stay.")
            if len(rows) == 1
            else marked_plural("%(num)s answer to them stays.", "%(num)s answers to them stay.")
        )
        found = told((answers, words, None, None))
        return [replace(one, asks=False) for one in found]

    # Bulk acts
    @action("approve", lazy("Approve"))
    def approve_selected(self, ids: Sequence[Any]) -> None:
        self._decide(ids, moderating.approve, gettext("approved"))

    @action("hold", lazy("Hold"))
    def hold_selected(self, ids: Sequence[Any]) -> None:
        self._decide(ids, moderating.hold, gettext("held"))

    @action("spam", lazy("Mark as spam"))
    def spam_selected(self, ids: Sequence[Any]) -> None:
        self._decide(ids, moderating.spam, gettext("marked as spam"))

    @action("trash", lazy("Trash"))
    def trash_selected(self, ids: Sequence[Any]) -> None:
        self._decide(ids, moderating.trash, gettext("put into the trash"))

    def _decide(self, ids: Sequence[Any], act: Callable[..., None], done: str) -> None:
        person: User = self.person
        self.each(ids, lambda comment: act(comment, by=person), done)
