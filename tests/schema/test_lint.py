"""Each rule of the lint complains of a bad script and not of the good one beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import OperationalError

from cms.db import Base
from cms.schema.altering import NOT_SO, WAYS, error_number
from cms.schema.lint import ADVICE, Complaint, lint
from cms.schema.lint.blocking import must_copy
from tests.mariadb import PrivateMariaDB
from tests.schema import synthetic
from tests.schema.workbench import Revision

MIGRATIONS = Path(__file__).parents[2] / "migrations"

START = Revision(
    "start",
    None,
    up="""
op.create_table(
    "author",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_author"),
)
op.create_table(
    "post",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("hits", sa.Integer(), nullable=True),
    sa.Column("price", sa.Float(), nullable=True),
    sa.Column("mood", sa.Enum("good", "bad", name="mood"), nullable=False),
    sa.Column("author_id", sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_post_author_id", ondelete="SET NULL"),
    sa.PrimaryKeyConstraint("id", name="pk_post"),
    sa.UniqueConstraint("title", name="uq_post_title"),
)
op.create_index("ix_post_author_id_hits", "post", ["author_id", "hits"])
op.create_index("ix_post_hits", "post", ["hits"])
""",
    down="""
op.drop_table("post")
op.drop_table("author")
""",
)

NEW_TABLE = """
op.create_table(
    "tag",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_tag"),
    {}
)
"""


@dataclass(frozen=True)
class Script:
    up: str
    down: str = ""
    above: str = ""

    @property
    def source(self) -> str:
        revision = Revision("second", "start", self.up, self.down).source
        return f"{self.above}\n{revision}" if self.above.startswith("import") else f"{revision}\n\n{self.above}"


def in_new_table(*more: str, above: str = "") -> Script:
    return Script(NEW_TABLE.format(", ".join(more)), 'op.drop_table("tag")', above)


def new_column(words: str, above: str = "") -> Script:
    return Script(f'op.add_column("post", {words})', 'op.drop_column("post", "extra")', above)


def executed(statement: str, more: str = "") -> Script:
    return Script(f"op.execute({statement!r}{more})", 'op.execute("SELECT 1")')


def altered(column: str, up: str, down: str) -> Script:
    return Script(
        f'op.alter_column("post", "{column}", {up})',
        f'op.alter_column("post", "{column}", {down})',
    )


def of_type(column: str, new: str, old: str) -> Script:
    return altered(column, f"type_={new}, existing_type={old}", f"type_={old}, existing_type={new}")


NULLABLE_HITS = "existing_type=sa.Integer(), nullable=False", "existing_type=sa.Integer(), nullable=True"
DROPPED_MOOD = 'op.drop_column("post", "mood")'
MOOD = 'sa.Column("mood", sa.Enum("good", "bad", name="mood"), nullable=False)'
MOOD_WITH_DEFAULT = MOOD.replace("nullable", 'server_default="good", nullable')
ADDRESS = """
class Address(sa.types.UserDefinedType):
    def get_col_spec(self):
        return "INET6"  # of which no value stands for none

op.add_column("post", sa.Column("hits", Address(), nullable=False))
"""
TAG_KEY = 'sa.ForeignKeyConstraint(["id"], ["post.id"], name="fk_tag_id"{})'
SET_ASIDE = 'op.set_aside("post", "title = \'\'")'
LONG = "ix_" + "x" * 62

BAD = [
    ("unreadable", Script('raise ValueError("not today")')),
    ("unreadable", Script('op.get_bind().execute(sa.text("SELECT id FROM post")).scalar_one()')),
    ("unreadable", Script("sa.inspect(op.get_bind()).get_table_names()")),
    ("unreadable", Script("from alembic import context\ncontext.is_offline_mode()")),
    ("unreadable", Script('if op.get_context().dialect.name == "sqlite":\n    {}["x"]')),
    ("unreadable", Script("pass", "{}[0]")),
    ("unreadable", Script("pass", above="del upgrade")),
    ("writes-past-alembic", Script('op.get_bind().execute(sa.text("UPDATE post SET hits = 0"))')),
    ("writes-past-alembic", Script('op.get_bind().exec_driver_sql("DELETE FROM post")')),
    ("writes-past-alembic", Script('op.get_bind().execute(sa.text("WITH x AS (SELECT 1) DELETE FROM post"))')),
    ("writes-past-alembic", Script('sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer)).create(op.get_bind())')),
    ("writes-past-alembic", Script("with op.get_bind().begin():\n    pass")),
    ("writes-past-alembic", Script("from sqlalchemy.orm import Session\nSession(op.get_bind()).execute(sa.text('x'))")),
    ("application-import", in_new_table(above="import cms.clock")),
    ("application-import", in_new_table(above="import json\nfrom cms import clock")),
    ("application-import", Script("from cms.clock import now")),
    ("empty-downgrade", Script(NEW_TABLE.format(""))),
    ("empty-downgrade", Script('op.fill("post", {"hits": "0"})')),
    ("empty-downgrade", Script(NEW_TABLE.format(""), above="del downgrade")),
    ("not-undone", Script(NEW_TABLE.format(""), 'op.execute("SELECT 1")')),
    ("not-undone", Script('op.drop_table("post")', NEW_TABLE.format("").replace("tag", "post"))),
    ("not-undone", Script('op.drop_column("post", "hits")', 'op.add_column("post", sa.Column("hits", sa.Text()))')),
    ("not-undone", Script('op.drop_index("ix_post_hits", "post")', 'op.create_index("ix_hits", "post", ["hits"])')),
    ("not-undone", Script('op.drop_constraint("uq_post_title", "post", type_="unique")', 'op.execute("SELECT 1")')),
    ("not-undone", altered("hits", NULLABLE_HITS[1], NULLABLE_HITS[0])),
    ("not-brought-back", Script(SET_ASIDE, 'op.execute("SELECT 1")')),
    ("not-brought-back", Script('op.execute("SELECT 1")', SET_ASIDE)),
    ("unmarked-data-step", executed("UPDATE post SET hits = 0")),
    ("unmarked-data-step", executed("-- first\n insert into author values (1)")),
    ("unmarked-data-step", executed("WITH x AS (SELECT (1)) UPDATE post SET hits = 0")),
    ("unmarked-data-step", executed("UPDATE post SET hits = 0", ', execution_options={"runs": "twice"}')),
    ("unmarked-data-step", Script('op.execute(sa.table("post", sa.column("hits")).update().values(hits=0))', "pass")),
    ("unmarked-data-step", Script('op.execute("SELECT 1")', 'op.execute("UPDATE post SET hits = 0")')),
    ("destroys-rows", executed("DELETE FROM post")),
    ("destroys-rows", executed("DELETE FROM post", ', execution_options={"runs": "once"}')),
    ("destroys-rows", executed("/* all of it */ TRUNCATE post")),
    ("destroys-rows", executed("DROP TABLE post")),
    ("destroys-rows", executed("DROP TABLE search, post")),
    ("destroys-rows", executed("ALTER TABLE post DROP COLUMN hits")),
    ("destroys-rows", executed("WITH x AS (SELECT 1) DELETE FROM post")),
    ("raw-ddl", executed("ALTER TABLE post ADD COLUMN extra INTEGER")),
    ("raw-ddl", executed("CREATE INDEX ix ON post (hits)")),
    ("raw-ddl", executed("CREATE VIEW seen AS SELECT * FROM post JOIN search ON search.id = post.id")),
    ("rename", altered("hits", 'new_column_name="seen"', "existing_type=sa.Integer()")),
    ("rename", Script('op.rename_table("post", "article")', 'op.rename_table("article", "post")')),
    ("rename", Script('with op.batch_alter_table("post") as b:\n    b.alter_column("hits", new_column_name="seen")')),
    ("not-null-without-default", new_column('sa.Column("extra", sa.Integer(), nullable=False)')),
    ("not-null-without-default", Script('op.drop_column("post", "hits")', ADDRESS)),
    ("not-null-without-fill", altered("hits", *NULLABLE_HITS)),
    ("not-null-without-fill", altered("hits", NULLABLE_HITS[1], NULLABLE_HITS[0])),
    (
        "not-null-without-fill",
        Script(
            'op.execute("UPDATE post SET price = 0", execution_options={"runs": "once"})\n'
            f'op.alter_column("post", "hits", {NULLABLE_HITS[0]})',
            f'op.alter_column("post", "hits", {NULLABLE_HITS[1]})',
        ),
    ),
    ("blocking-alter", of_type("hits", "sa.BigInteger()", "sa.Integer()")),
    ("blocking-alter", of_type("title", "sa.Text()", "sa.String(100)")),
    ("blocking-alter", Script('op.drop_constraint("pk_post", "post", type_="primary")')),
    ("blocking-alter", Script('op.create_check_constraint("ck_post", "post", "hits > 0")')),
    ("blocking-alter", Script('op.create_index("ft", "post", ["title"], mysql_prefix="FULLTEXT")')),
    ("blocking-alter", new_column('sa.Column("extra", sa.Integer, sa.Computed("hits + 1", persisted=True))')),
    ("blocking-alter", new_column('sa.Column("extra", sa.Boolean(create_constraint=True, name="ck_extra"))')),
    ("blocking-alter", executed("ALTER TABLE post CONVERT TO CHARACTER SET utf8mb4")),
    ("unnamed-constraint", in_new_table('sa.UniqueConstraint("id")')),
    ("unnamed-constraint", in_new_table('sa.Column("name", sa.String(9), unique=True)')),
    ("unnamed-constraint", in_new_table('sa.CheckConstraint("id > 0")')),
    ("unnamed-constraint", in_new_table('sa.ForeignKeyConstraint(["id"], ["post.id"], ondelete="CASCADE")')),
    ("unnamed-constraint", new_column('sa.Column("extra", sa.ForeignKey("post.id", ondelete="SET NULL"))')),
    ("unnamed-constraint", Script('op.create_unique_constraint(None, "post", ["hits"])')),
    (
        "unnamed-constraint",
        Script('op.create_foreign_key(None, "post", "author", ["hits"], ["id"], ondelete="CASCADE")'),
    ),
    ("no-primary-key", Script('op.create_table("pair", sa.Column("a", sa.Integer))', 'op.drop_table("pair")')),
    ("no-primary-key", Script('op.drop_constraint("pk_author", "author", type_="primary")')),
    ("no-ondelete", in_new_table(TAG_KEY.format(""))),
    ("no-ondelete", new_column('sa.Column("extra", sa.Integer, sa.ForeignKey("author.id", name="fk_extra"))')),
    ("no-ondelete", Script('op.create_foreign_key("fk", "post", "author", ["hits"], ["id"])')),
    ("long-name", Script(f'op.create_index("{LONG}", "post", ["hits"])', f'op.drop_index("{LONG}", "post")')),
    ("long-name", new_column(f'sa.Column("{LONG}", sa.Integer)')),
    ("allow-without-reason", new_column('sa.Column("extra", sa.Text)', 'lint_allows = {"rename": "  "}')),
    ("allow-without-reason", new_column('sa.Column("extra", sa.Text)', 'lint_allows = ["rename"]')),
    ("allow-without-complaint", new_column('sa.Column("extra", sa.Text)', 'lint_allows = {"rename": "agreed"}')),
]

GOOD = [
    ("unreadable", Script("for row in op.get_bind().execute(sa.text('SELECT id FROM post')):\n    print(row.id)")),
    ("unreadable", Script("assert op.get_bind().scalars(sa.select(sa.column('x'))).all() == []")),
    (
        "unreadable",
        Script(
            'if op.get_bind().dialect.name == "sqlite":\n    op.add_column("post", sa.Column("extra", sa.Text))',
            'if op.get_context().dialect.name == "sqlite":\n    op.drop_column("post", "extra")',
        ),
    ),
    ("writes-past-alembic", Script('op.get_bind().scalar(sa.text("WITH x AS (SELECT 1) SELECT 1"))')),
    ("application-import", in_new_table(above="import cms.schema.names\nfrom cms.schema import names\nimport cmath")),
    ("empty-downgrade", Script("pass")),
    ("not-undone", in_new_table()),
    (
        "not-undone",
        Script(
            'op.drop_column("post", "author_id")',
            """
op.add_column("post", sa.Column("author_id", sa.Integer()))
op.drop_index("ix_post_author_id_hits", "post")
op.create_index("ix_post_author_id_hits", "post", ["author_id", "hits"])
op.create_foreign_key("fk_post_author_id", "post", "author", ["author_id"], ["id"], ondelete="SET NULL")
""",
        ),
    ),
    (
        "not-undone",
        Script(
            'with op.batch_alter_table("post") as b:\n    b.drop_constraint("uq_post_title", type_="unique")',
            'with op.batch_alter_table("post") as b:\n    b.create_unique_constraint("uq_post_title", ["title"])',
        ),
    ),
    ("not-undone", Script('op.execute("CREATE TABLE search (x INTEGER)")', 'op.execute("DROP TABLE search")')),
    ("not-brought-back", Script(SET_ASIDE, 'op.bring_back("post")')),
    ("unmarked-data-step", executed("UPDATE post SET hits = 0", ', execution_options={"runs": "every time"}')),
    ("unmarked-data-step", executed("INSERT INTO author VALUES (1)", ', execution_options={"runs": "once"}')),
    ("unmarked-data-step", executed("SELECT 'UPDATE post'")),
    ("unmarked-data-step", Script('op.fill("post", {"hits": "0"})', 'op.execute("SELECT 1")')),
    ("destroys-rows", executed("DROP TABLE IF EXISTS `search`")),
    ("destroys-rows", executed("-- DROP TABLE post\nSELECT 1 /* DELETE FROM post */ # TRUNCATE post")),
    (
        "destroys-rows",
        executed(
            "UPDATE post SET title = 'it''s -- no DELETE, nor /* DROP TABLE post'",
            ', execution_options={"runs": "once"}',
        ),
    ),
    ("raw-ddl", executed("SELECT 'ALTER TABLE post', \"CREATE INDEX\"")),
    ("raw-ddl", executed("CREATE VIRTUAL TABLE search USING fts5(words)")),
    ("raw-ddl", executed("CREATE TRIGGER t AFTER INSERT ON search BEGIN SELECT 1; END")),
    ("raw-ddl", executed("PRAGMA optimize")),
    ("rename", Script(NEW_TABLE.format("") + 'op.rename_table("tag", "label")', 'op.drop_table("label")')),
    (
        "rename",
        Script(
            'op.add_column("post", sa.Column("seen", sa.Integer))\nop.fill("post", {"seen": "hits"})',
            'op.drop_column("post", "seen")',
        ),
    ),
    ("not-null-without-default", new_column('sa.Column("extra", sa.Integer, server_default="0", nullable=False)')),
    ("not-null-without-default", in_new_table('sa.Column("extra", sa.Integer(), nullable=False)')),
    ("not-null-without-default", Script(DROPPED_MOOD, f'op.add_column("post", {MOOD})')),
    (
        "not-null-without-default",
        Script(DROPPED_MOOD, f'op.add_column("post", {MOOD_WITH_DEFAULT})'),
    ),
    (
        "not-null-without-default",
        Script(
            'op.drop_constraint("uq_post_title", "post", type_="unique")\nop.drop_column("post", "title")',
            """
op.add_column("post", sa.Column("title", sa.String(100), nullable=False))
op.create_unique_constraint("uq_post_title", "post", ["title"])
""",
        ),
    ),
    (
        "not-null-without-fill",
        Script(
            f'op.fill("post", {{"hits": "0"}})\nop.alter_column("post", "hits", {NULLABLE_HITS[0]})',
            f'op.alter_column("post", "hits", {NULLABLE_HITS[1]})',
        ),
    ),
    (
        "not-null-without-fill",
        Script(
            'op.execute("UPDATE `post` SET hits = 0 WHERE hits IS NULL", execution_options={"runs": "every time"})\n'
            f'op.alter_column("post", "hits", {NULLABLE_HITS[0]})',
            f'op.alter_column("post", "hits", {NULLABLE_HITS[1]})',
        ),
    ),
    (
        "not-null-without-fill",
        Script(
            'op.add_column("post", sa.Column("extra", sa.Integer, server_default="0"))\n'
            'op.alter_column("post", "extra", existing_type=sa.Integer(), nullable=False)',
            'op.drop_column("post", "extra")',
        ),
    ),
    ("not-null-without-fill", altered("title", "existing_type=sa.String(100), nullable=False", 'comment="x"')),
    ("blocking-alter", of_type("title", "sa.String(120)", "sa.String(100)")),
    ("blocking-alter", of_type("price", "sa.Integer()", "sa.Float()")),
    (
        "blocking-alter",
        of_type("mood", 'sa.Enum("good", "bad", "so", name="mood")', 'sa.Enum("good", "bad", name="mood")'),
    ),
    ("blocking-alter", in_new_table('sa.CheckConstraint("id > 0", name="ck_tag")')),
    ("blocking-alter", new_column('sa.Column("extra", sa.Integer, sa.Computed("hits + 1", persisted=False))')),
    ("blocking-alter", Script('op.create_index("ix", "post", ["price"])', 'op.drop_index("ix", "post")')),
    ("unnamed-constraint", in_new_table('sa.UniqueConstraint("id", name=op.f("uq_tag_id"))')),
    ("unnamed-constraint", in_new_table('sa.Column("name", sa.String(9), index=True)')),
    (
        "unnamed-constraint",
        Script('op.create_unique_constraint("uq", "post", ["hits"])', 'op.drop_index("uq", "post")'),
    ),
    (
        "no-primary-key",
        Script(
            """
op.create_table(
    "pair", sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.Integer, primary_key=True)
)
""",
            'op.drop_table("pair")',
        ),
    ),
    ("no-ondelete", in_new_table(TAG_KEY.format(', ondelete="RESTRICT"'))),
    ("long-name", Script(f'op.create_index("{LONG[1:]}", "post", ["hits"])', f'op.drop_index("{LONG[1:]}", "post")')),
    (
        "not-null-without-default",
        new_column(
            'sa.Column("extra", sa.Text, nullable=False)',
            'lint_allows = {"not-null-without-default": "the table is empty in every release"}',
        ),
    ),
]

DROPPED = 'op.drop_column("post", "extra")'


@pytest.fixture
def linted(tmp_path: Path) -> Callable[..., list[Complaint]]:
    """The complaints about a script that follows the first one, and about nothing else."""
    (tmp_path / "versions").mkdir()

    def complaints(script: Script, **options: object) -> list[Complaint]:
        (tmp_path / "versions" / "start.py").write_text(START.source)
        (tmp_path / "versions" / "second.py").write_text(script.source)
        directory = ScriptDirectory(tmp_path, file_template="%(rev)s")
        return lint(directory, **{"derived": ["search"], **options})

    return complaints


def text(complaints: list[Complaint]) -> str:
    return "\n".join(map(str, complaints))


def rules(complaints: list[Complaint]) -> set[str]:
    return {one.rule for one in complaints}


@pytest.mark.parametrize(("rule", "script"), BAD)
def test_a_bad_script_is_complained_of(rule: str, script: Script, linted: Callable[..., list[Complaint]]) -> None:
    complaints = linted(script)
    assert rule in rules(complaints), text(complaints)
    assert {one.filename for one in complaints} == {"second.py"}


@pytest.mark.parametrize(("rule", "script"), GOOD)
def test_a_good_script_is_not(rule: str, script: Script, linted: Callable[..., list[Complaint]]) -> None:
    complaints = linted(script)
    assert rules(complaints) == set(), text(complaints)


@pytest.mark.parametrize("rule", ADVICE)
def test_each_rule_has_a_bad_example(rule: str) -> None:
    assert rule in {one for one, _script in BAD} | {"file-name"}


def test_a_complaint_names_the_script_the_rule_and_the_good_recipe(linted: Callable[..., list[Complaint]]) -> None:
    complaints = linted(Script('op.add_column("post", sa.Column("extra", sa.Integer(), nullable=False))', DROPPED))
    assert text(complaints) == (
        "second.py:11: not-null-without-default\n"
        "  Column post.extra refuses NULL and has no default for the rows that are there.\n"
        "  -> Give it a server_default, or add it with NULL, op.fill it, and refuse NULL then."
    )
    assert complaints[0].revision == "second"


@pytest.mark.parametrize(
    ("rule", "script", "words"),
    [
        ("rename", Script('x = 1\nop.rename_table(\n    "post",\n    "article",\n)', "pass"), "op.rename_table("),
        ("unreadable", Script("x = 1\nx.y"), "x.y"),
        ("unreadable", Script("x = 1\nsa.inspect(op.get_bind())"), "sa.inspect"),
        ("writes-past-alembic", Script('x = 1\nop.get_bind().execute(sa.text("DELETE FROM post"))'), "op.get_bind"),
        ("destroys-rows", Script('def empty():\n    op.execute("DELETE FROM post")\nempty()'), "DELETE"),
        ("unnamed-constraint", in_new_table('sa.UniqueConstraint("id")'), "op.create_table("),
        (
            "long-name",
            Script(
                f'with op.batch_alter_table("post") as b:\n    b.drop_index("ix_post_hits")\n'
                f'    b.create_index("{LONG}", ["hits"])'
            ),
            "b.create_index",
        ),
        ("application-import", Script("x = 1\nfrom cms import clock"), "from cms import clock"),
        ("empty-downgrade", Script(NEW_TABLE.format("")), "def downgrade()"),
        ("not-undone", Script(NEW_TABLE.format(""), 'op.execute("SELECT 1")'), "def downgrade()"),
        ("not-brought-back", Script(SET_ASIDE, 'op.execute("SELECT 1")'), "op.set_aside"),
        ("no-primary-key", Script('op.drop_constraint("pk_author", "author", type_="primary")'), "op.drop_constraint"),
        ("allow-without-reason", Script("pass", above="\nlint_allows = []"), "lint_allows"),
    ],
)
def test_a_complaint_names_the_line(
    rule: str, script: Script, words: str, linted: Callable[..., list[Complaint]]
) -> None:
    lines = [one.line for one in linted(script) if one.rule == rule]
    assert lines, rules(linted(script))
    assert all(line is not None and words in script.source.splitlines()[line - 1] for line in lines), lines


def test_what_both_databases_show_is_said_once(linted: Callable[..., list[Complaint]]) -> None:
    assert len(linted(Script('raise ValueError("not today")'))) == 1
    assert len(linted(Script(NEW_TABLE.format("")))) == 1


def test_the_advice_for_a_blocking_change_names_the_way_through(linted: Callable[..., list[Complaint]]) -> None:
    said = text(linted(of_type("hits", "sa.BigInteger()", "sa.Integer()")))
    assert "--allow-blocking" in said
    assert "up to 1,000 rows" in said
    assert "swap" in said


def test_a_tiny_table_may_be_copied_for_a_reason(linted: Callable[..., list[Complaint]]) -> None:
    script = of_type("hits", "sa.BigInteger()", "sa.Integer()")
    allow = 'lint_allows = {"blocking-alter": "nobody has more than 100 posts"}'
    assert linted(Script(script.up, script.down, allow)) == []
    assert rules(linted(Script(NEW_TABLE.format("") + script.up.replace('"post", "hits"', '"tag", "id"'), ""))) == {
        "empty-downgrade"
    }


def test_what_is_left_behind_is_said_by_name(linted: Callable[..., list[Complaint]]) -> None:
    script = Script(
        """
