"""One file holds a database and its media, and says so when a single byte of it is wrong."""

import json
import os
import shutil
import sqlite3
import stat
import tarfile
import threading
import time
from functools import partial

import pytest
import sqlalchemy as sa

from cms.db import db
from cms.schema import dumping, verify
from cms.schema.backup import back_up
from cms.schema.errors import SchemaError
from cms.schema.manifest import check
from cms.schema.restore import restore
from tests.conftest import make_app
from tests.factories import make_comment, make_page, make_post
from tests.schema.databases import DATA, contents, databases, engine_of, fill, run
from tests.schema.figures import record
from tests.waiting import until


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
def engine(new_database):
    """A small database of everything that is hard to save."""
    engine = new_database("full")
    fill(engine)
    return engine


@pytest.fixture
def media(tmp_path):
    folder = tmp_path / "media"
    for name, data in (("ab/abc.jpg", DATA), ("cd/ünï 😀.txt", b""), ("x" * 120 + "/long.bin", b"long" * 9)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(data)
    (folder / ".unfinished").mkdir()
    (folder / ".unfinished" / "half").write_bytes(b"half")
    return folder


def test_a_backup_comes_back_whole_in_another_database(engine, new_database, place):
    before = contents(engine)
    made = back_up(engine, place / "one.tar")
    other = new_database("other")

    restored = restore(other, place / "one.tar")

    assert contents(other) == contents(engine) == before == made.manifest.tables
    assert {"thing", "child", "_k_one_d1_gone", "alembic_version", "odd `%s` näme"} <= before.keys()
    assert (restored.safety, restored.uncompared, made.manifest.moved) == (None, (), ())
    with other.connect() as connection:
        row = connection.execute(sa.text("SELECT words, data FROM thing WHERE id = 1")).one()
        assert (row.words, bytes(row.data)) == ("naïve 😀 'quoted' \\ \n\t", DATA)
        assert verify.broken_foreign_keys(connection) == []


def test_the_blog_comes_back_whole_and_goes_on_working(own_database, database_kind, new_database, tmp_path, place):
    app = make_app(tmp_path / "here", own_database)
    with app.app_context():
        make_comment(make_post(title="Ünïcode 😀", tags=["One"]))
        make_page()
        db.session.commit()
        db.session.remove()
        made = back_up(db.engine, place / "blog.tar")
        before = contents(db.engine)
        db.engine.dispose()
    other = new_database("blog")

    restore(other, place / "blog.tar")

    assert contents(other) == before
    assert made.manifest.heads
    assert made.manifest.engine == database_kind
    there = make_app(tmp_path / "there", other.url.render_as_string(hide_password=False))
    with there.app_context():
        make_post(title="One more")
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    record(f"B1 backup restored elsewhere, {database_kind}", 1, 1, "the blog's own tables, equal digests")


def test_the_file_is_for_its_owner_alone_and_stands_alone(engine, place):
    old = os.umask(0)
    try:
        made = back_up(engine, place / "one.tar")
    finally:
        os.umask(old)

    assert [path.name for path in place.iterdir()] == ["one.tar"]
    assert stat.S_IMODE((place / "one.tar").stat().st_mode) == 0o600
    assert made.size_bytes == (place / "one.tar").stat().st_size


def test_tar_alone_can_open_it_and_the_manifest_says_what_is_inside(engine, place, media, database_kind):
    made = back_up(engine, place / "one.tar", media=media)

    with tarfile.open(place / "one.tar") as tar:
        names = tar.getnames()
        said = json.load(tar.extractfile("manifest.json"))
    assert names[0] == ("database.sqlite3" if database_kind == "sqlite" else "database.sql")
    assert {"media/ab/abc.jpg", "media/cd/ünï 😀.txt", f"media/{'x' * 120}/long.bin"} < set(names)
    assert not [name for name in names if "unfinished" in name]
    assert said["engine"] == database_kind
    assert said["heads"] == ["head_one"]
    assert said["media_files"] == 3
    assert said["tables"]["thing"] == {"rows": 3, "digest": made.manifest.tables["thing"].digest}
    assert said["members"].keys() == set(names) - {"manifest.json", "SEAL"}
    assert check(place / "one.tar") == made.manifest


def test_the_database_goes_on_being_used_and_the_backup_is_of_one_moment(engine, new_database, place):
    """Each writer puts the same number into two tables: a backup that took them apart in time would show it."""
    run(engine, "CREATE TABLE one (n INTEGER PRIMARY KEY)", "CREATE TABLE two (n INTEGER PRIMARY KEY)")
    run(engine, "PRAGMA journal_mode=WAL") if engine.dialect.name == "sqlite" else None
    stop, failures, written = threading.Event(), [], []

    def write() -> None:
        while not stop.is_set():
            number = len(written) + 1
            try:
                run(engine, f"INSERT INTO one VALUES ({number})", f"INSERT INTO two VALUES ({number})")
            except Exception as error:
                failures.append(error)
                return
            written.append(number)
            time.sleep(0.001)

    def wait_for_another_row() -> None:
        count = len(written)
        until(lambda: len(written) > count or failures, "one more row")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(30):  # on a busy machine the writer may stand still for as long as a small backup takes
            wait_for_another_row()
            made = back_up(engine, place / f"{number}.tar")
            if engine.dialect.name == "sqlite" or len(made.manifest.moved) == 2:
                break
        wait_for_another_row()
    finally:
        stop.set()
        writer.join()
    other = new_database("other")
    restored = restore(other, made.path)

    assert failures == []
    moved = () if engine.dialect.name == "sqlite" else ("one", "two")
    assert made.manifest.moved == restored.uncompared == moved
    assert made.manifest.tables.keys() == contents(engine).keys() - set(moved)
    found = contents(other)
    assert found["one"] == found["two"]
    assert 0 < found["one"].rows < contents(engine)["one"].rows


def test_a_backup_that_was_cut_short_is_refused(engine, new_database, place):
    back_up(engine, place / "one.tar")
    whole = (place / "one.tar").read_bytes()
    other = new_database("other")

    for length in (0, 1, 511, len(whole) // 2, len(whole) - 512, len(whole) - 1):
        (place / "one.tar").write_bytes(whole[:length])
        with pytest.raises(SchemaError, match="no whole backup"):
            restore(other, place / "one.tar")
    (place / "one.tar").write_bytes(whole + b"\0")
    with pytest.raises(SchemaError, match="no whole backup"):
        check(place / "one.tar")
    assert contents(other) == {}


def test_one_flipped_bit_anywhere_is_noticed(engine, new_database, place):
    back_up(engine, place / "one.tar")
    whole = (place / "one.tar").read_bytes()
    positions = {*range(0, len(whole), len(whole) // 60), *range(len(whole) - 2048, len(whole), 101), len(whole) - 1}

    for position in sorted(positions):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        (place / "one.tar").write_bytes(damaged)
        with pytest.raises(SchemaError, match="no whole backup"):
            check(place / "one.tar")


def test_what_is_no_file_or_no_backup_is_refused_in_words(engine, place):
    with pytest.raises(SchemaError, match=r"none\.tar cannot be read: No such file"):
        restore(engine, place / "none.tar", replace=True)
    with pytest.raises(SchemaError, match="cannot be read: Is a directory"):
        check(place)
    (place / "text.tar").write_text("Dear diary, " * 1000)
    with pytest.raises(SchemaError, match="no whole backup"):
        check(place / "text.tar")


def test_a_file_that_is_there_is_never_overwritten(engine, place):
    (place / "one.tar").write_text("mine")

    with pytest.raises(SchemaError, match="there already"):
        back_up(engine, place / "one.tar")

    assert (place / "one.tar").read_text() == "mine"


def test_a_backup_into_a_folder_that_is_not_there_says_so(engine, place):
    with pytest.raises(SchemaError, match="not made: No such file or directory"):
        back_up(engine, place / "nowhere" / "one.tar")


def test_a_backup_that_will_not_fit_is_refused_with_figures(engine, place, media):
    with (media / "huge.bin").open("wb") as file:
        file.truncate(4 * 10**12)  # takes no room itself

    with pytest.raises(
        SchemaError, match=r"no room in .*backups: about 4,000,\d\d\d MB are needed, [\d,]+ MB are free"
    ):
        back_up(engine, place / "one.tar", media=media)

    assert list(place.iterdir()) == []


def test_an_empty_database_can_be_saved_and_brought_back(new_database, place):
    made = back_up(new_database("empty"), place / "one.tar")
    other = new_database("other")

    restore(other, place / "one.tar")

    assert made.manifest.tables == {}
    assert made.manifest.heads == ()
    assert contents(other) == {}


def test_on_sqlite_a_damaged_database_is_not_called_a_backup(make_database, place, tmp_path):
    engine = make_database("sqlite", "damaged")
    run(engine, "CREATE TABLE t (id INTEGER PRIMARY KEY, words TEXT CHECK (length(words) < 5))")
    run(engine, "PRAGMA ignore_check_constraints=ON", "INSERT INTO t VALUES (1, 'too long')")

    with pytest.raises(SchemaError, match=r"damaged: CHECK constraint failed in t"):
        back_up(engine, place / "one.tar")

    assert list(place.iterdir()) == []


def test_on_sqlite_what_is_still_in_the_wal_file_is_saved(tmp_path, place):
    path = tmp_path / "wal.sqlite3"
    held = sqlite3.connect(path)
    held.execute("PRAGMA journal_mode=WAL")
    held.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
    held.execute("INSERT INTO t VALUES (1)")
    held.commit()
    assert (tmp_path / "wal.sqlite3-wal").stat().st_size > 0
    engine = engine_of(f"sqlite:///{path}")

    made = back_up(engine, place / "one.tar")

    assert made.manifest.tables["t"].rows == 1
    engine.dispose()
    held.close()


PASSWORD = " p\"a's\\s#w;o=r%d $(x) `y` é[z] "


@pytest.fixture
def with_password(mariadb_server):
    """The engine of an account whose password has all that is special somewhere."""
    mariadb_server.create_database("backup_secret")
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET NAMES latin1")  # the bytes that PyMySQL sends for a password
        cursor.execute(b"CREATE OR REPLACE USER 'keeper' IDENTIFIED BY '%s'" % quoted(PASSWORD).encode("latin-1"))
        cursor.execute("GRANT ALL ON backup_secret.* TO 'keeper'")
    url = sa.URL.create(
        "mysql+pymysql", "keeper", PASSWORD, "127.0.0.1", mariadb_server.port, "backup_secret", {"charset": "utf8mb4"}
    )
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def test_a_password_may_hold_any_character_and_stands_on_no_command_line(with_password, place, monkeypatch, tmp_path):
    fill(with_password)
    before = contents(with_password)
    for name in ("mariadb-dump", "mariadb"):
        listening = tmp_path / "bin" / name
        listening.parent.mkdir(exist_ok=True)
        said = f'{{ echo "$0 $*"; env; }} >> {tmp_path}/said\nexec {shutil.which(name)} "$@"\n'
        listening.write_text(f"#!/bin/sh\n{said}")
        listening.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")

    back_up(with_password, place / "one.tar")
    restored = restore(with_password, place / "one.tar", replace=True)

    assert contents(with_password) == before
    assert restored.safety.exists()
    with dumping.login_file(with_password) as file:
        assert stat.S_IMODE(os.stat(file.name).st_mode) == 0o600
    assert not os.path.exists(file.name)
    said = (tmp_path / "said").read_text()
    assert said.count("--defaults-file=") == 3
    assert "s#w;o=r" not in said


def test_a_wrong_password_is_told_by_the_server_itself(with_password, mariadb_server, place):
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER USER 'keeper' IDENTIFIED BY 'another'")

    with pytest.raises(SchemaError, match="Access denied for user 'keeper'"):
        back_up(with_password, place / "one.tar")

    assert list(place.iterdir()) == []


def test_a_missing_program_is_named_with_its_package(make_database, place, monkeypatch):
    engine = make_database("mariadb", "full")
    fill(engine)
    back_up(engine, place / "one.tar")
    monkeypatch.setenv("PATH", str(place))

    with pytest.raises(SchemaError, match=r"mariadb-dump is not installed .* apt install mariadb-client"):
        back_up(engine, place / "two.tar")
    with pytest.raises(SchemaError, match=r"mariadb is not installed .* apt install mariadb-client"):
        restore(engine, place / "one.tar", replace=True)

    assert [path.name for path in place.iterdir()] == ["one.tar"]
    assert "thing" in contents(engine)


def test_a_trigger_and_a_view_are_saved_too(make_database, place):
    engine = make_database("mariadb", "full")
    fill(engine)
    run(engine, "CREATE TRIGGER shout BEFORE INSERT ON thing FOR EACH ROW SET NEW.words = UPPER(NEW.words)")
    run(engine, "CREATE VIEW few AS SELECT id FROM thing WHERE id < 3")
    back_up(engine, place / "one.tar")
    other = make_database("mariadb", "other")

    restore(other, place / "one.tar")
    restore(other, place / "one.tar", replace=True)

    run(other, "INSERT INTO thing (id, words) VALUES (9, 'quiet')")
    with other.connect() as connection:
        assert connection.exec_driver_sql("SELECT words FROM thing WHERE id = 9").scalar_one() == "QUIET"
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM few").scalar_one() == 2


def test_a_dump_loaded_by_hand_over_a_filled_database_destroys_nothing(make_database, place):
    engine = make_database("mariadb", "full")
    fill(engine)
    back_up(engine, place / "one.tar")
    run(engine, "UPDATE thing SET words = 'newer'")
    newer = contents(engine)

    with tarfile.open(place / "one.tar") as tar, pytest.raises(SchemaError, match="already exists"):
        dumping.load(engine, tar.extractfile("database.sql"))

    assert contents(engine) == newer
