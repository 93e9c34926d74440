"""The rules for a script as a whole: its file, and its two ways together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from alembic.script import Script as Revision
from sqlalchemy.engine import Dialect

from cms.schema.own_tables import other_way
from cms.schema.recording import BringBackOp, Recorded, SetAsideOp
from cms.schema.shapes import Constraint, Table, Tables, spelled

ALLOWED = "lint_allows"
OURS = "cms.schema"  # the one part of an application that a script may import
DIGITS = {"year": 4, "month": 2, "day": 2, "hour": 2, "minute": 2, "second": 2}

ADVICE = {
    "file-name": "Name the file as the file_template in alembic.ini does, with the day it was written.",
    "application-import": "Spell out in the script what it needs: the application changes, and history must not.",
    "allow-without-reason": f'Say why in one line: {ALLOWED} = {{"rule-name": "the reason"}}.',
    "allow-without-complaint": "Take the entry away: it would hide a complaint that comes later.",
    "empty-downgrade": "Write the opposite of each operation, the last one first; nothing is lost by it: it is kept.",
    "not-undone": "Write the opposite of each operation, the last one first, with the same names, types and NULLs.",
    "not-brought-back": "Say op.bring_back in the opposite way, else the rows stay hidden for good.",
    "no-primary-key": "Give it a primary key; that of a pair table is the pair.",
}


class Found(NamedTuple):
    """What is the matter, in words for the author; ``line`` is None where it is the file as a whole."""

    rule: str
    line: int | None
    message: str


# The file


def of_file(revision: Revision, template: str, packages: set[str]) -> Iterator[Found]:
    shapes = {name: rf"\d{{{digits}}}" for name, digits in DIGITS.items()}
    shapes |= {"epoch": r"\d+", "rev": re.escape(revision.revision), "slug": r"[\w-]*"}
    pieces = re.split(r"%\((\w+)\)[.\d]*[sd]", Path(template).name)
    pattern = "".join(shapes.get(one, ".*") if odd % 2 else re.escape(one) for odd, one in enumerate(pieces))
    if not re.fullmatch(pattern, Path(revision.path).stem):
        yield Found("file-name", None, f"Its name does not have the form {Path(template).name}.")
    if not hasattr(revision.module, "upgrade"):
        yield Found("unreadable", None, "It has no upgrade().")
    for name, line in imports(revision):
        foreign = name.startswith(".") or name.split(".")[0] in packages
        if foreign and not f"{name}.".startswith(f"{OURS}."):
            yield Found("application-import", line, f"It imports {name.lstrip('.')} of the application.")


def imports(revision: Revision) -> Iterator[tuple[str, int]]:
    for node in nodes(revision):
        if isinstance(node, ast.Import):
            yield from ((one.name, node.lineno) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{'.' * node.level}{node.module or ''}.{one.name}", node.lineno) for one in node.names)


def nodes(revision: Revision) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(Path(revision.path).read_text(encoding="utf-8")))


def without_allowed(revision: Revision, found: list[Found]) -> Iterator[Found]:
    """``found`` without what the script allows itself for a reason."""
    line = next((one.lineno for one in nodes(revision) if isinstance(one, ast.Name) and one.id == ALLOWED), None)
    entries = getattr(revision.module, ALLOWED, {})
    if not isinstance(entries, dict):
        yield Found("allow-without-reason", line, f"{ALLOWED} is no dictionary of rules and reasons.")
        entries = {}
    reasons = {rule for rule, why in entries.items() if isinstance(why, str) and why.strip()}
    yield from (one for one in found if one.rule not in reasons)
    for rule in entries:
        if rule not in reasons:
            yield Found("allow-without-reason", line, f"{ALLOWED} gives no reason for {rule}.")
        elif rule not in {one.rule for one in found}:
            message = f"{ALLOWED} names {rule}, of which there is nothing to complain."
            yield Found("allow-without-complaint", line, message)


# Its two ways


def of_both_ways(
    revision: Revision, recorded: dict[str, list[Recorded]], tables: list[Tables], dialect: Dialect
) -> Iterator[Found]:
    """``tables`` are those before, after upgrade() and after downgrade() again."""
    before, after, again = tables
    yield from keyless(before, after, recorded["upgrade"])
    yield from not_brought_back(recorded)
    downgrade = getattr(revision.module, "downgrade", None)
    line = downgrade.__code__.co_firstlineno if downgrade is not None else None
    if recorded["upgrade"] and not recorded["downgrade"]:
        yield Found("empty-downgrade", line, "upgrade() does something and downgrade() nothing.")
    elif words := sorted(differences(before, again, dialect)):
        yield Found("not-undone", line, f"After upgrade() and downgrade() {', '.join(words)}.")


def keyless(before: Tables, after: Tables, upgrade: list[Recorded]) -> Iterator[Found]:
    for name, table in after.items():
        had_one = name not in before or before[name].key
        # Of a table made by plain SQL no columns are known.
        if had_one and table.columns and not table.key:
            line = next((one.line for one in reversed(upgrade) if one.table == name), None)
            yield Found("no-primary-key", line, f"Table {name} has no primary key.")


def not_brought_back(recorded: dict[str, list[Recorded]]) -> Iterator[Found]:
    for way in recorded:
        back = {one.table for one in recorded[other_way(way)] if isinstance(one.operation, BringBackOp)}
        for one in recorded[way]:
            if isinstance(one.operation, SetAsideOp) and one.table not in back:
                message = f"{way}() sets rows of {one.table} aside, and {other_way(way)}() does not bring them back."
                yield Found("not-brought-back", one.line, message)


def differences(before: Tables, after: Tables, dialect: Dialect) -> Iterator[str]:
    """What going up and down again leaves behind."""
    yield from (f"table {name} is gone" for name in before.keys() - after.keys())
    yield from (f"table {name} is still there" for name in after.keys() - before.keys())
    for name in before.keys() & after.keys():
        was, is_now = facts(before[name], dialect), facts(after[name], dialect)
        yield from (f"{what} of {name} is gone" for what in was.keys() - is_now.keys())
        yield from (f"{what} of {name} is still there" for what in is_now.keys() - was.keys())
        both = was.keys() & is_now.keys()
        yield from (f"{what} of {name} is not as before" for what in both if was[what] != is_now[what])


def facts(table: Table, dialect: Dialect) -> dict[str, Any]:
    """What must be the same again, named in words."""
    columns = {f"column {name}": (spelled(one.kind, dialect), one.nullable) for name, one in table.columns.items()}
    return {"the primary key": table.key, **columns, **dict(map(fact, table.constraints))}


def fact(one: Constraint) -> tuple[str, Any]:
    # MariaDB has no other unique than an index, and autogenerate drops it as one.
    title = f"{one.kind.removesuffix(' index')} {one.name}" if one.name else str(one)
    # The words of a check may be others that mean the same.
    return title, () if one.kind == "check" else (one.columns, one.parent, one.parent_columns, one.on_delete)
