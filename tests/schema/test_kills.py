"""Killed at any statement, an upgrade or a downgrade is finished by running it again (K1, K2; W0 for plain Alembic)."""

import random
import re
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cms.db import MIGRATIONS, db
from tests import mariadb
from tests.conftest import make_app
from tests.factories import make_comment, make_page, make_post, make_user
from tests.required import skip_or_fail
from tests.schema.children import Job
from tests.schema.figures import LARGE, PROOF, amount, needs_level, record
from tests.schema.kills import (
    COPIED,
    COPIED_START,
    LONG,
    LONG_FILLED,
    LONG_START,
    OPPOSITE,
    Tally,
    fill_large,
    look_large,
    passage,
    passages,
    project_passages,
    project_revisions,
    spread,
    str_url,
    try_points,
    whole_way,
    write,
)
from tests.schema.states import snapshot
from tests.schema.synthetic import HISTORY, ROWS, START
from tests.schema.workbench import Workbench, unlike

pytestmark = needs_level

# Points to try in each passage; 0 is all of them.
CLIENT_POINTS = amount(1, 0, 0)
SERVER_POINTS = amount(1, 0, 0)
PROJECT_POINTS = amount(1, 6, 0)
PROJECT_SERVER_POINTS = amount(1, 4, 0)
IN_FULL = amount(0, 2, 0)  # of so many of the newest revisions all the same
# Which passages of the history: each n-th, or a part a chapter.
PASSAGES = 3 * len(HISTORY)
CLIENT_PARTS = [range(number, number + 3) for number in range(0, PASSAGES, 3)] if LARGE else [range(0, PASSAGES, 4)]
SERVER_PARTS = CLIENT_PARTS if LARGE else [range(0, PASSAGES, 8)]
REVISIONS = project_revisions()
WAYS = [[way] for way in OPPOSITE] if PROOF else [[*OPPOSITE]]
PROJECT_PARTS = [([one], ways) for one in REVISIONS for ways in WAYS] if LARGE else [(REVISIONS, WAYS[0])]
# K2: rows of the large table, how often it is killed somewhere, and how often a copy of a small one is.
ROWS_OF_LARGE = amount(20_000, 100_000, 300_000)
RANDOM_KILLS = amount(25, 25, 100)
COPY_KILLS = amount(30, 75, 300)
DEFINES = re.compile(r"(ALTER|CREATE|DROP|RENAME) ")
SECONDS_OF_SMALL = 0.008  # what a small table takes to be defined, or some more
HOWS = {"sqlite": ["before"], "mariadb": ["before", "sent"]}
KNOWN_TO_ALEMBIC = [chapter for chapter in HISTORY if not chapter.ours]


@pytest.fixture
def make_bench(tmp_path):
    """Workbenches that are closed at the end."""
    made = []

    def make(url, *, plain=False):
        made.append(Workbench(url, tmp_path / f"migrations{len(made)}", plain=plain))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def own_project(new_url, tmp_path):
    """A filled database of the CMS at head, and the instance folder of its app."""
    bench, instance = filled_project(new_url(tmp_path), tmp_path)
    yield bench, instance
    bench.close()


def in_parts(parts, name):
    """One test a part, which says of what it is and how many there are."""
    numbered = [(part, number, len(parts)) for number, part in enumerate(parts, 1)]
    return pytest.mark.parametrize("part", numbered, ids=[name(part) for part in parts])


