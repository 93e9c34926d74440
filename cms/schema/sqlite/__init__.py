"""Doing the operations of a script on SQLite, in one transaction: natively, or by rebuilding where it must."""

from __future__ import annotations

import time
from collections.abc import Callable

from alembic.operations import ops

from cms.schema.recording import ORIGINALS, BringBackOp, FillOp, Recorded, SetAsideOp
from cms.schema.sqlite.columns import Columns
from cms.schema.sqlite.keys import Keys
from cms.schema.sqlite.rows import Rows
from cms.schema.sqlite.tables import Tables
from cms.schema.sqlite.types import Types


class SqliteMover(Columns, Types, Tables, Keys, Rows):
    """Runs the operations of one script, one after the other."""

    def run(self) -> None:
        """All operations. Raises SchemaError; the caller rolls back."""
        step = 0
        while step < len(self.script.operations):
            began = time.monotonic()
            together = self.together(step)
            recorded = self.script.operations[step]
            if len(together) > 1:
                self.rebuild(str(recorded.table), together)
            else:
                self.one(recorded, step)
            for done in together:
                self.say(f"  {done.sentence()} ({time.monotonic() - began:.2f} s)")
                began = time.monotonic()
            step += len(together)

    def together(self, step: int) -> list[Recorded]:
        """Neighbours of one batch block that nothing is kept for: one rebuild does them all."""
        found = [self.script.operations[step]]
        if not self.is_plain(found[0]):
            return found
        for following in self.script.operations[step + 1 :]:
            if following.batch is not found[0].batch or not self.is_plain(following):
                break
            found.append(following)
        return found

    def is_plain(self, recorded: Recorded) -> bool:
        operation = recorded.operation
        if recorded.batch is None:
            return False
        if isinstance(operation, ops.AlterColumnOp):
            changes = (operation.modify_name, operation.modify_type)
            return changes == (None, None) and operation.modify_nullable is not False
        return isinstance(operation, ops.DropConstraintOp) and not self.goes_later(recorded)

    def one(self, recorded: Recorded, step: int) -> None:
        operation = recorded.operation
        method = next((method for kind, method in METHODS.items() if isinstance(operation, kind)), None)
        if method is None:
            ORIGINALS[next(kind for kind in ORIGINALS if isinstance(operation, kind))](self.operations, operation)
        else:
            method(self, recorded, operation, step)


METHODS: dict[type, Callable[..., None]] = {
    ops.DropColumnOp: SqliteMover.drop_column,
    ops.AddColumnOp: SqliteMover.add_column,
    ops.AlterColumnOp: SqliteMover.alter_column,
    ops.DropTableOp: SqliteMover.drop_table,
    ops.CreateTableOp: SqliteMover.create_table,
    ops.RenameTableOp: SqliteMover.rename_table,
    ops.CreateIndexOp: SqliteMover.create_index,
    ops.DropIndexOp: SqliteMover.drop_index,
    ops.AddConstraintOp: SqliteMover.add_constraint,
    ops.DropConstraintOp: SqliteMover.drop_constraint,
    ops.BulkInsertOp: SqliteMover.bulk_insert,
    ops.ExecuteSQLOp: SqliteMover.execute,
    FillOp: SqliteMover.fill,
    SetAsideOp: SqliteMover.set_aside,
    BringBackOp: SqliteMover.bring_back,
}
