"""Who is whose child while a table or a column is away: nobody gets a stranger for a parent, and no row is lost."""

import pytest
from sqlalchemy import inspect

from cms.schema import kept, structure
from cms.schema.errors import SchemaError
from cms.schema.purging import purge
from tests.schema.workbench import Revision, Workbench


@pytest.fixture(params=["sqlite", "mariadb"])
def bench(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'parents.sqlite3'}"
    else:
        url = request.getfixturevalue("mariadb_server").create_database("parents")
    bench = Workbench(url, tmp_path / "migrations")
    yield bench
    bench.close()


def begin(bench, base, up, down, *statements):
    """At ``start``, with rows; then at ``next``."""
    bench.write([Revision("start", None, base, "pass"), Revision("next", "start", up, down)])
    bench.upgrade("start")
    run(bench, *statements)
    bench.upgrade()


def run(bench, *statements):
    with bench.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(bench, query):
    with bench.writing() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def put_aside(bench):
    """The rows of each kind and table that ``flask db kept`` shows."""
    with bench.engine.connect() as connection:
        return {(one.thing.kind, one.name): one.rows for one in kept.everything(connection)}


PARENT = """
op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
"""
PARENTS = "INSERT INTO parent (id, name) VALUES (1, 'Anna'), (2, 'Ben'), (3, 'Cem')"
CHILD = """
op.create_table(
    "child",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.Integer{column}),
    sa.ForeignKeyConstraint(["parent_id"], ["parent.id"], name="fk_child"{actions}),
)
"""
CHILDREN = "INSERT INTO child (id, parent_id) VALUES (1, 1), (2, 2), (3, 3)"


@pytest.mark.parametrize("column", ["", ", nullable=False", ", primary_key=True"])
@pytest.mark.parametrize("actions", ["", ', ondelete="RESTRICT"', ', ondelete="RESTRICT", onupdate="CASCADE"'])
def test_a_table_that_refuses_deletes_lets_them_be_while_it_is_away_and_knows_them_afterwards(bench, column, actions):
    child = CHILD.format(column=column, actions=actions)
    begin(bench, PARENT + child, 'op.drop_table("child")', child, PARENTS, CHILDREN)
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO parent (id, name) VALUES (1, 'Stranger')")
    run(bench, "UPDATE parent SET id = 9 WHERE id = 2")

    bench.downgrade("start")

    assert rows(bench, "SELECT id, parent_id FROM child ORDER BY id") == [(2, 9), (3, 3)]
    assert put_aside(bench) == {("rows", "child"): 1}
    schema = bench.fingerprint()
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        run(bench, "DELETE FROM parent WHERE id = 3")
    bench.upgrade()
    bench.downgrade("start")
    assert bench.fingerprint() == schema
    assert rows(bench, "SELECT id, parent_id FROM child ORDER BY id") == [(2, 9), (3, 3)]


def test_a_key_that_other_cells_are_computed_from_is_watched_as_any_other(bench):
    computed = 'sa.Column("twice", sa.Integer, sa.Computed("parent_id * 2", persisted=True)),\n    sa.ForeignKeyC'
    child = CHILD.format(column="", actions="").replace("sa.ForeignKeyC", computed)
    begin(bench, PARENT + child, 'op.drop_table("child")', child, PARENTS, CHILDREN)
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO parent (id, name) VALUES (1, 'Stranger')")
    run(bench, "UPDATE parent SET id = 9 WHERE id = 2")

    bench.downgrade("start")

    assert rows(bench, "SELECT id, parent_id, twice FROM child ORDER BY id") == [(2, 9, 18), (3, 3, 6)]
    assert put_aside(bench) == {("rows", "child"): 1}


@pytest.mark.parametrize("actions", ["", ', ondelete="CASCADE"'])
@pytest.mark.parametrize("column", ["", ", nullable=False"])
@pytest.mark.parametrize("what", ["table", "column"])
def test_a_key_that_a_check_looks_at_goes_away_and_comes_back(bench, what, column, actions):
    check = 'sa.CheckConstraint("parent_id > 0", name="ck_child"),\n    sa.ForeignKeyC'
    child = CHILD.format(column=column, actions=actions).replace("sa.ForeignKeyC", check)
    back = COLUMN_BACK.format(column=f'sa.Column("parent_id", sa.Integer{column})', actions=actions)
    back += '    batch.create_check_constraint("ck_child", "parent_id > 0")\n'
    ways = ('op.drop_table("child")', child) if what == "table" else (COLUMN_AWAY, back)
    begin(bench, PARENT + child, *ways, PARENTS, CHILDREN)

    bench.downgrade("start")

    assert rows(bench, "SELECT id, parent_id FROM child ORDER BY id") == [(1, 1), (2, 2), (3, 3)]


