"""What is put aside: listed, reached by an erasure, and destroyed by a purge alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command

from cms.schema import kept, own_tables, purged, purging
from cms.schema.errors import SchemaError
from cms.schema.purging import purge
from cms.schema.run_on_server import autocommit
from tests.schema.children import KILLED, READS, Job
from tests.schema.figures import amount, record
from tests.schema.kills import Tally, str_url, undisturbed
from tests.schema.states import raw_cursor, settle, snapshot
from tests.schema.workbench import Revision, Workbench, configuration, unlike

HISTORY = [
    Revision(
        "one",
        None,
        """
op.create_table("person", sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.String(100)))
op.create_table(
    "note",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("body", sa.String(200), nullable=False),
    sa.Column("score", sa.Float),
)
""",
        """
op.drop_table("note")
op.drop_table("person")
""",
    ),
    Revision(
        "two",
        "one",
        """
op.add_column("note", sa.Column("mood", sa.String(20), nullable=False, server_default="fine"))
op.create_table(
    "letter",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.Integer),
    sa.Column("weight", sa.Numeric(8, 2)),
    sa.Column("seal", sa.LargeBinary),
    sa.Column("sent_at", sa.DateTime),
    sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_letter_person_id", ondelete="CASCADE"),
)
op.create_index("ix_letter_person_id", "letter", ["person_id"])
with op.batch_alter_table("note") as batch:
    batch.add_column(sa.Column("author_id", sa.Integer))
    batch.create_foreign_key("fk_note_author_id", "person", ["author_id"], ["id"], ondelete="RESTRICT")
op.create_index("ix_note_author_id", "note", ["author_id"])
""",
        """
op.drop_index("ix_note_author_id", table_name="note")
with op.batch_alter_table("note") as batch:
    batch.drop_constraint("fk_note_author_id", type_="foreignkey")
    batch.drop_column("author_id")
op.drop_index("ix_letter_person_id", table_name="letter")
op.drop_table("letter")
op.drop_column("note", "mood")
""",
    ),
    Revision(
        "three",
        "two",
        """
with op.batch_alter_table("note") as batch:
    batch.alter_column("score", existing_type=sa.Float(), type_=sa.Integer())
op.set_aside("note", "body = 'c'")
""",
        """
op.bring_back("note")
with op.batch_alter_table("note") as batch:
    batch.alter_column("score", existing_type=sa.Integer(), type_=sa.Float())
