"""The database: session, migrations, naming convention and the column types of this house."""

import enum
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from markupsafe import Markup
from sqlalchemy import BigInteger, DateTime, Enum, Integer, MetaData, String, Text, event, exists, select
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL, Dialect, Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import LargeBinary, TypeDecorator, TypeEngine

# Tells emoji apart and exists on MariaDB 10.6+ and MySQL 8 alike (uca1400 is MariaDB's alone, 0900 MySQL's).
MYSQL_COLLATION = "utf8mb4_unicode_520_ci"

# SQLite would give the id of a deleted row to the next one; the audit log must never mix the two up.
TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": MYSQL_COLLATION,
    "sqlite_autoincrement": True,
}
PAIR_TABLE = {key: value for key, value in TABLE.items() if key.startswith("mysql")}


class Base(DeclarativeBase):
    """What every model inherits: names of constraints and the options of its table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    __table_args__: Any = TABLE


ON_THIS_MACHINE = (None, "localhost", "127.0.0.1", "::1")
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"

db = SQLAlchemy(model_class=Base, disable_autonaming=False)
migrate = Migrate()

BigId = BigInteger().with_variant(Integer, "sqlite")
LongText = Text().with_variant(mysql.MEDIUMTEXT, "mysql", "mariadb")  # MySQL's TEXT ends at 64 KB
LongBlob = LargeBinary().with_variant(mysql.MEDIUMBLOB, "mysql", "mariadb")


def identity(length: int) -> TypeEngine[str]:
    """Text that tells rows apart, folded by us: compared byte by byte on every database."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
    )


def ascii_identity(length: int) -> TypeEngine[str]:
    """The same for hashes, tokens and other ASCII."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="ascii", collation="ascii_bin"), "mysql", "mariadb"
    )


def by_value(kind: type[enum.Enum]) -> Enum:
    """An enum stored by its value, guarded by a CHECK."""
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=20,
        name=kind.__name__.lower(),
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, DATETIME(6) in MySQL, text that sorts on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A time without a time zone: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


class CleanHtml(TypeDecorator[Markup]):
    """HTML that went through ``cms.text.sanitize``: takes only ``Markup`` and gives it back."""

    impl = LongText
    cache_ok = True

    def process_bind_param(self, value: Markup | None, dialect: Dialect) -> str | None:
        if value is not None and not isinstance(value, Markup):
            raise ValueError("Only sanitised Markup may be stored as HTML.")
        return str(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Markup | None:
        return Markup(value) if value is not None else None  # noqa: S704 (it was clean when it was stored)


class Identified:
    """A model with a number of its own."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True, sort_order=-1)


def is_any(query: Any) -> bool:
    """Whether ``query`` has a row at all: an EXISTS, whatever the size of the table."""
    return bool(db.session.scalar(select(exists(query.order_by(None)))))


def register_database(app: Flask) -> None:
    """Bind ``db`` and ``migrate`` to the app. Charset, pool, isolation and modes are decided here."""
    url = make_url(app.config["DATABASE_URL"])
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    if url.get_backend_name() in ("mysql", "mariadb"):
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "pool_pre_ping": True,
            "pool_recycle": 280,
            "pool_size": 10,
            "max_overflow": 20,
            # A reader needs one snapshot for all of a page.
            "isolation_level": "REPEATABLE READ",
            "connect_args": {
                "charset": "utf8mb4",
                "connect_timeout": 10,
                "init_command": (
                    "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 10,"
                    " sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
                    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
                ),
                **_encryption(url),
            },
        }
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS), render_as_batch=True)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)


def _encryption(url: URL) -> dict[str, bool]:
    """No TLS to a server on this machine unless the URL asks for it: PyMySQL would read all certificates each time."""
    asked_for = any(name.startswith("ssl") for name in url.query)
    return {"ssl_disabled": True} if url.host in ON_THIS_MACHINE and not asked_for else {}


class HintedSQLite(SQLiteCompiler):
    """Writes what ``with_hint`` says to SQLite too: INDEXED BY an index, or NOT INDEXED but by the key."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


def prepare_sqlite(engine: Engine) -> None:
    """Set each of its connections up for several processes that write."""
    engine.dialect.statement_compiler = HintedSQLite

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: see cms.transactions
        connection.execute("PRAGMA busy_timeout=30000")
        _switch_to_wal(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Turn write-ahead logging on. Of two connections that do so to a new file at once SQLite refuses one unasked."""
    patience = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # busy_timeout does not cover this: waiting with the shared lock that it holds could be a deadlock.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.01)
