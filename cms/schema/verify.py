"""What a database holds, as digests that are equal for equal content on SQLite and on MariaDB."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import and_, column, exists, func, inspect, literal_column, select, table, text
from sqlalchemy.engine import Connection
from sqlalchemy.sql import ColumnElement

from cms.schema.names import is_ours
from cms.schema.values import encoder

ROWS_AT_ONCE = 100  # few, since a row may hold megabytes

LeaveOut = Callable[[str], bool]


@dataclass(frozen=True)
class TableContent:
    """How many rows a table has, and a digest of their cells that knows no order of rows or columns."""

    rows: int
    digest: str


@dataclass(frozen=True)
class BrokenKey:
    """A foreign key and how many rows of ``table`` point nowhere by it."""

    table: str
    constraint: str
    orphans: int
    columns: tuple[str, ...] = field(default=(), compare=False)
    parent: str = field(default="", compare=False)


@dataclass(frozen=True)
class Report:
    """What ``flask db verify`` has to say. ``digest`` is that of all tables, their names included."""

    tables: dict[str, TableContent]
    digest: str
    broken: list[BrokenKey]

    @property
    def sound(self) -> bool:
        return not self.broken

    @property
    def rows(self) -> int:
        return sum(content.rows for content in self.tables.values())


def nothing(_name: str) -> bool:
    return False


def derived(*names: str) -> LeaveOut:
    """For ``leave_out``: these tables and their shadows, as ``post_search`` and ``post_search_data``."""
    return lambda name: any(name == one or name.startswith(f"{one}_") for one in names)


def report(connection: Connection, *, leave_out: LeaveOut = nothing) -> Report:
    """Read everything once. Of one moment when the caller's transaction is (REPEATABLE READ; any on SQLite)."""
    tables = contents(connection, leave_out=leave_out)
    return Report(tables, overall(tables), broken_foreign_keys(connection))


def overall(tables: Mapping[str, TableContent]) -> str:
    """One digest for all tables, in lower-case hexadecimal."""
    lines = (f"{name}\0{content.rows}\0{content.digest}\n" for name, content in sorted(tables.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def differing(one: Mapping[str, TableContent], other: Mapping[str, TableContent]) -> list[str]:
    """The names of the tables that do not hold the same, those that only one side has included."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def contents(connection: Connection, *, leave_out: LeaveOut = nothing, ours: bool = False) -> dict[str, TableContent]:
    """Rows and digest of each table; kept things and our own tables count only when ``ours`` asks for them."""
    wanted = {
        name: {column: kind for column, kind in columns.items() if ours or not is_ours(column)}
        for name, columns in sorted(declared_types(connection).items())
        if (ours or not is_ours(name)) and not leave_out(name)
    }
    with any_text(connection):
        return {name: content(connection, name, columns) for name, columns in wanted.items()}


def content(connection: Connection, name: str, columns: Mapping[str, str]) -> TableContent:
    """Each row is hashed over its cells by name of column; the hashes are summed, so that order does not count."""
    cells = [(f"{len(name)}:{name}".encode(), encoder(kind)) for name, kind in sorted(columns.items())]
    query = select(*(cell(name, kind) for name, kind in sorted(columns.items()))).select_from(table(name))
    rows = total = 0
    with connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}) as result:
        for part in result.partitions():
            for row in part:
                pieces = []
                for (label, encode), value in zip(cells, row, strict=True):
                    encoded = encode(value)
                    pieces.append(b"%s%d:" % (label, len(encoded)))
                    pieces.append(encoded)
                total += int.from_bytes(hashlib.sha256(b"".join(pieces)).digest(), "big")
            rows += len(part)
    return TableContent(rows, hashlib.sha256(b"%d:%d" % (rows, total % 2**256)).hexdigest())


def cell(name: str, kind: str) -> ColumnElement[Any]:
    # No type of SQLAlchemy: what the driver gives is wanted. A FLOAT by itself comes with 6 digits, too few to tell.
    return column(name) + literal_column("0e0") if kind == "single" else column(name)


def declared_types(connection: Connection) -> dict[str, dict[str, str]]:
    """The declared types of all columns of all tables, in the words that ``values.encoder`` knows."""
    tables: dict[str, dict[str, str]] = {name: {} for name in inspect(connection).get_table_names()}
    sqlite = connection.dialect.name == "sqlite"
    for name, column_name, kind in columns_of_sqlite(connection, tables) if sqlite else columns_of_mysql(connection):
        if name in tables:  # no view
            tables[name][column_name] = kind
    return tables


def columns_of_sqlite(connection: Connection, tables: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    query = text("SELECT name, type FROM pragma_table_xinfo(:name) WHERE hidden <> 1")
    for name in tables:
        for column_name, kind in connection.execute(query, {"name": name}).all():
            yield name, column_name, kind


def columns_of_mysql(connection: Connection) -> Iterator[tuple[str, str, str]]:
    columns = text(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = DATABASE()"
    )
    # MariaDB's JSON is a LONGTEXT with a CHECK; MySQL has the type.
    checks = text(
        "SELECT table_name, check_clause FROM information_schema.check_constraints "
        "WHERE constraint_schema = DATABASE() AND check_clause LIKE 'json_valid(%'"
    )
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    is_json = {
        (name, match.group(1).replace("``", "`"))
        for name, clause in (connection.execute(checks).all() if is_mariadb else ())
        if (match := re.fullmatch(r"json_valid\(`(.*)`\)", clause))
    }
    for name, column_name, kind in connection.execute(columns).all():
        if (name, column_name) in is_json:
            kind = "json"
        yield name, column_name, "single" if kind == "float" else kind


@contextmanager
def any_text(connection: Connection) -> Iterator[None]:
    """Read SQLite's texts even when they are no UTF-8, which it never checks."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.dbapi_connection
    assert raw is not None
    before = raw.text_factory
    raw.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = before


def broken_foreign_keys(connection: Connection) -> list[BrokenKey]:
    """Every foreign key by which rows point nowhere; both engines let them in while the checks are off."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    broken = []
    for name in sorted(tables):
        for key in inspector.get_foreign_keys(name):
            elsewhere = key["referred_schema"]
            lost = elsewhere is None and key["referred_table"] not in tables
            orphans = connection.scalar(orphans_of(name, key, parent_is_lost=lost)) or 0
            if orphans:
                label = key["name"] or f"{', '.join(key['constrained_columns'])} -> {key['referred_table']}"
                columns = tuple(key["constrained_columns"])
                broken.append(BrokenKey(name, label, orphans, columns, key["referred_table"]))
    return broken


def orphans_of(name: str, key: Any, *, parent_is_lost: bool) -> Any:
    child = table(name, *map(column, key["constrained_columns"])).alias("child")
    # One NULL among its columns and a key points nowhere on purpose (MATCH SIMPLE, on both engines).
    query = select(func.count()).select_from(child).where(*(referring.is_not(None) for referring in child.c))
    if parent_is_lost:
        return query
    referred = map(column, key["referred_columns"])
    parent = table(key["referred_table"], *referred, schema=key["referred_schema"]).alias("parent")
    pairs = zip(key["constrained_columns"], key["referred_columns"], strict=True)
    found = exists().select_from(parent).where(and_(*(child.c[one] == parent.c[other] for one, other in pairs)))
    return query.where(~found)
