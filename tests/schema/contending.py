"""Processes that want to migrate one database: ``python -m tests.schema.contending WHAT KIND FOLDER ROUNDS URL...``

``contend`` forks a process for each URL; each enters ROUNDS times, alone or it fails. ``hold`` takes the lock, says so
and keeps it while it runs the statements that come on its standard input, one a line. KIND is ``lock``, or ``lease``
where the lease is wanted on a server that is no cluster.
"""

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

if __name__ == "__main__":
    # One of many processes, which needs ``cms.schema`` alone: the blog round it takes a second to import.
    sys.modules["cms"] = ModuleType("cms")
    sys.modules["cms"].__path__ = [str(Path(__file__).resolve().parents[2] / "cms")]

from cms.schema.lease import leased
from cms.schema.lock import Lock, only_one
from cms.schema.waiting import Waiting

INSIDE = 0.02
PATIENCE = 120


@contextmanager
def locked(kind, connection, *, wait_seconds=PATIENCE, say=lambda _message: None):
    """``only_one``, or the lease whatever the server is."""
    if kind == "lock":
        with only_one(connection, wait_seconds=wait_seconds, say=say) as lock:
            yield lock
    else:
        with leased(connection, Waiting(wait_seconds, say)) as still_held:
            yield Lock(still_held)


def enter(kind, folder, rounds, url):
    """Each time inside make a file that nobody else may have made, and note it."""
    engine = create_engine(url, poolclass=NullPool)
    for _ in range(rounds):
        with engine.connect() as connection, locked(kind, connection) as lock:
            os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))  # fails when somebody else is inside
            lock.check()
            time.sleep(INSIDE)
            (folder / "inside").unlink()
            with (folder / "entered").open("a") as notes:
                notes.write(f"{os.getpid()} {time.time()}\n")


def contend(kind, folder, rounds, urls):
    start, go = os.pipe()
    children = []
    for url in urls:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.close(go)
                os.read(start, 1)  # all begin when the parent closes its end
                enter(kind, folder, rounds, url)
                status = 0
            except BaseException as error:
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                sys.stderr.flush()
            finally:
                os._exit(status)
        children.append(child)
    os.close(go)
    sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))


def hold(kind, url):
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection, locked(kind, connection) as lock:
        tell("held")
        for statement in sys.stdin:
            connection.execute(text(statement))
            connection.commit()
            lock.check()
            tell("done")


def tell(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    what, kind, folder, rounds, *urls = sys.argv[1:]
    if what == "contend":
        contend(kind, Path(folder), int(rounds), urls)
    else:
        hold(kind, urls[0])
