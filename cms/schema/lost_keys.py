"""Foreign keys that MariaDB loses when it is killed inside an ALTER that copies the table.

Where that was the moment in which the copy took the table's place, it comes up with the new table and without the keys
that the table had, and says nothing (10.11.19, measured: 18 of 500 kills). What is changed in place keeps them, and so
do tables that point to it. So the keys are noted before each ALTER, and a run that goes on makes again what is missing.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from cms.schema import structure
from cms.schema.new_keys import KEY, key_of, left_by, name_of
from cms.schema.planning.definitions import foreign_key_sql
from cms.schema.statements import cut
from cms.schema.units import ALTER, SWAP, Unit


def to_stay(connection: Connection, unit: Unit) -> list[str]:
    """The keys of the unit's table that it leaves there, as the clauses that make them."""
    if unit.kind not in (ALTER, SWAP):
        return []
    keys = structure.read_mysql(connection, unit.table).foreign_keys
    return [f"ADD {foreign_key_sql(key)}" for key in left_by(keys, unit.table, cut(unit.sql, ","))]


def missing(connection: Connection, table: str, clauses: list[str]) -> list[str]:
    """Those of ``clauses`` whose key is not there."""
    keys = {clause: key_of(found, table) for clause in clauses if (found := KEY.match(clause))}
    return [clause for clause, key in keys.items() if not name_of(connection, table, key)]
