"""Small databases for the tests of backup and restore."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from cms.schema import verify

DATA = bytes(range(256)) * 40


def engine_of(url: str) -> sa.Engine:
    """A plain engine, without what the blog sets on its own."""
    made = sa.make_url(url)
    if made.get_backend_name() == "sqlite":
        return sa.create_engine(made)
    return sa.create_engine(made.set(drivername="mysql+pymysql").update_query_dict({"charset": "utf8mb4"}))


@contextmanager
def databases(request: pytest.FixtureRequest, folder: Path) -> Iterator[Callable[[str, str], sa.Engine]]:
    """Makes the engine of an empty database by its kind and name."""
    engines = []

    def make(kind: str, name: str) -> sa.Engine:
        url = f"sqlite:///{folder / name}.sqlite3"
        if kind == "mariadb":
            url = request.getfixturevalue("mariadb_server").create_database(f"backup_{name}")
        engines.append(engine_of(url))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def run(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def contents(engine: sa.Engine) -> dict[str, verify.TableContent]:
    with engine.connect() as connection:
        return verify.contents(connection, ours=True)


def fill(engine: sa.Engine) -> None:
    """Blobs, emoji, a foreign key, kept things, a name that must be quoted, and one of Alembic's revisions."""
    metadata = sa.MetaData()
    thing = sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("words", sa.String(200)),
        sa.Column("data", sa.LargeBinary),
        sa.Column("_k_one_d2_old", sa.String(20)),
        mysql_charset="utf8mb4",
    )
    child = sa.Table(
        "child",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("thing_id", sa.ForeignKey("thing.id", name="fk_child_thing_id", ondelete="CASCADE")),
    )
    kept = sa.Table("_k_one_d1_gone", metadata, sa.Column("id", sa.Integer, primary_key=True))
    version = sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32), primary_key=True))
    odd = sa.Table("odd `%s` näme", metadata, sa.Column("50% `off`", sa.Integer, primary_key=True))
    metadata.create_all(engine)
    with engine.begin() as connection:
        rows = [
            {"id": 1, "words": "naïve 😀 'quoted' \\ \n\t", "data": DATA, "_k_one_d2_old": "kept"},
            {"id": 2, "words": "", "data": b"", "_k_one_d2_old": None},
            {"id": 3, "words": None, "data": None, "_k_one_d2_old": None},
        ]
        connection.execute(thing.insert(), rows)
        connection.execute(child.insert(), [{"id": 1, "thing_id": 1}, {"id": 2, "thing_id": None}])
        connection.execute(kept.insert(), [{"id": 5}])
        connection.execute(version.insert(), [{"version_num": "head_one"}])
        connection.execute(odd.insert().values({odd.c[0]: 7}))
