"""Changes of a column: its name, default, NULL and type. A type that may lose values keeps the originals."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from alembic.operations import ops
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from cms.schema import conversions
from cms.schema.errors import SchemaError
from cms.schema.own_tables import Kept
from cms.schema.recording import Recorded
from cms.schema.sqlite.base import Moving
from cms.schema.structure import quoted


class Types(Moving):
    def alter_column(self, recorded: Recorded, operation: ops.AlterColumnOp, step: int) -> None:
        table, column = operation.table_name, operation.column_name
        known_as = operation.modify_name or column
        definition = self.table(table).columns.get(column)
        if definition is None:
            raise SchemaError(f"There is no column {table}.{column}.")
        if operation.modify_nullable is False and "NOT NULL" not in definition:
            self.check(table, f"{quoted(column)} IS NULL", f"{table}.{column} holds {{count}} times NULL")
        new = operation.modify_type
        if operation.modify_name:
            self.rename_column(table, column, operation.modify_name)
            operation = copy.copy(operation)
            operation.column_name, operation.modify_name = operation.modify_name, None
            recorded = Recorded(operation, recorded.batch)
            if not operation.has_changes():
                return
        if new is None:
            self.rebuild(table, [recorded])
            return
        first_name, column = column, operation.column_name
        old, dialect = self.column_type(table, column), self.connection.dialect
        found = self.returning("type", table, known_as, **conversions.step(new, old, dialect))
        same = conversions.family(old) == conversions.family(conversions.plain(new, dialect))
        keeps = found is not None or not same or conversions.may_lose(old, new, dialect)
        value = self.value(old, operation, found)
        what = f"do not fit {new.compile(dialect=dialect)}"
        bad = f"{quoted(column)} IS NOT NULL AND {value} IS NULL"
        self.check(table, bad, f"{{count}} values of {table}.{column} {what}")
        after = self.text(table)
        self.edit_column(after, recorded)
        for rule in [rule for rule in after.rules() if rule.kind == "CHECK" and rule.about(column)]:
            message = f"{{count}} values of {table}.{column} {what} with CHECK "
            self.check_rule(table, rule.condition, {column: value}, message)
        uniques = [rule.columns for rule in after.rules() if rule.kind in ("UNIQUE", "PRIMARY KEY")]
        uniques += [index.columns for index in self.table(table).indexes.values() if index.unique]
        collation = after.collation_of(column)
        compared = collation != self.text(table).collation_of(column)
        for columns in uniques if keeps or compared else []:
            if column in columns:
                cells = {one: value if one == column else quoted(one) for one in columns}
                cells[column] += f" COLLATE {quoted(collation)}" if collation else ""
                to_come = ", ".join(f"{cell} AS {quoted(one)}" for one, cell in cells.items())
                self.unique_check(table, columns, f"(SELECT {to_come} FROM {quoted(table)})")
        if not keeps:
            self.rebuild(table, [recorded])
            return
        step = conversions.step(old, new, dialect)
        hidden = quoted(self.put_aside("type", table, first_name, definition=definition, **step))
        with self.quietly():
            self.sql(f"ALTER TABLE {quoted(table)} ADD COLUMN {hidden} {self.text(table).kind_of(column)}")
            self.sql(f"UPDATE {quoted(table)} SET {hidden} = {quoted(column)}")
            self.rebuild(table, [recorded], {column: value})
            if found is not None:
                self.sql(f"ALTER TABLE {quoted(table)} DROP COLUMN {quoted(found.kept_name)}")

    def value(self, old: TypeEngine[Any], operation: Any, found: Kept | None) -> str:
        """The cell to come, as SQL: of one that is untouched since its conversion the original, else the converted."""
        new, cell, dialect = operation.modify_type, quoted(operation.column_name), self.connection.dialect
        self.function("_k_converted", converter(old, new, dialect))
        if found is None:
            return f"_k_converted({cell})"
        # The type as the script calls it: SQLite calls a UUID a text.
        self.function("_k_converted_then", converter(new, operation.existing_type or old, dialect))
        original = quoted(found.kept_name)
        untouched = f"{original} IS NOT NULL AND _k_converted_then({original}) IS {cell} COLLATE BINARY"
        return f"CASE WHEN {untouched} THEN {original} ELSE _k_converted({cell}) END"


def converter(old: TypeEngine[Any], new: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any]:
    """From a stored cell to the stored cell of another type, None where it does not fit.

    SQLite would refuse nothing: the new type is asked to read what it would get, and writes it as it writes its own.
    """
    before, after = (conversions.family(conversions.plain(kind, dialect)) for kind in (old, new))
    impl = new.dialect_impl(dialect)
    read, write = impl.result_processor(dialect, None), impl.bind_processor(dialect)

    def convert(value: Any) -> Any:
        try:
            cell = changed(value, before, after, getattr(old, "scale", None))
            meant = read(cell) if read else cell
            if getattr(meant, "tzinfo", None) is not None:
                return None
            return write(meant) if write and not isinstance(cell, int) and after not in ("json", "bytes") else cell
        except Exception:  # each type has its own ways to refuse a value
            return None

    return convert


def changed(value: Any, before: str, after: str, scale: int | None) -> Any:
    """What MariaDB would make of a value, as far as SQLite's own CAST would be wrong. Raises what is no such value."""
    if before == after or value is None:
        return value
    if after == "bytes":
        return value if isinstance(value, bytes) else str(value).encode()
    if isinstance(value, bytes):
        value = value.decode()
    if after in ("integer", "float", "decimal"):
        if before in ("date", "datetime", "time"):
            value = re.sub(r"\D", "", value.partition(".")[0])
        return number(value, whole=after == "integer")
    if after == "json":
        return value
    if before == "decimal" and not isinstance(value, str) and scale:
        return f"{value:.{scale}f}"
    text = str(value)
    if after in ("date", "datetime") and re.fullmatch(r"\d{14}", text):
        text = f"{text[:8]}T{text[8:]}"
    if after == "date":
        return datetime.fromisoformat(text).date().isoformat()
    return text.partition(" ")[2] if (before, after) == ("datetime", "time") else text


def number(value: Any, *, whole: bool) -> int | float:
    """Raises ValueError or ArithmeticError for what is none, or none that SQLite can hold."""
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise ValueError(value)
    found = Decimal(value)
    if whole and abs(found) < 2**63:
        return int(found.to_integral_value(ROUND_HALF_UP))
    if whole or not math.isfinite(float(found)):
        raise OverflowError(value)
    return value if isinstance(value, int) else float(found)
