"""What a change of type does to values: whether it may lose any. Which ones do not fit is the database's to say."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.types import TypeEngine

from cms.schema.altering import run_sql
from cms.schema.statements import TEXT
from cms.schema.structure import quoted
from cms.schema.units import Unit

NUMBERS = {"BOOL", "BOOLEAN", "INTEGER", "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC", "REAL", "BIT"}
TRIED, BEFORE = "_k_tried", "_k_tried_before"  # temporary tables: nobody else sees them, they end with the connection
READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"  # the next one only
BYTES = (sa.LargeBinary, sa.BINARY, sa.VARBINARY, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)
TOLD_APART = {"integer", "float", "decimal", "bytes", "date", "datetime", "time"}


def plain(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """The type that ``kind`` really is on ``dialect``: variants and decorators taken off."""
    found = kind.dialect_impl(dialect)
    return found.impl_instance if isinstance(found, sa.types.TypeDecorator) else found


def family(kind: TypeEngine[Any]) -> str:
    """What kind of value it holds: the conversions within one family are judged by size alone."""
    families: list[tuple[Any, str]] = [
        (sa.types.JSON, "json"),
        (sa.types.Boolean, "integer"),
        (sa.types.Integer, "integer"),
        (sa.types.Float, "float"),
        (sa.types.Numeric, "decimal"),
        (sa.types.String, "text"),
        (BYTES, "bytes"),
        (sa.types.DateTime, "datetime"),
        (sa.types.Date, "date"),
        (sa.types.Time, "time"),
    ]
    return next((name for base, name in families if isinstance(kind, base)), type(kind).__name__)


def may_lose(old: TypeEngine[Any], new: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether a value that fits may come out as another one, so that the original must be kept beside it."""
    old, new = plain(old, dialect), plain(new, dialect)
    pair = family(old), family(new)
    if pair == ("decimal", "decimal"):
        return (new.scale or 0) < (old.scale or 0)
    if pair == ("float", "float"):
        return bits_of_float(new) < bits_of_float(old)
    if pair == ("datetime", "datetime") or pair == ("time", "time"):
        return dialect.name != "sqlite" and (getattr(new, "fsp", 0) or 0) < (getattr(old, "fsp", 0) or 0)
    if dialect.name != "sqlite" and is_padded(new) and not (is_padded(old) and old.length == new.length):
        return True
    if pair[0] == pair[1]:
        return False
    if pair == ("text", "json"):
        # MySQL's own JSON is no text: it sorts keys, and writes numbers and blanks its way.
        return dialect.name == "mysql" and not getattr(dialect, "is_mariadb", False)
    return pair not in {
        ("integer", "decimal"),
        ("integer", "text"),
        ("date", "datetime"),
        ("date", "text"),
        ("json", "text"),
    }


def is_padded(kind: Any) -> bool:
    """Whether all its values are of one length: BINARY fills them up with zeros, CHAR cuts off blanks at the end."""
    return isinstance(kind, sa.CHAR | sa.NCHAR | sa.BINARY)


def step(old: TypeEngine[Any], new: TypeEngine[Any], dialect: Dialect) -> dict[str, str]:
    """What tells one change of type from another of the same column."""
    found = {"from": family(plain(old, dialect)), "to": family(plain(new, dialect))}
    # MariaDB gives JSON back as a text, and types of its own by other names: those are not told apart.
    return {way: name for way, name in found.items() if name in TOLD_APART}


def bits_of_float(kind: Any) -> int:
    return 64 if isinstance(kind, sa.Double) or (getattr(kind, "precision", None) or 0) > 24 else 32


def misfits(connection: Connection, unit: Unit, sql: str) -> int:
    """How many rows stand in the way of a CHECK, whose query is ``sql``; a throw-away table may be asked instead."""
    if not unit.ask:
        return run_sql(connection, sql).scalar() or 0
    drop = "DROP TEMPORARY TABLE IF EXISTS {}, {}".format(*map(quoted, (TRIED, BEFORE)))
    mode = run_sql(connection, "SELECT @@sql_mode").scalar()
    try:
        # A note tells of what strict mode lets pass. Locks on rows that are only read are REPEATABLE READ's.
        for statement in (drop, "SET SESSION sql_notes = 0", *unit.also, READ_COMMITTED, sql):
            run_sql(connection, statement)
        return [run_sql(connection, statement) for statement in unit.ask][-1].scalar() or 0
    finally:
        if not connection.invalidated:
            for statement in (drop, "SET SESSION sql_notes = DEFAULT", f"SET SESSION sql_mode = '{mode}'"):
                run_sql(connection, statement)


def neutral(definition: str, kind: TypeEngine[Any] | None = None) -> str | None:
    """A cell for a row born while its NOT NULL column was away, as SQL; None where nothing can be read as nothing.

    ``kind`` is what will be read there, where the definition does not tell: the first word of an enumeration is what
    MariaDB itself takes for a missing one.
    """
    word = definition.replace("(", " ").split()[0].upper()
    if word == "ENUM" and (first := re.search(TEXT, definition)):
        return first[0]
    if isinstance(kind, sa.Enum) and kind.enums:
        return "'" + kind.enums[0].replace("'", "''") + "'"
    if word == "UUID" or isinstance(kind, sa.Uuid):
        return f"'{'0' * 32}'"
    if word == "JSON" or "json_valid(" in definition:
        return "('null')"
    if word in NUMBERS or word.endswith("INT"):
        return "0"
    if "TEXT" in word or "BLOB" in word:
        return "('')"  # MySQL takes none but an expression here
    if "CHAR" in word or "BINARY" in word:
        return "''"
    return {
        "SET": "''",
        "TIMESTAMP": "'1970-01-02 00:00:01'",
        "DATETIME": "'1970-01-02 00:00:00'",
        "DATE": "'1970-01-02'",
        "TIME": "'00:00:00'",
        "YEAR": "1970",
    }.get(word)
