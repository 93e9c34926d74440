"""What was done to the schema, when, on which host and how long it took."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import Script as Revision
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from cms.schema import drift, own_tables
from cms.schema.own_tables import history
from cms.schema.scripts import Script

# A line of `flask db history`, plain or verbose, that names a revision.
NAMES_ONE = re.compile(r"(?:Rev: |(?:<base>|[^\s>][^>]*) -> )([^\s,]+)")


def note(
    connection: Connection,
    script: Script,
    revision: Revision,
    started_at: datetime,
    seconds: float,
    derived: Callable[[str], bool],
) -> None:
    """Write down that ``script`` was gone through, in the transaction of the version: with its source, so that a
    program that does not have the file can undo it, and with the structure that it left, to tell what others change.
    """
    connection.execute(history.update().values(structure=""))
    path, down = Path(revision.path), revision.down_revision
    source = path.read_text()
    connection.execute(
        history.insert().values(
            revision=script.revision,
            down_revision=down if isinstance(down, str) else ",".join(down or ()),
            way=script.way,
            started_at=started_at,
            finished_at=own_tables.now(),
            seconds=round(seconds, 3),
            host=socket.gethostname(),
            filename=path.name,
            source=source,
            source_digest=drift.digest_of(source),
            structure=drift.snapshot(connection, derived),
        )
    )


@dataclass(frozen=True)
class Run:
    """One revision that was gone through, up or down. Times are UTC without saying so."""

    revision: str
    way: str
    finished_at: datetime
    seconds: float
    host: str
    filename: str

    def sentence(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M} UTC on {self.host} in {self.seconds:.2f} s"


def runs(connection: Connection) -> list[Run]:
    """All of them, oldest first."""
    if not own_tables.exist(connection):
        return []
    columns = [history.c[name] for name in Run.__dataclass_fields__]
    return [Run(**row) for row in connection.execute(sa.select(*columns).order_by(history.c.id)).mappings()]


def marks(connection: Connection, script: ScriptDirectory) -> dict[str, str]:
    """What to say behind each revision of ``script``."""
    known = [one.revision for one in script.walk_revisions()]
    heads = tuple(head for head in MigrationContext.configure(connection).get_current_heads() if head in known)
    # As ``walk_revisions`` does, which takes no more than one head.
    behind = script.iterate_revisions(heads, "base", inclusive=True, assert_relative_length=False) if heads else ()
    applied = {one.revision for one in behind}
    last = {run.revision: run for run in runs(connection)}
    found = {}
    for revision in known:
        run = last.get(revision)
        if revision in applied:
            # Without an own run it was stamped, or applied before there was a history.
            found[revision] = f"applied {run.sentence()}" if run and run.way == "upgrade" else "applied"
        else:
            found[revision] = f"not applied; undone {run.sentence()}" if run else "not applied"
    return found


def marked(lines: list[str], said: dict[str, str]) -> Iterator[str]:
    """The lines of Alembic's own history, each that names a revision with its mark."""
    for line in lines:
        found = NAMES_ONE.match(line)
        mark = said.get(found[1]) if found else None
        if mark is None:
            yield line
        elif line.startswith("Rev: "):
            yield line
            yield f"State: {mark}"
        else:
            yield f"{line}\n    {mark}"


def as_lines(found: list[Run]) -> Iterator[str]:
    widest = max((len(run.revision) for run in found), default=0)
    for run in found:
        yield f"{run.way:<9}  {run.revision:<{widest}}  {run.sentence()}  {run.filename}"
