"""Migrations on a cluster of three nodes, with nodes that die. CMS_TEST_GALERA=1 runs them, and `make schema-proof`."""

import importlib.util
import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cms.schema.errors import SchemaError
from cms.schema.lease import BEAT_SECONDS, TAKEOVER_SECONDS
from cms.schema.lock import is_cluster, only_one
from tests.required import skip_or_fail
from tests.schema import galera
from tests.schema.children import Children, Job
from tests.schema.figures import PROOF, record
from tests.schema.kills import compare
from tests.schema.workbench import Revision, Workbench

HOME = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.skipif(
    not PROOF and os.environ.get("CMS_TEST_GALERA") != "1", reason="Takes minutes: CMS_TEST_GALERA=1 asks for it."
)


@pytest.fixture(scope="module")
def cluster():
    if reason := galera.missing_reason():
        skip_or_fail("galera", reason)
    with galera.Cluster() as cluster:
        yield cluster


@pytest.fixture
def database(cluster):
    """A new database on three living nodes."""
    for number, node in enumerate(cluster.nodes):
        if node.process is None:
            cluster.rejoin(number)
    name = f"galera_{time.monotonic_ns()}"
    cluster.create_database(name)
    return name


@pytest.fixture
def connect(cluster, database):
    """Connections to a node, closed at the end."""
    open_ones = []

    def new(node):
        open_ones.append(create_engine(cluster.url(node, database), poolclass=NullPool).connect())
        return open_ones[-1]

    yield new
    for connection in open_ones:
        connection.close()


@pytest.fixture
def start(tmp_path):
    """Start other processes; none survives its test."""
    started = []

    def new(what, *urls, rounds=1):
        command = [sys.executable, "-m", "tests.schema.contending", what, "lock", str(tmp_path), str(rounds), *urls]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=HOME, text=True, **pipes))
        return started[-1]

    yield new
    for process in started:
        process.kill()
        with process:
            pass  # waits for it and closes its pipes


def holder(start, url):
    process = start("hold", url)
    assert process.stdout.readline() == "held\n", process.communicate()[1]
    return process


def test_three_nodes_are_one_cluster(cluster, database, connect):
    assert cluster.size() == 3
    with connect(0) as connection:
        assert is_cluster(connection)
        connection.execute(text("CREATE TABLE seen (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO seen VALUES (7)"))
        connection.commit()
    for node in (1, 2):
        with connect(node) as connection:
            connection.execute(text("SET SESSION wsrep_sync_wait = 1"))
            assert connection.scalar(text("SELECT id FROM seen")) == 7


def test_get_lock_holds_on_its_own_node_alone_and_the_lease_on_all(connect):
    first, second = connect(0), connect(1)
    for connection in (first, second):
        assert connection.scalar(text("SELECT GET_LOCK('one', 0)")) == 1, "then the lease would not be needed"
        connection.rollback()

    with only_one(first) as lock:
        with pytest.raises(SchemaError, match="Gave up"), only_one(second, wait_seconds=1):
            pytest.fail("there were two inside")
        lock.check()
    with only_one(second, wait_seconds=5) as lock:
        lock.check()


