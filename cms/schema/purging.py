"""The only thing here that destroys: what was put aside long ago goes for good, once all of it is in a file."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cms.schema import own_tables, structure
from cms.schema.altering import alter, error_number, run_sql
from cms.schema.errors import SchemaError
from cms.schema.journal import LOCK_WAIT, PATIENCE_SECONDS
from cms.schema.kept import CELLS, Holding, all_tables, everything, name_of, where_they_are
from cms.schema.lock import only_one
from cms.schema.names import watches
from cms.schema.own_tables import Kept, kept, other_way, unfinished
from cms.schema.purged import dump
from cms.schema.run_on_server import LOCK_WAIT_SECONDS, autocommit
from cms.schema.scripts import Script
from cms.schema.sqlite import SqliteMover
from cms.schema.structure import Table, quoted

Say = Callable[[str], None]


def age(text: str) -> timedelta:
    """``90d`` or ``12h``. Raises SchemaError."""
    found = re.fullmatch(r"(\d{1,5})([dh])", text.strip())
    if found is None:
        raise SchemaError(f"{text!r} is no age: say 90d for days, or 12h for hours.")
    return timedelta(**{"days" if found[2] == "d" else "hours": int(found[1])})


def due(connection: Connection, older_than: timedelta) -> list[Holding]:
    """What was put aside longer ago than that, oldest first."""
    until = own_tables.now() - older_than
    return [one for one in everything(connection) if one.thing.kept_at is not None and one.thing.kept_at <= until]


def losses(found: Collection[Holding]) -> list[str]:
    """What the opposite ways will not bring back any more, a sentence for each."""
    lost: dict[tuple[str, str], list[str]] = {}
    for one in found:
        lost.setdefault((other_way(one.thing.way), one.thing.revision), []).append(one.name)
    return [
        f"The {way} through {revision} will not bring back {', '.join(names)}."
        for (way, revision), names in lost.items()
    ]


def purge(
    engine: Engine, wanted: Collection[int], folder: Path, say: Say, *, allow_blocking: bool = False
) -> Path | None:
    """Destroy the kept things with these ids, each of them first written to a file in ``folder``; gives its path.

    What has gone back, or is gone, meanwhile is passed over. Cut off, it leaves what a second run finishes.
    Raises SchemaError.
    """
    with engine.connect() as connection:
        try:
            with only_one(connection, say=say) as lock:
                connection.rollback()
                cut_off = unfinished(connection)
                if cut_off is not None:
                    raise SchemaError(
                        f"The {cut_off.way} through {cut_off.revision} was cut off half way: finish it first, since it "
                        "may need what is put aside."
                    )
                found = [one for one in everything(connection) if one.thing.id in wanted]
                found.sort(key=lambda one: one.thing.kind not in CELLS)  # a column may still point to a table
                refuse_parents(connection, found)
                path = dump(connection, found, folder) if found else None
                if path is not None:
                    say(f"written to {path}")
                connection.rollback()
                way = at_once if connection.dialect.name == "sqlite" else one_by_one
                way(connection, found, wanted, say, lock.check, allow_blocking)
        finally:
            if connection.dialect.name != "sqlite":
                connection.invalidate()  # it has waiting times of its own: not for the pool
    return path


def refuse_parents(connection: Connection, found: list[Holding]) -> None:
    """A table that another one still points to, or a kept column of one, cannot go before it."""
    going = {one.thing.kept_name for one in found}
    for table in all_tables(connection).values():
        for key in table.foreign_keys:
            if key.parent in going and not {table.name, *key.columns} & going:
                raise SchemaError(f"{table.name} still points to {key.parent}: nothing was destroyed.")


def forget_note(connection: Connection, number: int | None) -> None:
    connection.execute(kept.delete().where(kept.c.id == number))


def notes_of_nothing(connection: Connection, wanted: Collection[int]) -> list[Kept]:
    """Notes whose thing is gone: a purge was cut off behind it."""
    places = where_they_are(connection)
    things = own_tables.kept_things(connection, kept.c.returned.is_(False), kept.c.id.in_(list(wanted)))
    return [one for one in things if one.kept_name not in places]


def leftovers(connection: Connection, older_than: timedelta) -> list[int]:
    """The ids of notes of that age whose thing is gone."""
    if not own_tables.exist(connection):
        return []
    until = own_tables.now() - older_than
    old = connection.scalars(sa.select(kept.c.id).where(kept.c.kept_at <= until)).all()
    return [one.id for one in notes_of_nothing(connection, old) if one.id is not None]


# SQLite: all or nothing


def at_once(
    connection: Connection,
    found: list[Holding],
    wanted: Collection[int],
    say: Say,
    _still_locked: Callable[[], None],
    _allow_blocking: bool,
) -> None:
    with whole_transaction(connection):
        context = MigrationContext.configure(connection)
        mover = SqliteMover(context, Script("purge", "purge", []), lambda _name: False, say)
        for one in found:
            for place in one.places:
                if one.thing.kind in CELLS:
                    drop_sqlite_column(connection, mover, place, one.thing.kept_name)
                else:
                    run_sql(connection, f"DROP TABLE {quoted(place)}")
            forget_note(connection, one.thing.id)
            say(f"purged {one.name}")
        for note in notes_of_nothing(connection, wanted):
            forget_note(connection, note.id)


@contextmanager
def whole_transaction(connection: Connection) -> Iterator[None]:
    """One that writes from its start, DDL included, with the foreign keys off: a rebuilt table must not cascade."""
    connection.rollback()
    raw = connection.connection.dbapi_connection
    assert raw is not None
    level, keys = raw.isolation_level, raw.execute("PRAGMA foreign_keys").fetchone()[0]
    raw.isolation_level = None
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            if raw.in_transaction:
                raw.execute("COMMIT")  # the reading one that the engine may have begun
            raw.execute("BEGIN IMMEDIATE")
            yield
    finally:
        raw.execute(f"PRAGMA foreign_keys={'ON' if keys else 'OFF'}")
        raw.isolation_level = level


def drop_sqlite_column(connection: Connection, mover: SqliteMover, place: str, column: str) -> None:
    table = structure.read_sqlite(connection, place)
    for index in [index for index in table.indexes.values() if column in index.columns]:
        run_sql(connection, f"DROP INDEX {quoted(index.name)}")
    if not any(column in key.columns for key in table.foreign_keys):
        try:
            run_sql(connection, f"ALTER TABLE {quoted(place)} DROP COLUMN {quoted(column)}")
            return
        except DBAPIError:
            pass  # a unique or a check names it: then only a rebuilt table can be without it
    with mover.rebuilding(place) as text:
        for one in (*copies_for(table, column), column):
            text.drop_column(one)  # its keys and checks go with it


def copies_for(table: Table, column: str) -> list[str]:
    """The copies of other columns that a kept one watches its parents by."""
    return [one for one in table.columns if watches(one, column)]


# MariaDB and MySQL: one thing after the other, each of which may be the last


def one_by_one(
    connection: Connection,
    found: list[Holding],
    wanted: Collection[int],
    say: Say,
    still_locked: Callable[[], None],
    allow_blocking: bool,
) -> None:
    with autocommit(connection):
        run_sql(connection, f"SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}")
        for one in found:
            still_locked()
            for act in mysql_acts(connection, one.thing, allow_blocking=allow_blocking):
                patiently(act, say, still_locked)
            forget_note(connection, one.thing.id)
            say(f"purged {name_of(one.thing)}")
        for note in notes_of_nothing(connection, wanted):
            forget_note(connection, note.id)


def mysql_acts(connection: Connection, one: Kept, *, allow_blocking: bool) -> Iterator[Callable[[], object]]:
    """What is left to do, seen from what is there now."""
    tables = all_tables(connection)
    if one.kind not in CELLS:
        if one.kept_name in tables:
            yield lambda: drop_mysql_table(connection, one.kept_name)
        return
    for table in (table for table in tables.values() if one.kept_name in table.columns):
        for clause in clauses(table, one.kept_name):
            yield lambda name=table.name, clause=clause: alter(connection, name, clause, allow_blocking=allow_blocking)


def drop_mysql_table(connection: Connection, name: str) -> None:
    # Whatever still points to it goes next: ``refuse_parents`` has seen to that.
    run_sql(connection, "SET SESSION foreign_key_checks = 0")
    try:
        run_sql(connection, f"DROP TABLE {quoted(name)}")
    finally:
        if not connection.invalidated:
            run_sql(connection, "SET SESSION foreign_key_checks = 1")


def clauses(table: Table, column: str) -> Iterator[str]:
    """The foreign key and the index that went on watching a column, and then the column."""
    for key in table.foreign_keys:
        if column in key.columns:
            yield f"DROP FOREIGN KEY {quoted(key.name or '')}"
    for index in table.indexes.values():
        if column in index.columns:
            yield f"DROP INDEX {quoted(index.name)}"
    for one in (*copies_for(table, column), column):
        yield f"DROP COLUMN {quoted(one)}"


def patiently(act: Callable[[], object], say: Say, still_locked: Callable[[], None]) -> None:
    """Try again while somebody's transaction is in the way, letting the others pass in between."""
    until, told = time.monotonic() + PATIENCE_SECONDS, False
    while True:
        try:
            act()
            return
        except DBAPIError as error:
            if error_number(error) not in LOCK_WAIT or time.monotonic() > until:
                raise
        if not told:
            say("waiting for an open transaction of somebody else; the site goes on meanwhile")
            told = True
        time.sleep(random.uniform(0.5, 1.5))  # noqa: S311 (jitter, no secret)
        still_locked()
