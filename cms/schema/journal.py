"""Doing the units of a script exactly once on MariaDB and MySQL, whose DDL commits by itself.

Before a DDL its number and a fingerprint of the whole schema are committed. After a crash the fingerprint tells
whether the DDL was applied, whatever the server had answered: one DDL is atomic (MariaDB 10.6, MySQL 8), but for what
``lost_keys`` tells of. A DML commits together with the note that it is done.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from cms.schema import lost_keys, new_keys, own_tables, structure
from cms.schema.altering import alter, error_number, run_sql
from cms.schema.conversions import misfits
from cms.schema.errors import Obstacle, SchemaError
from cms.schema.names import OWN_PREFIX
from cms.schema.own_tables import Kept, journal, kept
from cms.schema.planning import Planner
from cms.schema.recording import Recorded
from cms.schema.scripts import Script
from cms.schema.structure import quoted
from cms.schema.units import ALTER, CHECK, DML, DROP_EMPTY, FILL, SCRIPT, SWAP, Unit

CHUNK_ROWS = 5000
PATIENCE_SECONDS = 600  # for somebody's open transaction on the table
LOCK_WAIT = {1205, 1213, 3572}  # lock wait timeout, deadlock, NOWAIT
PROBE = "_k_probe_"


def not_compared(name: str) -> bool:
    return name.startswith((OWN_PREFIX, PROBE))


@dataclass
class Journal:
    """Runs the operations of one script. The connection is in autocommit mode: the transactions are ours."""

    connection: Connection
    script: Script
    planner_for: Callable[[list[Kept]], Planner]
    render: Dialect
    say: Callable[[str], None]
    still_locked: Callable[[], None]
    remember: Callable[[], None]  # the script itself, as the step that is planned was read from it
    allow_blocking: bool = False

    def run(self) -> None:
        """All operations, from wherever an earlier run was cut off. Raises SchemaError."""
        rows = self.rows()
        for step, recorded in enumerate(self.script.operations):
            began = time.monotonic()
            digest = recorded.digest(self.render)
            row = rows.get(step)
            if row is not None and row.digest != digest and nothing_done(row):
                self.forget(row)
                row = None
            if row is not None and row.digest != digest:
                raise SchemaError(
                    f"Step {step + 1} of {self.script.revision} has changed since it was begun. It was: "
                    f"{row.sentence}; now it is: {recorded.sentence()}. Put the script back as it was and run again."
                )
            if row is not None and row.position >= len(json.loads(row.units)):
                self.say(f"  skipped, done before: {recorded.sentence()}")
                continue
            self.still_locked()
            if row is None:
                units, position = self.begin(step, recorded, digest), 0
            else:
                units, position = [Unit(**unit) for unit in json.loads(row.units)], row.position
            for number in range(position, len(units)):
                self.do(step, number, units[number], recorded, row if number == position else None)
            seconds = time.monotonic() - began
            self.note(step, seconds=journal.c.seconds + seconds)
            self.say(f"  {recorded.sentence()} ({seconds:.2f} s)")

    def forget(self, row: Any) -> None:
        """Take back the plan of a step that failed before it did anything, so that a mended script can be planned."""
        with transaction(self.connection):
            for one in own_tables.kept_things(self.connection, kept.c.revision == self.script.revision):
                if json.dumps(one.kept_name)[1:-1] in row.units:
                    mine = kept.c.id == one.id
                    undo = kept.delete() if one.way == self.script.way else kept.update().values(returned=False)
                    self.connection.execute(undo.where(mine))
            self.connection.execute(journal.delete().where(*self.mine(), journal.c.step == row.step))

    def rows(self) -> dict[int, Any]:
        found = self.connection.execute(sa.select(journal).where(*self.mine()))
        return {row.step: row for row in found}

    def mine(self) -> tuple[Any, Any]:
        return journal.c.revision == self.script.revision, journal.c.way == self.script.way

    def begin(self, step: int, recorded: Recorded, digest: str) -> list[Unit]:
        """Plan the operation and write the plan down, so that a resumed run does not plan on a half-changed table."""
        planner = self.planner_for(own_tables.kept_things(self.connection))
        units = planner.plan(step)
        with transaction(self.connection):
            self.remember()
            for one in planner.new_kept:
                extra = self.with_watermark(one)
                self.connection.execute(
                    kept.insert().values(
                        revision=one.revision,
                        way=one.way,
                        kind=one.kind,
                        table_name=one.table_name,
                        column_name=one.column_name,
                        kept_name=one.kept_name,
                        extra=extra,
                        kept_at=own_tables.now(),
                        returned=False,
                    )
                )
            for one in planner.returned:
                self.connection.execute(kept.update().where(kept.c.id == one.id).values(returned=True))
            self.connection.execute(
                journal.insert().values(
                    revision=self.script.revision,
                    way=self.script.way,
                    step=step,
                    sentence=recorded.sentence(),
                    digest=digest,
                    units=json.dumps([unit.as_json() for unit in units]),
                    position=0,
                    seconds=0.0,
                )
            )
        return units

    def with_watermark(self, one: Kept) -> dict[str, Any]:
        """The highest key at the moment of putting a column aside: rows above it are born later."""
        if one.kind != "column" or not one.extra.get("key"):
            return one.extra
        highest = run_sql(self.connection, f"SELECT MAX({quoted(one.extra['key'])}) FROM {quoted(one.table_name)}")
        return {**one.extra, "last": highest.scalar()}

    def note(self, step: int, **values: Any) -> None:
        self.connection.execute(journal.update().where(*self.mine(), journal.c.step == step).values(**values))

    # One unit

    def do(self, step: int, number: int, unit: Unit, recorded: Recorded, resumed: Any) -> None:
        if unit.kind == CHECK:
            count = misfits(self.connection, unit, unit.sql)
            if count:
                raise Obstacle(unit.message.format(count=count))
            self.note(step, position=number + 1)
        elif unit.kind in (DML, SCRIPT):
            self.patiently(lambda: self.in_transaction(step, number, unit, recorded))
        elif unit.kind == FILL:
            self.fill(step, number, unit, resumed.cursor if resumed is not None else None)
        else:
            self.ddl(step, number, unit, resumed)

    def in_transaction(self, step: int, number: int, unit: Unit, recorded: Recorded) -> None:
        with transaction(self.connection):
            if unit.kind == DML:
                run_sql(self.connection, unit.sql)
            elif isinstance(recorded.operation, ops.BulkInsertOp):
                table = recorded.operation.table
                if recorded.operation.rows:
                    self.connection.execute(table.insert(), list(recorded.operation.rows))
            else:
                execute_script(self.connection, recorded.operation)
            self.note(step, position=number + 1)

    def ddl(self, step: int, number: int, unit: Unit, resumed: Any) -> None:
        before = resumed.fingerprint if resumed is not None else None
        now = structure.fingerprint(self.connection, not_compared, unit.table)
        if before not in (None, now) and self.make_again(unit, json.loads(resumed.cursor or "[]")):
            now = structure.fingerprint(self.connection, not_compared, unit.table)
        if before in (None, now):
            self.note(step, fingerprint=now)
            self.patiently(lambda: self.change(step, unit))
        else:
            self.say("  found as done: the last run was cut off behind it")
        self.look_at_keys(unit)
        self.note(step, position=number + 1, fingerprint=None, cursor=None)

    def make_again(self, unit: Unit, clauses: list[str]) -> bool:
        """The keys of the unit's table that went with the server when it was killed; whether there were any."""
        gone = lost_keys.missing(self.connection, unit.table, clauses)
        if not gone:
            return False
        keys = Unit(ALTER, unit.table, ", ".join(gone))
        self.say(f"  made again, for the server lost it when it was killed: {keys.text()}")
        self.patiently(lambda: self.alter(keys))
        self.look_at_keys(keys)
        return True

    def look_at_keys(self, unit: Unit) -> None:
        """No row may point nowhere by a key that the unit has made, or the key goes again and the unit is not done."""
        keys = new_keys.made_by(unit)
        gone = [clause for clause, key in keys.items() if not new_keys.name_of(self.connection, unit.table, key)]
        if gone:  # an earlier run took it back
            self.patiently(lambda: self.alter(Unit(ALTER, unit.table, ", ".join(gone))))
        pointing = []
        for key in keys.values():
            if count := new_keys.orphans(self.connection, unit.table, key):
                drop = f"DROP FOREIGN KEY {quoted(new_keys.name_of(self.connection, unit.table, key) or '')}"
                self.patiently(lambda drop=drop: self.alter(Unit(ALTER, unit.table, drop)))
                pointing.append(new_keys.complaint(count, unit.table, key))
        if pointing:
            raise Obstacle(f"{'; '.join(pointing)}. They were written while the key was not there; it was taken back")

    def change(self, step: int, unit: Unit) -> None:
        if unit.kind == ALTER:
            self.alter(unit, step)
        elif unit.kind == SWAP:
            self.swap(step, unit)
        elif unit.kind == DROP_EMPTY:
            if run_sql(self.connection, f"SELECT 1 FROM {quoted(unit.table)} LIMIT 1").first() is None:
                run_sql(self.connection, unit.sql)
        else:
            run_sql(self.connection, unit.sql)

    def alter(self, unit: Unit, step: int | None = None) -> None:
        """With a ``step`` the keys are noted there that would go with a server that is killed inside a copy."""

        def before_copy(cost: str) -> None:
            if step is not None:
                self.note_keys(step, unit)
            if cost:
                copying = f"copying {unit.table} whole, as --allow-blocking allows"
                self.say(f"  {copying}; nobody can write to it meanwhile: {cost}")

        alter(self.connection, unit.table, unit.sql, allow_blocking=self.allow_blocking, before_copy=before_copy)

    def swap(self, step: int, unit: Unit) -> None:
        """Rename one column for another while nobody can write in between."""
        self.note_keys(step, unit)  # behind the lock nothing else can be written to
        run_sql(self.connection, f"LOCK TABLES {quoted(unit.table)} WRITE")
        try:
            for statement in unit.also:
                run_sql(self.connection, statement)
            self.alter(unit)
        finally:
            run_sql(self.connection, "UNLOCK TABLES")

    def note_keys(self, step: int, unit: Unit) -> None:
        self.note(step, cursor=json.dumps(lost_keys.to_stay(self.connection, unit)))

    def patiently(self, act: Callable[[], None]) -> None:
        """Try again while somebody's transaction is in the way, letting the others pass in between."""
        until, told = time.monotonic() + PATIENCE_SECONDS, False
        while True:
            try:
                return act()
            except DBAPIError as error:
                if error_number(error) not in LOCK_WAIT or time.monotonic() > until:
                    raise
            if not told:
                self.say("  waiting for an open transaction of somebody else; the site goes on meanwhile")
                told = True
            time.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - so that two do not wait in step
            self.still_locked()

    # Chunks

    def fill(self, step: int, number: int, unit: Unit, cursor: str | None) -> None:
        found = structure.read_mysql(self.connection, unit.table)
        key, table = found.primary_key, quoted(unit.table)
        if not key:
            self.patiently(
                lambda: self.chunk(step, {"position": number + 1}, f"UPDATE {table} SET {unit.sql} WHERE {unit.where}")
            )
            return
        columns = ", ".join(map(quoted, key))
        literals = ", ".join(literal_of(column, found.columns[column]) for column in key)
        last = cursor  # an SQL list of literals, as the server itself wrote it
        while True:
            beyond = f"({columns}) > ({last})" if last else "1 = 1"
            bound = run_sql(
                self.connection,
                f"SELECT {literals} FROM {table} WHERE {beyond} ORDER BY {columns} LIMIT 1 OFFSET {CHUNK_ROWS - 1}",
            ).first()
            upto = ", ".join(bound) if bound else None
            within = f"{beyond} AND ({columns}) <= ({upto})" if upto else beyond
            values = {"cursor": upto} if upto else {"position": number + 1, "cursor": None}
            sql = f"UPDATE {table} SET {unit.sql} WHERE {within} AND ({unit.where})"
            self.patiently(lambda sql=sql, values=values: self.chunk(step, values, sql))
            if not upto:
                return
            last = upto
            self.still_locked()

    def chunk(self, step: int, values: dict[str, Any], sql: str) -> None:
        with transaction(self.connection):
            run_sql(self.connection, sql)
            self.note(step, **values)


def nothing_done(row: Any) -> bool:
    done = json.loads(row.units)[: row.position]
    return not row.fingerprint and not row.cursor and all(unit["kind"] == CHECK for unit in done)


def literal_of(column: str, definition: str) -> str:
    """An expression that gives the cell as the text of a literal; QUOTE would give bytes that are no text."""
    if re.match(r"\w*(BINARY|BLOB)", definition, re.IGNORECASE):
        return f"CONCAT('x''', HEX({quoted(column)}), '''')"
    return f"CONVERT(QUOTE({quoted(column)}) USING utf8mb4)"


def execute_script(connection: Connection, operation: ops.ExecuteSQLOp) -> None:
    """What ``op.execute`` would do; a text may hold a per cent sign or a colon."""
    statement = operation.sqltext
    if isinstance(statement, str):
        statement = sa.text(statement)
    connection.execute(statement, execution_options=operation.execution_options or {})


class transaction:
    """A transaction of our own on a connection in autocommit mode."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        run_sql(self.connection, "START TRANSACTION")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            run_sql(self.connection, "COMMIT")
        elif not self.connection.invalidated:
            run_sql(self.connection, "ROLLBACK")
