import pytest

from cms import create_app
from cms.config import Settings
from cms.db import db, migrate
from cms.schema.own_tables import journal
from cms.schema.starting import bring_to_head
from tests.mariadb import free_port
from tests.small_migrations import add_revision, make_migrations


@pytest.fixture
def app(tmp_path, monkeypatch):
    """An app whose history is two small migrations, on an empty database."""
    app = create_app(Settings.for_tests(tmp_path))
    monkeypatch.setattr(migrate, "directory", str(make_migrations(tmp_path)))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def unreachable(tmp_path):
    return create_app(Settings.for_tests(tmp_path, DATABASE_URL=f"mysql://me:hunter2@127.0.0.1:{free_port()}/blog"))


def test_a_process_whose_database_is_gone_lives_but_is_not_ready(unreachable):
    live = unreachable.test_client().get("/health/live")
    ready = unreachable.test_client().get("/health/ready")

    assert (live.status_code, live.text) == (200, "ok")
    assert ready.status_code == 503
    assert ready.json == {"ready": False, "reason": "The database does not answer."}


def test_a_process_is_not_ready_before_its_schema_is_at_head(app):
    assert app.test_client().get("/health/ready").status_code == 503
    assert "flask db upgrade" in app.test_client().get("/health/ready").json["reason"]

    with app.app_context():
        bring_to_head()

    ready = app.test_client().get("/health/ready")
    assert (ready.status_code, ready.json) == (200, {"ready": True, "schema": ["two"]})


def test_a_process_is_not_ready_for_a_newer_schema(app, tmp_path):
    add_revision(tmp_path / "migrations", "three", after="two")
    with app.app_context():
        bring_to_head()
    (tmp_path / "migrations" / "versions" / "20260101_three.py").unlink()

    ready = app.test_client().get("/health/ready")

    assert (ready.status_code, ready.json["reason"]) == (503, "The schema is newer than this code.")
    assert (ready.json["schema"], ready.json["wanted"]) == (["three"], ["two"])


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_a_process_is_not_ready_while_a_run_is_cut_off_and_says_how_to_go_on(app, way):
    with app.app_context():
        bring_to_head()
        with db.engine.begin() as connection:
            values = {"sentence": "", "digest": "", "units": "[]", "position": 0, "seconds": 0.0}
            connection.execute(journal.insert().values(revision="two", way=way, step=0, **values))

    ready = app.test_client().get("/health/ready")

    assert ready.status_code == 503
    assert ready.json["reason"] == (f"The {way} through two was cut off half way: finish it first, by flask db {way}.")
    assert (ready.json["schema"], ready.json["wanted"]) == (["two"], ["two"])


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_an_answer_about_health_is_never_cached_and_sets_no_cookie(app, path):
    response = app.test_client().get(path)

    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_only_asked_never_told(app, path):
    assert app.test_client().post(path).status_code in (400, 405)
