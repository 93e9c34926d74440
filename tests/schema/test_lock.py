"""One migration at a time, whatever happens to who has begun one."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cms.schema.errors import SchemaError
from cms.schema.lease import BEAT_SECONDS, TAKEOVER_SECONDS
from cms.schema.lock import only_one
from tests.mariadb import PrivateMariaDB, missing_reason
from tests.required import skip_or_fail
from tests.schema.contending import locked
from tests.schema.figures import record
from tests.waiting import until

HOME = Path(__file__).parent.parent.parent
KINDS = {"sqlite": "lock", "mariadb": "lock", "lease": "lease"}


@pytest.fixture(scope="module")
def server(mariadb_server):
    """Each test of this file has the databases of the server to itself, by names of their own."""
    return mariadb_server


@pytest.fixture(params=KINDS)
def place(request, tmp_path):
    """A kind of lock and the URL of a database: a file, a server, and a server with the lease of a cluster."""
    if request.param == "sqlite":
        return "lock", f"sqlite:///{tmp_path / 'own.sqlite3'}"
    return KINDS[request.param], mariadb_url(request.getfixturevalue("server"))


def mariadb_url(server):
    return server.create_database(f"lock_{time.monotonic_ns()}").replace("mysql:", "mysql+pymysql:")


@pytest.fixture
def connect():
    """Connections that are closed at the end, whatever became of them."""
    open_ones = []

    def new(url):
        open_ones.append(create_engine(url, poolclass=NullPool).connect())
        return open_ones[-1]

    yield new
    for connection in open_ones:
        connection.close()


@pytest.fixture
def start(tmp_path):
    """Start the other processes; none survives its test."""
    started = []

    def new(what, kind, *urls, rounds=1):
        command = [sys.executable, "-m", "tests.schema.contending", what, kind, str(tmp_path), str(rounds), *urls]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=HOME, text=True, **pipes))
        return started[-1]

    yield new
    for process in started:
        process.kill()
        with process:
            pass  # waits for it and closes its pipes


def holder(start, kind, url):
    """A process that has the lock."""
    process = start("hold", kind, url)
    assert process.stdout.readline() == "held\n", process.communicate()[1]
    return process


def test_ten_processes_enter_one_at_a_time(place, start, tmp_path):
    kind, url = place

    contenders = start("contend", kind, *[url] * 10, rounds=3)
    errors = contenders.communicate(timeout=110)[1]

    assert contenders.returncode == 0, errors
    entered = [line.split()[0] for line in (tmp_path / "entered").read_text().splitlines()]
    assert sorted(entered.count(process) for process in set(entered)) == [3] * 10


def test_who_waits_hears_once_who_is_at_work_and_follows_when_that_one_is_killed(place, start, connect, request):
    kind, url = place
    owner = holder(start, kind, url)
    said, killed_at = [], []

    def say(message):
        said.append(message)
        if not killed_at:
            killed_at.append(time.monotonic())
            owner.kill()

    connection = connect(url)
    with locked(kind, connection, wait_seconds=30, say=say) as lock:
        took = time.monotonic() - killed_at[0]
        lock.check()

    record(f"L2 killed lock holder, {request.node.callspec.id}", 1, int(took < 15), f"replaced after {took:.2f} s")
    assert said[0].startswith("Waiting for another migration of this database: ")
    if kind == "lease":
        assert f"process {owner.pid} on " in said[0]
        assert said[1:] == [said[1]]
        assert said[1].startswith(f"Took over from process {owner.pid} on ")
        # Its last beat may have been some time before.
        assert TAKEOVER_SECONDS / 2 < took < 15
    else:
        assert f"process {owner.pid} on " in said[0] or "of root from 127.0.0.1" in said[0]
        assert len(said) == 1
        assert took < 15


def test_the_next_one_enters_as_soon_as_the_block_ends(place, start, connect):
    kind, url = place
    owner = holder(start, kind, url)
    ended_at = []

    def say(_message):
        ended_at.append(time.monotonic())
        owner.stdin.close()  # no more to do: it leaves

    with locked(kind, connect(url), wait_seconds=30, say=say):
        assert time.monotonic() - ended_at[0] < 15  # far less than wait_seconds
    assert owner.wait(10) == 0


def test_who_waits_too_long_is_told_whom_to_look_at(place, start, connect):
    kind, url = place
    holder(start, kind, url)
    said = []
    connection = connect(url)

    at_work = r"another migration of this database is at work, (process|connection) \d+"
    with pytest.raises(SchemaError, match=at_work), locked(kind, connection, wait_seconds=1, say=said.append):
        pytest.fail("there were two inside")

    assert said == []
    assert not connection.in_transaction()


def test_a_wait_of_no_seconds_asks_once(place, start, connect):
    kind, url = place
    connection = connect(url)
    with locked(kind, connection, wait_seconds=0) as lock:
        lock.check()
    holder(start, kind, url)

    began = time.monotonic()
    with pytest.raises(SchemaError, match="Gave up after 0 s"), locked(kind, connection, wait_seconds=0):
        pytest.fail("there were two inside")

    assert time.monotonic() - began < 15


def test_an_error_inside_lets_the_next_one_in(place, connect):
    kind, url = place
    connection = connect(url)
    with pytest.raises(LookupError), locked(kind, connection):
        fail_in_a_transaction(connection)

    with locked(kind, connect(url), wait_seconds=0) as lock:
        lock.check()


def fail_in_a_transaction(connection):
    connection.execute(text("SELECT 1"))
    raise LookupError


@pytest.fixture
def ctrl_c():
    """Ctrl-C counts, though a shell that starts the tests in the background hands down that it be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_the_wait_at_once_and_takes_nothing(place, start, connect):
    kind, url = place
    owner = holder(start, kind, url)
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), locked(kind, connect(url)):
        pytest.fail("there were two inside")

    assert time.monotonic() - began < 15
    timer.join()
    owner.stdin.close()
    assert owner.wait(10) == 0
    with locked(kind, connect(url), wait_seconds=5) as lock:
        lock.check()


