"""Going down with scripts whose files are gone, as an older release has to."""

import io
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from cms.schema import moving, sources
from cms.schema.errors import SchemaError, SchemaIsNewer
from cms.schema.own_tables import SOURCE, history, journal, unfinished
from cms.schema.run import Options
from tests.schema.children import KILLED, READS, Job
from tests.schema.figures import amount, record
from tests.schema.kills import str_url, undisturbed
from tests.schema.states import snapshot
from tests.schema.workbench import Revision, Workbench, configuration, unlike

HISTORY = [
    Revision(
        "one",
        None,
        'op.create_table("post", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(50)))',
        'op.drop_table("post")',
    ),
    Revision(
        "two",
        "one",
        'op.add_column("post", sa.Column("slug", sa.String(50)))\nop.fill("post", {"slug": "lower(title)"})',
        'op.drop_column("post", "slug")',
    ),
    Revision(
        "three",
        "two",
        'op.add_column("post", sa.Column("motto", sa.String(50)))\nop.drop_column("post", "title")',
        'op.add_column("post", sa.Column("title", sa.String(50)))\n'
        'op.fill("post", {"title": "upper(slug)"})\n'
        'op.drop_column("post", "motto")',
    ),
]


@pytest.fixture
def bench(new_url, tmp_path):
    """At the newest revision, with rows that came at each."""
    bench = Workbench(new_url(tmp_path), tmp_path / "migrations")
    bench.write(HISTORY)
    for name in ("one", "two", "three"):
        bench.upgrade(name)
        column = {"one": "title", "two": "slug", "three": "slug"}[name]
        with bench.writing() as connection:
            connection.exec_driver_sql(f"INSERT INTO post ({column}) VALUES ('From {name}')")
    yield bench
    bench.close()


def only(kind: str):
    return pytest.mark.parametrize("database_kind", [kind], indirect=True)


def lose(bench: Workbench, *names: str) -> None:
    for name in names:
        (bench.folder / "versions" / f"{name}.py").unlink()


def move(bench: Workbench, way: str, target: str) -> list[str]:
    said: list[str] = []
    config = configuration(bench.folder, bench.engine.url.render_as_string(hide_password=False))
    moving.move(config, bench.engine, way, target, Options(say=said.append))
    return said


def test_old_code_goes_back_as_the_scripts_of_the_new_one_would(bench):
    """O1."""
    newest = bench.look()
    move(bench, "downgrade", "one")
    expected = bench.look()
    move(bench, "upgrade", "heads")
    assert unlike(newest, bench.look()) == []
    lose(bench, "two", "three")

    said = move(bench, "downgrade", "one")

    assert said[0] == "Using what the database remembers of three, two: the files are gone."
    assert bench.heads() == {"one"}
    assert unlike(expected, bench.look()) == []
    assert {row["title"] for row in bench.content()["post"].values()} == {"From one", None, "FROM THREE"}
    bench.write(HISTORY)
    move(bench, "upgrade", "heads")
    assert unlike(newest, bench.look()) == []
    record(f"O1 old code goes back, {bench.kind}", 2, 2, "two revisions whose files are gone")


def test_one_step_down_needs_no_name(bench):
    lose(bench, "three")

    move(bench, "downgrade", "-1")

    assert bench.heads() == {"two"}


def test_a_lost_folder_is_made_up_for_to_the_last_revision(bench):
    lose(bench, "one", "two", "three")

    move(bench, "downgrade", "base")

    assert bench.heads() == frozenset()
    assert bench.content() == {}


def test_with_all_files_nothing_is_taken_from_the_database(bench):
    said = move(bench, "downgrade", "two")

    assert not [line for line in said if "remembers" in line]


def test_an_upgrade_from_an_unknown_revision_says_how_to_go_back(bench):
    lose(bench, "three")

    with pytest.raises(SchemaIsNewer, match=r"at three, .* flask db downgrade two"):
        move(bench, "upgrade", "heads")

    assert bench.heads() == {"three"}


def test_a_revision_that_was_never_stored_is_named(bench):
    lose(bench, "three")
    with bench.writing() as connection:
        connection.execute(history.delete().where(history.c.revision == "three"))
    seen = bench.look()

    with pytest.raises(SchemaError, match="at three: this release has no such script, and the database does not"):
        move(bench, "downgrade", "two")

    assert unlike(seen, bench.look()) == []


def test_a_stored_script_that_was_tampered_with_is_not_run(bench):
    lose(bench, "three")
    with bench.writing() as connection:
        changed = sa.func.replace(history.c.source, "motto", "title")
        connection.execute(history.update().where(history.c.revision == "three").values(source=changed))

    with pytest.raises(SchemaError, match="three was changed in the database"):
        move(bench, "downgrade", "two")

    assert bench.heads() == {"three"}


def test_a_stored_script_must_hang_where_it_hung(bench):
    lose(bench, "three")
    with bench.writing() as connection:
        connection.execute(history.update().where(history.c.revision == "three").values(down_revision="one"))

    with pytest.raises(SchemaError, match="three does not follow one"):
        move(bench, "downgrade", "two")


def test_the_temporary_files_are_gone_afterwards(bench, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)  # it remembers where the last one was
    (tmp_path / "temporary").mkdir()
    lose(bench, "three")
    config = configuration(bench.folder, bench.engine.url.render_as_string(hide_password=False))

    with sources.within_reach(config, bench.engine, io.StringIO().write):
        (made,) = (tmp_path / "temporary").iterdir()
        assert [path.name for path in made.rglob("*.py")] == ["three.py"]

    assert not made.exists()


# Cut off by a kill, and then the file is gone


