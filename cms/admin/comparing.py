"""Two states of one thing, field by field, in words."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from cms.admin import times
from cms.db import db
from cms.models import AuditEntry, Author, Media, User

# Fields that name other records by their ids.
RELATED: dict[str, Any] = {
    "authors": Author.name,
    "cover_id": Media.filename,
    "picture_id": Media.filename,
    "user_id": User.name,
    "created_by_id": User.name,
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")  # as snapshots and the audit log keep them


State = Mapping[str, Any]


class Names:
    """What the records are called that states name by their ids: a query for each table that they name."""

    def __init__(self, states: Iterable[State]) -> None:
        wanted: dict[Any, set[int]] = {}
        for state in states:
            for field, column in RELATED.items():
                wanted.setdefault(column, set()).update(
                    one for one in _listed(state.get(field)) if isinstance(one, int)
                )
        self._known = {
            (column, number): name
            for column, ids in wanted.items()
            if ids
            for number, name in db.session.execute(select(column.class_.id, column).where(column.class_.id.in_(ids)))
        }

    def called(self, field: str, value: Any) -> Any:
        """``value`` of ``field`` with names in the place of ids."""
        column = RELATED.get(field)
        if column is None:
            return value
        kind = column.class_.__tablename__
        return [self._known.get((column, one), f"{kind} {one}, which is gone") for one in _listed(value)]


def states_of(entry: AuditEntry) -> tuple[State, State]:
    """Before and after, as far as an entry of the audit log tells."""
    told = entry.changes.items()
    return {name: old for name, (old, _) in told}, {name: new for name, (_, new) in told}


def changes(before: State, after: State, names: Names | None = None) -> list[tuple[str, str, str]]:
    """Name, what it was and what it became, for each field that differs; empty where there was nothing.

    Whoever compares many states asks for the ``names`` of all of them at once.
    """
    names = names or Names([before, after])
    differ = [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]
    told = [
        (_title(name), *(words(names.called(name, state.get(name))) for state in (before, after))) for name in differ
    ]
    return [(name, was, became) for name, was, became in told if was or became]


def _listed(value: Any) -> list[Any]:
    return [] if value is None or value == "" else value if isinstance(value, list) else [value]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize().replace(" url", " URL").replace(" html", " HTML").removesuffix(" id")


def words(value: Any) -> str:
    """One value as people read it; times in their own zone."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(words(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {words(item)}" for key, item in value.items())
    text = str(value)
    return times.exact(datetime.fromisoformat(text)) if _TIME.fullmatch(text) else text
