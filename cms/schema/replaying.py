"""Scripts played through without a database: each operation, with the tables before and after it.

``flask db lint`` and ``flask db diff`` look at that. What is known of a table is in ``shapes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from cms.schema.errors import SchemaError
from cms.schema.recording import Recorded, fresh, record
from cms.schema.shapes import Origin, Table, Tables, read_constraint, read_index, read_table
from cms.schema.statements import READING, verb

RAW_TABLE = re.compile(r"\s*(CREATE(?: VIRTUAL)?|DROP) TABLE (?:IF (?:NOT )?EXISTS )?[`\"]?(\w+)", re.IGNORECASE)


class NoDatabase:
    """What ``op.get_bind()`` gives: a question is answered with no rows, anything else is refused."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.was_asked = False

    def execute(self, statement: Any, *_values: Any, **_options: Any) -> IteratorResult[Any]:
        if verb(str(statement)) not in READING:
            raise SchemaError(f"past Alembic, through op.get_bind(): {' '.join(str(statement).split())[:100]}")
        self.was_asked = True
        return IteratorResult(SimpleResultMetaData(["nothing"]), iter(()))

    exec_driver_sql = execute

    def scalar(self, statement: Any, *_values: Any, **_options: Any) -> None:
        self.execute(statement)

    def scalars(self, statement: Any, *_values: Any, **_options: Any) -> Any:
        return self.execute(statement).scalars()

    def in_transaction(self) -> bool:
        return True  # batch_alter_table would begin one

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_sa_"):
            raise AttributeError(name)  # SQLAlchemy asks of anything what it is
        raise SchemaError(f"past Alembic, through op.get_bind(), of which it wants .{name}")


@dataclass(frozen=True)
class Step:
    """An operation, what it makes as if nothing else were there, and the tables before and after it."""

    recorded: Recorded
    made: Table
    before: Tables
    after: Tables


class Replay:
    """Plays scripts as one kind of database would; ``metadata`` has the naming convention, if there is one."""

    def __init__(self, dialect: Dialect, metadata: sa.MetaData | None = None) -> None:
        self.dialect = dialect
        self.bind: Any = NoDatabase(dialect)
        self.metadata = sa.MetaData() if metadata is None else metadata
        self.context = MigrationContext(dialect, self.bind, {"target_metadata": self.metadata})

    def record(self, script: Callable[..., None]) -> list[Recorded]:
        """The operations of one way. Raises SchemaError for a write past Alembic, and whatever the script raises."""
        with Operations.context(self.context):
            return record(script)

    def steps(self, recorded: Iterable[Recorded], tables: Tables, revision: str) -> Iterator[Step]:
        """Each operation on the tables that the one before it left; one on a table that is not known does nothing."""
        for number, one in enumerate(recorded):
            made = self.made_by(one.operation, Origin(revision, number))
            after = all_after(one, made, tables)
            yield Step(one, made, tables, after)
            tables = after

    def made_by(self, operation: Any, origin: Origin) -> Table:
        match operation:
            case ops.CreateTableOp():
                return read_table(operation.to_table(self.context), origin)
            case ops.AddColumnOp():
                added: Any = fresh(operation)
                metadata = sa.MetaData(naming_convention=self.metadata.naming_convention)
                return read_table(sa.Table(operation.table_name, metadata, added.column), origin)
            case ops.CreatePrimaryKeyOp():
                return Table(origin, key=tuple(operation.columns), key_name=operation.constraint_name or "")
            case ops.CreateIndexOp():
                return Table(origin, constraints=(read_index(operation.to_index(self.context)),))
            case ops.AddConstraintOp():
                return Table(origin, constraints=(read_constraint(operation.to_constraint(self.context)),))
        return Table(origin)


def all_after(recorded: Recorded, made: Table, tables: Tables) -> Tables:
    operation, name = recorded.operation, recorded.table
    match operation:
        case ops.CreateTableOp(table_name=new):
            return {**tables, new: made}
        case ops.DropTableOp(table_name=old):
            return without(tables, old)
        case ops.RenameTableOp(table_name=old, new_table_name=new) if old in tables:
            return {new if one == old else one: table.pointing(old, new) for one, table in tables.items()}
        case ops.DropIndexOp(table_name=None, index_name=index):
            return {one: table.without_constraint(str(index), one) for one, table in tables.items()}
        case ops.ExecuteSQLOp() if raw := RAW_TABLE.match(str(operation.sqltext)):
            rest = without(tables, raw[2])
            return rest if raw[1].upper() == "DROP" else {**rest, raw[2]: made}
    if name is None or name not in tables:
        return tables
    return {**tables, name: one_after(operation, made, tables[name], name)}


def one_after(operation: Any, made: Table, table: Table, name: str) -> Table:
    match operation:
        case ops.DropColumnOp(column_name=column):
            return table.without_column(column)
        case ops.AlterColumnOp(column_name=column):
            return table.altered(operation) if column in table.columns else table
        case ops.DropConstraintOp() if table.loses_key(operation):
            return replace(table, key=(), key_name="")
        case ops.DropIndexOp(index_name=old) | ops.DropConstraintOp(constraint_name=old):
            return table.without_constraint(str(old), name)
    return table.joined_by(made)


def without(tables: Tables, name: str) -> Tables:
    return {one: table for one, table in tables.items() if one != name}
