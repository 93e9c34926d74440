"""Indexes, uniques, checks and foreign keys: what breaks them is counted before they are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alembic.operations import ops

from cms.schema.errors import SchemaError
from cms.schema.planning.base import Planning
from cms.schema.planning.definitions import orphan_condition, stands_on
from cms.schema.structure import ForeignKey, Index, Table, names_in, quoted
from cms.schema.units import ALTER, Unit


class Keys(Planning):
    def create_index(self, operation: ops.CreateIndexOp, step: int) -> Iterator[Unit]:
        table = self.tables.get(operation.table_name)
        if table and operation.index_name in table.indexes and self.came_back(table.name):
            return  # came back with its table
        if table and operation.unique:
            yield from self.unique_check(table.name, [str(getattr(one, "name", one)) for one in operation.columns])
        yield from self.as_alembic(operation)

    def drop_index(self, operation: ops.DropIndexOp, step: int) -> Iterator[Unit]:
        table = self.tables.get(operation.table_name or "")
        index = table.indexes.get(str(operation.index_name)) if table else None
        if table and index:
            going = [column for column in index.columns if self.script.drops_later(table.name, column, step)]
            if going == index.columns or (going and stands_on(table, index)):
                return  # goes with its column or table, and comes back with the table
            if unit := self.index_dropped_below_a_key(table, index):
                yield unit
                return
        yield from self.as_alembic(operation)

    def index_dropped_below_a_key(self, table: Table, index: Index) -> Unit | None:
        """The server would refuse to drop what a foreign key stands on. It has made an index of its own for the key and
        let it go for one that begins with the same columns: when that goes again, the key gets its own back."""
        added, left = [], table
        while key := stands_on(left, index):
            if key.name in table.indexes:
                raise SchemaError(
                    f"{index.name} is what the foreign key {key.name} of {table.name} stands on: drop that first, or "
                    "make another index on its columns."
                )
            added.append(f"ADD INDEX {quoted(key.name or '')} ({', '.join(map(quoted, key.columns))})")
            left = replace(left, foreign_keys=[one for one in left.foreign_keys if one is not key])
        return Unit(ALTER, table.name, ", ".join([f"DROP INDEX {quoted(index.name)}", *added])) if added else None

    def add_constraint(self, operation: ops.AddConstraintOp, step: int) -> Iterator[Unit]:
        constraint = operation.to_constraint()
        name = str(constraint.name)
        if isinstance(operation, ops.CreateForeignKeyOp):
            yield from self.create_foreign_key(operation)
            return
        table = self.table(constraint.table.name)
        if self.came_back(table.name) and (name in table.indexes or name in table.checks):
            return
        if isinstance(operation, ops.CreateUniqueConstraintOp):
            yield from self.unique_check(table.name, list(operation.columns))
        if isinstance(operation, ops.CreateCheckConstraintOp):
            text = str(constraint.sqltext.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
            yield self.check(table.name, f"NOT ({text})", f"{{count}} rows of {table.name} break {name}")
        yield from self.as_alembic(operation)

    def create_foreign_key(self, operation: ops.CreateForeignKeyOp) -> Iterator[Unit]:
        table = self.table(operation.source_table)
        name = str(operation.constraint_name)
        if any(key.name == name for key in table.foreign_keys) and self.came_back(table.name):
            return
        key = ForeignKey(
            name,
            list(operation.local_cols),
            operation.referent_table,
            list(operation.remote_cols),
            (operation.kw.get("ondelete") or "NO ACTION").upper(),
        )
        what = (
            f"{{count}} rows of {table.name} point to rows of {key.parent} that are not there "
            f"({', '.join(key.columns)})"
        )
        yield self.check(table.name, orphan_condition(table.name, key), what)
        yield from self.as_alembic(operation)

    def drop_constraint(self, operation: ops.DropConstraintOp, step: int) -> Iterator[Unit]:
        table = self.table(operation.table_name)
        name = str(operation.constraint_name)
        columns = [column for key in table.foreign_keys if key.name == name for column in key.columns]
        columns += table.indexes[name].columns if name in table.indexes else []
        if name in table.checks:
            columns += names_in(table.checks[name])
        if any(self.script.drops_later(table.name, column, step) for column in columns):
            return
        index = None if any(key.name == name for key in table.foreign_keys) else table.indexes.get(name)
        if index and (unit := self.index_dropped_below_a_key(table, index)):
            yield unit
            return
        yield from self.as_alembic(operation)
