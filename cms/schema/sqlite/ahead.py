"""What would stop a run on SQLite, found before the backup and the first step.

The scripts go through an empty copy of the database in memory, and what they count is asked of the database itself.
What an earlier step changes is not known yet: it is counted when its turn comes, and undone with the transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from cms.schema import own_tables, statements, structure
from cms.schema.comparable import triggers_of_sqlite
from cms.schema.errors import Obstacle, SchemaError
from cms.schema.own_tables import kept
from cms.schema.planning.definitions import twice
from cms.schema.recording import BringBackOp, FillOp, Recorded, SetAsideOp
from cms.schema.scripts import Script, check_raw
from cms.schema.sqlite import SqliteMover
from cms.schema.statements import DEFINING, READING, verb
from cms.schema.structure import quoted

ALL = ""  # which is in any text

log = logging.getLogger(__name__)


def obstacles(
    live: Connection, scripts: Iterable[Script], derived: Callable[[str], bool], metadata: sa.MetaData | None
) -> list[str]:
    """A line for each; empty where nothing is in the way as far as one can tell. ``live`` is only read."""
    found: list[str] = []
    changed: dict[str, set[str]] = {}
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    trying = None
    try:
        with engine.connect() as copy:
            copy_structure(live, copy)
            context = MigrationContext.configure(copy, opts={"target_metadata": metadata})
            for script in scripts:
                trying = Ahead(context, script, derived, live, changed, found)
                trying.run()
                trying = None
                copy.execute(kept.delete().where(kept.c.returned.is_(True)))
    except SchemaError as error:
        found.append(f"{trying.where}: {error}" if trying else str(error))
    except Exception:
        # A statement that an empty copy cannot stand for: the run itself will tell, and undo.
        log.debug("not looked at further", exc_info=True)
    finally:
        engine.dispose()
    return found


def copy_structure(live: Connection, copy: Connection) -> None:
    """All tables, indexes, triggers and views, without a row but for the notes of what is put aside."""
    shadows = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
    texts = (
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        f"AND tbl_name NOT IN ({shadows}) ORDER BY type = 'table' DESC, rowid"
    )
    for text in live.exec_driver_sql(texts).scalars():
        copy.exec_driver_sql(text)
    own_tables.make(copy)
    if own_tables.exist(live) and (rows := live.execute(sa.select(kept)).mappings().all()):
        copy.execute(kept.insert(), [dict(row) for row in rows])


class Ahead(SqliteMover):
    """Runs a script over the copy; ``changed`` are the columns by table, or ALL, that it has written or called
    otherwise by now."""

    def __init__(
        self,
        context: MigrationContext,
        script: Script,
        derived: Callable[[str], bool],
        live: Connection,
        changed: dict[str, set[str]],
        found: list[str],
    ) -> None:
        super().__init__(context, script, derived, lambda _line: None)
        self.live = live
        self.changed = changed
        self.found = found
        self.where = script.revision

    def together(self, step: int) -> list[Recorded]:
        found = super().together(step)
        self.where = f"{self.script.revision}: {found[0].sentence()}"
        return found

    def one(self, recorded: Recorded, step: int) -> None:
        operation = recorded.operation
        if isinstance(operation, ops.ExecuteSQLOp):
            check_raw(operation, self.derived)
        writes = isinstance(operation, ops.ExecuteSQLOp) and verb(str(operation.sqltext)) in ("INSERT", "UPDATE")
        if not (writes or isinstance(operation, ops.BulkInsertOp)):
            super().one(recorded, step)
        raw = isinstance(operation, ops.ExecuteSQLOp)
        for table, names in (self.raw_changes(str(operation.sqltext)) if raw else changes(operation)).items():
            self.changed.setdefault(table, set()).update(names)

    def raw_changes(self, statement: str) -> dict[str, set[str]]:
        """Of the table that the statement writes, if that can be told and no trigger writes elsewhere."""
        if verb(statement) in READING:
            return {}
        tables = {name.lower(): name for name in structure.table_names(self.connection)}
        triggered = {name for name, _ in triggers_of_sqlite(self.connection)}
        names = statements.changed(statement) if verb(statement) in DEFINING else statements.written(statement)
        found = {tables.get(name.lower(), "") for name in names or [""]}
        return {ALL: {ALL}} if "" in found or found & triggered else {name: {ALL} for name in found}

    def check(self, table: str, where: str, message: str) -> None:
        self.ask(f"SELECT COUNT(*) FROM {quoted(table)} WHERE {where}", message)

    def function(self, name: str, does: Callable[[Any], Any]) -> None:
        super().function(name, does)
        self.live.connection.dbapi_connection.create_function(name, 1, does, deterministic=True)

    def unique_check(self, table: str, columns: list[str], source: str = "") -> None:
        self.ask(twice(table, columns, source), f"{{count}} values of {table} ({', '.join(columns)}) are there twice")

    def ask(self, sql: str, message: str) -> None:
        for table, names in self.changed.items():
            if table in sql and any(name in sql for name in names):
                return
        try:
            count = self.live.exec_driver_sql(sql).scalar()
        except OperationalError:  # of something that an earlier step makes
            return
        if count:
            self.found.append(f"{self.where}: {Obstacle(message.format(count=count))}")


def changes(operation: object) -> dict[str, set[str]]:
    match operation:
        case ops.AddColumnOp():
            return {operation.table_name: {operation.column.name}}
        case ops.DropColumnOp():
            return {operation.table_name: {operation.column_name}}
        case ops.AlterColumnOp() if operation.modify_name or operation.modify_type is not None:
            return {operation.table_name: {operation.column_name, operation.modify_name or operation.column_name}}
        case FillOp():
            return {operation.table_name: set(operation.values)}
        case ops.CreateTableOp() | ops.DropTableOp() | SetAsideOp() | BringBackOp():
            return {operation.table_name: {ALL}}
        case ops.RenameTableOp():
            return {operation.table_name: {ALL}, operation.new_table_name: {ALL}}
        case ops.BulkInsertOp():
            return {operation.table.name: {ALL}}
    return {}
