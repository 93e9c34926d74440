"""All that a database holds, hidden tables and columns too: read at once, compared by its digest, put back."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cms.schema import own_tables
from tests.schema.workbench import Workbench

SETTLED_SECONDS = 20
# What two runs that come to the same write differently: when, for how long, and under which number.
PASSING = {
    table.name: {
        column.name
        for column in table.columns
        if column.type is own_tables.TIME or column.type is own_tables.ID or column.name == "seconds"
    }
    for table in own_tables.TABLES
}
COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


@dataclass(frozen=True)
class Table:
    """One table: the text that makes it, the names of its columns and its rows."""

    made: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def lasting(self, name: str) -> tuple[str, list[str]]:
        """Without what is PASSING."""
        passing = PASSING.get(name, set())
        places = [place for place, column in enumerate(self.columns) if column not in passing]
        made = COUNTER.sub("", self.made) if passing else self.made
        return made, sorted(repr([row[place] for place in places]) for row in self.rows)


State = dict[str, Table]


def digest(state: State) -> str:
    """Equal for two states from which every command goes the same way."""
    lasting = [(name, *state[name].lasting(name)) for name in sorted(state)]
    return hashlib.sha256(repr(lasting).encode()).hexdigest()


def read(bench: Workbench) -> State:
    return of_file(bench) if bench.kind == "sqlite" else of_server(bench)


def of_file(bench: Workbench) -> State:
    connection = sqlite3.connect(bench.url.database or "")
    try:
        made = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
        entries = connection.execute(made).fetchall()
        found = {f"{kind} {name}": Table(f"{table}: {sql}", (), ()) for kind, name, table, sql in entries}
        for name in (name for kind, name, *_ in entries if kind == "table"):
            cursor = connection.execute(f'SELECT * FROM "{name}"')
            columns = tuple(column[0] for column in cursor.description)
            rows = [row for row in cursor if name != "sqlite_sequence" or row[0] not in PASSING]
            found[name] = Table("", columns, tuple(rows))
        return found
    finally:
        connection.close()


def of_server(bench: Workbench) -> State:
    with bench.engine.connect() as connection:
        cursor = raw_cursor(connection)
        settle(cursor)
        cursor.execute("SHOW TABLES")
        return {name: table_of(cursor, name) for (name,) in cursor.fetchall()}


def table_of(cursor: Any, name: str) -> Table:
    cursor.execute(f"SHOW CREATE TABLE `{name}`")
    made = cursor.fetchone()[1]
    cursor.execute(f"SELECT * FROM `{name}`")
    return Table(made, tuple(column[0] for column in cursor.description), tuple(cursor.fetchall()))


def raw_cursor(connection: Any) -> Any:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    return raw.cursor()


def settle(cursor: Any) -> None:
    """Wait until the statements of those who died are at their end."""
    deadline = time.monotonic() + SETTLED_SECONDS
    others = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    while cursor.execute(others) and cursor.fetchone()[0]:
        assert time.monotonic() < deadline, "somebody else is still in the database"
        time.sleep(0.005)


class Snapshot(Protocol):
    def restore(self) -> None: ...


class FileSnapshot:
    """An SQLite database as a copy of its file."""

    number = 0

    def __init__(self, bench: Workbench) -> None:
        FileSnapshot.number += 1
        self.file = Path(bench.url.database or "")
        self.copy = self.file.with_name(f"snapshot{FileSnapshot.number}")
        shutil.copyfile(self.file, self.copy)

    def restore(self) -> None:
        for left in self.file.parent.glob(f"{self.file.name}-*"):
            left.unlink()
        shutil.copyfile(self.copy, self.file)


class ServerSnapshot:
    """A MariaDB database as its state. Only the tables that became others are made anew, or filled anew."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        self.state = of_server(bench)

    def restore(self) -> None:
        found = of_server(self.bench)
        others = {name for name, table in found.items() if table.made != self.made(name)}
        with self.bench.engine.connect() as connection:
            cursor = raw_cursor(connection)
            cursor.execute("SET foreign_key_checks=0, unique_checks=0")
            cursor.execute("SET sql_mode=CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')")
            for name in others:
                cursor.execute(f"DROP TABLE `{name}`")
            for name, table in self.state.items():
                if name in found.keys() - others:
                    if found[name].rows == table.rows:
                        continue
                    cursor.execute(f"DELETE FROM `{name}`")
                else:
                    make(cursor, name, table.made)
                if table.rows:
                    marks = ", ".join(["%s"] * len(table.columns))
                    cursor.executemany(f"INSERT INTO `{name}` VALUES ({marks})", table.rows)
            cursor.connection.commit()

    def made(self, name: str) -> str:
        return self.state[name].made if name in self.state else ""


def make(cursor: Any, name: str, made: str) -> None:
    """The index that the server made for a foreign key by itself, and lets go by itself, is left to it again."""
    without = "".join(line for line in made.splitlines(True) if not is_made_for_a_key(line, made))
    cursor.execute(without)
    if without != made and table_of(cursor, name).made != made:
        cursor.execute(f"DROP TABLE `{name}`")
        cursor.execute(made)


def is_made_for_a_key(line: str, made: str) -> bool:
    found = re.match(r" *KEY (`[^`]+`) \((.+)\),$", line)
    return bool(found) and f"CONSTRAINT {found[1]} FOREIGN KEY ({found[2].replace('`,`', '`, `')})" in made


def snapshot(bench: Workbench) -> Snapshot:
    return FileSnapshot(bench) if bench.kind == "sqlite" else ServerSnapshot(bench)