def test_of_three_nodes_that_try_at_once_one_wins(connect):
    rounds = 10
    winners = []
    for _ in range(rounds):
        together = threading.Barrier(3)
        inside: list[int] = []
        threads = [threading.Thread(target=try_once, args=(connect(node), node, together, inside)) for node in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners.append(inside)
    alone = sum(len(inside) == 1 for inside in winners)
    record("L1 three Galera nodes try at once", rounds, alone, "one winner a round")
    assert alone == rounds, winners


def try_once(connection, node, together, inside):
    """Try without patience, and hold what was won until all have tried."""
    together.wait(30)
    try:
        with only_one(connection, wait_seconds=0) as lock:
            inside.append(node)
            together.wait(30)
            lock.check()
    except SchemaError:
        together.wait(30)


def test_nine_processes_on_three_nodes_enter_one_at_a_time(cluster, database, start, tmp_path):
    urls = [cluster.url(number % 3, database) for number in range(9)]

    contenders = start("contend", *urls, rounds=5)
    errors = contenders.communicate(timeout=115)[1]

    assert contenders.returncode == 0, errors
    entered = [line.split()[0] for line in (tmp_path / "entered").read_text().splitlines()]
    assert sorted(entered.count(process) for process in set(entered)) == [5] * 9


def test_a_killed_owner_is_replaced_from_another_node(cluster, database, start, connect):
    owner = holder(start, cluster.url(0, database))

    took = time_to_take_over(connect(1), owner.kill)

    record("L2 owner killed, Galera", 1, int(took < 15), f"replaced after {took:.1f} s")
    assert TAKEOVER_SECONDS - BEAT_SECONDS - 1 < took < 15


def test_an_owner_whose_node_is_killed_is_replaced_and_notices(cluster, database, start, connect):
    with only_one(connect(0)) as lock:
        took = time_to_take_over(connect(1), lambda: cluster.kill(0))
        with pytest.raises(SchemaError, match="Lost the upgrade lock"):
            lock.check()

    record("L2 owner's node killed, Galera", 1, int(took < 20), f"replaced after {took:.1f} s")
    assert took < 20


def time_to_take_over(connection, kill):
    """Seconds from the killing of the owner, which comes when the wait for it is told, to the entry of another."""
    killed_at = []

    def say(_message):
        if not killed_at:
            killed_at.append(time.monotonic())
            kill()

    with only_one(connection, wait_seconds=60, say=say) as lock:
        lock.check()
        return time.monotonic() - killed_at[0]


def test_an_owner_keeps_the_lease_while_another_node_dies(cluster, connect):
    """The cluster stands still for some seconds then, and so does the owner's beat."""
    with only_one(connect(0)) as lock:
        killer = threading.Timer(1, cluster.kill, (2,))
        killer.start()
        with pytest.raises(SchemaError, match="Gave up"), only_one(connect(1), wait_seconds=TAKEOVER_SECONDS + 12):
            pytest.fail("there were two inside")
        killer.join()
        lock.check()


def test_an_owner_keeps_the_lease_while_its_own_statement_blocks_the_cluster(cluster, database, start, connect):
    with connect(0) as connection:
        connection.execute(text("CREATE TABLE big (id INTEGER PRIMARY KEY)"))
        connection.execute(text(f"INSERT INTO big SELECT seq FROM seq_1_to_{rows_for_seconds(connection, 16)}"))
        connection.commit()
    owner = holder(start, cluster.url(0, database))
    began = time.monotonic()
    owner.stdin.write(f"ALTER TABLE big ADD COLUMN slow INTEGER DEFAULT ({SLOW}), ALGORITHM=COPY\n")
    owner.stdin.flush()
    ended = []
    reader = threading.Thread(target=lambda: ended.append((owner.stdout.readline(), time.monotonic() - began)))
    reader.start()

    with pytest.raises(SchemaError, match="Gave up"), only_one(connect(1), wait_seconds=2.5 * TAKEOVER_SECONDS):
        pytest.fail("there were two inside")

    reader.join()
    ((said, took),) = ended
    assert said == "done\n", owner.communicate()[1]
    assert took > TAKEOVER_SECONDS + BEAT_SECONDS, "it was meant to block longer than a lease lasts"


# Of a column, or the server would reckon it once for all rows.
SLOW = "LENGTH(SHA2(REPEAT(CHAR(97 + id % 20), 10000000), 512))"


def rows_for_seconds(connection, seconds):
    began = time.monotonic()
    connection.execute(text(f"SELECT {SLOW} FROM (SELECT seq AS id FROM seq_1_to_5) AS some")).all()
    return max(10, int(seconds * 5 / (time.monotonic() - began)))


# G1: a node dies while it upgrades, and the others go on writing

BEFORE = Revision(
    "before",
    None,
    up="""
op.create_table(
    "post",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("token", sa.String(length=40), nullable=False),
    sa.Column("title", sa.String(length=100), nullable=False),
    sa.Column("body", sa.Text(), nullable=True),
    sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_post"),
    sa.UniqueConstraint("token", name="uq_post_token"),
)
""",
    down='op.drop_table("post")',
)
AFTER = Revision(
    "after",
    "before",
    up="""
op.add_column("post", sa.Column("subtitle", sa.String(length=50), nullable=True))
op.create_table(
    "tag",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_tag"),
)
op.execute("UPDATE post SET hits = hits + 1 WHERE id <= 50")
op.create_index("ix_post_title", "post", ["title"], unique=False)
op.drop_column("post", "body")
op.execute("INSERT INTO tag (id, name) VALUES (1, 'One')")
op.add_column("post", sa.Column("views", sa.Integer(), server_default="7", nullable=False))
op.create_index("ix_tag_name", "tag", ["name"], unique=False)
""",
    down="""
op.drop_index("ix_tag_name", table_name="tag")
op.drop_column("post", "views")
op.execute("DELETE FROM tag WHERE id = 1")
op.add_column("post", sa.Column("body", sa.Text(), nullable=True))
op.drop_index("ix_post_title", table_name="post")
op.execute("UPDATE post SET hits = hits - 1 WHERE id <= 50")
op.drop_table("tag")
op.drop_column("post", "subtitle")
""",
)
OLD_ROWS = 50
PLACES = 7 if PROOF else 3
PASSING = {1020, 1047, 1205, 1213}  # the server says that nothing was done, and to try again
CHANGES = ("ALTER", "CREATE", "RENAME", "DROP", "UPDATE post", "INSERT INTO tag")


class Writer(threading.Thread):
    """Inserts posts on one node until it is told to end; ``acknowledged`` are those that the node said it has."""

    def __init__(self, cluster, node, database):
        super().__init__(daemon=True)
        self.cluster, self.node, self.database = cluster, node, database
        self.acknowledged: list[str] = []
        self.longest = 0.0
        self.enough = threading.Event()

    def run(self):
        with self.cluster.connect(self.node, self.database) as connection, connection.cursor() as cursor:
            while not self.enough.wait(0.005):
                token = uuid.uuid4().hex
                began = time.monotonic()
                while True:
                    try:
                        cursor.execute("INSERT INTO post (token, title) VALUES (%s, 'Live')", (token,))
                        break
                    except pymysql.err.MySQLError as error:
                        if error.args[0] not in PASSING:
                            raise
                        time.sleep(0.05)
                self.acknowledged.append(token)
                self.longest = max(self.longest, time.monotonic() - began)


def filled(cluster, folder, children, *, plain=False):
    """A database on the cluster, upgraded on node 0 to where the upgrade to be disturbed begins."""
    name = f"galera_{time.monotonic_ns()}"
    cluster.create_database(name)
    bench = Workbench(cluster.url(0, name), folder, plain=plain)
    bench.write([BEFORE, AFTER])
    ended = children.run(job(cluster, bench, name, 0, target="before"))
    assert ended.code == 0, ended.error
    with bench.writing() as connection:
        connection.execute(
            text(f"INSERT INTO post (id, token, title, body) SELECT seq, seq, 'Old', 'Body' FROM seq_1_to_{OLD_ROWS}")
        )
    return name, bench


def job(cluster, bench, database, node, *, target="after", at=0, how="before"):
    return Job(str(bench.folder), cluster.url(node, database), "upgrade", target, at, how)


def undisturbed(cluster, folder, children, *, plain=False):
    """What an upgrade sends on a node, and where it leads."""
    name, bench = filled(cluster, folder, children, plain=plain)
    ended = children.run(job(cluster, bench, name, 0))
    assert ended.code == 0, ended.error
    return ended.statements, look(cluster, 0, name, bench)


def look(cluster, node, database, bench):
    """Schema and old cells as ``node`` has them."""
    other = Workbench(cluster.url(node, database), bench.folder)
    schema, content = other.look()
    content["post"] = {key: row for key, row in content["post"].items() if row["title"] == "Old"}
    return schema, content


def places(statements, count):
    """Numbers of statements that change something, spread over the run; the first and the last among them."""
    changes = [
        number
        for number, words in enumerate(statements, 1)
        if words.strip().startswith(CHANGES) and "_k_probe" not in words
    ]
    return [changes[round(place * (len(changes) - 1) / (count - 1))] for place in range(count)]


@pytest.mark.skipif(importlib.util.find_spec("cms.schema.running") is None, reason="run_migrations is not there yet.")
def test_another_node_finishes_the_upgrade_of_a_node_that_was_killed(cluster, database, tmp_path):
    good, longest, acknowledged, seconds = 0, 0.0, 0, 0.0
    with Children(tmp_path) as children:
        statements, (schema, content) = undisturbed(cluster, tmp_path / "undisturbed", children)
        for at in places(statements, PLACES):
            name, bench = filled(cluster, tmp_path / f"at{at}", children)
            writers = [Writer(cluster, node, name) for node in (1, 2)]
            for writer in writers:
                writer.start()
            killed = job(cluster, bench, name, 0, at=at, how="ask")
            children.run(killed, reached=lambda: cluster.kill(0))
            assert cluster.nodes[0].process is None, f"statement {at} was never reached"

            began = time.monotonic()
            second = children.run(job(cluster, bench, name, 1))
            assert second.code == 0, f"killed at {at}, {statements[at - 1]}:\n{second.error}"
            seconds = max(seconds, time.monotonic() - began)
            for writer in writers:
                writer.enough.set()
                writer.join()
            cluster.rejoin(0)

            for node in range(3):
                assert not compare((schema, content), look(cluster, node, name, bench)), statements[at - 1]
                assert lost(cluster, node, name, writers) == set()
            good += 1
            acknowledged += sum(len(writer.acknowledged) for writer in writers)
            longest = max(longest, *(writer.longest for writer in writers))
    record(
        "G1 upgrading Galera node killed",
        PLACES,
        good,
        f"0 of {acknowledged} acknowledged writes lost, longest {longest:.1f} s, another node done in {seconds:.1f} s",
    )


def lost(cluster, node, database, writers):
    """Posts that a node does not have though their writer was told that they are safe."""
    with cluster.connect(node, database) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION wsrep_sync_wait = 1")
        cursor.execute("SELECT token FROM post")
        there = {token for (token,) in cursor.fetchall()}
    assert all(writer.acknowledged for writer in writers)
    return {token for writer in writers for token in writer.acknowledged} - there


def test_plain_alembic_does_not_survive_that(cluster, database, tmp_path):
    """Else the test above would prove nothing."""
    with Children(tmp_path) as children:
        statements, _ = undisturbed(cluster, tmp_path / "undisturbed", children, plain=True)
        name, bench = filled(cluster, tmp_path / "killed", children, plain=True)
        killed = job(cluster, bench, name, 0, at=places(statements, 3)[1], how="ask")
        children.run(killed, reached=lambda: cluster.kill(0))
        wait_for_two(cluster)

        second = children.run(job(cluster, bench, name, 1))

    assert second.code == 1
    assert "Duplicate column name 'subtitle'" in second.error


def wait_for_two(cluster):
    deadline = time.monotonic() + 30
    while cluster.size() != 2 and time.monotonic() < deadline:
        time.sleep(0.1)
