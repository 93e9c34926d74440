"""What is known, said and refused before a run begins."""

import shutil
import socket
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from cms.schema import disk
from cms.schema.altering import blocking_message, cost
from cms.schema.errors import SchemaError
from tests.schema.workbench import Revision, Workbench

START = Revision(
    "start",
    None,
    """
op.create_table("author", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
op.create_table(
    "post",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(50)),
    sa.Column("slug", sa.String(50)),
)
""",
    "pass",
)
SLUG = 'op.create_index("uq_post_slug", "post", ["slug"], unique=True)'
ADD = 'op.add_column("post", sa.Column("summary", sa.String(50)))'
WIDER = 'op.alter_column("post", "title", type_=sa.Text(), existing_type=sa.String(50))'
only_mariadb = pytest.mark.parametrize("database_kind", ["mariadb"], indirect=True)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def bench(new_url, tmp_path):
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    bench.write([START])
    bench.upgrade()
    run(bench, "INSERT INTO post VALUES (1, 'One', 'same'), (2, 'Two', 'same')")
    yield bench
    bench.close()


def run(bench, *statements):
    with bench.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def go(bench, up, **options):
    said = []
    bench.write([START, Revision("next", "start", up, "pass")])
    bench.upgrade(say=said.append, **options)
    return said


# What a script's own statement leaves known


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO author (id, name) VALUES (7, 'post')",
        "UPDATE author SET name = (SELECT MIN(title) FROM post)",
        "WITH few AS (SELECT 1 AS id) INSERT INTO author (id) SELECT id FROM few",
        "SELECT COUNT(*) FROM post",
    ],
)
def test_a_statement_that_writes_another_table_hides_no_duplicates(bench, statement):
    done, up = [], f'op.execute("{statement}", execution_options={{"runs": "once"}})\n{SLUG}'

    with pytest.raises(SchemaError, match=r"1 value of post \(slug\) is there twice"):
        go(bench, up, back_up=lambda _engine, _say: done.append("backup"))

    assert done == []
    with bench.writing() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM author")) == 0


@pytest.mark.parametrize("how", ["itself", "by a trigger", "by a view"])
def test_a_statement_that_mends_the_table_stops_nothing(bench, how):
    statements = {
        "itself": "UPDATE post SET slug = title",
        "by a trigger": "INSERT INTO author (id, name) VALUES (7, 'x')",
        "by a view": "UPDATE posts SET slug = title",
    }
    if how == "by a view" and bench.kind == "sqlite":
        pytest.skip("SQLite's views are not written to")
    acts = "UPDATE post SET slug = title"
    if how == "by a trigger":
        acts = f"BEGIN {acts}; END" if bench.kind == "sqlite" else acts
        run(bench, f"CREATE TRIGGER mends AFTER INSERT ON author FOR EACH ROW {acts}")
    if how == "by a view":
        run(bench, "CREATE VIEW posts AS SELECT id, title, slug FROM post")

    go(bench, f'op.execute("{statements[how]}", execution_options={{"runs": "once"}})\n{SLUG}', accept_drift=True)

    assert bench.heads() == {"next"}


# SQLite: a plan keeps nobody waiting


@only_sqlite
def test_a_plan_keeps_no_writer_waiting_and_leaves_nothing_behind(bench, tmp_path):
    locked = []

    def write(_connection, _cursor, statement, *_rest):
        if statement.startswith("UPDATE `post`"):
            try:
                other = sqlite3.connect(bench.engine.url.database, timeout=0, isolation_level=None)
                other.execute("UPDATE author SET name = 'x'")
                other.close()
                locked.append(False)
            except sqlite3.OperationalError:
                locked.append(True)

    files = sorted(path.name for path in tmp_path.iterdir())
    before = bench.look()
    bench.write([START, Revision("next", "start", f"{ADD}\nop.fill('post', {{'summary': 'title'}})", "pass")])

    said = []
    event.listen(Engine, "before_cursor_execute", write)
    try:
        bench.upgrade(plan=True, say=said.append)
    finally:
        event.remove(Engine, "before_cursor_execute", write)

    assert set(locked) == {False}
    assert said[-1] == "Nothing was done."
    assert any(line.startswith("    UPDATE `post` SET") for line in said)
    assert bench.look() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == files


