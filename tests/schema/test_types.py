# ruff: noqa: E501 - tables of types
"""Changes of type: what fits is the database's to say, and what was written meanwhile is never lost."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, sqlite

from cms.schema import conversions
from cms.schema.errors import SchemaError
from tests.schema.test_odd_schemas import MYSQL, add, batch, begin, bench, refused_untouched, rows, run, table

__all__ = ["bench"]  # the fixture

CHANGE = 'alter_column("c", type_={}, existing_type={}, existing_nullable=True)'

FAMILIES = {
    # from, to, the original, what is written while it is of the other type, and how that comes back
    "datetime, date": ("sa.DateTime()", "sa.Date()", "'2026-11-22 10:11:12.000000'", "'2026-12-24'", "2026-12-24 00:00:00"),
    "datetime, integer": ("sa.DateTime()", "sa.BigInteger()", "'2026-11-22 10:11:12.000000'", "20261224010203", "2026-12-24 01:02:03"),
    "time, text": ("sa.Time()", "sa.String(20)", "'10:11:12.000000'", "'01:02:03'", "1:02:03"),
    "text, date": ("sa.String(40)", "sa.Date()", "'2026-11-22 10:11:12'", "'2026-12-24'", "2026-12-24"),
    "text, json": ("sa.Text()", "sa.JSON()", "'{ \"a\":1 }'", "'[2]'", "[2]"),
    "text, bytes": ("sa.Text()", "sa.LargeBinary()", "'é'", "x'c3a4'", "ä"),
    "bytes, text": ("sa.LargeBinary()", "sa.Text()", "x'c3a9'", "'ä'", b"\xc3\xa4"),
    "text, uuid": ("sa.String(36)", "sa.Uuid()", "'AAAAAAAA567812345678123456781234'", "'bbbbbbbb567812345678123456781234'", "bbbbbbbb567812345678123456781234"),
    "text, decimal": ("sa.String(20)", "sa.Numeric(10, 2)", "' 1.5e1'", "2.25", "2.25"),
    "decimal, narrower": ("sa.Numeric(10, 4)", "sa.Numeric(10, 2)", "1.2345", "2.25", "2.2500"),
    "float, integer": ("sa.Float(53)", "sa.Integer()", "1.5", "7", "7.0"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_a_cell_untouched_under_another_type_comes_back_as_it_was_and_any_other_as_the_newer_one(bench, name):
    old, new, original, written, wanted = FAMILIES[name]
    begin(
        bench, table(f'sa.Column("c", {old})'), f"INSERT INTO thing (id, c) VALUES (1, {original}), (2, {original})",
        "INSERT INTO thing (id, c) VALUES (3, NULL), (4, NULL)",
    )  # fmt: skip
    before = rows(bench, "SELECT id, c FROM thing ORDER BY id")
    add(bench, batch(CHANGE.format(new, old)), batch(CHANGE.format(old, new)))

    bench.upgrade()
    run(
        bench,
        f"UPDATE thing SET c = {written} WHERE id IN (2, 4)",
        f"INSERT INTO thing (id, c) VALUES (5, {written})",
    )
    bench.downgrade("start")

    found = rows(bench, "SELECT id, c FROM thing ORDER BY id")
    assert (found[0], found[2]) == (before[0], before[2])
    assert {plainly(cell) for id, cell in found if id in (2, 4, 5)} == {plainly(wanted)}


def plainly(cell) -> str:
    """How the engines give one value: SQLite a time as text, a decimal as a number, MariaDB a UUID with dashes."""
    text = str(cell).removesuffix(".000000").replace("-", "").lstrip("0")
    return text.rstrip("0") if "." in text else text


def test_an_original_whose_conversion_would_not_fit_the_old_type_comes_back_all_the_same(bench):
    begin(bench, table('sa.Column("c", sa.String(3))'), "INSERT INTO thing (id, c) VALUES (1, '1e9')")
    add(bench, batch(CHANGE.format("sa.BigInteger()", "sa.String(3)")), batch(CHANGE.format("sa.String(3)", "sa.BigInteger()")))  # fmt: skip
    bench.upgrade()
    assert rows(bench, "SELECT c FROM thing") == [(1000000000,)]

    bench.downgrade("start")

    assert rows(bench, "SELECT c FROM thing") == [("1e9",)]


ENUM = "sa.Enum('a', 'b', name='e')"


@pytest.mark.parametrize(
    ("old", "new", "cells", "count"),
    [
        ("sa.String(9)", ENUM, "'1', 'A', 'a ', 'c', 'b'", 4),
        ("sa.String(9)", ENUM.replace("name", "native_enum=False, name"), "'1', 'A', 'a ', 'c', 'b'", 4),
        ("sa.String(9)", "sa.Integer()", "'1', ' 2.5 ', '1_0', '', '0x1', 'nan', '٣'", 5),
        ("sa.String(40)", "sa.DateTime()", "'2026-11-22T10:11:12', '2026-11-22T10:11:12Z', '2026-02-30', '0000-00-00'", 3),
        ("sa.String(9)", "sa.Integer(), server_default='5'", "'x', 'y'", 2),
        ("sa.Float(53)", "sa.Numeric(10, 2)", "1.5, 1.25e1", 0),
    ],
)  # fmt: skip
def test_each_value_that_does_not_fit_is_counted_and_nothing_else(bench, old, new, cells, count):
    listed = ", ".join(f"({id}, {cell})" for id, cell in enumerate(cells.split(", "), 1))
    begin(bench, table(f'sa.Column("c", {old})'), f"INSERT INTO thing (id, c) VALUES {listed}")
    add(bench, batch(CHANGE.format(new, old)), "pass")

    if count:
        refused_untouched(bench, bench.upgrade, rf"\b{count} values of thing\.c do not fit")
    else:
        bench.upgrade()


def test_blanks_at_the_end_are_not_cut_off_either(bench):
    if bench.kind == "sqlite":
        pytest.skip("SQLite knows no length")
    begin(bench, table('sa.Column("c", sa.String(9))'), "INSERT INTO thing (id, c) VALUES (1, 'abc  '), (2, 'ab ')")
    add(bench, batch(CHANGE.format("sa.String(3)", "sa.String(9)")), "pass")

    refused_untouched(bench, bench.upgrade, "1 value of thing.c does not fit")


def test_values_are_tried_without_a_lock_on_the_table(bench):
    if bench.kind == "sqlite":
        pytest.skip("it has one lock for all")
    begin(bench, MYSQL + table('sa.Column("c", sa.String(9))'), "INSERT INTO thing (id, c) VALUES (1, 'x'), (2, 'y')")
    add(bench, batch(CHANGE.format("sa.Integer()", "sa.String(9)")), "pass")

    with bench.writing() as other:
        other.exec_driver_sql("UPDATE thing SET c = '1'")
        with pytest.raises(SchemaError, match=r"2 values of thing\.c do not fit"):
            bench.upgrade()


def test_a_misfit_that_the_run_itself_writes_stops_it_where_it_can_be_mended(bench):
    begin(bench, table('sa.Column("c", sa.String(9))'), "INSERT INTO thing (id, c) VALUES (1, '1')")
    fill = 'op.fill("thing", {"c": "CASE WHEN id = 1 THEN \'one\' ELSE c END"}, where="id < 5")\n'
    add(bench, fill + batch(CHANGE.format("sa.Integer()", "sa.String(9)")), "pass")

    with pytest.raises(SchemaError, match=r"1 value of thing\.c does not fit INTEGER"):
        bench.upgrade()
    run(bench, "UPDATE thing SET id = 5")
    run(bench, "UPDATE thing SET c = '7'")
    bench.upgrade()

    assert rows(bench, "SELECT c FROM thing") == [(7,)]


@pytest.mark.parametrize(
    "type_", ["sa.Boolean(create_constraint=True, name='ck_c')", "sa.Boolean(create_constraint=True)"]
)
def test_the_check_of_a_type_goes_with_it(bench, type_):
    begin(bench, table(f'sa.Column("c", {type_})'), "INSERT INTO thing (id, c) VALUES (1, 1)")
    add(bench, batch(CHANGE.format("sa.Integer()", type_)), batch(CHANGE.format(type_, "sa.Integer()")))

    bench.upgrade()
    run(bench, "INSERT INTO thing (id, c) VALUES (2, 5)")

    refused_untouched(bench, lambda: bench.downgrade("start"), "1 value of thing.c does not fit BOOL")
    run(bench, "DELETE FROM thing WHERE id = 2")
    bench.downgrade("start")
    with pytest.raises(Exception, match=r"(?i)constraint"):
        run(bench, "INSERT INTO thing (id, c) VALUES (2, 5)")


def test_a_check_over_two_columns_is_counted_with_the_value_to_come(bench):
    begin(
        bench,
        table(
            'sa.Column("c", sa.Float(53))', 'sa.Column("b", sa.Integer)', 'sa.CheckConstraint("c < b", name="ck_cb")'
        ),
        "INSERT INTO thing (id, c, b) VALUES (1, 1.7, 2), (2, 1.2, 2)",
    )
    add(bench, batch(CHANGE.format("sa.Integer()", "sa.Float(53)")), "pass")

    refused_untouched(bench, bench.upgrade, "1 value of thing.c does not fit INTEGER")
    run(bench, "DELETE FROM thing WHERE id = 1")
    bench.upgrade()

    with pytest.raises(Exception, match="ck_cb"):
        run(bench, "INSERT INTO thing (id, c, b) VALUES (3, 5, 2)")


@pytest.mark.parametrize(("original", "written"), [("abc", "ABC"), ("eté", "été"), ("abc", "abc ")])
def test_an_edit_that_a_collation_does_not_see_is_an_edit(bench, original, written):
    words = "sa.Text(collation='{}')".format({"sqlite": "NOCASE"}.get(bench.kind, "utf8mb4_unicode_520_ci"))
    as_bytes = "x'" + original.encode().hex() + "'"
    begin(bench, table('sa.Column("c", sa.LargeBinary())'), f"INSERT INTO thing (id, c) VALUES (1, {as_bytes})")
    add(bench, batch(CHANGE.format(words, "sa.LargeBinary()")), batch(CHANGE.format("sa.LargeBinary()", words)))
    bench.upgrade()
    run(bench, f"UPDATE thing SET c = '{written}'")

    bench.downgrade("start")

    assert rows(bench, "SELECT c FROM thing") == [(written.encode(),)]


@pytest.mark.parametrize(
    ("old", "new", "original"),
    [
        ("mysql.VARBINARY(9)", "mysql.BINARY(4)", b"\0\xff"),
        ("sa.LargeBinary()", "mysql.BINARY(4)", b"\0\xff"),
        ("mysql.BINARY(2)", "mysql.BINARY(4)", b"\0\xff"),
        ("sa.String(9)", "sa.CHAR(9)", b"ab  "),
        ("sa.Text()", "sa.CHAR(9)", b"ab  "),
    ],
)
def test_what_a_type_of_one_length_pads_or_cuts_off_comes_back_as_it_was(bench, old, new, original):
    if bench.kind == "sqlite":
        pytest.skip("SQLite knows no length")
    cell = f"x'{original.hex()}'"
    begin(bench, MYSQL + table(f'sa.Column("c", {old})'), f"INSERT INTO thing (id, c) VALUES (1, {cell}), (2, {cell})")
    add(bench, MYSQL + batch(CHANGE.format(new, old)), MYSQL + batch(CHANGE.format(old, new)))
    bench.upgrade()
    run(bench, "UPDATE thing SET c = 'z' WHERE id = 2")
    if "(2)" in old:
        refused_untouched(bench, lambda: bench.downgrade("start"), r"1 value of thing\.c does not fit BINARY\(2\)")
        run(bench, "DELETE FROM thing WHERE id = 2")

    bench.downgrade("start")

    found = dict(rows(bench, "SELECT id, HEX(c) FROM thing"))
    assert found[1] == original.hex().upper()
    assert found.get(2, "7A").startswith("7A")


def test_a_text_that_the_database_writes_anew_as_json_may_lose():
    of_mysql, of_mariadb = mysql.dialect(), mysql.dialect(is_mariadb=True)

    assert conversions.may_lose(sa.Text(), sa.JSON(), of_mysql)
    assert not conversions.may_lose(sa.Text(), sa.JSON(), of_mariadb)
    assert not conversions.may_lose(sa.Text(), sa.JSON(), sqlite.dialect())
    assert not conversions.may_lose(sa.JSON(), sa.Text(), of_mysql)
