"""Rows that point nowhere, before a run and after it: those that were there before are not of its making."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.engine import Connection

from cms.schema import own_tables
from cms.schema.errors import SchemaError, counted
from cms.schema.names import is_ours
from cms.schema.own_tables import ORPHANS, journal, kept
from cms.schema.recording import Recorded
from cms.schema.verify import BrokenKey, broken_foreign_keys

# Table, columns and parent: the name of a constraint can be another after a table was renamed.
Key = tuple[str, tuple[str, ...], str]
Counts = dict[Key, int]


def count(connection: Connection) -> Counts:
    """How many rows by each key, under the names that the application knows, also of what is put aside."""
    return summed(broken_foreign_keys(connection), visible_names(connection))


def summed(broken: Iterable[BrokenKey], known: dict[str, str]) -> Counts:
    found: Counts = {}
    for one in broken:
        key = key_of(one, known)
        found[key] = found.get(key, 0) + one.orphans
    return found


def visible_names(connection: Connection) -> dict[str, str]:
    if not own_tables.exist(connection):
        return {}
    things = own_tables.kept_things(connection, kept.c.returned.is_(False))
    return {one.kept_name: one.column_name or one.table_name for one in things}


def key_of(one: BrokenKey, known: dict[str, str]) -> Key:
    columns = tuple(known.get(column, column) for column in one.columns)
    return known.get(one.table, one.table), columns, known.get(one.parent, one.parent)


def renamed(found: Counts, operations: Iterable[Recorded]) -> Counts:
    """What was counted before the operations, in the names behind them."""
    for recorded in operations:
        operation = recorded.operation
        if isinstance(operation, ops.RenameTableOp):
            tables = {operation.table_name: operation.new_table_name}
            found = {
                (tables.get(table, table), columns, tables.get(parent, parent)): orphans
                for (table, columns, parent), orphans in found.items()
            }
        elif isinstance(operation, ops.AlterColumnOp) and operation.modify_name:
            names = {operation.column_name: operation.modify_name}
            found = {
                (
                    table,
                    tuple(map(names.get, columns, columns)) if table == operation.table_name else columns,
                    parent,
                ): n
                for (table, columns, parent), n in found.items()
            }
    return found


def refuse_more(connection: Connection, before: Counts) -> None:
    """Raises SchemaError where more rows of the application's tables point nowhere than ``before``."""
    known, broken = visible_names(connection), broken_foreign_keys(connection)
    now = summed(broken, known)
    lines = [
        f"  {counted(one.orphans, 'row')} of {one.table} ({one.constraint})"
        for one in broken
        if not is_ours(one.table) and now[key_of(one, known)] > before.get(key_of(one, known), 0)
    ]
    if lines:
        raise SchemaError("\n".join(["Rows would point nowhere:", *lines]))


def remember(connection: Connection, revision: str, way: str, found: Counts) -> Counts:
    """Note what was counted when the revision was begun; a run that goes on gets what was noted then. MariaDB's alone,
    as the journal is."""
    mine = (journal.c.revision == revision, journal.c.way == way)
    begun = connection.scalar(sa.select(sa.func.count()).where(*mine, journal.c.step >= 0))
    noted = connection.scalar(sa.select(journal.c.units).where(*mine, journal.c.step == ORPHANS))
    if begun and noted is not None:
        return {(table, tuple(columns), parent): rows for table, columns, parent, rows in json.loads(noted)}
    connection.execute(journal.delete().where(*mine, journal.c.step == ORPHANS))
    values: dict[str, Any] = {"sentence": "", "digest": "", "position": 0, "seconds": 0.0}
    units = json.dumps([[*key, rows] for key, rows in found.items()])
    connection.execute(journal.insert().values(revision=revision, way=way, step=ORPHANS, units=units, **values))
    return found
