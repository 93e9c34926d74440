"""Indexes, uniques, checks and foreign keys: what breaks them is counted before they are made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import ops

from cms.schema.planning.definitions import orphan_condition
from cms.schema.recording import ORIGINALS, Recorded
from cms.schema.sqlite.base import Moving
from cms.schema.sqlite.tabletext import TableText
from cms.schema.structure import ForeignKey, quoted


class Keys(Moving):
    def create_index(self, recorded: Recorded, operation: ops.CreateIndexOp, step: int) -> None:
        name = operation.table_name
        if (name, "") in self.came_back and operation.index_name in self.table(name).indexes:
            return
        if operation.unique:
            self.unique_check(name, [str(getattr(one, "name", one)) for one in operation.columns])
        ORIGINALS[ops.CreateIndexOp](self.operations, operation)

    def drop_index(self, recorded: Recorded, operation: ops.DropIndexOp, step: int) -> None:
        for name in [operation.table_name] if operation.table_name else []:
            index = self.table(name).indexes.get(str(operation.index_name))
            if index and any(self.script.drops_later(name, column, step) for column in index.columns):
                return
        exists = "IF EXISTS " if operation.if_exists else ""
        self.sql(f"DROP INDEX {exists}{quoted(str(operation.index_name))}")

    def add_constraint(self, recorded: Recorded, operation: ops.AddConstraintOp, step: int) -> None:
        constraint = operation.to_constraint(self.operations.migration_context)
        table = constraint.table.name
        if isinstance(operation, ops.CreateForeignKeyOp):
            columns = list(operation.local_cols)
            if self.has_foreign_key(table, columns) and (
                (table, "") in self.came_back or any((table, column) in self.came_back for column in columns)
            ):
                return
            key = ForeignKey(None, columns, operation.referent_table, list(operation.remote_cols))
            what = f"{{count}} rows of {table} point to rows of {key.parent} that are not there ({', '.join(columns)})"
            self.check(table, orphan_condition(table, key), what)
        elif self.is_there(table, constraint):
            return
        elif isinstance(operation, ops.CreateUniqueConstraintOp):
            self.unique_check(table, list(operation.columns))
        elif isinstance(operation, ops.CreateCheckConstraintOp):
            text = constraint.sqltext.compile(dialect=self.connection.dialect, compile_kwargs={"literal_binds": True})
            self.check(table, f"NOT ({text})", f"{{count}} rows of {table} break {constraint.name}")
        self.rebuild(table, [recorded])

    def is_there(self, table: str, constraint: sa.Constraint) -> bool:
        """Whether it came back with its table or, a CHECK without a name, with its column."""
        there = self.text(table).rules()
        if (table, "") in self.came_back and constraint.name in {rule.name for rule in there}:
            return True
        if constraint.name is not None or not isinstance(constraint, sa.CheckConstraint):
            return False
        (wanted,) = TableText.read(f"CREATE TABLE x (x, {self.rule_sql(constraint)})").rules()
        same = [rule for rule in there if rule.same(wanted)]
        return any((table, column) in self.came_back for rule in same for column in rule.columns)

    def drop_constraint(self, recorded: Recorded, operation: ops.DropConstraintOp, step: int) -> None:
        if not self.goes_later(recorded, step):
            self.rebuild(operation.table_name, [recorded])

    def goes_later(self, recorded: Recorded, step: int | None = None) -> bool:
        """Whether the constraint goes with a column or the table that a later operation takes away."""
        table = str(recorded.table)
        if step is None:
            step = next(n for n, one in enumerate(self.script.operations) if one.operation is recorded.operation)
        text = self.text(table)
        is_meant = self.meant(text, recorded)
        # A column cannot go before the primary key that it is part of.
        rules = [rule for rule in text.rules() if is_meant(rule) and rule.kind != "PRIMARY KEY"]
        columns = {column for rule in rules for column in rule.columns}
        return any(self.script.drops_later(table, column, step) for column in columns)
