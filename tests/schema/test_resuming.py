"""A run is done when nothing of it is in doubt: no row points nowhere, no step changed, nobody else was at it."""

import pytest
from sqlalchemy import event, text

from cms.schema.errors import Drift, SchemaError
from tests.schema.kills import COPIED, COPIED_START
from tests.schema.workbench import Revision, Workbench, engine_for

START = Revision(
    "start",
    None,
    """
op.create_table("author", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
op.create_table("other", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
op.create_table(
    "post",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(50)),
    sa.Column("author_id", sa.Integer),
)
""",
    "pass",
)
ADD_KEY = """
with op.batch_alter_table("post") as batch:
    batch.create_foreign_key("fk_post_author_id", "author", ["author_id"], ["id"])
"""
STOPS = """
op.add_column("post", sa.Column("summary", sa.String(50)))
op.execute("INSERT INTO nowhere (id) VALUES (1)", execution_options={"runs": "every time"})
op.add_column("author", sa.Column("age", sa.Integer))
"""
DOWN = 'op.drop_column("author", "age")\nop.drop_column("post", "summary")'
only_mariadb = pytest.mark.parametrize("database_kind", ["mariadb"], indirect=True)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def bench(new_url, tmp_path):
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    bench.write([START])
    bench.upgrade()
    run(bench, "INSERT INTO author (id, name) VALUES (1, 'Ada')", "INSERT INTO post VALUES (1, 'One', 1)")
    yield bench
    bench.close()


