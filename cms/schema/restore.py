"""The way back from a backup: into an empty database, or in place of one that was saved first."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tarfile import TarFile

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine

from cms.schema import archive, dumping, manifest, media_folder, snapshots, verify
from cms.schema.backup import back_up
from cms.schema.disk import beside, ensure_room, in_words, listed
from cms.schema.errors import SchemaError
from cms.schema.manifest import Manifest
from cms.schema.names import is_ours

LOCK_SECONDS = 10  # MariaDB itself would wait a day for whoever still uses a table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Restored:
    """A database that holds what the manifest says, and where what was there before has gone."""

    manifest: Manifest
    safety: Path | None  # a backup of the database before; None when that was empty
    uncompared: tuple[str, ...]  # tables that moved while the backup was made: loaded, with no digest to compare


def restore(engine: Engine, path: Path, *, media: Path | None = None, replace: bool = False) -> Restored:
    """Put what the backup at ``path`` holds into the database behind ``engine``, and its files into ``media``.

    Stop the site first. A database that is not empty is refused, or with ``replace`` saved beside ``path`` and then
    emptied. Files that the backup does not know stay. Raises SchemaError, which says where the saved database is.
    """
    path = Path(path).absolute()
    with in_words("Nothing was restored"), manifest.checked(path) as (tar, backup):
        there = refuse_what_cannot_go(engine, backup, replace=replace)
        if media is not None:
            media_folder.refuse_what_cannot_go(tar, backup, media, replace=replace)
        safety = save(engine, path) if there else None
        with pointing_at(safety):
            # The files first: no row may name one that is not there yet.
            if media is not None:
                media_folder.put(tar, backup, media)
            load = load_sqlite if backup.engine == "sqlite" else load_mariadb
            load(engine, tar, backup)
            compare(engine, backup)
    return Restored(backup, safety, backup.moved)


def refuse_what_cannot_go(engine: Engine, backup: Manifest, *, replace: bool) -> list[str]:
    """Raises SchemaError before anything was touched; gives the names of the tables and views that are there."""
    kind = snapshots.kind_of(engine)
    if kind != backup.engine:
        raise SchemaError(f"The backup is of {backup.engine} and the database is {kind}: it only goes into its like.")
    with engine.connect() as connection:
        there = [*inspect(connection).get_table_names(), *inspect(connection).get_view_names()]
        there.sort(key=lambda name: (is_ours(name), name))
        if there and not replace:
            raise SchemaError(
                f"The database is not empty, it has {listed(there)}. "
                "With --replace it is saved first and then replaced."
            )
        if kind != "sqlite":
            dumping.program(engine, dumping.CLIENT)
            longest = connection.execute(text("SELECT @@max_allowed_packet")).scalar_one()
            if backup.longest_statement_bytes >= longest:
                raise SchemaError(
                    f"The backup has a statement of {backup.longest_statement_bytes} bytes and the server takes "
                    f"less than {longest}: set its max_allowed_packet higher for the restore. Nothing was changed."
                )
    return there


def save(engine: Engine, path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    safety = back_up(engine, path.with_name(f"{path.stem}-replaced-{stamp}{path.suffix}")).path
    log.info("the database as it was is saved in %s", safety)  # for whoever finds a restore that was killed
    return safety


@contextmanager
def pointing_at(safety: Path | None) -> Iterator[None]:
    """Say in each error where the database of before is."""
    where = f"What was in the database before is in {safety}; restore that with --replace to have it back."
    if safety is None:
        where = "The database was empty before; it may hold a part of the backup now."
    try:
        with in_words("The restore failed"):
            yield
    except SchemaError as error:
        raise SchemaError(f"{error} {where}") from error


def load_sqlite(engine: Engine, tar: TarFile, backup: Manifest) -> None:
    """Into the live file by SQLite's own means, in one transaction: all or nothing, also through a power cut."""
    engine.dispose()  # connections of our own would be in the way as well
    with closing(engine.raw_connection()) as pooled:
        live = pooled.driver_connection
        assert isinstance(live, sqlite3.Connection)
        home = Path(live.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0])
        with beside(home) as folder:
            ensure_room(folder, 2 * tar.getmember(backup.database).size)
            copy = folder / backup.database
            with copy.open("wb") as file:
                shutil.copyfileobj(archive.content(tar, backup.database), file, archive.CHUNK)
            with closing(sqlite3.connect(copy)) as source, out_of_wal(live):
                source.backup(live, progress=refuse_to_wait)
    engine.dispose()


@contextmanager
def out_of_wal(live: sqlite3.Connection) -> Iterator[None]:
    """A file in WAL mode takes no pages of another size; and nobody else can have it open when it leaves that mode."""
    live.execute("PRAGMA busy_timeout = 1000")
    mode = live.execute("PRAGMA journal_mode").fetchone()[0]
    try:
        live.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        raise SchemaError("Somebody else has the database open: stop the site first. It was not changed.") from error
    try:
        yield
    finally:
        live.execute(f"PRAGMA journal_mode = {mode}").fetchone()


def refuse_to_wait(status: int, _remaining: int, _total: int) -> None:
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):  # Python would try again for ever
        raise SchemaError("Somebody else is using the database: stop the site first. It was not changed.")


def load_mariadb(engine: Engine, tar: TarFile, backup: Manifest) -> None:
    with engine.connect() as connection:
        connection.detach()  # what is set here must not go back into the pool
        quote = connection.dialect.identifier_preparer.quote_identifier
        connection.execute(text(f"SET lock_wait_timeout = {LOCK_SECONDS}, foreign_key_checks = 0"))
        for kind, names in (
            ("VIEW", inspect(connection).get_view_names()),
            ("TABLE", inspect(connection).get_table_names()),
        ):
            for name in names:
                connection.exec_driver_sql(f"DROP {kind} {quote(name)}")
    dumping.load(engine, archive.content(tar, backup.database))


def compare(engine: Engine, backup: Manifest) -> None:
    with engine.connect() as connection:
        found = verify.contents(connection, leave_out=set(backup.moved).__contains__, ours=True)
        missing = set(backup.moved) - set(inspect(connection).get_table_names())
    if differing := sorted({*verify.differing(found, backup.tables), *missing}):
        raise SchemaError(f"The content is not that of the backup, in: {listed(differing)}.")
