"""Digests of content agree between SQLite and MariaDB, and see every change."""

import tracemalloc
from datetime import date, datetime, time
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql

from cms.db import db
from cms.models import Setting
from cms.schema import verify
from cms.schema.values import encoder, plain
from cms.schema.verify import BrokenKey, contents, derived, differing
from tests.conftest import make_app
from tests.factories import make_comment, make_page, make_post, make_user


def wide_table(*, turned: bool = False) -> sa.Table:
    """One thing in two shapes: what the engines make of these types differs, and so can the order of columns."""
    columns = [
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite")),
        sa.Column("float", sa.Double()),
        sa.Column("short_float", sa.Float()),
        sa.Column("money", sa.Numeric(12, 4)),
        sa.Column("flag", sa.Boolean()),
        sa.Column("words", sa.String(200).with_variant(mysql.VARCHAR(200, collation="utf8mb4_bin"), "mysql")),
        sa.Column("long", sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql")),
        sa.Column("bytes", sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")),
        sa.Column("json", sa.JSON()),
        sa.Column("at", sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")),
        sa.Column("at_second", sa.DateTime()),
        sa.Column("day", sa.Date()),
        sa.Column("clock", sa.Time().with_variant(mysql.TIME(fsp=6), "mysql")),
    ]
    return sa.Table("wide", sa.MetaData(), *(reversed(columns) if turned else columns), mysql_charset="utf8mb4")


@pytest.fixture
def sqlite(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'plain.sqlite3'}")
    yield engine
    engine.dispose()


@pytest.fixture
def mariadb(mariadb_server):
    url = sa.make_url(mariadb_server.create_database("verifying")).set(drivername="mysql+pymysql")
    engine = sa.create_engine(url.update_query_dict({"charset": "utf8mb4"}))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(database_kind, request):
    return request.getfixturevalue(database_kind)


def digests(engine: sa.Engine, **how) -> dict[str, verify.TableContent]:
    with engine.connect() as connection:
        return contents(connection, **how)


def run(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def fill(engine: sa.Engine, table: sa.Table, rows: list[dict]) -> None:
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        if rows:
            connection.execute(table.insert(), rows)


def row(_id: int, **cells) -> dict:
    return dict.fromkeys(wide_table().c.keys()) | {"id": _id, "json": sa.null()} | cells


ROWS = [
    row(
        1,
        number=2**60,
        float=0.1,
        short_float=0.1,
        money=Decimal("12.3400"),
        flag=True,
        words="naïve 😀",
        long="x" * 70_000,
        bytes=bytes(range(256)) * 300,
        json={"b": [1, 2.5, None, "😀"], "a": {"deep": True}},
        at=datetime(2026, 11, 22, 10, 0, 0, 123456),
        at_second=datetime(2026, 11, 22, 10, 0),
        day=date(2026, 11, 22),
        clock=time(23, 59, 59, 5),
    ),
    row(2, number=0, float=0.0, flag=False, words="", long="", bytes=b"", json={}),
    row(3, float=-0.0, short_float=1.0, money=Decimal(1), json=None),
    row(4, number=-1, float=1e300, short_float=16777215.0, money=Decimal("-0.5"), json=1.0, words="0"),
    row(5),
]


@pytest.fixture
def blog(tmp_path, request, mariadb_server):
    """The app's own schema: filled on SQLite, with a copy of all rows on MariaDB; gives both engines."""
    source = make_app(tmp_path / "here", "sqlite:///own.sqlite3")
    with source.app_context():
        user = make_user(email="ünal@example.org")
        post = make_post(title="Ünïcode 😀", tags=["One", "Two 🚀"], by=user)
        make_comment(make_post(state="trashed"))
        make_comment(post)
        make_page()
        db.session.add(Setting(name="some.number", value=7))
        db.session.add(Setting(name="some.list", value={"b": 1, "a": [1.5, "ä"]}))
        db.session.commit()
        db.session.remove()
        here = db.engine
    copy = make_app(tmp_path / "there", mariadb_server.create_database("copied"))
    with copy.app_context():
        there = db.engine
    with here.connect() as reading, there.begin() as writing:
        writing.exec_driver_sql("SET foreign_key_checks = 0")
        for table in db.metadata.sorted_tables:
            writing.execute(table.delete())
            # A JSON null and a NULL are both None in Python, and two values.
            json = [column for column in table.c if isinstance(column.type, sa.JSON)]
            absent = [sa.type_coerce(column, sa.Text).is_(None).label(f"no {column.name}") for column in json]
            for row in reading.execute(sa.select(table, *absent)).mappings():
                cells = {name: row[name] for name in table.columns.keys()}  # noqa: SIM118 (iterating gives the columns)
                cells |= {column.name: sa.null() for column in json if row[f"no {column.name}"]}
                writing.execute(table.insert(), cells)
        writing.exec_driver_sql("SET foreign_key_checks = 1")
    yield here, there
    here.dispose()
    there.dispose()


def test_the_blog_has_the_same_digests_on_both_engines_until_one_cell_changes(blog):
    here, there = blog
    search = derived("post_search")
    first = digests(here, leave_out=search)
    assert {"post", "user", "setting", "revision", "audit_entry"} <= first.keys()
    assert not {name for name in first if name.startswith(("alembic_", "post_search"))}
    assert first["post"].rows == 2

    assert differing(first, digests(there, leave_out=search)) == []

    run(there, "UPDATE post SET title = CONCAT(title, ' ') LIMIT 1")
    assert differing(first, digests(there, leave_out=search)) == ["post"]


def test_the_report_of_two_databases_with_the_same_blog_is_the_same(blog):
    reports = []
    for engine in blog:
        with engine.connect() as connection:
            reports.append(verify.report(connection, leave_out=derived("post_search")))

    assert reports[0] == reports[1]
    assert reports[0].sound
    assert reports[0].rows == sum(content.rows for content in reports[0].tables.values()) > 10


def test_every_type_means_the_same_on_both_engines(sqlite, mariadb):
    fill(sqlite, wide_table(), ROWS)
    fill(mariadb, wide_table(turned=True), ROWS[::-1])

    assert digests(sqlite) == digests(mariadb)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("number", 2**60 + 1),
        ("float", 0.1 + 2**-55),
        ("money", Decimal("12.3401")),
        ("flag", False),
        ("words", "naïve 😁"),
        ("words", "naïve 😀 "),
        ("words", "NAÏVE 😀"),
        ("long", "x" * 69_999 + "y"),
        ("bytes", bytes(range(256)) * 299 + bytes(256)),
        ("json", {"b": [1, 2.5, "", "😀"], "a": {"deep": True}}),
        ("json", sa.null()),
        ("at", datetime(2026, 11, 22, 10, 0, 0, 123457)),
        ("day", date(2026, 11, 23)),
        ("clock", time(23, 59, 59, 6)),
    ],
)
def test_one_changed_cell_is_seen(engine, cell, value):
    fill(engine, wide_table(), ROWS)
    before = digests(engine)

    with engine.begin() as connection:
        connection.execute(wide_table().update().values({cell: value}).where(sa.column("id") == 1))

    assert differing(before, digests(engine)) == ["wide"]


@pytest.mark.parametrize("cell", ["words", "long", "bytes"])
def test_nothing_is_not_the_empty_text(engine, cell):
    fill(engine, wide_table(), [row(1, **{cell: b"" if cell == "bytes" else ""})])
    before = digests(engine)

    run(engine, f"UPDATE wide SET `{cell}` = NULL")

    assert differing(before, digests(engine)) == ["wide"]


def test_values_that_change_places_are_seen(engine):
    table = wide_table()
    fill(engine, table, [row(1, words="a", long="b"), row(2, words="b", long="a")])
    before = digests(engine)

    fill(engine, table, [row(1, words="b", long="b"), row(2, words="a", long="a")])
    assert differing(before, digests(engine)) == ["wide"]
    fill(engine, table, [row(1, words="b", long="a"), row(2, words="a", long="b")])
    assert differing(before, digests(engine)) == ["wide"]
    fill(engine, table, [row(2, words="b", long="a"), row(1, words="a", long="b")])
    assert differing(before, digests(engine)) == []


def test_a_row_that_is_there_twice_counts_twice(engine):
    run(engine, "CREATE TABLE heap (words VARCHAR(10))", "INSERT INTO heap VALUES ('a'), ('b')")
    before = digests(engine)

    run(engine, "INSERT INTO heap VALUES ('c'), ('c')")

    assert differing(before, digests(engine)) == ["heap"]
    assert digests(engine)["heap"].rows == 4


def test_a_wider_type_of_the_same_value_changes_nothing(engine):
    run(engine, "CREATE TABLE thing (id INTEGER PRIMARY KEY, at DATETIME, amount NUMERIC(8, 2), flag BOOLEAN)")
    values = "(1, '2026-11-22 10:00:00', 5.10, 1)"
    run(engine, f"INSERT INTO thing VALUES {values}")
    before = digests(engine)
    wider = "at DATETIME(6), flag INTEGER, id BIGINT PRIMARY KEY, amount NUMERIC(20, 10)"

    run(engine, "DROP TABLE thing", f"CREATE TABLE thing ({wider})")
    run(engine, "INSERT INTO thing (id, at, amount, flag) VALUES (1, '2026-11-22 10:00:00.000000', 5.1, 1)")

    assert digests(engine) == before


def test_floats_of_four_bytes_are_told_apart_where_mariadb_prints_them_alike(mariadb):
    run(mariadb, "CREATE TABLE f (f FLOAT)", "INSERT INTO f VALUES (1234567)")
    before = digests(mariadb)

    run(mariadb, "UPDATE f SET f = 1234568")

    assert mariadb_prints(mariadb, "SELECT f FROM f") == 1234570
    assert differing(before, digests(mariadb)) == ["f"]


def mariadb_prints(engine: sa.Engine, query: str) -> float:
    with engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar_one()


def test_a_column_called_json_only_by_mariadbs_check_is_read_as_json(mariadb):
    run(mariadb, "CREATE TABLE j (id INT PRIMARY KEY, `odd``name` JSON, plain LONGTEXT)")
    run(mariadb, """INSERT INTO j VALUES (1, '{"b": 1, "a": 2.0}', '{"b": 1}')""")
    before = digests(mariadb)

    run(mariadb, """UPDATE j SET `odd``name` = '{"a":2,"b":1}'""")
    assert digests(mariadb) == before
    run(mariadb, """UPDATE j SET plain = '{"b":1}'""")
    assert differing(before, digests(mariadb)) == ["j"]


def test_text_that_is_no_utf8_can_be_read_and_told_apart_on_sqlite(sqlite):
    run(sqlite, "CREATE TABLE t (words TEXT)", "INSERT INTO t VALUES (CAST(x'ff41' AS TEXT))")
    before = digests(sqlite)

    run(sqlite, "UPDATE t SET words = CAST(x'fe41' AS TEXT)")

    assert differing(before, digests(sqlite)) == ["t"]


def test_ours_and_derived_tables_are_left_out(engine):
    for name in ("page", "post_search", "post_search_data", "post_searches", "alembic_kept", "_k_one_d1_page"):
        run(engine, f"CREATE TABLE {name} (id INTEGER, _k_one_d2_title VARCHAR(10))")
    run(engine, "CREATE VIEW seen AS SELECT id FROM page", "INSERT INTO page VALUES (1, 'kept')")

    found = digests(engine, leave_out=derived("post_search"))
    everything = digests(engine, ours=True)
    run(engine, "UPDATE page SET _k_one_d2_title = 'other'")

    assert found.keys() == {"page", "post_searches"}
    assert digests(engine, leave_out=derived("post_search")) == found
    assert everything.keys() == found.keys() | {"post_search", "post_search_data", "alembic_kept", "_k_one_d1_page"}
    assert differing(everything, digests(engine, ours=True)) == ["page"]


def test_a_full_text_table_of_sqlite_can_be_read_too(sqlite):
    run(sqlite, "CREATE VIRTUAL TABLE search USING fts5(tokens)", "INSERT INTO search VALUES ('one two')")
    before = digests(sqlite)

    run(sqlite, "UPDATE search SET tokens = 'one three'")

    assert "search" in differing(before, digests(sqlite))


def test_rows_that_point_nowhere_are_counted_and_their_key_is_named(engine):
    off, on = ("PRAGMA foreign_keys=OFF",) * 2
    if engine.dialect.name == "mysql":
        off, on = "SET foreign_key_checks=0", "SET foreign_key_checks=1"
    run(
        engine,
        "CREATE TABLE parent (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
        "CREATE TABLE child (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, up INTEGER,"
        " CONSTRAINT fk_child_parent FOREIGN KEY (a, b) REFERENCES parent (a, b),"
        " CONSTRAINT fk_child_up FOREIGN KEY (up) REFERENCES child (id))",
        "INSERT INTO parent VALUES (1, 1)",
        "INSERT INTO child VALUES (1, 1, 1, NULL), (2, 1, NULL, 1), (3, NULL, 9, NULL)",
    )
    with engine.connect() as connection:
        assert verify.report(connection).sound

    run(engine, off, "INSERT INTO child VALUES (4, 1, 2, 99), (5, 2, 1, 4)", on)

    with engine.connect() as connection:
        found = verify.report(connection)
    assert found.broken == [BrokenKey("child", "fk_child_parent", 2), BrokenKey("child", "fk_child_up", 1)]
    assert not found.sound


def test_a_key_without_a_name_to_a_table_that_is_gone_is_described(sqlite):
    run(sqlite, "CREATE TABLE child (id INTEGER PRIMARY KEY, up INTEGER REFERENCES gone (id))")
    run(sqlite, "INSERT INTO child VALUES (1, NULL), (2, 3)")

    with sqlite.connect() as connection:
        assert verify.broken_foreign_keys(connection) == [BrokenKey("child", "up -> gone", 1)]


def test_a_large_table_is_read_in_bounded_memory(engine):
    run(engine, "CREATE TABLE large (id INTEGER PRIMARY KEY, words VARCHAR(3000))")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    words = "substr(hex(zeroblob(1500)), 1, 2000)" if engine.dialect.name == "sqlite" else "REPEAT('0', 2000)"
    select = f"SELECT i, {words} FROM n"
    if engine.dialect.name == "mysql":
        run(engine, "SET max_recursive_iterations = 30000", f"INSERT INTO large {numbers} {select}")
    else:
        run(engine, f"INSERT INTO large {numbers} {select}")

    tracemalloc.start()
    try:
        found = digests(engine)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found["large"].rows == 20_000
    assert peak < 4_000_000, "the table holds forty million bytes"


SHARED_MACHINE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

cells = st.fixed_dictionaries(
    {},
    optional={
        "number": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
        "short_float": st.integers(-(2**24), 2**24).map(float),
        "money": st.decimals(-99999999, 99999999, places=4),
        "flag": st.booleans(),
        "words": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
        "bytes": st.binary(max_size=20),
        "json": st.recursive(
            st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
        "at": st.datetimes(datetime(1000, 1, 1)),
        "at_second": st.datetimes(datetime(1000, 1, 1)).map(lambda at: at.replace(microsecond=0)),
        "day": st.dates(date(1000, 1, 1)),
        "clock": st.times(),
    },
)


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=SHARED_MACHINE, database=None)
@given(rows=st.lists(cells, max_size=4))
def test_any_rows_have_the_same_digest_on_both_engines(sqlite, mariadb, rows):
    rows = [row(number, **cells) for number, cells in enumerate(rows)]

    fill(sqlite, wide_table(), rows)
    fill(mariadb, wide_table(turned=True), rows)

    assert digests(sqlite) == digests(mariadb)


floats = st.floats(allow_nan=False)
exact = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
others = st.none() | st.text(max_size=3) | st.binary(max_size=3) | st.dates() | st.datetimes() | st.times()


@settings(derandomize=True, deadline=None, database=None, suppress_health_check=SHARED_MACHINE)
@given(st.tuples(floats, floats) | st.tuples(exact, exact) | st.tuples(others, others))
def test_two_values_are_encoded_alike_exactly_when_they_are_equal(values):
    one, other = values

    assert (plain(one) == plain(other)) == (one == other)


@pytest.mark.parametrize(
    ("declared", "one", "other"),
    [
        ("INTEGER", 1, 1.0),
        ("NUMERIC(10, 2)", Decimal("1E+2"), 100),
        ("NUMERIC(65, 30)", Decimal("1.000000000000000000000000000000"), True),
        ("DOUBLE", 0.0, -0.0),
        ("JSON", '{"a": 1.0, "b": "\\u00e4"}', '{"b":"ä","a":1}'),
        ("JSON", 5, "5.0"),
        ("DATETIME", "2026-11-22 10:00:00", datetime(2026, 11, 22, 10)),
        ("TIMESTAMP", "2026-11-22T11:00:00+01:00", "2026-11-22 10:00:00.000000"),
        ("uuid", "6F9619FF-8B86-D011-B42D-00C04FC964FF", "6f9619ff8b86d011b42d00c04fc964ff"),
        ("BLOB", "ä", "ä".encode()),
        ("bit(1)", b"\x01", 1),
        ("single", 0.10000000149011612, 0.1),
    ],
)
def test_two_ways_to_keep_one_value_are_encoded_alike(declared, one, other):
    assert encoder(declared)(one) == encoder(declared)(other)


@pytest.mark.parametrize(
    ("declared", "one", "other"),
    [
        ("TEXT", '{"a": 1}', '{"a":1}'),
        ("JSON", "null", None),
        ("JSON", "not json", "not  json"),
        ("JSON", '"1"', 1),
        ("DATETIME", "yesterday", "today"),
        ("VARCHAR(5)", "1", 1),
        ("VARCHAR(5)", "a", b"a"),
        ("NUMERIC(65, 30)", Decimal("1.000000000000000000000000000001"), Decimal(1)),
        ("BIGINT", 2**53, 2**53 + 1),
        ("single", 3.4028234663852886e38, 3.4028232635611926e38),
    ],
)
def test_two_values_are_encoded_apart(declared, one, other):
    assert encoder(declared)(one) != encoder(declared)(other)


def test_the_digest_of_a_known_table_stays_what_it_was(engine):
    """Manifests of old backups hold these digests: who changes how they are made must raise their version."""
    fill(engine, wide_table(), ROWS)

    assert digests(engine)["wide"].digest == "374f09e33321bc1fae6580114c2a40d1fa5bde4db5e114a7bfe7ae7cafb06c31"
