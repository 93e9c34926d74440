"""One way of one revision, as a list of operations with their surroundings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from cms.schema.errors import SchemaError
from cms.schema.recording import Recorded
from cms.schema.statements import destroys, subjects


@dataclass
class Script:
    """One way of one revision: its operations, those of the opposite way, and whether it ran here before."""

    revision: str
    way: str
    operations: list[Recorded]
    opposite: list[Recorded] = field(default_factory=list)
    ran_before: bool = False
    metadata: sa.MetaData | None = None  # the application's, for its names of constraints

    def drops_later(self, table: str, column: str | None, step: int) -> bool:
        """Whether a later operation drops the table, or this column of it."""
        for later in self.operations[step + 1 :]:
            operation = later.operation
            if isinstance(operation, ops.DropTableOp) and operation.table_name == table:
                return True
            if isinstance(operation, ops.DropColumnOp) and (operation.table_name, operation.column_name) == (
                table,
                column,
            ):
                return True
        return False

    def drops_before(self, table: str, name: str, step: int) -> bool:
        """Whether an earlier operation drops the index or constraint of this name."""
        return any(
            isinstance(one.operation, ops.DropIndexOp | ops.DropConstraintOp)
            and one.operation.table_name == table
            and name in (getattr(one.operation, "index_name", None), getattr(one.operation, "constraint_name", None))
            for one in self.operations[:step]
        )

    def column_on_return(self, table: str, column: str) -> sa.Column[Any] | None:
        """The column as the opposite way adds it, or None."""
        for recorded in self.opposite:
            operation = recorded.operation
            if isinstance(operation, ops.AddColumnOp) and (operation.table_name, operation.column.name) == (
                table,
                column,
            ):
                return operation.column
        return None

    def default_on_return(self, table: str, column: str) -> Any:
        """The server default with which the opposite way adds the column, or None."""
        found = self.column_on_return(table, column)
        return None if found is None else found.server_default


def check_raw(operation: ops.ExecuteSQLOp, derived: Callable[[str], bool]) -> None:
    """Refuse what would destroy; a derived table may be dropped."""
    text = str(operation.sqltext)
    tables = subjects(text)
    if not destroys(text) or (tables and all(map(derived, tables))):
        return
    raise SchemaError(
        f"The script would destroy rows: {' '.join(text.split())[:100]}. Use op.drop_table, op.drop_column or "
        "op.set_aside: they keep what they take away."
    )


def skips_raw(recorded: Recorded, script: Script) -> bool:
    """Whether a statement that may run only once has run on this database before."""
    options = getattr(recorded.operation, "execution_options", None) or {}
    return options.get("runs") == "once" and script.ran_before
