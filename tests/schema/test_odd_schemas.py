# ruff: noqa: E501 - tables of scripts, a line a script
"""Schemas that nobody would draw on a whiteboard: up and down they lose nothing either, or are refused untouched."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from cms.schema import structure
from cms.schema.errors import SchemaError
from cms.schema.running import hiding
from tests.schema.figures import LEVEL
from tests.schema.workbench import Revision, Workbench

pytestmark = pytest.mark.skipif(
    not LEVEL, reason="500 odd schemas take three minutes: make schema-proof LEVEL=small runs them"
)


@pytest.fixture(params=["sqlite", "mariadb"])
def bench(request, tmp_path):
    """An empty database and an empty folder of migrations."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'odd.sqlite3'}"
    else:
        url = request.getfixturevalue("mariadb_server").create_database("odd")
    bench = Workbench(url, tmp_path / "migrations")
    yield bench
    bench.close()


def run(bench, *statements: str) -> None:
    with bench.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def rows(bench, query: str) -> list[tuple[Any, ...]]:
    with bench.writing() as connection:
        found = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
        return [tuple(row) for row in found]


def everything(bench) -> dict[str, Any]:
    """Structure, word for word where the database gives the words, and all cells; what is ours is left out."""
    with bench.engine.connect() as connection:
        tables = structure.read(connection)
        found: dict[str, Any] = {
            name: [
                re.sub(r" ON (DELETE|UPDATE) (NO ACTION|RESTRICT)", "", line)
                for line in lines
                if not re.match(r"(KEY `fk[_ ]|`_k_)", line)
            ]
            for name, lines in structure.visible_lines(tables).items()
        }
        if bench.kind == "sqlite":
            inspector = sa.inspect(connection)
            for name in tables:
                checks = sorted(one["sqltext"].replace('"', "") for one in inspector.get_check_constraints(name))
                uniques = sorted(str(one["name"]) for one in inspector.get_unique_constraints(name))
                found[name] += [f"CHECK {checks}", f"UNIQUES {uniques}"]
            for kind, name, sql in connection.exec_driver_sql(
                "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
            ):
                if "_k_" not in sql:
                    found[f"{kind} {name}"] = re.sub(r'[`"]', "", sql)
        for name, table in tables.items():
            columns = sorted(column for column in table.columns if not column.startswith("_k_"))
            listed = ", ".join(map(structure.quoted, columns))
            query = connection.exec_driver_sql(
                f"SELECT {listed} FROM {structure.quoted(name)}", execution_options={"no_parameters": True}
            )
            found[f"cells of {name}"] = sorted(map(repr, (dict(zip(columns, row, strict=True)) for row in query)))
        return found


def begin(bench, base: str, *statements: str) -> None:
    bench.write([Revision("start", None, base, "pass")])
    bench.upgrade()
    run(bench, *statements)


def add(bench, up: str, down: str, name: str = "next", after: Any = "start") -> None:
    bench.write([Revision(name, after, up, down)])


def there_and_back(bench, up: str, down: str) -> None:
    """Twice up and down over the same rows: each side looks the same each time."""
    add(bench, up, down)
    low = everything(bench)
    bench.upgrade()
    high = everything(bench)
    bench.downgrade("start")
    assert everything(bench) == low
    bench.upgrade()
    assert everything(bench) == high
    bench.downgrade("start")
    assert everything(bench) == low


NAMES = ["100% of o'clock"]

