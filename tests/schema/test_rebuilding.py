"""What SQLite cannot alter is made anew: by its own text, with its rows and all that hangs on it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from cms.schema import own_tables
from cms.schema.errors import SchemaError
from cms.schema.scripts import Script
from cms.schema.sqlite import SqliteMover
from tests.schema.workbench import Revision, Workbench


@pytest.fixture
def bench(tmp_path):
    bench = Workbench(f"sqlite:///{tmp_path / 'made.sqlite3'}", tmp_path / "migrations")
    yield bench
    bench.close()


def run(bench, *statements: str) -> None:
    with bench.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(bench, query: str) -> list[tuple]:
    with bench.writing() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def begin(bench, *statements: str) -> None:
    bench.write([Revision("start", None, "\n".join(f"op.execute({one!r})" for one in statements), "pass")])
    bench.upgrade()


def add(bench, up: str, down: str = "pass", name: str = "next", after: str = "start") -> None:
    bench.write([Revision(name, after, up, down)])


def batch(*lines: str) -> str:
    return "\n    ".join(['with op.batch_alter_table("thing") as batch:', *(f"batch.{line}" for line in lines)]) + "\n"


def text_of(bench, name: str = "thing") -> str:
    ((text,),) = rows(bench, f"SELECT sql FROM sqlite_master WHERE name = '{name}'")
    return text


STRICTER = batch('alter_column("title", nullable=False, existing_type=sa.String(40))')
LOOSER = batch('alter_column("title", nullable=True, existing_type=sa.String(40))')
WHOLE = """CREATE TABLE "thing" ( -- what is known of (things
  id integer PRIMARY KEY AUTOINCREMENT, /* never twice, */
  [title] varchar(40) COLLATE NOCASE,"CHECK" INT CONSTRAINT positive CHECK ("CHECK" > 0 AND 'a,)' <> ')'),
  price DECIMAL(10, 2) DEFAULT (1 + (2)) UNIQUE ON CONFLICT REPLACE,
  half GENERATED ALWAYS AS (price / 2) STORED,
  other_id INT REFERENCES other (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  CHECK (thing.price <> 3) CONSTRAINT pair UNIQUE (title, price), -- the last
  FOREIGN KEY (other_id) REFERENCES thing -- itself
)"""


def test_everything_but_what_was_asked_for_stays_word_for_word(bench):
    begin(bench, "CREATE TABLE other (id INTEGER PRIMARY KEY)", WHOLE)
    plain = WHOLE.replace("thing.price", "price")
    add(bench, STRICTER, LOOSER)

    bench.upgrade()
    assert text_of(bench) == plain.replace("NOCASE,", "NOCASE NOT NULL,")

    bench.downgrade("start")
    assert text_of(bench) == plain


@pytest.mark.parametrize("options", ["", " WITHOUT ROWID", " STRICT", " without rowid, strict"])
def test_what_kind_of_table_it_is_stays(bench, options):
    begin(
        bench,
        f"CREATE TABLE thing (code TEXT PRIMARY KEY, title TEXT, price REAL){options}",
        "INSERT INTO thing VALUES ('b', 'two', 2.5), ('a', 'one', 1.5)",
    )
    before = rows(bench, "SELECT * FROM thing ORDER BY code")
    to_int = 'alter_column("price", type_=sa.Integer(), existing_type=sa.Float())'
    to_real = 'alter_column("price", type_=sa.REAL(), existing_type=sa.Integer())'
    strict_title = 'alter_column("title", nullable=False, existing_type=sa.Text())'
    loose_title = 'alter_column("title", nullable=True, existing_type=sa.Text())'
    add(bench, batch(to_int, strict_title), batch(loose_title, to_real))

    bench.upgrade()
    assert text_of(bench).endswith(f"){options}")
    assert rows(bench, "SELECT typeof(price) FROM thing") == [("integer",)] * 2
    with pytest.raises(sa.exc.IntegrityError):
        run(bench, "INSERT INTO thing (code, price) VALUES ('c', 1)")

    bench.downgrade("start")
    assert text_of(bench).endswith(f"){options}")
    assert rows(bench, "SELECT code, title, price FROM thing ORDER BY code") == before


def test_an_id_is_not_given_twice_after_the_table_was_made_anew(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT)",
        "INSERT INTO thing (id, title) VALUES (1, 'one'), (99, 'gone')",
    )
    run(bench, "DELETE FROM thing")
    add(bench, STRICTER, LOOSER)

    bench.upgrade()
    run(bench, "INSERT INTO thing (title) VALUES ('new')")
    bench.downgrade("start")
    run(bench, "INSERT INTO thing (title) VALUES ('newer')")

    assert rows(bench, "SELECT id FROM thing") == [(100,), (101,)]
    assert rows(bench, "SELECT * FROM sqlite_sequence WHERE name LIKE '%thing%' OR name LIKE '%anew%'") == [
        ("thing", 101)
    ]


@pytest.mark.parametrize("columns", ["title TEXT", "title TEXT, rowid TEXT", "title TEXT, id TEXT PRIMARY KEY"])
def test_rows_without_an_integer_key_keep_their_numbers(bench, columns):
    begin(
        bench,
        f"CREATE TABLE thing ({columns})",
        "INSERT INTO thing (_rowid_, title) VALUES (7, 'seven'), (3, 'three'), (40, 'forty')",
    )
    run(bench, "DELETE FROM thing WHERE title = 'three'")
    add(bench, STRICTER)

    bench.upgrade()

    assert rows(bench, "SELECT _rowid_, title FROM thing") == [(7, "seven"), (40, "forty")]


def test_no_trigger_fires_and_everything_that_names_the_table_is_as_it_was(bench):
    hanging = [
        "CREATE INDEX ix ON thing (title COLLATE RTRIM DESC) WHERE id > 0",
        "CREATE UNIQUE INDEX ux ON thing (lower(title))",
        "CREATE TRIGGER tr BEFORE INSERT ON thing BEGIN INSERT INTO log VALUES ('in'); END",
        "CREATE TRIGGER tr2 AFTER DELETE ON thing BEGIN INSERT INTO log VALUES ('out'); END",
        "CREATE TRIGGER elsewhere AFTER INSERT ON log BEGIN UPDATE thing SET title = 'logged'; END",
        "CREATE VIEW v AS SELECT t.id, title FROM thing t JOIN child c ON c.of = t.id",
        "CREATE TRIGGER on_view INSTEAD OF INSERT ON v BEGIN INSERT INTO log VALUES (NEW.title); END",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, of INT REFERENCES thing ON DELETE CASCADE)",
    ]
    begin(
        bench,
        "CREATE TABLE log (what TEXT)",
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, title TEXT, parent INT REFERENCES thing (id) ON DELETE CASCADE)",
        "INSERT INTO thing VALUES (1, 'one', NULL), (2, 'two', 1)",
        *hanging,
        "INSERT INTO child VALUES (1, 1), (2, 2)",
    )
    add(bench, STRICTER, LOOSER)
    before = [rows(bench, f"SELECT * FROM {name}") for name in ("thing", "child", "log", "v")]

    for move in (bench.upgrade, lambda: bench.downgrade("start")):
        move()
        assert [rows(bench, f"SELECT * FROM {name}") for name in ("thing", "child", "log", "v")] == before
        assert {text for (text,) in rows(bench, "SELECT sql FROM sqlite_master")} >= set(hanging)
    run(bench, "DELETE FROM thing WHERE id = 1")
    assert rows(bench, "SELECT count(*) FROM child") == [(0,)]
    assert rows(bench, "SELECT count(*) FROM log") == [(2,)]


@pytest.mark.parametrize(
    ("column", "rule", "name", "kind"),
    [
        ("c INT UNIQUE", "", "uq_thing_c", "unique"),
        ("c INT", ", unique(c)", "uq_thing_c", "unique"),
        ("c INT REFERENCES other", "", "fk_thing_c", "foreignkey"),
        ("c INT", ", FOREIGN KEY ([c]) REFERENCES other (id)", "fk_thing_c", "foreignkey"),
        ("c INT", ", CONSTRAINT [of c] CHECK (c > 0)", "of c", "check"),
        ("c INT CONSTRAINT 'of c' CHECK (c > 0)", "", "of c", "check"),
    ],
)
def test_a_constraint_is_dropped_wherever_it_stands_and_without_a_name_by_what_it_says(bench, column, rule, name, kind):
    begin(
        bench,
        "CREATE TABLE other (id INTEGER PRIMARY KEY)",
        f"CREATE TABLE thing (id INTEGER PRIMARY KEY, {column}{rule})",
        "INSERT INTO other VALUES (1)",
        "INSERT INTO thing VALUES (1, 1)",
    )
    add(bench, batch(f"drop_constraint({name!r}, type_={kind!r})"))

    bench.upgrade()

    assert text_of(bench) == 'CREATE TABLE "thing" (id INTEGER PRIMARY KEY, c INT)'
    assert rows(bench, "SELECT * FROM thing") == [(1, 1)]


def test_a_constraint_that_is_not_there_is_named(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY, c INT)")
    add(bench, 'op.drop_constraint("uq_none", "thing", type_="unique", if_exists=True)')
    bench.upgrade()
    add(bench, batch('drop_constraint("uq_none", type_="unique")'), name="last", after="next")

    with pytest.raises(SchemaError, match="no constraint uq_none of thing"):
        bench.upgrade()


def test_what_a_column_brings_along_without_a_name_is_there_once_when_it_comes_back(bench):
    column = """sa.Column("c", sa.Enum("a", "b", native_enum=False, create_constraint=True, name=None), unique=True)"""
    bench.write([Revision("start", None, f'op.create_table("thing", sa.Column("id", sa.Integer), {column})', "pass")])
    bench.upgrade()
    run(bench, "INSERT INTO thing VALUES (1, 'a')")
    add(bench, 'op.drop_column("thing", "c")', f'op.add_column("thing", {column})')

    for _ in range(3):
        bench.upgrade()
        run(bench, "INSERT INTO thing (id) VALUES (2)", "DELETE FROM thing WHERE id = 2")
        bench.downgrade("start")
        assert text_of(bench).count("CHECK") == text_of(bench).count("UNIQUE") == 1
        assert rows(bench, "SELECT * FROM thing") == [(1, "a")]


def test_a_column_that_must_be_filled_is_refused_where_there_are_rows_and_added_where_there_are_none(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY)", "INSERT INTO thing VALUES (1), (2)")
    add(bench, 'op.add_column("thing", sa.Column("c", sa.Integer, nullable=False))')

    with pytest.raises(SchemaError, match=r"2 rows of thing would have no c"):
        bench.upgrade()
    run(bench, "DELETE FROM thing WHERE id = 2")
    with pytest.raises(SchemaError, match=r"1 row of thing would have no c"):
        bench.upgrade()
    run(bench, "DELETE FROM thing")
    bench.upgrade()

    assert '"c" INTEGER NOT NULL' in text_of(bench) or "c INTEGER NOT NULL" in text_of(bench)


def test_a_column_of_cells_does_not_become_a_computed_one(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY, c INT)", "INSERT INTO thing VALUES (1, 5)")
    add(bench, batch('alter_column("c", server_default=sa.Computed("id * 2"), existing_type=sa.Integer())'))

    with pytest.raises(SchemaError, match=r"cells of thing.c would be lost"):
        bench.upgrade()

    assert rows(bench, "SELECT c FROM thing") == [(5,)]


def test_a_conflict_clause_leaves_no_row_behind(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, title TEXT, c INT NOT NULL ON CONFLICT IGNORE DEFAULT 1)",
        "INSERT INTO thing (id, title) VALUES (1, 'one'), (2, 'one')",
    )
    add(bench, batch('create_unique_constraint("uq_title", ["title"])'))

    with pytest.raises(SchemaError, match="twice"):
        bench.upgrade()

    assert rows(bench, "SELECT id FROM thing") == [(1,), (2,)]


def test_the_plan_shows_the_statements_that_make_the_table_anew(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY, title TEXT CHECK (title <> ''))")
    add(bench, STRICTER)
    said: list[str] = []

    bench.upgrade(plan=True, say=said.append)

    wanted = [
        "CREATE TABLE alembic_anew (id INTEGER PRIMARY KEY, title TEXT CHECK (title <> '') NOT NULL)",
        "INSERT OR ABORT INTO alembic_anew (`id`, `title`) SELECT `id`, `title` FROM `thing`",
        "DROP TABLE `thing`",
        "ALTER TABLE alembic_anew RENAME TO `thing`",
    ]
    assert [line.strip() for line in said if re.match("    (?!UPDATE alembic_version)[A-Z]", line)] == wanted
    assert text_of(bench) == "CREATE TABLE thing (id INTEGER PRIMARY KEY, title TEXT CHECK (title <> ''))"


def test_a_default_without_a_blank_behind_it_goes_and_takes_no_cell_along(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, c DEFAULT 'x'NOT NULL, d VARCHAR(20)NOT NULL)",
        "INSERT INTO thing VALUES (1, 'mine', 'too')",
    )
    no_default = 'alter_column("c", server_default=None, existing_type=sa.Text())'
    add(bench, batch(no_default, 'alter_column("d", type_=sa.Text(), existing_type=sa.String(20))'))

    bench.upgrade()

    assert text_of(bench) == 'CREATE TABLE "thing" (id INTEGER PRIMARY KEY, c NOT NULL, d TEXT NOT NULL)'
    assert rows(bench, "SELECT c, d FROM thing") == [("mine", "too")]


def test_a_table_is_not_made_anew_without_a_column_that_nobody_dropped(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY, c INT, d INT)", "INSERT INTO thing VALUES (1, 2, 3)")
    engine = sa.create_engine(bench.url)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        mover = SqliteMover(context, Script("none", "upgrade", []), lambda _name: False, lambda _line: None)
        with mover.rebuilding("thing") as text:
            text.drop_column("d")
        with pytest.raises(SchemaError, match="the cells of c would be lost"), mover.rebuilding("thing") as text:
            text.items[1].text = "cNOT NULL"
        connection.rollback()
    engine.dispose()


TWO_PARENTS = "CREATE TABLE parent (id INTEGER PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2)"


def test_inline_keys_come_back_with_everything_that_was_said_of_them(bench):
    begin(
        bench,
        *TWO_PARENTS,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, p INT REFERENCES parent (id) ON DELETE CASCADE, "
        "q INT CONSTRAINT of_q REFERENCES parent ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO thing VALUES (1, 1, 2)",
    )
    add(bench, 'op.drop_table("thing")', 'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True))')

    for _ in range(2):
        bench.upgrade()
        bench.downgrade("start")
        assert 'FOREIGN KEY ("p") REFERENCES parent (id) ON DELETE CASCADE' in text_of(bench)
        assert (
            'CONSTRAINT "of_q" FOREIGN KEY ("q") REFERENCES parent ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED'
            in text_of(bench)
        )
        assert text_of(bench).count("REFERENCES") == 2
        assert rows(bench, "SELECT * FROM thing") == [(1, 1, 2)]


def test_a_table_that_an_older_release_put_aside_comes_back_with_its_keys(bench):
    begin(
        bench,
        *TWO_PARENTS,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, a INT, b INT, CONSTRAINT fk_a FOREIGN KEY (a) REFERENCES parent "
        "(id), CONSTRAINT fk_b FOREIGN KEY (b) REFERENCES parent (id) ON DELETE RESTRICT)",
        "INSERT INTO thing VALUES (1, 1, 2)",
    )
    add(bench, 'op.drop_table("thing")', 'op.create_table("thing", sa.Column("id", sa.Integer, primary_key=True))')
    bench.upgrade()
    with bench.writing() as connection:  # as it noted them: the keys from the last to the first, the names beside them
        (note,) = own_tables.kept_things(connection)
        keys = [{part: one for part, one in key.items() if part != "text"} for key in reversed(note.extra["keys"])]
        extra = {**note.extra, "keys": keys, "names": ["fk_a", "fk_b"]}
        connection.execute(own_tables.kept.update().values(extra=extra))
        shadows = [f"{note.kept_name}_s{number}_0" for number in range(2)]
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        for number, cells in enumerate(("b", "a")):  # which went by the number of the key
            connection.exec_driver_sql(f"UPDATE {note.kept_name} SET {shadows[number]} = {cells}")

    bench.downgrade("start")

    with bench.engine.connect() as connection:
        found = {key["name"]: key["constrained_columns"] for key in sa.inspect(connection).get_foreign_keys("thing")}
    assert found == {"fk_a": ["a"], "fk_b": ["b"]}
    assert rows(bench, "SELECT * FROM thing") == [(1, 1, 2)]


def test_a_key_without_a_name_that_goes_with_its_column_is_known_by_the_convention_of_its_block(bench):
    begin(
        bench,
        *TWO_PARENTS,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, p INT REFERENCES parent (id))",
        "INSERT INTO thing VALUES (1, 1), (2, 2)",
    )
    block = 'with op.batch_alter_table("thing", naming_convention={"fk": "fk_%(table_name)s_%(referred_table_name)s"})'
    away = f"""{block} as batch:
    batch.drop_constraint("fk_thing_parent", type_="foreignkey")
    batch.drop_column("p")
"""
    back = 'with op.batch_alter_table("thing") as batch:\n    batch.add_column(sa.Column("p", sa.Integer))\n'
    add(bench, away, back + '    batch.create_foreign_key("fk_thing_parent", "parent", ["p"], ["id"])')
    bench.upgrade()
    run(bench, "DELETE FROM parent WHERE id = 1", "INSERT INTO parent VALUES (1)")

    bench.downgrade("start")

    assert rows(bench, "SELECT id, p FROM thing ORDER BY id") == [(1, None), (2, 2)]


def test_a_collation_changes_with_the_type_that_names_one_and_goes_with_it(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, c TEXT COLLATE RTRIM UNIQUE)",
        "INSERT INTO thing VALUES (1, 'a'), (2, 'A')",
    )
    change = 'alter_column("c", type_=sa.Text({}), existing_type=sa.Text({}))'
    nocase = "collation='NOCASE'"
    add(bench, batch(change.format(nocase, "")), batch(change.format("", nocase)))

    with pytest.raises(SchemaError, match=r"1 value of thing \(c\) is there twice"):
        bench.upgrade()
    run(bench, "UPDATE thing SET c = 'b' WHERE id = 2")
    bench.upgrade()
    assert rows(bench, "SELECT id FROM thing WHERE c = 'B'") == [(2,)]
    bench.downgrade("start")

    assert rows(bench, "SELECT id FROM thing WHERE c = 'B'") == []
    assert text_of(bench) == 'CREATE TABLE "thing" (id INTEGER PRIMARY KEY, c TEXT UNIQUE)'


def test_a_check_of_two_columns_without_a_name_refuses_nobody_while_one_of_them_is_away(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, a INT CHECK (a < b AND '{' <> '}'), b INT CHECK (b > 0))",
        "INSERT INTO thing VALUES (1, 1, 2)",
    )
    add(bench, 'op.drop_column("thing", "b")', 'op.add_column("thing", sa.Column("b", sa.Integer))')
    bench.upgrade()
    run(bench, "UPDATE thing SET a = 9", "INSERT INTO thing (id, a) VALUES (2, 7)")
    before = bench.look()

    with pytest.raises(SchemaError, match=r"1 row of thing breaks CHECK \(a < b AND '{' <> '}'\)"):
        bench.downgrade("start")

    assert bench.look() == before
    run(bench, "UPDATE thing SET a = 1 WHERE id = 1")
    for _ in range(2):
        bench.downgrade("start")
        assert text_of(bench).count("CHECK (a < b AND ") == 1
        assert rows(bench, "SELECT * FROM thing ORDER BY id") == [(1, 1, 2), (2, 7, None)]
        bench.upgrade()


def test_a_check_without_a_name_that_a_script_makes_again_is_there_once(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY, a INT, b INT, CHECK (a < b))")
    back = batch('add_column(sa.Column("b", sa.Integer))', 'create_check_constraint(None, "a < b")')
    add(bench, 'op.drop_column("thing", "b")', back)

    bench.upgrade()
    bench.downgrade("start")

    assert text_of(bench).count("CHECK") == 1


def test_a_column_goes_when_the_primary_key_that_it_was_part_of_went_before(bench):
    begin(
        bench,
        "CREATE TABLE thing (a INT NOT NULL, b INT NOT NULL, c INT, CONSTRAINT pk_thing PRIMARY KEY (a, b))",
        "INSERT INTO thing VALUES (1, 2, 3), (2, 2, 4)",
    )
    add(
        bench,
        batch('drop_constraint("pk_thing", type_="primary")', 'drop_column("b")', 'create_primary_key("pk_a", ["a"])'),
        batch(
            'drop_constraint("pk_a", type_="primary")',
            'add_column(sa.Column("b", sa.Integer, nullable=False))',
            'create_primary_key("pk_thing", ["a", "b"])',
        ),
    )

    for _ in range(2):
        bench.upgrade()
        assert "CONSTRAINT pk_a PRIMARY KEY (a)" in text_of(bench)
        bench.downgrade("start")
        assert "CONSTRAINT pk_thing PRIMARY KEY (a, b)" in text_of(bench)
        assert rows(bench, "SELECT a, b, c FROM thing ORDER BY a") == [(1, 2, 3), (2, 2, 4)]


@pytest.mark.parametrize("rule", ["", ", CHECK (half < 9)", ", UNIQUE (half)", ", CONSTRAINT u UNIQUE (half, price)"])
def test_a_computed_column_goes_with_its_index_and_what_is_said_of_it(bench, rule):
    begin(
        bench,
        f"CREATE TABLE thing (id INTEGER PRIMARY KEY, price INT, half INT GENERATED ALWAYS AS (price / 2){rule})",
        "CREATE INDEX ix_half ON thing (half)",
        "INSERT INTO thing (id, price) VALUES (1, 6)",
    )
    add(
        bench,
        'op.drop_index("ix_half", table_name="thing")\nop.drop_column("thing", "half")',
        'op.add_column("thing", sa.Column("half", sa.Integer, sa.Computed("price / 2")))\n'
        'op.create_index("ix_half", "thing", ["half"])',
    )

    bench.upgrade()
    assert rows(bench, "SELECT * FROM thing") == [(1, 6)]
    bench.downgrade("start")

    assert rows(bench, "SELECT * FROM thing") == [(1, 6, 3)]


@pytest.mark.parametrize(("kind", "options"), [("", ""), ("ANY", " STRICT"), ("REAL", " STRICT")])
def test_the_originals_are_of_the_type_that_the_table_gives(bench, kind, options):
    begin(
        bench,
        f"CREATE TABLE thing (id INTEGER PRIMARY KEY, c {kind}){options}",
        "INSERT INTO thing VALUES (1, 1.5), (2, 2.0)",
    )
    add(
        bench,
        batch('alter_column("c", type_=sa.Integer(), existing_type=sa.Float())'),
        batch('alter_column("c", type_=sa.REAL(), existing_type=sa.Integer())'),
    )
    before = rows(bench, "SELECT id, c FROM thing")

    bench.upgrade()
    assert rows(bench, "SELECT typeof(c) FROM thing") == [("integer",)] * 2
    bench.downgrade("start")

    assert rows(bench, "SELECT id, c FROM thing") == before


def test_a_check_that_names_its_table_is_counted_with_the_cell_to_come(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, c REAL, CHECK (thing.c < 2))",
        "INSERT INTO thing VALUES (1, 1.7), (2, 1.2)",
    )
    add(bench, batch('alter_column("c", type_=sa.Integer(), existing_type=sa.Float())'))

    with pytest.raises(SchemaError, match=r"1 value of thing\.c does not fit INTEGER"):
        bench.upgrade()


def test_a_check_in_a_new_column_is_there_once(bench):
    begin(bench, "CREATE TABLE thing (id INTEGER PRIMARY KEY)", "INSERT INTO thing VALUES (1)")
    column = 'sa.Column("c", sa.Integer, sa.CheckConstraint("c > 0"), sa.ForeignKey("thing.id"), unique=True)'
    add(bench, f'op.add_column("thing", {column})', 'op.drop_column("thing", "c")')

    for _ in range(2):
        bench.upgrade()
        assert [text_of(bench).count(word) for word in ("CHECK", "REFERENCES", "UNIQUE")] == [1, 1, 1]
        bench.downgrade("start")


def test_a_new_column_that_is_called_as_sqlite_calls_the_number_of_a_row_is_empty(bench):
    begin(bench, "CREATE TABLE thing (title TEXT)", "INSERT INTO thing (rowid, title) VALUES (7, 'seven')")
    add(bench, 'op.add_column("thing", sa.Column("rowid", sa.Integer, unique=True))')

    bench.upgrade()

    assert rows(bench, "SELECT rowid, _rowid_, title FROM thing") == [(None, 7, "seven")]


def test_the_check_of_a_type_goes_with_it_though_a_convention_would_have_named_it(bench):
    begin(
        bench,
        "CREATE TABLE thing (id INTEGER PRIMARY KEY, c BOOLEAN, CHECK (c IN (0, 1)))",
        "INSERT INTO thing VALUES (1, 1)",
    )
    boolean = "sa.Boolean(create_constraint=True, name='c')"
    change = 'alter_column("c", type_={}, existing_type={})'
    add(bench, batch(change.format("sa.Integer()", boolean)), batch(change.format(boolean, "sa.Integer()")))
    environment = bench.folder / "env.py"
    named = "target_metadata=sa.MetaData(naming_convention={'ck': 'ck_%(table_name)s_%(constraint_name)s'})"
    text = environment.read_text().replace("run_migrations(engine)", f"run_migrations(engine, {named})")
    environment.write_text(f"import sqlalchemy as sa\n{text}")

    bench.upgrade()
    assert "CHECK" not in text_of(bench)
    run(bench, "INSERT INTO thing VALUES (2, 5)", "DELETE FROM thing WHERE id = 2")
    bench.downgrade("start")

    assert text_of(bench).count("CHECK") == 1
