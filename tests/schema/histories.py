"""Random histories: revisions of random operations, as Alembic scripts and as changes of the oracle's world."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from tests.schema.oracle import KINDS, Column, Foreign, Obstacle, Operation, Table, Unique, Value, World, convertible
from tests.schema.workbench import Revision

CONVERSIONS = {
    "int": ("big", "float", "str20"),
    "big": ("int", "str100"),
    "float": ("int",),
    "str20": ("text", "int", "str100"),
    "str100": ("text", "str20"),
    "text": ("str100",),
}


def rendered(column: Column) -> str:
    parts = [f'"{column.name}"', KINDS[column.kind]]
    if column.default is not None:
        parts.append(f'server_default="{column.default}"')
    return f"sa.Column({', '.join([*parts, f'nullable={column.nullable}'])})"


def existing(column: Column) -> str:
    default = "" if column.default is None else f""", existing_server_default=sa.text("'{column.default}'")"""
    return f"existing_nullable={column.nullable}{default}"


@dataclass
class Calls:
    """Lines for one table, in a batch block or as operations of their own."""

    table: str
    batch: bool
    lines: list[str] = field(default_factory=list)

    def add(self, method: str, *arguments: str, name_first: bool = False, table_word: str = "") -> Calls:
        given = list(arguments)
        if not self.batch:
            at = 1 if name_first else 0
            given.insert(at, f'{table_word}"{self.table}"')
        self.lines.append(f"{'batch_op' if self.batch else 'op'}.{method}({', '.join(given)})")
        return self

    def unique(self, unique: Unique, column: Column) -> Calls:
        return self.add("create_unique_constraint", f'"{unique.name}"', f'["{column.name}"]', name_first=True)

    def no_unique(self, unique: Unique) -> Calls:
        return self.add("drop_constraint", f'"{unique.name}"', 'type_="unique"', name_first=True)

    def foreign(self, foreign: Foreign, column: Column, parent: str) -> Calls:
        where = (f'"{parent}"', f'["{column.name}"]', '["id"]', f'ondelete="{foreign.ondelete}"')
        return self.add("create_foreign_key", f'"{foreign.name}"', *where, name_first=True)

    def no_foreign(self, foreign: Foreign) -> Calls:
        return self.add("drop_constraint", f'"{foreign.name}"', 'type_="foreignkey"', name_first=True)

    def index(self, index: Unique, column: Column) -> Calls:
        return self.add("create_index", f'"{index.name}"', f'["{column.name}"]', "unique=False", name_first=True)

    def no_index(self, index: Unique) -> Calls:
        return self.add("drop_index", f'"{index.name}"', name_first=True, table_word="table_name=")

    def __str__(self) -> str:
        if not self.batch:
            return "\n".join(self.lines)
        return "\n".join([f'with op.batch_alter_table("{self.table}") as batch_op:', *(f"    {x}" for x in self.lines)])


@dataclass
class Written:
    """An operation whose two scripts are written when it is made, with the names of that moment."""

    table: int
    scripts: tuple[str, str]  # forward, backward

    def source(self, *, forward: bool) -> str:
        return self.scripts[0 if forward else 1]


@dataclass
class ColumnPresence(Written):
    column: int
    unique: str | None = None
    foreign: str | None = None
    indexes: tuple[str, ...] = ()

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        table = world.tables[self.table]
        column = table.column(self.column)
        column.here = forward
        uniques = [unique for unique in table.uniques if unique.name == self.unique]
        foreigns = [foreign for foreign in table.foreigns if foreign.name == self.foreign]
        for unique in uniques:
            unique.here = forward
        for index in table.indexes:
            if index.name in self.indexes:
                index.here = forward
        for foreign in foreigns:
            foreign.here, foreign.hidden = forward, not forward
        if not forward:
            return []
        born = [key for key, row in table.rows.items() if self.column not in row.cells]
        for key in born:
            table.rows[key].cells[self.column] = column.of_new_row()
        obstacles = []
        if born and not column.nullable and column.default is None:
            obstacles.append(Obstacle(False, f"rows {born} have no {column.name}", self.table, tuple(born)))
        for _ in uniques:
            obstacles += world.duplicates(self.table, self.column)
        for foreign in foreigns:
            obstacles += world.orphans(self.table, foreign)
        return obstacles


@dataclass
class ColumnName(Written):
    column: int
    names: tuple[str, str]  # before, after

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        world.tables[self.table].column(self.column).name = self.names[1 if forward else 0]
        return []


@dataclass
class ColumnKind(Written):
    number: int
    column: int
    kinds: tuple[str, str]  # before, after

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        table = world.tables[self.table]
        column = table.column(self.column)
        column.kind = self.kinds[1 if forward else 0]
        if column.default is not None:
            column.default = convertible(column.default, column.kind)[0]
        obstacles = []
        for key, row in table.rows.items():
            if self.column not in row.cells:
                continue
            found = row.cells[self.column]
            original, converted = row.conversions.get((self.number, not forward), (None, object()))
            if found == converted and type(found) is type(converted):
                row.cells[self.column] = original
            else:
                row.cells[self.column], may, must = convertible(found, column.kind)
                must = must or (may and world.strict)
                if may:
                    obstacles.append(Obstacle(must, f"{found!r} is no {column.kind}", self.table, (key,)))
            row.conversions[self.number, forward] = (found, row.cells[self.column])
        return obstacles


@dataclass
class TablePresence(Written):
    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        if forward:
            world.come_back(self.table)
        world.tables[self.table].here = forward
        return []


@dataclass
class TableName(Written):
    names: tuple[str, str]

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        world.tables[self.table].name = self.names[1 if forward else 0]
        return []


@dataclass
class UniquePresence(Written):
    name: str

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        unique = next(unique for unique in world.tables[self.table].uniques if unique.name == self.name)
        unique.here = forward
        return list(world.duplicates(self.table, unique.column)) if forward else []


@dataclass
class ForeignPresence(Written):
    name: str

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        foreign = next(foreign for foreign in world.tables[self.table].foreigns if foreign.name == self.name)
        foreign.here = forward
        return list(world.orphans(self.table, foreign)) if forward else []


@dataclass
class IndexPresence(Written):
    name: str

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        next(index for index in world.tables[self.table].indexes if index.name == self.name).here = forward
        return []


@dataclass
class Opposite:
    """An operation written the other way round: what drops when going up."""

    operation: Operation

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        return self.operation.do(world, forward=not forward)

    def source(self, *, forward: bool) -> str:
        return self.operation.source(forward=not forward)


@dataclass
class Chapter:
    name: str
    after: tuple[str, ...]
    operations: list[Operation] = field(default_factory=list)

    def do(self, world: World, *, forward: bool) -> list[Obstacle]:
        order = self.operations if forward else reversed(self.operations)
        before = {number: foreigns_here(table) for number, table in world.tables.items()}
        obstacles = [obstacle for operation in order for obstacle in operation.do(world, forward=forward)]
        for number, names in before.items():
            went_with_its_owner(world.tables[number], names)
        (world.applied.add if forward else world.applied.discard)(self.name)
        return obstacles

    def revision(self) -> Revision:
        after = self.after[0] if len(self.after) == 1 else (self.after or None)
        up = "\n".join(operation.source(forward=True) for operation in self.operations)
        down = "\n".join(operation.source(forward=False) for operation in reversed(self.operations))
        return Revision(self.name, after, up, down)


def foreigns_here(table: Table) -> set[str]:
    return {foreign.name for foreign in table.foreigns if foreign.here and table.here}


def went_with_its_owner(table: Table, before: set[str]) -> None:
    """A foreign key that a script drops ahead of its table or its column goes on watching, as the others do."""
    for foreign in table.foreigns:
        if foreign.here:
            foreign.watching = foreign.hidden = False
        elif foreign.name in before and not table.here:
            foreign.watching = True
        elif foreign.name in before and not table.column(foreign.column).here:
            foreign.hidden = True


class History:
    """Chapters in an order in which they can be applied, made from ``chance`` alone."""

    def __init__(self, chance: random.Random, kind: str) -> None:
        self.chance = chance
        self.kind = kind
        self.numbers = count(1)
        self.world = World(strict=kind == "mariadb")  # while the history is written: at its end
        self.chapters: list[Chapter] = []
        self.write()
        self.start = copy.deepcopy(self.world)  # nothing applied yet
        for chapter in reversed(self.chapters):
            chapter.do(self.start, forward=False)
        for table in self.start.tables.values():
            for foreign in table.foreigns:
                foreign.hidden = foreign.watching = False

    def write(self) -> None:
        self.chapter((), [self.new_table for _ in range(self.chance.randint(1, 2))])
        for _ in range(self.chance.randint(0, 2)):
            self.chapter((self.chapters[-1].name,), self.makers())
        if self.chance.random() < 0.3:
            self.branches()
        for _ in range(self.chance.randint(0, 2)):
            self.chapter((self.chapters[-1].name,), self.makers())
        if len(self.chapters) == 1:
            self.chapter((self.chapters[-1].name,), self.makers())

    def makers(self) -> list[Callable[[], None]]:
        makers = [
            *[self.new_column] * 3,
            *[self.lost_column] * 3,
            *[self.other_kind] * 3,
            *[self.new_table, self.lost_table] * 2,
            *[self.unique, self.no_unique] * 1,
            *[self.new_foreign_column] * 2,
            self.foreign,
            self.no_foreign,
            self.other_column_name,
            self.other_table_name,
            self.index,
        ]
        return [self.chance.choice(makers) for _ in range(self.chance.randint(1, 3))]

    def chapter(self, after: tuple[str, ...], makers: list[Callable[[], None]]) -> Chapter:
        self.current = Chapter(f"r{len(self.chapters) + 1}", after)
        self.chapters.append(self.current)
        self.only: set[int] | None = None
        for make in makers:
            make()
        self.world.applied.add(self.current.name)
        return self.current

    def branches(self) -> None:
        """Two at once, each on tables of its own, so that their order does not matter; often merged."""
        tables = sorted(self.world.here())
        cut = self.chance.randint(0, len(tables))
        fork = self.chapters[-1].name
        makers = [self.new_column, self.lost_column, self.other_kind, self.other_column_name, self.index]
        names = []
        for share in (tables[:cut], tables[cut:]):
            chapter = self.chapter((fork,), [])
            self.only = set(share)
            for make in [self.chance.choice(makers) for _ in range(self.chance.randint(1, 2))]:
                make()
            self.only = None
            names.append(chapter.name)
        self.chapter(tuple(names), [])

    # What the operations below choose from
    def table(self) -> int | None:
        tables = [number for number in sorted(self.world.here()) if self.only is None or number in self.only]
        return self.chance.choice(tables) if tables else None

    def style(self, *, constraint: bool = False) -> bool:
        """Whether to write a batch block: always where SQLite knows no other way."""
        if constraint and self.kind == "sqlite":
            return True
        return self.chance.random() < 0.5

    def calls(self, table: int, *, constraint: bool = False) -> tuple[Calls, Calls]:
        batch = self.style(constraint=constraint)
        name = self.world.tables[table].name
        return Calls(name, batch), Calls(name, batch)

    def add(self, operation: Operation, *, forward: bool = True) -> None:
        """Put it into the chapter, and its change into the world as it will be then."""
        self.current.operations.append(operation if forward else Opposite(operation))
        operation.do(self.world, forward=forward)

    def column_name(self, table: int) -> str:
        """Often one that the table had before: what comes must never get the cells of what went."""
        taken = {column.name for column in self.world.tables[table].columns.values() if column.here}
        free = [name for name in ("title", "body", "hits", "price", "state", "note", "mail") if name not in taken]
        return self.chance.choice(free) if free else f"extra{next(self.numbers)}"

    def table_name(self) -> str:
        taken = {table.name for table in self.world.here().values()}
        free = [name for name in ("post", "comment", "tag", "author", "page") if name not in taken]
        return self.chance.choice(free) if free else f"table{next(self.numbers)}"

    def make_column(self, table: int, *, first: bool = False) -> int:
        kind = self.chance.choice(["int", "float", "str20", "str100", "big", "text"])
        column = Column(self.column_name(table), kind)
        shape = self.chance.choice(["null", "null", "default", "bare" if first else "default"])
        if shape == "default" and kind in ("int", "big", "str20"):
            column.nullable, column.default = False, 7 if kind != "str20" else "7"
        elif shape == "bare":
            column.nullable = False
        number = next(self.numbers)
        self.world.tables[table].columns[number] = column
        return number

    # The operations
    def new_table(self) -> None:
        number = next(self.numbers)
        parents = sorted(self.world.here())
        table = self.world.tables[number] = Table(self.table_name())
        for _ in range(self.chance.randint(1, 3)):
            made = self.make_column(number, first=True)
            table.columns[made].here = True
        if self.chance.random() < 0.3:
            column = self.chance.choice(sorted(table.columns))
            if table.columns[column].kind != "text" and table.columns[column].nullable:
                table.uniques.append(Unique(f"uq_{next(self.numbers)}", column, here=True))
        if parents and self.chance.random() < 0.6:
            self.make_foreign(number, self.chance.choice(parents), first=True).here = True
        self.add(TablePresence(number, self.table_scripts(number)))

    def make_foreign(self, table: int, parent: int, *, first: bool = False) -> Foreign:
        column = next(self.numbers)
        name = self.world.tables[parent].name + f"_id{column}"
        ondelete = self.chance.choice(["CASCADE", "SET NULL", "RESTRICT"])
        nullable = not first or ondelete == "SET NULL" or self.chance.random() < 0.5
        self.world.tables[table].columns[column] = Column(name, "int", nullable=nullable, here=True)
        foreign = Foreign(f"fk_{next(self.numbers)}", column, parent, ondelete)
        self.world.tables[table].foreigns.append(foreign)
        return foreign

    def table_scripts(self, number: int) -> tuple[str, str]:
        """To make the table with all that it has now, and to drop it, indexes first as autogenerate does."""
        table = self.world.tables[number]
        there, away = Calls(table.name, batch=False), Calls(table.name, batch=False)
        for index in table.indexes:
            if index.here:
                there.index(index, table.column(index.column))
                away.no_index(index)
        away.lines.append(f'op.drop_table("{table.name}")')
        return f"{self.created(number)}\n{there}", str(away)

    def created(self, number: int) -> str:
        table = self.world.tables[number]
        lines = [f'"{table.name}"', 'sa.Column("id", sa.Integer(), nullable=False)']
        lines += [rendered(column) for column in table.visible().values()]
        for foreign in table.foreigns:
            if foreign.here:
                parent = self.world.tables[foreign.parent].name
                lines.append(
                    f'sa.ForeignKeyConstraint(["{table.column(foreign.column).name}"], ["{parent}.id"], '
                    f'name="{foreign.name}", ondelete="{foreign.ondelete}")'
                )
        lines += [
            f'sa.UniqueConstraint("{table.column(unique.column).name}", name="{unique.name}")'
            for unique in table.uniques
            if unique.here
        ]
        lines.append('sa.PrimaryKeyConstraint("id")')
        return "op.create_table(\n" + "\n".join(f"    {line}," for line in lines) + "\n)"

    def lost_table(self) -> None:
        """With all that points to it gone before."""
        number = self.table()
        if number is None or len(self.world.here()) < 2:
            return
        for child in sorted(self.world.here()):
            for foreign in self.world.tables[child].foreigns:
                if foreign.parent == number and foreign.here and child != number:
                    self.drop_foreign(child, foreign)
        self.add(TablePresence(number, self.table_scripts(number)), forward=False)

    def new_column(self) -> None:
        number = self.table()
        if number is None:
            return
        made = self.make_column(number)
        column = self.world.tables[number].column(made)
        there, away = self.calls(number)
        there.add("add_column", rendered(column))
        away.add("drop_column", f'"{column.name}"')
        self.add(ColumnPresence(number, (str(there), str(away)), made))

    def new_foreign_column(self) -> None:
        number = self.table()
        parent = self.table()
        if number is None or parent is None or parent == number:
            return
        foreign = self.make_foreign(number, parent)
        self.column_with_foreign(number, foreign, forward=True)

    def column_with_foreign(self, table: int, foreign: Foreign, *, forward: bool) -> None:
        column = self.world.tables[table].column(foreign.column)
        there, away = self.calls(table, constraint=True)
        there.add("add_column", rendered(column)).foreign(foreign, column, self.world.tables[foreign.parent].name)
        away.no_foreign(foreign).add("drop_column", f'"{column.name}"')
        scripts = (str(there), str(away))
        self.add(ColumnPresence(table, scripts, foreign.column, foreign=foreign.name), forward=forward)

    def lost_column(self) -> None:
        number = self.table()
        if number is None:
            return
        table = self.world.tables[number]
        columns = sorted(table.visible())
        if len(columns) < 2:
            return
        gone = self.chance.choice(columns)
        foreign = next((one for one in table.foreigns if one.column == gone and one.here), None)
        if foreign is not None:
            self.column_with_foreign(number, foreign, forward=False)
            return
        column = table.column(gone)
        unique = next((one for one in table.uniques if one.column == gone and one.here), None)
        indexes = [one for one in table.indexes if one.column == gone and one.here]
        there, away = self.calls(number, constraint=unique is not None)
        there.add("add_column", rendered(column))
        if unique is not None:
            there.unique(unique, column)
            away.no_unique(unique)
        for index in indexes:
            there.index(index, column)
            away.no_index(index)
        away.add("drop_column", f'"{column.name}"')
        operation = ColumnPresence(
            number,
            (str(there), str(away)),
            gone,
            unique=unique.name if unique else None,
            indexes=tuple(index.name for index in indexes),
        )
        self.add(operation, forward=False)

    def free_columns(self, number: int) -> list[int]:
        """Those that no constraint knows."""
        table = self.world.tables[number]
        bound = {one.column for one in (*table.uniques, *table.foreigns) if one.here}
        return [column for column in sorted(table.visible()) if column not in bound]

    def other_column_name(self) -> None:
        number = self.table()
        if number is None or not (columns := self.free_columns(number)):
            return
        chosen = self.chance.choice(columns)
        column = self.world.tables[number].column(chosen)
        names = (column.name, self.column_name(number))
        calls = self.calls(number)
        for call, (old, new) in zip(calls, (names, names[::-1]), strict=True):
            more = (f'new_column_name="{new}"', f"existing_type={KINDS[column.kind]}", existing(column))
            call.add("alter_column", f'"{old}"', *more)
        self.add(ColumnName(number, (str(calls[0]), str(calls[1])), chosen, names))

    def other_kind(self) -> None:
        number = self.table()
        if number is None:
            return
        table = self.world.tables[number]
        columns = [name for name in self.free_columns(number) if table.column(name).kind != "text"]
        if not columns:
            return
        chosen = self.chance.choice(columns)
        column = table.column(chosen)
        kinds = (column.kind, self.chance.choice(CONVERSIONS[column.kind]))
        if column.default is not None and kinds not in {("int", "big"), ("int", "str20"), ("big", "int")}:
            return
        there, away = self.calls(number, constraint=True)
        for call, (old, new) in ((there, kinds), (away, kinds[::-1])):
            more = (f"existing_type={KINDS[old]}", f"type_={KINDS[new]}", existing(column))
            call.add("alter_column", f'"{column.name}"', *more)
        self.add(ColumnKind(number, (str(there), str(away)), next(self.numbers), chosen, kinds))

    def other_table_name(self) -> None:
        number = self.table()
        if number is None:
            return
        names = (self.world.tables[number].name, self.table_name())
        scripts = (f'op.rename_table("{names[0]}", "{names[1]}")', f'op.rename_table("{names[1]}", "{names[0]}")')
        self.add(TableName(number, scripts, names))

    def unique(self) -> None:
        number = self.table()
        if number is None:
            return
        table = self.world.tables[number]
        columns = [name for name in self.free_columns(number) if table.column(name).kind not in ("text", "float")]
        columns = [name for name in columns if table.column(name).nullable]
        if not columns:
            return
        unique = Unique(f"uq_{next(self.numbers)}", self.chance.choice(columns))
        table.uniques.append(unique)
        self.unique_change(number, unique, forward=True)

    def no_unique(self) -> None:
        number = self.table()
        if number is None:
            return
        found = [unique for unique in self.world.tables[number].uniques if unique.here]
        if found:
            self.unique_change(number, self.chance.choice(found), forward=False)

    def unique_change(self, number: int, unique: Unique, *, forward: bool) -> None:
        there, away = self.calls(number, constraint=True)
        there.unique(unique, self.world.tables[number].column(unique.column))
        away.no_unique(unique)
        self.add(UniquePresence(number, (str(there), str(away)), unique.name), forward=forward)

    def foreign(self) -> None:
        """A foreign key that was dropped comes again under another name."""
        for number, table in sorted(self.world.here().items()):
            for foreign in table.foreigns:
                parent = self.world.tables[foreign.parent]
                column = table.column(foreign.column)
                bound = any(one.here and one.column == foreign.column for one in table.foreigns)
                if not bound and column.here and column.kind == "int" and parent.here:
                    again = Foreign(f"fk_{next(self.numbers)}", foreign.column, foreign.parent, foreign.ondelete)
                    table.foreigns.append(again)
                    self.foreign_change(number, again, forward=True)
                    return

    def no_foreign(self) -> None:
        number = self.table()
        if number is None:
            return
        found = [foreign for foreign in self.world.tables[number].foreigns if foreign.here]
        if found:
            self.drop_foreign(number, self.chance.choice(found))

    def drop_foreign(self, number: int, foreign: Foreign) -> None:
        self.foreign_change(number, foreign, forward=False)

    def foreign_change(self, number: int, foreign: Foreign, *, forward: bool) -> None:
        table = self.world.tables[number]
        there, away = self.calls(number, constraint=True)
        there.foreign(foreign, table.column(foreign.column), self.world.tables[foreign.parent].name)
        away.no_foreign(foreign)
        self.add(ForeignPresence(number, (str(there), str(away)), foreign.name), forward=forward)

    def index(self) -> None:
        number = self.table()
        if number is None:
            return
        table = self.world.tables[number]
        columns = [name for name in sorted(table.visible()) if table.column(name).kind in ("float", "big")]
        if not columns:
            return
        index = Unique(f"ix_{next(self.numbers)}", self.chance.choice(columns))
        table.indexes.append(index)
        there, away = self.calls(number)
        there.index(index, table.column(index.column))
        away.no_index(index)
        self.add(IndexPresence(number, (str(there), str(away)), index.name))


def value_for(chance: random.Random, column: Column) -> Value:
    """One that SQLite and MariaDB store and round alike."""
    if column.nullable and chance.random() < 0.15:
        return None
    if column.kind == "int":
        return chance.randint(-50, 1000)
    if column.kind == "big":
        return chance.choice([chance.randint(-50, 1000), chance.randint(3_000_000_000, 4_000_000_000)])
    if column.kind == "float":
        return chance.randint(-20, 400) + chance.choice([0.25, 0.75])  # never a half: engines differ there
    words = chance.choice([f"word{chance.randint(0, 999)}", str(chance.randint(0, 999))])
    if column.kind != "str20" and chance.random() < 0.15:
        return words + " and more of it"
    return words