THING = (
    'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column({n!r}, sa.Float(53)), sa.Column("title", sa.String(40), nullable=False, server_default="t"))'
)
THING_ROWS = ("INSERT INTO thing (id, {q}, title) VALUES (1, 1.5, 'one'), (2, 2.25, 'two'), (3, NULL, 'three')",)
ALTER = 'with op.batch_alter_table("thing") as batch:\n    batch.'
COLUMN_CHANGES = {
    "drop": ('op.drop_column("thing", {n!r})', 'op.add_column("thing", sa.Column({n!r}, sa.Float(53)))'),
    "add": (
        'op.add_column("thing", sa.Column({n!r} "2", sa.Float(53), nullable=False, server_default="1"))',
        'op.drop_column("thing", {n!r} "2")',
    ),
    "type": (
        ALTER + "alter_column({n!r}, type_=sa.Integer(), existing_type=sa.Float(53), existing_nullable=True)",
        ALTER + "alter_column({n!r}, type_=sa.Float(53), existing_type=sa.Integer(), existing_nullable=True)",
    ),
    "rename": (
        ALTER + 'alter_column({n!r}, new_column_name="plain", existing_type=sa.Float(53))',
        ALTER + 'alter_column("plain", new_column_name={n!r}, existing_type=sa.Float(53))',
    ),
    "rename and type": (
        ALTER + 'alter_column({n!r}, new_column_name="plain", type_=sa.Integer(), existing_type=sa.Float(53))',
        ALTER + 'alter_column("plain", new_column_name={n!r}, type_=sa.Float(53), existing_type=sa.Integer())',
    ),
    "rename and drop": (
        ALTER + 'alter_column({n!r}, new_column_name="plain", existing_type=sa.Float(53))\n'
        'op.drop_column("thing", "plain")',
        'op.add_column("thing", sa.Column("plain", sa.Float(53)))\n'
        + ALTER + 'alter_column("plain", new_column_name={n!r}, existing_type=sa.Float(53))',
    ),
    "default": (
        ALTER + "alter_column({n!r}, server_default='5', existing_type=sa.Float(53))",
        ALTER + "alter_column({n!r}, server_default=None, existing_type=sa.Float(53), existing_server_default='5')",
    ),
    "index": (
        'op.create_index("ix_thing", "thing", [{n!r}, "title"])',
        'op.drop_index("ix_thing", table_name="thing")',
    ),
    "unique": (
        ALTER + 'create_unique_constraint("uq_thing", [{n!r}])',
        ALTER + 'drop_constraint("uq_thing", type_="unique")',
    ),
    "check": (
        ALTER + 'create_check_constraint("ck_thing", sa.column({n!r}) < 5)',
        ALTER + 'drop_constraint("ck_thing", type_="check")',
    ),
    "fill": (
        'op.add_column("thing", sa.Column({n!r} "2", sa.String(40)))\nop.fill("thing", {{{n!r} "2": "upper(title)"}})',
        'op.drop_column("thing", {n!r} "2")',
    ),
    "foreign key": (
        'op.create_table("other", sa.Column("id", sa.Integer, primary_key=True))\n'
        + ALTER + 'add_column(sa.Column({n!r} "2", sa.Integer))\n'
        '    batch.create_foreign_key("fk_thing", "other", [{n!r} "2"], ["id"], ondelete="CASCADE")',
        ALTER + 'drop_constraint("fk_thing", type_="foreignkey")\n'
        '    batch.drop_column({n!r} "2")\n'
        'op.drop_table("other")',
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", COLUMN_CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_any_name_goes_there_and_back(bench, name, change):
    up, down = (one.format(n=name) for one in COLUMN_CHANGES[change])
    begin(bench, THING.format(n=name), *(one.format(q=structure.quoted(name)) for one in THING_ROWS))

    there_and_back(bench, up, down)


TABLE = (
    'op.create_table({n!r}, sa.Column("id", sa.Integer, primary_key=True), '
    'sa.Column("price", sa.Float(53)), sa.Column("title", sa.String(40), nullable=False, server_default="t"))'
)
TABLE_ROWS = "INSERT INTO {q} (id, price, title) VALUES (1, 1.5, 'one'), (2, 2.25, 'two'), (3, NULL, 'three')"
BATCH = "with op.batch_alter_table({n!r}) as batch:\n    batch."
TABLE_CHANGES = {
    "drop": (
        'op.create_index("ix_title", {n!r}, ["title"])\nop.drop_table({n!r})',
        TABLE + '\nop.create_index("ix_title", {n!r}, ["title"])\nop.drop_index("ix_title", table_name={n!r})',
    ),
    "rename": ('op.rename_table({n!r}, "plain")', 'op.rename_table("plain", {n!r})'),
    "rename and change": (
        'op.rename_table({n!r}, "plain")\nop.drop_column("plain", "price")',
        'op.add_column("plain", sa.Column("price", sa.Float(53)))\nop.rename_table("plain", {n!r})',
    ),
    "rename between": (
        'op.drop_column({n!r}, "price")\nop.rename_table({n!r}, "plain")',
        'op.rename_table("plain", {n!r})\nop.add_column({n!r}, sa.Column("price", sa.Float(53)))',
    ),
    "drop column": ('op.drop_column({n!r}, "price")', 'op.add_column({n!r}, sa.Column("price", sa.Float(53)))'),
    "type": (
        BATCH + 'alter_column("price", type_=sa.Integer(), existing_type=sa.Float(53), existing_nullable=True)',
        BATCH + 'alter_column("price", type_=sa.Float(53), existing_type=sa.Integer(), existing_nullable=True)',
    ),
    "index": ('op.create_index("ix_title", {n!r}, ["title"])', 'op.drop_index("ix_title", table_name={n!r})'),
    "odd index": (
        'op.create_index("ix " {n!r}[:50], {n!r}, ["title"])',
        'op.drop_index("ix " {n!r}[:50], table_name={n!r})',
    ),
    "odd unique": (
        BATCH + 'create_unique_constraint("uq " {n!r}[:50], ["title"])',
        BATCH + 'drop_constraint("uq " {n!r}[:50], type_="unique")',
    ),
    "odd check": (
        BATCH + 'create_check_constraint("ck " {n!r}[:50], "title <> \'\'")',
        BATCH + 'drop_constraint("ck " {n!r}[:50], type_="check")',
    ),
    "set aside": ("""op.set_aside({n!r}, "title = 'two'")""", "op.bring_back({n!r})"),
    "fill": (
        'op.add_column({n!r}, sa.Column("loud", sa.String(40)))\nop.fill({n!r}, {{"loud": "upper(title)"}})',
        'op.drop_column({n!r}, "loud")',
    ),
    "child": (
        'op.create_table("child", sa.Column("id", sa.Integer, primary_key=True), sa.Column("of", sa.Integer),\n'
        '    sa.ForeignKeyConstraint(["of"], [{n!r} ".id"], name="fk_child"))',
        'op.drop_table("child")',
    ),
    "odd foreign key": (
        'op.create_table("child", sa.Column("id", sa.Integer, primary_key=True), sa.Column("of", sa.Integer))\n'
        'with op.batch_alter_table("child") as batch:\n'
        '    batch.create_foreign_key("fk " {n!r}[:50], {n!r}, ["of"], ["id"])',
        'with op.batch_alter_table("child") as batch:\n'
        '    batch.drop_constraint("fk " {n!r}[:50], type_="foreignkey")\n'
        'op.drop_table("child")',
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", TABLE_CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_table_of_any_name_goes_there_and_back(bench, name, change):
    up, down = (one.format(n=name) for one in TABLE_CHANGES[change])
    begin(bench, TABLE.format(n=name), TABLE_ROWS.format(q=structure.quoted(name)))

    there_and_back(bench, up, down)


def refused_untouched(bench, move, match: str | None = None) -> None:
    """``move`` is refused in words, and nothing whatever was done."""
    before = everything(bench), bench.heads()
    with pytest.raises(SchemaError, match=match):
        move()
    assert (everything(bench), bench.heads()) == before
    assert rows(bench, "SELECT sentence FROM alembic_journal") == []


def table(*columns: str, name: str = "thing") -> str:
    listed = ",\n    ".join(['sa.Column("id", sa.Integer, primary_key=True)', *columns])
    return f'op.create_table("{name}",\n    {listed})\n'


def batch(*lines: str, name: str = "thing") -> str:
    return (
        "\n    ".join([f'with op.batch_alter_table("{name}") as batch:', *(f"batch.{line}" for line in lines)]) + "\n"
    )


FK = 'sa.ForeignKeyConstraint(["{0}"], ["{1}"], name="fk_{0}"{2})'
PARENT = table('sa.Column("name", sa.String(20))', name="parent")
PARENT_ROWS = ("INSERT INTO parent (id, name) VALUES (1, 'Anna'), (2, 'Ben')",)
CHILD = table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "parent.id", ""))
PRICE = table('sa.Column("price", sa.Float(53))', 'sa.Column("title", sa.String(40))')
PRICE_ROWS = ("INSERT INTO thing (id, price, title) VALUES (1, 1.5, 'one'), (2, 2.25, 'two'), (3, NULL, 'three')",)
TO_INT = 'alter_column("price", type_=sa.Integer(), existing_type=sa.Float(53), existing_nullable=True)'
TO_FLOAT = 'alter_column("price", type_=sa.Float(53), existing_type=sa.Integer(), existing_nullable=True)'


# A column of every kind: dropped, missed by a row that is born meanwhile, and back

KINDS = {
    "integer": ("sa.Integer()", "7"),
    "bigint": ("sa.BigInteger()", "9223372036854775807"),
    "float": ("sa.Float(53)", "1.5"),
    "decimal": ("sa.Numeric(20, 4)", "12345678901.1234"),
    "string": ("sa.String(50)", "'naïve 😀 ''quoted'' 100% :x'"),
    "text": ("sa.Text()", "'long'"),
    "bytes": ("sa.LargeBinary()", "x'" + bytes(range(256)).hex() + "'"),
    "date": ("sa.Date()", "'2026-11-22'"),
    "datetime": ("sa.DateTime()", "'2026-11-22 10:11:12'"),
    "micro": ("sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')", "'2026-11-22 10:11:12.123456'"),
    "time": ("sa.Time()", "'10:11:12'"),
    "boolean": ("sa.Boolean()", "1"),
    "checked boolean": ("sa.Boolean(create_constraint=True, name='ck_flag')", "1"),
    "enum": ("sa.Enum('a', 'b', name='letters')", "'b'"),
    "checked enum": ("sa.Enum('a', 'b', native_enum=False, create_constraint=True, name='letters')", "'b'"),
    "json": ("sa.JSON()", """'{"a": [1, "é"]}'"""),
    "uuid": ("sa.Uuid()", "'12345678123456781234567812345678'"),
    "blob": ("sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), 'mysql', 'mariadb')", "x'00ff5c2725'"),
    "binary": ("sa.LargeBinary(16).with_variant(mysql.BINARY(4), 'mysql', 'mariadb')", "x'00ff5c27'"),
    "year": ("sa.Integer().with_variant(mysql.YEAR(), 'mysql', 'mariadb')", "2026"),
    "set": ("sa.String(9).with_variant(mysql.SET('a', 'b'), 'mysql', 'mariadb')", "'a,b'"),
    "bit": ("sa.Integer().with_variant(mysql.BIT(8), 'mysql', 'mariadb')", "5"),
    "timestamp": ("sa.TIMESTAMP()", "'2026-11-22 10:11:12'"),
    "interval": ("sa.Interval()", "'1970-01-03 00:00:00'"),
}
MYSQL = "from sqlalchemy.dialects import mysql\n"


@pytest.mark.parametrize(
    ("kind", "nullable"),
    [*((kind, False) for kind in KINDS), ("json", True), ("bytes", True), ("checked enum", True), ("uuid", True)],
)
def test_a_column_of_any_kind_goes_and_comes_back_though_a_row_was_born_meanwhile(bench, kind, nullable):
    type_, value = KINDS[kind]
    column = f'sa.Column("c", {type_}, nullable={nullable})'
    begin(
        bench,
        MYSQL + table(column, 'sa.Column("title", sa.String(20))'),
        f"INSERT INTO thing (id, c, title) VALUES (1, {value}, 'one')",
    )
    add(bench, 'op.drop_column("thing", "c")', MYSQL + f'op.add_column("thing", {column})')
    before = everything(bench)

    bench.upgrade()
    run(bench, "INSERT INTO thing (id, title) VALUES (2, 'born')")
    bench.downgrade("start")

    run(bench, "DELETE FROM thing WHERE id = 2")
    assert everything(bench) == before


# Defaults and comments

DEFAULTS = {
    "quote": 'server_default="it\'s"',
    "percent": 'server_default="100% %s %(x)s"',
    "colon": 'server_default="a :b"',
    "backslash": 'server_default="a\\\\b\\\\"',
    "newline": 'server_default="a\\nb"',
    "brackets": 'server_default="f(x) (y"',
    "empty": 'server_default=""',
    "words": 'server_default="NOT NULL DEFAULT 1 COMMENT"',
    "generated": 'server_default="GENERATED ALWAYS AS (1)"',
    "expression": "server_default=sa.text(\"(concat('a', (concat('b', 'c'))))\")",
    "comma": 'server_default="a,b"',
    "comment": 'comment="it\'s 100% \\\\ AS (x), NOT NULL DEFAULT"',
    "null": 'server_default=sa.text("NULL")',
}
ON_THE_COLUMN = {
    "drop": ('op.drop_column("thing", "c")', 'op.add_column("thing", sa.Column("c", sa.String(60), nullable=False, {d}))'),
    "nullable": (
        batch('alter_column("c", nullable=True, existing_type=sa.String(60))'),
        batch('alter_column("c", nullable=False, existing_type=sa.String(60))'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", ON_THE_COLUMN)
@pytest.mark.parametrize("default", DEFAULTS)
def test_odd_defaults_and_comments_stay_word_for_word(bench, default, change):
    column = f'sa.Column("c", sa.String(60), nullable={default == "null"}, {DEFAULTS[default]})'
    if default == "expression" and bench.kind == "sqlite":
        pytest.skip("SQLite 3.40 has no concat()")
    begin(
        bench,
        table(column, 'sa.Column("price", sa.Float(53))'),
        "INSERT INTO thing (id, c, price) VALUES (1, 'mine', 1.5)",
    )
    up, down = (one.replace("{d}", DEFAULTS[default]) for one in ON_THE_COLUMN[change])
    if default == "null":
        up, down = (one.replace("nullable=False", "nullable=True") for one in (up, down))

    there_and_back(bench, up, down)


# Changes that go there and back over the same rows

ODD = {
    # name: (base, rows, up, down)
    "check that names a dropped column": (
        table('sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer)', 'sa.CheckConstraint("a < b", name="ck_ab")'),
        ("INSERT INTO thing (id, a, b) VALUES (1, 1, 2)",),
        'op.drop_column("thing", "a")',
        'op.add_column("thing", sa.Column("a", sa.Integer))\n' + batch('create_check_constraint("ck_ab", "a < b")'),
    ),
    "check beside a change of type": (
        table('sa.Column("price", sa.Float(53))', 'sa.Column("b", sa.Integer)', 'sa.CheckConstraint("b > 0", name="ck_b")'),
        ("INSERT INTO thing (id, price, b) VALUES (1, 1.5, 2)",),
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "unnamed check beside a change of type": (
        table('sa.Column("price", sa.Float(53))', 'sa.Column("b", sa.Integer)', 'sa.CheckConstraint("b > 0")'),
        ("INSERT INTO thing (id, price, b) VALUES (1, 1.5, 2)",),
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "check on a changed type": (
        table('sa.Column("price", sa.Float(53))', 'sa.CheckConstraint("price > 0", name="ck_price")'),
        ("INSERT INTO thing (id, price) VALUES (1, 1.5)",),
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "check on a renamed column": (
        table('sa.Column("price", sa.Float(53))', 'sa.CheckConstraint("price > 0", name="ck_price")'),
        ("INSERT INTO thing (id, price) VALUES (1, 1.5)",),
        batch('alter_column("price", new_column_name="cost", existing_type=sa.Float(53))'),
        batch('alter_column("cost", new_column_name="price", existing_type=sa.Float(53))'),
    ),
    "unique of two, one dropped": (
        table('sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer)', 'sa.UniqueConstraint("a", "b", name="uq_ab")'),
        ("INSERT INTO thing (id, a, b) VALUES (1, 1, 2), (2, 1, 3)",),
        batch('drop_constraint("uq_ab", type_="unique")', 'drop_column("b")'),
        batch('add_column(sa.Column("b", sa.Integer))', 'create_unique_constraint("uq_ab", ["a", "b"])'),
    ),
    "unique of two that goes by itself with a column": (
        table('sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer)', 'sa.UniqueConstraint("a", "b", name="uq_ab")'),
        ("INSERT INTO thing (id, a, b) VALUES (1, 1, 2), (2, 1, 3)",),
        'op.drop_column("thing", "b")',
        batch('add_column(sa.Column("b", sa.Integer))', 'create_unique_constraint("uq_ab", ["a", "b"])'),
    ),
    "index of two, dropped before one of its columns": (
        table('sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer)') + 'op.create_index("ix_ab", "thing", ["a", "b"])',
        ("INSERT INTO thing (id, a, b) VALUES (1, 1, 2), (2, 1, 3)",),
        'op.drop_index("ix_ab", table_name="thing")\nop.drop_column("thing", "a")',
        'op.add_column("thing", sa.Column("a", sa.Integer))\nop.create_index("ix_ab", "thing", ["a", "b"])',
    ),
    "unique that carries a foreign key": (
        PARENT
        + table(
            'sa.Column("parent_id", sa.Integer, nullable=False)',
            'sa.Column("position", sa.Integer)',
            'sa.UniqueConstraint("parent_id", "position", name="uq_position")',
            FK.format("parent_id", "parent.id", ', ondelete="CASCADE"'),
        ),
        (*PARENT_ROWS, "INSERT INTO thing (id, parent_id, position) VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1)"),
        batch('drop_constraint("uq_position", type_="unique")', 'drop_column("position")'),
        batch('add_column(sa.Column("position", sa.Integer))', 'create_unique_constraint("uq_position", ["parent_id", "position"])'),
    ),
    "type under an index": (
        PRICE + 'op.create_index("ix_thing", "thing", ["title", "price"])',
        PRICE_ROWS,
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "type under a unique": (
        PRICE + batch('create_unique_constraint("uq_thing", ["price", "title"])'),
        PRICE_ROWS,
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "type, name, default and null at once": (
        table('sa.Column("price", sa.Float(53), nullable=False, server_default="2.5")'),
        ("INSERT INTO thing (id, price) VALUES (1, 1.5), (2, 2.25)",),
        batch('alter_column("price", new_column_name="cost", type_=sa.Integer(), nullable=True, server_default="7", existing_type=sa.Float(53), existing_nullable=False, existing_server_default="2.5")'),
        batch('alter_column("cost", new_column_name="price", type_=sa.Float(53), nullable=False, server_default="2.5", existing_type=sa.Integer(), existing_nullable=True, existing_server_default="7")'),
    ),
    "two types of one column in one script": (
        PRICE,
        PRICE_ROWS,
        batch(TO_INT) + batch('alter_column("price", type_=sa.String(20), existing_type=sa.Integer())'),
        batch('alter_column("price", type_=sa.Integer(), existing_type=sa.String(20))') + batch(TO_FLOAT),
    ),
    "computed": (
        PRICE + 'op.add_column("thing", sa.Column("twice", sa.Float(53), sa.Computed("price * 2")))',
        PRICE_ROWS,
        'op.drop_column("thing", "twice")',
        'op.add_column("thing", sa.Column("twice", sa.Float(53), sa.Computed("price * 2")))',
    ),
    "computed beside a change of type": (
        PRICE + 'op.add_column("thing", sa.Column("loud", sa.String(50), sa.Computed("upper(title)")))',
        PRICE_ROWS,
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "computed in rows that go aside": (
        PRICE + 'op.add_column("thing", sa.Column("loud", sa.String(50), sa.Computed("upper(title)")))',
        PRICE_ROWS,
        """op.set_aside("thing", "title = 'two'")""",
        'op.bring_back("thing")',
    ),
    "no primary key": (
        'op.create_table("thing", sa.Column("price", sa.Float(53)), sa.Column("title", sa.String(20)))',
        ("INSERT INTO thing (price, title) VALUES (1.5, 'a'), (1.5, 'a'), (NULL, 'b')",),
        'op.drop_column("thing", "title")\n' + batch(TO_INT),
        batch(TO_FLOAT) + 'op.add_column("thing", sa.Column("title", sa.String(20)))',
    ),
    "no primary key, dropped": (
        'op.create_table("thing", sa.Column("price", sa.Float(53)), sa.Column("title", sa.String(20)))',
        ("INSERT INTO thing (price, title) VALUES (1.5, 'a'), (1.5, 'a'), (NULL, 'b')",),
        'op.drop_table("thing")',
        'op.create_table("thing", sa.Column("price", sa.Float(53)), sa.Column("title", sa.String(20)))',
    ),
    "points to itself, set null": (
        table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "thing.id", ', ondelete="SET NULL"')),
        ("INSERT INTO thing (id, parent_id) VALUES (1, NULL), (2, 1), (3, 2)",),
        batch('drop_constraint("fk_parent_id", type_="foreignkey")', 'drop_column("parent_id")'),
        batch('add_column(sa.Column("parent_id", sa.Integer))', 'create_foreign_key("fk_parent_id", "thing", ["parent_id"], ["id"], ondelete="SET NULL")'),
    ),
    "points to itself, cascade, table dropped": (
        table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "thing.id", ', ondelete="CASCADE"')),
        ("INSERT INTO thing (id, parent_id) VALUES (1, NULL), (2, 1), (3, 2)",),
        'op.drop_table("thing")',
        table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "thing.id", ', ondelete="CASCADE"')),
    ),
    "points to itself, restrict, table dropped": (
        table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "thing.id", "")),
        ("INSERT INTO thing (id, parent_id) VALUES (1, NULL)", "INSERT INTO thing (id, parent_id) VALUES (2, 1), (3, 2)"),
        'op.drop_table("thing")',
        table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "thing.id", "")),
    ),
    "points to itself, type changed": (
        table('sa.Column("parent_id", sa.Integer)', 'sa.Column("price", sa.Float(53))', FK.format("parent_id", "thing.id", ', ondelete="CASCADE"')),
        ("INSERT INTO thing (id, parent_id, price) VALUES (1, NULL, 1.5), (2, 1, 2.5), (3, 2, NULL)",),
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "two foreign keys to one table": (
        PARENT
        + table(
            'sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer, nullable=False)',
            FK.format("a", "parent.id", ', ondelete="SET NULL"'), FK.format("b", "parent.id", ', ondelete="CASCADE"'),
        ),
        (*PARENT_ROWS, "INSERT INTO thing (id, a, b) VALUES (1, 1, 2), (2, NULL, 1)"),
        batch('drop_constraint("fk_b", type_="foreignkey")', 'drop_column("b")'),
        batch('add_column(sa.Column("b", sa.Integer, nullable=False))', 'create_foreign_key("fk_b", "parent", ["b"], ["id"], ondelete="CASCADE")'),
    ),
    "composite foreign key": (
        'op.create_table("parent", sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.String(10), primary_key=True))\n'
        + table(
            'sa.Column("pa", sa.Integer)', 'sa.Column("pb", sa.String(10))',
            'sa.ForeignKeyConstraint(["pa", "pb"], ["parent.a", "parent.b"], name="fk_both", ondelete="CASCADE")',
        ),
        ("INSERT INTO parent (a, b) VALUES (1, 'x'), (1, 'y')", "INSERT INTO thing (id, pa, pb) VALUES (1, 1, 'y'), (2, NULL, NULL)"),
        batch('drop_constraint("fk_both", type_="foreignkey")', 'drop_column("pb")'),
        batch('add_column(sa.Column("pb", sa.String(10)))', 'create_foreign_key("fk_both", "parent", ["pa", "pb"], ["a", "b"], ondelete="CASCADE")'),
    ),
    "foreign key with restrict and update cascade": (
        PARENT + table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "parent.id", ', ondelete="RESTRICT", onupdate="CASCADE"')),
        (*PARENT_ROWS, "INSERT INTO thing (id, parent_id) VALUES (1, 1), (2, NULL)"),
        'op.drop_table("thing")',
        table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "parent.id", ', ondelete="RESTRICT", onupdate="CASCADE"')),
    ),
    "inline foreign key with update cascade": (
        PARENT + table() + batch('add_column(sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", name="fk_p", ondelete="CASCADE", onupdate="CASCADE")))'),
        (*PARENT_ROWS, "INSERT INTO thing (id, parent_id) VALUES (1, 1), (2, NULL)"),
        batch('drop_constraint("fk_p", type_="foreignkey")', 'drop_column("parent_id")'),
        batch('add_column(sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", name="fk_p", ondelete="CASCADE", onupdate="CASCADE")))'),
    ),
    "foreign key with update cascade beside a change of type": (
        PARENT + table('sa.Column("parent_id", sa.Integer)', 'sa.Column("price", sa.Float(53))', FK.format("parent_id", "parent.id", ', ondelete="RESTRICT", onupdate="CASCADE"')),
        (*PARENT_ROWS, "INSERT INTO thing (id, parent_id, price) VALUES (1, 1, 1.5), (2, NULL, 2.5)"),
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "circular": (
        table('sa.Column("b_id", sa.Integer)', name="a")
        + table('sa.Column("a_id", sa.Integer)', FK.format("a_id", "a.id", ""), name="b")
        + batch('create_foreign_key("fk_b_id", "b", ["b_id"], ["id"], ondelete="SET NULL")', name="a"),
        ("INSERT INTO a (id) VALUES (1), (2)", "INSERT INTO b (id, a_id) VALUES (1, 1), (2, 2)", "UPDATE a SET b_id = 1 WHERE id = 2"),
        batch('drop_constraint("fk_b_id", type_="foreignkey")', name="a") + 'op.drop_table("b")\nop.drop_table("a")',
        table('sa.Column("b_id", sa.Integer)', name="a")
        + table('sa.Column("a_id", sa.Integer)', FK.format("a_id", "a.id", ""), name="b")
        + batch('create_foreign_key("fk_b_id", "b", ["b_id"], ["id"], ondelete="SET NULL")', name="a"),
    ),
    "key of a parent and its children grow": (
        PARENT + table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "parent.id", ', ondelete="CASCADE"')),
        (*PARENT_ROWS, "INSERT INTO thing (id, parent_id) VALUES (1, 1), (2, NULL)"),
        batch('drop_constraint("fk_parent_id", type_="foreignkey")')
        + batch('alter_column("id", type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)', name="parent")
        + batch('alter_column("parent_id", type_=sa.BigInteger(), existing_type=sa.Integer())', 'create_foreign_key("fk_parent_id", "parent", ["parent_id"], ["id"], ondelete="CASCADE")'),
        batch('drop_constraint("fk_parent_id", type_="foreignkey")')
        + batch('alter_column("id", type_=sa.Integer(), existing_type=sa.BigInteger(), existing_nullable=False)', name="parent")
        + batch('alter_column("parent_id", type_=sa.Integer(), existing_type=sa.BigInteger())', 'create_foreign_key("fk_parent_id", "parent", ["parent_id"], ["id"], ondelete="CASCADE")'),
    ),
    "dropped and added under one name": (
        PRICE,
        PRICE_ROWS,
        'op.drop_column("thing", "price")\nop.add_column("thing", sa.Column("price", sa.String(20), server_default="x"))',
        'op.drop_column("thing", "price")\nop.add_column("thing", sa.Column("price", sa.Float(53)))',
    ),
    "a unique on the new column of an old name": (
        table('sa.Column("c", sa.Integer)'),
        ("INSERT INTO thing (id, c) VALUES (1, 5), (2, 5)",),
        'op.drop_column("thing", "c")\nop.add_column("thing", sa.Column("c", sa.Integer))\n' + batch('create_unique_constraint("uq_c", ["c"])'),
        batch('drop_constraint("uq_c", type_="unique")') + 'op.drop_column("thing", "c")\nop.add_column("thing", sa.Column("c", sa.Integer))',
    ),
    "two columns swap their names": (
        table('sa.Column("a", sa.Integer)', 'sa.Column("b", sa.Integer)'),
        ("INSERT INTO thing (id, a, b) VALUES (1, 5, 1), (2, 5, 2)",),
        batch('alter_column("a", new_column_name="x", existing_type=sa.Integer())')
        + batch('alter_column("b", new_column_name="a", existing_type=sa.Integer())')
        + batch('alter_column("x", new_column_name="b", existing_type=sa.Integer())')
        + batch('create_unique_constraint("uq_a", ["a"])'),
        batch('drop_constraint("uq_a", type_="unique")')
        + batch('alter_column("b", new_column_name="x", existing_type=sa.Integer())')
        + batch('alter_column("a", new_column_name="b", existing_type=sa.Integer())')
        + batch('alter_column("x", new_column_name="a", existing_type=sa.Integer())'),
    ),
    "a column called as its table": (
        'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True), sa.Column("thing", sa.Integer))',
        ("INSERT INTO thing (id, thing) VALUES (1, 5), (2, 6)",),
        'op.rename_table("thing", "other")\n' + batch('create_unique_constraint("uq_a", ["thing"])', name="other"),
        batch('drop_constraint("uq_a", type_="unique")', name="other") + 'op.rename_table("other", "thing")',
    ),
    "string keys": (
        'op.create_table("thing", sa.Column("code", sa.String(20), primary_key=True, comment="POINT of it"), sa.Column("c", sa.Integer))',
        ("INSERT INTO thing (code, c) VALUES ('a', 1), ('B', 2), ('ß', 3), ('1\\\\', 4)",),
        'op.add_column("thing", sa.Column("d", sa.String(20)))\nop.fill("thing", {"d": "upper(code)"})',
        'op.drop_column("thing", "d")',
    ),
    "composite keys": (
        'op.create_table("thing", sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.Integer, primary_key=True), sa.Column("price", sa.Float(53)))',
        ("INSERT INTO thing (a, b, price) VALUES (1, 1, 1.5), (1, 2, 2.5), (2, 1, NULL)",),
        'op.add_column("thing", sa.Column("d", sa.Integer))\nop.fill("thing", {"d": "a * 10 + b"}, where="d IS NULL")\n' + batch(TO_INT),
        batch(TO_FLOAT) + 'op.drop_column("thing", "d")',
    ),
    "boolean with a check becomes a number": (
        table("sa.Column('c', sa.Boolean(create_constraint=True, name='ck_c'))"),
        ("INSERT INTO thing (id, c) VALUES (1, 1), (2, 0), (3, NULL)",),
        batch("alter_column('c', type_=sa.Integer(), existing_type=sa.Boolean(create_constraint=True, name='ck_c'))"),
        batch("alter_column('c', type_=sa.Boolean(create_constraint=True, name='ck_c'), existing_type=sa.Integer())"),
    ),
    "enum with a check becomes a text": (
        table("sa.Column('c', sa.Enum('a', 'b', native_enum=False, create_constraint=True, name='ck_c'))"),
        ("INSERT INTO thing (id, c) VALUES (1, 'a'), (2, 'b'), (3, NULL)",),
        batch("alter_column('c', type_=sa.String(20), existing_type=sa.Enum('a', 'b', native_enum=False, create_constraint=True, name='ck_c'))"),
        batch("alter_column('c', type_=sa.Enum('a', 'b', native_enum=False, create_constraint=True, name='ck_c'), existing_type=sa.String(20))"),
    ),
    "view over the table": (
        PRICE + 'op.execute("CREATE VIEW titles AS SELECT id, title FROM thing")',
        PRICE_ROWS,
        batch(TO_INT),
        batch(TO_FLOAT),
    ),
    "json dropped with a comment": (
        table('sa.Column("c", sa.JSON(), nullable=False, comment="its (x)")'),
        ("""INSERT INTO thing (id, c) VALUES (1, '{"a": "é😀"}')""",),
        'op.drop_column("thing", "c")',
        'op.add_column("thing", sa.Column("c", sa.JSON(), nullable=False, comment="its (x)"))',
    ),
    "asked back as not null with default and comment": (
        table('sa.Column("c", sa.String(20), nullable=False, server_default="d", comment="the c")'),
        ("INSERT INTO thing (id, c) VALUES (1, 'mine')",),
        batch('alter_column("c", nullable=True, existing_type=sa.String(20), existing_server_default="d", existing_comment="the c")') + 'op.drop_column("thing", "c")',
        'op.add_column("thing", sa.Column("c", sa.String(20), nullable=False, server_default="d", comment="the c"))',
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Unnamed CHECK")
@pytest.mark.parametrize("name", ODD)
def test_an_odd_change_goes_there_and_back(bench, name):
    base, given, up, down = ODD[name]
    begin(bench, base, *given)

    there_and_back(bench, up, down)


# Changes of type

FITS = {
    # from, to, a value, what is read at the other side (None: the same)
    "datetime to date": ("sa.DateTime()", "sa.Date()", "'2026-11-22 10:11:12.000000'", "2026-11-22"),
    "date to datetime": ("sa.Date()", "sa.DateTime()", "'2026-11-22'", "2026-11-22 00:00:00"),
    "text to datetime": ("sa.String(40)", "sa.DateTime()", "'2026-11-22 10:11:12'", "2026-11-22 10:11:12"),
    "text with T to datetime": ("sa.String(40)", "sa.DateTime()", "'2026-11-22T10:11:12'", "2026-11-22 10:11:12"),
    "text to date": ("sa.String(40)", "sa.Date()", "'2026-11-22 10:11:12'", "2026-11-22"),
    "text to json": ("sa.Text()", "sa.JSON()", """'{"a": 1}'""", {"a": 1}),
    "json to text": ("sa.JSON()", "sa.Text()", """'{"a": 1}'""", '{"a": 1}'),
    "decimal narrowed": ("sa.Numeric(10, 4)", "sa.Numeric(10, 2)", "12.3456", "12.35"),
    "integer to text": ("sa.Integer()", "sa.String(20)", "42", "42"),
    "boolean to integer": ("sa.Boolean()", "sa.Integer()", "1", "1"),
    "integer to boolean": ("sa.Integer()", "sa.Boolean()", "1", "True"),
    "integer to decimal": ("sa.Integer()", "sa.Numeric(20, 2)", "42", "42.00"),
    "decimal to text": ("sa.Numeric(10, 2)", "sa.String(20)", "12.50", "12.50"),
    "time to text": ("sa.Time()", "sa.String(20)", "'10:11:12'", "10:11:12"),
    "bytes to text": ("sa.LargeBinary()", "sa.Text()", "x'c3a9'", "é"),
    "text to bytes": ("sa.Text()", "sa.LargeBinary()", "'é'", "b'\\xc3\\xa9'"),
    "float to decimal": ("sa.Float(53)", "sa.Numeric(10, 2)", "1.5", "1.50"),
    "text to float": ("sa.String(20)", "sa.Float(53)", "' 1.5e3'", "1500.0"),
    "text to uuid": ("sa.String(36)", "sa.Uuid()", "'12345678123456781234567812345678'", "12345678-1234-5678-1234-567812345678"),
    "enum to text": ("sa.Enum('a', 'b', name='e')", "sa.String(5)", "'b'", "b"),
    "datetime to text": ("sa.DateTime()", "sa.String(40)", "'2026-11-22 10:11:12'", None),
    "datetime to integer": ("sa.DateTime()", "sa.BigInteger()", "'2026-11-22 10:11:12'", None),
}  # fmt: skip


@pytest.mark.parametrize("name", FITS)
def test_a_value_that_fits_another_type_is_read_as_that_and_comes_back_as_it_was(bench, name):
    old, new, value, wanted = FITS[name]
    begin(bench, table(f'sa.Column("c", {old})'), f"INSERT INTO thing (id, c) VALUES (1, {value}), (2, NULL)")
    given = everything(bench)
    change = 'alter_column("c", type_={}, existing_type={}, existing_nullable=True)'
    add(bench, batch(change.format(new, old)), batch(change.format(old, new)))

    bench.upgrade()
    read = sa.table("thing", sa.column("id"), sa.column("c", eval(new, {"sa": sa})))
    with bench.engine.connect() as connection:
        found = connection.execute(sa.select(read.c.c).order_by(read.c.id)).scalars().all()
    bench.downgrade("start")

    if wanted is not None:
        assert (found[0] if isinstance(wanted, dict) else str(found[0])) == wanted
    assert found[1] is None
    assert everything(bench) == given


MISFITS = {
    "text to json": ("sa.Text()", "sa.JSON()", "'no json'"),
    "text to impossible date": ("sa.String(40)", "sa.Date()", "'2026-13-45'"),
    "text to impossible datetime": ("sa.String(40)", "sa.DateTime()", "'2026-02-30 99:00:00'"),
    "text to time": ("sa.String(40)", "sa.Time()", "'tea time'"),
    "text to integer too big": ("sa.String(40)", "sa.Integer()", "'99999999999'"),
    "text to decimal too big": ("sa.String(40)", "sa.Numeric(5, 2)", "'123456'"),
    "decimal too big": ("sa.Numeric(10, 2)", "sa.Numeric(5, 2)", "123456.78"),
    "integer to decimal too big": ("sa.Integer()", "sa.Numeric(5, 2)", "123456"),
    "float to decimal too big": ("sa.Float(53)", "sa.Numeric(5, 2)", "123456.5"),
    "float to float too big": ("sa.Double()", "sa.Float()", "1e300"),
    "datetime to integer": ("sa.DateTime()", "sa.Integer()", "'2026-11-22 10:11:12'"),
    "integer to date": ("sa.Integer()", "sa.Date()", "7"),
    "integer to checked boolean": ("sa.Integer()", "sa.Boolean(create_constraint=True, name='ck_c')", "7"),
    "integer to short text": ("sa.Integer()", "sa.String(2)", "12345"),
    "long text to text": ("sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')", "sa.Text()", "REPEAT('x', 70000)"),
    "long text in bytes to text": ("sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')", "sa.Text()", "REPEAT('é', 40000)"),
    "long bytes to bytes": ("sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), 'mysql', 'mariadb')", "sa.LargeBinary()", "REPEAT('x', 70000)"),
    "bytes to short bytes": ("sa.LargeBinary(90)", "sa.LargeBinary(4).with_variant(mysql.VARBINARY(4), 'mysql', 'mariadb')", "x'0001020304'"),
    "bytes that are no text": ("sa.LargeBinary()", "sa.Text()", "x'ff00fe'"),
    "text to narrower enum": ("sa.Enum('a', 'b', name='e')", "sa.Enum('a', name='e')", "'b'"),
    "text to uuid": ("sa.String(36)", "sa.Uuid()", "'nobody'"),
    "json to short text": ("sa.JSON()", "sa.String(3)", """'{"a": 1}'"""),
    "text to year": ("sa.String(9)", "sa.Integer().with_variant(mysql.YEAR(), 'mysql', 'mariadb')", "'1066'"),
    "signed to unsigned": ("sa.Integer()", "sa.Integer().with_variant(mysql.INTEGER(unsigned=True), 'mysql', 'mariadb')", "-1"),
}  # fmt: skip
NO_MATTER_ON_SQLITE = {  # where SQLite can hold it and SQLAlchemy read it as well as before
    "text to integer too big", "text to decimal too big", "decimal too big", "integer to decimal too big",
    "float to decimal too big", "float to float too big", "datetime to integer", "integer to short text",
    "long text to text", "long text in bytes to text", "long bytes to bytes", "bytes to short bytes",
    "json to short text", "text to year", "signed to unsigned",
}  # fmt: skip


@pytest.mark.parametrize("name", MISFITS)
def test_a_value_that_does_not_fit_is_refused_before_the_first_statement(bench, name):
    if bench.kind == "sqlite" and name in NO_MATTER_ON_SQLITE:
        pytest.skip("SQLite holds it all the same")
    old, new, value = MISFITS[name]
    begin(
        bench,
        MYSQL + table(f'sa.Column("c", {old})', 'sa.Column("price", sa.Float(53))'),
        f"INSERT INTO thing (id, c) VALUES (1, {value}), (2, NULL)",
    )
    change = f'alter_column("c", type_={new}, existing_type={old}, existing_nullable=True)'
    add(bench, MYSQL + 'op.drop_column("thing", "price")\n' + batch(change), "pass")

    refused_untouched(bench, bench.upgrade)


def test_values_that_become_equal_under_a_unique_are_refused_before_the_first_statement(bench):
    begin(
        bench,
        PRICE + batch('create_unique_constraint("uq_price", ["price"])'),
        "INSERT INTO thing (id, price) VALUES (1, 1.2), (2, 1.4)",
    )
    add(bench, 'op.drop_column("thing", "title")\n' + batch(TO_INT), batch(TO_FLOAT))

    refused_untouched(bench, bench.upgrade)


def test_a_change_of_type_keeps_the_check_of_its_column(bench):
    begin(
        bench,
        table('sa.Column("price", sa.Float(53))', 'sa.CheckConstraint("price > 0", name="ck_price")'),
        "INSERT INTO thing (id, price) VALUES (1, 1.5)",
    )
    add(bench, batch(TO_INT), batch(TO_FLOAT))

    bench.upgrade()

    with pytest.raises(sa.exc.DBAPIError):
        run(bench, "INSERT INTO thing (id, price) VALUES (2, -5)")


def test_rows_written_meanwhile_in_a_unique_indexed_column_of_another_type_are_merged(bench):
    column = 'sa.Column("price", sa.Float(53), nullable=False, server_default="0.5", unique=True)'
    begin(
        bench,
        table(column, 'sa.Column("title", sa.String(40))') + 'op.create_index("ix_t", "thing", ["title", "price"])',
        "INSERT INTO thing (id, price) VALUES (1, 1.5), (2, 2.75), (3, 5.25)",
    )
    change = 'alter_column("price", type_={}, existing_type={}, existing_nullable=False, existing_server_default={!r})'
    add(
        bench,
        batch(change.format("sa.Integer()", "sa.Float(53)", "0.5")),
        batch(change.format("sa.Float(53)", "sa.Integer()", "1")),
    )
    bench.upgrade()
    run(
        bench,
        "UPDATE thing SET price = 9 WHERE id = 2",
        "DELETE FROM thing WHERE id = 3",
        "INSERT INTO thing (id, price) VALUES (3, 5), (4, 44)",
    )

    bench.downgrade("start")

    assert rows(bench, "SELECT id, price FROM thing ORDER BY id") == [(1, 1.5), (2, 9.0), (3, 5.0), (4, 44.0)]


# Foreign keys while a column or a table is away


@pytest.mark.parametrize("ondelete", ["", ', ondelete="RESTRICT"', ', ondelete="CASCADE"', ', ondelete="SET NULL"'])
@pytest.mark.parametrize("nullable", [True, False], ids=["null", "not null"])
def test_a_cell_that_comes_back_never_points_to_a_stranger(bench, nullable, ondelete):
    if not nullable and "NULL" in ondelete:
        pytest.skip("refused by the database itself")
    column, key = (
        f'sa.Column("parent_id", sa.Integer, nullable={nullable})',
        FK.format("parent_id", "parent.id", ondelete),
    )
    begin(bench, PARENT + table(column, key), *PARENT_ROWS, "INSERT INTO thing (id, parent_id) VALUES (1, 1), (2, 2)")
    add(
        bench,
        batch('drop_constraint("fk_parent_id", type_="foreignkey")', 'drop_column("parent_id")'),
        batch(
            f"add_column({column})", f'create_foreign_key("fk_parent_id", "parent", ["parent_id"], ["id"]{ondelete})'
        ),
    )
    bench.upgrade()
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO parent (id, name) VALUES (1, 'Stranger')")

    try:
        bench.downgrade("start")
    except SchemaError:
        return  # named and refused: as good

    assert (1, 1) not in rows(bench, "SELECT id, parent_id FROM thing")


@pytest.mark.parametrize("ondelete", ["", ', ondelete="RESTRICT"', ', ondelete="CASCADE"', ', ondelete="SET NULL"'])
def test_a_row_of_a_table_that_comes_back_never_points_to_a_stranger(bench, ondelete):
    child = table('sa.Column("parent_id", sa.Integer)', FK.format("parent_id", "parent.id", ondelete))
    begin(bench, PARENT + child, *PARENT_ROWS, "INSERT INTO thing (id, parent_id) VALUES (1, 1), (2, 2)")
    add(bench, 'op.drop_table("thing")', child)
    bench.upgrade()
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO parent (id, name) VALUES (1, 'Stranger')")

    bench.downgrade("start")

    assert (1, 1) not in rows(bench, "SELECT id, parent_id FROM thing")


@pytest.mark.parametrize("what", ["column", "table"])
@pytest.mark.parametrize("ondelete", ["", ', ondelete="CASCADE"', ', ondelete="SET NULL"'])
def test_the_key_of_a_parent_may_change_while_what_points_to_it_is_away(bench, ondelete, what):
    parent = 'op.create_table("parent", sa.Column("code", sa.String(20), primary_key=True))\n'
    column, actions = 'sa.Column("parent", sa.String(20))', ondelete + ', onupdate="CASCADE"'
    child = table(column, FK.format("parent", "parent.code", actions))
    begin(
        bench,
        parent + child,
        "INSERT INTO parent (code) VALUES ('a'), ('b')",
        "INSERT INTO thing (id, parent) VALUES (1, 'a'), (2, 'b')",
    )
    if what == "table":
        add(bench, 'op.drop_table("thing")', child)
    else:
        add(
            bench,
            batch('drop_constraint("fk_parent", type_="foreignkey")', 'drop_column("parent")'),
            batch(f"add_column({column})", f'create_foreign_key("fk_parent", "parent", ["parent"], ["code"]{actions})'),
        )
    bench.upgrade()

    run(bench, "UPDATE parent SET code = 'z' WHERE code = 'a'")
    bench.downgrade("start")

    assert ("b",) in rows(bench, "SELECT parent FROM thing")
    run(bench, "UPDATE parent SET code = 'y' WHERE code = 'b'")
    assert ("y",) in rows(bench, "SELECT parent FROM thing")


@pytest.mark.parametrize("parent", ["order", "two words"])
@pytest.mark.parametrize("column", ["plain", "group", "parentId"])
def test_a_foreign_key_between_names_that_need_quotes_is_added_and_dropped(bench, column, parent):
    begin(
        bench,
        table(f'sa.Column("{column}", sa.Integer)')
        + f'op.create_table("{parent}", sa.Column("id", sa.Integer, primary_key=True))',
        f"INSERT INTO `{parent}` (id) VALUES (1)",
        f"INSERT INTO thing (id, `{column}`) VALUES (1, 1)",
    )

    there_and_back(
        bench,
        batch(f'create_foreign_key("fk_thing", "{parent}", ["{column}"], ["id"], ondelete="CASCADE")'),
        batch('drop_constraint("fk_thing", type_="foreignkey")'),
    )


def test_an_index_that_a_foreign_key_stands_on_is_not_taken_from_under_it(bench):
    begin(
        bench,
        PARENT
        + table(
            'sa.Column("parent_id", sa.Integer, nullable=False)',
            'sa.Column("position", sa.Integer)',
            'sa.UniqueConstraint("parent_id", "position", name="uq_position")',
            FK.format("parent_id", "parent.id", ', ondelete="CASCADE"'),
        ),
        *PARENT_ROWS,
        "INSERT INTO thing (id, parent_id, position) VALUES (1, 1, 1), (2, 2, 1)",
    )
    add(bench, batch('drop_constraint("uq_position", type_="unique")', 'drop_column("position")'), "pass")

    bench.upgrade()

    run(bench, "DELETE FROM parent WHERE id = 1")
    assert rows(bench, "SELECT id FROM thing") == [(2,)]
    if bench.kind == "mariadb":
        with bench.engine.connect() as connection:  # everything() leaves out the indexes of foreign keys
            indexes = structure.read(connection)["thing"].indexes.values()
        assert any(index.columns[:1] == ["parent_id"] for index in indexes)
        run(bench, "FLUSH TABLES")
        with pytest.raises(sa.exc.IntegrityError):
            run(bench, "INSERT INTO thing (id, parent_id) VALUES (9, 99)")


def test_a_table_is_not_dropped_while_the_second_of_two_foreign_keys_points_to_it(bench):
    begin(
        bench,
        PARENT
        + table(
            'sa.Column("a", sa.Integer)',
            'sa.Column("b", sa.Integer)',
            FK.format("a", "parent.id", ""),
            FK.format("b", "parent.id", ""),
        ),
    )
    add(bench, 'op.drop_table("parent")\nop.drop_column("thing", "a")', "pass")

    refused_untouched(bench, bench.upgrade, "still points to parent")


def test_a_foreign_key_made_by_one_revision_and_dropped_by_the_next_is_no_obstacle_when_both_run_at_once(bench):
    begin(bench, table(name="other"))
    bench.write(
        [
            Revision("one", "start", PARENT + CHILD, 'op.drop_table("thing")\nop.drop_table("parent")'),
            Revision(
                "two",
                "one",
                batch('drop_constraint("fk_parent_id", type_="foreignkey")') + 'op.drop_table("parent")',
                PARENT + batch('create_foreign_key("fk_parent_id", "parent", ["parent_id"], ["id"])'),
            ),
        ]
    )

    bench.upgrade()
    bench.downgrade("start")
    bench.upgrade()

    assert bench.heads() == {"two"}


# Rows that nobody meant to touch


@pytest.mark.parametrize("change", ["type", "type, not null", "back as not null", "set aside"])
def test_a_time_that_the_database_keeps_by_itself_does_not_move(bench, change):
    stamp = "sa.Column('at', sa.DateTime())"
    begin(
        bench,
        table(
            'sa.Column("price", sa.Float(53))', 'sa.Column("kind", sa.Enum("a", "b", name="k"), nullable=False)', stamp
        )
        + (
            'op.execute("ALTER TABLE thing MODIFY at DATETIME NULL ON UPDATE CURRENT_TIMESTAMP")'
            if bench.kind == "mariadb"
            else 'op.execute("CREATE TRIGGER stamps AFTER UPDATE ON thing BEGIN '
            "UPDATE thing SET at = '2030-01-01' WHERE id = NEW.id AND at IS NOT '2030-01-01'; END\")"
        ),
        "INSERT INTO thing (id, price, kind, at) VALUES (1, 1.5, 'b', '2000-01-01 00:00:00')",
    )
    up, down = {
        "type": (batch(TO_INT), batch(TO_FLOAT)),
        "type, not null": (
            batch('alter_column("price", type_=sa.Integer(), nullable=False, existing_type=sa.Float(53))'),
            batch('alter_column("price", type_=sa.Float(53), nullable=True, existing_type=sa.Integer())'),
        ),
        "back as not null": (
            'op.drop_column("thing", "kind")',
            'op.add_column("thing", sa.Column("kind", sa.Enum("a", "b", name="k"), nullable=False))',
        ),
        "set aside": ('op.set_aside("thing", "id = 1")', 'op.bring_back("thing")'),
    }[change]

    there_and_back(bench, up, down)


# What SQLite loses when a table is rebuilt

SQLITE_THINGS = {
    "partial index": "CREATE UNIQUE INDEX ix ON thing (title) WHERE price > 1",
    "expression index": "CREATE INDEX ix ON thing (lower(title))",
    "partial expression index": "CREATE UNIQUE INDEX ix ON thing (lower(title), id) WHERE title <> ')'",
    "descending index": "CREATE INDEX ix ON thing (title DESC, id)",
    "collated index": "CREATE INDEX ix ON thing (title COLLATE NOCASE)",
    "trigger": "CREATE TRIGGER tr AFTER INSERT ON thing BEGIN UPDATE thing SET price = 3 WHERE id = NEW.id AND NEW.title <> 'x'; END",
    "trigger elsewhere": "CREATE TRIGGER tr AFTER INSERT ON other BEGIN UPDATE thing SET title = 'new'; END",
    "collated column": "ALTER TABLE thing ADD COLUMN c VARCHAR(20) COLLATE NOCASE",
    "unnamed check": "ALTER TABLE thing ADD COLUMN c INTEGER CHECK (c > 0)",
    "named check": "ALTER TABLE thing ADD COLUMN c INTEGER CONSTRAINT ck_c CHECK (c > 0)",
    "default expression": "ALTER TABLE thing ADD COLUMN c INTEGER DEFAULT (1 + 1)",
    "virtual column": "ALTER TABLE thing ADD COLUMN c INTEGER GENERATED ALWAYS AS (id * 2) VIRTUAL",
    "deferred foreign key": "ALTER TABLE thing ADD COLUMN c INTEGER REFERENCES other (id) DEFERRABLE INITIALLY DEFERRED",
    "own type": "ALTER TABLE thing ADD COLUMN c NVARCHAR(20)",
    "view": "CREATE VIEW v AS SELECT id, title FROM thing",
}
REBUILDS = {
    "type": (batch(TO_INT), batch(TO_FLOAT)),
    "name": (
        batch('alter_column("title", new_column_name="headline", existing_type=sa.String(40))'),
        batch('alter_column("headline", new_column_name="title", existing_type=sa.String(40))'),
    ),
}  # fmt: skip


@pytest.fixture
def sqlite_bench(tmp_path):
    bench = Workbench(f"sqlite:///{tmp_path / 'odd.sqlite3'}", tmp_path / "migrations")
    yield bench
    bench.close()


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index", "ignore:Unnamed CHECK")
@pytest.mark.parametrize("rebuild", REBUILDS)
@pytest.mark.parametrize("thing", SQLITE_THINGS)
def test_rebuilding_a_table_of_sqlite_loses_nothing_of_it(sqlite_bench, thing, rebuild):
    bench = sqlite_bench
    begin(
        bench,
        'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Float(53)), '
        'sa.Column("title", sa.String(40)), sqlite_autoincrement=True)\n'
        + table(name="other")
        + f"op.execute({SQLITE_THINGS[thing]!r})",
        "INSERT INTO thing (id, price, title) VALUES (1, 1.5, 'one'), (2, 2.25, 'two'), (9, 9, 'nine')",
        "DELETE FROM thing WHERE id = 9",
    )

    def text_of_the_rest() -> list[str]:
        found = rows(bench, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
        return sorted(re.sub(r'[`"\s]+', " ", sql).strip() for (sql,) in found if not sql.startswith("CREATE TABLE"))

    before = text_of_the_rest()
    clause = re.search(r"ADD COLUMN c (.*)", SQLITE_THINGS[thing])

    def look() -> None:
        if rebuild != "name":
            assert text_of_the_rest() == before
        if clause:
            made = rows(bench, "SELECT sql FROM sqlite_master WHERE name = 'thing'")[0][0]
            for word in ("COLLATE", "CHECK", "GENERATED", "DEFERRABLE", "NVARCHAR", "DEFAULT"):
                assert (word in made) == (word in clause[1]), made
        with bench.writing() as connection:
            connection.exec_driver_sql("INSERT INTO thing (price) VALUES (3)")
            connection.exec_driver_sql("INSERT INTO other DEFAULT VALUES")
            assert connection.exec_driver_sql("SELECT max(id) FROM thing").scalar() >= 10
            connection.rollback()

    low = everything(bench)
    add(bench, *REBUILDS[rebuild])
    bench.upgrade()
    look()
    bench.downgrade("start")
    look()
    assert everything(bench) == low
    bench.upgrade()
    look()


# What MariaDB alone has

MARIADB_THINGS = {
    "full text over two columns": "ALTER TABLE thing ADD FULLTEXT INDEX ix (title, body)",
    "prefixes": "ALTER TABLE thing ADD INDEX ix (title(5), body(20))",
    "unique prefix": "ALTER TABLE thing ADD UNIQUE INDEX ix (id, title(5))",
    "descending": "ALTER TABLE thing ADD INDEX ix (price DESC, id)",
    "collation": "ALTER TABLE thing MODIFY code VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin",
    "unsigned": "ALTER TABLE thing ADD COLUMN c INT UNSIGNED NOT NULL DEFAULT 4000000000",
    "invisible": "ALTER TABLE thing ADD COLUMN c INT INVISIBLE DEFAULT 5",
    "check of a column": "ALTER TABLE thing ADD COLUMN c INT CHECK (c > 0)",
    "stored column": "ALTER TABLE thing ADD COLUMN c INT AS (length(body)) STORED",
}
MARIADB_CHANGES = {
    "title dropped": ('op.drop_column("thing", "title")', 'op.add_column("thing", sa.Column("title", sa.String(40)))'),
    "price changes its type": (batch(TO_INT), batch(TO_FLOAT)),
}


@pytest.fixture
def mariadb_bench(mariadb_server, tmp_path):
    bench = Workbench(mariadb_server.create_database("odd"), tmp_path / "migrations")
    yield bench
    bench.close()


@pytest.mark.parametrize("change", MARIADB_CHANGES)
@pytest.mark.parametrize("thing", MARIADB_THINGS)
def test_what_mariadb_alone_has_stays_as_it_is(mariadb_bench, thing, change):
    bench = mariadb_bench
    begin(
        bench,
        table('sa.Column("title", sa.String(40))', 'sa.Column("code", sa.String(20))', 'sa.Column("body", sa.Text())', 'sa.Column("price", sa.Float(53))')
        + f"op.execute({MARIADB_THINGS[thing]!r})",
        "INSERT INTO thing (id, title, code, body, price) VALUES (1, 'one', 'a', 'long', 1.5), (2, 'two', NULL, 'x', 2.25)",
    )  # fmt: skip
    add(bench, *MARIADB_CHANGES[change])
    low = everything(bench)

    bench.upgrade()
    bench.downgrade("start")

    index_gone_with_its_column = change == "title dropped" and "title" in MARIADB_THINGS[thing]
    found = everything(bench)
    if index_gone_with_its_column:
        for look in (low, found):
            look["thing"] = [line for line in look["thing"] if "KEY `ix`" not in line]
    assert found == low
    bench.upgrade()


@pytest.mark.parametrize(
    "clause",
    [
        "type_=sa.String(60), existing_type=sa.String(20)",
        "nullable=True, existing_type=sa.String(20)",
        "new_column_name='d'",
    ],
)
def test_what_a_script_does_not_say_of_a_column_is_kept_when_mariadb_writes_it_anew(mariadb_bench, clause):
    bench = mariadb_bench
    definition = "VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x' COMMENT 'a \\\\\\\\ b'"
    begin(bench, table() + f'op.execute("ALTER TABLE thing ADD COLUMN c {definition}")')
    before = next(line for line in everything(bench)["thing"] if line.startswith("`c`"))
    add(bench, 'op.add_column("thing", sa.Column("e", sa.Integer))\n' + batch(f'alter_column("c", {clause})'), "pass")

    bench.upgrade()

    after = next(line for line in everything(bench)["thing"] if re.match("`[cd]`", line))
    assert before.partition("COMMENT")[2] == after.partition("COMMENT")[2]
    assert "DEFAULT 'x'" in after
    if "type_" not in clause:
        assert "latin1_bin" in after


def test_a_time_kept_by_mariadb_goes_on_being_kept_after_it_was_renamed(mariadb_bench):
    bench = mariadb_bench
    begin(bench, table() + 'op.execute("ALTER TABLE thing ADD COLUMN c DATETIME NULL ON UPDATE CURRENT_TIMESTAMP")')
    add(bench, batch('alter_column("c", new_column_name="d", existing_type=sa.DateTime())'), "pass")

    bench.upgrade()

    assert any("ON UPDATE" in line.upper() for line in everything(bench)["thing"])


# Scripts of SQL, seeds and fills

TEXTS = {
    "colons": ("UPDATE thing SET title = 'at 12:30 and a:b' WHERE id = 1", "at 12:30 and a:b"),
    "percents": ("UPDATE thing SET title = '100% %s %(x)s' WHERE id = 1", "100% %s %(x)s"),
    "semicolon": ("UPDATE thing SET title = 'a;b' WHERE id = 1;", "a;b"),
    "lines": ("\n  UPDATE thing\n  SET title = 'a'\n  -- where: now; and %s\n  WHERE id = 1\n", "a"),
    "quotes": ("UPDATE thing SET title = 'it''s \"so\"' WHERE id = 1", 'it\'s "so"'),
    "backslash": ("UPDATE thing SET title = replace('a/b', '/', '-') WHERE id = 1", "a-b"),
    "drop in a text": ("UPDATE thing SET title = 'DROP TABLE thing; DELETE FROM thing' WHERE id = 1", "DROP TABLE thing; DELETE FROM thing"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_statement_of_a_script_is_run_as_it_stands(bench, name):
    statement, wanted = TEXTS[name]
    begin(bench, PRICE, *PRICE_ROWS)
    add(bench, f"op.execute({statement!r})", "pass")

    bench.upgrade()

    assert rows(bench, "SELECT title FROM thing WHERE id = 1") == [(wanted,)]


def test_a_statement_that_is_built_runs_once_with_its_values(bench):
    begin(bench, PRICE, *PRICE_ROWS)
    built = (
        'thing = sa.table("thing", sa.column("id", sa.Integer), sa.column("title", sa.String))\n'
        'op.execute(thing.update().where(thing.c.id == 1).values(title="100% :x"))\n'
        'op.execute(sa.text("UPDATE thing SET title = :t WHERE id = 2").bindparams(t="it\'s %s"))'
    )
    add(bench, built, "pass")

    bench.upgrade()

    assert rows(bench, "SELECT title FROM thing WHERE id < 3 ORDER BY id") == [("100% :x",), ("it's %s",)]


def test_two_statements_in_one_text_are_refused_or_done_and_never_wedge(bench):
    begin(bench, PRICE, *PRICE_ROWS)
    add(bench, "op.execute(\"UPDATE thing SET title = 'a'; UPDATE thing SET price = 1\")", "pass")
    with pytest.raises(Exception):  # noqa: B017 - whichever the driver says
        bench.upgrade()
    add(bench, 'op.execute("UPDATE thing SET title = \'a\'")\nop.execute("UPDATE thing SET price = 1")', "pass")

    bench.upgrade()

    assert rows(bench, "SELECT DISTINCT title, price FROM thing") == [("a", 1.0)]


def test_a_statement_that_fails_can_be_mended_in_its_script(bench):
    begin(bench, PRICE, *PRICE_ROWS)
    before = 'op.add_column("thing", sa.Column("a", sa.Integer))\n'
    add(bench, before + 'op.execute("UPDATE thing SET b = 1")', 'op.drop_column("thing", "a")')
    with pytest.raises(sa.exc.DBAPIError):
        bench.upgrade()
    add(bench, before + 'op.execute("UPDATE thing SET a = 1")', 'op.drop_column("thing", "a")')

    bench.upgrade()

    assert rows(bench, "SELECT DISTINCT a FROM thing") == [(1,)]


def test_a_fill_that_fails_can_be_mended_in_its_script(bench):
    begin(bench, PRICE, *PRICE_ROWS)
    before = 'op.add_column("thing", sa.Column("a", sa.Integer))\n'
    add(bench, before + 'op.fill("thing", {"a": "nobody(1)"})', 'op.drop_column("thing", "a")')
    with pytest.raises((sa.exc.DBAPIError, SchemaError)):
        bench.upgrade()
    add(bench, before + 'op.fill("thing", {"a": "1"})', 'op.drop_column("thing", "a")')

    bench.upgrade()

    assert rows(bench, "SELECT DISTINCT a FROM thing") == [(1,)]


def test_seeds_of_every_kind_arrive_as_they_were_written(bench):
    begin(
        bench,
        table(
            'sa.Column("a", sa.String(50))',
            'sa.Column("b", sa.LargeBinary)',
            'sa.Column("c", sa.Date)',
            'sa.Column("d", sa.DateTime)',
            'sa.Column("e", sa.Numeric(10, 2))',
            'sa.Column("f", sa.JSON)',
            'sa.Column("g", sa.Boolean)',
        ),
    )
    kinds = {
        "id": "Integer",
        "a": "String",
        "b": "LargeBinary",
        "c": "Date",
        "d": "DateTime",
        "e": "Numeric",
        "f": "JSON",
    }
    columns = ", ".join(f'sa.column("{name}", sa.{kind})' for name, kind in kinds.items())
    add(
        bench,
        "import datetime, decimal\n"
        f'thing = sa.table("thing", {columns}, sa.column("g", sa.Boolean))\n'
        'op.bulk_insert(thing, [{"id": 1, "a": "100% :x \'q\' 😀\\\\", "b": bytes(range(256)), '
        '"c": datetime.date(2026, 11, 22), "d": datetime.datetime(2026, 11, 22, 1, 2, 3), '
        '"e": decimal.Decimal("1.50"), "f": {"x": [1, None]}, "g": True}, '
        '{"id": 2, "a": None, "b": None, "c": None, "d": None, "e": None, "f": None, "g": None}])\n'
        "op.bulk_insert(thing, [])",
        "pass",
    )

    bench.upgrade()

    kinds["g"] = "Boolean"
    thing = sa.table("thing", *(sa.column(name, getattr(sa, kind)()) for name, kind in kinds.items()))
    with bench.engine.connect() as connection:
        one, two = (tuple(row) for row in connection.execute(sa.select(thing).order_by(thing.c.id)))
    assert [str(cell) if name in "cd" else cell for name, cell in zip(kinds, one, strict=True)] == [
        1, "100% :x 'q' 😀\\", bytes(range(256)), "2026-11-22", "2026-11-22 01:02:03", Decimal("1.5"), {"x": [1, None]}, True,
    ]  # fmt: skip
    assert two == (2, *[None] * 7)


@pytest.mark.parametrize(
    "value", ["datetime.datetime.now()", "uuid.uuid4().hex", "sa.func.now()", "op.inline_literal('x')"]
)
def test_seeds_that_differ_each_time_the_script_is_read_do_not_stop_a_resumed_run(bench, value):
    begin(bench, table('sa.Column("a", sa.String(50))', 'sa.Column("b", sa.Integer)'))
    many = ", multiinsert=False" if "func" in value or "inline" in value else ""
    value = value.replace("now()", "now().isoformat()") if "time" in value else value
    seeds = (
        "import datetime, uuid\n"
        'thing = sa.table("thing", sa.column("id", sa.Integer), sa.column("a", sa.String))\n'
        f'op.bulk_insert(thing, [{{"id": 1, "a": {value}}}, {{"id": 2, "a": {value}}}]{many})\n'
    )
    add(bench, seeds + 'op.execute("UPDATE thing SET c = 1")', "pass")
    with pytest.raises(sa.exc.DBAPIError, match=r"(?i)unknown column|no such column"):
        bench.upgrade()
    if bench.kind == "mariadb":
        # Made by hand, so that the script is the same when it runs again.
        run(bench, "ALTER TABLE thing ADD COLUMN c INTEGER")
    else:
        add(bench, seeds, "pass")

    bench.upgrade()

    assert len(rows(bench, "SELECT id FROM thing")) == 2


def kill(bench, connection) -> None:
    """The server ends the connection: what was not committed is gone, and no goodbye is said."""
    number = connection.connection.dbapi_connection.thread_id()
    run(bench, f"KILL {number}")
    while rows(bench, f"SELECT id FROM information_schema.processlist WHERE id = {number}"):
        time.sleep(0.01)


KEYS = {
    "integers, some below zero": ('sa.Column("k", sa.Integer, primary_key=True, autoincrement=False)', [str(n) for n in range(-7, 8)]),
    "texts": ('sa.Column("k", sa.String(40), primary_key=True)', [f"'{k}'" for k in ["c", "B", "ö", "ß", "it''s", "100%", "a b", "", "Ω", "z", "Z1", "~"]]),
    "backslashes": ('sa.Column("k", sa.String(40), primary_key=True)', [f"concat('a', char(92), {n})" for n in range(13)]),
    "bytes": ('sa.Column("k", sa.LargeBinary(16).with_variant(mysql.BINARY(16), "mysql", "mariadb"), primary_key=True)', [f"x'{n:02x}ff5c2700{n:022x}'" for n in range(200, 213)]),
    "decimals": ('sa.Column("k", sa.Numeric(10, 3), primary_key=True, autoincrement=False)', [f"{n}.125" for n in range(13)]),
    "times": ('sa.Column("k", sa.DateTime, primary_key=True)', [f"'2026-11-{n:02} 00:00:00'" for n in range(1, 14)]),
    "big": ('sa.Column("k", sa.BigInteger, primary_key=True, autoincrement=False)', [str(2**62 + n) for n in range(13)]),
    "identifiers": ('sa.Column("k", sa.Uuid, primary_key=True)', [f"'{n:032x}'" for n in range(1, 14)]),
    "enum": ('sa.Column("k", sa.Enum(*"zyxwvutsrqpon", name="e"), primary_key=True)', [f"'{k}'" for k in "nopqrstuvwxyz"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "second"), [*((kind, False) for kind in KEYS), ("texts", True), ("bytes", True), ("decimals", True)]
)
def test_a_fill_in_small_chunks_reaches_each_row_once_and_goes_on_where_it_was_cut_off(
    mariadb_bench, monkeypatch, kind, second
):
    bench = mariadb_bench
    monkeypatch.setattr("cms.schema.journal.CHUNK_ROWS", 3)
    column, keys = KEYS[kind]
    more = ', sa.Column("l", sa.Integer, primary_key=True, autoincrement=False)' if second else ""
    begin(
        bench,
        MYSQL + f'op.create_table("thing", {column}{more}, sa.Column("n", sa.Integer, nullable=False))',
        *(f"INSERT INTO thing (k{', l' if second else ''}, n) VALUES ({key}{f', {part}' if second else ''}, 0)" for key in keys for part in range(2 if second else 1)),
    )  # fmt: skip
    add(bench, 'op.fill("thing", {"n": "n + 1"}, where="1 = 1")', "pass")
    counted = 0

    def cut_off(connection, _cursor, statement, *_rest):
        nonlocal counted
        counted += statement.startswith("UPDATE `thing`")
        if counted == 3 and statement.startswith("UPDATE `thing`"):  # that of the rehearsal, a chunk, and another
            kill(bench, connection)

    sa.event.listen(bench.engine, "after_cursor_execute", cut_off)
    try:
        with pytest.raises(sa.exc.SQLAlchemyError):
            bench.upgrade()
    finally:
        sa.event.remove(bench.engine, "after_cursor_execute", cut_off)
    assert {n for (n,) in rows(bench, "SELECT n FROM thing")} == {0, 1}

    bench.upgrade()

    assert {n for (n,) in rows(bench, "SELECT n FROM thing")} == {1}


# Cut off anywhere

CUT_OFF = {
    "type": (batch(TO_INT), batch(TO_FLOAT)),
    "drops": (
        'op.drop_index("ix_thing", table_name="thing")\nop.drop_column("thing", "title")\nop.drop_table("child")',
        'op.create_table("child", sa.Column("id", sa.Integer, primary_key=True), sa.Column("parent_id", sa.Integer),\n'
        '    sa.ForeignKeyConstraint(["parent_id"], ["thing.id"], name="fk_child"))\n'
        'op.add_column("thing", sa.Column("title", sa.String(40)))\nop.create_index("ix_thing", "thing", ["title"])',
    ),
    "aside": ('op.drop_column("thing", "price")\nop.set_aside("thing", "id = 3")', 'op.bring_back("thing")\nop.add_column("thing", sa.Column("price", sa.Float(53)))'),
    "names": (
        batch('alter_column("price", new_column_name="cost", type_=sa.Integer(), existing_type=sa.Float(53))') + 'op.rename_table("thing", "other")',
        'op.rename_table("other", "thing")\n' + batch('alter_column("cost", new_column_name="price", type_=sa.Float(53), existing_type=sa.Integer())'),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "way", "when"),
    [
        ("type", "upgrade", "after"),
        ("names", "downgrade", "before"),
        ("drops", "downgrade", "after"),
        ("aside", "upgrade", "before"),
    ],
)
def test_a_run_cut_off_at_any_statement_is_finished_by_the_next(mariadb_bench, name, way, when):
    bench = mariadb_bench
    begin(
        bench,
        PRICE + 'op.create_index("ix_thing", "thing", ["title"])\n'
        'op.create_table("child", sa.Column("id", sa.Integer, primary_key=True), sa.Column("parent_id", sa.Integer),\n'
        '    sa.ForeignKeyConstraint(["parent_id"], ["thing.id"], name="fk_child"))',
        *PRICE_ROWS,
        "INSERT INTO child (id, parent_id) VALUES (1, 1)",
    )
    add(bench, *CUT_OFF[name])

    def move(which: str) -> None:
        bench.upgrade() if which == "upgrade" else bench.downgrade("start")

    def moved(at: int | None) -> int:
        """``move``, cut off at the statement of that number; how many there were."""
        count = 0

        def cut_off(connection, _cursor, statement, *_rest):
            nonlocal count
            if (
                re.match(r"(ALTER|RENAME|CREATE|INSERT|UPDATE|DELETE|DROP|COMMIT|LOCK)", statement)
                and "probe" not in statement
            ):
                count += 1
                if count == at:
                    kill(bench, connection)

        event = f"{when}_cursor_execute"
        sa.event.listen(bench.engine, event, cut_off)
        try:
            move(way)
        except sa.exc.SQLAlchemyError:
            assert at is not None
        finally:
            sa.event.remove(bench.engine, event, cut_off)
        return count

    if way == "downgrade":
        bench.upgrade()
    low = everything(bench)
    statements = moved(None)
    high = everything(bench)
    move("downgrade" if way == "upgrade" else "upgrade")
    assert everything(bench) == low

    for at in range(1, statements + 1, 4):
        moved(at)
        move(way)
        assert everything(bench) == high, at
        move("downgrade" if way == "upgrade" else "upgrade")
        assert everything(bench) == low, at


# Several revisions


def test_a_name_that_is_dropped_and_made_anew_by_later_revisions_never_mixes_its_cells(bench):
    begin(bench, table('sa.Column("c", sa.String(20))') + table('sa.Column("c", sa.String(20))', name="gone"),
          "INSERT INTO thing (id, c) VALUES (1, 'first')", "INSERT INTO gone (id, c) VALUES (1, 'first')")  # fmt: skip
    column = 'op.add_column("{}", sa.Column("c", sa.String(20)))'
    gone = table('sa.Column("c", sa.String(20))', name="gone")
    bench.write(
        [
            Revision(
                "two", "start", 'op.drop_column("thing", "c")\nop.drop_table("gone")', gone + column.format("thing")
            ),
            Revision(
                "three",
                "two",
                column.format("thing") + "\n" + gone,
                'op.drop_column("thing", "c")\nop.drop_table("gone")',
            ),
            Revision("four", "three", 'op.drop_column("gone", "c")', column.format("gone")),
        ]
    )
    bench.upgrade("three")
    run(bench, "UPDATE thing SET c = 'second'", "INSERT INTO gone (id, c) VALUES (1, 'second')")
    states = {"three": everything(bench)}
    bench.upgrade("four")
    states["four"] = everything(bench)
    bench.downgrade("start")
    assert rows(bench, "SELECT t.c, g.c FROM thing t, gone g") == [("first", "first")]
    run(bench, "UPDATE thing SET c = 'changed'", "INSERT INTO gone (id, c) VALUES (2, 'written below')")

    for target in ("three", "four", "three"):
        (bench.downgrade if target in bench.heads() or bench.heads() == {"four"} else bench.upgrade)(target)
        assert everything(bench) == states[target]

    bench.downgrade("start")
    assert rows(bench, "SELECT c FROM thing") == [("changed",)]
    assert rows(bench, "SELECT id, c FROM gone ORDER BY id") == [(1, "first"), (2, "written below")]


def test_a_table_renamed_while_a_column_of_it_is_away_gets_it_back(bench):
    begin(bench, PRICE, *PRICE_ROWS)
    bench.write(
        [
            Revision("two", "start", 'op.drop_column("thing", "price")', 'op.add_column("thing", sa.Column("price", sa.Float(53)))'),
            Revision("three", "two", 'op.rename_table("thing", "other")', 'op.rename_table("other", "thing")'),
            Revision("four", "three", 'op.drop_table("other")', table('sa.Column("title", sa.String(40))', name="other")),
        ]
    )  # fmt: skip
    low = everything(bench)

    bench.upgrade()
    bench.downgrade("start")
    assert everything(bench) == low
    bench.upgrade("three")
    run(bench, "DELETE FROM other WHERE id = 1", "INSERT INTO other (id, title) VALUES (1, 'stranger'), (8, 'new')")
    bench.upgrade()
    bench.downgrade("two")
    bench.upgrade("three")
    bench.downgrade("start")

    assert rows(bench, "SELECT id, price FROM thing ORDER BY id") == [(1, None), (2, 2.25), (3, None), (8, None)]


def test_two_branches_that_change_one_table_and_merge_lose_nothing_either_way(bench):
    begin(bench, PRICE, *PRICE_ROWS)
    bench.write(
        [
            Revision("left", "start", 'op.drop_column("thing", "title")', 'op.add_column("thing", sa.Column("title", sa.String(40)))'),
            Revision("right", "start", batch(TO_INT), batch(TO_FLOAT)),
            Revision("merged", ("left", "right"), 'op.add_column("thing", sa.Column("title", sa.Integer))', 'op.drop_column("thing", "title")'),
        ]
    )  # fmt: skip
    low = everything(bench)

    bench.upgrade()
    run(bench, "UPDATE thing SET title = 5, price = 7 WHERE id = 2")
    high = everything(bench)
    bench.downgrade("left")
    bench.upgrade("merged")
    assert everything(bench) == high
    bench.downgrade("start")
    assert rows(bench, "SELECT id, price, title FROM thing ORDER BY id") == [
        (1, 1.5, "one"),
        (2, 7.0, "two"),
        (3, None, "three"),
    ]
    bench.upgrade("right")
    bench.upgrade()

    assert everything(bench) == high
    assert low.keys() == high.keys()


# Autogenerate

MODELS = {
    "unique": "sa.Column('c', sa.String(20), unique=True)",
    "index": "sa.Column('c', sa.String(20), index=True)",
    "foreign key": "sa.Column('c', sa.Integer, sa.ForeignKey('parent.id'))",
    "foreign key, set null": "sa.Column('c', sa.Integer, sa.ForeignKey('parent.id', ondelete='SET NULL'))",
    "checked": "sa.Column('c', sa.Enum('a', 'b', native_enum=False, create_constraint=True, name='ck_c'))",
    "plain": "sa.Column('c', sa.String(20), nullable=False, server_default='x')",
}


@pytest.mark.parametrize("at", ["below", "above"])
@pytest.mark.parametrize("name", MODELS)
def test_autogenerate_finds_nothing_after_going_back_and_forth(bench, name, at):
    column = MODELS[name]
    made = (
        PARENT
        + f'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Float(53)), {column})'
    )
    begin(bench, made)

    def differences(with_column: bool) -> list[Any]:
        metadata = sa.MetaData()
        sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(20)))
        columns = [eval(column, {"sa": sa})] if with_column else []
        sa.Table(
            "thing", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Float(53)), *columns
        )
        with bench.engine.connect() as connection:
            options = {**hiding({}), "compare_type": False}
            return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert differences(True) == []
    drop = 'op.drop_column("thing", "c")'
    if bench.kind == "mariadb" and name.startswith("foreign"):
        drop = batch('drop_constraint("thing_ibfk_1", type_="foreignkey")') + drop
    back = f'op.add_column("thing", {column})'
    add(bench, drop, back)
    bench.upgrade()
    assert differences(False) == []
    bench.downgrade("start")
    if at == "above":
        bench.upgrade()

    assert differences(at == "below") == []
