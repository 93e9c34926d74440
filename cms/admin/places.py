"""Where a page of a list begins, as its address says it: ``7``, or ``7~2026-11-25T10:00:00``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Enum as EnumType
from sqlalchemy.types import TypeEngine

from cms.admin.ids import LARGEST_ID
from cms.db import UtcDateTime

LONGEST_VALUE = 1000
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True)
class Position:
    """Where in a list a page begins: after or before a row, whether that is still there or not."""

    backwards: bool = False
    value: Any = None
    key: Any = None

    @property
    def is_end(self) -> bool:
        """Whether it is the first or the last page, and not one beside a row."""
        return self.key is None


def written(value: Any, key: Any) -> str:
    """A row's place for the address; without ``~`` the value is NULL."""
    return str(key) if value is None else f"{key}~{_text_of(value)}"


def read(text: str, key: Any, value: Any, *, backwards: bool) -> Position:
    """The place that ``written`` put into an address, for these columns. Raises ValueError when it is none.

    Lists are sorted by times, texts, numbers, enums and truths; a column of another kind needs a line in ``_READERS``.
    """
    name, has_value, rest = text.replace("\x00", "").partition("~")
    if not name or len(rest) > LONGEST_VALUE:
        raise ValueError(text)
    found = _read(name, key.type)
    if not has_value or value is None:
        return Position(backwards, None, found)
    return Position(backwards, _read(rest, value.type), found)


def _text_of(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def _read(text: str, kind: TypeEngine[Any]) -> Any:
    if isinstance(kind, UtcDateTime):  # whose python_type is but object
        return _time(text)
    if isinstance(kind, EnumType) and kind.enum_class is not None:
        return kind.enum_class(text)
    reader = _READERS.get(kind.python_type)
    if reader is None:
        raise ValueError(f"No place in the order of a {kind!r}.")
    return reader(text)


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is not None:
        raise ValueError(text)
    return time.replace(tzinfo=UTC)


def _number(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text) or abs(int(text)) > LARGEST_ID:
        raise ValueError(text)
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(text)
    return text == "1"


_READERS: dict[type, Callable[[str], Any]] = {str: str, int: _number, bool: _yes_or_no}
