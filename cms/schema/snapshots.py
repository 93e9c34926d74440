"""A database as it was at one moment, while others go on writing to it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.engine import Connection, Engine

from cms.schema import archive, dumping, verify
from cms.schema.errors import SchemaError


@dataclass(frozen=True)
class Snapshot:
    """What a database was like at the moment that its backup shows."""

    heads: tuple[str, ...]
    tables: dict[str, verify.TableContent]
    moved: tuple[str, ...] = ()
    longest_statement_bytes: int = 0


def write_sqlite(engine: Engine, member: archive.Member, folder: Path) -> Snapshot:
    copy = folder / "copy.sqlite3"
    with closing(engine.raw_connection()) as connection:  # VACUUM refuses to run inside the transaction of a plain one
        connection.cursor().execute("VACUUM INTO ?", (str(copy),))
    snapshot = look_at_sqlite(copy)
    with copy.open("rb") as source:
        shutil.copyfileobj(source, member, archive.CHUNK)
    copy.unlink()
    return snapshot


def look_at_sqlite(path: Path) -> Snapshot:
    """Check a database file of our own and read what it holds. Raises SchemaError."""
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path), poolclass=NullPool)
    with engine.connect() as connection:
        complaints = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        if complaints != ["ok"]:
            raise SchemaError(f"The copy of the database is damaged: {complaints[0]}.")
        return Snapshot(heads_of(connection), verify.contents(connection, ours=True))


def write_mariadb(engine: Engine, member: archive.Member, _folder: Path) -> Snapshot:
    with snapshot_of(engine) as before:
        tables = inspect(before).get_table_names()
        sums = checksums(before, tables)
        heads = heads_of(before)
        dump = dumping.dump(engine, member)
        if missing := sorted(set(tables) - dump.tables):
            raise SchemaError(f"The dump of the database lacks tables: {', '.join(missing[:5])}.")
        with snapshot_of(engine) as after:
            now = checksums(after, inspect(after).get_table_names())
        still = {name for name in tables if name in sums and sums[name] == now.get(name)}
        moved = sorted((set(tables) | dump.tables) - still)
        # Equal before and after, so what this transaction still sees is what was dumped.
        contents = verify.contents(before, leave_out=set(moved).__contains__, ours=True)
    return Snapshot(heads, contents, tuple(moved), dump.longest_line_bytes)


@contextmanager
def snapshot_of(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        connection.execute(text("START TRANSACTION WITH CONSISTENT SNAPSHOT"))
        yield connection


def checksums(connection: Connection, tables: list[str]) -> dict[str, int]:
    """MariaDB's own, quick and only good to see whether a table moved; they read the transaction's snapshot (tried)."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    sums = {name: connection.exec_driver_sql(f"CHECKSUM TABLE {quote(name)}").one()[1] for name in tables}
    return {name: checksum for name, checksum in sums.items() if checksum is not None}  # NULL: it cannot be read


def kind_of(engine: Engine) -> str:
    """``sqlite``, ``mariadb`` or ``mysql``. Raises SQLAlchemyError when the server cannot be reached."""
    if engine.dialect.name == "sqlite":
        return "sqlite"
    with engine.connect() as connection:  # the dialect learns from its first connection what the server is
        return "mariadb" if getattr(connection.dialect, "is_mariadb", False) else "mysql"


def heads_of(connection: Connection) -> tuple[str, ...]:
    return tuple(sorted(MigrationContext.configure(connection).get_current_heads()))


def database_bytes(engine: Engine) -> int:
    """About how much disk ``write_sqlite`` or ``write_mariadb`` takes, with what it is written into."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            counts = ("page_count", "freelist_count", "page_size")
            pages, free, size = (connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in counts)
            return 2 * (pages - free) * size  # the copy, and the copy of it in the archive
        query = "SELECT SUM(data_length) FROM information_schema.tables WHERE table_schema = DATABASE()"
        return 2 * int(connection.scalar(text(query)) or 0)  # in hexadecimal a byte takes two
