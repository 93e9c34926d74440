"""Files and folders that a power cut or a full disk must not surprise."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from cms.schema.errors import SchemaError

MARGIN_BYTES = 16 * 1024 * 1024


def ensure_room(folder: Path, needed_bytes: int) -> None:
    if needed_bytes + MARGIN_BYTES > shutil.disk_usage(folder).free:
        raise SchemaError(f"There is no room in {folder}: {room(folder, needed_bytes)}.")


def room(folder: Path, needed_bytes: int) -> str:
    free = shutil.disk_usage(folder).free
    return f"about {megabytes(needed_bytes + MARGIN_BYTES)} are needed, {megabytes(free)} are free"


def folder_of_server(connection: Connection) -> Path | None:
    """Where MariaDB or MySQL keeps its tables, when that is on this machine and may be looked at."""
    host, folder = connection.execute(text("SELECT @@hostname, @@datadir")).one()
    if host != socket.gethostname():
        return None
    try:
        shutil.disk_usage(folder)
    except OSError:
        return None
    return Path(folder)


def megabytes(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB"


def readable_size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:,.0f} kB" if count < 1_000_000 else megabytes(count)


def listed(names: list[str]) -> str:
    """The first few, and how many more there are."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A folder for ourselves next to ``path``, hence on its disk; gone afterwards."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        yield Path(folder)


@contextmanager
def in_words(what: str) -> Iterator[None]:
    """Whatever the disk or the database objects to, as a SchemaError."""
    try:
        yield
    except OSError as error:
        raise SchemaError(f"{what}: {error.strerror or error} ({error.filename or 'the disk'}).") from error
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise SchemaError(f"{what}: {getattr(error, 'orig', None) or error}.") from error


def sync(folder: Path) -> None:
    """Make sure of the names in ``folder``: else one can be lost though its bytes are not."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
