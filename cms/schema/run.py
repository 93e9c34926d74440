"""What `flask db upgrade` and `downgrade` do, in order, on any database. Alembic walks."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection, Engine

from cms.schema import drift, orphans, own_tables, past, structure, telling
from cms.schema.errors import SchemaError
from cms.schema.lock import Lock, only_one
from cms.schema.own_tables import history, journal, kept, other_way
from cms.schema.recording import record
from cms.schema.scripts import Script

# What Alembic's commands call the functions that walk the revisions, and what we call it while it lasts.
MOVES = {"upgrade": "upgrading", "downgrade": "downgrading"}

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


class Run(ABC):
    """One upgrade or downgrade, but for what each kind of database needs."""

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
        self.lock: Lock | None = None
        self.last: Any = None  # the step behind which nothing more comes
        self.before: orphans.Counts = {}
        self.accepted: set[str] = set()  # differences that were named
        self.current: tuple[Script, Any, float, Any] | None = None

    def run(self) -> None:
        if not self.steps():
            self.say(f"Already there: {', '.join(self.heads()) or 'nothing applied'}.")
            return
        self.connection.rollback()
        self.run_somewhere()

    @abstractmethod
    def run_somewhere(self) -> None:
        """``run_alone``, on the database itself or on a copy."""

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
                self.run_steps(steps)
            except PlanOnly:
                self.say("Nothing was done.")
            finally:
                if not self.connection.closed and not self.connection.invalidated:
                    self.connection.rollback()

    @abstractmethod
    def run_steps(self, steps: list[Any]) -> None:
        """Look for what is in the way, back up, and go through ``steps``. Raises PlanOnly where that was all."""

    @abstractmethod
    def run_step(self, step: Any, migration: MigrationContext, script: Script) -> None:
        """Do what ``script`` says, then ``verify``."""

    def steps(self) -> list[Any]:
        migration = context.get_context()
        try:
            return list(self.walk(migration.get_current_heads(), migration))
        except AttributeError as error:
            raise SchemaError(f"A script cannot be gone through this way: {error}.") from error

    def heads(self) -> tuple[str, ...]:
        return context.get_context().get_current_heads()

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
        self.run_step(step, migration, script)

    def verify(self, connection: Connection, step: Any, script: Script) -> None:
        """Before the version is noted: a run that leaves rows pointing nowhere is not done."""
        self.before = orphans.renamed(self.before, script.operations)
        if step is self.last:
            orphans.refuse_more(connection, self.before)

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
