"""D1: whatever somebody changes by hand is named, and what nobody changed is not."""

import json

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event, text

from cms.schema import comparable, drift, own_tables, structure
from cms.schema.errors import Drift
from tests.schema.figures import record
from tests.schema.workbench import Revision, Workbench

START = Revision(
    "start",
    None,
    """
op.create_table(
    "post",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(50)),
    sa.Column("price", sa.Integer, server_default="1"),
    sa.CheckConstraint("price > 0", name="ck_post_price"),
)
op.create_table("log", sa.Column("id", sa.Integer, primary_key=True), sa.Column("what", sa.String(50)))
op.create_index("ix_post_title", "post", ["title"])
""",
    "pass",
)
NEXT = Revision("next", "start", 'op.add_column("log", sa.Column("at", sa.Integer))', 'op.drop_column("log", "at")')
TRIGGER = "CREATE TRIGGER shout AFTER INSERT ON post FOR EACH ROW {}"
SAYS = {"sqlite": "BEGIN INSERT INTO log (what) VALUES ({0}); END", "mariadb": "INSERT INTO log (what) VALUES ({0})"}


@pytest.fixture
def bench(new_url, tmp_path):
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations", derived=("post_search",))
    bench.write([START])
    yield bench
    bench.close()


def run(bench, *statements):
    with bench.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def anew(bench, was, now):
    """Somebody makes the table post by another text."""
    with bench.writing() as connection:
        sql = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'post'").scalar_one()
        assert was in sql
        connection.exec_driver_sql("DROP TABLE post")
        connection.exec_driver_sql(sql.replace(was, now))


def refused(bench):
    bench.write([NEXT])
    with pytest.raises(Drift) as error:
        bench.upgrade()
    return str(error.value)


