"""Reading a revision script as a list of operations, before anything of it is done.

Alembic's operations are public and replaceable (``Operations.implementation_for``): while a recording is on, each one
is noted instead of executed, also inside ``batch_alter_table``. Outside of a recording Alembic works as ever.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations, ops, toimpl
from alembic.operations.batch import BatchOperationsImpl
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect

from cms.schema.errors import SchemaError, counted
from cms.schema.statements import READING, verb

ORIGINALS: dict[type[ops.MigrateOperation], Callable[..., Any]] = {
    ops.AlterColumnOp: toimpl.alter_column,
    ops.DropTableOp: toimpl.drop_table,
    ops.DropColumnOp: toimpl.drop_column,
    ops.CreateIndexOp: toimpl.create_index,
    ops.DropIndexOp: toimpl.drop_index,
    ops.CreateTableOp: toimpl.create_table,
    ops.RenameTableOp: toimpl.rename_table,
    ops.CreateTableCommentOp: toimpl.create_table_comment,
    ops.DropTableCommentOp: toimpl.drop_table_comment,
    ops.AddColumnOp: toimpl.add_column,
    ops.AddConstraintOp: toimpl.create_constraint,
    ops.DropConstraintOp: toimpl.drop_constraint,
    ops.BulkInsertOp: toimpl.bulk_insert,
    ops.ExecuteSQLOp: toimpl.execute_sql,
}

# What was noted so far, and the file of the script.
_recording: ContextVar[tuple[list[Recorded], str] | None] = ContextVar("recording", default=None)


@dataclass(frozen=True)
class Recorded:
    """One operation of a script; ``batch`` is the ``batch_alter_table`` block that it stood in, if any."""

    operation: ops.MigrateOperation
    batch: BatchOperationsImpl | None = None
    line: int | None = field(default=None, compare=False)  # where it stands in the script

    @property
    def table(self) -> str | None:
        found = getattr(self.operation, "table_name", None) or getattr(self.operation, "source_table", None)
        if isinstance(self.operation, ops.BulkInsertOp):
            found = self.operation.table.name
        return found

    def sentence(self) -> str:
        """What the operation does, in words for an operator."""
        return SENTENCES.get(type(self.operation), described)(self.operation)

    def digest(self, dialect: Dialect) -> str:
        """Changes with anything that changes what the operation does."""
        return hashlib.sha256(f"{self.sentence()}\0{details(self.operation, dialect)}".encode()).hexdigest()


@dataclass
class FillOp(ops.MigrateOperation):
    """Fill columns of the rows that need it, in chunks, exactly once; restored cells stay as they are."""

    table_name: str
    values: dict[str, str]
    where: str | None = None

    @classmethod
    def fill(cls, operations: Operations, table: str, values: dict[str, str], where: str | None = None) -> Any:
        return operations.invoke(cls(table, values, where))


@dataclass
class SetAsideOp(ops.MigrateOperation):
    """Put the rows for which ``where`` holds aside: the opposite way's ``bring_back`` returns them."""

    table_name: str
    where: str

    @classmethod
    def set_aside(cls, operations: Operations, table: str, where: str) -> Any:
        return operations.invoke(cls(table, where))


@dataclass
class BringBackOp(ops.MigrateOperation):
    """Return the rows that the opposite way of this revision put aside."""

    table_name: str
    kept: list[str] = field(default_factory=list, repr=False)

    @classmethod
    def bring_back(cls, operations: Operations, table: str) -> Any:
        return operations.invoke(cls(table))


def in_plain_sql(operations: Operations, operation: ops.MigrateOperation) -> None:
    """Our own operations in ``--sql`` mode, where nothing can be looked up and no chunk be counted."""
    if isinstance(operation, FillOp):
        values = ", ".join(f"{column} = {value}" for column, value in operation.values.items())
        needed = operation.where or " AND ".join(f"{column} IS NULL" for column in operation.values)
        operations.impl.execute(f"UPDATE {operation.table_name} SET {values} WHERE {needed}")
    elif operations.migration_context.as_sql:
        raise SchemaError(f"Rows of {operation.table_name} are put aside: that cannot be written as plain SQL.")


