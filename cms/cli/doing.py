"""How a command does its work: one transaction, one clear line when it cannot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from sqlalchemy.exc import DBAPIError

from cms.errors import CmsError
from cms.schema.errors import SchemaError
from cms.schema.starting import revision_state
from cms.transactions import in_transaction

T = TypeVar("T")


def do(work: Callable[[], T]) -> T:
    """Do ``work`` and commit, again where the database lost it.

    A CmsError or SchemaError becomes a ClickException (exit code 1).
    """
    with explained():
        return in_transaction(work)


@contextmanager
def explained() -> Iterator[None]:
    """What goes wrong inside becomes a line an operator understands."""
    try:
        yield
    except (CmsError, SchemaError) as error:
        raise click.ClickException(str(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated or revision_state().at_head:
            raise
        raise click.ClickException("The database is not ready for this release. Run: flask db upgrade") from error
