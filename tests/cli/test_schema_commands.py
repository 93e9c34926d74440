"""What ``flask db`` says and does beyond Flask-Migrate's own, as an operator sees it."""

import contextvars
import json
import re
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import flask_migrate
import pytest
from click.testing import Result
from flask_migrate.cli import db as group
from sqlalchemy import inspect, text

from cms import create_app
from cms.config import Settings
from cms.db import db, migrate
from cms.schema import own_tables
from cms.schema.errors import SchemaError
from cms.schema.lock import only_one
from cms.schema.starting import bring_to_head
from tests.schema.workbench import Revision
from tests.small_migrations import make_migrations

THREE = Revision(
    "three",
    "two",
    """
with op.batch_alter_table("table_one") as batch:
    batch.add_column(sa.Column("name", sa.String(50)))
op.fill("table_one", {"name": "'somebody'"})
""",
    'op.drop_column("table_one", "name")',
)
STUCK = Revision(
    "three",
    "two",
    """
op.add_column("table_one", sa.Column("name", sa.String(50)))
op.execute("INSERT INTO nowhere (id) VALUES (1)", execution_options={"runs": "once"})
""",
    'op.drop_column("table_one", "name")',
)


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request):
    if request.param == "sqlite":
        return "sqlite:///empty.sqlite3"
    return request.getfixturevalue("mariadb_server").create_database("commands")


@pytest.fixture
def folder(tmp_path):
    """Migrations ``one``, ``two`` and ``three``, through the project's own env.py."""
    folder = make_migrations(tmp_path)
    write(folder, THREE)
    return folder


