"""A restore brings back what was saved, and never costs what was there."""

import logging
import sqlite3
import subprocess
import sys
from functools import partial

import pytest
import sqlalchemy as sa

from cms.schema import archive
from cms.schema.backup import back_up
from cms.schema.errors import SchemaError
from cms.schema.restore import restore
from tests.schema.databases import DATA, contents, databases, fill, run

HOLD_OPEN = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("SELECT count(*) FROM mine").fetchall()
print("open", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def make_database(request, tmp_path):
    with databases(request, tmp_path) as make:
        yield make


@pytest.fixture
def new_database(database_kind, make_database):
    return partial(make_database, database_kind)


@pytest.fixture
def place(tmp_path):
    """A folder for backups and nothing else."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


@pytest.fixture
def saved(new_database, place):
    """A backup of a small database; gives its path and what must come back."""
    engine = new_database("full")
    fill(engine)
    back_up(engine, place / "one.tar")
    return place / "one.tar", contents(engine)


@pytest.fixture
def other(new_database):
    """A database that holds something else."""
    return with_something(new_database("other"))


def with_something(engine: sa.Engine) -> sa.Engine:
    run(engine, "CREATE TABLE mine (id INTEGER PRIMARY KEY)", "INSERT INTO mine VALUES (1), (2)")
    run(
        engine, "CREATE TABLE below (up INTEGER, FOREIGN KEY (up) REFERENCES mine (id))", "INSERT INTO below VALUES (1)"
    )
    run(engine, "CREATE VIEW a_view AS SELECT id FROM mine")
    return engine


def test_a_database_that_is_not_empty_is_refused_and_left_alone(saved, other, place):
    before = contents(other)

    with pytest.raises(SchemaError, match=r"not empty, it has a_view, below, mine\. With --replace it is saved first"):
        restore(other, saved[0])

    assert contents(other) == before
    assert [path.name for path in place.iterdir()] == ["one.tar"]


def test_tables_without_a_row_and_our_own_count_as_well_and_few_are_named(saved, new_database):
    engine = new_database("empty_tables")
    run(engine, *(f"CREATE TABLE t{number} (id INTEGER)" for number in range(6)), "CREATE TABLE alembic_kept (id INT)")

    with pytest.raises(SchemaError, match="it has t0, t1, t2, t3, t4 and 2 more"):
        restore(engine, saved[0])


def test_replacing_saves_what_was_there_beside_the_backup(saved, other, new_database, place, caplog):
    path, wanted = saved
    before = contents(other)

    with caplog.at_level(logging.INFO):
        restored = restore(other, path, replace=True)

    assert contents(other) == wanted
    assert restored.safety.parent == place
    assert f"the database as it was is saved in {restored.safety}" in caplog.text
    with other.connect() as connection:
        assert sa.inspect(connection).get_view_names() == []
    third = new_database("third")
    restore(third, restored.safety)
    assert contents(third) == before


def test_a_restore_over_a_restore_ends_in_the_same(saved, other):
    path, wanted = saved

    first = restore(other, path, replace=True)
    second = restore(other, path, replace=True)

    assert first.safety != second.safety
    assert contents(other) == wanted


def test_another_kind_of_database_is_refused_in_words(saved, make_database, database_kind, place):
    kinds = {"sqlite": "mariadb", "mariadb": "sqlite"}
    stranger = with_something(make_database(kinds[database_kind], "stranger"))

    with pytest.raises(SchemaError, match=f"backup is of {database_kind} and the database is {kinds[database_kind]}"):
        restore(stranger, saved[0], replace=True)

    assert contents(stranger)["mine"].rows == 2
    assert [path.name for path in place.iterdir()] == ["one.tar"]


def test_a_damaged_backup_is_refused_before_anything_is_touched(saved, other, place):
    path, _ = saved
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    before = contents(other)

    with pytest.raises(SchemaError, match="no whole backup"):
        restore(other, path, replace=True)

    assert contents(other) == before
    assert [path.name for path in place.iterdir()] == ["one.tar"]


def test_media_come_back_and_what_is_there_stays(new_database, other, place, tmp_path):
    media, target = tmp_path / "media", tmp_path / "elsewhere" / "media"
    for name, data in (("ab/abc.jpg", DATA), ("cd/ünï 😀.txt", b""), ("x" * 120 + "/long.bin", b"long" * 9)):
        (media / name).parent.mkdir(parents=True)
        (media / name).write_bytes(data)
    back_up(other, place / "one.tar", media=media)
    (target / "ab").mkdir(parents=True)
    (target / "ab" / "abc.jpg").write_bytes(DATA)
    untouched = (target / "ab" / "abc.jpg").stat().st_mtime_ns
    (target / "new.png").write_bytes(b"new")

    restore(new_database("third"), place / "one.tar", media=target)

    there = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert there.pop("new.png") == b"new"
    assert there == {"ab/abc.jpg": DATA, "cd/ünï 😀.txt": b"", f"{'x' * 120}/long.bin": b"long" * 9}
    assert (target / "ab" / "abc.jpg").stat().st_mtime_ns == untouched


def test_a_file_with_another_content_is_refused_and_with_replace_set_aside(new_database, other, place, tmp_path):
    media = tmp_path / "media"
    media.mkdir()
    (media / "one.txt").write_bytes(b"as saved")
    back_up(other, place / "one.tar", media=media)
    (media / "one.txt").write_bytes(b"changed")
    third = new_database("third")

    with pytest.raises(SchemaError, match=r"other files of the same name: one\.txt\. Nothing was changed"):
        restore(third, place / "one.tar", media=media)
    assert contents(third) == {}

    restore(third, place / "one.tar", media=media, replace=True)
    assert (media / "one.txt").read_bytes() == b"as saved"
    assert [path.read_bytes() for path in media.glob("one.txt.replaced-*")] == [b"changed"]


def test_media_that_were_not_saved_cannot_be_asked_for(saved, new_database, tmp_path):
    third = new_database("third")

    with pytest.raises(SchemaError, match="made without the media"):
        restore(third, saved[0], media=tmp_path / "media")

    assert contents(third) == {}


def test_a_file_that_would_land_outside_of_the_media_folder_is_refused(saved, new_database, tmp_path, place):
    """Such a backup is not made by us; the seal only tells accidents from intact files."""
    media = tmp_path / "media"
    media.mkdir()
    (media / "xx").mkdir()
    (media / "xx" / "evil.txt").write_bytes(b"evil")
    back_up(new_database("third"), place / "two.tar", media=media)
    body = (place / "two.tar").read_bytes()[: -archive.ENDING_BYTES]
    body = body.replace(b"media/xx/evil.txt", b"media/../evil.txt")
    with (place / "three.tar").open("w+b") as file:
        # A header of tar adds up its bytes.
        start = body.index(b"media/../evil.txt")
        file.write(body[:start] + archive.header("media/../evil.txt", 4) + body[start + 512 :])
        archive.Writer(file).seal()

    with pytest.raises(SchemaError, match="outside of the media folder"):
        restore(new_database("fourth"), place / "three.tar", media=media)

    assert not (tmp_path / "evil.txt").exists()


def test_a_restore_that_fails_half_way_says_where_the_saved_database_is(make_database, place, mariadb_server):
    source, other = make_database("mariadb", "full"), with_something(make_database("mariadb", "other"))
    fill(source)
    back_up(source, place / "one.tar")
    before = contents(other)
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE USER 'no_maker' IDENTIFIED BY 'x'")
        cursor.execute("GRANT SELECT, INSERT, DROP, SHOW VIEW, LOCK TABLES ON backup_other.* TO 'no_maker'")
    limited = sa.create_engine(other.url.set(username="no_maker", password="x"))

    with pytest.raises(SchemaError) as caught:
        restore(limited, place / "one.tar", replace=True)
    limited.dispose()

    safety = next(path for path in place.iterdir() if "replaced" in path.name)
    assert "CREATE command denied" in str(caught.value)
    assert f"What was in the database before is in {safety}" in str(caught.value)
    assert contents(other) != before
    restore(other, safety, replace=True)
    assert contents(other) == before
    with other.connect() as connection:
        assert sa.inspect(connection).get_view_names() == ["a_view"]


def test_a_statement_too_long_for_the_server_is_refused_in_time(make_database, place, mariadb_server):
    source, other = make_database("mariadb", "full"), with_something(make_database("mariadb", "other"))
    run(source, "CREATE TABLE big (id INT PRIMARY KEY, data MEDIUMBLOB)")
    run(source, "INSERT INTO big VALUES (1, REPEAT(x'ff00', 1500000))")
    made = back_up(source, place / "one.tar")
    assert made.manifest.longest_statement_bytes > 6_000_000
    before = contents(other)
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        usual = cursor.fetchone()[0]
        cursor.execute("SET GLOBAL max_allowed_packet = 4194304")
        try:
            other.dispose()
            with pytest.raises(SchemaError, match="server takes less than 4194304: set its max_allowed_packet higher"):
                restore(other, place / "one.tar", replace=True)
        finally:
            cursor.execute(f"SET GLOBAL max_allowed_packet = {usual}")
    assert contents(other) == before

    other.dispose()
    restore(other, place / "one.tar", replace=True)
    assert contents(other) == contents(source)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_on_sqlite_a_live_file_in_any_mode_and_page_size_is_replaced_in_place(make_database, place, tmp_path, mode):
    source, other = make_database("sqlite", "full"), make_database("sqlite", "other")
    run(source, "PRAGMA page_size=1024")
    fill(source)
    back_up(source, place / "one.tar")
    run(other, f"PRAGMA journal_mode={mode}")
    with_something(other)
    number = (tmp_path / "other.sqlite3").stat().st_ino

    restore(other, place / "one.tar", replace=True)

    assert contents(other) == contents(source)
    assert (tmp_path / "other.sqlite3").stat().st_ino == number
    with sqlite3.connect(tmp_path / "other.sqlite3") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_on_sqlite_a_database_that_another_process_has_open_is_not_replaced(make_database, place, tmp_path):
    source, other = make_database("sqlite", "full"), make_database("sqlite", "other")
    fill(source)
    back_up(source, place / "one.tar")
    run(other, "PRAGMA journal_mode=WAL")
    before = contents(with_something(other))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD_OPEN, tmp_path / "other.sqlite3"], **pipes) as process:
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(SchemaError, match="Somebody else has the database open: stop the site first") as caught:
            restore(other, place / "one.tar", replace=True)
        process.stdin.close()

    assert "before is in" in str(caught.value)
    assert contents(other) == before
    restore(other, place / "one.tar", replace=True)
    assert contents(other) == contents(source)


def test_on_sqlite_a_writer_at_work_outside_of_wal_mode_is_not_run_over(make_database, place, tmp_path):
    source, other = make_database("sqlite", "full"), with_something(make_database("sqlite", "other"))
    fill(source)
    back_up(source, place / "one.tar")
    before = contents(other)
    writer = sqlite3.connect(tmp_path / "other.sqlite3")
    writer.execute("BEGIN IMMEDIATE")

    with pytest.raises(SchemaError, match="Somebody else is using the database"):
        restore(other, place / "one.tar", replace=True)
    writer.rollback()
    writer.close()

    assert contents(other) == before
