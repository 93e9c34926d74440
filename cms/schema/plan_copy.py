"""A copy of an SQLite database to plan on: the plan is the run itself, and the live site must not wait for that."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from cms.schema.disk import beside, ensure_room, in_words
from cms.schema.lock import file_of


@contextmanager
def copied(engine: Engine, connection: Connection) -> Iterator[Engine]:
    """An engine over a copy beside the database, which is gone afterwards. Raises SchemaError without room for it.

    Its connections are set up as those of ``engine``, with whatever functions and collations the application adds.
    A database in memory is nobody else's and needs no copy.
    """
    if not (path := file_of(connection)):
        yield engine
        return
    live, mine = Path(path), get_ident()
    ensure_room(live.parent, 2 * live.stat().st_size)  # the copy, and what the plan writes into it
    with beside(live) as folder:
        copy = folder / "plan.sqlite3"
        with in_words("The database could not be copied to plan on"), closing(engine.raw_connection()) as raw:
            raw.cursor().execute("VACUUM INTO ?", (str(copy),))

        def instead(_dialect: Any, _record: Any, _arguments: Any, parameters: dict[str, Any]) -> Any:
            return sqlite3.connect(copy, **parameters) if get_ident() == mine else None

        event.listen(engine, "do_connect", instead)
        planning = sa.create_engine("sqlite://", pool=engine.pool.recreate())
        try:
            yield planning
        finally:
            planning.dispose()
            event.remove(engine, "do_connect", instead)