@pytest.fixture
def app(tmp_path, url, folder, monkeypatch):
    app = create_app(Settings.for_tests(tmp_path / "instance", DATABASE_URL=url))
    monkeypatch.setattr(migrate, "directory", str(folder))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def flask(app):
    def run(*arguments: str, typed: str = "") -> Result:
        result = contextvars.Context().run(app.test_cli_runner().invoke, args=["db", *arguments], input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return run


@pytest.fixture
def ok(flask):
    def run(*arguments: str, typed: str = "") -> str:
        result = flask(*arguments, typed=typed)
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def sql(app):
    def run(*statements: str) -> list[tuple]:
        with app.app_context(), db.engine.begin() as connection:
            for statement in statements:
                found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []

    return run


def write(folder, revision):
    (folder / "versions" / f"20260102_{revision.name}.py").write_text(revision.source)


def backups(app):
    return sorted(path.name for path in (Path(app.instance_path) / "backups").glob("*"))


def columns(app):
    with app.app_context():
        return {column["name"] for column in inspect(db.engine).get_columns("table_one")}


# Up and down


def test_an_upgrade_says_each_step_once_and_a_second_one_that_nothing_is_to_do(ok):
    lines = ok("upgrade").splitlines()

    assert lines[0] == "upgrading the database from nothing"
    assert [line for line in lines if line.startswith("upgrade ")] == [
        "upgrade one: 1 step",
        "upgrade two: 1 step",
        "upgrade three: 2 steps",
    ]
    assert sum("create table table_one" in line for line in lines) == 1
    assert not [line for line in lines if "Running upgrade" in line or "\x1b" in line]
    assert ok("upgrade") == "Already there: three.\n"


def test_a_plan_changes_nothing(ok, app, sql):
    ok("upgrade", "two")
    sql("INSERT INTO table_one (id) VALUES (1)")

    said = ok("upgrade", "--plan")

    assert re.search(r"^backup: into .*backups, at most about \d", said, re.MULTILINE)
    assert "backup: none, as --no-backup says\n" in ok("upgrade", "--plan", "--no-backup")
    assert "add column table_one.name" in said
    assert "ALTER TABLE" in said
    assert said.endswith("Nothing was done.\n")
    assert "two" in ok("current")
    assert backups(app) == []


def test_a_plan_tells_each_step_with_its_sql_and_nothing_of_our_own_books(ok, url):
    ok("upgrade", "two")

    lines = ok("upgrade", "--plan").splitlines()

    assert lines[:2] == ["upgrading the database from two", "backup: none, as there is no row to lose"]
    assert lines[2].startswith("disk: about 17 MB are needed, ")
    started = lines.index("upgrade three: 2 steps")
    assert lines[started + 1] == "  add column table_one.name"
    fill = lines.index("  fill table_one: name")
    assert all(line.startswith("    ") for line in lines[started + 2 : fill])
    assert lines[fill + 1].startswith("    UPDATE ")
    assert lines[fill + 2 :] == ["Nothing was done."]
    assert not [line for line in lines if "alembic_" in line or " s)" in line]
    if url.startswith("sqlite"):
        return
    assert not [line for line in lines if "probe" in line]


def test_an_empty_database_is_moved_without_a_backup_and_any_other_with_one(ok, app, sql):
    assert "backup" not in ok("upgrade", "two")
    sql("INSERT INTO table_one (id) VALUES (1)")

    said = ok("upgrade")
    assert "backup: " in said
    (made,) = backups(app)
    assert made.startswith("before-upgrade-two-")
    assert made in said

    ok("downgrade", "--no-backup")
    assert len(backups(app)) == 1
    ok("upgrade", "--no-backup")
    ok("downgrade", "two")
    assert any(name.startswith("before-downgrade-three-") for name in backups(app))


def test_the_backup_made_before_a_move_restores_what_was_there(ok, app, sql):
    ok("upgrade")
    sql("INSERT INTO table_one (id, name) VALUES (1, 'Ada')")
    before = json.loads(ok("verify", "--json"))
    ok("downgrade", "one")
    (made,) = backups(app)

    ok("restore", str(Path(app.instance_path) / "backups" / made), "--replace", "--no-media")

    assert json.loads(ok("verify", "--json")) == before


def test_only_the_newest_automatic_backups_stay(ok, app, sql):
    ok("upgrade", "two")
    sql("INSERT INTO table_one (id) VALUES (1)")
    folder = Path(app.instance_path) / "backups"
    folder.mkdir()
    mine = ["before-christmas.tar", "before-upgrade-two-20200101T000000.tar.keep", "purged-20200101T000000.jsonl.gz"]
    old = [f"before-upgrade-two-2020010{day}T000000000000.tar" for day in range(1, 7)]
    for name in [*mine, *old]:
        (folder / name).touch()

    said = ok("upgrade")

    left = [name for name in backups(app) if name not in mine]
    assert set(mine) < set(backups(app))
    assert left[:4] == old[2:]
    assert len(left) == 5
    assert f"{old[0]} was deleted" in said
    assert f"{old[1]} was deleted" in said


def test_how_many_automatic_backups_stay_is_a_setting_and_none_of_them_goes_with_0(ok, app, sql):
    ok("upgrade", "two")
    sql("INSERT INTO table_one (id) VALUES (1)")
    folder = Path(app.instance_path) / "backups"
    folder.mkdir()
    old = [f"before-upgrade-two-2020010{day}T000000000000.tar" for day in range(1, 9)]
    for name in old:
        (folder / name).touch()

    app.config["AUTOMATIC_BACKUPS"] = 0
    assert "was deleted" not in ok("upgrade")
    assert len(backups(app)) == 9
    app.config["AUTOMATIC_BACKUPS"] = 8
    assert f"8 of this kind stay, {old[0]} was deleted" in ok("downgrade", "two")


def test_drift_is_one_message_on_stderr_and_can_be_accepted(flask, ok, sql):
    ok("upgrade", "two")
    sql("ALTER TABLE table_one ADD COLUMN surprise INTEGER")

    result = flask("upgrade")

    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database or a script was changed by hand")
    assert "surprise" in result.stderr
    assert "Traceback" not in result.output
    ok("upgrade", "--accept-drift")
    assert "three" in ok("current")


def test_a_statement_that_the_database_refuses_is_one_message_and_the_run_can_be_made_again(flask, ok, sql, folder):
    write(folder, STUCK)

    result = flask("upgrade")

    assert result.exit_code == 1
    assert "The database refused: " in result.stderr
    assert "It was asked: INSERT INTO nowhere" in result.stderr
    assert "Traceback" not in result.output
    sql("CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")
    ok("upgrade", "--accept-drift")
    assert sql("SELECT id FROM nowhere") == [(1,)]


def test_scripts_can_be_looked_at_without_a_database(tmp_path, folder, monkeypatch):
    app = create_app(Settings.for_tests(tmp_path / "other", DATABASE_URL="mysql://root@127.0.0.1:9/none"))
    monkeypatch.setattr(migrate, "directory", str(folder))

    for arguments, wanted in ((["history"], "two -> three (head)"), (["show", "two"], "Rev: two")):
        result = app.test_cli_runner().invoke(args=["db", *arguments])
        assert result.exit_code == 0, result.output
        assert wanted in result.stdout
        assert "The database cannot be asked" in result.stderr
    refused = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert refused.exit_code == 1
    assert "Can't connect" in refused.stderr


def test_a_revision_that_does_not_exist_is_one_message(flask):
    result = flask("upgrade", "nowhere")

    assert result.exit_code == 1
    assert result.stderr == "Error: Can't locate revision identified by 'nowhere'\n"


def test_old_code_goes_back_and_sees_where_it_is(flask, ok, sql, app, folder):
    ok("upgrade")
    sql("INSERT INTO table_one (id, name) VALUES (1, 'Ada')")
    (folder / "versions" / "20260102_three.py").unlink()

    assert "three (head)" in ok("current")
    assert "two -> three (head)" in ok("history")
    assert "Rev: three" in ok("show", "three")
    assert "flask db downgrade two" in flask("upgrade").stderr
    assert "remembers of three" in ok("downgrade", "two")

    assert ok("current").startswith("two")
    assert "name" not in columns(app)
    write(folder, THREE)
    ok("upgrade")
    assert sql("SELECT id, name FROM table_one") == [(1, "Ada")]


@pytest.mark.parametrize("url", ["mariadb"], indirect=True)
def test_a_run_that_was_cut_off_is_finished_before_another_way_is_taken(flask, ok, sql, folder):
    write(folder, STUCK)
    ok("upgrade", "two")
    stopped = flask("upgrade")
    assert stopped.exit_code == 1
    assert "nowhere" in stopped.stderr
    assert "Traceback" not in stopped.output
    assert sql("SELECT count(*) FROM alembic_journal") != [(0,)]
    sql("CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")

    said = ok("downgrade", "one")

    assert said.index("First the upgrade through three has to be finished") < said.index("downgrade three")
    assert "skipped, done before: add column table_one.name" in said
    assert ok("current").startswith("one")
    assert sql("SELECT id FROM nowhere") == [(1,)]
    assert sql("SELECT count(*) FROM alembic_journal") == [(0,)]


@pytest.mark.parametrize("url", ["mariadb"], indirect=True)
def test_a_run_that_was_cut_off_goes_on_by_the_same_words_and_no_further(flask, ok, sql, folder):
    ok("upgrade", "two")
    write(folder, STUCK)
    flask("upgrade", "+1")
    sql("CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")

    said = ok("upgrade", "+1")

    assert "First" not in said
    assert "which was cut off" in said
    assert ok("current").startswith("three")


@pytest.mark.parametrize("url", ["mariadb"], indirect=True)
def test_nothing_is_destroyed_while_a_run_is_cut_off(flask, ok, sql, folder, aside):
    write(folder, Revision("three", "two", f'op.execute("INSERT INTO nowhere (id) VALUES (1)"){THREE.up}', THREE.down))
    assert flask("upgrade").exit_code == 1
    kept = json.loads(ok("kept", "--json"))

    for arguments in (["purge", "--older-than", "0d", "--yes"], ["forget", "table_one", "name", "Ada", "--yes"]):
        result = flask(*arguments)
        assert result.exit_code == 1
        assert "The upgrade through three was cut off half way" in result.stderr

    assert json.loads(ok("kept", "--json")) == kept
    sql("CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")
    ok("upgrade")
    assert sql("SELECT name FROM table_one ORDER BY id") == [("Ada",), ("Bob",)]


@pytest.mark.parametrize("url", ["mariadb"], indirect=True)
def test_only_the_copy_of_a_large_table_is_told(flask, ok, sql, folder):
    longer = 'op.alter_column("table_one", "name", type_={}, existing_type={})'
    ok("upgrade")
    sql("INSERT INTO table_one (id) SELECT seq FROM seq_1_to_900")
    write(folder, Revision("four", "three", longer.format("sa.String(99)", "sa.String(50)"), ""))
    assert "copying" not in ok("upgrade", "--no-backup")
    sql("INSERT INTO table_one (id) SELECT seq FROM seq_901_to_1100")
    write(folder, Revision("five", "four", longer.format("sa.Text()", "sa.String(99)"), ""))
    assert "only do this by copying table_one while nobody may write to it" in flask("upgrade").stderr

    said = ok("upgrade", "--no-backup", "--allow-blocking")

    assert "  copying table_one whole, as --allow-blocking allows; nobody can write to it meanwhile: about 1," in said


def test_what_comes_back_and_what_is_put_aside_is_counted(ok, sql):
    ok("upgrade")
    sql("INSERT INTO table_one (id, name) VALUES (1, 'Ada')")

    down, up = ok("downgrade", "two"), ok("upgrade")

    assert down.endswith("The database is at two.\nPut aside instead of dropped: 1. See flask db kept.\n")
    assert up.endswith("The database is at three.\nBrought back: 1.\n")
    assert "Nothing is applied any more.\n" in ok("downgrade", "base")


def test_sql_is_printed_as_ever(ok, app):
    said = ok("upgrade", "base:two", "--sql")

    assert "CREATE TABLE table_two" in said
    assert "DROP TABLE table_two" in ok("downgrade", "two:one", "--sql")
    with app.app_context():
        assert not inspect(db.engine).has_table("table_two")


STOCK = {
    *("init", "revision", "migrate", "edit", "merge", "upgrade", "downgrade"),
    *("show", "history", "heads", "branches", "current", "stamp", "check"),
}
# In a process of its own: here the group has ours in it by now.
WHAT_STOCK_HAS = """
import json
from flask_migrate.cli import db
facts = lambda one: [one.name, one.opts, one.secondary_opts, one.nargs, one.multiple, one.required, str(one.default)]
print(json.dumps({name: [facts(one) for one in command.params] for name, command in db.commands.items()}))
"""


def test_every_stock_command_keeps_all_of_its_options():
    untouched = json.loads(subprocess.check_output([sys.executable, "-c", WHAT_STOCK_HAS], text=True))
    assert set(untouched) >= STOCK

    for name, wanted in untouched.items():
        ours = [
            [one.name, one.opts, one.secondary_opts, one.nargs, one.multiple, one.required, str(one.default)]
            for one in group.commands[name].params
        ]
        assert [one for one in wanted if one not in ours] == [], name
    for name in ("upgrade", "downgrade"):
        added = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert {"--plan", "--no-backup", "--allow-blocking", "--accept-drift"} <= added


def test_already_there_is_said_without_the_lock(ok, app):
    ok("upgrade")

    with app.app_context(), db.engine.connect() as connection, only_one(connection):
        assert ok("upgrade") == "Already there: three.\n"


# Making a folder


def test_a_folder_that_init_makes_goes_up_and_down_by_cms_schema(ok, app, sql, tmp_path, monkeypatch):
    monkeypatch.setattr(migrate, "directory", str(tmp_path / "fresh"))
    ok("init", "-d", str(tmp_path / "fresh"))
    versions = tmp_path / "fresh" / "versions"
    (versions / "one.py").write_text(
        Revision(
            "one", None, 'op.create_table("one", sa.Column("id", sa.Integer, primary_key=True))', 'op.drop_table("one")'
        ).source
    )

    assert ok("upgrade", "--plan").endswith("Nothing was done.\n")
    with app.app_context():
        assert not inspect(db.engine).has_table("one")
    ok("upgrade")
    sql("INSERT INTO one (id) VALUES (7)")
    ok("downgrade")
    ok("upgrade")
    assert sql("SELECT id FROM one") == [(7,)]
    assert "CREATE TABLE one" in ok("upgrade", "base:one", "--sql")
    ok("migrate", "-m", "all of it")
    assert len([*versions.glob("*.py")]) == 2


@pytest.mark.filterwarnings("ignore:'get_engine' is deprecated")  # which that file calls
@pytest.mark.parametrize("way", [["upgrade"], ["upgrade", "--plan"], ["start"]])
def test_an_env_of_flask_migrates_own_is_refused_before_it_does_anything(
    flask, app, sql, tmp_path, folder, monkeypatch, way
):
    stock = Path(flask_migrate.__file__).parent / "templates" / "flask" / "env.py"
    monkeypatch.setattr("logging.config.fileConfig", lambda _file: None)
    (folder / "env.py").write_text(stock.read_text())

    if way == ["start"]:
        with app.app_context(), pytest.raises(SchemaError, match=r"runs migrations past cms\.schema"):
            bring_to_head()
    else:
        result = flask(*way)
        assert result.exit_code == 1
        assert "runs migrations past cms.schema" in result.stderr
        assert "flask db init" in result.stderr

    with app.app_context():
        assert not inspect(db.engine).get_table_names()


# Looking


def test_the_history_tells_what_is_applied_when_where_and_how_long_it_took(ok):
    ok("upgrade")
    ok("downgrade", "two")

    said = ok("history")

    assert "two -> three (head), three\n    not applied; undone 20" in said
    assert re.search(r"^<base> -> one.*\n    applied 20\d\d-.* UTC on \S+ in \d+\.\d\d s$", said, re.MULTILINE)
    assert "(current)" in ok("history", "-i")
    assert "State: not applied; undone 20" in ok("history", "-v")
    assert "three" not in ok("history", "-r", "base:two")
    runs = [line.split()[:2] for line in ok("history", "--all-runs").splitlines()]
    assert runs == [["upgrade", "one"], ["upgrade", "two"], ["upgrade", "three"], ["downgrade", "three"]]


def test_verify_tells_digests_and_complains_of_rows_that_point_nowhere(flask, ok, sql, app, url):
    ok("upgrade")
    found = json.loads(ok("verify", "--json"))
    assert found["heads"] == ["three"]
    assert found["tables"].keys() == {"table_one", "table_two"}
    assert found["broken"] == []
    sql("INSERT INTO table_one (id, name) VALUES (1, 'Ada')")
    later = json.loads(ok("verify", "--json"))
    assert later["schema"] == found["schema"]
    assert later["digest"] != found["digest"]
    assert later["tables"]["table_two"] == found["tables"]["table_two"]
    assert later["digest"] in ok("verify")

    sql("CREATE TABLE child (id INTEGER PRIMARY KEY, one_id INTEGER, FOREIGN KEY (one_id) REFERENCES table_one (id))")
    with app.app_context(), closing(db.engine.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF" if url.startswith("sqlite") else "SET foreign_key_checks=0")
        cursor.execute("INSERT INTO child VALUES (1, 77)")
        raw.commit()
        raw.detach()  # what was set must not go back into the pool
        raw.close()

    result = flask("verify")
    assert result.exit_code == 1
    assert "1 row of child points nowhere" in result.stderr


def test_diff_tells_tables_and_columns(ok):
    assert ok("diff", "two", "three") == "+ table_one.name String(50)\n* fill table_one: name\n"
    assert ok("diff", "base", "one") == "+ table table_one\n+ table_one.id Integer primary key\n"
    assert ok("diff", "one", "one") == "Nothing changes between one and one.\n"
    ok("upgrade", "two")
    assert ok("diff", "current", "head").startswith("+ table_one.name")


def test_diff_takes_neighbours_of_where_the_database_is(flask, ok):
    assert ok("diff", "-1", "+1").startswith("+ table table_one")
    ok("upgrade", "two")
    assert ok("diff", "-1", "current") == ok("diff", "one", "two")
    assert ok("diff", "current", "+1") == ok("diff", "two", "three")
    assert ok("diff", "three-1", "three") == ok("diff", "two", "three")
    result = flask("diff", "-1", "nowhere")
    assert result.exit_code == 1
    assert "nowhere" in result.stderr


def test_lint_has_nothing_to_complain_of(flask, folder):
    write(
        folder,
        Revision(
            "three", "two", 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))', 'op.drop_table("t")'
        ),
    )

    result = flask("lint")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "Nothing to complain about.\n", "")