def test_the_row_that_lost_its_parent_goes_aside_with_every_cell_that_it_had(bench):
    child = CHILD.format(column="", actions="")
    begin(bench, PARENT + child, 'op.drop_table("child")', child, PARENTS, CHILDREN)
    run(bench, "DELETE FROM parent WHERE id = 1")

    bench.downgrade("start")

    with bench.engine.connect() as connection:
        aside = kept.everything(connection)[0].thing.kept_name
    assert rows(bench, f"SELECT id, parent_id FROM {aside}") == [(1, 1)]


@pytest.mark.parametrize("ondelete", ["RESTRICT", "CASCADE"])
def test_what_points_to_a_row_that_lost_its_parent_goes_aside_with_it(bench, ondelete):
    tree = f"""
op.create_table(
    "child",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent_id", sa.Integer),
    sa.Column("above_id", sa.Integer),
    sa.ForeignKeyConstraint(["parent_id"], ["parent.id"], name="fk_child"),
    sa.ForeignKeyConstraint(["above_id"], ["child.id"], name="fk_above", ondelete="{ondelete}"),
)
"""
    begin(
        bench,
        PARENT + tree,
        'op.drop_table("child")',
        tree,
        PARENTS,
        "INSERT INTO child (id, parent_id, above_id) VALUES (1, 1, NULL)",
        "INSERT INTO child (id, parent_id, above_id) VALUES (2, 2, 1), (3, NULL, NULL)",
        "INSERT INTO child (id, parent_id, above_id) VALUES (4, NULL, 2), (5, 3, 3)",
    )
    run(bench, "DELETE FROM parent WHERE id = 1")

    bench.downgrade("start")

    assert rows(bench, "SELECT id, above_id FROM child ORDER BY id") == [(3, None), (5, 3)]
    assert put_aside(bench) == {("rows", "child"): 3}


WATCHING = ["", ', ondelete="RESTRICT"', ', ondelete="CASCADE"', ', ondelete="SET NULL"']


@pytest.mark.parametrize("actions", WATCHING)
@pytest.mark.parametrize("what", ["table", "column"])
def test_nobody_is_kept_from_calling_a_parent_otherwise_by_what_is_away(bench, what, actions):
    child = CHILD.format(column="", actions=actions)
    back = COLUMN_BACK.format(column='sa.Column("parent_id", sa.Integer)', actions=actions)
    ways = ('op.drop_table("child")', child) if what == "table" else (COLUMN_AWAY, back)
    begin(bench, PARENT + child, *ways, PARENTS, CHILDREN)
    run(bench, "UPDATE parent SET id = 9 WHERE id = 2", "DELETE FROM parent WHERE id = 1")

    bench.downgrade("start")

    lost = [(1, None)] if what == "column" or "NULL" in actions else []
    assert rows(bench, "SELECT id, parent_id FROM child ORDER BY id") == [*lost, (2, 9), (3, 3)]
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        run(bench, "UPDATE parent SET id = 8 WHERE id = 3")


@pytest.mark.parametrize("actions", WATCHING)
def test_keys_come_back_under_their_own_names_and_each_can_be_dropped_by_its_own(bench, actions):
    child = f"""
op.create_table(
    "child",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a", sa.Integer),
    sa.Column("b", sa.Integer),
    sa.ForeignKeyConstraint(["a"], ["parent.id"], name="fk_a"{actions}),
    sa.ForeignKeyConstraint(["b"], ["parent.id"], name="fk_b"{actions}),
)
"""
    begin(bench, PARENT + child, 'op.drop_table("child")', child, PARENTS)
    run(bench, "DELETE FROM parent WHERE id = 3")
    bench.downgrade("start")
    assert columns_of_keys(bench) == {"fk_a": ["a"], "fk_b": ["b"]}

    without = 'with op.batch_alter_table("child") as batch:\n    batch.drop_constraint("fk_a", type_="foreignkey")'
    bench.write([Revision("other", "start", without, "pass")])
    bench.upgrade("other")

    assert columns_of_keys(bench) == {"fk_b": ["b"]}


def columns_of_keys(bench):
    with bench.engine.connect() as connection:
        return {key["name"]: key["constrained_columns"] for key in inspect(connection).get_foreign_keys("child")}


COLUMN = 'sa.Column("parent_id", sa.Integer, nullable=False{default})'
COLUMN_AWAY = """
with op.batch_alter_table("child") as batch:
    batch.drop_constraint("fk_child", type_="foreignkey")
    batch.drop_column("parent_id")
"""
COLUMN_BACK = """
with op.batch_alter_table("child") as batch:
    batch.add_column({column})
    batch.create_foreign_key("fk_child", "parent", ["parent_id"], ["id"]{actions})
"""


def begin_without_column(bench, default="", actions=""):
    column = COLUMN.format(default=default)
    child = CHILD.format(column=f", nullable=False{default}", actions=actions)
    back = COLUMN_BACK.format(column=column, actions=actions)
    begin(bench, PARENT + child, COLUMN_AWAY, back, PARENTS, CHILDREN)


