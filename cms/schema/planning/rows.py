"""Rows: filled, put aside, brought back, inserted and written by statements of the script's own."""

from __future__ import annotations

from collections.abc import Iterator

from alembic.operations import ops

from cms.schema.planning.base import Planning
from cms.schema.planning.definitions import (
    cells_of,
    needing,
    orphan_condition,
)
from cms.schema.recording import BringBackOp, FillOp, SetAsideOp
from cms.schema.scripts import check_raw, skips_raw
from cms.schema.statements import DEFINING, verb
from cms.schema.structure import quoted
from cms.schema.units import DDL, DML, DROP_EMPTY, SCRIPT, Unit


class Rows(Planning):
    def set_aside(self, operation: SetAsideOp, step: int) -> Iterator[Unit]:
        table = self.table(operation.table_name)
        for other in self.tables.values():
            for key in other.foreign_keys:
                if key.parent == table.name and not self.derived(other.name):
                    inner = f"SELECT 1 FROM {quoted(other.name)} c WHERE " + " AND ".join(
                        f"c.{quoted(child)} = {quoted(table.name)}.{quoted(parent)}"
                        for child, parent in zip(key.columns, key.parent_columns, strict=True)
                    )
                    yield self.check(
                        table.name,
                        f"({operation.where}) AND EXISTS ({inner})",
                        f"{{count}} rows of {table.name} cannot go aside: {other.name} points to them",
                    )
        yield from self.rows_aside(table, operation.where)

    def bring_back(self, operation: BringBackOp, step: int) -> Iterator[Unit]:
        table = self.table(operation.table_name)
        while (kept := self.returning("rows", table.name)) is not None:
            cells = cells_of(self.table(kept.kept_name), table, self.kept)
            same = " AND ".join(f"t.{quoted(one)} = k.{quoted(one)}" for one in table.primary_key)
            alive = " AND ".join(
                [f"NOT EXISTS (SELECT 1 FROM {quoted(table.name)} t WHERE {same})"]
                + [f"NOT {orphan_condition('k', key, cells)}" for key in table.foreign_keys]
            )
            source, target = quoted(kept.kept_name), quoted(table.name)
            columns, values = ", ".join(map(quoted, cells)), ", ".join(cells.values())
            yield Unit(
                DML, table.name, f"INSERT INTO {target} ({columns}) SELECT {values} FROM {source} k WHERE {alive}"
            )
            # Those whose key or parent is not free any more stay where they are.
            equal = " AND ".join(f"t.{quoted(column)} <=> {value}" for column, value in cells.items())
            yield Unit(
                DML, kept.kept_name, f"DELETE k FROM {source} k WHERE EXISTS (SELECT 1 FROM {target} t WHERE {equal})"
            )
            yield Unit(DROP_EMPTY, kept.kept_name, f"DROP TABLE {source}")

    def fill(self, operation: FillOp, step: int) -> Iterator[Unit]:
        table = self.table(operation.table_name)
        values = ", ".join(f"{quoted(column)} = {value}" for column, value in operation.values.items())
        needed = needing(operation, table, [self.came_back(table.name, column) for column in operation.values])
        yield self.filling(table, values, needed)

    def bulk_insert(self, operation: ops.BulkInsertOp, step: int) -> Iterator[Unit]:
        name = operation.table.name
        if self.came_back(name):
            return  # the rows came back with their table
        made_here = any(
            isinstance(one.operation, ops.CreateTableOp) and one.operation.table_name == name
            for one in self.script.operations
        )
        if self.script.ran_before and not made_here:
            return
        yield Unit(SCRIPT, name, f"INSERT INTO {name}: {len(operation.rows)} rows")

    def execute(self, operation: ops.ExecuteSQLOp, step: int) -> Iterator[Unit]:
        check_raw(operation, self.derived)
        if skips_raw(self.script.operations[step], self.script):
            return
        text = str(operation.sqltext).strip()
        if verb(text) in DEFINING | {"DROP", "ANALYZE", "OPTIMIZE"}:
            yield Unit(DDL, "", text)
        else:
            yield Unit(SCRIPT, "", text)
