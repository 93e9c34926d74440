"""What a database must hold after any walk, kept in memory and knowing nothing of how it is done.

A row is one thing for as long as it lives; whoever is born later under its key is another. A column or a table that is
away keeps its cells for the rows that live on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

Value = int | float | str | None
KINDS = {
    "int": "sa.Integer()",
    "big": "sa.BigInteger()",
    "float": "sa.Float()",
    "str20": "sa.String(length=20)",
    "str100": "sa.String(length=100)",
    "text": "sa.Text()",
}
LENGTHS = {"str20": 20, "str100": 100}
NUMBERS = ("int", "big", "float")
LARGEST_INT = 2**31 - 1


class DoesNotFit(Exception):
    """``always`` is false for what SQLite takes and MariaDB does not: a longer text, a greater number."""

    def __init__(self, *, always: bool) -> None:
        super().__init__()
        self.always = always


@dataclass
class Column:
    name: str
    kind: str
    nullable: bool = True
    default: Value = None
    here: bool = False

    def of_new_row(self) -> Value:
        """What a row gets that does not name the column; a NOT NULL column without default gets what is neutral."""
        if self.default is not None or self.nullable:
            return self.default
        return 0 if self.kind in NUMBERS else ""


@dataclass
class Unique:
    name: str
    column: int
    here: bool = False


@dataclass
class Foreign:
    """A foreign key that goes in one revision with its table or its column goes on acting while they are away.

    ``hidden``: its column is away. Then a deleted parent empties the cell whatever ``ondelete`` says, since nobody
    could see why a row went, and the cell must not find a stranger under the same key.
    ``watching``: its table is away. Then it does what ``ondelete`` says; one that refuses lets the parent go, and the
    row goes aside when its table comes back.
    """

    name: str
    column: int
    parent: int
    ondelete: str
    here: bool = False
    hidden: bool = False
    watching: bool = False

    def acts(self) -> bool:
        return self.here or self.hidden or self.watching


@dataclass
class Row:
    cells: dict[int, Value] = field(default_factory=dict)
    conversions: dict[tuple[int, bool], tuple[Value, Value]] = field(default_factory=dict)  # (operation, forward)
    cut_off: set[int] = field(default_factory=set)  # columns, away, whose parent row was deleted
    lost: bool = False  # its table was away when a parent was deleted that it would have held


@dataclass
class Table:
    name: str
    here: bool = False
    columns: dict[int, Column] = field(default_factory=dict)
    uniques: list[Unique] = field(default_factory=list)
    indexes: list[Unique] = field(default_factory=list)
    foreigns: list[Foreign] = field(default_factory=list)
    rows: dict[int, Row] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)  # keys of deleted rows, free to be used again

    def visible(self) -> dict[int, Column]:
        return {number: column for number, column in self.columns.items() if column.here}

    def column(self, number: int) -> Column:
        return self.columns[number]


@dataclass(frozen=True)
class Obstacle:
    """Why a step may be refused; when it ``must`` be, going on would lose something."""

    must: bool
    why: str
    table: int
    keys: tuple[int, ...]


@dataclass
class World:
    """All tables that a history ever knows, those that are away included."""

    tables: dict[int, Table] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    strict: bool = True  # lengths and ranges are kept, as MariaDB does and SQLite does not

    def here(self) -> dict[int, Table]:
        return {number: table for number, table in self.tables.items() if table.here}

    def look(self) -> dict[str, dict[tuple[int], dict[str, Value]]]:
        """The visible cells, in the form of ``Workbench.content``."""
        return {
            table.name: {
                (key,): {"id": key, **{column.name: row.cells[number] for number, column in table.visible().items()}}
                for key, row in table.rows.items()
            }
            for table in self.here().values()
        }

    # What the application does
    def insert(self, table: int, key: int, cells: dict[int, Value]) -> None:
        found = self.tables[table]
        row = Row({number: column.of_new_row() for number, column in found.visible().items()} | cells)
        found.rows[key] = row
        found.gone.discard(key)

    def update(self, table: int, key: int, column: int, value: Value) -> None:
        self.tables[table].rows[key].cells[column] = value

    def delete(self, table: int, key: int) -> None:
        """Its children go with it or lose their parent, those in a table that is away too."""
        found = self.tables[table]
        if found.rows.pop(key, None) is None:
            return
        found.gone.add(key)
        for number, child in self.tables.items():
            for foreign in child.foreigns:
                if foreign.parent != table or not foreign.acts():
                    continue
                hit = [name for name, row in child.rows.items() if row.cells.get(foreign.column) == key]
                for name in hit:
                    if foreign.hidden:
                        child.rows[name].cells[foreign.column] = None
                        child.rows[name].cut_off.add(foreign.column)
                    elif foreign.ondelete == "CASCADE":
                        self.delete(number, name)
                    elif foreign.ondelete == "RESTRICT":
                        child.rows[name].lost = True
                    else:
                        child.rows[name].cells[foreign.column] = None

    def come_back(self, table: int) -> None:
        """The rows of a table that lost their parents while it was away go aside."""
        for key in [key for key, row in self.tables[table].rows.items() if row.lost]:
            self.delete(table, key)

    def may_delete(self, table: int, key: int) -> bool:
        """Whether no row of a table that is here holds the row, or one that would go with it."""
        for number, child in self.tables.items():
            for foreign in child.foreigns:
                if foreign.parent != table or not foreign.acts() or foreign.hidden:
                    continue
                hit = [name for name, row in child.rows.items() if row.cells.get(foreign.column) == key]
                if foreign.ondelete == "RESTRICT" and child.here and hit:
                    return False
                if foreign.ondelete == "CASCADE" and not all(self.may_delete(number, name) for name in hit):
                    return False
        return True

    # What stands in the way
    def duplicates(self, table: int, column: int) -> Iterator[Obstacle]:
        holders: dict[Value, list[int]] = {}
        for key, row in self.tables[table].rows.items():
            if row.cells.get(column) is not None:
                holders.setdefault(row.cells[column], []).append(key)
        for value, keys in holders.items():
            if len(keys) > 1:
                yield Obstacle(True, f"{value!r} stands in rows {keys}", table, tuple(keys[1:]))

    def orphans(self, table: int, foreign: Foreign) -> Iterator[Obstacle]:
        parents = self.tables[foreign.parent].rows
        for key, row in self.tables[table].rows.items():
            value = row.cells.get(foreign.column)
            if value is not None and value not in parents:
                yield Obstacle(True, f"row {key} points to {value}, which is not there", table, (key,))
            if foreign.column in row.cut_off:
                must = value is None and not self.tables[table].column(foreign.column).nullable
                yield Obstacle(must, f"row {key} lost its parent while its column was away", table, (key,))


class Operation(Protocol):
    """One operation of a script and its opposite."""

    def do(self, world: World, *, forward: bool) -> list[Obstacle]: ...

    def source(self, *, forward: bool) -> str: ...


def convert(value: Value, kind: str, *, strict: bool) -> Value:
    """``value`` as a cell of ``kind``. Raises DoesNotFit."""
    if value is None:
        return None
    if kind in NUMBERS:
        if isinstance(value, str) and not re.fullmatch(r"0|-?[1-9]\d{0,17}", value):
            raise DoesNotFit(always=True)
        number = float(value) if kind == "float" else round(float(value)) if isinstance(value, float) else int(value)
        if kind == "int" and strict and abs(number) > LARGEST_INT:
            raise DoesNotFit(always=False)
        return number
    words = str(value)
    if strict and len(words) > LENGTHS.get(kind, 1000):
        raise DoesNotFit(always=False)
    return words


def convertible(value: Value, kind: str) -> tuple[Value, bool, bool]:
    """The converted value, whether it may be refused, whether it must be."""
    try:
        return convert(value, kind, strict=True), False, False
    except DoesNotFit as problem:
        if problem.always:
            return value, True, True
        return convert(value, kind, strict=False), True, False
