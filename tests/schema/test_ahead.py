"""What stops a run on SQLite is found before its backup; what only looks so stops nothing."""

import pytest

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
    sa.Column("author_id", sa.Integer),
)
op.execute("CREATE VIEW titles AS SELECT title FROM post")
""",
    "",
)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ROWS = (
    "INSERT INTO author VALUES (1, 'Ada')",
    "INSERT INTO post VALUES (1, 'One', 'same', 1), (2, 'Two', 'same', 7)",
)


@pytest.fixture
def bench(new_url, tmp_path):
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    bench.write([START])
    bench.upgrade()
    with bench.writing() as connection:
        for statement in ROWS:
            connection.exec_driver_sql(statement)
    yield bench
    bench.close()


def upgrade(bench: Workbench, up: str) -> list[str]:
    """Goes on and gives what was done in which order; raises what stops it."""
    done: list[str] = []
    bench.write([START, Revision("next", "start", up, "")])
    bench.upgrade(back_up=lambda _engine, _say: done.append("backup"), say=done.append)
    return done


STOPPED = {
    "a type": (
        'with op.batch_alter_table("post") as batch:\n    batch.alter_column("title", type_=sa.Integer())',
        "alter post.title: make it Integer(): 2 values of post.title do not fit INTEGER",
    ),
    "a unique": (
        'with op.batch_alter_table("post") as batch:\n    batch.create_unique_constraint("uq_post_slug", ["slug"])',
        "create unique uq_post_slug on post: 1 value of post (slug) is there twice",
    ),
    "a unique after another column was written": (
        'op.fill("post", {"title": "slug"}, where="1 = 1")\n'
        'op.create_index("uq_post_slug", "post", ["slug"], unique=True)',
        "create index uq_post_slug on post: 1 value of post (slug) is there twice",
    ),
    "a foreign key": (
        'with op.batch_alter_table("post") as batch:\n'
        '    batch.create_foreign_key("fk_post_author_id", "author", ["author_id"], ["id"])',
        "1 row of post points to rows of author that are not there (author_id)",
    ),
    "a column that is not there": ('op.drop_column("post", "nowhere")', "There is no column post.nowhere."),
    "a statement that destroys": ('op.execute("DELETE FROM post")', "The script would destroy rows: DELETE FROM post"),
}


@only_sqlite
@pytest.mark.parametrize("name", STOPPED)
def test_what_stops_a_run_is_told_before_the_backup(bench, name):
    up, message = STOPPED[name]
    done: list[str] = []
    bench.write([START, Revision("next", "start", up, "")])
    before = bench.look()

    with pytest.raises(SchemaError) as refused:
        bench.upgrade(back_up=lambda _engine, _say: done.append("backup"), say=done.append)

    assert message in str(refused.value)
    assert str(refused.value).startswith("next: ")
    assert "backup" not in done
    assert bench.look() == before


@only_sqlite
def test_all_obstacles_of_several_revisions_are_told_at_once(bench):
    first, second = STOPPED["a type"], STOPPED["a unique"]
    bench.write([START, Revision("next", "start", first[0], ""), Revision("last", "next", second[0], "")])

    with pytest.raises(SchemaError) as refused:
        bench.upgrade()

    assert [line.split(": ")[0] for line in str(refused.value).splitlines()] == ["next", "last"]


FREE = {
    "a fill that makes them differ": (
        'op.fill("post", {"slug": "title"}, where="1 = 1")\n'
        'op.create_index("uq_post_slug", "post", ["slug"], unique=True)'
    ),
    "a raw statement that makes them differ": (
        'op.execute("UPDATE post SET slug = title", execution_options={"runs": "once"})\n'
        'op.create_index("uq_post_slug", "post", ["slug"], unique=True)'
    ),
    "rows that are put aside": (
        'op.set_aside("post", "author_id = 7")\nwith op.batch_alter_table("post") as batch:\n'
        '    batch.create_foreign_key("fk_post_author_id", "author", ["author_id"], ["id"])'
    ),
    "another column of that name": (
        'op.drop_column("post", "slug")\nop.add_column("post", sa.Column("slug", sa.String(9)))\n'
        'op.fill("post", {"slug": "title"})\nop.create_index("uq_post_slug", "post", ["slug"], unique=True)'
    ),
    "another table of that name": (
        'op.rename_table("post", "article")\n'
        'op.create_table("post", sa.Column("id", sa.Integer, primary_key=True), sa.Column("slug", sa.String(9)))\n'
        'op.create_index("uq_post_slug", "post", ["slug"], unique=True)'
    ),
    "a parent that is inserted": (
        'op.bulk_insert(sa.table("author", sa.column("id"), sa.column("name")), [{"id": 7, "name": "Bob"}])\n'
        'with op.batch_alter_table("post") as batch:\n'
        '    batch.create_foreign_key("fk_post_author_id", "author", ["author_id"], ["id"])'
    ),
}


@pytest.mark.parametrize("name", FREE)
def test_what_an_earlier_step_mends_stops_nothing(bench, name):
    done = upgrade(bench, FREE[name])

    assert bench.heads() == {"next"}
    assert done.index("backup") < next(number for number, line in enumerate(done) if line.startswith("upgrade next"))


@pytest.mark.parametrize("database_kind", ["mariadb"], indirect=True)
def test_what_the_server_refuses_is_told_without_the_names_of_its_trial(bench):
    bench.write([START, Revision("next", "start", 'op.create_index("ix_post_nowhere", "post", ["nowhere"])', "")])

    with pytest.raises(SchemaError) as refused:
        bench.upgrade()

    assert str(refused.value) == (
        "next: create index ix_post_nowhere on post: Key column 'nowhere' doesn't exist in table"
    )