@only_sqlite
def test_a_plan_has_the_functions_that_the_application_adds(bench):
    event.listen(bench.engine, "connect", lambda raw, _record: raw.create_function("shout", 1, str.upper))

    said = go(bench, f'{ADD}\nop.fill("post", {{"summary": "shout(title)"}})', plan=True)

    assert said[-1] == "Nothing was done."
    go(bench, f'{ADD}\nop.fill("post", {{"summary": "shout(title)"}})')
    assert bench.content()["post"][(1,)]["summary"] == "ONE"


@pytest.mark.parametrize(
    ("values", "where", "wrong"),
    [
        ({"summary": "titel"}, None, "titel"),
        ({"summery": "title"}, None, "summery"),
        ({"summary": "whisper(title)"}, None, "(?i)whisper"),
        ({"summary": "lower(title"}, None, "(?i)syntax|incomplete"),
        ({"summary": "title"}, "post.summary IS NUL", "(?i)NUL"),
        ({"summary": "(SELECT nam FROM author WHERE author.id = post.id)"}, None, "nam"),
    ],
)
def test_a_fill_that_names_what_is_not_there_is_refused_before_the_first_step(bench, values, where, wrong):
    before = bench.look()

    with pytest.raises((SchemaError, DBAPIError), match=wrong):  # on SQLite the run has begun, and is rolled back
        go(bench, f'{ADD}\nop.fill("post", {values!r}, where={where!r})')

    assert bench.look() == before


def test_a_fill_from_other_tables_as_earlier_steps_leave_them_is_done(bench):
    run(bench, "INSERT INTO author VALUES (1, 'Ada')")
    go(
        bench,
        f"{ADD}\n"
        'op.add_column("author", sa.Column("sign", sa.String(80)))\n'
        'op.fill("author", {"sign": "upper(name)"})\n'
        'op.fill("post", {"summary": "(SELECT sign FROM author WHERE author.id = post.id)"})',
    )

    assert [post["summary"] for post in bench.content()["post"].values()] == ["ADA", None]


def test_a_key_that_one_run_makes_and_drops_is_in_no_later_steps_way(bench):
    """A walk (CMS_TEST_SEED=128) was refused: the copy had kept the key, and would not part with its index."""
    table = (
        'op.create_table("note", sa.Column("id", sa.Integer, primary_key=True), sa.Column("author_id", sa.Integer),'
        ' sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_note_author_id"))'
    )
    dropped = (
        'with op.batch_alter_table("note") as batch:\n    batch.drop_constraint("fk_note_author_id", "foreignkey")'
    )
    made = (
        'with op.batch_alter_table("note") as batch:\n'
        '    batch.create_foreign_key("fk_note_author_id", "author", ["author_id"], ["id"])'
    )
    column = 'op.add_column("note", sa.Column("author_id", sa.Integer))'
    bench.write(
        [
            START,
            Revision("note", "start", table, 'op.drop_table("note")'),
            Revision("free", "note", dropped, made),
            Revision("less", "free", 'op.drop_column("note", "author_id")', column),
        ]
    )
    bench.upgrade()
    run(bench, "INSERT INTO note (id) VALUES (1)")

    bench.downgrade("start")
    bench.upgrade()

    assert bench.content()["note"] == {(1,): {"id": 1}}


