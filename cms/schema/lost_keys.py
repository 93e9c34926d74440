"""Foreign keys that MariaDB loses when it is killed inside an ALTER that copies the table.

Where that was the moment in which the copy took the table's place, it comes up with the new table and without the keys
that the table had, and says nothing (10.11.19, measured: 18 of 500 kills). What is changed in place keeps them, and so
do tables that point to it. So the keys are noted before each copy, and a run that goes on makes again what is missing.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from cms.schema import structure
from cms.schema.new_keys import KEY, KEY_DROPPED
from cms.schema.planning.definitions import foreign_key_sql
from cms.schema.statements import cut, unquoted
from cms.schema.units import Unit


def to_stay(connection: Connection, unit: Unit) -> list[str]:
    """The keys of the unit's table that it does not drop, as the clauses that make them.

    Their columns keep their names: to copy a table and rename those at once is what MariaDB refuses.
    """
    dropped = {unquoted(found[1]) for part in cut(unit.sql, ",") if (found := KEY_DROPPED.match(part))}
    keys = structure.read_mysql(connection, unit.table).foreign_keys
    return [f"ADD {foreign_key_sql(key)}" for key in keys if key.name not in dropped]


def missing(connection: Connection, table: str, clauses: list[str]) -> list[str]:
    """Those of ``clauses`` whose key is not there."""
    there = {key.name for key in structure.read_mysql(connection, table).foreign_keys} if clauses else set()
    return [clause for clause in clauses if (found := KEY.match(clause)) and unquoted(found[1]) not in there]