def test_lint_complains_of_a_script_that_cannot_be_undone(flask, ok, folder):
    write(folder, Revision("three", "two", 'op.drop_table("table_two")', ""))

    result = flask("lint")

    assert result.exit_code == 1
    assert "three.py:14: empty-downgrade" in result.stdout
    assert result.stderr == "Error: 1 complaint.\n"


# What is put aside


@pytest.fixture
def aside(ok, sql):
    """A column with a name in it, put aside."""
    ok("upgrade")
    sql("INSERT INTO table_one (id, name) VALUES (1, 'Ada'), (2, 'Bob')")
    ok("downgrade", "two")


def test_kept_says_that_there_is_nothing(ok):
    assert ok("kept") == "Nothing is put aside.\n"
    ok("upgrade")
    assert ok("kept") == "Nothing is put aside.\n"
    assert json.loads(ok("kept", "--json")) == []


def test_kept_lists_what_is_put_aside(ok, aside):
    heading, line = ok("kept").splitlines()

    assert heading.split() == ["id", "kind", "what", "rows", "size", "days", "put", "aside", "by"]
    assert line.split()[1:] == ["column", "table_one.name", "2", "6", "B", "0.0", "downgrade", "through", "three"]
    (found,) = json.loads(ok("kept", "--json"))
    assert (found["name"], found["rows"], found["size_bytes"]) == ("table_one.name", 2, 6)