def _register() -> None:
    for name, own in (("fill", FillOp), ("set_aside", SetAsideOp), ("bring_back", BringBackOp)):
        Operations.register_operation(name)(own)
        Operations.implementation_for(own)(_noted(in_plain_sql))
    for kind, original in ORIGINALS.items():
        Operations.implementation_for(kind, replace=True)(_noted(original))


def _noted(original: Callable[..., Any]) -> Callable[..., Any]:
    def implementation(operations: Any, operation: ops.MigrateOperation) -> Any:
        recording = _recording.get()
        if recording is None:
            return original(operations, operation)
        into, file = recording
        batch = operations.impl if isinstance(operations.impl, BatchOperationsImpl) else None
        if batch is not None:
            batch.recreate = "never"  # at the end of its block Alembic would rebuild the table
        for name in ("modify_type", "existing_type"):
            if isinstance(kind := getattr(operation, name, None), type):
                setattr(operation, name, kind())  # a script may say sa.Integer for sa.Integer()
        into.append(Recorded(operation, batch, line_in(file)))
        if isinstance(operation, ops.CreateTableOp):
            table = operation.to_table(operations.migration_context)
            operation.to_table = lambda *_: table  # made a second time it would lack its inline foreign keys
            return table
        return None

    return implementation


_register()


def line_in(file: str) -> int | None:
    """The line of ``file`` that is being executed."""
    stack = traceback.walk_stack(inspect.currentframe())
    return next((line for frame, line in stack if frame.f_code.co_filename == file), None)


def record(script: Callable[..., None], connection: Connection | None = None) -> list[Recorded]:
    """The operations of ``upgrade`` or ``downgrade``. A script may read through ``op.get_bind()``, never write.

    Must be called where ``op`` works: inside ``Operations.context``. Raises SchemaError for a write.
    """
    found: list[Recorded] = []
    token = _recording.set((found, inspect.unwrap(script).__code__.co_filename))
    try:
        with only_reading(connection):
            script()
    finally:
        _recording.reset(token)
    return found


