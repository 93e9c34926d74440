"""Planning a whole run on MariaDB before its first statement.

Empty copies of the tables (``CREATE TABLE .. LIKE``) go through every change, so that each operation is planned on
what will be there by then, and the server itself says which changes would have to copy a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from cms.schema import structure
from cms.schema.altering import (
    COPIES,
    alter,
    blocking_message,
    cost,
    error_number,
    estimate,
    is_small,
    run_sql,
)
from cms.schema.comparable import triggers_of_mysql
from cms.schema.conversions import misfits
from cms.schema.errors import Obstacle, SchemaError
from cms.schema.journal import PROBE, not_compared
from cms.schema.new_keys import KEY, KEY_DROPPED, key_of
from cms.schema.own_tables import Kept
from cms.schema.planning import Planner
from cms.schema.recording import FillOp, Recorded
from cms.schema.scripts import Script
from cms.schema.statements import NAME, QUOTED, READING, TEXT, cut, unquoted, verb, written
from cms.schema.structure import quoted
from cms.schema.units import ALTER, CHECK, DDL, DML, FILL, SCRIPT, SWAP, Unit

WRITES_ANEW = {COPIES, "ALGORITHM=INPLACE, LOCK=NONE"}  # beside the old one, which goes when the new one is whole
NOT_THERE = {1054, 1146}  # a column or table that an earlier step is to make
READ_TWICE = 1137  # MySQL reads a temporary table once in a statement

CHANGED = re.compile(rf"CHANGE ({NAME}) ({NAME}) ")
ADDED = re.compile(rf"ADD COLUMN (?:IF NOT EXISTS )?({NAME}) ")
RENAMED = re.compile(rf"(?:RENAME TABLE|ALTER TABLE) ({NAME}) (?:RENAME )?TO ({NAME})$")
MADE = re.compile(rf"\s*CREATE TABLE ({NAME}) \(")
COPIED = re.compile(rf"CREATE TABLE ({NAME}) LIKE ({NAME})$")
DROPPED = re.compile(rf"DROP TABLE ({NAME})$")
# In a query of ours: a text, a table behind FROM with its alias, a column with what stands before its dot.
SPELT = re.compile(rf"{TEXT}|FROM ({NAME})( \w+)?|(?:({QUOTED}|\w+)\.)?({QUOTED}|\b\w+\b(?!\())", re.DOTALL)


@dataclass
class Planned:
    script: Script
    recorded: Recorded
    units: list[Unit]
    ways: list[str] = field(default_factory=list)  # how the server will do each unit
    late: str = ""  # why it can only be planned when its turn comes


class Rehearsal:
    """One pass over all scripts of a run; nothing of the application's is touched."""

    def __init__(
        self, connection: Connection, kept: list[Kept], derived: Callable[[str], bool], *, allow_blocking: bool
    ):
        self.connection = connection
        self.kept = kept
        self.derived = derived
        self.allow_blocking = allow_blocking
        self.tables = structure.read(connection, not_compared)
        self.origin = {name: name for name in self.tables}  # the live table behind a name
        self.probes: dict[str, str] = {}
        self.moved: dict[str, dict[str, str]] = {}  # columns by table: the live name behind a name, '' for a new one
        self.written: set[str] = set()  # tables whose rows an earlier step changes
        self.written_before: set[str] = set()  # those of earlier revisions
        self.unasked: set[str] = set()  # revisions to be looked at again when those before them are done
        self.triggered = {name for name, _ in triggers_of_mysql(connection)}  # where a write may write elsewhere
        self.largest: tuple[int, str] = (0, "")  # bytes and name of the largest table that is copied or rebuilt
        self.blind = False
        self.obstacles: list[str] = []

    def run(self, scripts: list[Script]) -> list[Planned]:
        """Raises SchemaError with every obstacle found."""
        planned: list[Planned] = []
        self.clean()
        try:
            for script in scripts:
                self.written_before = set(self.written)
                planned += [self.one(script, step) for step in range(len(script.operations))]
                for one in [one for one in self.kept if one.returned]:
                    self.kept.remove(one)
        finally:
            self.clean()
        if self.obstacles:
            raise SchemaError("\n".join(self.obstacles))
        return planned

    def one(self, script: Script, step: int) -> Planned:
        recorded = script.operations[step]
        planned = Planned(script, recorded, [])
        planner = Planner(self.connection, script, self.tables, self.kept, self.derived, self.column_type)
        try:
            planned.units = planner.plan(step)
        except SchemaError as error:
            if self.blind:
                planned.late = "planned when its turn comes"
            else:
                self.obstacles.append(f"{script.revision}: {recorded.sentence()}: {error}")
            return planned
        self.kept.extend(planner.new_kept)
        for unit in planned.units:
            try:
                if unit.kind == CHECK and self.asks_about(unit, self.written_before):
                    self.unasked.add(script.revision)
                planned.ways.append(self.act(unit))
                if isinstance(recorded.operation, FillOp) and unit.kind == FILL:
                    self.try_fill(unit)
            except SchemaError as error:
                self.obstacles.append(f"{script.revision}: {recorded.sentence()}: {error}")
            except DBAPIError as error:
                if self.blind:
                    planned.late = "planned when its turn comes"
                    continue
                self.obstacles.append(f"{script.revision}: {recorded.sentence()}: {self.said(error)}")
        return planned

    def said(self, error: DBAPIError) -> str:
        """What the server objects to, in the names of the tables that the copies stand for."""
        arguments = getattr(error.orig, "args", ())
        words = str(arguments[1] if len(arguments) == 2 else error.orig)
        for name, probe in sorted(self.probes.items(), key=lambda one: len(one[1]), reverse=True):
            words = words.replace(probe, name)
        return words

    def act(self, unit: Unit) -> str:
        if unit.kind == CHECK:
            self.count(unit)
        elif unit.kind in (DML, FILL, SCRIPT):
            if unit.kind == FILL and self.fills_new_alone(unit):
                return ""
            self.written |= {unit.table} if unit.table else self.written_by(unit.sql)
        elif unit.kind in (ALTER, SWAP):
            return self.alter(unit)
        elif unit.kind == DDL:
            self.ddl(unit)
        return ""

    def written_by(self, statement: str) -> set[str]:
        """The tables that a script's own statement writes, and where a key takes a change further; all where that
        cannot be told."""
        if verb(statement) in READING:
            return set()
        found = set(written(statement) or [""])
        if not found <= set(self.tables) or self.triggered & {self.origin.get(name, name) for name in found}:
            return set(self.tables)
        while more := {name for name, table in self.tables.items() if self.follows(table, found)} - found:
            found |= more
        return found

    def follows(self, table: structure.Table, parents: set[str]) -> bool:
        return any(key.parent in parents and key.on_update in ("CASCADE", "SET NULL") for key in table.foreign_keys)

    def fills_new_alone(self, unit: Unit) -> bool:
        """Whether no column is written that is there today: what is asked of those can be asked before."""
        sides = [clause.partition(" = ")[::2] for clause in cut(unit.sql, ",")]
        moved = self.moved.get(unit.table, {})
        return all(moved.get(unquoted(column)) == "" for column, value in sides if column != value)

    def try_fill(self, unit: Unit) -> None:
        """The UPDATE on empty tables of this connection alone, which hide those that it names."""
        words = set(re.findall(r"\w+", f"{unit.sql} {unit.where}"))
        names = {name for name in self.tables if name == unit.table or words.issuperset(re.findall(r"\w+", name))}
        if not all(name in self.origin or name in self.probes for name in names):
            return
        sources = {name: self.probe(name) for name in sorted(names)}
        try:
            for name, source in sources.items():
                run_sql(self.connection, f"CREATE TEMPORARY TABLE {quoted(name)} LIKE {quoted(source)}")
            run_sql(self.connection, f"UPDATE {quoted(unit.table)} SET {unit.sql} WHERE {unit.where}")
        except DBAPIError as error:
            if error_number(error) != READ_TWICE:
                raise
        finally:
            for name in sources:
                run_sql(self.connection, f"DROP TEMPORARY TABLE IF EXISTS {quoted(name)}")

    def asks_about(self, unit: Unit, tables: set[str]) -> bool:
        return any(quoted(table) in unit.sql for table in tables)

    def count(self, unit: Unit) -> None:
        if self.asks_about(unit, self.written):
            return
        sql = self.in_live_names(unit)
        if sql is None:
            return
        try:
            count = misfits(self.connection, unit, sql)
        except DBAPIError as error:
            if error_number(error) not in NOT_THERE:
                raise
            return
        if count:
            raise Obstacle(unit.message.format(count=count))

    def in_live_names(self, unit: Unit) -> str | None:
        """A count in the names of today; None where a table or column of it is not there yet.

        All names at once: one may be on its way to the place of another.
        """
        aliases = {alias.strip(): unquoted(name) for name, alias, *_ in SPELT.findall(unit.sql) if alias}
        lives: list[str] = []

        def live(found: re.Match[str]) -> str:
            table, alias, owner, column = (unquoted(one or "") for one in found.groups())
            if table:
                lives.append(self.origin.get(table, "" if table in self.tables else table))
                return f"FROM {quoted(lives[-1])}{alias}"
            if not column:
                return found[0]
            of = aliases.get(owner, owner)
            name = self.moved.get(of or unit.table, {}).get(column)
            if name is not None:
                lives.append(name)
            before = f"{found[3]}." if owner else ""
            if owner not in aliases and owner in self.origin:
                before = f"{quoted(self.origin[owner])}."
            return before + (quoted(name) if name else found[4])

        sql = SPELT.sub(live, unit.sql)
        return sql if all(lives) else None

    # Empty copies

    def probe(self, name: str) -> str:
        if name not in self.probes:
            self.probes[name] = f"{PROBE}{len(self.probes)}"
            run_sql(self.connection, f"DROP TABLE IF EXISTS {quoted(self.probes[name])}")
            run_sql(self.connection, f"CREATE TABLE {quoted(self.probes[name])} LIKE {quoted(self.origin[name])}")
        return self.probes[name]

    def alter(self, unit: Unit) -> str:
        if unit.table not in self.tables:
            raise SchemaError(f"There is no table {unit.table}.")
        parts = cut(unit.sql, ",")
        others = [part for part in parts if not (KEY.match(part) or KEY_DROPPED.match(part))]
        way = "ALGORITHM=INPLACE, LOCK=NONE"
        if others:
            probe = self.probe(unit.table)
            way = alter(self.connection, probe, ", ".join(others), allow_blocking=True)
            live = self.origin.get(unit.table)
            if live is not None and way in WRITES_ANEW:
                self.largest = max(self.largest, (estimate(self.connection, live)[1], live))
            if way == COPIES:
                if live is None or is_small(self.connection, live):
                    way = ""
                elif not self.allow_blocking:
                    raise SchemaError(blocking_message(self.connection, live, unit.sql))
                else:
                    way = f"{COPIES}: blocks writers, {cost(self.connection, live)}"
        self.reread(unit.table, parts)
        return way

    def reread(self, name: str, parts: list[str]) -> None:
        keys, renamed = list(self.tables[name].foreign_keys), {}
        for part in parts:
            if found := KEY_DROPPED.match(part):
                keys = [key for key in keys if key.name != unquoted(found[1])]
            elif found := KEY.match(part):
                keys.append(key_of(found, name))
            elif found := CHANGED.match(part):
                old, new = unquoted(found[1]), unquoted(found[2])
                columns = self.moved.setdefault(name, {})
                renamed[new] = columns.pop(old, old)
                keys = [replace(key, columns=[new if one == old else one for one in key.columns]) for key in keys]
            elif found := ADDED.match(part):
                renamed[unquoted(found[1])] = ""
        self.moved.setdefault(name, {}).update(renamed)
        if name in self.probes:
            table = structure.read_mysql(self.connection, self.probes[name])
            self.tables[name] = replace(table, name=name, foreign_keys=keys)
        else:
            self.tables[name] = replace(self.tables[name], foreign_keys=keys)

    def ddl(self, unit: Unit) -> None:
        if found := RENAMED.match(unit.sql):
            old, new = unquoted(found[1]), unquoted(found[2])
            self.probe(old) if old in self.origin else None
            for place in (self.tables, self.origin, self.probes, self.moved):
                if old in place:
                    place[new] = place.pop(old)
            self.tables[new] = replace(self.tables[new], name=new)
            for name, table in self.tables.items():
                keys = [replace(key, parent=new if key.parent == old else key.parent) for key in table.foreign_keys]
                self.tables[name] = replace(table, foreign_keys=keys)
        elif found := COPIED.match(unit.sql):
            new, old = unquoted(found[1]), unquoted(found[2])
            self.tables[new] = replace(self.tables[old], name=new, foreign_keys=[])
        elif found := MADE.match(unit.sql):
            self.make(unquoted(found[1]), unit.sql[found.end() :])
        elif found := DROPPED.match(unit.sql):
            self.tables.pop(unquoted(found[1]), None)
        else:
            self.blind = True

    def make(self, name: str, rest: str) -> None:
        if name in self.tables:
            raise SchemaError(f"There is a table {name} already.")
        self.probes[name] = f"{PROBE}{len(self.probes)}"
        probe = quoted(self.probes[name])
        run_sql(self.connection, f"DROP TABLE IF EXISTS {probe}")
        run_sql(self.connection, "SET SESSION foreign_key_checks = 0")
        try:
            # Names of foreign keys are the database's: they must not be taken while this is tried out.
            stand_ins: dict[str, str] = {}

            def stand_in(found: re.Match[str]) -> str:
                name = f"{PROBE}key_{len(self.probes)}_{len(stand_ins)}"
                stand_ins[name] = unquoted(found[1])
                return f"CONSTRAINT `{name}` FOREIGN KEY"

            rest = re.sub(rf"CONSTRAINT ({NAME}) FOREIGN KEY", stand_in, rest)
            run_sql(self.connection, f"CREATE TABLE {probe} ({rest}")
        finally:
            run_sql(self.connection, "SET SESSION foreign_key_checks = 1")
        table = structure.read_mysql(self.connection, self.probes[name])
        keys = [replace(key, name=stand_ins.get(key.name or "", key.name)) for key in table.foreign_keys]
        # Like the other copies it goes without its keys, which a later step may drop, and keeps their indexes.
        parts = [f"DROP FOREIGN KEY {quoted(key.name)}" for key in table.foreign_keys if key.name]
        renamed = [
            f"RENAME INDEX {quoted(stand_in)} TO {quoted(real)}"
            for stand_in, real in stand_ins.items()
            if stand_in in table.indexes
        ]
        for part in (*parts, *renamed):
            run_sql(self.connection, f"ALTER TABLE {probe} {part}")
        table = structure.read_mysql(self.connection, self.probes[name])
        self.tables[name] = replace(table, name=name, foreign_keys=keys)

    def column_type(self, table: str, column: str) -> TypeEngine:
        name = self.probes.get(table, table)
        return column_type(self.connection, name, column)

    def clean(self) -> None:
        """Drop the copies, also those of a run that was cut off."""
        run_sql(self.connection, "SET SESSION foreign_key_checks = 0")
        for name in structure.table_names(self.connection):
            if name.startswith(PROBE):
                run_sql(self.connection, f"DROP TABLE IF EXISTS {quoted(name)}")
        run_sql(self.connection, "SET SESSION foreign_key_checks = 1")


def column_type(connection: Connection, table: str, column: str) -> TypeEngine:
    for one in sa.inspect(connection).get_columns(table):
        if one["name"].replace("``", "`") == column:  # SQLAlchemy gives it as it is quoted
            return one["type"]
    raise SchemaError(f"There is no column {table}.{column}.")
