"""The years of a list and the months of one of them, as links: by the two ends of an index, never by counting rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from cms import clock
from cms.admin import times
from cms.admin.filters import Period, first_moment
from cms.admin.paths import Path
from cms.language import when

MOST_YEARS = 30  # one wrong date of 1901 must not make a hundred links; the fields for days reach further
MONTHS = range(1, 13)
FIRST, LAST = "first", "last"


@dataclass(frozen=True)
class Link:
    """A way to the list as it would be; ``is_current`` where it is so already."""

    text: str
    address: str
    is_current: bool


@dataclass(frozen=True)
class Hierarchy:
    """The years that a list has, newest first, and what months the chosen one has."""

    label: str
    years: list[Link]
    months: list[Link]


def questions(period: Period, rows: Select[Any], key: Any, chosen: str, *, few: Select[Any] | None) -> dict[Any, Any]:
    """What to ask for ``hierarchy``, by name, each for one value.

    ``rows`` are those of the list, of which whoever sees but some of many has ``few``, as ``id``.
    """
    column = period.column
    rows = rows.where(column.is_not(None))
    if few is not None:
        theirs = rows.where(key.in_(select(few.subquery().c.id)))
        ends = {FIRST: func.min(column), LAST: func.max(column)}
        return {name: theirs.with_only_columns(end).scalar_subquery() for name, end in ends.items()}
    rows = Path(key, column, index=period.index).hinted(rows.with_only_columns(column))
    asked = {
        FIRST: rows.order_by(column.asc()).limit(1).scalar_subquery(),
        LAST: rows.order_by(column.desc()).limit(1).scalar_subquery(),
    }
    for month in MONTHS if chosen else ():
        begin, end = period.read(f"{chosen[:4]}-{month:02}")
        asked[month] = rows.where(column >= begin, column < end).exists()
    return asked


def hierarchy(
    period: Period, answers: Mapping[Any, Any], chosen: str, changed_url: Callable[..., str]
) -> Hierarchy | None:
    """The links, out of the answers to ``questions``; None where no row has a date."""
    if answers[FIRST] is None:
        return None
    first, last = (answers[end].astimezone(times.zone()).year for end in (FIRST, LAST))
    newest = min(last, clock.now().astimezone(times.zone()).year + 1)  # nor one of 2199
    years = [str(year) for year in range(newest, max(first - 1, newest - MOST_YEARS), -1)]
    here = chosen[:4]
    months = [f"{here}-{month:02}" for month in MONTHS if here and _is_there(int(here), month, answers)]

    def links(values: list[str], text: Callable[[str], str], current: str) -> list[Link]:
        return [Link(text(value), changed_url(**{period.name: value}), value == current) for value in values]

    return Hierarchy(period.label, links(years, str, here), links(months, _month, chosen))


def _month(value: str) -> str:
    return when(date(2000, int(value[5:]), 1), "month in short")


def _is_there(year: int, month: int, answers: Mapping[Any, Any]) -> bool:
    if month in answers:
        return bool(answers[month])
    following = first_moment(year + month // 12, month % 12 + 1)
    return first_moment(year, month) <= answers[LAST] and following > answers[FIRST]
