"""From an operation to units on MariaDB and MySQL: never drop, put aside; what was put aside comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from alembic.operations import ops

from cms.schema.planning.columns import Columns
from cms.schema.planning.keys import Keys
from cms.schema.planning.rows import Rows
from cms.schema.planning.tables import Tables
from cms.schema.planning.types import Types
from cms.schema.recording import BringBackOp, FillOp, SetAsideOp
from cms.schema.units import Unit


class Planner(Columns, Types, Tables, Keys, Rows):
    """Plans the operations of one script, one after the other."""

    def plan(self, step: int) -> list[Unit]:
        """The units of the operation; fills ``new_kept`` and ``returned``. Raises SchemaError."""
        self.new_kept, self.returned = [], []
        recorded = self.script.operations[step]
        method = next((method for kind, method in METHODS.items() if isinstance(recorded.operation, kind)), None)
        if method is None:
            return list(self.as_alembic(recorded.operation))
        return list(method(self, recorded.operation, step))


METHODS: dict[type, Callable[..., Iterator[Unit]]] = {
    ops.DropColumnOp: Planner.drop_column,
    ops.AddColumnOp: Planner.add_column,
    ops.AlterColumnOp: Planner.alter_column,
    ops.DropTableOp: Planner.drop_table,
    ops.CreateTableOp: Planner.create_table,
    ops.CreateIndexOp: Planner.create_index,
    ops.DropIndexOp: Planner.drop_index,
    ops.AddConstraintOp: Planner.add_constraint,
    ops.DropConstraintOp: Planner.drop_constraint,
    ops.BulkInsertOp: Planner.bulk_insert,
    ops.ExecuteSQLOp: Planner.execute,
    FillOp: Planner.fill,
    SetAsideOp: Planner.set_aside,
    BringBackOp: Planner.bring_back,
}
