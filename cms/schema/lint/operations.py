"""The rules for a single operation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.dialects import mysql

from cms.schema import conversions
from cms.schema.lint.rules import Look, rule
from cms.schema.names import LONGEST
from cms.schema.recording import FillOp
from cms.schema.statements import DEFINING, WRITING, bare, destroys, verb


@rule("unmarked-data-step", 'Use op.fill, or mark it: execution_options={"runs": "once"}, or "every time".')
def unmarked_data_step(look: Look) -> Iterator[str]:
    if verb(look.statement) in WRITING and not destroys(look.statement):
        runs = (look.operation.execution_options or {}).get("runs")
        says = "does not say what a second run does" if runs is None else f"says runs={runs!r}, which is nothing"
        if runs not in ("once", "every time"):
            yield f"It {says}, in {look.shown}"


@rule("destroys-rows", "Use op.set_aside, op.drop_column or op.drop_table: they keep what they take away.")
def destroys_rows(look: Look) -> Iterator[str]:
    if destroys(look.statement) and not look.is_of_derived:
        yield f"It destroys what it takes away, in {look.shown}"


@rule("raw-ddl", "Use the operation of op: only that can be resumed after a crash and kept on the way back.")
def raw_ddl(look: Look) -> Iterator[str]:
    if verb(look.statement) in DEFINING and not (look.is_of_derived or destroys(look.statement)):
        yield f"It changes the schema by hand, in {look.shown}"


@rule("rename", "Running old code still asks for the old name: add the new one, copy with op.fill, switch, drop later.")
def rename(look: Look) -> Iterator[str]:
    if look.way == "downgrade":
        return
    match look.operation:
        case ops.RenameTableOp(table_name=old, new_table_name=new) if look.is_full(old):
            yield f"Table {old} is live and is called {new} at once."
        case ops.AlterColumnOp(table_name=table, column_name=old, modify_name=str(new)):
            if look.column is None or look.column.origin.revision != look.revision:
                yield f"Column {table}.{old} is live and is called {new} at once."


@rule("not-null-without-default", "Give it a server_default, or add it with NULL, op.fill it, and refuse NULL then.")
def not_null_without_default(look: Look) -> Iterator[str]:
    if not isinstance(look.operation, ops.AddColumnOp):
        return
    column, table = look.operation.column, look.operation.table_name
    if column.nullable or column.server_default is not None or column.primary_key or not look.is_full(table):
        return  # a computed column counts as one with a default
    if look.way == "downgrade":
        # It comes back with its cells; rows born meanwhile have what a hidden column of the type gives them.
        with suppress(sa.exc.CompileError):
            if conversions.neutral(str(column.type.compile(dialect=mysql.dialect())), column.type) is not None:
                return
    yield f"Column {table}.{column.name} refuses NULL and has no default for the rows that are there."


@rule("not-null-without-fill", "Fill the empty cells first, in the same function: op.fill(table, {column: value}).")
def not_null_without_fill(look: Look) -> Iterator[str]:
    match look.operation:
        case ops.AlterColumnOp(table_name=table, column_name=column, modify_nullable=False) if look.is_full(table):
            is_filled = any(fills(one.operation, table, column) for one in look.earlier)
            if look.column is not None and look.column.origin.revision == look.revision:
                is_filled = is_filled or bool(look.column.default)  # which all rows had when it was added
            if not is_filled and (look.column is None or look.column.nullable):
                yield f"Column {table}.{column} is to refuse NULL, and nothing before it in {look.way}() fills it."


def fills(operation: Any, table: str, column: str) -> bool:
    match operation:
        case FillOp(table_name=filled, values=values):
            return filled == table and column in values
        case ops.ExecuteSQLOp(sqltext=statement) if verb(str(statement)) == "UPDATE":
            return {table, column} <= set(re.findall(r"\w+", bare(str(statement))))
    return False


@rule(
    "unnamed-constraint", "Name it as autogenerate does, op.f('uq_table_column'): without a name it cannot be dropped."
)
def unnamed_constraint(look: Look) -> Iterator[str]:
    for one in look.step.made.constraints:
        if not one.name:
            yield f"Table {look.table_name} gets a constraint without a name: {one}."


@rule("no-ondelete", "Say what becomes of the row: ondelete='CASCADE', 'SET NULL' or 'RESTRICT'.")
def no_ondelete(look: Look) -> Iterator[str]:
    for one in look.step.made.constraints:
        if one.kind == "foreign key" and not one.on_delete:
            columns = ", ".join(one.columns)
            yield f"The foreign key of {look.table_name} ({columns}) does not say what a lost parent means."


@rule("long-name", f"Choose a name of at most {LONGEST} characters: MariaDB takes no longer one.")
def long_name(look: Look) -> Iterator[str]:
    names = [one.name for one in look.step.made.constraints]
    match look.operation:
        case ops.CreateTableOp(table_name=table, columns=columns):
            names += [table, *(one.name for one in columns if isinstance(one, sa.Column))]
        case ops.AddColumnOp(column=column):
            names.append(column.name)
        case ops.AlterColumnOp(modify_name=str(new)) | ops.RenameTableOp(new_table_name=new):
            names.append(new)
    for name in names:
        if len(name) > LONGEST:
            yield f"The name {name} has {len(name)} characters."


RULES = [
    unmarked_data_step,
    destroys_rows,
    raw_ddl,
    rename,
    not_null_without_default,
    not_null_without_fill,
    unnamed_constraint,
    no_ondelete,
    long_name,
]
