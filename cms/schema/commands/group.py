"""How a command joins ``flask db``, and what all of them need."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from alembic.config import Config
from alembic.util import CommandError
from flask import current_app, g
from flask.cli import with_appcontext
from flask_migrate.cli import db
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cms.schema import verify
from cms.schema.errors import SchemaError

Function = Callable[..., None]

directory_option = click.option(
    "-d", "--directory", default=None, help='Migration script directory (default is "migrations")'
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def is_derived(name: str) -> bool:
    return verify.derived(*current_app.extensions["migrate"].configure_args.get("derived", ()))(name)


def explained(function: Function) -> Function:
    """What goes wrong becomes one message and exit code 1."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except (Exception, KeyboardInterrupt) as error:
            message = explanation(error)
            if message is None:
                raise
            raise click.ClickException(message) from error

    return wrapped


def explanation(error: BaseException) -> str | None:
    """What to say of ``error``; None for a fault of ours, whose traceback is worth more than any word."""
    if isinstance(error, SchemaError | CommandError):
        return str(error)
    chain = list(leading_to(error))
    if any(isinstance(one, KeyboardInterrupt) for one in chain):
        return "Stopped by Ctrl-C."
    if isinstance(error, SQLAlchemyError):
        # Clearing up after a lost connection fails, too: what it began with tells more.
        refused = [one for one in chain if isinstance(one, DBAPIError)]
        return refusal(refused[-1]) if refused else None
    if isinstance(error, OSError) and error.filename:
        return f"{error.strerror}: {error.filename}"
    return None


def leading_to(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def refusal(error: DBAPIError) -> str:
    arguments = getattr(error.orig, "args", ())
    said = f"{arguments[1]} ({arguments[0]})" if len(arguments) == 2 else str(error.orig)
    statement = " ".join((error.statement or "").split())
    shown = statement if len(statement) <= 300 else f"{statement[:300]} ..."
    return f"The database refused: {said}.{f' It was asked: {shown}' if statement else ''}"


def adding(name: str, **settings: Any) -> Callable[[Function], click.Command]:
    """Add a command to ``flask db``."""
    return lambda function: db.command(name, **settings)(with_appcontext(explained(function)))


def replacing(name: str, *options: click.Parameter) -> Callable[[Function], click.Command]:
    """Take the place of a stock command, with all of its options and some more."""
    stock = db.commands[name]

    def replace(function: Function) -> click.Command:
        ours = click.Command(
            name,
            params=[*options, *stock.params],
            callback=with_appcontext(explained(function)),
            help=function.__doc__ or stock.help,
        )
        db.add_command(ours)
        return ours

    return replace


def explain_the_rest() -> None:
    """The stock commands that have no other place here: as they are, but without a traceback."""
    for command in db.commands.values():
        if command.callback is not None and command.callback.__module__ == "flask_migrate.cli":
            command.callback = explained(command.callback)


def configuration(directory: str | None = None, x_arg: Any = None) -> Config:
    migrate = current_app.extensions["migrate"].migrate
    config = migrate.get_config(directory or g.get("directory"), x_arg=x_arg)  # it knows those of the group itself
    config.stdout = sys.stdout  # its own default is what that was when Alembic was imported
    return config


def say(line: str) -> None:
    """One line a step; on a terminal what is under way stands out. click takes colours out of pipes and files."""
    click.secho(line, bold=True if not line.startswith(" ") else None)


def backup_folder() -> Path:
    return Path(current_app.instance_path) / "backups"


def to_stderr(line: str) -> None:
    click.echo(line, err=True)


def ask(question: str, yes: bool) -> None:
    """Raises SchemaError where nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise SchemaError("There is nobody to ask: say --yes to do it. Nothing was changed.")
    click.confirm(question, abort=True)
