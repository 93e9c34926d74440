"""An upgrade or downgrade on MariaDB or MySQL: a journal, since no transaction holds a change of structure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from cms.schema import drift, orphans, own_tables, sources, structure, telling
from cms.schema.altering import is_mariadb, run_sql
from cms.schema.disk import MARGIN_BYTES, ensure_room, folder_of_server, megabytes, room
from cms.schema.errors import SchemaError
from cms.schema.journal import Journal, not_compared
from cms.schema.own_tables import Kept, Unfinished, journal, unfinished
from cms.schema.planning import Planner
from cms.schema.planning.base import render_dialect
from cms.schema.rehearsal import Rehearsal, column_type
from cms.schema.run import PlanOnly, Run
from cms.schema.scripts import Script

LOCK_WAIT_SECONDS = 1  # how long a writer may have to queue behind us, when we queue behind somebody's transaction


class ServerRun(Run):
    """Step by step, each of them remembered."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.unasked: set[str] = set()  # revisions to be rehearsed again when those before them are done

    def run_somewhere(self) -> None:
        try:
            self.run_alone()
        finally:
            self.connection.invalidate()  # it has waiting times of its own: not for the pool

    def run_steps(self, steps: list[Any]) -> None:
        refuse_old_server(self.connection)
        for variable, seconds in (("lock_wait_timeout", LOCK_WAIT_SECONDS), ("innodb_lock_wait_timeout", 5)):
            run_sql(self.connection, f"SET SESSION {variable} = {seconds}")
        # A value that does not fit must be an error, whatever the server is set to.
        run_sql(self.connection, "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
        if not own_tables.exist(self.connection) and not self.options.plan:
            own_tables.make(self.connection)
        self.connection.commit()
        going_on = self.going_on(steps)
        self.look_for_drift(drift.under_way(self.connection, going_on.revision, going_on.way) if going_on else ())
        if going_on and self.options.plan:
            self.tell_the_rest(steps)
            raise PlanOnly
        if not self.options.plan:
            self.before = orphans.count(self.connection)
        self.connection.rollback()
        if going_on:
            # It was looked at before it was begun; what follows can only be planned on what it leaves.
            self.accept_drift()
            self.walk_through(steps[:1])
            steps = steps[1:]
        self.connection.commit()
        if self.options.plan or not all(map(not_compared, structure.table_names(self.connection))):
            self.rehearse(steps)
        if self.options.plan:
            raise PlanOnly
        if self.options.back_up is not None and steps:
            self.options.back_up(self.engine, self.say)
        self.accept_drift()
        self.walk_through(steps)

    def walk_through(self, steps: list[Any]) -> None:
        self.connection.rollback()
        self.configure_again(steps)
        with context.begin_transaction():
            context.run_migrations()
        self.connection.rollback()

    def going_on(self, steps: list[Any]) -> Unfinished | None:
        """The run that was cut off and that this one goes on with. Raises SchemaError for another one."""
        found = unfinished(self.connection)
        if found is None:
            return None
        if (steps[0].revision.revision, self.way) != (found.revision, found.way):
            raise SchemaError(
                f"The {found.way} through {found.revision} was cut off half way. Finish it first: flask db {found.way} "
                + (found.revision if found.way == "upgrade" else f"{found.revision}-1 (or further)")
            )
        self.say(f"Going on with the {found.way} through {found.revision}, which was cut off.")
        return found

    def rehearse(self, steps: list[Any]) -> None:
        """Raises SchemaError with all that is known to be in the way, a full disk too."""
        self.connection.rollback()
        with autocommit(self.connection), Operations.context(context.get_context()):
            rehearsal = self.rehearsal(self.connection)
            planned = rehearsal.run([self.script(step) for step in steps])
        self.unasked = rehearsal.unasked
        if self.options.plan and self.options.foretell is not None:
            self.say(self.options.foretell(self.engine))
        self.look_at_the_disk(*rehearsal.largest)
        if self.options.plan:
            telling.tell(planned, self.say)

    def rehearsal(self, connection: Connection) -> Rehearsal:
        things = own_tables.kept_things(connection) if own_tables.exist(connection) else []
        allowed = self.options.allow_blocking or self.options.plan
        return Rehearsal(connection, things, self.derived, allow_blocking=allowed)

    def look_at_the_disk(self, needed: int, table: str) -> None:
        """For what the server writes anew, where its disk can be seen from here. Raises SchemaError."""
        folder = folder_of_server(self.connection)
        self.connection.rollback()
        if folder is None and (self.options.plan or needed > MARGIN_BYTES):
            written = f"{table} is written anew, about {megabytes(needed)}" if table else "no table is written anew"
            self.say(f"disk: {written}; the server's disk was not checked, it cannot be seen from here")
        elif folder is not None and self.options.plan:
            self.say(f"disk: {room(folder, needed)} in {folder}{f' ({table} is written anew)' if table else ''}")
        elif folder is not None:
            ensure_room(folder, needed)

    def tell_the_rest(self, steps: list[Any]) -> None:
        with Operations.context(context.get_context()):
            begun, *following = [self.script(step) for step in steps]
        mine = (journal.c.revision == begun.revision, journal.c.way == begun.way)
        rows = {row.step: row for row in self.connection.execute(sa.select(journal).where(*mine))}
        telling.tell_the_rest(begun, rows, following, self.say)

    def run_step(self, step: Any, migration: MigrationContext, script: Script) -> None:
        assert self.lock is not None
        with migration.autocommit_block():
            connection = migration.connection
            assert connection is not None
            if script.revision in self.unasked:  # what is asked about was written by this run: now it can be asked
                self.rehearsal(connection).run([self.script(step)])
            self.before = orphans.remember(connection, script.revision, script.way, self.before)
            Journal(
                connection,
                script,
                lambda things: self.planner(connection, script, things),
                render_dialect(connection),
                self.say,
                self.lock.check,
                partial(sources.remember, connection, script.way, step.revision),
                self.options.allow_blocking,
            ).run()
            self.verify(connection, step, script)

    def planner(self, connection: Connection, script: Script, things: list[Kept]) -> Planner:
        tables = structure.LiveTables(connection, not_compared)
        return Planner(
            connection,
            script,
            tables,
            things,
            self.derived,
            lambda table, column: column_type(connection, table, column),
        )

    def accept_drift(self) -> None:
        super().accept_drift()
        self.connection.commit()


def refuse_old_server(connection: Connection) -> None:
    """One change of structure must be atomic: MariaDB 10.6, MySQL 8. Raises SchemaError."""
    version = connection.dialect.server_version_info or ()
    name, least = ("MariaDB", (10, 6)) if is_mariadb(connection) else ("MySQL", (8,))
    if tuple(version) < least:
        needed, there = ".".join(map(str, least)), ".".join(map(str, version))
        raise SchemaError(f"{name} {needed} or newer is needed, not {there}: a change of structure can end half done.")


@contextmanager
def autocommit(connection: Connection) -> Iterator[None]:
    level = connection.get_isolation_level()
    connection.rollback()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.execution_options(isolation_level=level)
