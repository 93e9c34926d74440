"""``flask db upgrade`` and ``downgrade``."""

from __future__ import annotations

from typing import Any

import click
import flask_migrate
from alembic import command
from alembic.util import CommandError
from flask import g

from cms.schema import before_moving, moving
from cms.schema.commands.group import backup_folder, configuration, explanation, is_derived, replacing, say
from cms.schema.errors import SchemaError
from cms.schema.run import Options
from cms.schema.starting import backups_that_stay, engine

MOVING = (
    click.Option(
        ["--plan"], is_flag=True, help="Show backup, disk, each step, its SQL and what stands in the way; do nothing."
    ),
    click.Option(["--no-backup"], is_flag=True, help="Make no backup before."),
    click.Option(["--allow-blocking"], is_flag=True, help="Let steps run that keep writers waiting."),
    click.Option(["--accept-drift"], is_flag=True, help="Go on although somebody changed the schema or a script."),
)


def move(way: str, directory: str | None, x_arg: Any, revision: str, tag: str | None, **chosen: bool) -> None:
    no_backup, folder = chosen.pop("no_backup"), backup_folder()
    back_up = None if no_backup else before_moving.backing_up(folder, way, is_derived, backups_that_stay())
    foretell = before_moving.foretelling(folder, is_derived, no_backup=no_backup)
    options = Options(**chosen, back_up=back_up, foretell=foretell, say=say)
    before: tuple[str, ...] | None = None
    try:
        before = moving.heads_of(engine())
        moving.move(configuration(directory, x_arg), engine(), way, revision, options, tag=tag)
    except (Exception, KeyboardInterrupt) as error:
        message = explanation(error)
        if message is None:
            raise
        raise SchemaError("\n".join([message, *what_is_left(error, before)])) from error


def what_is_left(error: BaseException, before: tuple[str, ...] | None) -> list[str]:
    if isinstance(error, CommandError):
        return []
    if engine().dialect.name == "sqlite":  # all or nothing; a Ctrl-C may come right behind the commit
        return ["Nothing was changed."] if before is None or moving.heads_of(engine()) == before else []
    if isinstance(error, SchemaError):
        return []
    return ["What is done is noted: run the same command again to go on."]


@replacing("stamp")
def stamp(directory: str | None, sql: bool, tag: str | None, revision: str, purge: bool) -> None:
    """Note another revision for the database, and change nothing else of it."""
    config = configuration(directory)
    if not sql:
        moving.refuse_when_cut_off(engine())
    with moving.quiet():
        command.stamp(config, revision, sql=sql, tag=tag, purge=purge)
    if not sql:
        say(f"The database is noted to be at {', '.join(moving.heads_of(engine())) or 'nothing'}.")


@replacing("upgrade", *MOVING)
def upgrade(directory: str | None, sql: bool, tag: str | None, x_arg: Any, revision: str, **chosen: bool) -> None:
    """Upgrade to a later version.

    What was put aside on the way down comes back. A run that was cut off is gone on with.
    """
    if sql:
        flask_migrate.upgrade(directory or g.directory, revision, sql, tag, x_arg or g.x_arg)
    else:
        move("upgrade", directory, x_arg, revision, tag, **chosen)


@replacing("downgrade", *MOVING)
def downgrade(directory: str | None, sql: bool, tag: str | None, x_arg: Any, revision: str, **chosen: bool) -> None:
    """Revert to a previous version.

    Nothing is dropped: what the older structure cannot hold is put aside, see flask db kept. Works also in a release
    that does not know the newer version.
    """
    if sql:
        flask_migrate.downgrade(directory or g.directory, revision, sql, tag, x_arg or g.x_arg)
    else:
        move("downgrade", directory, x_arg, revision, tag, **chosen)
