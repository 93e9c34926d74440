"""Bringing the database to the newest schema when the program starts, by one process at a time."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy.engine import Engine

from cms.schema import verify
from cms.schema.before_moving import HOW_MANY, backing_up
from cms.schema.errors import SchemaError, SchemaIsNewer
from cms.schema.moving import cut_off, refuse_other_env, way_back
from cms.schema.own_tables import unfinished
from cms.schema.run import Options

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SchemaState:
    """Where the database stands (``current``) and where this code wants it (``heads``), as revision names."""

    current: tuple[str, ...]
    heads: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    cut_off: str = ""  # a move that stopped half way, in words; the revision alone does not show it
    can_go_on: bool = True  # whether an upgrade by this release finishes it

    @property
    def at_head(self) -> bool:
        return self.current == self.heads and not self.cut_off


def revision_state() -> SchemaState:
    """Compare the database with the migrations on disk. Needs an app context. Raises SQLAlchemyError."""
    scripts = scripts_on_disk()
    with engine().connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
        stopped = unfinished(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    words = cut_off(stopped) if stopped else ""
    if stopped is not None and stopped.revision not in known:
        words += f" This release does not know it: to finish it and go back, {way_back(scripts)}."
    return SchemaState(
        current=tuple(sorted(current)),
        heads=tuple(sorted(scripts.get_heads())),
        unknown=tuple(sorted(set(current) - known)),
        cut_off=words,
        can_go_on=stopped is None or (stopped.way == "upgrade" and stopped.revision in known),
    )


def scripts_on_disk() -> ScriptDirectory:
    """The migrations, read again only where a file of theirs has changed: a readiness probe asks every second."""
    config = configuration()
    folders = ScriptDirectory.from_config(config).version_locations or [config.get_main_option("script_location")]
    files = [(path, path.stat()) for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    return _read(tuple((str(path), facts.st_mtime_ns, facts.st_size) for path, facts in files))


@lru_cache(maxsize=2)
def _read(_files: tuple[tuple[str, int, int], ...]) -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())


def bring_to_head() -> None:
    """Upgrade to head, after a backup in ``instance/backups`` if there is anything to lose. Raises SchemaError.

    A second process waits for the first and then finds nothing to do.
    """
    state = revision_state()
    if state.unknown:
        raise SchemaIsNewer(
            f"The database is at {', '.join(state.unknown)}, which this release does not know: it was upgraded "
            f"by a newer one. Install that release, or go back: flask db downgrade {' '.join(state.heads)}"
        )
    if not state.can_go_on:
        raise SchemaError(state.cut_off)
    if not state.at_head:
        config = configuration()
        derived = verify.derived(*current_app.extensions["migrate"].configure_args.get("derived", ()))
        back_up = backing_up(Path(current_app.instance_path) / "backups", "upgrade", derived, backups_that_stay())
        config.attributes["schema"] = Options(say=log.info if state.current else briefly, back_up=back_up)
        refuse_other_env(config)
        command.upgrade(config, "heads")


def backups_that_stay() -> int:
    """Of those that are made by themselves; 0 means all."""
    return int(current_app.config.get("AUTOMATIC_BACKUPS", HOW_MANY))


def briefly(line: str) -> None:
    """To the log, but for the single steps: who starts a new site does not want to read sixty of them."""
    log.log(logging.DEBUG if line.startswith(" ") else logging.INFO, line)


def configuration() -> Config:
    return current_app.extensions["migrate"].migrate.get_config()


def engine() -> Engine:
    return current_app.extensions["migrate"].db.engine


__all__ = ["SchemaError", "SchemaIsNewer", "SchemaState", "bring_to_head", "revision_state"]
