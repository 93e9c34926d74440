"""Taking a person out of all that is put aside, whatever the structure was that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from cms.schema import moving, own_tables
from cms.schema.errors import SchemaError
from cms.schema.kept import CELLS, Trace, all_tables, empty_cell, where_they_are
from cms.schema.lock import only_one
from cms.schema.own_tables import Kept
from cms.schema.structure import Table


@contextmanager
def alone(engine: Engine, say: Callable[[str], None]) -> Iterator[None]:
    """While nothing is put aside or comes back. Raises SchemaError where a run was cut off."""
    with engine.connect() as connection, only_one(connection, say=say):
        cut_off = own_tables.unfinished(connection)
        if cut_off is not None:
            raise SchemaError(moving.cut_off(cut_off))
        connection.rollback()
        yield


def mentions(connection: Connection, value: str) -> list[Trace]:
    """Where something put aside says ``value`` and nothing else, in any column of text, in upper case or lower."""
    return [Trace(one, place, rows) for one, place, _, rows in _mentions(connection, value)]


def erase_mentions(connection: Connection, value: str) -> list[Trace]:
    """Destroy what ``mentions`` names, in the caller's transaction: kept rows go, kept cells become empty."""
    tables, found = all_tables(connection), list(_mentions(connection, value))
    for one, place, condition, _ in found:
        if one.kind in CELLS:
            _empty(connection, tables[place], one.kept_name, condition)
        else:
            connection.execute(sa.delete(sa.table(place)).where(condition))
    return [Trace(one, place, rows) for one, place, _, rows in found]


def empty_cells_of(connection: Connection, table: str, column: str, value: Any) -> None:
    """Empty what is put aside in the rows of ``table`` that have ``value`` in ``column``, and stay."""
    where, tables = where_they_are(connection), all_tables(connection)
    for one in _things(connection):
        if one.kind in CELLS and table in where.get(one.kept_name, ()):
            _empty(connection, tables[table], one.kept_name, sa.column(column) == value)


def _mentions(connection: Connection, value: str) -> Iterator[tuple[Kept, str, Any, int]]:
    tables, where = all_tables(connection), where_they_are(connection)
    for one in _things(connection):
        for place in where.get(one.kept_name, ()):
            looked_at = [one.kept_name] if one.kind in CELLS else list(tables[place].columns)
            texts = [sa.column(name) for name in looked_at if _is_text(tables[place].columns[name])]
            condition = sa.or_(sa.false(), *(sa.func.lower(text) == value.lower() for text in texts))
            count = sa.select(sa.func.count()).select_from(sa.table(place)).where(condition)
            if rows := connection.scalar(count):
                yield one, place, condition, rows


def _things(connection: Connection) -> list[Kept]:
    if not own_tables.exist(connection):
        return []
    return own_tables.kept_things(connection, own_tables.kept.c.returned.is_(False))


def _is_text(definition: str) -> bool:
    # MariaDB would find 12 for '12abc' in a column of numbers.
    kind = definition.upper().split("(")[0].split()[0] if definition else ""
    return "CHAR" in kind or "TEXT" in kind


def _empty(connection: Connection, table: Table, column: str, condition: Any) -> None:
    empty = sa.literal_column(empty_cell(connection, table, column))
    cells = sa.update(sa.table(table.name, sa.column(column)))
    connection.execute(cells.where(condition).values({column: empty}))
