"""A Markdown file with front matter in YAML (or TOML, as Hugo's): its fields and its text, with line numbers."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

MOST_BYTES = 20_000_000
NOON = time(12)

_FENCED = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?)^\1[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^([A-Za-z_][\w-]*)\s*[:=]", re.MULTILINE)
_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both make plain values only


class BrokenFile(Exception):
    """It cannot be read; ``line`` says where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class Document:
    """A file as written: ``first_line`` is the number of the body's first line, ``mended`` what had to be done."""

    fields: dict[str, Any]
    body: str
    first_line: int
    mended: tuple[tuple[int, str], ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, name: str) -> int:
        """Where the field stands."""
        return self.lines.get(name, 1)


def read(path: Path) -> Document:
    """The file at ``path``. Raises BrokenFile."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BrokenFile(1, f"it is larger than {MOST_BYTES // 1_000_000} MB")
        content = path.read_bytes()
    except OSError as error:
        raise BrokenFile(1, f"it cannot be opened: {error.strerror}") from error
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BrokenFile(content[: error.start].count(b"\n") + 1, "it is not written in UTF-8") from error


def parse(text: str) -> Document:
    """The parts of ``text``. Raises BrokenFile."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    fenced = _FENCED.match(text)
    if fenced is None:
        if text.startswith(("---\n", "+++\n")):
            raise BrokenFile(1, "its front matter has no end")
        return Document({}, text, 1)
    mended: tuple[tuple[int, str], ...] = ()
    if fenced[1] == "+++":
        fields = _toml(fenced[2])
    else:
        fields, mended = _yaml(fenced[2])
    if not isinstance(fields or {}, dict):
        raise BrokenFile(2, "its front matter is not a list of names and values")
    first_line = text[: fenced.end()].count("\n") + 1
    lines = {found[1]: text.count("\n", 0, found.start()) + 1 for found in _FIELD.finditer(text, 0, fenced.end())}
    named = {str(name): value for name, value in (fields or {}).items()}
    return Document(named, text[fenced.end() :], first_line, mended, lines)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise BrokenFile(int(line[1]) + 1 if line else 2, f"front matter: {error}") from error


def _yaml(text: str) -> tuple[Any, tuple[tuple[int, str], ...]]:
    # libyaml takes some tabs that YAML forbids; the strict one has the last word on them.
    loader = yaml.SafeLoader if "\t" in text else _FAST_LOADER
    try:
        return yaml.load(text, Loader=loader), ()  # noqa: S506 (a safe loader)
    except yaml.MarkedYAMLError as error:
        broken = _place(error)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenFile(2, f"front matter: {error}") from error
    if "\t" in text:
        # YAML refuses tabs; editors leave them behind words, where they say nothing.
        try:
            without = "\n".join(line.replace("\t", " ").rstrip() for line in text.split("\n"))
            return yaml.safe_load(without), ((broken.line, "a tab in the front matter, read as a space"),)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise broken from None
    raise broken


def _place(error: yaml.MarkedYAMLError) -> BrokenFile:
    mark = error.problem_mark or error.context_mark
    return BrokenFile(mark.line + 2 if mark else 2, f"front matter: {error.problem or error.context}")


def moment(value: Any, zone: ZoneInfo) -> datetime | None:
    """The time that a date of front matter means; None when it is none.

    A bare date, and midnight, mean that day wherever the site is read: they become noon in ``zone``.
    """
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, datetime):
        if value.time() != time.min:
            return value if value.tzinfo else value.replace(tzinfo=zone)
        value = value.date()
    return datetime.combine(value, NOON, tzinfo=zone) if isinstance(value, date) else None


def written_day(value: Any) -> date | None:
    """The day that stands there, whatever the time zone."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def _parsed(text: str) -> Any:
    for read_as in (datetime.fromisoformat, yaml.safe_load):  # YAML also knows "2016-05-19 9:00:00 -4"
        try:
            return read_as(text)
        except (ValueError, yaml.YAMLError):
            continue
    return None