def chapter_by_chapter(parts):
    return in_parts(parts, lambda part: HISTORY[part.start // 3].revision.name if LARGE else "some")


revision_by_revision = in_parts(
    PROJECT_PARTS, lambda part: "-".join([*part[1], part[0][0].revision]) if LARGE else "all"
)


def wanted_of(part, points):
    """How many of a passage of this part."""
    return 0 if part[0][0] in REVISIONS[:IN_FULL] else points


def assert_recovered(proof, tally, part):
    """From each point of this part, most of which were reached alive; the figures are kept whatever they say."""
    record(proof, tally.points, tally.passed, tally.figure, part=part[1], parts=part[2])
    assert tally.killed * 2 > tally.points
    assert not tally.failures, str(tally)


def filled_project(url, tmp_path):
    instance = tmp_path / "instance"
    instance.mkdir()
    app = make_app(instance, url)
    with app.app_context():
        editor, post = make_user(), make_post(tags=["One", "Two"])
        make_comment(post)
        make_post("draft", by=editor)
        make_page()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return Workbench(url, MIGRATIONS, derived=("post_search",)), instance


def test_w0_plain_alembic_is_wedged_by_a_kill(make_bench, new_url, children, database_kind, tmp_path):
    tally = Tally()
    for bench, stage in plain_stages(make_bench, lambda: new_url(tmp_path), children):
        points = spread(stage.points(HOWS[database_kind], reads=False), 0 if PROOF else 8)
        try_points(bench, children, stage, points, tally)

    record(f"W0 kills, plain, {database_kind}", tally.points, tally.passed, "must not recover")
    assert tally.killed
    assert len(tally.failures) * 2 >= tally.points, str(tally)


def test_w0_plain_alembic_is_wedged_by_a_kill_of_the_server(make_bench, durable_server, children):
    tally = Tally()
    for bench, stage in plain_stages(make_bench, lambda: durable_server.create_database("plain"), children):
        try_kills_of(durable_server, bench, children, stage, 0 if PROOF else 4, tally)

    record("W0 kills of the server, plain", tally.points, tally.passed, "must not recover")
    assert len(tally.failures) * 2 >= tally.points, str(tally)


def try_kills_of(server, bench, children, stage, wanted, tally):
    """As each statement reaches the server; where all are tried, also at some moment inside those that define."""
    points = spread(stage.points(["ask"], reads=False), wanted)
    try_points(bench, children, stage, points, tally, reached=server.kill, restarted=server.start)
    inside = [point for point in points if DEFINES.match(stage.statements[point.at - 1])] if not wanted else []
    kill = killing_within(server, SECONDS_OF_SMALL, seed=len(inside))
    try_points(bench, children, stage, inside, tally, reached=kill, restarted=server.start)


def killing_within(server, seconds, *, seed):
    moments = random.Random(seed)

    def kill():
        time.sleep(moments.uniform(0, seconds))
        server.kill()

    return kill


def plain_stages(make_bench, make_url, children):
    """What plain Alembic goes through by itself: the chapters up, and a revision up and down that it can go down."""
    bench = make_bench(make_url(), plain=True)
    for stage in passages(bench, children, KNOWN_TO_ALEMBIC[: None if PROOF else 2], only_up=True):
        yield bench, stage
    if bench.kind == "sqlite":
        Path(bench.url.database).unlink()
    bench = make_bench(make_url(), plain=True)
    bench.write([LONG_START, LONG])
    bench.upgrade(LONG_START.name)
    fill_large(bench, 50)
    for way, target, back in (("upgrade", "long", "start"), ("downgrade", "start", "long")):
        for stage in passage(bench, children, way, target, back):
            yield bench, stage


def test_undisturbed_the_structure_is_what_plain_alembic_makes(make_bench, new_url, database_kind, tmp_path):
    looks = []
    for plain in (True, False):
        bench = make_bench(new_url(tmp_path), plain=plain)
        bench.write([START, *(chapter.revision for chapter in KNOWN_TO_ALEMBIC)])
        bench.upgrade(START.name)
        write(bench, ROWS)
        bench.upgrade()
        looks.append(bench.look())
        if database_kind == "sqlite":
            (tmp_path / "walked.sqlite3").unlink()

    assert unlike(looks[0][0], looks[1][0]) == []
    if database_kind == "sqlite":
        # Plain Alembic's rebuild of `post` with foreign keys on deletes what hangs on it: the trap that we must avoid.
        assert len(looks[0][1].pop("remark")) < len(looks[1][1].pop("remark"))
    assert unlike(looks[0][1], looks[1][1]) == []


@chapter_by_chapter(CLIENT_PARTS)
def test_k1_after_a_kill_of_the_client_a_second_run_ends_where_an_undisturbed_one_does(
    make_bench, new_url, children, database_kind, tmp_path, part
):
    bench, tally = make_bench(new_url(tmp_path)), Tally()

    for stage in passages(bench, children, HISTORY, part[0]):
        points = spread(stage.points(HOWS[database_kind], reads=False), CLIENT_POINTS)
        try_points(bench, children, stage, points, tally)

    assert_recovered(f"K1 client, {database_kind}", tally, part)


def test_k1_after_a_kill_inside_a_run_over_many_revisions_a_second_one_ends_where_an_undisturbed_one_does(
    make_bench, new_url, children, database_kind, tmp_path
):
    bench, tally = make_bench(new_url(tmp_path)), Tally()
    nothing_tried = range(PASSAGES, PASSAGES)
    assert list(passages(bench, children, HISTORY, nothing_tried)) == []

    for stage in whole_way(bench, children, HISTORY):
        points = spread(stage.points(HOWS[database_kind], reads=False), amount(4, 24, 200))
        try_points(bench, children, stage, points, tally)

    assert_recovered(f"K1 client over many revisions, {database_kind}", tally, (None, 1, 1))


@chapter_by_chapter(SERVER_PARTS)
def test_k1_after_a_kill_of_the_server_a_second_run_ends_where_an_undisturbed_one_does(
    make_bench, durable_server, children, part
):
    bench, tally = make_bench(durable_server.create_database("killed")), Tally()

    for stage in passages(bench, children, HISTORY, part[0]):
        try_kills_of(durable_server, bench, children, stage, SERVER_POINTS, tally)

    assert_recovered("K1 server, mariadb", tally, part)


@revision_by_revision
def test_k1_every_revision_of_the_project_survives_a_kill_of_the_client(own_project, children, database_kind, part):
    bench, app = own_project
    tally = Tally()

    for stage in project_passages(bench, children, app, *part[0]):
        points = spread(stage.points(HOWS[database_kind], reads=False), wanted_of(part[0], PROJECT_POINTS))
        try_points(bench, children, stage, points, tally)

    assert_recovered(f"K1 project, {database_kind}", tally, part)


@revision_by_revision
def test_k1_every_revision_of_the_project_survives_a_kill_of_the_server(durable_server, children, tmp_path, part):
    bench, app = filled_project(durable_server.create_database("killed"), tmp_path)
    tally = Tally()

    for stage in project_passages(bench, children, app, *part[0]):
        try_kills_of(durable_server, bench, children, stage, wanted_of(part[0], PROJECT_SERVER_POINTS), tally)

    bench.close()
    assert_recovered("K1 project, server", tally, part)


@pytest.mark.parametrize("binlog", [False, True], ids=["no_binlog", "binlog"])
def test_k2_the_server_may_die_at_any_moment_of_a_long_statement(make_bench, children, binlog):
    if reason := mariadb.missing_reason():
        skip_or_fail("mariadb", reason)
    server = mariadb.PrivateMariaDB(durable=True)
    if binlog:
        server.flags = (*(flag for flag in server.flags if flag != "--skip-log-bin"), "--log-bin=bin", "--server-id=1")
    with server:
        bench = make_bench(server.create_database("large"))
        job, tally = Job(str(bench.folder), str_url(bench), "upgrade", LONG_FILLED.name), Tally()
        bench.write([LONG_START, LONG_FILLED])
        bench.upgrade(LONG_START.name)
        fill_large(bench, ROWS_OF_LARGE)
        server.stop()
        data, prepared = server.folder / "data", server.folder / "prepared"
        shutil.copytree(data, prepared)

        server.start()
        began = time.monotonic()
        assert children.run(job).code == 0
        seconds = time.monotonic() - began
        expected = look_large(bench)
        for number in range(RANDOM_KILLS):
            server.kill()
            shutil.rmtree(data)
            shutil.copytree(prepared, data)
            server.start()
            moment = random.Random(number).uniform(0, seconds)
            timer = threading.Timer(moment, server.process.kill)
            timer.start()
            first = children.run(job)
            timer.join()
            server.kill()
            server.start()
            second = children.run(job)
            tally.points += 1
            tally.killed += first.code != 0
            if second.code != 0 or look_large(bench) != expected:
                tally.failures.append(
                    f"killed {moment:.2f} s of {seconds:.2f} s into it, at {first.last[:300]}:\n{second.error}"
                )
        record(
            f"K2 server, {'binlog' if binlog else 'no binlog'}",
            tally.points,
            tally.points - len(tally.failures),
            f"{tally.killed} killed inside, {ROWS_OF_LARGE} rows, {seconds:.1f} s undisturbed",
        )
        assert tally.killed
        assert not tally.failures, str(tally)


def test_k2_the_server_may_die_at_any_moment_of_a_copy_of_a_table_with_foreign_keys(
    make_bench, durable_server, children
):
    bench, tally, lost = make_bench(durable_server.create_database("copied")), Tally(), 0
    bench.write([COPIED_START, COPIED])
    bench.upgrade(COPIED_START.name)
    seconds = max(seconds_of(bench, "ALTER TABLE pair FORCE, ALGORITHM=COPY") for _ in range(3))

    def start():
        nonlocal lost
        durable_server.start()
        lost += len(bench.fingerprint()["pair"]["foreign_keys"]) < 2

    (stage,) = passage(bench, children, "upgrade", COPIED.name, COPIED_START.name)
    copies = [point for point in stage.points(["ask"], reads=False) if is_copy(stage.statements[point.at - 1])]
    assert copies
    kill = killing_within(durable_server, 1.5 * seconds, seed=1)
    try_points(bench, children, stage, copies * COPY_KILLS, tally, reached=kill, restarted=start)

    figure = f"{lost} times the server came up without the keys, {seconds * 1000:.0f} ms a copy"
    record("K2 server, copies", tally.points, tally.passed, figure)
    assert not tally.failures, str(tally)


def seconds_of(bench, statement):
    began = time.monotonic()
    write(bench, [statement])
    return time.monotonic() - began


def is_copy(statement):
    return statement.startswith("ALTER TABLE `pair` DROP PRIMARY KEY") and "ALGORITHM" not in statement


def test_k2_the_client_may_die_at_any_moment_on_sqlite(make_bench, children, tmp_path):
    bench = make_bench(f"sqlite:///{tmp_path / 'large.sqlite3'}")
    job, tally = Job(str(bench.folder), str_url(bench), "upgrade", LONG_FILLED.name), Tally()
    bench.write([LONG_START, LONG_FILLED])
    bench.upgrade(LONG_START.name)
    fill_large(bench, ROWS_OF_LARGE)
    start = snapshot(bench)
    began = time.monotonic()
    assert children.run(job).code == 0
    seconds = time.monotonic() - began
    expected = look_large(bench)

    for number in range(RANDOM_KILLS):
        start.restore()
        first = children.run(replace(job, seconds=random.Random(number).uniform(0.01, seconds)))
        second = children.run(job)
        tally.points += 1
        tally.killed += first.code != 0
        if second.code != 0 or look_large(bench) != expected:
            tally.failures.append(f"killed at {first.last[:300]}:\n{second.error}")

    record(
        "K2 client, sqlite",
        tally.points,
        tally.points - len(tally.failures),
        f"{tally.killed} killed inside, {ROWS_OF_LARGE} rows, {seconds:.1f} s undisturbed",
    )
    assert tally.killed
    assert not tally.failures, str(tally)
