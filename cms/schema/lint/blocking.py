"""What MariaDB 10.11 only does by copying the table while nobody may write to it: measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from cms.schema import conversions
from cms.schema.altering import SMALL_ROWS
from cms.schema.lint.rules import Look, rule
from cms.schema.shapes import spelled
from cms.schema.statements import bare, subjects, verb


@rule(
    "blocking-alter",
    "Add a new one beside it, copy with op.fill, switch, drop later; or tell operators of --allow-blocking, which "
    f"a table of up to {SMALL_ROWS:,} rows does not need. "
    "A type that may lose values needs neither: cms.schema itself swaps it in.",
)
def blocking_alter(look: Look) -> Iterator[str]:
    if look.way == "downgrade" or look.dialect.name == "sqlite":
        return
    table = look.table_name or next(iter(subjects(look.statement)), None)
    what = reason(look)
    if table is not None and what is not None and look.is_full(table):
        yield f"MariaDB copies {table} under lock to {what}."


def reason(look: Look) -> str | None:
    """What the copy is made for; None where there is none."""
    dialect = look.dialect
    match look.operation:
        case ops.ExecuteSQLOp():
            converts = re.search(r"\bCHARACTER\s+SET\b|\bCHARSET\b", bare(look.statement), re.IGNORECASE)
            if verb(look.statement) == "ALTER" and converts and not look.is_of_derived:
                return "change its character set"
        case ops.AlterColumnOp(column_name=name, modify_type=TypeEngine() as new):
            old = look.column.kind if look.column is not None else look.operation.existing_type
            copies = old is not None and (must_copy(old, new, dialect) or checks_values(new))
            if copies and not conversions.may_lose(old, new, dialect):
                return f"make {name} {spelled(new, dialect)}"
        case ops.AddColumnOp(column=column):
            if checks_values(column.type):
                return f"add {column.name}, whose values are checked"
            if column.primary_key:
                return f"add {column.name}, into its primary key"
            if column.computed is not None and column.computed.persisted:
                return f"add {column.name}, which is stored"
        case ops.CreateCheckConstraintOp(constraint_name=name):
            return f"check {name}"
        case ops.CreateIndexOp() if prefix := look.operation.kw.get("mysql_prefix"):
            return f"add a {prefix} index"
        case ops.DropConstraintOp() if look.table is not None and look.table.loses_key(look.operation):
            return "drop its primary key"
    return None


def checks_values(kind: TypeEngine[Any]) -> bool:
    """Whether the type brings a CHECK along."""
    return bool(getattr(kind, "create_constraint", False)) and not getattr(kind, "native_enum", False)


def must_copy(old: TypeEngine[Any], new: TypeEngine[Any], dialect: Dialect) -> bool:
    """Whether MariaDB 10.11 changes the type only by copying the table. MySQL 8 also does for more than 255 bytes."""
    if spelled(old, dialect) == spelled(new, dialect):
        return False
    before, after = conversions.plain(old, dialect), conversions.plain(new, dialect)
    if isinstance(before, mysql.ENUM) and isinstance(after, mysql.ENUM):
        return after.enums[: len(before.enums)] != before.enums
    for growing in ("VARCHAR", "VARBINARY"):
        if spelled(old, dialect).startswith(growing) and spelled(new, dialect).startswith(growing):
            width = widths(before)
            shrinks = (after.length or 0) < (before.length or 0)
            # Up to 127 bytes any length may follow; from there on the byte that counts them must do.
            crosses = 127 < (before.length or 0) * width <= 255 < (after.length or 0) * width
            return shrinks or crosses or width != widths(after)
    return True


def widths(kind: Any) -> int:
    """Bytes that a character may take."""
    if conversions.family(kind) == "bytes":
        return 1
    return {"ascii": 1, "latin1": 1, "utf8": 3, "utf8mb3": 3}.get(getattr(kind, "charset", None) or "utf8mb4", 4)
