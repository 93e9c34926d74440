"""The lock on a cluster: a row that its owner touches every two seconds; who finds it untouched for ten takes it over.

Each change is a compare-and-swap, which the cluster certifies: of two nodes that try at once one gets an error.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Double, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql import Executable, literal_column

from cms.schema.names import OWN_PREFIX
from cms.schema.waiting import Waiting

BEAT_SECONDS = 2
TAKEOVER_SECONDS = 10
STALL_SECONDS = 1  # a look that takes longer says that the cluster stood still, and with it the owner's beat
GRACE_SECONDS = 2 * BEAT_SECONDS + 1
LOOK_SECONDS = 0.5
STOP_SECONDS = 5
ANSWER_SECONDS = 60  # a long statement on the schema, of anybody, keeps every commit of a cluster waiting

NO_TABLE = 1146
LOST_RACE = {1062, 1213}  # somebody else's change came first
NOT_NOW = {1047, 1205, 1213}  # the cluster is finding itself, or the row is locked

# Never sa.Float: on MariaDB its four bytes put a beat minutes into the future, and the lease never ended.
lease = Table(
    f"{OWN_PREFIX}lease",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(64), nullable=False),  # empty: free
    Column("host", String(255), nullable=False),
    Column("beat", Double, nullable=False),
    Column("taken_at", Double, nullable=False),
    mysql_engine="InnoDB",
)
THE_ROW = lease.c.id == 1
NOW: ColumnElement[float] = literal_column("UNIX_TIMESTAMP(NOW(6))", Double)

DDL = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)


@contextmanager
def leased(connection: Connection, waiting: Waiting) -> Iterator[Callable[[], bool]]:
    """Own the lease of the database that ``connection`` will migrate; yields a question: is it still ours?"""
    mine = Lease(connection.engine)
    try:
        before = mine.take(waiting)
        wait_until_seen(connection, mine.owner, waiting)
        if before.owner:
            waiting.say(f"Took over from {described(before)}: no sign of life for {TAKEOVER_SECONDS} s.")
            wait_for_orphans(connection, waiting)
        yield mine.still_held
    finally:
        mine.give_back()
        mine.disconnect()


class Lease:
    """One process's share in the lease, on a connection of its own that commits by itself."""

    def __init__(self, engine: Engine) -> None:
        self.owner = uuid.uuid4().hex
        self.host = f"process {os.getpid()} on {socket.gethostname()}"[:255]
        self.engine = engine
        self.connection: Connection | None = None
        self.one_at_a_time = threading.Lock()  # the thread that beats, and the one that migrates
        self.lost = False
        self.ended = threading.Event()
        self.heart = threading.Thread(target=self.keep_beating, name="lease of the migration", daemon=True)

    # Getting it

    def take(self, waiting: Waiting) -> Row[Any]:
        """Wait for the lease; returns the row as it was before. Raises SchemaError, DBAPIError."""
        last = None
        changed_at = time.monotonic()
        while True:
            began = time.monotonic()
            row = self.look()
            now = time.monotonic()
            # The clocks of nodes differ, so only a change of the beat counts, and our own clock tells since when.
            if row is not None and (row.owner, row.beat) != last:
                last, changed_at = (row.owner, row.beat), now
            elif row is None or now - began > STALL_SECONDS:
                changed_at = max(changed_at, now - TAKEOVER_SECONDS + GRACE_SECONDS)
            free = row is not None and (not row.owner or now - changed_at >= TAKEOVER_SECONDS)
            if free and self.claim(row):
                self.heart.start()
                return row
            waiting.go_on(partial(described, row))
            time.sleep(LOOK_SECONDS)

    def look(self) -> Row[Any] | None:
        """The row as all nodes have it; None while the cluster does not say. Makes the table when there is none."""
        query = select(lease).where(THE_ROW)
        try:
            with suppress_code(NO_TABLE):
                if row := self.run(query).first():
                    return row
            self.run(CreateTable(lease, if_not_exists=True))
            self.run(insert(lease).prefix_with("IGNORE").values(id=1, owner="", host="", beat=0, taken_at=0))
            return self.run(query).first()
        except DBAPIError as error:
            if code(error) not in LOST_RACE | NOT_NOW:
                raise
            return None

    def claim(self, seen: Row[Any]) -> bool:
        """Become the owner, if the row is still as it was seen."""
        ours = {"owner": self.owner, "host": self.host, "beat": NOW, "taken_at": NOW}
        try:
            return self.change(lease.c.owner == seen.owner, lease.c.beat == seen.beat, **ours)
        except DBAPIError as error:
            if code(error) not in LOST_RACE | NOT_NOW:
                raise
            return False

    # Keeping it

    def keep_beating(self) -> None:
        while not self.lost and not self.ended.wait(BEAT_SECONDS):
            # The next beat tries again on a new connection; still_held tells when none of them arrives.
            with suppress(SQLAlchemyError):
                self.beat()

    def beat(self) -> bool:
        """Touch the row. False when it is somebody else's."""
        if not self.change(lease.c.owner == self.owner, beat=NOW):
            self.lost = True
        return not self.lost

    def still_held(self) -> bool:
        """Beat now, so that the answer is the cluster's. False as well when it gives none for long enough."""
        patience = time.monotonic() + TAKEOVER_SECONDS
        while self.heart.is_alive() and not self.lost:
            try:
                return self.beat()
            except SQLAlchemyError:
                if time.monotonic() > patience:
                    return False
                time.sleep(LOOK_SECONDS)
        return False

    def give_back(self) -> None:
        """Free the row; where that fails the next one waits until the beat is old."""
        if self.heart.ident is None:
            return
        self.ended.set()
        self.heart.join(STOP_SECONDS)
        for _ in range(0 if self.heart.is_alive() else 3):
            with suppress(SQLAlchemyError):
                self.change(lease.c.owner == self.owner, owner="")
                return

    # Its connection

    def change(self, *where: ColumnElement[bool], **values: Any) -> bool:
        return self.run(update(lease).where(THE_ROW, *where).values(**values)).rowcount == 1

    def run(self, statement: Executable) -> Any:
        if not self.one_at_a_time.acquire(timeout=ANSWER_SECONDS):
            raise SQLAlchemyError("The last word with the database about the lease has had no answer yet.")
        try:
            if self.connection is None:
                self.connection = self.connect()
            return self.connection.execute(statement)
        except SQLAlchemyError:
            self.disconnect()  # whatever it was: the next try begins with a new one
            raise
        finally:
            self.one_at_a_time.release()

    def connect(self) -> Connection:
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # the pool must not get a connection with these settings
        try:
            connection.execute(text("SET SESSION innodb_lock_wait_timeout = 2"))
            # A look sees what any node has committed before it. MySQL itself has no such variable, and no need.
            with suppress(DBAPIError):
                connection.execute(text("SET SESSION wsrep_sync_wait = 1"))
        except BaseException:
            connection.close()
            raise
        return connection

    def disconnect(self) -> None:
        if self.connection is not None:
            with suppress(SQLAlchemyError):
                self.connection.close()
            self.connection = None