""",
    ),
]


@pytest.fixture
def bench(new_url, tmp_path):
    """At the first revision, with a note, its author and a letter put aside."""
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    bench.write(HISTORY)
    bench.upgrade("two")
    with bench.writing() as connection:
        for statement in (
            "INSERT INTO person (id, email) VALUES (1, 'ada@example.org'), (2, 'bob@example.org')",
            "INSERT INTO note (id, body, mood, author_id, score) "
            "VALUES (1, 'a', 'glad', 1, 1.25), (2, 'b', 'fine', 2, 2), (3, 'c', 'sad', NULL, 3.25)",
            "INSERT INTO letter (id, person_id, weight, seal, sent_at) "
            "VALUES (1, 1, 1.25, x'00ff', '2026-01-02 03:04:05'), (2, 2, NULL, NULL, NULL)",
        ):
            connection.exec_driver_sql(statement)
    bench.downgrade("one")
    yield bench
    bench.close()


def everything(bench: Workbench) -> dict[str, kept.Holding]:
    with bench.engine.connect() as connection:
        return {one.name: one for one in kept.everything(connection)}


def ids(bench: Workbench) -> list[int]:
    return [one.thing.id for one in everything(bench).values()]


def nothing_of_ours_is_left(bench: Workbench) -> bool:
    with bench.engine.connect() as connection:
        return not kept.where_they_are(connection) and not own_tables.kept_things(connection)


def silent(_line: str) -> None: ...


def test_kept_things_are_told_with_their_rows_and_sizes(bench):
    found = everything(bench)

    assert {name: (one.thing.kind, one.rows) for name, one in found.items()} == {
        "note.author_id": ("column", 2),
        "letter": ("table", 2),
        "note.mood": ("column", 3),
    }
    assert found["note.mood"].size_bytes == len("gladfinesad")
    assert found["letter"].size_bytes > 0
    assert found["note.mood"].places == ("note",)
    assert found["letter"].as_json()["way"] == "downgrade"
    assert 0 <= found["letter"].age_days < 0.1


def test_nothing_is_kept_where_nothing_was_migrated(new_url, tmp_path):
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")

    assert everything(bench) == {}
    bench.close()


def test_a_kept_column_is_found_in_a_table_that_was_put_aside_later(bench):
    bench.downgrade("base")

    found = everything(bench)
    assert found["note.mood"].places == found["note"].places == (found["note"].thing.kept_name,)


@pytest.fixture
def higher(bench):
    """At the newest revision, which put the originals of a change of type and a row aside."""
    bench.upgrade("three")
    return bench


def test_originals_of_a_change_of_type_and_rows_are_kept_things_too(higher):
    found = everything(higher)

    assert {name: (one.thing.kind, one.thing.way, one.rows) for name, one in found.items()} == {
        "note.score": ("type", "upgrade", 3),
        "note": ("rows", "upgrade", 1),
    }
    assert set(found["note.score"].places) == {"note", found["note"].thing.kept_name}


# Purge


def test_a_purge_destroys_what_was_asked_for_and_nothing_else(bench, tmp_path):
    seen = bench.look()
    wanted = everything(bench)["letter"].thing.id

    purge(bench.engine, [wanted], tmp_path / "backups", silent)

    assert unlike(seen, bench.look()) == []
    assert set(everything(bench)) == {"note.author_id", "note.mood"}
    bench.upgrade("two")
    content = bench.content()
    assert content["letter"] == {}
    assert [row["mood"] for row in content["note"].values()] == ["glad", "fine", "sad"]
    assert [row["author_id"] for row in content["note"].values()] == [1, 2, None]


def test_after_a_purge_of_everything_the_way_up_begins_anew(bench, tmp_path):
    seen = bench.look()

    path = purge(bench.engine, ids(bench), tmp_path / "backups", silent)

    assert nothing_of_ours_is_left(bench)
    assert unlike(seen, bench.look()) == []
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o600
    bench.upgrade("two")  # nobody takes it for a change by hand
    content = bench.content()
    assert [row["mood"] for row in content["note"].values()] == ["fine"] * 3
    assert [row["author_id"] for row in content["note"].values()] == [None] * 3
    assert content["letter"] == {}


def test_the_file_of_a_purge_holds_exactly_what_went(bench, tmp_path):
    kept_before = everything(bench)
    path = purge(bench.engine, ids(bench), tmp_path / "backups", silent)

    found: dict[str, list[dict]] = {}
    for thing, row in purged.read(path):
        found.setdefault(thing["name"], []).append(row)
    assert [*found["note.mood"][0]] == ["id", kept_before["note.mood"].thing.kept_name]
    assert [[*row.values()] for row in found["note.mood"]] == [[1, "glad"], [2, "fine"], [3, "sad"]]
    assert [[*row.values()] for row in found["note.author_id"]] == [[1, 1], [2, 2]]
    first, second = found["letter"]
    assert (first["id"], first["person_id"], float(first["weight"]), first["seal"]) == (1, 1, 1.25, b"\x00\xff")
    assert str(first["sent_at"]).startswith("2026-01-02 03:04:05")
    assert second["seal"] is None


def test_a_shortened_file_of_a_purge_is_refused(bench, tmp_path):
    path = purge(bench.engine, ids(bench), tmp_path / "backups", silent)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(SchemaError, match=r"damaged|too early"):
        list(purged.read(path))


def test_a_dump_that_cannot_be_written_stops_the_purge(bench, tmp_path):
    (tmp_path / "backups").write_text("a file where the folder should be")

    with pytest.raises(SchemaError, match="nothing was destroyed"):
        purge(bench.engine, ids(bench), tmp_path / "backups", silent)

    assert set(everything(bench)) == {"note.author_id", "letter", "note.mood"}


def test_a_purge_that_was_cut_off_is_finished_by_the_next(bench, tmp_path):
    found = everything(bench)
    with bench.writing() as connection:  # as far as a kill may leave it: the thing is gone and its note is not
        connection.exec_driver_sql(f"DROP TABLE {found['letter'].thing.kept_name}")
    assert "letter" not in everything(bench)

    with bench.engine.connect() as connection:
        gone = purging.leftovers(connection, timedelta(0))
    purge(bench.engine, [*ids(bench), *gone], tmp_path / "backups", silent)

    assert nothing_of_ours_is_left(bench)
    bench.upgrade("two")
    assert bench.content()["letter"] == {}


def test_a_column_is_purged_with_its_table(bench, tmp_path):
    bench.downgrade("base")

    purge(bench.engine, ids(bench), tmp_path / "backups", silent)

    assert nothing_of_ours_is_left(bench)
    bench.upgrade("two")
    assert bench.content() == {"person": {}, "note": {}, "letter": {}}


def test_a_parent_does_not_go_before_what_points_to_it(bench, tmp_path):
    bench.downgrade("base")
    found = everything(bench)

    with pytest.raises(SchemaError, match="still points to"):
        purge(bench.engine, [found["person"].thing.id], tmp_path / "backups", silent)

    assert set(everything(bench)) == set(found)


def test_only_what_is_old_enough_is_due(bench):
    with bench.writing() as connection:
        back = own_tables.now() - timedelta(days=100)
        letter = own_tables.kept.c.table_name == "letter"
        connection.execute(own_tables.kept.update().where(letter).values(kept_at=back))

    with bench.engine.connect() as connection:
        due = purging.due(connection, purging.age("90d"))
        assert [one.name for one in due] == ["letter"]
        assert purging.losses(due) == ["The upgrade through two will not bring back letter."]
        assert len(purging.due(connection, purging.age("0h"))) == 3


@pytest.mark.parametrize("text", ["", "90", "-1d", "1w", "d", "1.5d"])
def test_an_age_is_days_or_hours(text):
    with pytest.raises(SchemaError, match="is no age"):
        purging.age(text)


def test_what_has_gone_back_is_not_purged(bench, tmp_path):
    wanted = ids(bench)
    bench.upgrade("two")
    seen = bench.look()

    assert purge(bench.engine, wanted, tmp_path / "backups", silent) is None

    assert unlike(seen, bench.look()) == []


def test_up_and_down_without_a_purge_lose_nothing(bench):
    """P1: every other command in a row, and everything is still there."""
    config = configuration(bench.folder, bench.engine.url.render_as_string(hide_password=False))
    bench.upgrade("two")
    before = bench.content()
    for _ in range(2):
        bench.downgrade("base")
        bench.upgrade("two")
        for look in (command.current, command.history, command.heads, command.branches):
            look(config)

    assert unlike(before, bench.content()) == []
    record(f"P1 only purge destroys, {bench.kind}", 2, 2, "twice to base and back, every cell is there")


def test_originals_and_rows_are_purged_like_anything_else(higher, tmp_path):
    path = purge(higher.engine, ids(higher), tmp_path / "backups", silent)

    assert path is not None
    gone = [(thing["kind"], row["id"], [*row.values()][-1], row.get("body")) for thing, row in purged.read(path)]
    assert sorted(one[:3] for one in gone if one[0] == "type") == [
        ("type", 1, 1.25),
        ("type", 2, 2.0),
        ("type", 3, 3.25),
    ]
    assert [(kind, number, body) for kind, number, _, body in gone if kind == "rows"] == [("rows", 3, "c")]
    assert nothing_of_ours_is_left(higher)
    higher.downgrade("two")
    assert [(key, row["score"]) for key, row in higher.content()["note"].items()] == [((1,), 1.0), ((2,), 2.0)]


@pytest.mark.parametrize("acts", range(4))
def test_a_purge_killed_between_two_statements_is_finished_by_the_next(bench, tmp_path, acts):
    if bench.kind == "sqlite":
        pytest.skip("SQLite purges in one transaction")
    one = everything(bench)["note.author_id"].thing
    with bench.engine.connect() as connection, autocommit(connection):
        todo = [*purging.mysql_acts(connection, one, allow_blocking=False)]
        assert len(todo) == 3, "a foreign key, its index, and the column"
        for act in todo[:acts]:
            act()

    with bench.engine.connect() as connection:
        gone = purging.leftovers(connection, timedelta(0))
    purge(bench.engine, [*ids(bench), *gone], tmp_path / "backups", silent)

    assert nothing_of_ours_is_left(bench)
    bench.upgrade("two")
    assert [row["author_id"] for row in bench.content()["note"].values()] == [None] * 3


def test_p1_a_purge_killed_at_any_statement_is_finished_by_the_next_and_had_written_all_of_it_down(
    higher, children, tmp_path
):
    """P1: by kill -9 of a process, at each statement and, on MariaDB, also between a statement and its answer."""
    # A column in two tables, rows and originals that were set aside, tables that point to each other.
    higher.downgrade("base")
    start, wanted = snapshot(higher), remains(higher)
    job = Job(str(higher.folder), str_url(higher), "purge", str(tmp_path / "undisturbed"))
    statements = undisturbed(higher, children, job).statements
    after = (higher.look(), remains(higher))
    assert wanted
    assert not any(after[1].values())
    (dump,) = (tmp_path / "undisturbed").iterdir()
    written = lines_of([dump])
    hows = ["before"] if higher.kind == "sqlite" else ["before", "sent"]
    points = [(number, how) for number, one in enumerate(statements, 1) for how in hows if not READS.match(one)]
    tally = Tally()

    for number, how in points[:: amount(2, 1, 1)]:
        start.restore()
        folder = tmp_path / f"{how}{number}"
        first = children.run(replace(job, target=str(folder), at=number, how=how))
        assert first.code == KILLED, first.error
        left = remains(higher)
        dumps = list(folder.glob("purged-*")) if folder.exists() else []
        tally.points += 1
        problems = []
        if left != wanted and lines_of(dumps) != written:
            problems.append(f"destroyed before it was written: {wanted} became {left}")
        second = children.run(replace(job, target=str(folder)))
        if second.code != 0:
            problems.append(second.error)
        elif (higher.look(), remains(higher)) != after:
            problems.append(f"ends elsewhere: {remains(higher)}")
        if not written <= lines_of(folder.glob("purged-*")):
            problems.append("something is in no file")
        if problems:
            tally.failures.append(f"killed {how} {statements[number - 1]!r}: {'; '.join(problems)}")

    figure = f"of {len(points)} places where it writes"
    record(f"P1 a purge that is killed, {higher.kind}", tally.points, tally.points - len(tally.failures), figure)
    assert tally.points > 6
    assert not tally.failures, "\n".join(tally.failures)
    higher.upgrade("two")
    assert higher.content() == {"person": {}, "note": {}, "letter": {}}


def remains(bench: Workbench) -> dict[str, int]:
    """The rows behind each hidden name, and the notes of them."""
    found: dict[str, int] = {}
    with bench.engine.connect() as connection:
        if bench.kind == "mariadb":
            settle(raw_cursor(connection))  # a server goes on with what the killed one had sent
        for name, places in kept.where_they_are(connection).items():
            for place in places:
                column = "*" if place == name else f"`{name}`"
                found[f"{place}/{name}"] = connection.exec_driver_sql(f"SELECT COUNT({column}) FROM `{place}`").scalar()
        found["notes"] = len(own_tables.kept_things(connection))
    return found


def lines_of(dumps) -> set[str]:
    """All rows of some files of purges, each with the thing that it belongs to."""
    return {f"{thing['kept_name']} {sorted(row.items())}" for path in dumps for thing, row in purged.read(path)}


# Erasing a person


def erase(bench: Workbench, *what: str) -> list[str]:
    with bench.engine.begin() as connection:
        return [trace.sentence() for trace in kept.erase(connection, *what)]


def test_rows_of_a_person_are_taken_out_of_a_table_that_is_put_aside(bench):
    said = erase(bench, "letter", "person_id", "1")

    assert said == ["1 row of letter, put aside by the downgrade through two"]
    bench.upgrade("two")
    assert [*bench.content()["letter"]] == [(2,)]


def test_cells_with_a_value_are_emptied_in_a_column_that_is_put_aside(bench):
    said = erase(bench, "note", "mood", "glad")

    assert said == ["1 cell of note.mood, put aside by the downgrade through two"]
    bench.upgrade("two")
    assert [row["mood"] for row in bench.content()["note"].values()] == ["fine", "fine", "sad"]


def test_a_row_that_was_set_aside_and_an_original_are_reached(higher):
    assert erase(higher, "note", "body", "c") == ["1 row of note, put aside by the upgrade through three"]
    assert erase(higher, "note", "score", "1.25") == ["1 cell of note.score, put aside by the upgrade through three"]

    higher.downgrade("two")
    assert [(key, row["score"]) for key, row in higher.content()["note"].items()] == [((1,), 1.0), ((2,), 2.0)]


def test_a_person_is_taken_out_of_a_key_that_is_put_aside(bench):
    assert erase(bench, "note", "author_id", "2") == [
        "1 cell of note.author_id, put aside by the downgrade through two"
    ]

    bench.upgrade("two")
    assert [row["author_id"] for row in bench.content()["note"].values()] == [1, None, None]


def test_erasing_a_row_in_use_reaches_what_points_to_it(bench):
    with bench.writing() as connection:
        connection.exec_driver_sql("DELETE FROM person WHERE id = 1")

    bench.upgrade("two")

    content = bench.content()
    assert [*content["letter"]] == [(2,)]
    assert [row["author_id"] for row in content["note"].values()] == [None, 2, None]


def test_nothing_in_use_is_erased(bench):
    seen = bench.look()

    assert erase(bench, "person", "email", "ada@example.org") == []

    assert unlike(seen, bench.look()) == []


def test_a_value_that_is_no_number_finds_no_number(bench):
    with pytest.raises(SchemaError, match="holds numbers"):
        erase(bench, "letter", "person_id", "1; DROP TABLE letter")


def test_a_column_that_is_nowhere_is_named(bench):
    with pytest.raises(SchemaError, match=r"no letter\.nowhere"):
        erase(bench, "letter", "nowhere", "1")
