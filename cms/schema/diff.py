"""What changes between two revisions, read from the scripts alone: both are built in memory from nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from alembic.script import Script, ScriptDirectory
from sqlalchemy.engine import Dialect

from cms.schema.errors import SchemaError
from cms.schema.replaying import Replay
from cms.schema.shapes import Column, Table, Tables, spelled


def between(
    script: ScriptDirectory, a: Any, b: Any, dialect: Dialect, metadata: sa.MetaData | None = None
) -> list[str]:
    """One line a change on the way from ``a`` to ``b``: ``+ post.summary String(100)``. Raises SchemaError.

    ``metadata`` has the naming convention, if there is one.
    """
    olds, news = ancestors(script, a), ancestors(script, b)
    replay = Replay(dialect, metadata)
    start, _ = walk([one for one in olds if one in news], "upgrade", {}, replay)
    gone, fresh = [one for one in olds if one not in news], [one for one in news if one not in olds]
    before, _ = walk(gone, "upgrade", start, replay)
    after, done = walk(fresh, "upgrade", start, replay)
    _, undone = walk(gone[::-1], "downgrade", before, replay)
    return [*changes(before, after, dialect), *undone, *done]


def ancestors(script: ScriptDirectory, target: Any) -> list[Script]:
    """All revisions up to ``target``, oldest first."""
    if target in ("base", ()):
        return []
    try:
        return [*script.walk_revisions("base", target)][::-1]
    except AssertionError:  # Alembic's, where ``first-1`` leads below the first revision
        return []


def walk(revisions: list[Script], way: str, tables: Tables, replay: Replay) -> tuple[Tables, list[str]]:
    """The tables that the scripts leave, and what else they do, a line each."""
    lines = []
    for one in revisions:
        replay.bind.was_asked = False
        try:
            for step in replay.steps(replay.record(getattr(one.module, way, lambda: None)), tables, one.revision):
                tables = step.after
                if step.after == step.before:
                    lines.append(f"* {step.recorded.sentence()}")
        except Exception as error:  # whatever a script does where there is no database
            raise SchemaError(f"{one.revision} cannot be read without a database: {error}") from error
        if replay.bind.was_asked:
            lines.append(f"* {one.revision} asks the database: what it does with the answer cannot be told here")
    return tables, lines


def changes(before: Tables, after: Tables, dialect: Dialect) -> Iterator[str]:
    was = {table.origin: name for name, table in before.items()}
    now = {table.origin: name for name, table in after.items()}
    for name in sorted(was[origin] for origin in was.keys() - now.keys()):
        yield f"- table {name}"
    for name in sorted(now[origin] for origin in now.keys() - was.keys()):
        yield f"+ table {name}"
        yield from inside(name, Table(after[name].origin), after[name], {}, dialect)
    names = {was[origin]: now[origin] for origin in was.keys() & now.keys()}
    for origin in sorted(was.keys() & now.keys(), key=now.__getitem__):
        if was[origin] != now[origin]:
            yield f"~ table {was[origin]} -> {now[origin]}"
        yield from inside(now[origin], before[was[origin]], after[now[origin]], names, dialect)


def inside(table: str, before: Table, after: Table, tables: dict[str, str], dialect: Dialect) -> Iterator[str]:
    """``tables`` has the new name of each by its old one."""
    was = {column.origin: (name, column) for name, column in before.columns.items()}
    now = {column.origin: (name, column) for name, column in after.columns.items()}
    yield from (f"- {table}.{name} {told(one, before)}" for origin, (name, one) in was.items() if origin not in now)
    yield from (f"+ {table}.{name} {told(one, after)}" for origin, (name, one) in now.items() if origin not in was)
    constraints = [replace(one, parent=tables.get(one.parent, one.parent)) for one in before.constraints]
    for origin in (origin for origin in now if origin in was):
        (old_name, old), (new_name, new) = was[origin], now[origin]
        if old_name != new_name:
            yield f"~ {table}.{old_name} -> {table}.{new_name}"
            constraints = [one.renamed(old_name, new_name) for one in constraints]
        if told(old, before) != told(new, after):
            yield f"~ {table}.{new_name} {told(old, before)} -> {told(new, after)}"
        elif spelled(old.kind, dialect) != spelled(new.kind, dialect):
            yield f"~ {table}.{new_name} {spelled(old.kind, dialect)} -> {spelled(new.kind, dialect)}"
    # A check without a condition belongs to the type of its column.
    old_ones = {str(one) for one in constraints if one.condition or one.kind != "check"}
    new_ones = {str(one) for one in after.constraints if one.condition or one.kind != "check"}
    yield from (f"- {table}: {one}" for one in sorted(old_ones - new_ones))
    yield from (f"+ {table}: {one}" for one in sorted(new_ones - old_ones))


def told(column: Column, table: Table) -> str:
    """``String(100) not null default ''``, as a script says it."""
    is_key = column.origin in {table.columns[name].origin for name in table.key if name in table.columns}
    return " ".join(
        filter(
            None,
            [
                kind_of(column.kind),
                "" if column.nullable or is_key else "not null",
                f"default {column.default}" if column.default else "",
                "primary key" if is_key else "",
            ],
        )
    )


def kind_of(kind: Any) -> str:
    if isinstance(kind, sa.Enum):
        return f"Enum({', '.join(map(str, kind.enums))})"
    return re.sub(r"\b(length|precision|scale)=", "", repr(kind)).removesuffix("()")


def from_models(found: list[Any]) -> Iterator[str]:
    """One line for each difference that Alembic's autogenerate found: ``+`` the models have it, the database not."""
    for one in found:
        if isinstance(one, list):  # the changes of one column
            for change, _schema, table, column, _existing, old, new in one:
                what = change.removeprefix("modify_")
                yield f"~ {table}.{column}: {what} is {old} in the database and {new} in the models"
            continue
        act, kind = one[0].split("_", 1)
        sign = {"add": "+", "remove": "-"}.get(act, "~")
        if kind == "column":
            yield f"{sign} column {one[2]}.{one[3].name}"
        elif isinstance(one[1], sa.Table):
            yield f"{sign} {kind.replace('_', ' ')} {one[1].name}"
        else:
            yield f"{sign} {kind} {one[1].name} of {one[1].table.name}"