def test_a_lock_that_is_held_can_be_asked_inside_and_outside_of_a_transaction(place, connect):
    kind, url = place
    connection = connect(url)

    with locked(kind, connection) as lock:
        assert not connection.in_transaction()
        assert lock.still_held() is True
        assert not connection.in_transaction()
        with connection.begin():
            connection.execute(text("SELECT 1"))
            assert lock.still_held() is True
            assert connection.in_transaction()

    assert lock.still_held() is False


# SQLite


def test_a_lock_file_that_is_removed_is_a_lost_lock(tmp_path, connect):
    url = f"sqlite:///{tmp_path / 'own.sqlite3'}"

    with only_one(connect(url)) as lock:
        lock.check()
        (tmp_path / "own.sqlite3.upgrade-lock").unlink()
        with only_one(connect(url), wait_seconds=0) as second:
            second.check()
            with pytest.raises(SchemaError, match="Lost the upgrade lock"):
                lock.check()


def test_two_ways_to_name_a_file_are_one_database(tmp_path, connect, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)

    with only_one(connect(f"sqlite:///{tmp_path / 'own.sqlite3'}")):
        for url in (
            "sqlite:///own.sqlite3",
            f"sqlite:///{tmp_path}/link/own.sqlite3",
            "sqlite:///file:own.sqlite3?uri=true",
        ):
            with pytest.raises(SchemaError, match="Gave up"), only_one(connect(url), wait_seconds=0):
                pytest.fail("there were two inside")


def test_a_database_in_memory_is_nobody_elses(connect):
    with only_one(connect("sqlite://")) as first, only_one(connect("sqlite://")) as second:
        first.check()
        second.check()


def test_a_lock_in_an_open_transaction_is_refused(tmp_path, connect):
    connection = connect(f"sqlite:///{tmp_path / 'own.sqlite3'}")
    connection.execute(text("SELECT 1"))

    with pytest.raises(ValueError, match="An open transaction"), only_one(connection):
        pytest.fail("it was taken")


# MariaDB


def test_two_databases_of_one_server_are_two_locks(server, connect):
    with (
        only_one(connect(mariadb_url(server))) as first,
        only_one(connect(mariadb_url(server)), wait_seconds=0) as other,
    ):
        first.check()
        other.check()


def test_waiting_and_holding_leave_no_transaction_open_on_the_server(server, connect):
    url = mariadb_url(server)
    connection, observer = connect(url), connect(url)
    number = connection.scalar(text("SELECT CONNECTION_ID()"))
    connection.rollback()

    with only_one(connection) as lock:
        lock.check()
        open_ones = observer.scalars(text("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx")).all()

    assert number not in open_ones


def test_a_lock_whose_connection_was_killed_is_noticed_and_free(server, connect):
    url = mariadb_url(server)
    connection, other = connect(url), connect(url)

    number = connection.scalar(text("SELECT CONNECTION_ID()"))
    connection.rollback()
    with only_one(connection) as lock:
        with server.connect() as own, own.cursor() as cursor:
            cursor.execute(f"KILL {number}")
        with only_one(other, wait_seconds=5), pytest.raises(SchemaError, match="Lost the upgrade lock"):
            lock.check()


