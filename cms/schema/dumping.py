"""MariaDB's and MySQL's own programs, which write a database as SQL and read it again."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from sqlalchemy.engine import Engine

from cms.schema.archive import CHUNK, Member
from cms.schema.errors import SchemaError

DUMP = ("mariadb-dump", "mysqldump")
CLIENT = ("mariadb", "mysql")
COMMON = ("--default-character-set=utf8mb4", "--max-allowed-packet=1G")
LAST_LINE = b"-- Dump completed"
CREATED = re.compile(rb"CREATE TABLE `((?:[^`]|``)+)`")


@dataclass
class Dump:
    """What was seen in the SQL on its way."""

    tables: set[str] = field(default_factory=set)
    longest_line_bytes: int = 0


def dump(engine: Engine, into: Member) -> Dump:
    """Write all tables, views and triggers as SQL, of one moment, without a lock. Raises SchemaError."""
    seen, last = Dump(), b""
    options = (
        "--single-transaction",
        "--quick",
        "--hex-blob",
        "--skip-add-drop-table",  # loaded over something by mistake, it fails and destroys nothing
        "--skip-add-locks",  # Galera has no LOCK TABLES
        "--no-tablespaces",  # MySQL asks for the PROCESS right otherwise
    )
    with running(engine, DUMP, options, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        # A line break inside a value is written \n, so that a statement with data is one line.
        for line in process.stdout:
            into.write(line)
            last = line
            seen.longest_line_bytes = max(seen.longest_line_bytes, len(line))
            if found := CREATED.match(line):
                seen.tables.add(found[1].decode().replace("``", "`"))
    if not last.startswith(LAST_LINE):
        raise SchemaError("The dump of the database ends in the middle. Nothing was kept of it.")
    return seen


def load(engine: Engine, source: BinaryIO) -> None:
    """Run the SQL of a dump; stops at the first statement that fails. Raises SchemaError."""
    # Binary mode: no command of the client's own is obeyed, whatever the file holds.
    with running(engine, CLIENT, ("--binary-mode",), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        # When it gives up it closes its end, and says why.
        with suppress(BrokenPipeError):
            shutil.copyfileobj(source, process.stdin, CHUNK)
        with suppress(BrokenPipeError):
            process.stdin.close()


def program(engine: Engine, names: tuple[str, str]) -> str:
    """Prefer the one of the server's own kind. Raises SchemaError when there is none."""
    of_mariadb = getattr(engine.dialect, "is_mariadb", False)
    for name in names if of_mariadb else names[::-1]:
        if found := shutil.which(name):
            return found
    package = "mariadb-client" if of_mariadb else "the client programs of MySQL"
    raise SchemaError(f"{names[0]} is not installed here. Install {package} (Debian: apt install mariadb-client).")


@contextmanager
def running(
    engine: Engine, names: tuple[str, str], options: tuple[str, ...], *, stdin: int, stdout: int
) -> Iterator[subprocess.Popen[bytes]]:
    path = program(engine, names)
    with login_file(engine) as login, tempfile.TemporaryFile() as complaints:
        command = [path, f"--defaults-file={login.name}", *COMMON, *options, str(engine.url.database)]
        with subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=complaints) as process:  # noqa: S603
            try:
                yield process
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip() or f"exit code {process.returncode}"
            raise SchemaError(f"{Path(path).name} failed: {said[-1000:]}")


@contextmanager
def login_file(engine: Engine) -> Iterator[IO[bytes]]:
    """Where the server is and who we are, in a file for us alone: a command line can be read by everybody."""
    _, to = engine.dialect.create_connect_args(engine.url)
    ssl = to.get("ssl") or {}
    options = {
        "host": to.get("host") or "localhost",
        "port": to.get("port") or 3306,
        "socket": to.get("unix_socket"),
        # "localhost" alone means the socket to these programs, and TCP to PyMySQL.
        "protocol": "socket" if to.get("unix_socket") else "tcp",
        "user": to.get("user"),
        "password": to.get("password") or to.get("passwd"),
        "ssl-ca": ssl.get("ca"),
        "ssl-cert": ssl.get("cert"),
        "ssl-key": ssl.get("key"),
    }
    lines = [b"[client]"]
    for name, value in options.items():
        if value is not None:
            encoding = "latin-1" if name == "password" else "utf-8"  # as PyMySQL sends them
            lines.append(f"{name}={quoted(str(value))}".encode(encoding))
    if not ssl:
        lines.append(b"loose-skip-ssl")  # as the application does; from 11.4 on these programs insist on certificates
    lines += [b"[mysqldump]", b"loose-set-gtid-purged=OFF", b""]  # MySQL's alone: loading it would ask for SUPER
    with tempfile.NamedTemporaryFile(prefix="login-", suffix=".cnf") as file:  # mode 0600
        file.write(b"\n".join(lines))
        file.flush()
        yield file


def quoted(value: str) -> str:
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        value = value.replace(character, escape)
    return f'"{value}"'
