"""Reading and writing the definitions of columns and keys, as MariaDB and MySQL spell them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.engine import Dialect

from cms.schema import conversions
from cms.schema.own_tables import Kept
from cms.schema.recording import FillOp
from cms.schema.statements import cut
from cms.schema.structure import ForeignKey, Index, Table, quoted

WATCHES = ("CASCADE", "SET NULL")  # what a foreign key does that goes on watching while its table is away

# For a column that must not be NULL and comes back; the rows can be found and mended under its hidden name.
NO_PARENT = (
    "{{count}} rows have no {cell}: their row of {parent} was deleted, or they were born, while it was away "
    "({hidden} IS NULL)"
)
NO_DEFAULT = "{{count}} rows have no {cell}, and it has no default ({hidden} IS NULL)"


def single_key(table: Table) -> str | None:
    """The primary key when it is one integer column: rows born later have a higher one."""
    if len(table.primary_key) != 1:
        return None
    column = table.primary_key[0]
    return column if "INT" in table.columns[column].split()[0].upper() else None


def foreign_key_sql(key: ForeignKey) -> str:
    columns = ", ".join(map(quoted, key.columns))
    parents = ", ".join(map(quoted, key.parent_columns))
    # What MariaDB does by itself is not said, so that a key that comes back reads as it did.
    actions = [("DELETE", key.on_delete), ("UPDATE", key.on_update)]
    said = "".join(f" ON {event} {action}" for event, action in actions if action != "NO ACTION")
    return (
        f"CONSTRAINT {quoted(key.name or '')} FOREIGN KEY ({columns}) REFERENCES {quoted(key.parent)} ({parents}){said}"
    )


def orphan_condition(table: str, key: ForeignKey, cells: Mapping[str, str] | None = None) -> str:
    """Holds for rows of ``table`` without a parent; ``cells`` says where to find a column that is elsewhere."""
    value = {column: (cells or {}).get(column, f"{quoted(table)}.{quoted(column)}") for column in key.columns}
    filled = " AND ".join(f"{value[column]} IS NOT NULL" for column in key.columns)
    same = " AND ".join(
        f"p.{quoted(parent)} = {value[child]}" for child, parent in zip(key.columns, key.parent_columns, strict=True)
    )
    return f"({filled} AND NOT EXISTS (SELECT 1 FROM {quoted(key.parent)} p WHERE {same}))"


# What a column's definition may consist of, in the order that MariaDB takes it; NULL stands for NOT NULL too.
CLAUSES = [
    "TYPE",
    "CHARACTER",
    "COLLATE",
    "GENERATED",
    "NULL",
    "INVISIBLE",
    "DEFAULT",
    "ON",
    "AUTO_INCREMENT",
    "COMMENT",
    "CHECK",
]

TYPELESS = {"NULL", "DEFAULT", "GENERATED"}  # what SQLite takes without a type in front of it


def clauses(definition: str) -> dict[str, str]:
    """The clauses of a definition by their first word; DEFAULT NULL, which goes without saying, is left out."""
    found, last = {"TYPE": ""}, "TYPE"
    for word in cut(definition, " "):
        first = "NULL" if word.upper() == "NOT" else word.upper()
        begins = first in CLAUSES if found["TYPE"] else first in TYPELESS
        if begins and found[last].upper() not in ("NOT", "DEFAULT"):
            last, found[first] = first, word
        else:
            found[last] = f"{found[last]} {word}".strip()
    if found.get("DEFAULT", "").upper() == "DEFAULT NULL":
        del found["DEFAULT"]
    return found


def spelt(found: Mapping[str, str], *without: str) -> str:
    return " ".join(found[one] for one in CLAUSES if found.get(one) and one not in without)


def refuses_null(definition: str) -> bool:
    return clauses(definition).get("NULL", "").upper() == "NOT NULL"


def is_generated(definition: str) -> bool:
    return "GENERATED" in clauses(definition)


def lost_condition(table: str, key: ForeignKey, shadow: list[str]) -> str:
    """Holds for rows whose parent was deleted while a copy of their key, ``shadow``, was watching in its place."""
    filled = " AND ".join(f"{quoted(table)}.{quoted(column)} IS NOT NULL" for column in key.columns)
    return f"({filled} AND {quoted(table)}.{quoted(shadow[0])} IS NULL)"


def with_descendants(table: Table, keys: list[ForeignKey], where: str) -> str:
    """Also holds for the rows that point to those of ``where``, by a key of ``table`` to itself, and so on."""
    own = [key for key in keys if key.parent == table.name and key.on_delete != "SET NULL"]
    if not (own and table.primary_key):
        return where
    name, listed = quoted(table.name), ", ".join(f"{quoted(table.name)}.{quoted(one)}" for one in table.primary_key)
    named = {column for key in own for column in key.parent_columns} | set(table.primary_key)
    columns = ", ".join(f"{name}.{quoted(one)}" for one in sorted(named))
    points = " OR ".join(
        " AND ".join(
            f"{name}.{quoted(child)} = l.{quoted(parent)}"
            for child, parent in zip(key.columns, key.parent_columns, strict=True)
        )
        for key in own
    )
    return (
        f"({listed}) IN (WITH RECURSIVE l AS (SELECT {columns} FROM {name} WHERE {where} UNION "
        f"SELECT {columns} FROM {name} JOIN l ON {points}) "
        f"SELECT {', '.join(f'l.{quoted(one)}' for one in table.primary_key)} FROM l)"
    )


def kind_of(definition: str) -> str:
    """The type alone, with its character set."""
    found = clauses(definition)
    return " ".join(found[one] for one in ("TYPE", "CHARACTER", "COLLATE") if found.get(one))


def without_check(definition: str) -> str:
    """MariaDB writes JSON as a text with a CHECK, which names the column."""
    return spelt(clauses(definition), "CHECK")


def without_default(definition: str) -> str:
    return spelt(clauses(definition), "DEFAULT")


def default_of(definition: str) -> str | None:
    found = clauses(definition).get("DEFAULT")
    return found.partition(" ")[2] if found else None


def open_to_null(definition: str) -> str:
    return spelt({**clauses(definition), "NULL": "NULL"})


def needing(operation: FillOp, table: Table, kept: list[Kept | None]) -> str:
    """The rows that a fill is for; ``kept`` tells of each column whether it came back, with cells that must stay."""
    needed = (
        [operation.where]
        if operation.where
        else [empty(table, column, one) for column, one in zip(operation.values, kept, strict=True)]
    )
    if all(kept) and (key := kept[0].extra.get("key")):
        needed.append(f"{quoted(key)} > {int(kept[0].extra.get('last') or 0)}")  # rows born while it was away
    return " AND ".join(f"({one})" for one in needed)


def empty(table: Table, column: str, kept: Kept | None) -> str:
    """The rows that still have what the column was made with, or what those born while it was away were given."""
    definition = table.columns.get(column, "")
    default = default_of(definition)
    if default is None and refuses_null(definition):
        default = (kept.extra.get("born") if kept else None) or conversions.neutral(definition)
    if kept and not kept.extra.get("key"):
        default = None  # nothing tells those rows from others that have it for good
    return f"{quoted(column)} IS NULL" + (f" OR {quoted(column)} = ({default})" if default else "")


def altered(operation: ops.AlterColumnOp, definition: str, dialect: Dialect) -> str:
    """``definition`` as the operation changes it: what a script does not say of a column stays word for word."""
    found = clauses(definition)
    if operation.modify_type is not None:
        kind = clauses(operation.modify_type.compile(dialect=dialect))
        was_json = "json_valid(" in found.get("CHECK", "")
        is_text = re.search("CHAR|TEXT|ENUM|SET", kind["TYPE"].partition("(")[0].upper())
        said = [getattr(operation.existing_type, name, None) for name in ("charset", "collation")]
        if was_json or not is_text or any(said) or len(kind) > 1:
            found |= {"CHARACTER": "", "COLLATE": ""}
        found |= {"CHECK": ""} if was_json else {}  # it came with the type
        found |= {} if kind["TYPE"].upper().startswith(("DATETIME", "TIMESTAMP")) else {"ON": ""}
        found |= kind
    if operation.modify_nullable is not None:
        found["NULL"] = "NULL" if operation.modify_nullable else "NOT NULL"
    if operation.modify_server_default is not False:
        default = operation.modify_server_default
        found["DEFAULT"] = "" if default is None else f"DEFAULT {default_sql(default, dialect)}"
        found |= {"ON": ""} if " ON UPDATE " in found["DEFAULT"].upper() else {}
    if operation.modify_comment is not False:
        comment = sa.literal(operation.modify_comment or "").compile(
            dialect=dialect, compile_kwargs={"literal_binds": True}
        )
        found["COMMENT"] = f"COMMENT {comment}" if operation.modify_comment else ""
    if "autoincrement" in operation.kw:
        found["AUTO_INCREMENT"] = "AUTO_INCREMENT" if operation.kw["autoincrement"] else ""
    if operation.modify_name and "CHECK" in found:
        found["CHECK"] = found["CHECK"].replace(quoted(operation.column_name), quoted(operation.modify_name))
    return spelt(found)


def default_sql(default: Any, dialect: Dialect) -> str:
    """A server default as it is written behind DEFAULT."""
    column = sa.Column("x", sa.Integer, server_default=getattr(default, "arg", default))
    sa.Table("t", sa.MetaData(), column)
    return default_of(dialect.ddl_compiler(dialect, None).get_column_specification(column)) or "NULL"


def stored(table: Table) -> list[str]:
    """The columns whose cells are written; the database itself makes the others."""
    return [column for column, definition in table.columns.items() if not is_generated(definition)]


def cells_of(aside: Table, target: Table, kept: list[Kept]) -> dict[str, str]:
    """For each column of ``target`` the expression over ``k``, a row that was put aside, that gives its cell.

    What was hidden in the row when it went, and has come back in its table since, comes back from there: a dropped
    column, or the original of a change of type, which nobody can have touched.
    """
    found = {column: f"k.{quoted(column)}" for column in aside.columns if column in stored(target)}
    for one in kept:
        if one.kept_name in aside.columns and one.kept_name not in target.columns and one.column_name in target.columns:
            hidden = f"k.{quoted(one.kept_name)}"
            now = found.get(one.column_name)
            found[one.column_name] = f"COALESCE({hidden}, {now})" if one.kind == "type" and now else hidden
    return found


def standing_still(table: Table) -> str:
    """For the end of a SET list: the columns with ON UPDATE stay as they are."""
    kept = [quoted(column) for column, definition in table.columns.items() if "ON" in clauses(definition)]
    return "".join(f", {column} = {column}" for column in kept)


def stands_on(table: Table, index: Index) -> ForeignKey | None:
    """A foreign key of ``table`` that has this index alone to look its rows up by."""
    others = [one.columns for one in table.indexes.values() if one.name != index.name] + [table.primary_key]
    for key in table.foreign_keys:
        size = len(key.columns)
        if index.columns[:size] == key.columns and not any(columns[:size] == key.columns for columns in others):
            return key
    return None


def twice(table: str, columns: list[str], source: str = "") -> str:
    """The query for how many values a unique over ``columns`` would not take, in words that both databases know."""
    filled = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
    listed = ", ".join(map(quoted, columns))
    found = f"SELECT 1 FROM {source or quoted(table)} WHERE {filled} GROUP BY {listed} HAVING COUNT(*) > 1"
    return f"SELECT COUNT(*) FROM ({found}) d"