def test_a_purge_asks_and_does_nothing_where_nobody_answers(flask, ok, sql, aside):
    result = flask("purge", "--older-than", "0d")

    assert result.exit_code == 1
    assert "table_one.name" in result.stdout
    assert "The upgrade through three will not bring back table_one.name." in result.stdout
    assert "say --yes" in result.stderr
    ok("upgrade")
    assert sql("SELECT name FROM table_one ORDER BY id") == [("Ada",), ("Bob",)]


def test_a_purge_needs_an_age(flask, aside):
    assert flask("purge").exit_code == 2
    assert "is no age" in flask("purge", "--older-than", "soon").stderr


def test_a_purge_takes_what_is_old_enough_writes_it_down_and_says_so(ok, app, sql, aside):
    assert ok("purge", "--older-than", "90d", "--yes") == "Nothing was put aside longer ago than 90d.\n"
    with app.app_context(), db.engine.begin() as connection:
        then = own_tables.now() - timedelta(days=91)
        connection.execute(own_tables.kept.update().values(kept_at=then))

    said = ok("purge", "--older-than", "90d", "--yes")

    (dump,) = [name for name in backups(app) if name.startswith("purged-")]
    assert dump in said
    assert "purged table_one.name" in said
    assert ok("kept") == "Nothing is put aside.\n"
    ok("upgrade")
    assert sql("SELECT name FROM table_one") == [("somebody",), ("somebody",)]


