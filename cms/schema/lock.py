"""One migration at a time on a database, whatever machine or worker it was started on."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from cms.schema.errors import SchemaError
from cms.schema.lease import leased
from cms.schema.waiting import Waiting

WAIT_SECONDS = 3600  # a large table may take that long to change, and who waits has nothing better to do
SLICE_SECONDS = 1  # how long GET_LOCK may keep Ctrl-C waiting
LOOK_SECONDS = 0.1

log = logging.getLogger(__name__)


@dataclass
class Lock:
    """The right to migrate. ``still_held`` asks the database or the file anew each time."""

    still_held: Callable[[], bool]

    def check(self) -> None:
        """Call before each step. Raises SchemaError when another migration may have begun."""
        if not self.still_held():
            raise SchemaError(
                "Lost the upgrade lock: the connection that held it is gone, or another process took it over. "
                "Stopped before the next step; what is done is noted. Run the same command again."
            )


@contextmanager
def only_one(
    connection: Connection, *, wait_seconds: float = WAIT_SECONDS, say: Callable[[str], object] = log.info
) -> Iterator[Lock]:
    """Keep other migrations of this database waiting until the block ends or this process dies.

    ``connection`` is the one that will migrate, outside of a transaction. Raises SchemaError after ``wait_seconds``.
    """
    if connection.in_transaction():
        raise ValueError("An open transaction would hold the others' tables while it waits for the lock.")
    waiting = Waiting(wait_seconds, say)
    with kind_of_lock(connection, waiting) as still_held:
        lock = Lock(still_held)
        try:
            yield lock
        finally:
            lock.still_held = never


def never() -> bool:
    return False


def kind_of_lock(connection: Connection, waiting: Waiting) -> AbstractContextManager[Callable[[], bool]]:
    if connection.dialect.name == "sqlite":
        path = file_of(connection)
        # A database in memory is nobody else's.
        return file_lock(f"{path}.upgrade-lock", waiting) if path else nullcontext(lambda: True)
    return leased(connection, waiting) if is_cluster(connection) else server_lock(connection, waiting)


def is_cluster(connection: Connection) -> bool:
    """Whether the server is a Galera node, where GET_LOCK holds on its own node alone.

    Neither size nor health of the cluster count: two processes must never decide differently and take different locks.
    """
    question = text("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_provider')")
    with connection.begin():
        found = {name.lower(): value for name, value in connection.execute(question)}
    return found.get("wsrep_on") == "ON" and found.get("wsrep_provider", "") not in ("", "none")


# SQLite


def file_of(connection: Connection) -> str:
    """The real path of the database, whichever way its URL says it; empty for one in memory."""
    # Through the driver, since SQLAlchemy would begin a transaction for it.
    driver: Any = connection.connection.driver_connection
    return next(path for _, name, path in driver.execute("PRAGMA database_list") if name == "main")


@contextmanager
def file_lock(path: str, waiting: Waiting) -> Iterator[Callable[[], bool]]:
    """Hold ``path`` by flock, which the kernel undoes when the process dies."""
    while True:
        file = open_lock_file(path)
        try:
            taken = take_file(file)
            # Whoever removed the file meanwhile has left us with a lock on a name that is gone.
            if taken and is_at(path, file):
                sign(file)
                yield partial(is_at, path, file)
                return
            if not taken:
                waiting.go_on(partial(signature, file))
                time.sleep(LOOK_SECONDS)
        finally:
            # The file stays: whoever removed it could leave two processes with a lock each, on two files of one name.
            os.close(file)


def open_lock_file(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        # Made by root in another run: it can still be locked, only not signed.
        with suppress(OSError):
            return os.open(path, os.O_RDONLY)
        raise SchemaError(
            f"Cannot make the file {path}, which keeps two migrations apart. Run this as the owner of the database."
        )


def take_file(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_at(path: str, file: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def sign(file: int) -> None:
    """Say in the file who holds it, for those who wait."""
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)


def signature(file: int) -> str:
    return os.pread(file, 200, 0).decode(errors="replace").strip() or "one that left no name"


# MariaDB and MySQL


@contextmanager
def server_lock(connection: Connection, waiting: Waiting) -> Iterator[Callable[[], bool]]:
    """Hold GET_LOCK on ``connection`` itself, so that it dies with it, yet not before its running statement ends."""
    with connection.begin():
        database = connection.scalar(text("SELECT DATABASE()")) or ""
    # Such names are shared by all databases of a server, and MySQL takes 64 characters at most.
    name = {"name": f"alembic upgrade {hashlib.sha256(database.encode()).hexdigest()[:32]}"}
    seconds = min(SLICE_SECONDS, waiting.seconds)
    while True:
        with connection.begin():
            granted = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), name | {"seconds": seconds})
        if granted == 1:
            break
        if granted is None:
            raise SchemaError("The server refused the upgrade lock, or somebody stopped the waiting. Try again.")
        waiting.go_on(partial(holder, connection, name))
    try:
        yield partial(is_mine, connection, name)
    finally:
        try:
            run(connection, "SELECT RELEASE_LOCK(:name)", name)
        except SQLAlchemyError:
            # Back in the pool it would hold the lock for as long as the pool lives.
            connection.invalidate()


def is_mine(connection: Connection, name: dict[str, str]) -> bool:
    try:
        return run(connection, "SELECT IS_USED_LOCK(:name) = CONNECTION_ID()", name) == 1
    except SQLAlchemyError:
        return False


def holder(connection: Connection, name: dict[str, str]) -> str:
    """Who holds the lock, as far as the account may know."""
    number = run(connection, "SELECT IS_USED_LOCK(:name)", name)
    if number is None:
        return "one that ends right now"
    found = None
    with suppress(SQLAlchemyError), connection.begin():
        query = text("SELECT user, host, LEFT(info, 100) FROM information_schema.processlist WHERE id = :id")
        found = connection.execute(query, {"id": number}).first()
    if found is None:
        return f"connection {number}"
    user, host, statement = found
    busy = f", running {' '.join(statement.split())}" if statement else ""
    return f"connection {number} of {user} from {host}{busy}"


def run(connection: Connection, question: str, values: dict[str, str]) -> Any:
    """Ask inside of the transaction there is, or in one that ends at once."""
    with nullcontext() if connection.in_transaction() else connection.begin():
        return connection.scalar(text(question), values)
