"""Databases and child processes for the proofs."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests import mariadb
from tests.required import skip_or_fail
from tests.schema.children import Children


@pytest.fixture
def new_url(database_kind: str, request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """The URL of an empty database; on MariaDB each call empties the same one."""
    if database_kind == "sqlite":
        return lambda folder: f"sqlite:///{folder / 'walked.sqlite3'}"
    server = request.getfixturevalue("mariadb_server")
    return lambda _folder: server.create_database("walked")


@pytest.fixture(scope="session")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    with Children(tmp_path_factory.mktemp("children")) as running:
        yield running


@pytest.fixture
def durable_server() -> Iterator[mariadb.PrivateMariaDB]:
    """A server whose commits live through a kill."""
    reason = mariadb.missing_reason()
    if reason:
        skip_or_fail("mariadb", reason)
    with mariadb.PrivateMariaDB(durable=True) as server:
        yield server


@pytest.fixture
def folders(tmp_path: Path) -> Callable[[], Path]:
    """A new folder with each call."""
    numbers = count(1)

    def folder() -> Path:
        made = tmp_path / str(next(numbers))
        made.mkdir()
        return made

    return folder
