"""What a database looks like, as lines of text: for the journal's fingerprint and for the plans.

MariaDB and MySQL: the lines of SHOW CREATE TABLE, which hold all there is, word for word. SQLite: its pragmas, which
leave much out: what is compared with an earlier time is in ``comparable``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from cms.schema.names import is_ours
from cms.schema.statements import QUOTED, TEXT, unquoted

COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


@dataclass
class ForeignKey:
    """``name`` is None where SQLite was given none."""

    name: str | None
    columns: list[str]
    parent: str
    parent_columns: list[str]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"


@dataclass
class Index:
    name: str
    columns: list[str]
    unique: bool
    sql: str


@dataclass
class Table:
    """``columns`` maps a name to the rest of its definition; ``lines`` is all there is to compare."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    primary_key: list[str] = field(default_factory=list)
    indexes: dict[str, Index] = field(default_factory=dict)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def quoted(name: str) -> str:
    """An identifier as both databases take it."""
    return "`" + name.replace("`", "``") + "`"


def names_in(text: str) -> list[str]:
    return [unquoted(found) for found in re.findall(rf"{TEXT}|({QUOTED})", text) if found]


def table_names(connection: Connection) -> list[str]:
    if connection.dialect.name == "sqlite":
        # A virtual table's shadows are made and dropped with it.
        found = connection.exec_driver_sql(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        )
        return sorted(name for (name,) in found if not name.startswith("sqlite_"))
    return sorted(
        name
        for name, kind in connection.exec_driver_sql("SHOW FULL TABLES").all()
        if kind in ("BASE TABLE", b"BASE TABLE")
    )


def read(connection: Connection, leave_out: Callable[[str], bool] = is_ours) -> dict[str, Table]:
    """Each table that is not left out; by default the application's alone."""
    reader = read_sqlite if connection.dialect.name == "sqlite" else read_mysql
    return {name: reader(connection, name) for name in table_names(connection) if not leave_out(name)}


def read_mysql(connection: Connection, name: str) -> Table:
    plainly = {"no_parameters": True}  # a name may hold a per cent sign
    text = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted(name)}", execution_options=plainly).one()[1]
    table = Table(name)
    for line in text.split("\n")[1:]:
        line = COUNTER.sub("", line.strip().removesuffix(","))
        table.lines.append(line)
        if line.startswith("`"):
            column = names_in(line)[0]
            table.columns[column] = line[len(quoted(column)) :].strip()
        elif line.startswith("PRIMARY KEY"):
            table.primary_key = names_in(line)
        elif " FOREIGN KEY " in line and line.startswith("CONSTRAINT"):
            table.foreign_keys.append(foreign_key_of(line))
        elif line.startswith("CONSTRAINT") and " CHECK " in line:
            table.checks[names_in(line)[0]] = line.split(" CHECK ", 1)[1]
        elif re.match(r"(UNIQUE |FULLTEXT |SPATIAL )?KEY ", line):
            index, *columns = names_in(line)
            table.indexes[index] = Index(index, columns, line.startswith("UNIQUE"), line)
    return table


def foreign_key_of(line: str) -> ForeignKey:
    """``CONSTRAINT `n` FOREIGN KEY (`a`) REFERENCES `t` (`b`) ON DELETE CASCADE``."""
    head, _, tail = line.partition(" REFERENCES ")
    name, *columns = names_in(head)
    parent, *parent_columns = names_in(tail)

    def action(which: str) -> str:
        found = re.search(rf"ON {which} (CASCADE|SET NULL|RESTRICT|NO ACTION|SET DEFAULT)", tail)
        return found[1] if found else "NO ACTION"

    return ForeignKey(name, columns, parent, parent_columns, action("DELETE"), action("UPDATE"))