@only("mariadb")
def test_what_new_code_began_and_did_not_finish_is_finished_and_undone_by_old_code(bench, children):
    """O2. On SQLite a run that is cut off leaves nothing, see below."""
    bench.downgrade("two")
    start, job = snapshot(bench), Job(str(bench.folder), str_url(bench), "upgrade", "three")
    statements = undisturbed(bench, children, job).statements
    up = bench.look()
    bench.downgrade("two")
    down, tried, failures = bench.look(), 0, []

    writes = [number for number, one in enumerate(statements, 1) if not READS.match(one)]
    for number in writes[:: amount(3, 1, 1)]:
        start.restore()
        bench.write(HISTORY)
        assert children.run(replace(job, at=number)).code == KILLED
        with bench.engine.connect() as connection:
            begun = unfinished(connection)
        if begun is None:
            continue
        tried += 1
        lose(bench, "three")
        try:
            problems = finished_and_undone(bench, up, down, first_up=bool(tried % 2))
        except (SchemaError, DBAPIError) as error:
            problems = [str(error)]
        failures += [f"killed before {statements[number - 1]!r}: {'; '.join(problems)}"] if problems else []

    passed = tried - len(failures)
    record(f"O2 old code finishes what was cut off, {bench.kind}", tried, passed, f"of {len(writes)} that write")
    assert tried > 4
    assert not failures, "\n".join(failures)


def finished_and_undone(bench, up, down, *, first_up):
    """What is not as it should be after old code went up, if it is asked to, and down."""
    problems = []
    if first_up:
        said = move(bench, "upgrade", "heads")
        if (said[0], said[-1]) != (
            "Using what the database remembers of three: the files are gone.",
            "This release does not know three: flask db downgrade two goes back.",
        ):
            problems.append(f"said on the way up: {said}")
        problems += [f"up: {line}" for line in unlike(({"three"}, *up), (bench.heads(), *bench.look()))]
    said = move(bench, "downgrade", "two")
    if ("First the upgrade through three" in "\n".join(said)) == first_up:
        problems.append(f"said on the way down: {said}")
    return [*problems, *(f"down: {line}" for line in unlike(({"two"}, *down), (bench.heads(), *bench.look())))]


@only("sqlite")
def test_on_sqlite_nothing_is_left_to_finish_when_the_file_is_gone(bench, children):
    bench.downgrade("two")
    before, start = bench.look(), snapshot(bench)
    job = Job(str(bench.folder), str_url(bench), "upgrade", "three")
    statements = undisturbed(bench, children, job).statements
    writes = [number for number, one in enumerate(statements, 1) if not READS.match(one)]

    for number in writes[:: max(1, len(writes) // 8)]:
        start.restore()
        bench.write(HISTORY)
        assert children.run(replace(job, at=number)).code == KILLED
        lose(bench, "three")
        assert move(bench, "upgrade", "heads") == ["Already there: two."]
        assert bench.heads() == {"two"}
        assert unlike(before, bench.look()) == []


def test_a_downgrade_that_was_cut_off_is_finished_by_old_code(bench, children):
    start, job = snapshot(bench), Job(str(bench.folder), str_url(bench), "downgrade", "two")
    statements = undisturbed(bench, children, job).statements
    down = bench.look()
    writes = [number for number, one in enumerate(statements, 1) if not READS.match(one)]

    for number in writes[:: max(1, len(writes) // 6)]:
        start.restore()
        bench.write(HISTORY)
        assert children.run(replace(job, at=number)).code == KILLED
        lose(bench, "three")
        move(bench, "downgrade", "two")
        assert bench.heads() == {"two"}
        assert unlike(down, bench.look()) == [], statements[number - 1]


@pytest.fixture
def stuck(bench):
    """The upgrade through ``four`` stopped at its second step."""
    write_four(bench, "nowhere")
    with pytest.raises(DBAPIError):
        bench.upgrade("four")
    return bench


def write_four(bench, table):
    raw = f'op.execute("UPDATE {table} SET id = id", execution_options={{"runs": "every time"}})'
    up = f'op.add_column("post", sa.Column("more", sa.String(50)))\n{raw}'
    bench.write([*HISTORY, Revision("four", "three", up, 'op.drop_column("post", "more")')])


@only("mariadb")
def test_the_source_is_that_of_the_script_as_it_was_mended(stuck):
    write_four(stuck, "nowhere_else")
    with pytest.raises(DBAPIError):
        stuck.upgrade("four")
    lose(stuck, "four")
    with stuck.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE nowhere_else (id INTEGER PRIMARY KEY)")

    move(stuck, "upgrade", "heads")

    assert stuck.heads() == {"four"}
    with stuck.engine.connect() as connection:
        stored = sources.applied(connection, "four")
    assert stored.filename == "four.py"
    assert "nowhere_else" in stored.source


@only("mariadb")
def test_a_source_in_the_journal_that_was_tampered_with_is_not_run(stuck):
    lose(stuck, "four")
    with stuck.writing() as connection:
        changed = sa.func.replace(journal.c.units, "nowhere", "post")
        connection.execute(journal.update().where(journal.c.step == SOURCE).values(units=changed))

    with pytest.raises(SchemaError, match="four was changed in the database"):
        move(stuck, "upgrade", "heads")

    assert stuck.heads() == {"three"}


@only("mariadb")
def test_where_no_source_was_noted_it_says_which_release_is_needed(stuck):
    lose(stuck, "four")
    with stuck.writing() as connection:
        connection.execute(journal.delete().where(journal.c.step == SOURCE))

    with pytest.raises(SchemaError, match=r"script of four is not here\. Use the release that began it"):
        move(stuck, "downgrade", "two")
