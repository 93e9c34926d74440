"""A whole release goes up and down under a site that is written to and read from, and nobody waits long."""

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.mariadb import PrivateMariaDB, missing_reason
from tests.required import skip_or_fail
from tests.schema import figures
from tests.schema.workbench import Revision, Workbench

ROOT = Path(__file__).parent.parent.parent
WHOLE = figures.PROOF
POSTS = 1_000_000 if WHOLE else 50_000
LONGEST_SECONDS = 1.5
OPEN_SECONDS = 6 if WHOLE else 3

SITE = Revision(
    "site",
    None,
    up="""
op.create_table("author", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)))
op.create_table(
    "post",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("hits", sa.Integer, nullable=False, server_default="0"),
    sa.Column("price", sa.Float(53)),
    sa.Column("mood", sa.String(20), nullable=False, server_default="calm"),
    sa.Column("author_id", sa.Integer),
)
op.create_index("ix_post_mood", "post", ["mood"])
""",
    down="""
op.drop_index("ix_post_mood", "post")
op.drop_table("post")
op.drop_table("author")
""",
)
RELEASE = [
    Revision(
        "columns",
        "site",
        up="""
op.add_column("post", sa.Column("summary", sa.String(100)))
op.add_column("post", sa.Column("kind", sa.String(20), nullable=False, server_default="plain"))
op.fill("post", {"summary": "substr(title, 1, 80)"})
op.create_index("ix_post_summary", "post", ["summary"])
""",
        down="""
op.drop_index("ix_post_summary", "post")
op.drop_column("post", "kind")
op.drop_column("post", "summary")
""",
    ),
    Revision(
        "types",
        "columns",
        up="""
op.alter_column("post", "price", type_=sa.Integer(), existing_type=sa.Float(53), existing_nullable=True)
op.drop_index("ix_post_mood", "post")
op.drop_column("post", "mood")
""",
        down="""
op.add_column("post", sa.Column("mood", sa.String(20), nullable=False, server_default="calm"))
op.create_index("ix_post_mood", "post", ["mood"])
op.alter_column("post", "price", type_=sa.Float(53), existing_type=sa.Integer(), existing_nullable=True)
""",
    ),
    Revision(
        "keys",
        "types",
        up="""
op.create_foreign_key("fk_post_author_id", "post", "author", ["author_id"], ["id"], ondelete="SET NULL")
op.create_table(
    "post_author",
    sa.Column("post_id", sa.Integer, primary_key=True),
    sa.Column("author_id", sa.Integer, primary_key=True),
    sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_post_author_post_id", ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_post_author_author_id", ondelete="CASCADE"),
)
""",
        down="""
op.drop_table("post_author")
op.drop_constraint("fk_post_author_id", "post", type_="foreignkey")
""",
    ),
]


@pytest.fixture
def site(tmp_path):
    reason = missing_reason()
    if reason:
        skip_or_fail("mariadb", reason)
    with PrivateMariaDB() as server:
        bench = Workbench(server.create_database("busy"), tmp_path / "migrations")
        bench.write([SITE])
        bench.upgrade()
        with server.connect("busy") as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO author VALUES (1, 'Anna')")
            cursor.execute(
                "INSERT INTO post (id, title, hits, price, author_id) "
                f"SELECT seq, CONCAT('post ', seq), 0, seq / 4, 1 FROM seq_1_to_{POSTS}"
            )
        bench.write(RELEASE)
        yield server, bench
        bench.close()


@contextmanager
def visitors(server, writers=4, readers=2):
    """Yields a list that holds what each visitor had to say when the block has ended."""
    kinds = ["write"] * writers + ["read"] * readers
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.schema.visitors", kind, str(server.port), "busy", str(POSTS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    said = []
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield said
    finally:
        for process in started:
            said.append(json.loads(process.communicate("stop\n", timeout=60)[0]))


def look_at(said, proof, began):
    longest = max(one["longest"] for one in said)
    errors = [error for one in said for error in one["errors"]]
    done = sum(one["done"] for one in said)
    seconds = time.monotonic() - began
    figure = f"{POSTS:,} posts, {done:,} transactions in {seconds:.0f} s, longest {longest:.2f} s"
    figures.record(proof, points=len(said), passed=len(said) - len(errors), figure=figure)
    assert errors == []
    assert all(one["done"] for one in said)
    return longest


def test_a_release_goes_up_and_down_while_the_site_is_written_to(site):
    server, bench = site
    began = time.monotonic()

    with visitors(server) as said:
        bench.upgrade()
        time.sleep(0.5)
        bench.downgrade("site")

    longest = look_at(said, "S1 longest stall", began)
    if WHOLE:  # on a machine that does other things at the same time a figure is no test
        assert longest <= LONGEST_SECONDS
    with server.connect("busy") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT SUM(hits), COUNT(*) FROM post")
        hits, count = cursor.fetchone()
        cursor.execute(f"SELECT COUNT(*) FROM post WHERE id <= {POSTS} AND NOT price <=> id / 4")
        assert cursor.fetchone() == (0,)
    written = sum(one["done"] for one in said[:4])
    assert (int(hits), count - POSTS) == (written, written), "acknowledged writes were lost"


def test_an_open_transaction_of_somebody_else_stalls_the_site_for_a_moment_only(site):
    server, bench = site
    began, waited = time.monotonic(), []

    with visitors(server) as said:
        for move in (bench.upgrade, lambda: bench.downgrade("site")):
            started = time.monotonic()
            with open_transaction(server):
                move()
            waited.append(time.monotonic() - started)

    longest = look_at(said, "S2 with an open read transaction", began)
    assert min(waited) > OPEN_SECONDS - 1, "the open transactions were meant to be in the way"
    assert longest < OPEN_SECONDS, "the writers had to wait for the stranger's transaction as well"
    if WHOLE:
        assert longest <= LONGEST_SECONDS


@contextmanager
def open_transaction(server):
    """Somebody who read a post and stays where they are for OPEN_SECONDS."""
    reading = server.connect("busy")
    cursor = reading.cursor()
    cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    cursor.execute("SELECT * FROM post WHERE id = 1")
    cursor.fetchall()
    end = threading.Timer(OPEN_SECONDS, lambda: cursor.execute("COMMIT"))
    end.start()
    yield
    end.join()
    reading.close()