@contextmanager
def only_reading(connection: Connection | None) -> Iterator[None]:
    def refuse(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if verb(statement) not in READING:
            raise SchemaError(
                "The script writes past Alembic, through op.get_bind(): what it does could neither be resumed nor "
                f"kept. Use op.fill, op.bulk_insert or op.execute. It tried: {statement.strip()[:200]}"
            )

    def refuse_to_end(*_: Any) -> None:
        raise SchemaError("The script ends the transaction, by autocommit_block or a commit: each step has its own.")

    if connection is None:
        yield
        return
    migration = op.get_context()
    migration.autocommit_block = refuse_to_end
    listeners = {"before_cursor_execute": refuse, "commit": refuse_to_end, "rollback": refuse_to_end}
    for name, listener in listeners.items():
        event.listen(connection, name, listener)
    try:
        yield
    finally:
        del migration.autocommit_block
        for name, listener in listeners.items():
            event.remove(connection, name, listener)


class Sink:
    """Collects what Alembic would write in ``--sql`` mode, a statement a time."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def write(self, text: str) -> None:
        if text.strip():
            self.statements.append(text.strip().removesuffix(";"))

    def flush(self) -> None:
        """Nothing is buffered."""


def fresh(operation: ops.MigrateOperation) -> ops.MigrateOperation:
    """``operation`` to be executed once: a column that was in a table already would lack its foreign keys."""
    if not isinstance(operation, ops.AddColumnOp):
        return operation
    once = copy.copy(operation)
    once.column = operation.column._copy()
    return once


@contextmanager
def unsaid(message: str) -> Iterator[None]:
    """Keep a line out of the log that an operator would take for what is being done."""
    log = logging.getLogger("alembic.runtime.migration")

    def others(record: logging.LogRecord) -> bool:
        return record.getMessage() != message

    log.addFilter(others)
    try:
        yield
    finally:
        log.removeFilter(others)


def rendered(operation: ops.MigrateOperation, dialect: Dialect, metadata: sa.MetaData | None = None) -> list[str]:
    """The statements that Alembic itself would execute for ``operation``, one DDL each."""
    sink = Sink()
    with unsaid("Generating static SQL"):
        context = MigrationContext.configure(
            dialect=dialect,
            opts={"as_sql": True, "output_buffer": sink, "literal_binds": True, "target_metadata": metadata},
        )
    kind = next(kind for kind in ORIGINALS if isinstance(operation, kind))
    ORIGINALS[kind](Operations(context), fresh(operation))
    return sink.statements


def details(operation: ops.MigrateOperation, dialect: Dialect) -> str:
    if isinstance(operation, FillOp | SetAsideOp | BringBackOp):
        return repr(operation)
    if isinstance(operation, ops.BulkInsertOp):
        # Not the values: they may be another time or another random key with each reading.
        return repr([sorted(row) for row in operation.rows])
    if isinstance(operation, ops.ExecuteSQLOp):
        return str(operation.sqltext)
    if isinstance(operation, ops.AlterColumnOp) and operation.existing_type is None:
        operation = copy.copy(operation)
        operation.existing_type = sa.Integer()  # Alembic asks for one; ours is looked up when its turn comes
    try:
        return "\n".join(rendered(operation, dialect))
    except (NotImplementedError, sa.exc.CompileError, TypeError, AttributeError):
        return ""  # what this database cannot say in one statement is told apart by its sentence


def described(operation: Any) -> str:
    return type(operation).__name__.removesuffix("Op")


def altered(operation: ops.AlterColumnOp) -> str:
    changes = []
    if operation.modify_name:
        changes.append(f"call it {operation.modify_name}")
    if operation.modify_type is not None:
        changes.append(f"make it {operation.modify_type!r}")
    if operation.modify_nullable is not None:
        changes.append("allow NULL" if operation.modify_nullable else "refuse NULL")
    if operation.modify_server_default is not False:
        changes.append("change its default")
    if operation.modify_comment is not False:
        changes.append("change its comment")
    return f"alter {operation.table_name}.{operation.column_name}: {', '.join(changes) or 'nothing'}"


SENTENCES: dict[type[ops.MigrateOperation], Callable[[Any], str]] = {
    ops.CreateTableOp: lambda operation: f"create table {operation.table_name}",
    ops.DropTableOp: lambda operation: f"drop table {operation.table_name}",
    ops.RenameTableOp: lambda operation: f"rename table {operation.table_name} to {operation.new_table_name}",
    ops.AddColumnOp: lambda operation: f"add column {operation.table_name}.{operation.column.name}",
    ops.DropColumnOp: lambda operation: f"drop column {operation.table_name}.{operation.column_name}",
    ops.AlterColumnOp: altered,
    ops.CreateTableCommentOp: lambda operation: f"change the comment of table {operation.table_name}",
    ops.DropTableCommentOp: lambda operation: f"drop the comment of table {operation.table_name}",
    ops.CreateIndexOp: lambda operation: f"create index {operation.index_name} on {operation.table_name}",
    ops.DropIndexOp: lambda operation: f"drop index {operation.index_name}",
    ops.CreatePrimaryKeyOp: lambda operation: f"create primary key on {operation.table_name}",
    ops.CreateUniqueConstraintOp: lambda operation: (
        f"create unique {operation.constraint_name} on {operation.table_name}"
    ),
    ops.CreateForeignKeyOp: lambda operation: (
        f"create foreign key {operation.constraint_name} from {operation.source_table} to {operation.referent_table}"
    ),
    ops.CreateCheckConstraintOp: lambda operation: (
        f"create check {operation.constraint_name} on {operation.table_name}"
    ),
    ops.DropConstraintOp: lambda operation: f"drop constraint {operation.constraint_name} of {operation.table_name}",
    ops.BulkInsertOp: lambda operation: f"insert {counted(len(operation.rows), 'row')} into {operation.table.name}",
    ops.ExecuteSQLOp: lambda operation: f"execute {' '.join(str(operation.sqltext).split())[:60]}",
    FillOp: lambda operation: f"fill {operation.table_name}: {', '.join(operation.values)}",
    SetAsideOp: lambda operation: f"set rows of {operation.table_name} aside where {operation.where}",
    BringBackOp: lambda operation: f"bring rows of {operation.table_name} back",
}
