"""Pages of a list by where the last one ended, so that a new post moves only the first and none is counted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_

from cms.db import db

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"(-?[0-9]{1,17})-([0-9]{1,18})", re.ASCII)  # fits a time of four digits' year, and a BIGINT


@dataclass(frozen=True)
class Slice(Generic[T]):
    """Part of a list; ``next`` is the place to go on from, None at the end; ``is_first`` when it begins the list."""

    items: Sequence[T]
    next: str | None
    is_first: bool


def place(time: datetime, number: int) -> str:
    """TIME-ID: microseconds since 1970 and an id."""
    return f"{(time - EPOCH) // timedelta(microseconds=1)}-{number}"


def read_place(text: str | None) -> tuple[datetime, int] | None:
    """What ``place`` wrote; None for anything else."""
    match = PLACE.fullmatch(text or "")
    if match is None:
        return None
    try:
        return EPOCH + timedelta(microseconds=int(match[1])), int(match[2])
    except OverflowError:
        return None


def before(text: str | None, time: Any, number: Any) -> ColumnElement[bool] | None:
    """The condition for what stands after that place in a list that is newest first."""
    known = read_place(text)
    if known is None:
        return None
    # The first half alone tells the database which part of its index to read.
    return and_(time <= known[0], or_(time < known[0], number < known[1]))


def after(text: str | None, time: Any, number: Any) -> ColumnElement[bool] | None:
    """The same for a list that is oldest first."""
    known = read_place(text)
    if known is None:
        return None
    return and_(time >= known[0], or_(time > known[0], number > known[1]))


def number_place(position: int, number: int) -> str:
    """The same for a list in an order of numbers."""
    return f"{position}-{number}"


def after_number(text: str | None, position: Any, number: Any) -> ColumnElement[bool] | None:
    """The condition for what stands after that place in a list in an order of numbers."""
    match = PLACE.fullmatch(text or "")
    if match is None:
        return None
    known = int(match[1]), int(match[2])
    return and_(position >= known[0], or_(position > known[0], number > known[1]))


def page(query: Select[tuple[T]], bound: ColumnElement[bool] | None, *, size: int, key: str = "listed_at") -> Slice[T]:
    """At most ``size`` rows of ``query`` from ``bound`` on. ``key`` names the time that the list is ordered by."""
    if bound is not None:
        query = query.where(bound)
    found = db.session.scalars(query.limit(size + 1)).unique().all()
    items = found[:size]
    more = len(found) > size
    return Slice(items, place(getattr(items[-1], key), items[-1].id) if more else None, bound is None)