def test_the_lock_of_a_killed_process_lasts_as_long_as_its_running_statement(server, start, connect):
    url = mariadb_url(server)
    owner = holder(start, "lock", url)
    owner.stdin.write("CREATE TABLE slow AS SELECT SLEEP(4) AS slept\n")
    owner.stdin.flush()
    wait_until_running(server, "CREATE TABLE slow")
    owner.kill()

    connection = connect(url)
    with only_one(connection, wait_seconds=30):
        running = connection.scalars(
            text("SELECT info FROM information_schema.processlist WHERE db = DATABASE()")
        ).all()
        assert not [info for info in running if info and info.startswith("CREATE")]


def test_a_connection_goes_back_to_its_pool_without_the_lock(server):
    url = mariadb_url(server)
    engine = create_engine(url, pool_size=1)
    with engine.connect() as connection, only_one(connection):
        pass
    other = create_engine(url, poolclass=NullPool)

    with other.connect() as connection, only_one(connection, wait_seconds=0) as lock:
        lock.check()
    engine.dispose()


def wait_until_running(server, statement):
    query = "SELECT info FROM information_schema.processlist WHERE id <> CONNECTION_ID()"
    with server.connect() as own, own.cursor() as cursor:

        def runs():
            cursor.execute(query)
            return any(info and info.startswith(statement) for (info,) in cursor.fetchall())

        until(runs, statement)


# The lease of a cluster, on a plain server


def test_a_lease_that_beats_is_left_alone_however_long_its_owner_takes(server, start, connect):
    url = mariadb_url(server)
    holder(start, "lease", url)

    long_enough = TAKEOVER_SECONDS + 3
    with pytest.raises(SchemaError, match="Gave up"), locked("lease", connect(url), wait_seconds=long_enough):
        pytest.fail("there were two inside")


def test_a_lease_taken_by_another_is_noticed_and_never_taken_back(server, connect):
    url = mariadb_url(server)
    connection = connect(url)

    with locked("lease", connection) as lock:
        lock.check()
        connection.execute(text("UPDATE alembic_lease SET owner = 'another', beat = beat + 1"))
        connection.commit()
        with pytest.raises(SchemaError, match="Lost the upgrade lock"):
            lock.check()

    assert connection.scalar(text("SELECT owner FROM alembic_lease")) == "another"


def test_a_lease_without_a_database_to_beat_in_is_lost(connect):
    if reason := missing_reason():
        skip_or_fail("mariadb", reason)
    with PrivateMariaDB() as own, locked("lease", connect(mariadb_url(own))) as lock:
        lock.check()
        own.kill()
        began = time.monotonic()
        with pytest.raises(SchemaError, match="Lost the upgrade lock"):
            lock.check()
    assert time.monotonic() - began < TAKEOVER_SECONDS + 5


def test_a_lease_lives_through_a_lost_connection(server, connect):
    url = mariadb_url(server)
    connection = connect(url)
    with locked("lease", connection) as lock, server.connect() as own, own.cursor() as cursor:
        database = url.rsplit("/")[-1]
        migrating = connection.scalar(text("SELECT CONNECTION_ID()"))
        cursor.execute(f"SELECT id FROM information_schema.processlist WHERE db = '{database}' AND id <> {migrating}")
        ((beating,),) = cursor.fetchall()
        cursor.execute(f"KILL {beating}")

        lock.check()


def test_who_takes_over_waits_for_the_statement_that_a_dead_process_left_behind(server, start, connect):
    url = mariadb_url(server)
    owner = holder(start, "lease", url)
    said = []
    with server.connect() as own, own.cursor() as cursor:
        owner.kill()
        own.select_db(url.rsplit("/")[-1])
        orphan = threading.Thread(
            target=cursor.execute, args=("CREATE TABLE slow AS SELECT SLEEP(14) AS slept",), daemon=True
        )
        orphan.start()
        connection = connect(url)
        with locked("lease", connection, wait_seconds=40, say=said.append):
            assert connection.scalar(text("SELECT COUNT(*) FROM slow")) == 1
        orphan.join()

    assert said[1].startswith("Took over from process")
    assert said[2].startswith(
        "The server is still at work on a statement of an earlier run, waiting for it: CREATE TABLE"
    )


def test_times_in_the_lease_are_doubles_of_the_clock_of_the_database(server, connect):
    connection = connect(mariadb_url(server))
    with locked("lease", connection):
        apart = connection.scalar(text("SELECT UNIX_TIMESTAMP(NOW(6)) - beat FROM alembic_lease"))
        kinds = connection.scalars(
            text(
                "SELECT data_type FROM information_schema.columns WHERE table_schema = DATABASE()"
                " AND table_name = 'alembic_lease' AND column_name IN ('beat', 'taken_at')"
            )
        ).all()
    assert kinds == ["double", "double"]
    assert 0 <= apart < BEAT_SECONDS + 1