BY_TEXT = {
    "a check": ("price > 0", "price > -1", "ck_post_price check ( price > - 1 )"),
    "a default": ("DEFAULT '1'", "DEFAULT '2'", "default '2'"),
    "a collation": ("VARCHAR(50)", "VARCHAR(50) COLLATE NOCASE", "collate nocase"),
    "a way of storing": ("ck_post_price CHECK (price > 0)\n)", "ck_post_price CHECK (price > 0)\n) STRICT", "strict"),
    "a conflict clause": ("NOT NULL", "NOT NULL ON CONFLICT IGNORE", "on conflict ignore"),
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", BY_TEXT)
def test_a_table_of_sqlite_that_somebody_made_by_another_text_is_named(bench, name):
    was, now, said = BY_TEXT[name]
    if name == "a way of storing":  # which takes no VARCHAR
        bench.write([Revision("start", None, START.up.replace("sa.String(50)", "sa.Text"), "pass")])
    bench.upgrade()
    anew(bench, was, now)

    assert said in refused(bench)


INDEXES = {
    "what a partial index holds": "ON post (title) WHERE price > 2",
    "an expression": "ON post (lower(title))",
    "an order": "ON post (title DESC)",
}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", INDEXES)
def test_an_index_of_sqlite_that_somebody_made_otherwise_is_named(bench, name):
    bench.upgrade()
    run(bench, "DROP INDEX ix_post_title", f"CREATE INDEX ix_post_title {INDEXES[name]}")

    assert "post: new: create index ix_post_title" in refused(bench)


@pytest.mark.parametrize("change", ["new", "gone", "changed"])
def test_a_trigger_that_somebody_made_dropped_or_changed_is_named(bench, change):
    bench.upgrade()
    one, other = (TRIGGER.format(SAYS[bench.kind].format(word)) for word in ("'one'", "'other'"))
    if change == "new":
        run(bench, one)
    else:
        run(bench, one)
        bench.write([Revision("between", "start", "pass", "pass")])
        bench.upgrade(accept_drift=True)
        bench.write([Revision("next", "between", NEXT.up, NEXT.down)])
        run(bench, "DROP TRIGGER shout", *([other] if change == "changed" else []))

    with pytest.raises(Drift) as error:
        bench.upgrade() if change != "new" else refused_by(bench)

    assert ("post: gone: " in str(error.value)) == (change != "new")
    assert ("post: new: " in str(error.value)) == (change != "gone")
    assert "shout" in str(error.value)
    record(f"D1 a trigger that is {change}, {bench.kind}", 1, 1, "named and refused")


def test_views_and_routines_that_somebody_made_or_changed_are_named_and_older_notes_know_none(bench):
    bench.upgrade()
    routine = [] if bench.kind == "sqlite" else ["CREATE FUNCTION dear(p INT) RETURNS INT RETURN p * 2"]
    run(bench, "CREATE VIEW cheap AS SELECT id FROM post WHERE price < 10", *routine)
    said = refused(bench)
    assert "view cheap is new" in said
    assert ("function dear is new" in said) == bool(routine)

    bench.upgrade(accept_drift=True)
    run(bench, "DROP VIEW cheap", "CREATE VIEW cheap AS SELECT id FROM post WHERE price < 20")
    if routine:
        run(bench, "DROP FUNCTION dear", routine[0].replace("p INT", "p BIGINT"))
    with bench.writing() as connection:
        found = drift.look(connection, ScriptDirectory(str(bench.folder)), lambda name: name == "post_search")
    assert any(line.startswith("view cheap: new: ") and "20" in line for line in found)
    assert any(line.startswith("function dear: new: ") and "bigint" in line for line in found) == bool(routine)

    with bench.writing() as connection:
        query = own_tables.history.select().order_by(own_tables.history.c.id.desc()).limit(1)
        noted = json.loads(connection.execute(query).one().structure)
        noted |= {"form": 2, "tables": comparable.without_programs(noted["tables"])}
        connection.execute(own_tables.history.update().values(structure=json.dumps(noted)))
        assert drift.look(connection, ScriptDirectory(str(bench.folder)), lambda name: name == "post_search") == []
    record(f"D1 a view or routine, {bench.kind}", 1, 1, "named and refused")


def refused_by(bench):
    bench.write([NEXT])
    bench.upgrade()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_blanks_quotes_and_comments_are_no_drift(bench):
    bench.upgrade()
    anew(bench, "price > 0", "/* more than nothing */ `price`  >\n0")
    run(bench, 'create  index "ix_post_title" ON "post" (title) -- by title')
    bench.write([NEXT])

    bench.upgrade()

    assert bench.heads() == {"next"}


@pytest.mark.parametrize("change", [False, True])
def test_what_an_older_release_noted_is_compared_in_its_own_words(bench, change):
    bench.upgrade()
    with bench.writing() as connection:
        run_by_hand = "CREATE TABLE mine (id INTEGER PRIMARY KEY)" if change else "SELECT 1"
        old = json.dumps(comparable.lines_of_old(connection, drift.left_out(lambda _name: False)))
        connection.execute(own_tables.history.update().values(structure=old))
        connection.exec_driver_sql(run_by_hand)
        noted = json.loads(connection.scalar(text("SELECT structure FROM alembic_history")))
        assert "form" not in noted

    if change:
        assert "table mine is new" in refused(bench)
        return
    bench.write([NEXT])
    bench.upgrade()
    with bench.writing() as connection:
        newest = connection.scalar(text("SELECT structure FROM alembic_history WHERE revision = 'next'"))
    assert json.loads(newest)["form"] == comparable.FORM


def test_a_way_there_and_back_is_no_drift(bench):
    bench.upgrade()
    run(bench, TRIGGER.format(SAYS[bench.kind].format("'one'")))
    bench.write([NEXT])
    bench.upgrade(accept_drift=True)
    for _ in range(2):
        bench.downgrade("start")
        bench.upgrade()

    assert bench.heads() == {NEXT.name}


def test_accepting_in_a_plan_names_the_differences_and_notes_nothing(bench):
    # An engine that says no BEGIN: what is written is committed at once.
    if bench.kind == "sqlite":
        event.listen(bench.engine, "connect", lambda raw, _record: setattr(raw, "isolation_level", None))
    bench.upgrade()
    run(bench, "ALTER TABLE post ADD COLUMN by_hand INTEGER")
    bench.write([Revision("start", None, f'{START.up}op.create_index("ix_new", "post", ["price"])', "pass"), NEXT])
    before, said = books(bench), []

    bench.upgrade(plan=True, accept_drift=True, say=said.append)

    assert books(bench) == before
    assert said[-1] == "Nothing was done."
    assert any("would be accepted: the script start.py has changed" in line for line in said)
    assert any("would be accepted: post: new: `by_hand`" in line for line in said)
    with pytest.raises(Drift):
        bench.upgrade()
    bench.upgrade(accept_drift=True)
    assert books(bench) != before


def books(bench):
    with bench.writing() as connection:
        return connection.execute(text("SELECT * FROM alembic_history")).all()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_key_that_names_no_column_is_about_the_primary_key_of_its_parent(bench):
    bench.upgrade()
    run(
        bench,
        "CREATE TABLE parent (code VARCHAR(9) PRIMARY KEY)",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_code VARCHAR(9) NOT NULL REFERENCES parent)",
        "INSERT INTO parent VALUES ('a'), ('b')",
        "INSERT INTO child VALUES (1, 'a')",
    )
    with bench.writing() as connection:
        (key,) = structure.read(connection)["child"].foreign_keys
        assert (key.parent, key.parent_columns) == ("parent", ["code"])
    down = 'op.create_table("child", sa.Column("id", sa.Integer, primary_key=True))'
    bench.write([Revision("next", "start", 'op.drop_table("child")', down)])

    bench.upgrade(accept_drift=True)

    run(bench, "DELETE FROM parent WHERE code = 'b'")
    with bench.writing() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM parent")) == 1
