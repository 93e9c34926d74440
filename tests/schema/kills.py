"""Kill -9 at each statement, run again, compare with a run that nobody disturbed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from alembic.script import Script, ScriptDirectory
from sqlalchemy import text

from cms.db import MIGRATIONS
from tests.schema import states
from tests.schema.children import KILLED, READS, Children, Ended, Job
from tests.schema.states import Snapshot, snapshot
from tests.schema.synthetic import MAKE_WAY, ROWS, START, Chapter
from tests.schema.workbench import Revision, Workbench, unlike

Look = tuple[dict[str, Any], dict[str, Any]]
OPPOSITE = {"upgrade": "downgrade", "downgrade": "upgrade"}
ENDS = re.compile(r"\s*(COMMIT|ROLLBACK)\s*$", re.IGNORECASE)
EVERY = range(1_000)
# Each n-th second run meets the database as it was left, with nobody looking in between: a journal to be rolled back, a
# statement of the dead that is not yet at its end. Odd, so that it meets each way to die.
UNSEEN = 5


@dataclass
class Passage:
    """One command over one start state, what it sends, and where it leads when nobody disturbs it."""

    name: str
    job: Job
    back: str  # where the opposite command is to go
    start: Snapshot
    statements: list[str]
    after: Look
    whole: str  # the digest of all that is there then, hidden things too
    back_again: Look  # after the opposite command, which brings back what was kept
    left: set[str] = field(default_factory=set)  # digests of what kills left, from which a second run has recovered

    def points(self, hows: Sequence[str], *, reads: bool) -> list[Job]:
        """Each place to die. Between two that change nothing, the database is the same: one of them will do."""
        numbers = range(1, len(self.statements) + 1) if reads else [*changing(self.statements), len(self.statements)]
        return [replace(self.job, at=number, how=how) for number in numbers for how in hows]


def changing(statements: Sequence[str]) -> Iterator[int]:
    """The numbers of those that write, and of what ends them; the end of a transaction that only read is no such."""
    written = False
    for number, statement in enumerate(statements[:-1], 1):
        ends = ENDS.match(statement)
        if not READS.match(statement) and (written or not ends):
            yield number
            written = not ends


@dataclass
class Tally:
    """How many points were tried, and those from which a second run did not recover."""

    points: int = 0
    killed: int = 0
    again: int = 0  # second runs: what a kill left as another one had is known to recover
    failures: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def passed(self) -> int:
        return self.points - len(self.failures)

    @property
    def figure(self) -> dict[str, float]:
        return {"killed": self.killed, "run again": self.again, "s": time.monotonic() - self.began}

    def __str__(self) -> str:
        shown = "\n\n".join(self.failures[:10])
        return f"{len(self.failures)} of {self.points} points ({self.killed} killed) did not recover:\n\n{shown}"


def passages(
    bench: Workbench,
    children: Children,
    chapters: Sequence[Chapter],
    wanted: range = EVERY,
    *,
    only_up: bool = False,
) -> Iterator[Passage]:
    """Up, down and up again over each chapter, with what is written in between; ``wanted`` of these, the others are
    walked. Whoever takes one may wreck the database: it is put right before the next."""
    bench.write([START, *(chapter.revision for chapter in chapters)])
    undisturbed(bench, children, Job(str(bench.folder), str_url(bench), "upgrade", START.name))
    write(bench, ROWS)
    numbers = count()
    for chapter in chapters:
        revision = chapter.revision
        assert isinstance(revision.after, str)
        up, down = ("upgrade", revision.name, revision.after), ("downgrade", revision.after, revision.name)
        for way, written in ((up, []), (down, chapter.above), (up, chapter.below))[: 1 if only_up else 3]:
            write(bench, written)
            number = next(numbers)
            if number >= wanted.stop:
                return
            if number in wanted:
                yield from passage(bench, children, *way)
            else:
                undisturbed(bench, children, Job(str(bench.folder), str_url(bench), *way[:2]))


def passage(
    bench: Workbench, children: Children, way: str, target: str, back: str, *, app: str = ""
) -> Iterator[Passage]:
    job = Job(str(bench.folder), str_url(bench), way, target, app=app)
    start = snapshot(bench)
    statements = undisturbed(bench, children, job).statements
    end, after, whole = snapshot(bench), bench.look(), states.digest(states.read(bench))
    if not bench.plain:
        undisturbed(bench, children, replace(job, way=OPPOSITE[way], target=back))
    yield Passage(f"{way} to {target}", job, back, start, statements, after, whole, bench.look())
    end.restore()


def whole_way(bench: Workbench, children: Children, chapters: Sequence[Chapter]) -> Iterator[Passage]:
    """All chapters in one command, down and up again. For a database that stands at the last one."""
    write(bench, MAKE_WAY)
    top = chapters[-1].revision.name
    yield from passage(bench, children, "downgrade", START.name, top)
    yield from passage(bench, children, "upgrade", top, START.name)


def project_revisions() -> list[Script]:
    """Newest first."""
    return list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def project_passages(
    bench: Workbench, children: Children, app: Path, revisions: Sequence[Script], ways: Sequence[str]
) -> Iterator[Passage]:
    """Down and up again over each of ``revisions``, which follow each other downwards, or only one of these ``ways``.
    For a database at or above the first of them."""
    undisturbed(bench, children, project_job(bench, app, "downgrade", revisions[0].revision))
    for script in revisions:
        below = script.down_revision or "base"
        assert isinstance(below, str), "after a merge, say here which of its parents to go down to"
        if "downgrade" in ways:
            yield from passage(bench, children, "downgrade", below, script.revision, app=str(app))
        else:
            undisturbed(bench, children, project_job(bench, app, "downgrade", below))
        if "upgrade" in ways:
            yield from passage(bench, children, "upgrade", script.revision, below, app=str(app))
            undisturbed(bench, children, project_job(bench, app, "downgrade", below))


def project_job(bench: Workbench, app: Path, way: str, target: str) -> Job:
    return Job(str(bench.folder), str_url(bench), way, target, app=str(app))


def str_url(bench: Workbench) -> str:
    return bench.engine.url.render_as_string(hide_password=False)


def write(bench: Workbench, statements: Sequence[str]) -> None:
    with bench.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def undisturbed(bench: Workbench, children: Children, job: Job) -> Ended:
    ended = children.run(job)
    assert ended.code == 0, f"{bench.kind}: {job.way} to {job.target} fails by itself:\n{ended.error}"
    return ended


def try_points(
    bench: Workbench,
    children: Children,
    stage: Passage,
    points: Sequence[Job],
    tally: Tally,
    *,
    reached: Callable[[], None] | None = None,
    restarted: Callable[[], None] = lambda: None,
) -> None:
    """Die at each of ``points``, run again, compare, go back, compare: from each state that a death leaves."""
    for number, point in enumerate(points):
        stage.start.restore()
        first = children.run(point, reached)
        restarted()
        tally.points += 1
        tally.killed += first.code == KILLED or reached is not None
        left = "" if number % UNSEEN == 0 else states.digest(states.read(bench))
        if left in stage.left:
            continue
        tally.again += 1
        problem = recovers(bench, children, stage)
        if problem:
            tally.failures.append(
                f"{bench.kind}, {stage.name}, killed {point.how} statement {point.at} of {len(stage.statements)}:\n"
                f"  {stage.statements[point.at - 1][:300]}\n"
                f"  (first run ended with {first.code} {first.error[-300:]})\n  {problem}"
            )
        elif left:
            stage.left.add(left)


def recovers(bench: Workbench, children: Children, stage: Passage) -> str:
    """Why a plain second run does not end where an undisturbed one does; empty when it does."""
    second = children.run(stage.job)
    if second.code != 0:
        return f"the second run fails:\n{second.error[-1500:]}"
    if states.digest(states.read(bench)) == stage.whole:
        return ""  # in what is hidden too, so that from here on everything goes as it went undisturbed
    different = compare(stage.after, bench.look())
    if different:
        return "the second run ends elsewhere:\n" + "\n".join(different[:8])
    return "" if bench.plain else comes_back(bench, children, stage)


def comes_back(bench: Workbench, children: Children, stage: Passage) -> str:
    way = OPPOSITE[stage.job.way]
    third = children.run(replace(stage.job, way=way, target=stage.back))
    if third.code != 0:
        return f"the {way} after it fails:\n{third.error[-1500:]}"
    different = compare(stage.back_again, bench.look())
    return f"the {way} after it ends elsewhere than without a kill:\n" + "\n".join(different[:8]) if different else ""


def compare(expected: Look, found: Look) -> list[str]:
    return [*unlike(expected[0], found[0], "schema"), *unlike(expected[1], found[1], "cells")]


def spread(points: Sequence[Job], wanted: int) -> list[Job]:
    """``wanted`` of them, evenly over the whole; all with 0."""
    if not wanted or wanted >= len(points):
        return list(points)
    step = len(points) / wanted
    return [points[int((number + 0.5) * step)] for number in range(wanted)]


# Long statements, and a death at any moment of them

LONG = Revision(
    "long",
    "start",
    up="""