def wait_until_seen(connection: Connection, owner: str, waiting: Waiting) -> None:
    """Wait until the migrating node has all that was committed before the claim, the last owner's notes included."""
    while True:
        with suppress_code(NO_TABLE, *NOT_NOW), connection.begin():
            if connection.scalar(select(lease.c.owner).where(THE_ROW)) == owner:
                return
        waiting.go_on(partial(described, None))
        time.sleep(LOOK_SECONDS)


def wait_for_orphans(connection: Connection, waiting: Waiting) -> None:
    """Wait for statements on the schema that outlive the process that sent them: a step on top of one would fail."""
    query = text("SELECT info FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = DATABASE()")
    told = False
    while True:
        with connection.begin():
            running = [short(info) for info in connection.scalars(query) if info and DDL.match(info)]
        if not running:
            return
        if not told:
            told = True
            waiting.say(f"The server is still at work on a statement of an earlier run, waiting for it: {running[0]}")
        waiting.go_on(partial("or rather its last statement: {}".format, running[0]))
        time.sleep(LOOK_SECONDS)


def described(row: Row[Any] | None) -> str:
    if row is None:
        return "or this node of the cluster does not answer for it"
    if not row.owner:
        return "one that begins right now"
    return f"{row.host}, at it since {datetime.fromtimestamp(row.taken_at, UTC):%H:%M:%S} UTC"


def short(statement: str) -> str:
    return " ".join(statement.split())[:100]


def code(error: DBAPIError) -> int | None:
    """The server's number of an error."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


@contextmanager
def suppress_code(*codes: int) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if code(error) not in codes:
            raise