@pytest.mark.parametrize("actions", ["", ', ondelete="RESTRICT"', ', ondelete="CASCADE"'])
def test_rows_without_a_parent_for_a_column_that_must_have_one_are_named_before_anything_is_done(bench, actions):
    begin_without_column(bench, actions=actions)
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO parent (id, name) VALUES (0, 'Nobody')")
    run(bench, "INSERT INTO child (id) VALUES (7)")
    before = bench.look()

    with pytest.raises(SchemaError, match=r"2 rows have no child.parent_id") as refusal:
        bench.downgrade("start")

    assert bench.look() == before
    assert bench.heads() == {"next"}
    hidden = str(refusal.value).partition("(")[2].partition(" ")[0]
    run(bench, f"UPDATE child SET `{hidden}` = 2 WHERE id = 1", "DELETE FROM child WHERE id = 7")
    bench.downgrade("start")
    assert rows(bench, "SELECT id, parent_id FROM child ORDER BY id") == [(1, 2), (2, 2), (3, 3)]


def test_the_default_of_a_column_stands_for_a_parent_that_is_not_there(bench):
    begin_without_column(bench, default=', server_default="3"')
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO child (id) VALUES (7)")

    bench.downgrade("start")

    assert rows(bench, "SELECT id, parent_id FROM child ORDER BY id") == [(1, 3), (2, 2), (3, 3), (7, 3)]


def test_a_default_that_points_to_nobody_keeps_no_writer_off_and_is_named(bench):
    begin_without_column(bench, default=', server_default="3"')
    run(bench, "DELETE FROM parent WHERE id = 3", "INSERT INTO child (id) VALUES (7)")
    before = bench.look()

    with pytest.raises(SchemaError, match=r"2 rows (have no|of) child"):
        bench.downgrade("start")

    assert bench.look() == before


@pytest.mark.parametrize("other", ["pb", "pb" * 30])  # of a hidden name that is shortened, too
def test_half_of_a_key_does_not_come_back_to_a_stranger(bench, tmp_path, other):
    parent = (
        'op.create_table("parent", sa.Column("a", sa.Integer, primary_key=True, autoincrement=False), '
        'sa.Column("b", sa.Integer, primary_key=True, autoincrement=False))\n'
    )
    child = f"""
op.create_table(
    "child",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("pa", sa.Integer),
    sa.Column("{other}", sa.Integer),
    sa.ForeignKeyConstraint(["pa", "{other}"], ["parent.a", "parent.b"], name="fk_child", ondelete="SET NULL"),
)
"""
    begin(
        bench,
        parent + child,
        f"""
with op.batch_alter_table("child") as batch:
    batch.drop_constraint("fk_child", type_="foreignkey")
    batch.drop_column("{other}")
""",
        f"""
with op.batch_alter_table("child") as batch:
    batch.add_column(sa.Column("{other}", sa.Integer))
    batch.create_foreign_key("fk_child", "parent", ["pa", "{other}"], ["a", "b"], ondelete="SET NULL")
""",
        "INSERT INTO parent (a, b) VALUES (1, 1), (1, 2)",
        f"INSERT INTO child (id, pa, {other}) VALUES (1, 1, 1), (2, 1, 2)",
    )
    run(bench, "DELETE FROM parent WHERE b = 1", "INSERT INTO parent (a, b) VALUES (1, 1)")
    assert rows(bench, "SELECT id, pa FROM child ORDER BY id") == [(1, 1), (2, 1)]

    bench.downgrade("start")

    assert rows(bench, f"SELECT id, pa, {other} FROM child ORDER BY id") == [(1, 1, None), (2, 1, 2)]
    bench.upgrade()
    purge(bench.engine, [1, 2], tmp_path / "backups", lambda _line: None)
    with bench.engine.connect() as connection:
        assert list(structure.read(connection)["child"].columns) == ["id", "pa"]


@pytest.mark.parametrize("ondelete", ["CASCADE", "SET NULL", "RESTRICT"])
def test_what_points_from_another_table_to_a_row_that_went_aside_is_not_lost_either(bench, ondelete):
    child = CHILD.format(column="", actions="")
    grandchild = f"""
op.create_table(
    "grandchild",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("child_id", sa.Integer),
    sa.ForeignKeyConstraint(["child_id"], ["child.id"], name="fk_grandchild", ondelete="{ondelete}"),
)
"""
    away = 'op.drop_table("grandchild")\nop.drop_table("child")'
    given = "INSERT INTO grandchild (id, child_id) VALUES (1, 1), (2, 2)"
    begin(bench, PARENT + child + grandchild, away, child + grandchild, PARENTS, CHILDREN, given)
    run(bench, "DELETE FROM parent WHERE id = 1")

    bench.downgrade("start")

    assert rows(bench, "SELECT id FROM child ORDER BY id") == [(2,), (3,)]
    if ondelete == "SET NULL":
        assert rows(bench, "SELECT id, child_id FROM grandchild ORDER BY id") == [(1, None), (2, 2)]
    else:
        assert rows(bench, "SELECT id, child_id FROM grandchild ORDER BY id") == [(2, 2)]
        assert put_aside(bench) == {("rows", "child"): 1, ("rows", "grandchild"): 1}
