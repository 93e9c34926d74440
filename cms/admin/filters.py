"""What narrows a list: one control each, a plain word in the address (``?state=draft&tag=7``)."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, and_, false
from sqlalchemy import Enum as EnumType

from cms.admin import times
from cms.admin.ids import record_id
from cms.admin.lookup import Lookup
from cms.admin.paths import Path, index_of
from cms.db import UtcDateTime, db
from cms.language import Lazy, gettext, lazy, when

Condition = Callable[[Any], ColumnElement[bool]]
Way = Callable[[Any], Path | None]

_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """Whether ``text`` is in ``column``, in whatever case."""
    kind = column.type.dialect_impl(db.session.get_bind().dialect)
    if getattr(kind, "charset", None) == "ascii" and not text.isascii():
        return false()  # MariaDB refuses to compare the two
    return column.icontains(text, autoescape=True)


class Filter:
    """``control`` says how it is chosen: choice, text, date or lookup. A value that does not fit raises ValueError.

    ``path`` gives for a value the rows that ``condition`` would, in the order of an index.
    """

    control = "text"

    def __init__(self, name: str, label: str, condition: Condition, path: Way | None = None) -> None:
        self.name, self.label, self.condition, self.path = name, label, condition, path

    def path_of(self, value: str) -> Path | None:
        """How an index finds what this value leaves. Without one the newest rows of the list are looked through."""
        return self.path(self.read(value)) if self.path is not None else None

    def narrow(self, query: Select[Any], value: str) -> Select[Any]:
        """``query`` with only the rows that this value leaves."""
        return query.where(self.condition(self.read(value)))

    def read(self, value: str) -> Any:
        return value.replace("\x00", "")[:200]

    def fits(self, value: str) -> bool:
        """Whether it can be narrowed by this value."""
        try:
            self.read(value)
        except (ValueError, OverflowError):
            return False
        return True

    def shown(self, value: str) -> str:
        """The value in words."""
        return value


class Choice(Filter):
    """One of a few; ``choices`` are pairs of value and label.

    ``counted`` says beside each how many rows it leaves: for choices that know the trash from the rest, each by a path
    unless the table is small.
    """

    control = "choice"

    def __init__(
        self,
        name: str,
        label: str,
        choices: Sequence[tuple[str, str]],
        condition: Condition,
        path: Way | None = None,
        *,
        counted: bool = False,
    ) -> None:
        super().__init__(name, label, condition, path)
        self.choices, self.counted = choices, counted

    def read(self, value: str) -> str:
        if value not in dict(self.choices):
            raise ValueError(value)
        return value

    def shown(self, value: str) -> str:
        return dict(self.choices).get(value, value)


class Related(Filter):
    """One record of another table, found by typing; ``lookup`` must be among the view's ``form_ajax_refs``."""

    control = "lookup"

    def __init__(self, name: str, label: str, lookup: Lookup, condition: Condition, path: Way | None = None) -> None:
        super().__init__(name, label, condition, path)
        self.lookup = lookup

    def read(self, value: str) -> int:
        number = record_id(value)
        if number is None:
            raise ValueError(value)
        return number

    def shown(self, value: str) -> str:
        row = self.lookup.get_one(value)
        return self.lookup.format(row)[1] if row is not None else value


class Day(Filter):
    """A day in the person's own zone; the condition is given its first moment, with ``end`` that of the next day."""

    control = "date"

    def __init__(
        self, name: str, label: str, condition: Condition, *, end: bool = False, path: Way | None = None
    ) -> None:
        super().__init__(name, label, condition, path)
        self.end = end

    def read(self, value: str) -> datetime:
        day = date.fromisoformat(value)
        if not 1900 <= day.year <= 2200:
            raise ValueError(value)
        day += timedelta(days=1) if self.end else timedelta()
        return datetime.combine(day, time(), times.zone()).astimezone(UTC)


class Period(Filter):
    """A year or a month in the person's own zone: ``2026``, ``2026-11``. Chosen by links, of those that there are.

    The condition is given the first moment of it, and of what comes next. ``index`` has ``column`` in its order.
    """

    control = "period"

    def __init__(self, name: str, label: str, column: Any, condition: Condition, path: Way, index: str) -> None:
        super().__init__(name, label, condition, path)
        self.column, self.index = column, index

    def read(self, value: str) -> tuple[datetime, datetime]:
        found = _PERIOD.fullmatch(value)
        if found is None or not 1900 <= int(found[1]) <= 2200:
            raise ValueError(value)
        year = int(found[1])
        if found[2] is None:
            return first_moment(year), first_moment(year + 1)
        month = int(found[2])
        return first_moment(year, month), first_moment(year + month // 12, month % 12 + 1)

    def shown(self, value: str) -> str:
        year, _, month = value.partition("-")
        return when(date(int(year), int(month), 1), "month") if month else year


def first_moment(year: int, month: int = 1) -> datetime:
    """When the month begins where the person is, in UTC. Raises ValueError."""
    return datetime(year, month, 1, tzinfo=times.zone()).astimezone(UTC)


def _from(label: str) -> str:
    return gettext("%(what)s from", what=label)


def _to(label: str) -> str:
    return gettext("%(what)s to", what=label)


def days(name: str, label: str, column: Any) -> list[Filter]:
    """From a day, to a day, and within a year or a month: by an index that begins with ``column`` or has it beside
    ``deleted_at``. Without one there are no links to years.
    """
    key, index = column.class_.id, index_of(column, "deleted_at") or index_of(column)

    def along(least: Any, beyond: Any) -> Path:
        return Path(key, column, bounds=(least, beyond), index=index)

    def within(least: Any, beyond: Any) -> ColumnElement[bool]:
        return and_(*along(least, beyond).conditions)

    found: list[Filter] = [
        Day(f"{name}from", Lazy(_from, label), lambda day: within(day, None), path=lambda day: along(day, None)),
        Day(
            f"{name}to",
            Lazy(_to, label),
            lambda day: within(None, day),
            end=True,
            path=lambda day: along(None, day),
        ),
    ]
    if index is not None:
        found.append(
            Period(f"{name}in", label, column, lambda period: within(*period), lambda period: along(*period), index)
        )
    return found


def of_column(column: Any, label: str) -> list[Filter]:
    """The filters that suit a column of a model: what ``column_filters = ["status"]`` stands for."""
    name, kind = column.key, column.type
    path = (lambda condition: Path(column.class_.id, where=(condition,))) if _is_indexed(column) else None

    def choice(choices: Sequence[tuple[str, str]], condition: Condition) -> Choice:
        return Choice(name, label, choices, condition, path and (lambda value: path(condition(value))))

    if isinstance(kind, EnumType) and isinstance(kind.enum_class, type) and issubclass(kind.enum_class, Enum):
        members = {member.value: member for member in kind.enum_class}
        choices = [(value, lazy(value.replace("_", " ").capitalize())) for value in members]
        return [choice(choices, lambda value: column == members[value])]
    if isinstance(kind, Boolean):
        return [choice([("yes", lazy("Yes")), ("no", lazy("No"))], lambda value: column.is_(value == "yes"))]
    if isinstance(kind, UtcDateTime):
        return days(f"{name}_", label, column)
    return [Filter(name, label, lambda text: contains(column, text))]


def _is_indexed(column: Any) -> bool:
    """Whether an index has nothing but ``column``, and so the rows of one value in the order of their ids."""
    ways = ([one.name for one in index.columns] for index in column.class_.__table__.indexes)
    return any(names in ([column.key], [column.key, "id"]) for names in ways)
