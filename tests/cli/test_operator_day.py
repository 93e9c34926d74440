"""A day of an operator: what is typed, what is read, and what goes wrong, on the site's own tables."""

import contextvars
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from alembic.script import ScriptDirectory
from click.testing import Result
from sqlalchemy import create_engine, text

from cms import create_app
from cms.config import Settings
from cms.db import MIGRATIONS, db, migrate
from tests import mariadb
from tests.at_head import bring_to_head
from tests.schema.workbench import Revision
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
OPERATOR = (ROOT / "cms" / "help" / "operator.md").read_text()
HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()

ADD_SUMMARY = Revision(
    "add_summary",
    HEAD,
    """
op.add_column("post", sa.Column("summary", sa.String(200)))
op.drop_column("post", "canonical_url")
""",
    """
op.add_column("post", sa.Column("canonical_url", sa.String(500), nullable=False, server_default=""))
op.drop_column("post", "summary")
""",
)
READERS = Revision(
    "readers",
    HEAD,
    """
op.add_column("post", sa.Column("summary", sa.String(200)))
op.fill("post", {"summary": "substr(body, 1, 200)"})
op.create_index("ix_post_summary", "post", ["summary"])
with op.batch_alter_table("post") as batch:
    batch.drop_column("canonical_url")
    batch.drop_constraint(op.f("ck_post_word_count"), type_="check")
    batch.alter_column("word_count", type_=sa.String(20), existing_type=sa.Integer(), existing_nullable=False)
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
op.create_table(
    "post_reader",
    sa.Column("post_id", ID, sa.ForeignKey("post.id", name="fk_post_reader_post_id", ondelete="CASCADE")),
    sa.Column("author_id", ID, sa.ForeignKey("author.id", name="fk_post_reader_author_id", ondelete="CASCADE")),
    sa.PrimaryKeyConstraint("post_id", "author_id", name="pk_post_reader"),
)
""",
    """
op.drop_table("post_reader")
with op.batch_alter_table("post") as batch:
    batch.alter_column("word_count", type_=sa.Integer(), existing_type=sa.String(20), existing_nullable=False)
    batch.create_check_constraint(op.f("ck_post_word_count"), "word_count >= 0")
    batch.add_column(sa.Column("canonical_url", sa.String(500), nullable=False, server_default=""))
op.drop_index("ix_post_summary", table_name="post")
op.drop_column("post", "summary")
""",
)
NEWSLETTER = Revision(
    "newsletter",
    HEAD,
    """
op.add_column("comment", sa.Column("asked_from", sa.String(80)))
op.add_column("tag", sa.Column("wished_by", sa.String(254)))
op.create_table(
    "newsletter",
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("address", sa.String(254), nullable=False),
)
""",
    """
op.drop_table("newsletter")
op.drop_column("tag", "wished_by")
op.drop_column("comment", "asked_from")
""",
)
# Long enough to be stopped in the middle: SLEEP is MariaDB's, and SQLite counts as far as that takes.
SLEEPS = {
    "mariadb": "SLEEP(20) = 0",
    "sqlite": "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 6e6) SELECT max(n) FROM c)",
}


def slow(kind: str, statement: str | None = None) -> Revision:
    busy = statement or f"UPDATE tag SET colour = 'blue' WHERE id = 1 AND {SLEEPS[kind]}"
    return Revision(
        "slow",
        HEAD,
        f"""
op.add_column("tag", sa.Column("colour", sa.String(20)))
op.fill("tag", {{"colour": "'red'"}})
op.execute("{busy}", execution_options={{"runs": "every time"}})
""",
        'op.drop_column("tag", "colour")',
    )


@pytest.fixture(params=["sqlite", "mariadb"])
def kind(request):
    return request.param


@pytest.fixture
def url(request, kind):
    if kind == "sqlite":
        return "sqlite:///cms.sqlite3"
    return request.getfixturevalue("mariadb_server").create_database("operator_day")


