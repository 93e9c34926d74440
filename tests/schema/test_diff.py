"""What changes between two revisions, told from the scripts."""

import io

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.dialects import mysql, sqlite

from cms.db import Base
from cms.schema.diff import between
from cms.schema.errors import SchemaError
from tests.schema.workbench import Revision

HISTORY = [
    Revision(
        "one",
        None,
        """
op.create_table("author", sa.Column("id", sa.Integer, primary_key=True))
op.create_table(
    "post",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("price", sa.Float),
    sa.Column("old", sa.Text),
    sa.Column("author_id", sa.Integer),
    sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_author", ondelete="CASCADE"),
    sa.UniqueConstraint("title", name="uq_title"),
    sa.CheckConstraint("price > 0", name="ck_price"),
)
op.create_index("ix_old", "post", ["old"])
if op.get_bind().dialect.name == "sqlite":
    op.execute("CREATE VIRTUAL TABLE search USING fts5(words)")
else:
    op.execute("CREATE TABLE search (words TEXT)")
""",
        "",
    ),
    Revision(
        "two",
        "one",
        """
op.create_table("tag", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Enum("a", "b", name="n")))
with op.batch_alter_table("post") as batch:
    batch.add_column(sa.Column("summary", sa.String(100), nullable=False, server_default=""))
    batch.alter_column("price", existing_type=sa.Float(), type_=sa.Integer(), nullable=False)
    batch.alter_column("title", existing_type=sa.String(100), new_column_name="headline")
    batch.drop_constraint("fk_author", type_="foreignkey")
    batch.create_unique_constraint("uq_summary", ["summary"])
op.drop_column("post", "old")
op.create_index("ix_price", "post", ["price"], unique=True)
op.fill("post", {"summary": "upper(headline)"})
""",
        "",
    ),
    Revision(
        "three", "two", 'op.rename_table("author", "writer")\nop.drop_table("tag")\nop.execute("DROP TABLE search")', ""
    ),
    Revision("looks", "three", 'op.get_bind().execute(sa.text("SELECT 1"))', ""),
]


TAG = 'op.create_table("tag", sa.Column("id", sa.Integer, primary_key=True))\n'


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    return in_folder(tmp_path_factory.mktemp("migrations"), HISTORY)


@pytest.fixture
def written(tmp_path):
    """Scripts in a folder of their own."""
    return lambda *revisions: in_folder(tmp_path, revisions)


def in_folder(folder, revisions):
    (folder / "versions").mkdir()
    for revision in revisions:
        (folder / "versions" / f"{revision.name}.py").write_text(revision.source)
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


@pytest.mark.parametrize("dialect", [sqlite.dialect(), mysql.dialect()], ids=["sqlite", "mysql"])
def test_each_change_between_two_revisions_is_a_line(script, dialect):
    assert between(script, "one", "two", dialect) == [
        "+ table tag",
        "+ tag.id Integer primary key",
        "+ tag.name Enum(a, b)",
        "- post.old Text",
        "+ post.summary String(100) not null default ''",
        "~ post.title -> post.headline",
        "~ post.price Float -> Integer not null",
        "- post: foreign key fk_author (author_id) -> author (id) on delete cascade",
        "- post: index ix_old (old)",
        "+ post: unique index ix_price (price)",
        "+ post: unique uq_summary (summary)",
        "* fill post: summary",
    ]


def test_the_way_back_is_the_opposite(script):
    back = between(script, "two", "one", sqlite.dialect())

    assert "- table tag" in back
    assert "- post.summary String(100) not null default ''" in back
    assert "~ post.headline -> post.title" in back
    assert "~ post.price Integer not null -> Float" in back
    assert not [line for line in back if line.startswith("*")]


def test_tables_are_renamed_dropped_and_made_by_plain_sql(script):
    assert between(script, "two", "three", sqlite.dialect()) == [
        "- table search",
        "- table tag",
        "~ table author -> writer",
    ]
    assert between(script, "base", "one", sqlite.dialect())[-1] == "+ table search"


def test_a_revision_does_not_differ_from_itself(script):
    assert between(script, "two", "two", mysql.dialect()) == []
    assert between(script, ("two",), "two", mysql.dialect()) == []


def test_a_script_that_asks_the_database_is_named(script):
    assert between(script, "three", "looks", sqlite.dialect()) == [
        "* looks asks the database: what it does with the answer cannot be told here"
    ]


@pytest.mark.parametrize("lines", ["sa.inspect(op.get_bind())", "op.get_bind().execute(sa.text('DELETE FROM a'))"])
def test_a_script_that_cannot_be_read_is_named(lines, written):
    script = written(Revision("odd", None, lines, ""))

    with pytest.raises(SchemaError, match="odd cannot be read without a database"):
        between(script, "base", "head", sqlite.dialect())


def test_an_unknown_revision_is_named(script):
    with pytest.raises(CommandError, match="nowhere"):
        between(script, "one", "nowhere", sqlite.dialect())


