"""The app on SQLite and on MariaDB, emptied between tests. Nothing of ours is mocked but the clock.

What a test has made is committed before each of its requests, since a request has its own session, as in life.
"""

import contextvars
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from cms import clock, create_app, garbage
from cms.config import Settings
from cms.db import db
from cms.models import Role
from cms.models.permission import ROLES
from tests import mariadb
from tests.at_head import bring_to_head
from tests.required import skip_or_fail
from tests.warm import WarmPython

DATABASES = ("sqlite", "mariadb")


# What takes longest begins first, so that no worker is left with it at the end.
SLOWEST = (
    *("cli/test_importing", "schema/test_lock", "test_run", "browser/test_palette", "cli/test_operator_day"),
    *(
        "admin/test_palette",
        "cli/test_db_commands",
        "browser/test_accessibility",
        "schema/test_kept",
        "schema/test_parents",
    ),
    *("admin/test_paths", "schema/test_starting", "schema/test_kills", "schema/test_walks", "cli/test_schema_commands"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {Path(__file__).parent / f"{name}.py": number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


def pytest_collection_finish() -> None:
    """Thousands of tests and all that was imported for them stay until the end."""
    garbage.keep_what_is_there()


class Client(FlaskClient):
    """A visitor: requests run outside the app context and the session of the test."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.commit()
        response = contextvars.Context().run(super().open, *args, **kwargs)
        db.session.expire_all()
        return response


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mariadb.PrivateMariaDB]:
    reason = mariadb.missing_reason()
    if reason:
        skip_or_fail("mariadb", reason)
    with mariadb.PrivateMariaDB() as server:
        yield server


@pytest.fixture(scope="session", params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def apps() -> Iterator[dict[str, Flask]]:
    """The apps of ``session_app``, which they outlive: pytest ends it whenever a test wants the other database."""
    made: dict[str, Flask] = {}
    yield made
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def session_app(
    database_kind: str, apps: dict[str, Flask], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    """One app for each database, its schema at head."""
    if database_kind not in apps:
        url = "sqlite:///cms.sqlite3"
        if database_kind == "mariadb":
            url = request.getfixturevalue("mariadb_server").create_database("suite")
        apps[database_kind] = make_app(tmp_path_factory.mktemp(f"instance_{database_kind}"), url)
        garbage.keep_what_is_there()  # as in a process that serves
    return apps[database_kind]


@pytest.fixture(scope="session")
def warm_python() -> Iterator[WarmPython]:
    with WarmPython() as python:
        yield python


@pytest.fixture
def own_database(database_kind: str, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database that one test has for itself."""
    if database_kind == "sqlite":
        return "sqlite:///own.sqlite3"
    return request.getfixturevalue("mariadb_server").create_database(f"own_{time.monotonic_ns()}")


def make_app(instance: Path, database_url: str, **overrides: Any) -> Flask:
    """An app in a folder of its own, its schema at head."""
    app = create_app(Settings.for_tests(instance, DATABASE_URL=database_url, **overrides))
    app.test_client_class = Client
    with app.app_context():
        bring_to_head()
    return app


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    """The app inside its context; whatever was written is gone afterwards."""
    with session_app.app_context():
        yield session_app
        db.session.rollback()
        db.session.remove()
        empty()
        session_app.extensions.pop("cms.site", None)


def empty() -> None:
    """Delete all rows but those that a new site has."""
    sqlite = db.engine.dialect.name == "sqlite"
    derived = ("post_search", "post_search_word", "post_search_state")
    names = [*(table.name for table in reversed(db.metadata.sorted_tables)), *derived]
    # One question finds the few that have rows: forty of them cost more than most tests.
    filled = " UNION ALL ".join(f"SELECT '{name}' FROM (SELECT 1 FROM {name} LIMIT 1) one" for name in names)
    with db.engine.begin() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON" if sqlite else "SET foreign_key_checks=0"))
        for name in connection.scalars(text(filled)).all():
            if name not in ("site_state", "role"):
                connection.execute(text(f"DELETE FROM {name}"))
        connection.execute(text("UPDATE site_state SET version = version + 1"))
        if not sqlite:
            connection.execute(text("SET foreign_key_checks=1"))
    roles = {role.name: role for role in db.session.scalars(db.select(Role))}
    for name, (description, permissions) in ROLES.items():
        role = roles.pop(name, None) or Role(name=name)
        role.description, role.permissions = description, sorted(permissions)
        db.session.add(role)
    for role in roles.values():
        db.session.delete(role)
    db.session.commit()
    db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor who is not signed in."""
    return app.test_client()


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Move the clock: ``travel(hours=2)`` from where it is, ``travel(to=...)`` to a time; it stands still there."""
    at: list[datetime] = []

    def move(*, to: datetime | None = None, **by: float) -> None:
        at[:] = [to or (at[0] if at else datetime.now(UTC)) + timedelta(**by)]
        monkeypatch.setattr(clock, "now", lambda: at[0])

    return move


@pytest.fixture
def count_queries(app: Flask) -> Callable[[Callable[[], Any]], list[str]]:
    """Run something and give the statements it sent."""

    def count(act: Callable[[], Any]) -> list[str]:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            act()
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return statements

    return count
