"""Rows: filled, put aside, brought back, inserted and written by statements of the script's own."""

from __future__ import annotations

from alembic.operations import ops

from cms.schema import own_tables, structure
from cms.schema.planning.definitions import cells_of, needing, orphan_condition
from cms.schema.recording import ORIGINALS, BringBackOp, FillOp, Recorded, SetAsideOp
from cms.schema.scripts import check_raw, skips_raw
from cms.schema.sqlite.base import Moving
from cms.schema.structure import quoted


class Rows(Moving):
    def fill(self, _recorded: Recorded, operation: FillOp, step: int) -> None:
        table = self.table(operation.table_name)
        values = ", ".join(f"{quoted(column)} = {value}" for column, value in operation.values.items())
        needed = needing(operation, table, [self.came_back.get((table.name, column)) for column in operation.values])
        with self.quietly():
            self.sql(f"UPDATE {quoted(table.name)} SET {values} WHERE {needed}")

    def set_aside(self, _recorded: Recorded, operation: SetAsideOp, step: int) -> None:
        table = self.table(operation.table_name)
        for other in structure.read(self.connection, self.derived).values():
            for key in other.foreign_keys:
                if key.parent == table.name:
                    inner = " AND ".join(
                        f"c.{quoted(child)} = {quoted(table.name)}.{quoted(parent)}"
                        for child, parent in zip(key.columns, key.parent_columns, strict=True)
                    )
                    self.check(
                        table.name,
                        f"({operation.where}) AND EXISTS (SELECT 1 FROM {quoted(other.name)} c WHERE {inner})",
                        f"{{count}} rows of {table.name} cannot go aside: {other.name} points to them",
                    )
        with self.quietly():
            self.rows_aside(table.name, operation.where)

    def rows_aside(self, table: str, where: str, *, called: str = "") -> None:
        """``called`` is the name under which the rows are asked back."""
        hidden = self.put_aside("rows", called or table)
        self.sql(f"CREATE TABLE {quoted(hidden)} AS SELECT * FROM {quoted(table)} WHERE {where}")
        self.sql(f"DELETE FROM {quoted(table)} WHERE {where}")

    def bring_back(self, _recorded: Recorded, operation: BringBackOp, step: int) -> None:
        table = self.table(operation.table_name)
        while (found := self.returning("rows", table.name)) is not None:
            source = quoted(found.kept_name)
            cells = cells_of(self.table(found.kept_name), table, own_tables.kept_things(self.connection))
            columns, values = ", ".join(map(quoted, cells)), ", ".join(cells.values())
            same = " AND ".join(f"t.{quoted(one)} = k.{quoted(one)}" for one in table.primary_key)
            alive = [f"NOT EXISTS (SELECT 1 FROM {quoted(table.name)} t WHERE {same})"]
            alive += [f"NOT {orphan_condition('k', key, cells)}" for key in table.foreign_keys]
            where = " AND ".join(alive)
            self.sql("DROP TABLE IF EXISTS temp._k_alive")
            self.sql(f"CREATE TEMP TABLE _k_alive AS SELECT rowid AS number FROM {source} k WHERE {where}")
            chosen = "SELECT number FROM temp._k_alive"
            rows = f"SELECT {values} FROM {source} k WHERE rowid IN ({chosen})"
            with self.quietly():
                self.sql(f"INSERT INTO {quoted(table.name)} ({columns}) {rows}")
            # Those whose key or parent is not free any more stay where they are.
            self.sql(f"DELETE FROM {source} WHERE rowid IN ({chosen})")
            self.sql("DROP TABLE temp._k_alive")
            if not self.count(found.kept_name, "1 = 1"):
                self.sql(f"DROP TABLE {source}")

    def bulk_insert(self, recorded: Recorded, operation: ops.BulkInsertOp, step: int) -> None:
        name = operation.table.name
        made_here = any(
            isinstance(one.operation, ops.CreateTableOp) and one.operation.table_name == name
            for one in self.script.operations
        )
        if (name, "") in self.came_back or (self.script.ran_before and not made_here):
            return
        ORIGINALS[ops.BulkInsertOp](self.operations, operation)

    def execute(self, recorded: Recorded, operation: ops.ExecuteSQLOp, step: int) -> None:
        check_raw(operation, self.derived)
        if not skips_raw(recorded, self.script):
            ORIGINALS[ops.ExecuteSQLOp](self.operations, operation)
