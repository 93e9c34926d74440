"""Undoing what one person did with one click or one job, record by record, out of the audit log.

A record is put back only where nobody changed it since: its state is the one that the act left, and the log has nothing
later about it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self

from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer

from cms import clock
from cms.db import Base, db
from cms.errors import InvalidChange
from cms.language import lazy
from cms.models import AuditEntry, Comment, Media, Page, Post, Series, User
from cms.services import (
    accounts,
    auditing,
    media,
    moderating,
    publishing,
    remaking,
    revising,
    series,
    snapshots,
    tagging,
)
from cms.services.batches import Outcome

WITHIN = timedelta(days=1)
MOST_AT_ONCE = 500
LOOKED_AT = 2 * MOST_AT_ONCE  # of the person's newest entries: a click writes a few for each of its records
CHANGED_SINCE = lazy("Somebody changed it since.")
GONE = lazy("It is not there any more.")


def _was(entry: AuditEntry) -> dict[str, Any]:
    return json.loads(entry.before) if entry.before else {}


def _restore(row: Any, entry: AuditEntry, by: User) -> None:
    SERVICES[type(row)].restore(row, by=by)


def _trash(row: Any, entry: AuditEntry, by: User) -> None:
    SERVICES[type(row)].trash(row, by=by)


def _unpublish(row: Post | Page, entry: AuditEntry, by: User) -> None:
    publishing.put_back(row, _was(entry), by=by)


def _decide_again(row: Comment, entry: AuditEntry, by: User) -> None:
    moderating.take_back(row, _was(entry), by=by)


def _retag(row: Post, entry: AuditEntry, by: User) -> None:
    was, became = entry.changes["tags"]
    before = tagging.tags_of(row)
    for how, names in (
        (snapshots.Remove, [name for name in became if name not in was]),
        (snapshots.Add, [name for name in was if name not in became]),
    ):
        if names:
            revising.change_live(row, {"tags": how(names)}, by=by)
    auditing.record("post.retagged", row, by=by, before={"tags": before}, after={"tags": tagging.tags_of(row)})


def _reorder(row: Series, entry: AuditEntry, by: User) -> None:
    series.put_in_order(row, _was(entry)["parts"], by=by)


def _activate(row: User, entry: AuditEntry, by: User) -> None:
    accounts.activate(row, by=by)


def _deactivate(row: User, entry: AuditEntry, by: User) -> None:
    accounts.deactivate(row, by=by)


def _remake(row: Base | None, entry: AuditEntry, by: User) -> None:
    remaking.remake(REVERSALS[entry.action][0], entry, by=by)


SERVICES: dict[type[Base], Any] = {Post: publishing, Page: publishing, Comment: moderating, Media: media}
REVERSALS: dict[str, tuple[type[Base], Callable[[Any, AuditEntry, User], None]]] = {
    **{f"{model.__tablename__}.trashed": (model, _restore) for model in SERVICES},
    **{f"{model.__tablename__}.restored": (model, _trash) for model in SERVICES},
    **{
        f"{model.__tablename__}.{verb}": (model, _unpublish)
        for model in (Post, Page)
        for verb in ("published", "scheduled", "withdrawn")
    },
    **{f"comment.{verb}": (Comment, _decide_again) for verb in ("approved", "held", "marked_spam")},
    "post.retagged": (Post, _retag),
    "series.ordered": (Series, _reorder),
    "user.deactivated": (User, _activate),
    "user.activated": (User, _deactivate),
    **{f"{model.__tablename__}.deleted": (model, _remake) for model in remaking.KINDS},
}


@dataclass(frozen=True)
class Acts:
    """What one person did in one request or job: those of their entries after ``after``, up to ``upto``."""

    actor_id: int
    request_id: str
    after: int
    upto: int

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Self:
        return cls(**kept)

    def kept(self) -> dict[str, Any]:
        """As a job keeps it."""
        return asdict(self)

    def entries(self, after: int | None = None) -> Select[tuple[AuditEntry]]:
        """The entries that can be undone, oldest first; ``after`` one of them."""
        return (
            select(AuditEntry)
            .where(
                AuditEntry.actor_id == self.actor_id,
                AuditEntry.id > (self.after if after is None else after),
                AuditEntry.id <= self.upto,
                AuditEntry.request_id == self.request_id,
                AuditEntry.action.in_(REVERSALS),
            )
            .order_by(AuditEntry.id)
            .options(defer(AuditEntry.personal))
        )


def newest_entry() -> int:
    """The number of the newest entry of all."""
    return db.session.scalar(select(func.max(AuditEntry.id))) or 0


def of_request(by: User, request_id: str) -> Acts | None:
    """What ``by`` just did in this request, if it can be undone. One query."""
    if not request_id:
        return None
    newest = (
        select(AuditEntry.id, AuditEntry.request_id, AuditEntry.action)
        .where(AuditEntry.actor_id == by.id)
        .order_by(AuditEntry.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    first, last = db.session.execute(
        select(func.min(newest.c.id), func.max(newest.c.id)).where(
            newest.c.request_id == request_id, newest.c.action.in_(REVERSALS)
        )
    ).one()
    return Acts(by.id, request_id, first - 1, last) if first is not None else None


def is_any(acts: Acts) -> bool:
    """Whether they have anything that can be undone."""
    return db.session.scalar(acts.entries().with_only_columns(AuditEntry.id).limit(1)) is not None


def told_by(by: User, first: int, last: int) -> Acts | None:
    """The acts of ``by`` from entry ``first`` to ``last``; None where they are not theirs, or too old."""
    theirs = select(AuditEntry.request_id).where(AuditEntry.id == first, AuditEntry.actor_id == by.id)
    request_id = db.session.scalar(theirs.where(AuditEntry.at > clock.now() - WITHIN))
    return Acts(by.id, request_id, first - 1, last) if request_id else None


def undo(entries: Sequence[AuditEntry], *, by: User, outcome: Outcome) -> None:
    """Put back what these entries tell of, each by the rights that ``by`` has now; ``outcome`` says what came of it."""
    rows = _rows(entries)
    later = _later(entries)
    for entry in entries:
        number, name = entry.subject_id or 0, entry.subject_label
        row = rows.get((entry.subject_type, number))
        if REVERSALS[entry.action][1] is _remake:
            outcome.attempt(number, name, lambda entry=entry: _remake(None, entry, by))
        elif row is None:
            outcome.leave(GONE, number, name)
        else:
            outcome.attempt(number, name, lambda row=row, entry=entry: _undo(row, entry, later, by))


def _undo(row: Any, entry: AuditEntry, later: dict[tuple[str, int], int], by: User) -> None:
    if later[entry.subject_type, row.id] > entry.id or not _is_as_left(row, entry):
        raise InvalidChange(str(CHANGED_SINCE))
    REVERSALS[entry.action][1](row, entry, by)


def _is_as_left(row: Any, entry: AuditEntry) -> bool:
    if isinstance(row, Post | Page) and row.edited_at > entry.at:
        return False
    if entry.action.endswith((".retagged", ".ordered")):
        return True  # item by item: what came or went since stays so
    left = json.loads(entry.after) if entry.after else {}
    now = json.loads(auditing.canonical({name: getattr(row, name, None) for name in left}))
    return now == left


def _rows(entries: Iterable[AuditEntry]) -> dict[tuple[str, int], Any]:
    wanted: dict[type[Base], set[int]] = {}
    for entry in entries:
        wanted.setdefault(REVERSALS[entry.action][0], set()).add(entry.subject_id or 0)
    return {
        (model.__tablename__, row.id): row
        for model, numbers in wanted.items()
        for row in db.session.scalars(select(model).where(model.id.in_(numbers)))  # type: ignore[attr-defined]
    }


def _later(entries: Iterable[AuditEntry]) -> dict[tuple[str, int], int]:
    """The newest entry about each record."""
    wanted: dict[str, set[int]] = {}
    for entry in entries:
        wanted.setdefault(entry.subject_type, set()).add(entry.subject_id or 0)
    found: dict[tuple[str, int], int] = {}
    for kind, numbers in wanted.items():
        newest = (
            select(AuditEntry.subject_id, func.max(AuditEntry.id))
            .where(AuditEntry.subject_type == kind, AuditEntry.subject_id.in_(numbers))
            .group_by(AuditEntry.subject_id)
        )
        found |= {(kind, number): last for number, last in db.session.execute(newest)}
    return found
