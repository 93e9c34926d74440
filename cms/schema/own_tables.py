"""Our own tables in the database: the journal, what is kept, the history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection

metadata = sa.MetaData()

OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

# One row an operation of the revision under way, and one for the script itself; the rows of a revision go with the
# commit of its version.
journal = sa.Table(
    "alembic_journal",
    metadata,
    sa.Column("revision", sa.String(128), primary_key=True),
    sa.Column("way", sa.String(10), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),  # from 0, or SOURCE, ORPHANS
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("units", LONG, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # the unit that is next, or under way
    sa.Column("fingerprint", sa.String(64)),  # of the schema before the DDL under way; None between two units
    sa.Column(
        "cursor", LONG
    ),  # how far a chunked unit has come; of a copying one, the keys that must be there behind it
    sa.Column("seconds", sa.Float(53), nullable=False),  # a plain Float is 4 bytes on MySQL
    **OPTIONS,
)

SOURCE = -1  # the step whose units are the source of the script, for whoever has to finish without its file
ORPHANS = -2  # whose units are the rows that pointed nowhere when the revision was begun: those are not of its making

kept = sa.Table(
    "alembic_kept",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("revision", sa.String(128), nullable=False),
    sa.Column("way", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),  # column, table, type, rows
    sa.Column("table_name", sa.String(128), nullable=False),
    sa.Column("column_name", sa.String(128), nullable=False),
    sa.Column("kept_name", sa.String(128), nullable=False, unique=True),
    sa.Column("extra", sa.JSON, nullable=False),
    sa.Column("kept_at", TIME, nullable=False),
    sa.Column("returned", sa.Boolean, nullable=False),  # has gone back; the row goes with the commit of the version
    sqlite_autoincrement=True,
    **OPTIONS,
)

history = sa.Table(
    "alembic_history",
    metadata,
    sa.Column("id", ID, primary_key=True),
    sa.Column("revision", sa.String(128), nullable=False),
    sa.Column("down_revision", sa.String(300), nullable=False),
    sa.Column("way", sa.String(10), nullable=False),
    sa.Column("started_at", TIME, nullable=False),
    sa.Column("finished_at", TIME, nullable=False),
    sa.Column("seconds", sa.Float(53), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("filename", sa.String(255), nullable=False),
    sa.Column("source", LONG, nullable=False),
    sa.Column("source_digest", sa.String(64), nullable=False),
    sa.Column("structure", LONG, nullable=False),  # visible_lines() after the last revision of a run, else ''
    sqlite_autoincrement=True,
    **OPTIONS,
)

# Derived from what is there; a server that cannot keep the row of a run is none that we start on.
TABLES = (journal, kept, history)


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def exist(connection: Connection) -> bool:
    return sa.inspect(connection).has_table(history.name)


def make(connection: Connection) -> None:
    metadata.create_all(connection, checkfirst=True)


@dataclass
class Kept:
    """Something that was put aside: a column, a table, the originals of a change of type, or rows."""

    revision: str
    way: str
    kind: str
    table_name: str
    column_name: str
    kept_name: str
    extra: dict[str, Any] = field(default_factory=dict)
    id: int | None = None
    kept_at: datetime | None = None
    returned: bool = False


def kept_things(connection: Connection, *conditions: Any) -> list[Kept]:
    """Oldest first."""
    rows = connection.execute(sa.select(kept).where(*conditions).order_by(kept.c.id)).mappings()
    return [Kept(**row) for row in rows]


def other_way(way: str) -> str:
    return "downgrade" if way == "upgrade" else "upgrade"


@dataclass(frozen=True)
class Unfinished:
    """A run through ``revision`` that was cut off half way."""

    revision: str
    way: str


def unfinished(connection: Connection) -> Unfinished | None:
    """The run that was cut off, if any. SQLite never has one: there a run is one transaction."""
    if not exist(connection):
        return None
    begun = sa.select(journal.c.revision, journal.c.way).where(journal.c.step >= 0)
    row = connection.execute(begun.limit(1)).first()
    return Unfinished(row.revision, row.way) if row is not None else None
