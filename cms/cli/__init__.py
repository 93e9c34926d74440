"""The door for operators: the commands of ``flask``."""

import click
from flask import Flask

from cms.cli.comments import comments
from cms.cli.importing import importing
from cms.cli.people import people
from cms.cli.posts import posts
from cms.cli.search import search
from cms.cli.seeding import seed
from cms.cli.shell import shell_names
from cms.cli.themes import theme
from cms.cli.tick import tick
from cms.schema.commands import register_schema

COMMANDS: tuple[click.Command, ...] = (
    comments,
    people,
    importing,
    posts,
    search,
    seed,
    theme,
    tick,
)


# Made by hand in a migration, written by cms/services/searching.py alone, and made again from the posts at any time.
DERIVED = ("post_search",)


def register_cli(app: Flask) -> None:
    """Add our commands to ``flask``, and what ``flask shell`` has at hand."""
    register_schema(app, derived=DERIVED)
    for command in COMMANDS:
        app.cli.add_command(command)
    app.shell_context_processor(shell_names)