@pytest.mark.parametrize(
    ("a", "b", "same_a", "same_b"),
    [("two-1", "two", "one", "two"), ("one", "one+1", "one", "two"), ("one-1", "one", "base", "one")],
)
def test_a_neighbour_can_be_named(a, b, same_a, same_b, script):
    assert between(script, a, b, mysql.dialect()) == between(script, same_a, same_b, mysql.dialect())


def test_what_the_way_back_does_to_rows_is_told(written):
    script = written(
        Revision("start", None, TAG, 'op.drop_table("tag")'),
        Revision("next", "start", 'op.bring_back("tag")', 'op.set_aside("tag", "id > 3")'),
    )

    assert between(script, "start", "next", sqlite.dialect()) == ["* bring rows of tag back"]
    assert between(script, "next", "start", sqlite.dialect()) == ["* set rows of tag aside where id > 3"]


def test_between_branches_goes_what_only_one_of_them_has(written):
    script = written(
        Revision("start", None, TAG, ""),
        Revision("left", "start", 'op.add_column("tag", sa.Column("l", sa.Text))', 'op.drop_column("tag", "l")'),
        Revision("right", "start", 'op.add_column("tag", sa.Column("r", sa.Text))', 'op.drop_column("tag", "r")'),
        Revision("merge", ("left", "right"), 'op.alter_column("tag", "r", new_column_name="s")', ""),
    )

    assert between(script, "left", "right", sqlite.dialect()) == ["- tag.l Text", "+ tag.r Text"]
    assert between(script, "left", "merge", sqlite.dialect()) == ["+ tag.s Text"]
    assert between(script, ("left", "right"), "merge", sqlite.dialect()) == ["~ tag.r -> tag.s"]


def test_a_new_name_is_no_change_of_what_stands_on_it(written):
    script = written(
        Revision(
            "start",
            None,
            TAG
            + """
op.create_table(
    "post",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("tag_id", sa.Integer),
    sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_tag", ondelete="CASCADE"),
    sa.CheckConstraint("tag_id > 0", name="ck_tag"),
)
op.create_index("ix_tag", "post", ["tag_id", "id"])
""",
            "",
        ),
        Revision(
            "next",
            "start",
            'op.rename_table("tag", "label")\nop.alter_column("post", "tag_id", new_column_name="label_id")',
            "",
        ),
    )

    assert between(script, "start", "next", mysql.dialect()) == [
        "~ table tag -> label",
        "~ post.tag_id -> post.label_id",
    ]


def test_an_index_loses_the_column_that_goes_and_another_key_is_told(written):
    script = written(
        Revision(
            "start",
            None,
            """
op.create_table(
    "pair",
    sa.Column("a", sa.Integer),
    sa.Column("b", sa.Integer),
    sa.Column("c", sa.Integer),
    sa.PrimaryKeyConstraint("a", "b", name="pk_pair"),
)
op.create_index("ix_pair", "pair", ["b", "c"])
""",
            "",
        ),
        Revision(
            "next",
            "start",
            'op.drop_column("pair", "c")\nop.drop_constraint("pk_pair", "pair", type_="primary")\n'
            'op.create_primary_key("pk_pair", "pair", ["a"])',
            "",
        ),
    )

    assert between(script, "start", "next", mysql.dialect()) == [
        "- pair.c Integer",
        "~ pair.b Integer primary key -> Integer not null",
        "- pair: index ix_pair (b, c)",
        "+ pair: index ix_pair (b)",
    ]


def test_a_type_that_changes_on_one_database_alone_is_told_there(written):
    long = 'sa.Text().with_variant(sa.dialects.mysql.MEDIUMTEXT(), "mysql")'
    script = written(
        Revision("start", None, TAG + 'op.add_column("tag", sa.Column("words", sa.Text))', ""),
        Revision(
            "next", "start", f'import sqlalchemy.dialects.mysql\nop.alter_column("tag", "words", type_={long})', ""
        ),
    )

    assert between(script, "start", "next", mysql.dialect()) == ["~ tag.words TEXT -> MEDIUMTEXT"]
    assert between(script, "start", "next", sqlite.dialect()) == []


def test_a_table_that_no_script_made_is_told_as_a_step(written):
    script = written(Revision("odd", None, 'op.add_column("older", sa.Column("x", sa.Text))', ""))

    assert between(script, "base", "odd", sqlite.dialect()) == ["* add column older.x"]


def test_a_convention_names_what_a_script_does_not(written):
    key = 'sa.Column("tag_id", sa.Integer, sa.ForeignKey("tag.id", ondelete="CASCADE"))'
    script = written(Revision("start", None, TAG + f'op.add_column("tag", {key})', ""))

    assert between(script, "base", "start", sqlite.dialect(), Base.metadata)[-1] == (
        "+ tag: foreign key fk_tag_tag_id (tag_id) -> tag (id) on delete cascade"
    )