def run(bench, *statements):
    """As somebody else does, on a connection of their own."""
    other = engine_for(bench.engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        found = [connection.execute(text(statement)) for statement in statements][-1]
        rows = [tuple(row) for row in found] if found.returns_rows else []
    other.dispose()
    return rows


def meanwhile(bench, beginning, *statements):
    """Somebody else does that once, right before the statement of the run that begins so."""
    waiting = [statements]

    def act(_connection, _cursor, statement, *_rest):
        if waiting and statement.startswith(beginning):
            run(bench, *waiting.pop())

    event.listen(bench.engine, "before_cursor_execute", act)


def keys(bench):
    return {key[0] for key in bench.fingerprint()["post"]["foreign_keys"]}


# Rows that point nowhere


def test_what_this_run_itself_wrote_is_asked_about_before_the_next_revision_begins(bench):
    run(bench, "INSERT INTO post (id, title) VALUES (2, 'Two')")
    lost = "op.execute(\"UPDATE post SET author_id = 9 WHERE id = 2\", execution_options={'runs': 'every time'})"
    wanted = f'op.create_table("mood", sa.Column("id", sa.Integer, primary_key=True)){ADD_KEY}'
    bench.write([Revision("lose", "start", lost, "pass"), Revision("key", "lose", wanted, "pass")])

    with pytest.raises(SchemaError, match="1 row of post points"):
        bench.upgrade()

    # SQLite does all in one transaction; MariaDB stops between two revisions, never inside of one.
    assert bench.heads() == {"start" if bench.kind == "sqlite" else "lose"}
    assert "mood" not in bench.fingerprint()
    run(bench, "DELETE FROM post WHERE id = 2")
    bench.upgrade()
    assert bench.heads() == {"key"}


@only_mariadb
def test_an_orphan_written_while_a_key_is_made_takes_the_key_back_and_leaves_the_run_unfinished(bench):
    bench.write([Revision("next", "start", ADD_KEY, "pass")])
    meanwhile(bench, "ALTER TABLE `post` ADD CONSTRAINT", "INSERT INTO post VALUES (2, 'Two', 77)")

    for _ in range(2):
        with pytest.raises(SchemaError, match="1 row of post points to rows of author that are not there"):
            bench.upgrade()
        assert bench.heads() == {"start"}
        assert keys(bench) == set()
        assert run(bench, "SELECT revision FROM alembic_history") == [("start",)]

    run(bench, "UPDATE post SET author_id = 1")
    bench.upgrade()
    assert bench.heads() == {"next"}
    assert keys(bench) == {"fk_post_author_id"}


@only_mariadb
def test_rows_that_a_run_leaves_pointing_nowhere_stop_it_before_its_version_and_again_the_next_time(bench):
    bench.write([Revision("key", "start", ADD_KEY, "pass")])
    bench.upgrade()
    bench.write([Revision("next", "key", 'op.add_column("other", sa.Column("a", sa.Integer))', "pass")])
    meanwhile(bench, "ALTER TABLE `other`", "SET foreign_key_checks = 0", "INSERT INTO post VALUES (2, 'Two', 77)")

    for _ in range(2):
        with pytest.raises(SchemaError, match=r"Rows would point nowhere:\n  1 row of post \(fk_post_author_id\)"):
            bench.upgrade()
        assert bench.heads() == {"key"}

    run(bench, "DELETE FROM post WHERE id = 2")
    bench.upgrade()
    assert bench.heads() == {"next"}


@only_sqlite
def test_rows_that_a_run_leaves_pointing_nowhere_undo_it(bench):
    bench.write([Revision("key", "start", ADD_KEY, "pass")])
    bench.upgrade()
    bench.write([Revision("next", "key", 'op.fill("post", {"author_id": "77"}, where="id = 1")', "pass")])

    with pytest.raises(SchemaError, match=r"Rows would point nowhere:\n  1 row of post \(fk_post_author_id\)"):
        bench.upgrade()

    assert bench.heads() == {"key"}
    assert run(bench, "SELECT author_id FROM post") == [(1,)]


def test_rows_that_pointed_nowhere_before_do_not_stop_a_run_that_renames_their_table(bench):
    bench.write([Revision("key", "start", ADD_KEY, "pass")])
    bench.upgrade()
    off = "PRAGMA foreign_keys = OFF" if bench.kind == "sqlite" else "SET foreign_key_checks = 0"
    with engine_for(bench.engine.url.render_as_string(hide_password=False)).connect() as connection:
        connection.exec_driver_sql(off)
        connection.exec_driver_sql("INSERT INTO post VALUES (2, 'Two', 77)")
        connection.commit()
    up = """
op.rename_table("post", "article")
op.rename_table("author", "writer")
with op.batch_alter_table("article") as batch:
    batch.alter_column("author_id", new_column_name="writer_id", existing_type=sa.Integer())
"""
    bench.write([Revision("next", "key", up, "pass")])

    bench.upgrade()

    assert run(bench, "SELECT writer_id FROM article ORDER BY id") == [(1,), (77,)]


# What was cut off


@pytest.fixture
def stopped(bench):
    """A run that was cut off behind its first step."""
    bench.write([Revision("next", "start", STOPS, DOWN)])
    with pytest.raises(Exception, match="nowhere"):
        bench.upgrade()
    assert run(bench, "SELECT COUNT(*) FROM alembic_journal WHERE step = 0") == [(1,)]
    return bench


def cut_off(bench, when):
    """An upgrade that dies behind the step by which ``when()`` comes true, before it notes that step as done."""

    def die(_connection, _cursor, statement, *_rest):
        if statement.startswith("UPDATE alembic_journal") and "position" in statement and when():
            raise RuntimeError("killed")

    event.listen(bench.engine, "before_cursor_execute", die)
    with pytest.raises(RuntimeError, match="killed"):
        bench.upgrade()
    event.remove(bench.engine, "before_cursor_execute", die)


@pytest.fixture
def crashed(new_url, tmp_path):
    """A server that was killed as a copy took the place of a table: it came up with the copy, and without its keys."""
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    bench.write([COPIED_START])
    bench.upgrade()
    bench.write([COPIED])
    cut_off(bench, lambda: bench.fingerprint()["pair"]["key"] == ())
    run(bench, *(f"ALTER TABLE pair DROP FOREIGN KEY fk_pair_{side}_id" for side in ("left", "right")))
    yield bench
    bench.close()


@only_mariadb
def test_keys_that_went_with_a_crash_inside_a_copy_are_made_again_as_they_were(crashed):
    crashed.upgrade()

    looks = crashed.fingerprint()["pair"]
    assert looks["foreign_keys"] == {
        ("fk_pair_left_id", ("left_id",), "side", ("id",), "CASCADE"),
        ("fk_pair_right_id", ("right_id",), "side", ("id",), None),
    }
    assert looks["key"] == ("right_id", "left_id")
    assert sorted(run(crashed, "SELECT left_id, right_id FROM pair")) == [(1, 2), (2, 2)]


@only_mariadb
def test_what_was_written_while_a_lost_key_was_missing_stops_the_run_until_it_is_mended(crashed):
    run(crashed, "INSERT INTO pair VALUES (77, 1)")

    for _ in range(2):
        with pytest.raises(SchemaError, match="1 row of pair points to rows of side that are not there"):
            crashed.upgrade()
        assert crashed.heads() == {COPIED_START.name}

    run(crashed, "DELETE FROM pair WHERE left_id = 77")
    crashed.upgrade()
    found = {key[0] for key in crashed.fingerprint()["pair"]["foreign_keys"]}
    assert found == {"fk_pair_left_id", "fk_pair_right_id"}


@only_mariadb
def test_a_key_that_a_step_drops_itself_is_not_made_again(bench):
    bench.write([Revision("key", "start", ADD_KEY, "pass")])
    bench.upgrade()
    gone = 'op.drop_constraint("fk_post_author_id", "post", type_="foreignkey")'
    bench.write([Revision("gone", "key", gone, "pass")])
    cut_off(bench, lambda: not keys(bench))

    bench.upgrade()

    assert bench.heads() == {"gone"}
    assert keys(bench) == set()


@only_mariadb
def test_a_step_that_changed_since_it_was_done_is_refused_until_it_is_put_back(stopped):
    changed = STOPS.replace("sa.String(50)", "sa.String(60)")
    stopped.write([Revision("next", "start", changed, DOWN)])

    with pytest.raises(SchemaError, match="Step 1 of next has changed since it was begun"):
        stopped.upgrade()

    run(stopped, "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")
    stopped.write([Revision("next", "start", STOPS, DOWN)])
    stopped.upgrade()
    assert stopped.heads() == {"next"}


@only_mariadb
def test_what_was_changed_by_hand_meanwhile_is_named_before_a_run_goes_on(stopped):
    run(
        stopped,
        "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)",  # which the step that failed writes to
        "ALTER TABLE other ADD COLUMN by_hand INTEGER",
        "ALTER TABLE other DROP COLUMN name",
    )
    for options in ({}, {"plan": True}):
        with pytest.raises(Drift) as refused:
            stopped.upgrade(**options)
        assert "other: new: `by_hand`" in str(refused.value)
        assert "other: gone: `name`" in str(refused.value)
        assert "summary" not in str(refused.value)
        assert "nowhere" not in str(refused.value)
    assert stopped.heads() == {"start"}

    said = []
    stopped.upgrade(accept_drift=True, say=said.append)

    assert stopped.heads() == {"next"}
    assert any(line.startswith("accepted: other: new: `by_hand`") for line in said)


@only_mariadb
def test_what_was_accepted_before_a_run_was_cut_off_need_not_be_accepted_again(bench):
    run(bench, "CREATE TABLE by_hand (id INTEGER PRIMARY KEY)")
    bench.write([Revision("next", "start", STOPS, DOWN)])
    with pytest.raises(Exception, match="nowhere"):
        bench.upgrade(accept_drift=True)
    run(bench, "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")

    bench.upgrade()

    assert bench.heads() == {"next"}


@only_mariadb
def test_a_script_that_was_changed_meanwhile_is_named_before_a_run_goes_on(stopped):
    run(stopped, "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)")
    stopped.write([Revision("start", None, START.up + 'op.create_index("ix_new", "post", ["title"])', START.down)])

    with pytest.raises(Drift, match=r"start\.py has changed since it was applied"):
        stopped.upgrade()


@only_mariadb
def test_the_plan_of_a_run_that_was_cut_off_tells_what_is_done_and_what_is_to_come(stopped):
    more = Revision("last", "next", 'op.add_column("other", sa.Column("z", sa.Integer))', "pass")
    stopped.write([Revision("next", "start", STOPS, DOWN), more])
    before, said = stopped.look(), []

    stopped.upgrade(plan=True, say=said.append)

    assert said == [
        "upgrading the database from start",
        "Going on with the upgrade through next, which was cut off.",
        "upgrade next: 3 steps",
        "  done: add column post.summary",
        "  begun: execute INSERT INTO nowhere (id) VALUES (1)",
        "    INSERT INTO nowhere (id) VALUES (1)",
        "  to come: add column author.age",
        "upgrade last: 1 step",
        "  to come: add column other.z",
        "Nothing was done.",
    ]
    assert stopped.look() == before
