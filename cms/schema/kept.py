"""What is put aside in a database: how much, how old, and how to take a person out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from cms.schema import own_tables, structure
from cms.schema.altering import run_sql
from cms.schema.errors import SchemaError, counted
from cms.schema.names import KEPT_PREFIX, OWN_PREFIX
from cms.schema.own_tables import Kept
from cms.schema.structure import Table, quoted

CELLS = ("column", "type")  # kinds that are a column of a table; the others are tables
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Holding:
    """A kept thing, the tables that it lies in (see ``where_they_are``), its rows or cells, its size."""

    thing: Kept
    places: tuple[str, ...]
    rows: int
    size_bytes: int

    @property
    def name(self) -> str:
        return name_of(self.thing)

    @property
    def age_days(self) -> float:
        assert self.thing.kept_at is not None
        return (own_tables.now() - self.thing.kept_at).total_seconds() / SECONDS_A_DAY

    def as_json(self) -> dict[str, Any]:
        assert self.thing.kept_at is not None
        return {
            "id": self.thing.id,
            "kind": self.thing.kind,
            "name": self.name,
            "kept_name": self.thing.kept_name,
            "tables": self.places,
            "rows": self.rows,
            "size_bytes": self.size_bytes,
            "kept_at": f"{self.thing.kept_at.isoformat(timespec='seconds')}Z",
            "age_days": round(self.age_days, 2),
            "revision": self.thing.revision,
            "way": self.thing.way,
        }


def name_of(thing: Kept) -> str:
    return f"{thing.table_name}.{thing.column_name}" if thing.column_name else thing.table_name


def everything(connection: Connection) -> list[Holding]:
    """All that is put aside now, oldest first; notes of things that are gone are left out."""
    if not own_tables.exist(connection):
        return []
    where = where_they_are(connection)
    found = []
    for one in own_tables.kept_things(connection, own_tables.kept.c.returned.is_(False)):
        if one.kept_name in where:
            measures = [measured(connection, one, place) for place in where[one.kept_name]]
            rows, size_bytes = (sum(numbers) for numbers in zip(*measures, strict=True))
            found.append(Holding(one, where[one.kept_name], rows, size_bytes))
    return found


def where_they_are(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The tables behind each kept name: the one of that name, or those with such a column, whatever they are called.

    Rows that were set aside later took their kept cells with them: so a column can lie in several tables.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, table in all_tables(connection).items():
        for one in (name, *table.columns):
            if one.startswith(KEPT_PREFIX):
                found[one] = (*found.get(one, ()), name)
    return found


def all_tables(connection: Connection) -> dict[str, Table]:
    return structure.read(connection, lambda name: name.startswith(OWN_PREFIX))


def measured(connection: Connection, one: Kept, place: str) -> tuple[int, int]:
    """Rows (or filled cells) and about how many bytes they take."""
    if one.kind in CELLS:
        column, kind = quoted(one.kept_name), "BLOB" if connection.dialect.name == "sqlite" else "BINARY"
        sql = f"SELECT COUNT({column}), SUM(LENGTH(CAST({column} AS {kind}))) FROM {quoted(place)}"
        rows, size = run_sql(connection, sql).one()
        return rows, int(size or 0)
    rows = run_sql(connection, f"SELECT COUNT(*) FROM {quoted(place)}").scalar() or 0
    return rows, table_bytes(connection, place)


def table_bytes(connection: Connection, name: str) -> int:
    if connection.dialect.name != "sqlite":
        query = (
            "SELECT data_length + index_length FROM information_schema.tables "
            "WHERE table_schema = DATABASE() AND table_name = :name"
        )
        return int(connection.scalar(sa.text(query), {"name": name}) or 0)
    with suppress(OperationalError):  # not every SQLite was built with it
        return int(connection.scalar(sa.text("SELECT SUM(pgsize) FROM dbstat WHERE name = :name"), {"name": name}) or 0)
    columns = structure.read_sqlite(connection, name).columns
    lengths = " + ".join(f"COALESCE(LENGTH(CAST({quoted(column)} AS BLOB)), 0)" for column in columns)
    return int(run_sql(connection, f"SELECT SUM({lengths}) FROM {quoted(name)}").scalar() or 0)


# A person's data


@dataclass(frozen=True)
class Trace:
    """Where a value stands among what is put aside: ``rows`` rows of a kept table, or cells of a kept column."""

    thing: Kept
    place: str
    rows: int

    def sentence(self) -> str:
        what = counted(self.rows, "cell" if self.thing.kind in CELLS else "row")
        by = f"the {self.thing.way} through {self.thing.revision}"
        return f"{what} of {name_of(self.thing)}, put aside by {by}"


def traces(connection: Connection, table: str, column: str, value: Any) -> list[Trace]:
    """Where kept data of ``table`` has ``value`` in ``column``. Raises SchemaError."""
    return [
        Trace(one, place, rows)
        for one, place, condition in conditions(connection, table, column, value)
        if (rows := connection.scalar(sa.select(sa.func.count()).select_from(sa.table(place)).where(condition)))
    ]


def erase(connection: Connection, table: str, column: str, value: Any) -> list[Trace]:
    """Destroy what ``traces`` names, in the caller's transaction: kept rows go, kept cells become empty.

    Call it where a row of ``table`` is erased for good, once for its key and once for each column elsewhere that
    names the person. What lies in columns of the row itself goes with the row.
    """
    found = traces(connection, table, column, value)
    tables = all_tables(connection)
    for one, place, condition in list(conditions(connection, table, column, value)):
        if one.kind in CELLS:
            empty = sa.literal_column(empty_cell(connection, tables[place], one.kept_name))
            cells = sa.update(sa.table(place, sa.column(one.kept_name)))
            connection.execute(cells.where(condition).values({one.kept_name: empty}))
        else:
            connection.execute(sa.delete(sa.table(place)).where(condition))
    return found


def conditions(connection: Connection, table: str, column: str, value: Any) -> Iterator[tuple[Kept, str, Any]]:
    if not own_tables.exist(connection):
        return
    tables, where = all_tables(connection), where_they_are(connection)
    known = table in tables and column in tables[table].columns
    for one in own_tables.kept_things(connection, own_tables.kept.c.table_name == table):
        if one.kind in CELLS and one.column_name != column:
            continue
        inside = one.kept_name if one.kind in CELLS else column
        for place in where.get(one.kept_name, ()):
            definition = tables[place].columns.get(inside)
            if definition is not None:
                known = True
                yield one, place, sa.column(inside) == comparable(definition, value, f"{table}.{column}")
    if not known:
        raise SchemaError(f"There is no {table}.{column}, neither in use nor put aside.")


def comparable(definition: str, value: Any, name: str) -> Any:
    """``value`` for a column: MariaDB would find 12 for '12abc' in a column of numbers."""
    numeric = (
        definition.upper()
        .lstrip()
        .startswith(
            ("TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "DECIMAL", "NUMERIC", "FLOAT", "DOUBLE", "REAL")
        )
    )
    if not numeric or not isinstance(value, str):
        return value
    try:
        return int(value) if value.lstrip("-").isdigit() else str(Decimal(value))
    except InvalidOperation as error:
        raise SchemaError(f"{name} holds numbers, and {value!r} is none.") from error


def empty_cell(connection: Connection, table: Table, column: str) -> str:
    definition = table.columns[column]
    if "NOT NULL" not in definition:
        return "NULL"
    if connection.dialect.name != "sqlite":
        return f"DEFAULT({quoted(column)})"
    return definition.partition("DEFAULT ")[2].removesuffix(" GENERATED") or "''"