op.create_index("ix_large_words", "large", ["words", "number"], unique=False)
with op.batch_alter_table("large") as batch_op:
    batch_op.alter_column("number", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=True)
op.add_column("large", sa.Column("more", sa.Integer(), server_default="5", nullable=False))
op.execute("UPDATE large SET number = number + 10")
op.drop_column("large", "note")
""",
    down="""
op.add_column("large", sa.Column("note", sa.String(length=20), nullable=True))
op.execute("UPDATE large SET number = number - 10")
op.drop_column("large", "more")
with op.batch_alter_table("large") as batch_op:
    batch_op.alter_column("number", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=True)
op.drop_index("ix_large_words", table_name="large")
""",
)
# The same with what plain Alembic does not know: rows that are filled in chunks.
LONG_FILLED = replace(LONG, up=f'{LONG.up}op.fill("large", {{"more": "number + 1"}})\n')
LONG_START = Revision(
    "start",
    None,
    up="""
op.create_table(
    "large",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("words", sa.String(length=60), nullable=False),
    sa.Column("number", sa.Integer(), nullable=True),
    sa.Column("note", sa.String(length=20), nullable=True),
    sa.PrimaryKeyConstraint("id"),
)
""",
    down="""
op.drop_table("large")
""",
)
# A table with foreign keys that no server changes in place.
COPIED = Revision(
    "copied",
    "start",
    up="""
