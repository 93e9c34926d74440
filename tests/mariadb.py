"""A private MariaDB for the tests: made in a temporary folder, gone afterwards, no other server is touched."""

import atexit
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pymysql

START_SECONDS = 60
# The tests want speed and throw the data away.
FORGETFUL = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
)
SMALL = (
    "--innodb-log-file-size=16M",
    "--innodb-buffer-pool-size=64M",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--skip-name-resolve",
)


def program(*names: str) -> str | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def missing_reason() -> str | None:
    """Why there can be no MariaDB here; None when there can."""
    if program("mariadbd", "mysqld") and program("mariadb-install-db", "mysql_install_db"):
        return None
    return "MariaDB is not installed (Debian: apt install mariadb-server)."


def account() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


@functools.cache
def template() -> Path:
    """The data folder of a fresh installation, made once and copied for each server."""
    folder = Path(tempfile.mkdtemp(prefix="lightblog-mariadb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = subprocess.run(
        [
            program("mariadb-install-db", "mysql_install_db"),
            "--no-defaults",
            f"--datadir={folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *account(),
            *SMALL,
            *FORGETFUL,
        ],
        # Its temporary tables are named by numbers that another installation at the same time uses too.
        env={**os.environ, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout}{done.stderr}")
    return folder / "data"


class PrivateMariaDB:
    """One server on a free port of 127.0.0.1. ``durable`` keeps every commit through a kill; ``flags`` go last.

    In ``kept`` its data stay, and are there again the next time.
    """

    def __init__(self, *, durable: bool = False, flags: Sequence[str] = (), kept: Path | None = None) -> None:
        self.folder = kept or Path(tempfile.mkdtemp(prefix="lightblog-mariadb-"))
        self.is_kept = kept is not None
        self.flags = (*SMALL, *(() if durable else FORGETFUL), *flags)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        if not (self.folder / "data").exists():
            shutil.copytree(template(), self.folder / "data")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self.remove()

    def start(self) -> None:
        """Start, or start again after ``stop`` or ``kill`` with the same data and port; returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    program("mariadbd", "mysqld"),
                    "--no-defaults",
                    f"--datadir={self.folder / 'data'}",
                    f"--tmpdir={self.folder}",
                    f"--socket={self.folder / 'socket'}",
                    f"--pid-file={self.folder / 'pid'}",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1",
                    "--character-set-server=utf8mb4",
                    *account(),
                    *self.flags,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"MariaDB did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def connect(self, database: str | None = None) -> "pymysql.Connection":
        """A connection of our own, past the app; commits by itself."""
        where = {"host": "127.0.0.1", "port": self.port, "user": "root", "database": database}
        return pymysql.connect(**where, charset="utf8mb4", autocommit=True, ssl_disabled=True)

    def create_database(self, name: str) -> str:
        """Make ``name`` new and empty; returns its URL."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return self.url(name)

    def ensure_database(self, name: str) -> str:
        """The URL of ``name``, made if it is not there."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4")
        return self.url(name)

    def url(self, database: str) -> str:
        return f"mysql://root@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self._end("terminate")

    def kill(self) -> None:
        """As if the power went."""
        self._end("kill")

    def _end(self, how: str) -> None:
        if self.process is not None:
            getattr(self.process, how)()
            self.process.wait(START_SECONDS)
            self.process = None

    def remove(self) -> None:
        if not self.is_kept:
            shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
