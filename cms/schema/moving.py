"""`flask db upgrade` and `downgrade` around the move itself: what was cut off first, the backup, the words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy.engine import Engine

from cms.schema import own_tables, sources
from cms.schema.errors import SchemaError, SchemaIsNewer
from cms.schema.own_tables import Unfinished, unfinished
from cms.schema.run import Options


def move(config: Config, engine: Engine, way: str, target: str, options: Options, *, tag: str | None = None) -> None:
    """Go ``way`` ("upgrade" or "downgrade") to ``target``. Raises SchemaError and Alembic's CommandError."""
    config.attributes["schema"] = options
    known = ScriptDirectory.from_config(config)  # by its files
    if way == "upgrade":
        refuse_what_is_newer(known, engine)
    refuse_other_env(config)
    with quiet(), sources.within_reach(config, engine, options.say) as borrowed:
        first = in_the_way(config, engine, way, target)
        if first is not None:
            options.say(f"First the {first.way} through {first.revision} has to be finished: it was cut off half way.")
            finish(config, first)
            if options.plan:
                options.say("What was asked for can be planned when that is done.")
                return
        before = standing(engine)
        (command.upgrade if way == "upgrade" else command.downgrade)(config, target, tag=tag)
        now = standing(engine)
        for line in said_at_the_end(before, now):
            options.say(line)
        if strange := [one.revision for one in borrowed if one.revision in now.heads]:
            options.say(f"This release does not know {', '.join(strange)}: {way_back(known)} goes back.")


def refuse_other_env(config: Config) -> None:
    """Raises SchemaError where env.py would go up or down past all this, also for a plan. ``config`` holds Options."""
    options = config.attributes["schema"]

    def nowhere(_heads: Any, _context: Any) -> list[Any]:
        return []

    script = ScriptDirectory.from_config(config)
    with quiet(), EnvironmentContext(config, script, fn=nowhere, dont_mutate=True):
        script.run_env()
    if not options.taken:
        raise SchemaError(
            f"{script.env_py_location} runs migrations past cms.schema, which could neither plan, resume nor keep. Put "
            "cms.schema.running.run_migrations(engine, ...) in the place of context.run_migrations(): flask db init "
            "writes such a file. Nothing was done."
        )


@dataclass(frozen=True)
class Standing:
    """Where a database is, and the numbers of what is put aside in it."""

    heads: tuple[str, ...]
    kept: frozenset[int]


def standing(engine: Engine) -> Standing:
    with engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
        kept = own_tables.kept_things(connection) if own_tables.exist(connection) else []
    return Standing(heads, frozenset(one.id for one in kept if one.id is not None))


def said_at_the_end(before: Standing, now: Standing) -> Iterator[str]:
    if now.heads == before.heads:
        return
    yield f"The database is at {', '.join(now.heads)}." if now.heads else "Nothing is applied any more."
    if count := len(before.kept - now.kept):
        yield f"Brought back: {count}."
    if count := len(now.kept - before.kept):
        yield f"Put aside instead of dropped: {count}. See flask db kept."


@contextmanager
def quiet() -> Iterator[None]:
    """Alembic's own line a revision would only double what is said anyway."""
    log = logging.getLogger("alembic.runtime.migration")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)


def refuse_what_is_newer(known: ScriptDirectory, engine: Engine) -> None:
    """Going up from a state that this release does not know is for a newer one. Raises SchemaIsNewer."""
    names = {one.revision for one in known.walk_revisions()}
    if unknown := [head for head in heads_of(engine) if head not in names]:
        raise SchemaIsNewer(
            f"The database is at {', '.join(unknown)}, which this release does not know: it was upgraded by a newer "
            f"one. Install that release, or go back to this one: {way_back(known)}"
        )


def way_back(known: ScriptDirectory) -> str:
    return f"flask db downgrade {' '.join(known.get_heads())}"


def heads_of(engine: Engine) -> tuple[str, ...]:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_heads()


def refuse_when_cut_off(engine: Engine) -> None:
    """Raises SchemaError where another revision, noted by hand, would leave a run that nobody can finish."""
    with engine.connect() as connection:
        found = unfinished(connection)
    if found is not None:
        raise SchemaError(f"{cut_off(found)} Nothing was changed.")


def cut_off(one: Unfinished) -> str:
    return f"The {one.way} through {one.revision} was cut off half way: finish it first, by flask db {one.way}."


def in_the_way(config: Config, engine: Engine, way: str, target: str) -> Unfinished | None:
    """The unfinished run, unless what is asked for begins by finishing it."""
    with engine.connect() as connection:
        found = unfinished(connection)
    if found is None:
        return None
    script = ScriptDirectory.from_config(config)
    return None if found == Unfinished(first_revision(script, heads_of(engine), way, target), way) else found


def first_revision(script: ScriptDirectory, heads: tuple[str, ...], way: str, target: str) -> str:
    """The revision that a run to ``target`` begins with; empty when there is nothing to do."""
    try:
        if way == "upgrade":
            found = [*script.iterate_revisions(target, heads, implicit_base=True)][-1:]
        else:
            found = [*script.iterate_revisions(heads, target, select_for_downgrade=True)][:1]
    except RevisionError as error:
        raise SchemaError(f"There is no way to {target} from here: {error}") from error
    return found[0].revision if found else ""


def finish(config: Config, one: Unfinished) -> None:
    """Go the rest of the way through one revision and no further."""
    script = ScriptDirectory.from_config(config)
    try:
        revision = script.get_revision(one.revision)
    except CommandError as error:
        raise SchemaError(
            f"The script of {one.revision} is not here. Use the release that began it, or restore the backup that was "
            f"made before."
        ) from error
    step = getattr(MigrationStep, f"{one.way}_from_script")(script.revision_map, revision)

    def walk(_heads: Any, context: MigrationContext) -> list[Any]:
        assert context.connection is not None
        return [step] if unfinished(context.connection) == one else []  # another process may have done it meanwhile

    walk.__name__ = one.way  # by which run_migrations knows a move
    with EnvironmentContext(config, script, fn=walk, destination_rev=one.revision):
        script.run_env()
