"""Two states of one thing, field by field, in words."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import select

from cms.admin import times
from cms.admin import words as said
from cms.admin.consequences import page_of
from cms.db import Base, db
from cms.language import gettext, ngettext
from cms.models import AuditEntry, Author, Media, Post, Revision, Series, Tag, User
from cms.text import differing

# Fields that name other records: by which column, and what these are called.
RELATED: dict[str, tuple[Any, Any]] = {
    "authors": (Author.id, Author.name),
    "cover_id": (Media.id, Media.filename),
    "picture_id": (Media.id, Media.filename),
    "user_id": (User.id, User.name),
    "created_by_id": (User.id, User.name),
    "tags": (Tag.name, Tag.name),
    "series": (Series.title, Series.title),
    "translation_of_id": (Post.id, Post.title),
    "parts": (Post.id, Post.title),
}
CODED = frozenset({"status", "kind", "origin"})  # fields of a few words that are ours
LINES_BESIDE = 3  # that are alike and stay in sight: the end of its own line, a blank one and a paragraph
FEWEST_FOLDED = 4
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")  # as snapshots and the audit log keep them


State = Mapping[str, Any]


class Names:
    """What the records are called that states name; links to those that this person may open. A query for a table."""

    def __init__(self, states: Iterable[State]) -> None:
        wanted: dict[tuple[Any, Any], set[Any]] = {}
        for state in states:
            for field, (key, name) in RELATED.items():
                kind = int if key.key == "id" else str
                wanted.setdefault((key, name), set()).update(
                    one for one in _listed(state.get(field)) if isinstance(one, kind)
                )
        self._known = {
            (key, getattr(row, key.key)): _linked(row, getattr(row, name.key))
            for (key, name), values in wanted.items()
            if values
            for row in db.session.scalars(select(key.class_).where(key.in_(values)))
        }

    def called(self, field: str, value: Any) -> Any:
        """``value`` of ``field`` with names in the place of ids."""
        if field not in RELATED:
            return value
        key, _ = RELATED[field]
        return escape(gettext(", ")).join(self._known.get((key, one)) or _gone(key, one) for one in _listed(value))


def _linked(row: Any, name: str) -> str:
    address = page_of(row)
    return Markup('<a href="{}">{}</a>').format(address, name) if address else name


def _gone(key: Any, value: Any) -> str:
    if key.key != "id":
        return str(value)
    kind = said.plain(key.class_.__tablename__)
    return gettext("%(kind)s %(number)s, which is gone", kind=kind, number=value)


def states_of(entry: AuditEntry) -> tuple[State, State]:
    """Before and after, as far as an entry of the audit log tells."""
    told = entry.changes.items()
    return {name: old for name, (old, _) in told}, {name: new for name, (_, new) in told}


def chosen(state: State, model: type[Base]) -> State:
    """What of a record's first ``state`` somebody chose: all but what is empty or what a new one has by itself."""
    defaults = {column.key: column.default.arg for column in model.__table__.columns if _is_plain(column.default)}
    return {
        name: value
        for name, value in state.items()
        if value not in (None, "", [], {}) and value != getattr(defaults.get(name), "value", defaults.get(name))
    }


def between(earlier: Revision | None, later: Revision, model: type[Base]) -> tuple[State, State]:
    """The states of two versions of a record; without an ``earlier`` one, nothing and what was chosen at first."""
    if earlier is None:
        return {}, chosen(later.snapshot, model)
    return earlier.snapshot, later.snapshot


def _is_plain(default: Any) -> bool:
    return default is not None and default.is_scalar


def changes(before: State, after: State, names: Names | None = None) -> list[tuple[str, str, str]]:
    """Name, what it was and what it became, for each field that differs; empty where there was nothing.

    Whoever compares many states asks for the ``names`` of all of them at once.
    """
    names = names or Names([before, after])
    differ = [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]
    told = [
        (said.field(name), *(words(_called(name, state.get(name), names)) for state in (before, after)))
        for name in differ
    ]
    return [(name, was, became) for name, was, became in told if was or became]


def marked(told: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """``changes`` with what differs marked in each two texts that have something in common, and the rest folded up."""
    return [(name, *_marked(was, became)) for name, was, became in told]


def _marked(was: str, became: str) -> tuple[str, str]:
    if isinstance(was, Markup) or isinstance(became, Markup):
        return was, became
    old, new = differing.pieces(was, became)
    if all(piece.is_different or piece.text.isspace() for piece in old):
        return was, became
    return _with("del", old), _with("ins", new)


def _with(tag: str, pieces: list[differing.Piece]) -> Markup:
    frame, last = Markup(f"<{tag}>{{}}</{tag}>"), len(pieces) - 1  # noqa: S704 (a word of ours)
    return Markup("").join(
        _folded(piece.text, below=place > 0, above=place < last) if not piece.is_different else frame.format(piece.text)
        for place, piece in enumerate(pieces)
        if piece.text
    )


def _folded(text: str, *, below: bool, above: bool) -> Markup:
    """What is alike, with the lines in sight that stand ``below`` what differs, or ``above`` it."""
    lines = text.splitlines(keepends=True)
    start, end = LINES_BESIDE if below else 0, len(lines) - (LINES_BESIDE if above else 0)
    if end - start < FEWEST_FOLDED:
        return escape(text)
    told = ngettext("%(num)s line is the same", "%(num)s lines are the same", end - start)
    fold = Markup('{}<details class="alike"><summary>{}</summary>{}</details>{}')
    return fold.format("".join(lines[:start]), told, "".join(lines[start:end]), "".join(lines[end:]))


def _called(field: str, value: Any, names: Names) -> Any:
    return said.plain(value) if field in CODED and isinstance(value, str) else names.called(field, value)


def _listed(value: Any) -> list[Any]:
    return [] if value is None or value == "" else value if isinstance(value, list) else [value]


def words(value: Any) -> str:
    """One value as people read it; times in their own zone."""
    if value is None or value == "":
        return ""
    if isinstance(value, Markup):
        return value
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list | tuple):
        return gettext(", ").join(words(item) for item in value)
    if isinstance(value, Mapping):
        return gettext(", ").join(
            gettext("%(what)s: %(value)s", what=key, value=words(item)) for key, item in value.items()
        )
    text = str(value)
    return times.exact(datetime.fromisoformat(text)) if _TIME.fullmatch(text) else text
