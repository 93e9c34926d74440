"""Processes that end by kill -9 at a chosen statement.

One helper process has everything imported, the CMS too, and forks a child for each job, which costs some hundredths
of a second; it has no threads, so that a fork is safe. The jobs are lines of JSON on its standard input.
"""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import flask_migrate
from alembic import command
from flask import Flask
from pymysql.connections import Connection
from sqlalchemy import Pool, event

from cms import create_app
from cms.config import Settings
from cms.db import db
from cms.schema import purging
from tests.schema.workbench import configuration, engine_for

ROOT = Path(__file__).resolve().parent.parent.parent
# "-- " stands before what SQLite runs to answer a SELECT from a pragma.
READS = re.compile(r"\s*(-- )?(SELECT|SHOW|PRAGMA|EXPLAIN|DESC|DESCRIBE|SET|USE|BEGIN|START)\b", re.IGNORECASE)
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Job:
    """``alembic upgrade|downgrade``, or a purge of all into the folder ``target``.

    Killed at statement ``at`` (from 1), or never when that is 0.

    ``how``: ``before`` it is sent; ``sent``, behind the sending and before the answer (MariaDB alone); ``ask``, which
    is ``sent`` but tells the parent instead and goes on with the answer of a server that may be gone.
    """

    folder: str
    url: str
    way: str
    target: str
    at: int = 0
    how: str = "before"
    seconds: float = 0  # from its beginning to its death, wherever it is then
    app: str = ""  # the instance folder of the CMS, whose own migrations are to be run


@dataclass(frozen=True)
class Ended:
    """How a job went: ``code`` is 0, 1 or KILLED; ``statements`` in the order in which they were sent."""

    code: int
    error: str
    statements: list[str]

    @property
    def last(self) -> str:
        return self.statements[-1] if self.statements else "nothing"


class Children:
    """The helper process; ``run`` is one child of it."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "child"
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.schema.children", str(self.notes)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        assert self.process is not None
        self.process.communicate()

    def run(self, job: Job, reached: Callable[[], None] | None = None) -> Ended:
        """Run ``job`` to its end; ``reached`` is called when an ``ask`` child stands at its statement."""
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(job)) + "\n")
        self.process.stdin.flush()
        while (line := self.process.stdout.readline().strip()) == "reached":
            if reached is not None:
                reached()
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        error = shortened(self.notes.with_suffix(".error").read_text())
        statements = self.notes.with_suffix(".statements").read_text()
        return Ended(int(line.removeprefix("ended ")), error, [part for part in statements.split("\0\n") if part])


def shortened(error: str) -> str:
    """The end of a traceback, which names what is wrong."""
    lines = [line for line in error.splitlines() if not line.startswith("(Background on")]
    return "\n".join(lines[-8:])


class Killer:
    """Counts what is sent to the database and dies where it is told to."""

    def __init__(self, job: Job, statements: Path) -> None:
        self.job = job
        self.number = 0
        self.statements = statements.open("w")

    def before(self, statement: str) -> None:
        self.number += 1
        if self.number == self.job.at and self.job.how == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        self.statements.write(f"{statement}\0\n")
        self.statements.flush()

    def after(self) -> None:
        if self.number != self.job.at:
            return
        if self.job.how == "sent":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.job.how == "ask":
            os.write(1, b"reached\n")
            os.read(0, 3)

    def watch(self) -> None:
        """From now on, in this process: MariaDB at the packet, SQLite by its own trace of what it begins to run."""
        send = Connection._execute_command

        def counted(connection: Connection, code: int, sql: Any) -> None:
            words = sql.decode(errors="replace") if isinstance(sql, bytes) else str(sql)
            self.before(words)
            send(connection, code, sql)
            self.after()

        Connection._execute_command = counted
        event.listen(Pool, "connect", self.trace)

    def trace(self, raw: Any, _record: Any) -> None:
        if hasattr(raw, "set_trace_callback"):
            raw.set_trace_callback(self.before)


def run_job(job: Job, notes: Path) -> int:
    """In the child. Returns its exit code."""
    with notes.with_suffix(".error").open("w") as error:
        Killer(job, notes.with_suffix(".statements")).watch()
        if job.seconds:
            # Nobody catches it, so that it ends the process on the spot as kill -9 does.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, job.seconds)
        try:
            run(job)
        except BaseException:
            error.write(traceback.format_exc())
            return 1
    return 0


def run(job: Job) -> None:
    if job.way == "purge":
        engine = engine_for(job.url)
        with engine.connect() as connection:
            due, gone = purging.due(connection, timedelta(0)), purging.leftovers(connection, timedelta(0))
        purging.purge(
            engine, [*[one.thing.id for one in due if one.thing.id], *gone], Path(job.target), lambda _line: None
        )
    elif not job.app:
        getattr(command, job.way)(configuration(Path(job.folder), job.url), job.target)
    else:
        with app_of(job.app, job.url).app_context():
            getattr(flask_migrate, job.way)(revision=job.target)
            db.engine.dispose()


@cache
def app_of(instance: str, url: str) -> Flask:
    return create_app(Settings.for_tests(Path(instance), DATABASE_URL=url))


def main(notes: Path) -> None:
    gc.freeze()  # or each child would copy what it never changes
    for line in iter(sys.stdin.readline, ""):
        job = Job(**json.loads(line))
        if job.app:
            app_of(job.app, job.url)  # once, before the fork; it connects to nothing
        pid = os.fork()
        if pid == 0:
            code = 2
            try:
                code = run_job(job, notes)
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        os.write(1, f"ended {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