op.add_column("post", sa.Column("extra", sa.Integer))
op.drop_index("ix_post_hits", "post")
op.alter_column("author", "id", comment="the number")
op.create_table("label", sa.Column("id", sa.Integer, primary_key=True))
""",
        'op.execute("SELECT 1")',
    )
    assert [one.message for one in linted(script)] == [
        "After upgrade() and downgrade() column extra of post is still there, index ix_post_hits of post is gone, "
        "table label is still there."
    ]


def test_a_reason_switches_one_rule_off_for_one_script(linted: Callable[..., list[Complaint]]) -> None:
    column = 'sa.Column("extra", sa.Integer, sa.ForeignKey("author.id"), nullable=False)'
    allow = 'lint_allows = {"not-null-without-default": "no release has rows there"}'
    assert rules(linted(new_column(column))) == {"not-null-without-default", "no-ondelete", "unnamed-constraint"}
    assert rules(linted(new_column(column, allow))) == {"no-ondelete", "unnamed-constraint"}


def test_an_entry_that_is_none_cannot_be_allowed(linted: Callable[..., list[Complaint]]) -> None:
    allow = 'lint_allows = {"rename": "", "allow-without-reason": "we never give any"}'
    assert "allow-without-reason" in rules(linted(new_column('sa.Column("extra", sa.Text)', allow)))


def test_a_naming_convention_gives_names(linted: Callable[..., list[Complaint]]) -> None:
    script = new_column('sa.Column("extra", sa.Integer, sa.ForeignKey("author.id", ondelete="CASCADE"), unique=True)')
    assert rules(linted(script)) == {"unnamed-constraint"}
    assert linted(script, metadata=Base.metadata) == []


def test_the_packages_of_the_application_are_the_callers_to_say(linted: Callable[..., list[Complaint]]) -> None:
    script = in_new_table(above="import json.decoder")
    assert rules(linted(script)) == set()
    assert rules(linted(script, application=["shop", "json"])) == {"application-import"}


def test_a_file_is_named_as_the_template_says(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    for name in ("20261122_start", "start"):
        (tmp_path / "versions" / f"{name}.py").write_text(Revision(name, None, "", "").source)
    directory = ScriptDirectory(tmp_path, file_template="%(year)d%(month).2d%(day).2d_%(slug)s")
    assert [(one.filename, one.rule) for one in lint(directory)] == [("start.py", "file-name")]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("def upgrade(:", 1),
        ('"""Words."""\n\nimport no_such_package', 3),
        ("from alembic import op\nop.drop_table('post')", 2),
    ],
)
def test_a_script_that_cannot_be_loaded_is_named(source: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "broken.py").write_text(source)
    (tmp_path / "versions" / "start.py").write_text(START.source)
    complaints = lint(ScriptDirectory(tmp_path))
    assert [(one.filename, one.rule, one.line) for one in complaints] == [("broken.py", "unreadable", line)]


def test_revisions_that_do_not_hang_together_are_a_complaint(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "lost.py").write_text(Revision("lost", None, "", "").source.replace("None", "'nowhere'"))
    with pytest.warns(UserWarning, match="not present"):
        complaints = lint(ScriptDirectory(tmp_path))
    assert rules(complaints) == {"unreadable"}


def test_branches_and_their_merge_are_read_in_order(tmp_path: Path) -> None:
    revisions = [
        START,
        Revision("left", "start", 'op.add_column("post", sa.Column("extra", sa.Text))', DROPPED),
        Revision("right", "start", NEW_TABLE.format(""), 'op.drop_table("tag")'),
        Revision("merge", ("left", "right"), "", ""),
        Revision("last", "merge", 'op.rename_table("tag", "label")', 'op.rename_table("label", "tag")'),
    ]
    (tmp_path / "versions").mkdir()
    for revision in revisions:
        (tmp_path / "versions" / f"{revision.name}.py").write_text(revision.source)
    directory = ScriptDirectory(tmp_path, file_template="%(rev)s")
    assert [(one.revision, one.rule) for one in lint(directory)] == [("last", "rename")]


def test_a_later_revision_meets_what_an_earlier_one_made(tmp_path: Path) -> None:
    """The synthetic history has each operation; what it does on purpose is complained of, nothing else."""
    (tmp_path / "versions").mkdir()
    for revision in (synthetic.START, *(chapter.revision for chapter in synthetic.HISTORY)):
        (tmp_path / "versions" / f"{revision.name}.py").write_text(revision.source)
    complaints = lint(ScriptDirectory(tmp_path, file_template="%(rev)s"))
    assert not rules(complaints) & {"unreadable", "not-undone", "empty-downgrade", "unnamed-constraint"}, text(
        complaints
    )


def test_the_migrations_of_this_project_are_clean() -> None:
    config = Config(MIGRATIONS / "alembic.ini")
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(MIGRATIONS))
    assert text(lint(config, derived=["post_search"], metadata=Base.metadata)) == ""


# What MariaDB itself says of a change of type

ASCII = mysql.VARCHAR(40, charset="ascii")
TYPES = [
    (sa.Integer(), sa.BigInteger()),
    (sa.Boolean(), sa.Integer()),
    (sa.Boolean(), mysql.TINYINT()),
    (sa.Integer(), mysql.INTEGER(display_width=11)),
    (sa.Integer(), mysql.INTEGER(unsigned=True)),
    (sa.Integer(), sa.String(20)),
    (sa.Float(), sa.Double()),
    (sa.Numeric(10, 2), sa.Numeric(12, 2)),
    (sa.String(20), sa.String(31)),
    (sa.String(20), sa.String(100)),
    (sa.String(31), sa.String(64)),
    (sa.String(32), sa.String(64)),
    (sa.String(63), sa.String(64)),
    (sa.String(64), sa.String(200)),
    (sa.String(64), sa.String(60)),
    (sa.String(64), sa.Text()),
    (ASCII, mysql.VARCHAR(255, charset="ascii")),
    (ASCII, mysql.VARCHAR(300, charset="ascii")),
    (mysql.VARCHAR(128, charset="ascii"), mysql.VARCHAR(255, charset="ascii")),
    (mysql.VARCHAR(128, charset="ascii"), mysql.VARCHAR(256, charset="ascii")),
    (ASCII, sa.String(40)),
    (sa.String(40), mysql.VARCHAR(40, charset="utf8mb4", collation="utf8mb4_bin")),
    (mysql.VARBINARY(10), mysql.VARBINARY(300)),
    (mysql.VARBINARY(200), mysql.VARBINARY(300)),
    (mysql.CHAR(10), mysql.CHAR(20)),
    (sa.Text(), mysql.MEDIUMTEXT()),
    (sa.Text(), sa.JSON()),
    (sa.Enum("a", "b", name="e"), sa.Enum("a", "b", "c", name="e")),
    (sa.Enum("a", "b", name="e"), sa.Enum("b", "a", name="e")),
    (sa.Date(), sa.DateTime()),
    (sa.DateTime(), mysql.DATETIME(fsp=6)),
]


def test_the_lint_and_the_server_agree_on_what_needs_a_copy(mariadb_server: PrivateMariaDB) -> None:
    dialect = mysql.dialect()
    wrong = []
    url = mariadb_server.create_database("linted").replace("mysql:", "mysql+pymysql:")
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for old, new in TYPES:
            before, after = (kind.compile(dialect=dialect) for kind in (old, new))
            connection.exec_driver_sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, c {before}) CHARSET utf8mb4")
            if must_copy(old, new, dialect) != server_copies(connection, f"ALTER TABLE t MODIFY c {after}"):
                wrong.append(f"{before} to {after}")
            connection.exec_driver_sql("DROP TABLE t")
    engine.dispose()
    assert wrong == []


def server_copies(connection: sa.Connection, statement: str) -> bool:
    refusals = []
    for way in WAYS:
        try:
            connection.exec_driver_sql(f"{statement}, {way}")
            return False
        except OperationalError as error:
            refusals.append(error_number(error))
    assert set(refusals) <= NOT_SO
    return True
