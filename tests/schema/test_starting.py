import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask_migrate import downgrade
from sqlalchemy import inspect, text

from cms import create_app
from cms.config import Settings
from cms.db import db, migrate
from cms.schema.own_tables import journal
from cms.schema.starting import SchemaError, SchemaIsNewer, bring_to_head, revision_state
from tests.schema.figures import record
from tests.small_migrations import add_revision, make_migrations

HOME = Path(__file__).parent.parent.parent
TOGETHER = 10
# Ten processes, each with an app of its own, that are forked off one and begin when all are ready.
START = """
import os, sys, traceback
from cms import create_app
from cms.config import Settings
from cms.db import migrate
from cms.schema.starting import bring_to_head

together, folder, url, migrations = sys.argv[1:]
ready, go = os.pipe(), os.pipe()
children = []
for _ in range(int(together)):
    child = os.fork()
    if child:
        children.append(child)
        continue
    os.close(go[1])
    code = 1
    try:
        app = create_app(Settings.for_tests(folder, DATABASE_URL=url, LOG_FORMAT="plain"))
        migrate.directory = migrations
        os.write(ready[1], b".")
        os.read(go[0], 1)  # ends when the parent closes its end
        with app.app_context():
            bring_to_head()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
for _ in children:
    os.read(ready[0], 1)
os.close(go[1])
print(*[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request):
    """An empty database on each engine."""
    if request.param == "sqlite":
        return "sqlite:///empty.sqlite3"
    return request.getfixturevalue("mariadb_server").create_database("starting")


@pytest.fixture
def app(tmp_path, url, monkeypatch):
    """An app whose history is the two small migrations."""
    app = create_app(Settings.for_tests(tmp_path, DATABASE_URL=url))
    monkeypatch.setattr(migrate, "directory", str(make_migrations(tmp_path)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables():
    return {name for name in inspect(db.engine).get_table_names() if name.startswith("table_")}


def test_an_empty_database_is_brought_to_head(app):
    assert revision_state().at_head is False

    bring_to_head()

    assert revision_state().at_head is True
    assert revision_state().current == ("two",)
    assert tables() == {"table_one", "table_two"}


def test_a_database_halfway_goes_the_rest_of_the_way(app):
    bring_to_head()
    downgrade(revision="one")
    assert tables() == {"table_one"}

    bring_to_head()

    assert tables() == {"table_one", "table_two"}


def test_a_database_at_head_is_left_alone_without_a_word(app, caplog):
    bring_to_head()
    caplog.clear()

    with caplog.at_level(logging.INFO):
        bring_to_head()

    assert caplog.messages == []


def test_an_upgrade_says_what_it_does_and_leaves_the_loggers_alive(app, caplog):
    with caplog.at_level(logging.INFO):
        bring_to_head()

    assert "upgrading the database from nothing" in caplog.messages
    assert not [message for message in caplog.messages if message.startswith(" ")], "a new site is told no single steps"
    assert not [message for message in caplog.messages if message.startswith("Context impl")]
    assert app.logger.disabled is False


def test_a_database_of_a_newer_release_is_refused_and_untouched(app, tmp_path):
    add_revision(tmp_path / "migrations", "three", after="two")
    bring_to_head()
    (tmp_path / "migrations" / "versions" / "20260101_three.py").unlink()

    with pytest.raises(SchemaIsNewer, match="at three, which this release does not know"):
        bring_to_head()

    assert revision_state().unknown == ("three",)
    assert "table_three" in tables()


def test_a_move_that_was_cut_off_is_not_served_on_and_only_finished_by_who_knows_it(app, tmp_path):
    bring_to_head()
    with db.engine.begin() as connection:
        connection.execute(
            journal.insert().values(
                revision="three", way="upgrade", step=0, sentence="", digest="", units="[]", position=0, seconds=0.0
            )
        )

    assert not revision_state().at_head
    with pytest.raises(
        SchemaError, match=r"upgrade through three was cut off half way.* go back, flask db downgrade two"
    ):
        bring_to_head()


def test_a_failed_upgrade_lets_the_next_one_try(app, tmp_path):
    broken = tmp_path / "migrations" / "versions" / "20260101_two.py"
    sound = broken.read_text()
    broken.write_text(sound.replace("def upgrade():", "def upgrade():\n    raise RuntimeError('half way')"))
    with pytest.raises(RuntimeError, match="half way"):
        bring_to_head()
    broken.write_text(sound)

    bring_to_head()

    assert revision_state().at_head


def test_of_processes_that_start_at_once_one_upgrades_and_all_go_on(tmp_path, url, monkeypatch):
    """L1."""
    migrations = make_migrations(tmp_path, seconds=0.5)
    command = [sys.executable, "-c", START, str(TOGETHER), str(tmp_path), url, str(migrations)]

    began = time.monotonic()
    done = subprocess.run(command, cwd=HOME, text=True, capture_output=True, timeout=120)

    assert done.stdout.split() == ["0"] * TOGETHER, done.stderr
    assert done.stderr.count("upgrading the database") == 1
    assert time.monotonic() - began > 1, "the upgrade was meant to be slow enough for a race"
    app = create_app(Settings.for_tests(tmp_path, DATABASE_URL=url))
    monkeypatch.setattr(migrate, "directory", str(migrations))
    with app.app_context():
        assert revision_state().at_head
        assert db.session.scalar(text("SELECT count(*) FROM table_two")) == 0
        kind = "sqlite" if url.startswith("sqlite") else "mariadb"
        record(f"L1 upgrades at once, {kind}", TOGETHER, TOGETHER, "one migrated, all ended with 0")
        db.session.remove()
        db.engine.dispose()