def test_an_answer_at_the_terminal_decides(flask, ok, aside, monkeypatch):
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _self: True, raising=False)

    assert flask("purge", "--older-than", "0d", typed="n\n").exit_code == 1
    assert "table_one.name" in ok("kept")
    ok("purge", "--older-than", "0d", typed="y\n")
    assert ok("kept") == "Nothing is put aside.\n"


def test_forget_takes_a_value_out_of_what_is_put_aside(flask, ok, sql, aside):
    assert ok("forget", "table_one", "name", "Nobody") == "Nothing put aside holds such a row of table_one.\n"
    assert "say --yes" in flask("forget", "table_one", "name", "Ada").stderr

    said = ok("forget", "table_one", "name", "Ada", "--yes")

    assert said == "1 cell of table_one.name, put aside by the downgrade through three\nErased: 1.\n"
    ok("upgrade")
    assert sql("SELECT name FROM table_one WHERE id = 2") == [("Bob",)]
    assert sql("SELECT name FROM table_one WHERE id = 1") != [("Ada",)]


EVERY_OTHER = {
    "upgrade": ["three", "--plan"],
    "downgrade": ["one"],
    "init": ["-d", "other"],
    "revision": ["-m", "x", "--head", "three", "--rev-id", "four"],
    "edit": ["four"],
    "migrate": ["-m", "y", "--head", "four"],
    "merge": ["-m", "z", "beside", "four"],
    "show": ["two"],
    "history": ["--all-runs"],
    "heads": [],
    "branches": [],
    "current": [],
    "check": [],
    "stamp": ["two"],
    "list-templates": [],
    "kept": [],
    "verify": [],
    "diff": ["one", "two"],
    "lint": [],
    "backup": ["mine.tar", "--no-media"],
    "restore": ["mine.tar", "--no-media", "--replace"],
}
COMPLAINING = {"check", "lint", "migrate"}  # of models and scripts that are none here


