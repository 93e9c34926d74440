"""A tiny project of its own: a folder of migrations, a database, and what can be seen in it from outside."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, event, inspect, text
from sqlalchemy.engine import Connection, Engine, Inspector, make_url

from cms.schema.run import Options

HIDDEN = ("_k_", "alembic_", "sqlite_")

PLAIN_ENV = """
from alembic import context
from sqlalchemy import create_engine, event

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
if engine.dialect.name == "sqlite":
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA foreign_keys=ON"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""

OUR_ENV = """
from alembic import context
from sqlalchemy import create_engine

from cms.schema.running import run_migrations

engine = context.config.attributes.get("engine") or create_engine(context.config.get_main_option("sqlalchemy.url"))
try:
    run_migrations(engine)
finally:
    engine.dispose()
"""

REVISION = '''"""{revision}"""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {after!r}


def upgrade():
{up}


def downgrade():
{down}
'''


@dataclass(frozen=True)
class Revision:
    """One script: the lines of its two functions, written without indentation."""

    name: str
    after: str | tuple[str, ...] | None
    up: str
    down: str

    @property
    def source(self) -> str:
        return REVISION.format(revision=self.name, after=self.after, up=indented(self.up), down=indented(self.down))


def indented(lines: str) -> str:
    return "\n".join(f"    {line}" for line in (lines.strip() or "pass").splitlines())


class Workbench:
    """Runs Alembic's own commands in ``folder`` over ``url``; ``plain`` leaves out everything of ours.

    Tables whose names begin with one of ``derived`` are not looked at.
    """

    def __init__(self, url: str, folder: Path, *, plain: bool = False, derived: tuple[str, ...] = ()) -> None:
        self.url = make_url(url)
        if self.url.drivername == "mysql":
            # Without TLS, for which PyMySQL would read all certificates of the machine each time.
            asked = {"charset": "utf8mb4", "ssl_disabled": "1"}
            self.url = self.url.set(drivername="mysql+pymysql").update_query_dict(asked)
        self.folder = folder
        self.plain = plain
        self.derived = derived
        self.engine = engine_for(self.url.render_as_string(hide_password=False))

    @property
    def kind(self) -> str:
        return "sqlite" if self.engine.dialect.name == "sqlite" else "mariadb"

    def write(self, revisions: Iterable[Revision]) -> None:
        """Make the folder; an older one of the same name is replaced script by script."""
        versions = self.folder / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        (self.folder / "env.py").write_text(PLAIN_ENV if self.plain else OUR_ENV)
        for revision in revisions:
            (versions / f"{revision.name}.py").write_text(revision.source)

    def upgrade(self, target: str = "heads", **options: Any) -> None:
        """``options`` are those of ``running.Options``."""
        command.upgrade(self.configuration(**options), target)

    def downgrade(self, target: str, **options: Any) -> None:
        command.downgrade(self.configuration(**options), target)

    def configuration(self, **options: Any) -> Config:
        config = configuration(self.folder, self.engine.url.render_as_string(hide_password=False))
        config.attributes["schema"] = Options(**{"allow_blocking": True, **options})
        config.attributes["engine"] = self.engine  # with the statements that it has compiled before
        return config

    def heads(self) -> frozenset[str]:
        """The revisions that the database says it is at."""
        with self.engine.connect() as connection:
            return frozenset(MigrationContext.configure(connection).get_current_heads())

    def fingerprint(self) -> dict[str, Any]:
        """The visible schema; the order of columns does not count."""
        with self.engine.connect() as connection:
            return fingerprint(connection, self.derived)

    def content(self) -> dict[str, dict[tuple[Any, ...], dict[str, Any]]]:
        """The visible cells by table and primary key."""
        return self.look()[1]

    def look(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Schema and cells at once."""
        with self.engine.connect() as connection:
            schema = fingerprint(connection, self.derived)
            return schema, {name: cells(connection, name, table) for name, table in schema.items()}

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As the application writes: foreign keys on, committed at the end."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def engine_for(url: str) -> Engine:
    # A connection a time: none may hold a lock or a cached statement while a migration runs.
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", enforce_foreign_keys)
    return engine


def enforce_foreign_keys(raw: sqlite3.Connection, _record: Any) -> None:
    raw.execute("PRAGMA foreign_keys=ON")


def configuration(folder: Path, url: str) -> Config:
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["schema"] = Options(allow_blocking=True)
    return config


def visible(names: Iterable[str | None]) -> list[str]:
    return sorted(name for name in names if name and not name.startswith(HIDDEN))


def fingerprint(connection: Connection, derived: tuple[str, ...] = ()) -> dict[str, Any]:
    inspector = inspect(connection)
    names = [name for name in visible(inspector.get_table_names()) if not name.startswith(derived)]
    return {name: shape(inspector, name) for name in names}


def shape(inspector: Inspector, table: str) -> dict[str, Any]:
    """What can be seen of ``table``."""
    seen = [column for column in inspector.get_columns(table) if visible([column["name"]])]
    return {
        "columns": {
            column["name"]: (
                str(column["type"]),  # with its collation, on MariaDB
                column["nullable"],
                plain_default(column["default"]),
                column.get("comment"),
            )
            for column in seen
        },
        "checks": {
            (check["name"], check["sqltext"])
            for check in inspector.get_check_constraints(table)
            if not any(word in check["sqltext"] for word in HIDDEN)
        },
        "key": tuple(inspector.get_pk_constraint(table)["constrained_columns"]),
        "indexes": {
            index["name"]: (tuple(index["column_names"]), bool(index["unique"]))
            for index in inspector.get_indexes(table)
            if visible([index["name"]]) and not only_hidden(index["column_names"]) and not made_for_a_key(index)
        },
        "uniques": {
            (unique["name"], tuple(unique["column_names"]))
            for unique in inspector.get_unique_constraints(table)
            if not only_hidden(unique["column_names"])
        },
        "foreign_keys": {
            (
                key["name"],
                tuple(key["constrained_columns"]),
                key["referred_table"],
                tuple(key["referred_columns"]),
                key["options"].get("ondelete"),
            )
            for key in inspector.get_foreign_keys(table)
            if not only_hidden(key["constrained_columns"])
        },
    }


def only_hidden(columns: Iterable[str | None]) -> bool:
    return not visible(columns)


def made_for_a_key(index: Any) -> bool:
    """MariaDB makes an index under the name of a foreign key, and leaves it when the key goes."""
    return not index["unique"] and index["name"].startswith("fk_")


def plain_default(default: str | None) -> str | None:
    """A default without the brackets and quotes that the engines put around it."""
    return default if default is None else re.sub(r"^\(?'?(.*?)'?\)?$", r"\1", default)


def cells(connection: Connection, name: str, table: dict[str, Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    columns = list(table["columns"])
    rows = connection.execute(text(f"SELECT {', '.join(f'`{column}`' for column in columns)} FROM `{name}`"))
    found = (dict(zip(columns, row, strict=True)) for row in rows)
    return {tuple(row[column] for column in table["key"]): row for row in found}


def unlike(expected: Any, found: Any, at: str = "", show: Callable[[Any], str] = repr) -> list[str]:
    """Where two looks differ, a line each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [
            line
            for key in sorted({*expected, *found}, key=str)
            for line in unlike(expected.get(key, "nothing"), found.get(key, "nothing"), f"{at}/{key}", show)
        ]
    return [] if expected == found else [f"{at}: expected {show(expected)}, found {show(found)}"]