@pytest.fixture
def folder(tmp_path):
    """The project's own migrations, with room for more."""
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "migrations"


@pytest.fixture
def app(tmp_path, url, folder, monkeypatch):
    app = create_app(Settings.for_tests(tmp_path / "instance", DATABASE_URL=url))
    monkeypatch.setattr(migrate, "directory", str(folder))
    monkeypatch.chdir(tmp_path)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def flask(app):
    def run(*arguments: str, on=None) -> Result:
        run_alone = contextvars.Context().run
        result = run_alone((on or app).test_cli_runner().invoke, args=arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def ok(flask):
    def run(command: str, *more: str, on=None) -> str:
        result = flask("db", *command.split(), *more, on=on)
        assert result.exit_code == 0, result.output
        return result.output

    return run


@pytest.fixture
def refused(flask):
    def run(command: str, *more: str) -> str:
        result = flask("db", *command.split(), *more)
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith("Error: ")
        return result.stderr

    return run


@pytest.fixture
def sql(app):
    def run(*statements: str) -> list[tuple]:
        with app.app_context(), db.engine.begin() as connection:
            for statement in statements:
                found = connection.execute(text(statement))
            return [tuple(row) for row in found] if found.returns_rows else []

    return run


@pytest.fixture
def blog(app, ok, flask, tmp_path):
    """Thirty posts of another blog, brought in."""
    with app.app_context():
        bring_to_head()
    ok("upgrade")
    (tmp_path / "old-blog").mkdir()
    for day in range(1, 31):
        page = (
            f"---\ntitle: Day {day}\ndate: 2019-03-{day:02}\ntags: [old]\nauthors: [anna]\n---\nIt was day *{day}*.\n"
        )
        (tmp_path / "old-blog" / f"2019-03-{day:02}-day.md").write_text(page)
    assert flask("import", "markdown", "old-blog").exit_code == 0


def write(folder, revision):
    (folder / "versions" / f"20261124_{revision.name}.py").write_text(revision.source)


def without_numbers(said: str) -> list[str]:
    """Each line with its figures, and the blanks that align them, made alike."""
    lines = [re.sub(r"\d[\d,.]*", "N", line) for line in said.strip().splitlines()]
    return [re.sub(r" +", " ", re.sub(r" [kM]B", " B", line)).strip() for line in lines]


def backups(app) -> list[str]:
    return sorted(path.name for path in (Path(app.instance_path) / "backups").glob("*"))


def test_the_worked_example_of_the_guide_is_true_line_by_line(ok, folder, sql, blog):
    blocks = re.findall(r"^```text\n(.*?)^```$", OPERATOR, re.MULTILINE | re.DOTALL)
    (downgrade,) = [block for block in blocks if block.startswith("downgrading")]
    (kept,) = [block for block in blocks if "put aside by" in block]
    write(folder, ADD_SUMMARY)
    sql("UPDATE post SET canonical_url = 'https://example.org/'")
    ok("upgrade")
    sql("UPDATE post SET summary = 'written on Tuesday' WHERE id <= 20")

    told = downgrade.replace("The database is at first.", f"The database is at {HEAD}.")
    assert without_numbers(ok("downgrade")) == without_numbers(told)
    assert without_numbers(ok("kept")) == without_numbers(kept)

    assert sql("SELECT DISTINCT canonical_url FROM post") == [("https://example.org/",)]
    sql("DELETE FROM post WHERE id = 3")
    ok("upgrade")
    assert sql("SELECT count(*) FROM post WHERE summary = 'written on Tuesday'") == [(19,)]


def test_a_whole_day(ok, refused, folder, sql, blog, app, kind, tmp_path, request):
    assert ok("check") == "No new upgrade operations detected.\n"
    write(folder, READERS)
    assert f"{HEAD} -> readers (head)" in ok("history")
    assert "+ table post_reader" in ok("diff current head")
    assert "flask db upgrade" in refused("check")
    plan = ok("upgrade --plan")
    assert "substr(body, 1, 200)" in plan
    assert plan.endswith("Nothing was done.\n")
    assert backups(app) == []

    said = ok("upgrade")
    assert "The database is at readers.\nPut aside instead of dropped: " in said
    assert f"backup: instance/backups/before-upgrade-{HEAD}-" in said
    assert ok("upgrade") == "Already there: readers.\n"
    assert "- table post_reader\n" in refused("check")
    sql(
        "UPDATE post SET summary = 'mine' WHERE id = 1",
        "INSERT INTO post_reader SELECT post_id, author_id FROM post_author",
    )
    noon = content(ok("verify --json"))

    sql("UPDATE post SET word_count = 'many' WHERE id <= 2")
    assert "2 values of post.word_count do not fit INTEGER" in refused("downgrade")
    assert ok("current").startswith("readers")
    sql("UPDATE post SET word_count = '4' WHERE id <= 2")
    ok("downgrade")
    assert re.findall(r"^ *\d+ +(\w+) +(\S+) +(\d+) ", ok("kept"), re.MULTILINE) == [
        ("table", "post_reader", "30"),
        ("type", "post.word_count", "30"),
        ("column", "post.summary", "30"),
    ]
    ok("upgrade")
    assert content(ok("verify --json")) == noon
    runs = ok("history --all-runs").splitlines()
    assert [line.split()[:2] for line in runs][-3:] == [
        ["upgrade", "readers"],
        ["downgrade", "readers"],
        ["upgrade", "readers"],
    ]
    assert len({line.index(" UTC ") for line in runs}) == 1

    said = ok("backup blog.tar")
    assert f", {sum(table['rows'] for table in noon['tables'].values()):,} rows, 0 media files." in said
    assert "There is no folder" in refused("backup nowhere/blog.tar")
    elsewhere = another_app(tmp_path, kind, request)
    migrate.directory = str(folder)  # which the making of another app has set back
    said = ok("restore blog.tar", on=elsewhere)
    assert "Restored: revision readers, as of 20" in said
    assert said.endswith("This is the structure that this release wants: the site can start.\n")
    assert content(ok("verify --json", on=elsewhere)) == noon
    with elsewhere.app_context():
        db.engine.dispose()

    assert "post.word_count" in ok("purge --older-than 0d --yes")
    assert ok("kept") == "Nothing is put aside.\n"
    assert "Nothing put aside" in ok("forget comment email somebody@example.org --yes")
    assert content(ok("verify --json")) == noon
    assert "Rev: readers (head)" in ok("show head")
    assert ok(f"stamp {HEAD}") == f"The database is noted to be at {HEAD}.\n"
    assert ok("stamp readers") == "The database is noted to be at readers.\n"


def content(report: str) -> dict:
    """What ``verify`` found but the digest of the structure: MariaDB writes a key that came back in more words."""
    return {name: found for name, found in json.loads(report).items() if name != "schema"}


def another_app(tmp_path, kind, request):
    url = "sqlite:///cms.sqlite3"
    if kind == "mariadb":
        url = request.getfixturevalue("mariadb_server").create_database("operator_elsewhere")
    return create_app(Settings.for_tests(tmp_path / "elsewhere", DATABASE_URL=url))


def test_what_a_restored_backup_of_another_release_needs_is_said(ok, folder, app, blog):
    ok("backup old.tar")
    write(folder, ADD_SUMMARY)
    ok("upgrade")
    ok("backup new.tar")
    assert ok("restore old.tar --replace").endswith(
        "This release wants add_summary: flask db upgrade, or the next start, brings it there.\n"
    )

    (folder / "versions" / "20261124_add_summary.py").unlink()
    assert ok("restore new.tar --replace").endswith(f"flask db downgrade {HEAD}.\n")
    assert "- post.summary" in ok(f"diff current {HEAD}")
    ok(f"downgrade {HEAD}")
    assert ok("current").endswith(f"{HEAD} (head)\n")


def test_a_database_that_is_not_there_is_one_line_whatever_is_typed(tmp_path, folder, monkeypatch, flask):
    dead = create_app(
        Settings.for_tests(tmp_path / "dead", DATABASE_URL=f"mysql://me@127.0.0.1:{mariadb.free_port()}/x")
    )
    (tmp_path / "any.tar").write_text("no backup")
    for command in (
        "current",
        "history --all-runs",
        "verify",
        "kept",
        "diff current head",
        "check",
        "stamp head",
        "migrate -m x",
        "upgrade",
        "upgrade --plan",
        "downgrade",
        "backup new.tar",
        "restore any.tar",
        "purge --older-than 1d",
        "forget post id 1",
    ):
        result = flask("db", *command.split(), on=dead)
        assert result.exit_code == 1, command
        errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1, f"{command}: {result.stderr}"


def test_a_folder_for_backups_that_cannot_be_made_is_one_message_and_nothing_is_changed(ok, refused, folder, app, blog):
    write(folder, ADD_SUMMARY)
    (Path(app.instance_path) / "backups").write_text("not a folder")

    said = refused("upgrade")

    assert said.startswith("Error: The backup was not made: File exists (")
    assert "flask db upgrade --no-backup" in said
    assert ok("current").startswith(HEAD)


def test_trying_again_and_again_leaves_the_backups_of_other_days(ok, refused, folder, sql, blog, app):
    write(folder, READERS)
    ok("upgrade")
    (first,) = backups(app)
    sql("UPDATE post SET word_count = 'many' WHERE id = 1")

    for _ in range(6):
        refused("downgrade")

    assert backups(app) == [first]


def test_all_that_is_in_the_way_is_named_at_once_and_before_the_backup(ok, refused, folder, sql, blog, app):
    write(
        folder,
        Revision(
            "strict",
            HEAD,
            """
op.drop_column("post", "canonical_url")
with op.batch_alter_table("post") as batch:
    batch.alter_column("title", type_=sa.Integer(), existing_type=sa.String(200), existing_nullable=False)
op.create_index("uq_post_word_count", "post", ["word_count"], unique=True)
""",
            "",
        ),
    )
    sql("UPDATE post SET word_count = id, title = id", "UPDATE post SET title = 'Words' WHERE id = 1")
    sql("UPDATE post SET word_count = 1 WHERE id < 3")

    said = refused("upgrade")

    found = r"strict: alter post.title: make it Integer\(\): 1 value of post.title does not fit INTEGER\."
    assert re.search(found, said)
    assert "strict: create index uq_post_word_count on post: 1 value of post (word_count) is there twice. " in said
    assert backups(app) == []
    assert ok("current").startswith(HEAD)


@pytest.fixture
def typed(tmp_path, url, folder, app):
    """Start a command in a process of its own, as a shell does, and give it once it has said ``until``."""

    def start(*arguments: str, until: str) -> subprocess.Popen:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "run.py", "db", *arguments, "-d", str(folder)],
            cwd=ROOT,
            env={**plain, "CMS_INSTANCE_PATH": str(tmp_path / "instance"), "CMS_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any(until in line for line in lines), process.communicate()
        return process

    return start


def test_ctrl_c_in_the_middle_is_two_lines_and_the_same_command_goes_on(typed, ok, refused, folder, blog, sql, kind):
    write(folder, slow(kind))
    process = typed("upgrade", until="fill tag")

    process.send_signal(signal.SIGINT)
    stderr = process.communicate(timeout=60)[1]

    assert process.returncode == 1
    if kind == "sqlite":
        assert stderr == "Error: Stopped by Ctrl-C.\nNothing was changed.\n"
        assert ok("current") == f"{HEAD}\n"
        return
    assert stderr == "Error: Stopped by Ctrl-C.\nWhat is done is noted: run the same command again to go on.\n"
    assert "The upgrade through slow was cut off half way: finish it first, by flask db upgrade.\n" in ok("current")
    assert "The upgrade through slow was cut off" in refused(f"stamp {HEAD}")


@pytest.mark.parametrize("kind", ["mariadb"], indirect=True)
def test_a_connection_that_is_lost_in_the_middle_is_told_by_its_cause_and_the_run_goes_on(
    ok, refused, folder, blog, sql, url
):
    busy = "UPDATE tag SET colour = 'blue' WHERE id = 1 AND (SELECT count(*) FROM nowhere) = 0 AND SLEEP(20) = 0"
    sql("CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")
    write(folder, slow("mariadb", busy))

    cutter = Thread(target=end_the_sleeping_one, args=(url,))
    cutter.start()
    said = refused("upgrade --accept-drift")
    cutter.join()

    assert "Lost connection" in said or "interrupted" in said
    assert "It was asked: UPDATE tag" in said
    assert said.endswith("What is done is noted: run the same command again to go on.\n")
    sql("INSERT INTO nowhere VALUES (1)")  # then it takes no time
    assert "skipped, done before: fill tag: colour" in ok("upgrade")
    assert ok("current") == "slow (head)\n"


def end_the_sleeping_one(url: str) -> None:
    engine = create_engine(url.replace("mysql:", "mysql+pymysql:"))
    found = text("SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE tag SET%SLEEP%' AND time > 0")
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            sleeping = until(lambda: connection.scalar(found), "the statement that sleeps")
            connection.execute(text(f"KILL {sleeping}"))
    finally:
        engine.dispose()


def test_who_is_erased_is_erased_from_what_is_put_aside_too(ok, flask, folder, sql, blog, app):
    write(folder, NEWSLETTER)
    ok("upgrade")
    add = ["people", "add", "ada@example.org", "--role", "admin", "--password-stdin"]
    assert "at least 10 letters" in flask(*add).output
    comment = "INSERT INTO comment (post_id, name, email, website, body, body_html, status, created_at, asked_from)"
    sql(
        f"{comment} VALUES (1, 'Ada', 'Ada@example.org', '', 'Mine', 'Mine', 'approved', '2026-01-01', '192.0.2.7')",
        f"{comment} VALUES (1, 'Bob', 'bob@example.org', '', 'His', 'His', 'approved', '2026-01-01', '192.0.2.8')",
        "INSERT INTO newsletter (address) VALUES ('Ada@Example.org'), ('bob@example.org')",
        "UPDATE tag SET wished_by = 'ada@example.org'",
    )
    ok("downgrade")

    asked = flask("people", "erase", "ada@example.org")
    assert (asked.exit_code, asked.stderr) == (
        1,
        "Error: There is nobody to ask: say --yes to do it. Nothing was changed.\n",
    )
    said = flask("people", "erase", "ADA@example.org", "--yes").output.splitlines()
    assert "1 comment" in said
    assert "1 row of newsletter, put aside by the downgrade through newsletter" in said
    assert "1 cell of tag.wished_by, put aside by the downgrade through newsletter" in said
    assert "ada@example.org is erased." in said
    assert said[-1].startswith("2 files in ")

    ok("upgrade")
    assert sql("SELECT name, email, asked_from FROM comment ORDER BY id") == [
        ("Somebody", "", None),
        ("Bob", "bob@example.org", "192.0.2.8"),
    ]
    assert sql("SELECT address FROM newsletter") == [("bob@example.org",)]
    assert sql("SELECT wished_by FROM tag") == [(None,)]
    nobody = flask("people", "erase", "ada@example.org", "--yes")
    assert (nobody.exit_code, nobody.stderr) == (1, "Error: Nothing here names ada@example.org.\n")
