"""What ``--plan`` says: each step with its SQL, and of a run that was cut off what is done and what is to come."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection

from cms.schema import own_tables
from cms.schema.altering import COPIES
from cms.schema.errors import counted
from cms.schema.rehearsal import Planned
from cms.schema.scripts import Script
from cms.schema.statements import READING, verb
from cms.schema.units import CHECK, Unit

Say = Callable[[str], None]
TOOK = re.compile(r" \(\d+\.\d\d s\)$")  # which a plan would only say of its own trying


def heading(script: Script) -> str:
    return f"{script.way} {script.revision}: {counted(len(script.operations), 'step')}"


def tell(planned: list[Planned], say: Say) -> None:
    said = None
    for one in planned:
        if one.script.revision != said:
            said = one.script.revision
            say(heading(one.script))
        say(f"  {one.recorded.sentence()}{f' ({one.late})' if one.late else ''}")
        for unit, way in zip(one.units, [*one.ways, *[""] * len(one.units)], strict=False):
            needs = ": needs --allow-blocking" if way.startswith(COPIES) else ""
            if unit.kind != CHECK:
                say(f"    {unit.text()}{f'  -- {way}{needs}' if way else ''}")


def tell_the_rest(begun: Script, rows: dict[int, Any], following: Iterable[Script], say: Say) -> None:
    """Of a run that was cut off in ``begun``; ``rows`` is its journal by step."""
    say(heading(begun))
    for step, recorded in enumerate(begun.operations):
        row = rows.get(step)
        units = json.loads(row.units)[row.position :] if row is not None else []
        if row is not None and not units:
            say(f"  done: {recorded.sentence()}")
            continue
        say(f"  {'begun' if row is not None else 'to come'}: {recorded.sentence()}")
        for unit in (Unit(**one) for one in units):
            if unit.kind != CHECK:
                say(f"    {unit.text()}")
    for script in following:
        say(heading(script))
        for recorded in script.operations:
            say(f"  to come: {recorded.sentence()}")


@contextmanager
def with_statements(connection: Connection, say: Say) -> Iterator[Say]:
    """To say a step by, with the SQL that it ran: on SQLite the plan is the run itself, over a copy."""
    bookkeeping = ("alembic_version", "sqlite_sequence", *(table.name for table in own_tables.TABLES))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not (verb(statement) in READING or any(name in statement for name in bookkeeping)):
            statements.append(" ".join(statement.split()))

    def tell_step(line: str) -> None:
        say(TOOK.sub("", line))
        for statement in statements:
            say(f"    {statement}")
        statements.clear()

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield tell_step
    finally:
        event.remove(connection, "before_cursor_execute", note)
