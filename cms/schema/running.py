"""What `flask db upgrade` and `downgrade` do, in order. env.py calls ``run_migrations``; Alembic walks."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection, Engine

from cms.schema import drift, orphans, own_tables, past, sources, structure, telling
from cms.schema.altering import is_mariadb, run_sql
from cms.schema.disk import MARGIN_BYTES, ensure_room, folder_of_server, megabytes, room
from cms.schema.errors import SchemaError
from cms.schema.journal import Journal, not_compared
from cms.schema.lock import Lock, file_of, only_one
from cms.schema.names import is_ours
from cms.schema.own_tables import Kept, Unfinished, history, journal, kept, other_way, unfinished
from cms.schema.plan_copy import copied
from cms.schema.planning import Planner
from cms.schema.planning.base import render_dialect
from cms.schema.recording import record
from cms.schema.rehearsal import Rehearsal, column_type
from cms.schema.scripts import Script
from cms.schema.sqlite import SqliteMover, ahead
from cms.schema.verify import derived as derived_tables

# What Alembic's commands call the functions that walk the revisions, and what we call it while it lasts.
MOVES = {"upgrade": "upgrading", "downgrade": "downgrading"}
DATABASES = ("sqlite", "mysql", "mariadb")
LOCK_WAIT_SECONDS = 1  # how long a writer may have to queue behind us, when we queue behind somebody's transaction

log = logging.getLogger(__name__)


class PlanOnly(Exception):
    """Everything was looked at and nothing is to be done."""


@dataclass
class Options:
    """How a run is made; given to env.py as ``config.attributes["schema"]``."""

    plan: bool = False
    allow_blocking: bool = False
    accept_drift: bool = False
    back_up: Callable[[Engine, Callable[[str], None]], None] | None = None
    foretell: Callable[[Engine], str] | None = None  # what a plan says of the backup
    say: Callable[[str], None] = field(default=log.info)
    taken: bool = False  # whether env.py has come to run_migrations with them


def run_migrations(engine: Engine, *, derived: Collection[str] = (), **configure: Any) -> None:
    """In env.py, in place of ``context.run_migrations()``. ``configure`` is handed to ``context.configure``.

    ``derived`` names tables that can be made again from the others: they are dropped for real and not compared.
    Raises SchemaError, having changed nothing that a second run would not finish.
    """
    if engine.dialect.name not in DATABASES:
        raise SchemaError(f"{engine.dialect.name} is none of the databases that this can move: {', '.join(DATABASES)}.")
    options = context.config.attributes.get("schema") or Options()
    options.taken = True
    configure = {**configure, **hiding(configure)}
    with engine.connect() as connection:
        context.configure(connection=connection, **configure)
        walk = context.get_context().opts.get("fn")
        if getattr(walk, "__name__", "") in MOVES:
            Move(engine, connection, derived_tables(*derived), configure, options, walk).run()
        else:
            with context.begin_transaction():
                context.run_migrations()


def hiding(configure: dict[str, Any]) -> dict[str, Any]:
    """Filters that keep our tables and what was put aside out of autogenerate and check."""
    name_filter = configure.get("include_name") or (lambda *_: True)
    object_filter = configure.get("include_object") or (lambda *_: True)

    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        return not (is_ours(name) and name != "alembic_version") and name_filter(name, kind, parents)

    def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        columns = getattr(thing, "columns", None) if kind.endswith("constraint") or kind == "index" else None
        if reflected and columns and any(is_ours(column.name) for column in columns):
            return False
        return object_filter(thing, name, kind, reflected, compare_to)

    return {"include_name": include_name, "include_object": include_object}


class Move:
    """One upgrade or downgrade."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        derived: Callable[[str], bool],
        configure: dict[str, Any],
        options: Options,
        walk: Callable[..., Any],
    ) -> None:
        self.engine = engine
        self.connection = connection
        self.derived = derived
        self.configure = configure
        self.options = options
        self.say = options.say
        self.walk = walk
        self.way = walk.__name__
        self.sqlite = connection.dialect.name == "sqlite"
        self.lock: Lock | None = None
        self.last: Any = None  # the step behind which nothing more comes
        self.before: orphans.Counts = {}
        self.unasked: set[str] = set()  # revisions to be rehearsed again when those before them are done
        self.accepted: set[str] = set()  # differences that were named
        self.foretold: list[str] = []  # what a plan on a copy has to say of the database itself
        self.current: tuple[Script, Any, float, Any] | None = None

    def run(self) -> None:
        if not self.steps():
            self.say(f"Already there: {', '.join(self.heads()) or 'nothing applied'}.")
            return
        self.connection.rollback()
        try:
            (self.plan_on_a_copy if self.options.plan and self.sqlite else self.run_alone)()
        finally:
            if not self.sqlite:
                self.connection.invalidate()  # it has waiting times of its own: not for the pool

    def run_alone(self) -> None:
        with only_one(self.connection, say=self.say) as self.lock:
            steps, heads = self.steps(), ", ".join(self.heads()) or "nothing"
            self.connection.rollback()
            if not steps:
                self.say(f"Already there: another process did it ({heads}).")
                return
            self.last = steps[-1]
            self.say(f"{MOVES[self.way]} the database from {heads}")
            try:
                (self.run_on_sqlite if self.sqlite else self.run_on_mysql)(steps)
            except PlanOnly:
                self.say("Nothing was done.")
            finally:
                if not self.connection.closed and not self.connection.invalidated:
                    self.connection.rollback()

    def steps(self) -> list[Any]:
        migration = context.get_context()
        try:
            return list(self.walk(migration.get_current_heads(), migration))
        except AttributeError as error:
            raise SchemaError(f"A script cannot be gone through this way: {error}.") from error

    def heads(self) -> tuple[str, ...]:
        return context.get_context().get_current_heads()

    # SQLite: one transaction

    def plan_on_a_copy(self) -> None:
        if self.options.foretell is not None:
            self.foretold.append(self.options.foretell(self.engine))
        if path := file_of(self.connection):
            live = Path(path)
            self.foretold.append(f"disk: {room(live.parent, live.stat().st_size)} in {live.parent}")
        with copied(self.engine, self.connection) as engine, engine.connect() as self.connection:
            self.configure_again()
            self.run_alone()

    def run_on_sqlite(self, steps: list[Any]) -> None:
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

    # MariaDB and MySQL: a journal

    def run_on_mysql(self, steps: list[Any]) -> None:
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

    # One revision

    def configure_again(self, steps: list[Any] | None = None, **more: Any) -> None:
        """Let Alembic go through ``steps``; without them it is only told of another connection."""
        if steps is None:
            context.configure(connection=self.connection, fn=self.walk, **self.configure)
            return

        def walk(_heads: Any, migration: MigrationContext) -> Iterator[Any]:
            for step in steps:
                step.migration_fn = named(step.migration_fn.__name__, partial(self.move, step, migration))
                yield step

        context.configure(
            connection=self.connection, fn=walk, on_version_apply=self.version_applied, **{**self.configure, **more}
        )

    def script(self, step: Any) -> Script:
        module = step.revision.module
        ways = {way: getattr(module, way, nothing) for way in MOVES}
        before = False
        if own_tables.exist(self.connection):
            found = sa.select(sa.func.count()).where(
                history.c.revision == step.revision.revision, history.c.way == self.way
            )
            before = bool(self.connection.scalar(found))
        return Script(
            step.revision.revision,
            self.way,
            record(ways[self.way], self.connection),
            readable(ways[other_way(self.way)], self.connection),
            before,
            context.get_context().opts.get("target_metadata"),
        )

    def move(self, step: Any, migration: MigrationContext) -> None:
        began = time.monotonic()
        script = self.script(step)
        self.current = (script, step, began, own_tables.now())
        self.say(telling.heading(script))
        if self.sqlite:
            SqliteMover(migration, script, self.derived, self.say).run()
            self.verify(self.connection, step, script)
            return
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

    def verify(self, connection: Connection, step: Any, script: Script) -> None:
        """Before the version is noted: a run that leaves rows pointing nowhere is not done."""
        self.before = orphans.renamed(self.before, script.operations)
        if step is self.last:
            orphans.refuse_more(connection, self.before)

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

    def version_applied(self, ctx: MigrationContext, **_: Any) -> None:
        """In the transaction of the version: what is done is done, and its journal goes."""
        assert self.current is not None
        assert ctx.connection is not None
        script, step, began, started_at = self.current
        connection = ctx.connection
        connection.execute(journal.delete().where(journal.c.revision == script.revision, journal.c.way == script.way))
        there = set(structure.table_names(connection))
        for one in own_tables.kept_things(connection, kept.c.returned.is_(True), kept.c.revision == script.revision):
            if one.kind == "rows" and one.kept_name in there:  # some could not come back
                connection.execute(kept.update().where(kept.c.id == one.id).values(returned=False))
            else:
                connection.execute(kept.delete().where(kept.c.id == one.id))
        for one in own_tables.kept_things(connection, kept.c.kind == "rows", kept.c.revision == script.revision):
            if one.kept_name not in there:  # there were no rows to put aside
                connection.execute(kept.delete().where(kept.c.id == one.id))
        past.note(connection, script, step.revision, started_at, time.monotonic() - began, self.derived)

    # Looking

    def look_for_drift(self, under_way: Collection[str] = ()) -> None:
        """Compare structure and scripts with the last success. Raises Drift unless it is to be accepted."""
        found = drift.look(self.connection, context.script, self.derived, under_way)
        if not self.options.accept_drift:
            drift.refuse(found)
        for line in found:
            if line not in self.accepted:
                self.say(f"{'would be accepted' if self.options.plan else 'accepted'}: {line}")
                self.accepted.add(line)

    def accept_drift(self) -> None:
        if self.options.accept_drift and not self.options.plan:
            drift.accept(self.connection, context.script, self.derived)
            if not self.sqlite:
                self.connection.commit()


def refuse_old_server(connection: Connection) -> None:
    """One change of structure must be atomic: MariaDB 10.6, MySQL 8. Raises SchemaError."""
    version = connection.dialect.server_version_info or ()
    name, least = ("MariaDB", (10, 6)) if is_mariadb(connection) else ("MySQL", (8,))
    if tuple(version) < least:
        needed, there = ".".join(map(str, least)), ".".join(map(str, version))
        raise SchemaError(f"{name} {needed} or newer is needed, not {there}: a change of structure can end half done.")


def nothing() -> None:
    """The way that a script does not have."""


def named(name: str, act: Callable[..., None]) -> Callable[..., None]:
    """``act`` under the name that Alembic's log shows."""

    def run(**_: Any) -> None:
        act()

    run.__name__ = name
    return run


def readable(script: Callable[..., None], connection: Connection) -> list[Any]:
    """The operations of the opposite way, when it can be read from here at all: it only tells defaults."""
    try:
        return record(script, connection)
    except Exception:
        return []


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