def test_only_purge_and_forget_destroy(flask, ok, sql, aside, folder, tmp_path, monkeypatch):
    """P1: every other command of the group is typed, and what is put aside comes back, cell by cell."""
    assert set(EVERY_OTHER) == set(group.commands) - {"purge", "forget"}
    write(folder, Revision("beside", "one", "pass", "pass"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDITOR", "true")

    for name, arguments in EVERY_OTHER.items():
        result = flask(name, *arguments)
        assert result.exit_code == 0 or name in COMPLAINING, result.output
        ok("upgrade", "three", "--no-backup")
        assert sql("SELECT id, name FROM table_one ORDER BY id") == [(1, "Ada"), (2, "Bob")], name
        ok("downgrade", "two", "--no-backup")


# Backups


def test_a_backup_is_restored_with_its_media_and_never_over_something(flask, ok, sql, app, tmp_path):
    ok("upgrade")
    sql("INSERT INTO table_one (id, name) VALUES (1, 'Ada')")
    media = Path(app.config["MEDIA_PATH"])
    media.mkdir(parents=True, exist_ok=True)
    (media / "a.png").write_bytes(b"picture")
    before = json.loads(ok("verify", "--json"))

    said = ok("backup", str(tmp_path / "mine.tar"))
    assert "1 media file." in said
    assert "already" in flask("backup", str(tmp_path / "mine.tar")).stderr
    sql("DELETE FROM table_one")
    (media / "a.png").unlink()
    refused = flask("restore", str(tmp_path / "mine.tar"))
    assert refused.exit_code == 1
    assert "--replace" in refused.stderr

    said = ok("restore", str(tmp_path / "mine.tar"), "--replace")
    assert "Restored: revision three" in said
    assert json.loads(ok("verify", "--json")) == before
    assert (media / "a.png").read_bytes() == b"picture"
