"""An upgrade or downgrade on SQLite: one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import context
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from cms.schema import orphans, own_tables, telling
from cms.schema.disk import ensure_room, room
from cms.schema.errors import SchemaError
from cms.schema.lock import file_of
from cms.schema.plan_copy import copied
from cms.schema.run import PlanOnly, Run
from cms.schema.scripts import Script
from cms.schema.sqlite import SqliteMover, ahead


class SqliteRun(Run):
    """All of it in one transaction, which a plan makes on a copy."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.foretold: list[str] = []  # what a plan on a copy has to say of the database itself

    def run_somewhere(self) -> None:
        (self.plan_on_a_copy if self.options.plan else self.run_alone)()

    def plan_on_a_copy(self) -> None:
        if self.options.foretell is not None:
            self.foretold.append(self.options.foretell(self.engine))
        if path := file_of(self.connection):
            live = Path(path)
            self.foretold.append(f"disk: {room(live.parent, live.stat().st_size)} in {live.parent}")
        with copied(self.engine, self.connection) as engine, engine.connect() as self.connection:
            self.configure_again()
            self.run_alone()

    def run_steps(self, steps: list[Any]) -> None:
        raw = self.connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        level, keys = raw.isolation_level, raw.execute("PRAGMA foreign_keys").fetchone()[0]
        raw.isolation_level = None  # BEGIN is said here
        self.look_for_drift()  # and again, as what is counted now, when nobody else can write
        self.look_ahead(steps)
        self.connection.rollback()
        for line in self.foretold:
            self.say(line)
        if (path := file_of(self.connection)) and not self.options.plan:
            # At the worst every page is written anew, into the log beside the file.
            ensure_room(Path(path).parent, Path(path).stat().st_size)
        if self.options.back_up is not None and not self.options.plan:
            self.options.back_up(self.engine, self.say)
        raw.execute("PRAGMA foreign_keys=OFF")  # a rebuilt table must not fire ON DELETE CASCADE on its children
        try:
            # Alembic believes that SQLite's DDL is not transactional; with an explicit BEGIN it is.
            self.configure_again(steps, transactional_ddl=True)
            with context.begin_transaction():
                if raw.in_transaction:
                    raw.execute("COMMIT")  # the reading transaction that the engine began
                raw.execute("BEGIN IMMEDIATE")
                own_tables.make(self.connection)
                self.look_for_drift()
                self.accept_drift()
                self.before = orphans.count(self.connection)
                with self.telling_the_plan() if self.options.plan else nullcontext():
                    context.run_migrations()
                if self.options.plan:
                    raise PlanOnly
        finally:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raw.execute(f"PRAGMA foreign_keys={'ON' if keys else 'OFF'}")
            raw.isolation_level = level

    def look_ahead(self, steps: list[Any]) -> None:
        """Raises SchemaError with every obstacle that can be known by now."""
        migration = context.get_context()
        with Operations.context(migration):
            scripts = (self.script(step) for step in steps)
            found = ahead.obstacles(self.connection, scripts, self.derived, migration.opts.get("target_metadata"))
        if found:
            raise SchemaError("\n".join(found))

    @contextmanager
    def telling_the_plan(self) -> Iterator[None]:
        with telling.with_statements(self.connection, self.options.say) as self.say:
            yield
        self.say = self.options.say

    def run_step(self, step: Any, migration: MigrationContext, script: Script) -> None:
        SqliteMover(migration, script, self.derived, self.say).run()
        self.verify(self.connection, step, script)
