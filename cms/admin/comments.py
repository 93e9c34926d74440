"""Comments in the admin: what waits for a moderator, and everything said before."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from markupsafe import Markup
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer, joinedload, undefer
from wtforms import Form

from cms.admin import badges, filters, spam_scores, times
from cms.admin.answers import Answering, count_of
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, told
from cms.admin.ids import record_id
from cms.admin.lookups import POSTS
from cms.admin.paths import Path, index_of
from cms.admin.trashing import Trashing
from cms.db import db
from cms.language import gettext, joined, lazy, marked_plural
from cms.models import Comment, CommentStatus, CommentVersion, Post, User
from cms.services import addresses, moderating
from cms.text.excerpt import excerpt

SEEN = re.compile("edits-[0-9]{1,18}", re.ASCII)  # how often each of the list had been changed by its writer


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
    return latest(in_state(state), "status", "deleted_at")


def on_post(number: int) -> ColumnElement[bool]:
    return Comment.post_id == number


def written_by(email: str) -> ColumnElement[bool]:
    return Comment.email == email.strip().lower()


def latest(condition: ColumnElement[bool], *columns: str) -> Path:
    return Path(Comment.id, Comment.created_at, (condition,), index=index_of(Comment.created_at, *columns))


def excerpt_column(view: Any, context: Any, comment: Comment, name: str) -> str:
    return excerpt(comment.body, 160)


def post_column(view: Any, context: Any, comment: Comment, name: str) -> Any:
    place = addresses.path_of(comment.post)
    path = addresses.path_of_comment(comment.post, comment.id) if comment.is_shown else f"{place}#comments"
    return Markup('<a href="{}">{}</a>').format(path, comment.post.title or gettext("Untitled"))


def state_column(view: Any, context: Any, comment: Comment, name: str) -> Any:
    return badges.badge(comment.state) + spam_scores.shown(comment)


def time_column(view: Any, context: Any, comment: Comment, name: str) -> Any:
    return times.shown(getattr(comment, name))


class CommentView(Answering, Trashing, CmsModelView):
    """Comments of readers. A moderator decides which are shown, and may mend what one says."""

    model = Comment
    title = lazy("Comments")
    singular = lazy("comment")
    address = "comment"
    help = lazy("Readers see a held comment once somebody approves it.")
    empty = lazy("No comment here. What readers write will be, as soon as they do.")

    needs = "comment.moderate"
    needs_create = ""
    shows_emails = True

    column_list = ["body", "name", "post", "state", "created_at"]
    column_more = ["website", "spam_score"]
    column_labels = {
        "body": lazy("Comment"),
        "state": lazy("State"),
        "spam_score": lazy("Spam score"),
        "created_at": lazy("Written"),
    }
    column_sortable_list = ["name", "created_at"]
    column_default_sort = ("created_at", True)
    column_searchable_list = ["body", "name", "email"]
    column_export_list = ["id", "post", "name", "website", "body", "state", "spam_score", "created_at"]
    column_formatters = {
        "body": excerpt_column,
        "post": post_column,
        "state": state_column,
        "created_at": time_column,
    }
    column_filters = [
        filters.Choice("status", lazy("State"), STATES, in_state, path_of_state, counted=True),
        filters.Related("post", lazy("Post"), POSTS, on_post, lambda number: latest(on_post(number), "post_id")),
        filters.Filter("email", lazy("E-mail"), written_by, lambda text: latest(written_by(text), "email")),
        *filters.days("", lazy("Written"), Comment.created_at),
    ]
    form_columns = ["body"]
    form_widget_args = {"body": {"rows": 8}}
    form_ajax_refs = {"post": POSTS}
    action_disallowed_list = ["delete"]

    list_template = "admin/comment/list.html"
    edit_template = "admin/comment/edit.html"
    list_options = [
        defer(Comment.body_html),
        undefer(Comment.spam_reasons),
        joinedload(Comment.post).load_only(Post.title, Post.slug),
    ]
    row_options = [joinedload(Comment.post).load_only(Post.title, Post.slug)]

    def and_the_filter(self, words: str) -> str:
        """``words``, and after them what the filter of spam does."""
        return joined([str(words), spam_scores.learned()])

    def state_of(self, row: Comment) -> Markup:
        return badges.badge(row.state)

    def about(self, row: Comment) -> dict[str, Any]:
        """What its page says beside the text."""
        return {
            "verdict": spam_scores.explained(row),
            "versions": list(db.session.scalars(CommentVersion.of(row.id))),
            "answered": row.parent,
        }

    @expose("/decision/", methods=("POST",))
    def decide_view(self) -> ResponseReturnValue:
        """Decides about one comment: ``decision`` is the act and its number, ``approve-7``."""
        name, _, number = request.form.get("decision", "").partition("-")
        acts = {"approve": self.approve_selected, "hold": self.hold_selected, "spam": self.spam_selected}
        if name not in acts or record_id(number) is None:
            abort(400)
        acts[name]([number])
        return redirect(self._return_url())

    def change(self, form: Form, row: Comment) -> None:
        edits = count_of(request.form.get("edits"))
        moderating.edit(row, form.body.data or "", by=self.person, edits=edits)

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
        # Whoever decides saw what each said then; a job goes on with what was seen when it began.
        seen = {int(key[6:]): count_of(value) for key, value in request.form.items() if SEEN.fullmatch(key)}
        self.each(ids, lambda comment: act(comment, by=person, edits=seen.get(comment.id)), done)
