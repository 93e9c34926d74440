"""Names and words of SQL however they are spelt, and what a fill takes for a cell of nobody."""

import pytest
import sqlalchemy as sa

from cms.schema.errors import SchemaError
from cms.schema.planning.definitions import clauses, refuses_null
from cms.schema.statements import cut, destroys, subjects
from tests.schema.workbench import Revision, Workbench


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("DROP TABLE IF EXISTS `a, b`, c;", ["a, b", "c"]),
        ("CREATE UNIQUE INDEX ix ON `o'clock` (a)", ["o'clock"]),
        ('DROP TABLE "say ""hi"""', ['say "hi"']),
        ("ALTER TABLE `100%` ADD COLUMN x INT", ["100%"]),
    ],
)
def test_a_statement_tells_its_tables_whatever_they_are_called(statement, tables):
    assert subjects(statement) == tables


def test_a_quote_in_a_name_hides_nothing_that_destroys():
    assert destroys("ALTER TABLE `o'clock` DROP COLUMN `o'x`")
    assert not destroys("UPDATE `o'clock` SET a = 'DROP TABLE x; DELETE'")


def test_a_statement_is_cut_only_outside_of_brackets_texts_and_names():
    assert cut("a, b(c, d), 'x,''y', `e,f`", ",") == ["a", "b(c, d)", "'x,''y'", "`e,f`"]


def test_the_clauses_of_a_column_are_told_from_the_words_in_its_texts():
    definition = "varchar(9) COLLATE latin1_bin DEFAULT 'x NOT NULL, COMMENT' COMMENT 'it''s CHECK (1)' CHECK (`c` > 0)"

    found = clauses(definition)

    assert found["DEFAULT"] == "DEFAULT 'x NOT NULL, COMMENT'"
    assert found["COMMENT"] == "COMMENT 'it''s CHECK (1)'"
    assert found["CHECK"] == "CHECK (`c` > 0)"
    assert not refuses_null(definition)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_fill_leaves_a_restored_cell_that_looks_like_a_new_one_where_no_key_tells_them_apart(request, tmp_path, kind):
    url = f"sqlite:///{tmp_path / 'filled.sqlite3'}"
    if kind == "mariadb":
        url = request.getfixturevalue("mariadb_server").create_database("filled")
    bench = Workbench(url, tmp_path / "migrations")
    column = 'sa.Column("hits", sa.Integer, nullable=False)'
    made = f'op.create_table("page", sa.Column("slug", sa.String(20), primary_key=True), {column})'
    back = f'op.add_column("page", {column})\nop.fill("page", {{"hits": "7"}})'
    bench.write(
        [
            Revision("start", None, made, 'op.drop_table("page")'),
            Revision("next", "start", 'op.drop_column("page", "hits")', back),
        ]
    )
    bench.upgrade("start")
    with bench.writing() as connection:
        connection.execute(sa.text("INSERT INTO page (slug, hits) VALUES ('none yet', 0), ('five', 5)"))

    bench.upgrade()
    bench.downgrade("start")

    assert {key: row["hits"] for key, row in bench.content()["page"].items()} == {("none yet",): 0, ("five",): 5}
    bench.close()


def test_a_column_that_may_not_be_null_any_more_is_not_brought_back_over_rows_that_have_nothing(new_url, tmp_path):
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    made = 'op.create_table("page", sa.Column("id", sa.Integer, primary_key=True), sa.Column("hits", sa.Integer))'
    back = 'op.add_column("page", sa.Column("hits", sa.Integer, nullable=False))'
    bench.write(
        [
            Revision("start", None, made, 'op.drop_table("page")'),
            Revision("next", "start", 'op.drop_column("page", "hits")', back),
        ]
    )
    bench.upgrade("start")
    with bench.writing() as connection:
        connection.execute(sa.text("INSERT INTO page (id, hits) VALUES (1, 5), (2, NULL), (3, NULL)"))
    bench.upgrade()
    before = bench.look()

    with pytest.raises(SchemaError, match=r"2 rows have no page\.hits"):
        bench.downgrade("start")

    assert bench.look() == before
    bench.close()