with op.batch_alter_table("pair") as batch_op:
    batch_op.drop_constraint("PRIMARY", type_="primary")
    batch_op.create_primary_key("pk_pair", ["right_id", "left_id"])
""",
    down="""
with op.batch_alter_table("pair") as batch_op:
    batch_op.drop_constraint("PRIMARY", type_="primary")
    batch_op.create_primary_key("pk_pair", ["left_id", "right_id"])
""",
)
COPIED_START = Revision(
    "start",
    None,
    up="""
op.create_table("side", sa.Column("id", sa.Integer, primary_key=True))
op.create_table(
    "pair",
    sa.Column("left_id", sa.Integer, nullable=False),
    sa.Column("right_id", sa.Integer, nullable=False),
    sa.ForeignKeyConstraint(["left_id"], ["side.id"], name="fk_pair_left_id", ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["right_id"], ["side.id"], name="fk_pair_right_id"),
    sa.PrimaryKeyConstraint("left_id", "right_id"),
)
op.create_index("ix_pair_left_id", "pair", ["left_id"])
op.create_index("ix_pair_right_id", "pair", ["right_id"])
op.execute("INSERT INTO side VALUES (1), (2)")
op.execute("INSERT INTO pair VALUES (1, 2), (2, 2)")
""",
    down="""
op.drop_table("pair")
op.drop_table("side")
""",
)


def fill_large(bench: Workbench, rows: int) -> None:
    """In words that do not come in the order of the keys, so that an index is work."""
    numbers = {
        "sqlite": "WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < {rows}) "
        "INSERT INTO large SELECT seq, 'words ' || (seq * 7919 % 1000003), seq % 1000, 'note ' || seq FROM n",
        "mariadb": "INSERT INTO large SELECT seq, CONCAT('words ', seq * 7919 % 1000003), seq % 1000, "
        "CONCAT('note ', seq) FROM seq_1_to_{rows}",
    }
    write(bench, [numbers[bench.kind].format(rows=rows)])


def look_large(bench: Workbench) -> tuple[Any, ...]:
    """The schema, and sums over each visible column: all cells would take longer than the statement."""
    schema = bench.fingerprint()
    columns = sorted(schema["large"]["columns"])
    length = "LENGTH" if bench.kind == "sqlite" else "CHAR_LENGTH"
    sums = [f"SUM({column} * (id % 97))" for column in columns if column in ("id", "number", "more")]
    sums += [f"SUM({length}({column}) * (id % 97))" for column in columns if column in ("words", "note")]
    with bench.engine.connect() as connection:
        found = connection.execute(text(f"SELECT COUNT(*), {', '.join(sums)} FROM large")).one()
    return schema, tuple(int(one) for one in found)
