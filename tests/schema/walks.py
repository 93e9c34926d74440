"""A random walk up and down a random history, with the writes of an application in between, beside the oracle."""

from __future__ import annotations

import copy
import random
import re
import traceback
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from cms.schema.errors import SchemaError
from tests.schema.children import KILLED, Children, Job
from tests.schema.histories import History, value_for
from tests.schema.oracle import Foreign, Obstacle, Row, Table, Value, World
from tests.schema.workbench import Workbench, unlike

# About what a command and each of its revisions send: a step that sends less than was drawn ends undisturbed.
STATEMENTS, STATEMENTS_OF_A_REVISION = 50, 60


class WalkFailed(AssertionError):
    """``lost``: cells differ from the oracle's, rather than a step that breaks or is refused without need."""

    def __init__(self, message: str, *, lost: bool) -> None:
        super().__init__(message)
        self.lost = lost


class Walk:
    """One walk; ``children`` kill each step at a random statement before it is run again."""

    def __init__(
        self, chance: random.Random, url: str, folder: Path, *, plain: bool = False, children: Children | None = None
    ) -> None:
        self.chance = chance
        self.bench = Workbench(url, folder, plain=plain)
        self.children = children
        self.history = History(chance, self.bench.kind)
        self.world = self.history.start
        self.log: list[str] = []
        self.schemas: dict[frozenset[str], Any] = {}
        self.moves = self.refusals = self.kills = self.cells = 0
        self.ancestors: dict[str, set[str]] = {}
        for chapter in self.history.chapters:
            above = {name for parent in chapter.after for name in self.ancestors[parent]}
            self.ancestors[chapter.name] = {chapter.name, *above}

    def go(self, moves: int) -> None:
        """Walk. Raises WalkFailed with the scripts and the steps."""
        self.bench.write(chapter.revision() for chapter in self.history.chapters)
        try:
            self.move("upgrade", self.chance.choice(self.history.chapters).name)
            for _ in range(moves):
                self.write(self.chance.randint(1, 5))
                self.move(*self.way())
        except WalkFailed as failure:
            raise WalkFailed(f"{failure}\n\n{self.story()}", lost=failure.lost) from failure
        finally:
            self.bench.close()

    def story(self) -> str:
        scripts = "\n".join(
            f"--- {script.name} after {script.after}\n# up\n{script.up}\n# down\n{script.down}"
            for script in (chapter.revision() for chapter in self.history.chapters)
        )
        return f"{scripts}\n--- the walk on {self.bench.kind}\n" + "\n".join(self.log)

    # Up and down
    def way(self) -> tuple[str, str]:
        names = [chapter.name for chapter in self.history.chapters]
        applied = self.world.applied
        down = [name for name in names if name in applied and self.goal("downgrade", name) != applied]
        up = [name for name in names if name not in self.world.applied]
        if up and (self.chance.random() < 0.5 or not down):
            return "upgrade", self.chance.choice([*up, "heads"])
        return "downgrade", self.chance.choice(down if down and self.chance.random() < 0.9 else ["base"])

    def path(self, way: str, goal: set[str]) -> list[str]:
        """The revisions on the way from here to ``goal``, in the order in which they are done."""
        names = [chapter.name for chapter in self.history.chapters]
        if way == "upgrade":
            return [name for name in names if name in goal - self.world.applied]
        return [name for name in reversed(names) if name in self.world.applied - goal]

    def goal(self, way: str, target: str) -> set[str]:
        everything = set(self.ancestors)
        if way == "upgrade":
            return self.world.applied | (everything if target == "heads" else self.ancestors[target])
        if target == "base":
            return set()
        return {name for name in self.world.applied if target not in self.ancestors[name] or name == target}

    def walked(self, path: list[str], way: str) -> tuple[World, list[Obstacle]]:
        """The world at the end of ``path``, and what stands in the way there."""
        world = copy.deepcopy(self.world)
        by_name = {chapter.name: chapter for chapter in self.history.chapters}
        obstacles = [one for name in path for one in by_name[name].do(world, forward=way == "upgrade")]
        return world, obstacles

    def move(self, way: str, target: str, *, again: bool = False) -> None:
        goal = self.goal(way, target)
        path = self.path(way, goal)
        self.log.append(f"{way} {target}  {' '.join(path)}")
        expected, obstacles = self.walked(path, way)
        if self.children is not None:
            self.be_killed(way, target, len(path))
        try:
            getattr(self.bench, way)(target)
        except SchemaError as refusal:
            self.refused(way, path, obstacles, refusal)
            if not again and self.repair(obstacles):
                self.move(way, target, again=True)
            return
        except Exception as error:
            raise WalkFailed(f"{way} to {target} breaks:\n{brief(error)}", lost=False) from error
        must = [obstacle.why for obstacle in obstacles if obstacle.must]
        if must:
            raise WalkFailed(f"{way} to {target} should have been refused: {'; '.join(must)}", lost=True)
        self.world = expected
        self.moves += 1
        self.compare(f"after the {way} to {target}")

    def refused(self, way: str, path: list[str], obstacles: list[Obstacle], refusal: SchemaError) -> None:
        """It may stop between two revisions, never inside one, and only where something stands in the way."""
        self.refusals += 1
        self.log.append(f"  refused: {refusal}")
        done = self.applied_now()
        before = [name for name in path if (name in done) == (way == "upgrade")]
        if before and self.bench.kind == "sqlite":
            raise WalkFailed(f"A refused {way} did {before} all the same.", lost=False)
        self.world, passed = self.walked(before, way)
        rest = [name for name in path if name not in before]
        in_the_way = self.walked(rest, way)[1]
        if not in_the_way:
            raise WalkFailed(f"Refused though nothing stands in the way: {refusal}", lost=False)
        if [obstacle for obstacle in passed if obstacle.must]:
            raise WalkFailed(f"Went past {passed}", lost=True)
        self.compare("after a refusal")

    def applied_now(self) -> set[str]:
        return {name for head in self.bench.heads() for name in self.ancestors[head]}

    def repair(self, obstacles: list[Obstacle]) -> bool:
        """Delete the rows in the way, as somebody would who read the message. False when they cannot be seen."""
        for obstacle in obstacles:
            if not self.world.tables[obstacle.table].here:
                return False
        with self.bench.writing() as connection:
            for obstacle in obstacles:
                for key in obstacle.keys:
                    if key in self.world.tables[obstacle.table].rows:
                        self.delete(connection, obstacle.table, key)
        return all(self.world.tables[one.table].rows.keys().isdisjoint(one.keys) for one in obstacles)

    def be_killed(self, way: str, target: str, revisions: int) -> None:
        """Run the step in a child that dies on the way; what it leaves is for the run that follows."""
        assert self.children is not None
        at = self.chance.randint(1, STATEMENTS + STATEMENTS_OF_A_REVISION * revisions)
        how = "before" if self.bench.kind == "sqlite" else self.chance.choice(["before", "sent"])
        url = self.bench.engine.url.render_as_string(hide_password=False)
        ended = self.children.run(Job(str(self.bench.folder), url, way, target, at, how))
        if ended.code == KILLED:
            self.kills += 1
            self.log.append(f"  killed {how} statement {at}: {ended.last[:100]}")

    def compare(self, when: str) -> None:
        schema, content = self.bench.look()
        different = unlike(self.world.look(), content)
        self.cells += sum(len(row) for table in content.values() for row in table.values())
        if different:
            raise WalkFailed(f"Cells differ {when}:\n" + "\n".join(different[:12]), lost=True)
        first = self.schemas.setdefault(frozenset(self.world.applied), schema)
        if first != schema:
            lines = "\n".join(unlike(first, schema)[:12])
            raise WalkFailed(f"The schema differs {when} from its first time:\n{lines}", lost=False)

    # What the application does in between
    def write(self, number: int) -> None:
        tables = sorted(self.world.here())
        if not tables:
            return
        with self.bench.writing() as connection:
            for _ in range(number):
                chosen = self.chance.choice(tables)
                rows = sorted(self.world.tables[chosen].rows)
                act = self.chance.choice(["insert", "insert", "update", "delete"])
                try:
                    if act == "insert" or not rows:
                        self.insert(connection, chosen)
                    elif act == "update":
                        self.update(connection, chosen, self.chance.choice(rows))
                    else:
                        self.delete(connection, chosen, self.chance.choice(rows))
                except Exception as error:
                    raise WalkFailed(f"A write that should work fails:\n{brief(error)}", lost=False) from error

    def insert(self, connection: Connection, number: int) -> None:
        """Under the key of a deleted row, when there is one, as often as under a new key."""
        table = self.world.tables[number]
        used = {*table.rows, *table.gone}
        key = max(used, default=0) + 1
        if table.gone and self.chance.random() < 0.5:
            key = self.chance.choice(sorted(table.gone))
        cells: dict[int, Value] = {}
        for name, column in table.visible().items():
            needed = not column.nullable and column.default is None
            if not needed and self.chance.random() < 0.3:
                continue
            if not self.may_hold(table, name, value := self.value(number, name)):
                if needed:
                    return
                continue
            cells[name] = value
        bound = {one.column for one in table.uniques if one.here}
        for name in bound - set(cells):
            if not self.may_hold(table, name, table.column(name).of_new_row()):
                return
        names = ["id", *(table.column(name).name for name in cells)]
        self.run(
            connection,
            f"INSERT INTO `{table.name}` ({', '.join(f'`{name}`' for name in names)}) "
            f"VALUES ({', '.join(literal(value) for value in (key, *cells.values()))})",
        )
        self.world.insert(number, key, cells)

    def update(self, connection: Connection, number: int, key: int) -> None:
        table = self.world.tables[number]
        columns = sorted(table.visible())
        if not columns:
            return
        column = self.chance.choice(columns)
        value = self.value(number, column)
        if self.may_hold(table, column, value, but=table.rows[key]):
            name = table.column(column).name
            self.run(connection, f"UPDATE `{table.name}` SET `{name}` = {literal(value)} WHERE id = {key}")
            self.world.update(number, key, column, value)

    def delete(self, connection: Connection, number: int, key: int) -> None:
        if self.world.may_delete(number, key):
            self.run(connection, f"DELETE FROM `{self.world.tables[number].name}` WHERE id = {key}")
            self.world.delete(number, key)

    def run(self, connection: Connection, statement: str) -> None:
        self.log.append(f"  {statement}")
        connection.execute(text(statement.replace(":", r"\:")))

    def value(self, number: int, column: int) -> Value:
        table = self.world.tables[number]
        foreign = foreign_of(table, column)
        if foreign is not None:
            parents = sorted(self.world.tables[foreign.parent].rows)
            return self.chance.choice([None, *parents, *parents])
        return value_for(self.chance, table.column(column))

    def may_hold(self, table: Table, column: int, value: Value, but: Row | None = None) -> bool:
        """Whether the visible schema takes the cell."""
        if value is None:
            return table.column(column).nullable
        if not any(unique.column == column and unique.here for unique in table.uniques):
            return True
        return all(row.cells.get(column) != value for row in table.rows.values() if row is not but)


def foreign_of(table: Table, column: int) -> Foreign | None:
    return next((foreign for foreign in table.foreigns if foreign.column == column and foreign.here), None)


def literal(value: Value) -> str:
    if value is None:
        return "NULL"
    return f"'{value}'" if isinstance(value, str) else repr(value)


def brief(error: BaseException) -> str:
    """The last lines of a traceback, without SQLAlchemy's advertisement."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(line for line in lines if not re.match(r"\(Background on", line))[-1800:]