@only_sqlite
def test_a_plan_tells_what_stands_in_the_way_and_leaves_nothing_behind(bench, tmp_path):
    files = sorted(path.name for path in tmp_path.iterdir())

    with pytest.raises(SchemaError, match=r"1 value of post \(slug\) is there twice"):
        go(bench, SLUG, plan=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == files


@only_sqlite
@pytest.mark.parametrize("plan", [True, False])
def test_a_database_named_by_a_uri_goes_up_like_any_other(bench, tmp_path, plan):
    bench.engine = create_engine(f"sqlite:///file:{tmp_path / 'walked.sqlite3'}?mode=rw&uri=true")

    said = go(bench, ADD, plan=plan)

    assert ("Nothing was done." in said) == plan
    assert bench.heads() == ({"start"} if plan else {"next"})


# Disk


def no_room(monkeypatch, free=1000):
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**9, 10**9 - free, free))


@only_sqlite
@pytest.mark.parametrize("back_up", [None, True])
def test_room_for_a_file_that_is_written_anew_is_asked_for_before_the_backup(bench, monkeypatch, tmp_path, back_up):
    done = []
    no_room(monkeypatch)

    with pytest.raises(SchemaError, match=r"There is no room in .*: about 17 MB are needed, 0 MB are free"):
        go(bench, ADD, back_up=(lambda _engine, _say: done.append("backup")) if back_up else None)

    assert done == []
    assert bench.heads() == {"start"}
    with pytest.raises(SchemaError, match="There is no room in"):
        go(bench, ADD, plan=True)


@only_mariadb
def test_room_for_a_table_that_the_server_writes_anew_is_asked_for_even_without_a_backup(bench, monkeypatch):
    no_room(monkeypatch)

    with pytest.raises(SchemaError, match=r"There is no room in .*: about 17 MB are needed, 0 MB are free"):
        go(bench, WIDER)

    assert bench.heads() == {"start"}


@only_mariadb
def test_a_disk_that_cannot_be_seen_is_said_to_be_unchecked_in_a_plan_and_for_a_large_table(bench, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    never = "the server's disk was not checked, it cannot be seen from here"

    assert any(
        line.startswith("disk: post is written anew, about ") and line.endswith(never)
        for line in go(bench, WIDER, plan=True)
    )
    assert f"disk: no table is written anew; {never}" in go(bench, ADD, plan=True)
    monkeypatch.setattr(disk, "MARGIN_BYTES", 0)
    monkeypatch.setattr("cms.schema.run_on_server.MARGIN_BYTES", 0)
    assert any(never in line for line in go(bench, WIDER))


@only_mariadb
def test_a_disk_that_can_be_seen_is_told_in_a_plan(bench):
    with bench.writing() as connection:
        folder = Path(connection.scalar(text("SELECT @@datadir")))

    (line,) = [line for line in go(bench, WIDER, plan=True) if line.startswith("disk: ")]

    assert line.startswith("disk: about 17 MB are needed, ")
    assert line.endswith(f"in {folder} (post is written anew)")


# What a copy of a table costs


@pytest.fixture
def large(bench):
    run(bench, "INSERT INTO post (id, title, slug) SELECT seq, seq, seq FROM seq_3_to_1100", "ANALYZE TABLE post")
    return bench


@only_mariadb
def test_what_a_copy_costs_is_in_the_refusal_the_plan_and_before_the_step(large):
    with large.writing() as connection:
        price = cost(connection, "post")
        assert f"while nobody may write to it: {price}. Allow it with --allow-blocking." in blocking_message(
            connection, "post", "X"
        )
    assert price.startswith("about 1,")

    with pytest.raises(SchemaError) as refused:
        go(large, WIDER, allow_blocking=False)
    assert price in str(refused.value)
    assert any(f"blocks writers, {price}: needs --allow-blocking" in line for line in go(large, WIDER, plan=True))
    said = go(large, WIDER, allow_blocking=True)
    told = said.index(f"  copying post whole, as --allow-blocking allows; nobody can write to it meanwhile: {price}")
    assert said[told + 1].startswith("  alter post.title: make it Text()")