def read_sqlite(connection: Connection, name: str) -> Table:
    def rows(sql: str, *parameters: str) -> list[tuple]:
        return [tuple(row) for row in connection.exec_driver_sql(sql, parameters).all()]

    table = Table(name)
    # hidden: 2 and 3 are generated columns
    for _, column, kind, not_null, default, position, hidden in rows(f"PRAGMA table_xinfo({quoted(name)})"):
        words = [kind.upper(), "NOT NULL" if not_null else "", f"DEFAULT {default}" if default is not None else ""]
        words.append("GENERATED" if hidden in (2, 3) else "")
        table.columns[column] = " ".join(filter(None, words))
        if position:
            table.primary_key.append(column)
        table.lines.append(f"`{column}` {table.columns[column]}{f' PRIMARY KEY {position}' if position else ''}")
    named = dict(rows("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", name))
    for _, index, unique, origin, _partial in rows(f"PRAGMA index_list({quoted(name)})"):
        columns = [column for _, _, column in rows(f"PRAGMA index_info({quoted(index)})") if column is not None]
        table.lines.append(f"{'UNIQUE ' if unique else ''}KEY {index if origin == 'c' else origin} {columns}")
        if origin == "c":
            table.indexes[index] = Index(index, columns, bool(unique), named[index])
    keys: dict[int, ForeignKey] = {}
    for number, _, parent, column, parent_column, on_update, on_delete, _ in rows(
        f"PRAGMA foreign_key_list({quoted(name)})"
    ):
        key = keys.setdefault(number, ForeignKey(None, [], parent, [], on_delete, on_update))
        key.columns.append(column)
        key.parent_columns.append(parent_column)
    table.lines += sorted(
        f"FOREIGN KEY {key.columns} REFERENCES {key.parent} {[one or 'id' for one in key.parent_columns]} "
        f"{key.on_delete} {key.on_update}"
        for key in keys.values()
    )
    for key in keys.values():
        if None in key.parent_columns:  # REFERENCES parent, without saying by which columns: by its primary key
            found = rows(f"PRAGMA table_info({quoted(key.parent)})")
            own = [name for position, name in sorted((row[5], row[1]) for row in found) if position]
            key.parent_columns = own if len(own) == len(key.columns) else ["id"] * len(key.columns)
    table.foreign_keys = list(keys.values())
    table.lines += ["AUTOINCREMENT"] if counts_up(connection, name) else []
    return table


def counts_up(connection: Connection, name: str) -> bool:
    """Whether a SQLite table never gives an id twice."""
    sql = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
    ).scalar()
    return bool(sql and re.search(r"\bAUTOINCREMENT\b", sql, re.IGNORECASE))


class LiveTables(Mapping[str, Table]):
    """The tables of a MariaDB or MySQL server, each read when it is first asked for."""

    def __init__(self, connection: Connection, leave_out: Callable[[str], bool]) -> None:
        self.connection = connection
        self.names = [name for name in table_names(connection) if not leave_out(name)]
        self.found: dict[str, Table] = {}

    def __getitem__(self, name: str) -> Table:
        if name not in self.names:
            raise KeyError(name)
        if name not in self.found:
            self.found[name] = read_mysql(self.connection, name)
        return self.found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def fingerprint(connection: Connection, leave_out: Callable[[str], bool], only: str = "") -> str:
    """A hash that changes with every change of structure. ``leave_out`` must let kept names through.

    ``only`` names the one table that a statement may change or whose name it may take or give; '' means any.
    """
    tables = LiveTables(connection, leave_out)
    looked_at = [only] if only in tables else [] if only else list(tables)
    whole = json.dumps([tables.names, {name: tables[name].lines for name in looked_at}])
    return hashlib.sha256(whole.encode()).hexdigest()


def visible_lines(tables: dict[str, Table]) -> dict[str, list[str]]:
    """The lines to compare a database with itself later: what was kept is left out, order does not count."""

    def hidden(line: str) -> bool:
        return any(is_ours(name) for name in re.findall(r"[`'\"\[ ](_k_\w+)", line))

    return {name: sorted(line for line in table.lines if not hidden(line)) for name, table in tables.items()}


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """What changed, in words: one entry a table or line; what is no table has its kind before its name."""
    found = [f"{name if ' ' in name else f'table {name}'} has gone" for name in sorted(set(before) - set(after))]
    found += [f"{name if ' ' in name else f'table {name}'} is new" for name in sorted(set(after) - set(before))]
    for name in sorted(set(before) & set(after)):
        found += [f"{name}: gone: {line}" for line in sorted(set(before[name]) - set(after[name]))]
        found += [f"{name}: new: {line}" for line in sorted(set(after[name]) - set(before[name]))]
    return found
