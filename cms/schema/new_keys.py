"""Foreign keys that were just made on MariaDB and MySQL.

The server makes them without looking at the rows (see ``altering.alter``), so a row that was written between our count
and the key may point nowhere. Once the key is there nobody can add another one: that is the moment to count.
"""

from __future__ import annotations

import re

from sqlalchemy.engine import Connection

from cms.schema import structure
from cms.schema.altering import run_sql
from cms.schema.names import is_ours
from cms.schema.planning.definitions import orphan_condition
from cms.schema.statements import NAME, cut, unquoted
from cms.schema.structure import ForeignKey, quoted
from cms.schema.units import ALTER, Unit

NAMES = rf"\(({NAME}(?:, ?{NAME})*)\)"
KEY = re.compile(rf"ADD (?:CONSTRAINT ({NAME}) )?FOREIGN KEY ?{NAMES} REFERENCES ({NAME}) {NAMES}(.*)", re.DOTALL)
KEY_DROPPED = re.compile(rf"DROP FOREIGN KEY ({NAME})$")


def key_of(found: re.Match[str], table: str) -> ForeignKey:
    name, columns, parent, parent_columns, rest = found.groups(default="")
    action = re.search(r"ON DELETE (CASCADE|SET NULL|RESTRICT|NO ACTION)", rest)
    listed, parents = ([unquoted(one) for one in cut(names, ",")] for names in (columns, parent_columns))
    return ForeignKey(
        unquoted(name) or f"{table}_ibfk", listed, unquoted(parent), parents, action[1] if action else "NO ACTION"
    )


def made_by(unit: Unit) -> dict[str, ForeignKey]:
    """The keys of the application's own that the unit makes where there was none, by their clauses.

    One that takes the place of another in the same statement left no moment without a key.
    """
    parts = cut(unit.sql, ",") if unit.kind == ALTER and not is_ours(unit.table) else []
    if any(KEY_DROPPED.match(part) for part in parts):
        return {}
    keys = {part: key_of(found, unit.table) for part in parts if (found := KEY.match(part))}
    return {part: key for part, key in keys.items() if not any(map(is_ours, key.columns))}


def name_of(connection: Connection, table: str, key: ForeignKey) -> str | None:
    """What the server calls the key; None when it is not there."""
    for there in structure.read_mysql(connection, table).foreign_keys:
        if (there.columns, there.parent, there.parent_columns) == (key.columns, key.parent, key.parent_columns):
            return there.name
    return None


def orphans(connection: Connection, table: str, key: ForeignKey) -> int:
    counted = f"SELECT COUNT(*) FROM {quoted(table)} WHERE {orphan_condition(table, key)}"
    return run_sql(connection, counted).scalar() or 0


def complaint(count: int, table: str, key: ForeignKey) -> str:
    return f"{count} rows of {table} point to rows of {key.parent} that are not there ({', '.join(key.columns)})"
