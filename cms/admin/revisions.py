"""Revisions in the admin, to read: what a post or a page was each time somebody saved it."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_login import current_user
from sqlalchemy import Select, or_
from sqlalchemy.orm import defer, joinedload, load_only

from cms.admin import comparing, times, words
from cms.admin.ids import record_id
from cms.admin.paths import Path, Some, Source
from cms.admin.read_only import ReadOnlyView
from cms.admin.writing import time_column
from cms.db import db
from cms.language import gettext, lazy, lazy_pgettext
from cms.models import Page, Post, Revision, User


def subject_column(view: Any, context: Any, revision: Revision, name: str) -> str:
    return str(revision.post or revision.page or "")


def kind_column(view: Any, context: Any, revision: Revision, name: str) -> str:
    return revision.label or words.said(revision.kind.value)


MOST_VERSIONS = 500  # in the list of those to compare with
MOST_OWN = 5000  # of how many of the newest those are shown that may be seen


class RevisionView(ReadOnlyView):
    """Revisions of whatever the person may see."""

    model = Revision
    title = lazy("Revisions")
    singular = lazy("revision")
    address = "revision"
    help = lazy("What a post or a page was, each time somebody saved it.")
    empty = lazy("Nothing has been saved yet.")

    needs = "post.edit"

    column_list = ["subject", "version", "kind", "user", "created_at"]
    column_labels = {
        "subject": lazy("Of"),
        "version": lazy("Version"),
        "kind": lazy("Kind"),
        "user": lazy("By"),
        "created_at": lazy_pgettext("time", "Saved"),
    }
    column_formatters = {"subject": subject_column, "kind": kind_column, "created_at": time_column}
    column_formatters_export = {"subject": subject_column, "kind": kind_column}
    column_sortable_list = ["created_at"]
    column_default_sort = ("id", True)
    column_filters = ["kind", "created_at"]
    details_template = "admin/revision/details.html"
    list_options = [
        defer(Revision.snapshot_zlib),
        joinedload(Revision.post).load_only(Post.id, Post.title),
        joinedload(Revision.page).load_only(Page.id, Page.title),
        joinedload(Revision.user).options(load_only(User.id, User.name, User.email)),
    ]

    def visible(self, query: Select[Any]) -> Select[Any]:
        person = current_user
        if person.may("post.edit.any") and person.may("page.edit"):
            return query
        shown = []
        if person.may("post.edit.any"):
            shown.append(Revision.post_id.is_not(None))
        elif person.may("post.edit"):
            own = Post.written_by(self.person).with_only_columns(Post.id)
            shown.append(Revision.post_id.in_(own))
        if person.may("page.edit"):
            shown.append(Revision.page_id.is_not(None))
        return query.where(or_(*shown)) if shown else query.where(Revision.id.is_(None))

    def limits(self) -> Sequence[Source]:
        person = current_user
        if person.may("post.edit.any") and person.may("page.edit"):
            return ()
        return [Some(Path(Revision.id).ids, most=MOST_OWN)]

    def details_of(self, row: Revision) -> dict[str, Any]:
        """What changed since the version before, or between it and the one that the address names: ``with``, its id."""
        subject = row.post or row.page
        wanted = request.args.get("with", "")
        chosen = db.session.scalar(Revision.of(subject).where(Revision.id == record_id(wanted))) if wanted else None
        other = chosen or db.session.scalar(Revision.of(subject).where(Revision.version < row.version).limit(1))
        pair = sorted((row, other), key=lambda one: one.version) if other is not None else [None, row]
        earlier, later = pair
        return {
            "subject": subject,
            "told": _told(row),
            "earlier": earlier,
            "later": later,
            "other": other,
            "is_gone": bool(wanted) and chosen is None,
            "versions": self._versions(subject, besides=row, with_=other),
            "changes": comparing.marked(comparing.changes(*comparing.between(earlier, later, type(subject)))),
        }

    def _versions(self, subject: Post | Page, *, besides: Revision, with_: Revision | None) -> list[tuple[int, str]]:
        """What there is to compare with: the newest versions, and ``with_`` however old it is."""
        query = Revision.of(subject).options(defer(Revision.snapshot_zlib), joinedload(Revision.user))
        found = list(db.session.scalars(query.where(Revision.id != besides.id).limit(MOST_VERSIONS)))
        if with_ is not None and with_ not in (*found, besides):
            found.append(with_)
        return [(one.id, _told(one)) for one in found]


def _told(revision: Revision) -> str:
    """Which one it is, as one looks for it in a list."""
    kind, by = revision.label or words.plain(revision.kind.value), revision.user or gettext("the system")
    return gettext(", ").join([str(revision), kind, str(by), times.exact(revision.created_at)])
