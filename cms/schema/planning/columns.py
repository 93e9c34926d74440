"""Columns: never dropped, called by a hidden name instead, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from alembic.operations import ops

from cms.schema import conversions
from cms.schema.errors import SchemaError
from cms.schema.names import is_ours, watcher_name
from cms.schema.planning.base import Planning
from cms.schema.planning.definitions import (
    NO_DEFAULT,
    NO_PARENT,
    clauses,
    default_of,
    default_sql,
    foreign_key_sql,
    is_generated,
    kind_of,
    open_to_null,
    orphan_condition,
    refuses_null,
    single_key,
    stands_on,
    without_check,
    without_default,
)
from cms.schema.recording import rendered
from cms.schema.statements import NAME
from cms.schema.structure import ForeignKey, Index, Table, names_in, quoted
from cms.schema.units import ALTER, Unit


class Columns(Planning):
    def drop_column(self, operation: ops.DropColumnOp, step: int) -> Iterator[Unit]:
        table, column = self.table(operation.table_name), operation.column_name
        if column not in table.columns:
            if operation.if_exists:
                return
            raise SchemaError(f"There is no column {table.name}.{column}.")
        definition = table.columns[column]
        if is_generated(definition):
            yield Unit(ALTER, table.name, f"DROP COLUMN {quoted(column)}")
            return
        if column in table.primary_key:
            raise SchemaError(f"{table.name}.{column} is part of the primary key: drop the key first.")
        hidden = self.put_aside("column", table.name, column, definition=definition, key=single_key(table))
        for check in [check for check, text in table.checks.items() if column in names_in(text)]:
            yield Unit(ALTER, table.name, f"DROP CONSTRAINT {quoted(check)}")
        keys = [key for key in table.foreign_keys if column in key.columns]
        alone = next((index for index in table.indexes.values() if index.columns == [column]), None) if keys else None
        if keys:
            yield from self.watched(table, keys, column, hidden, alone)
        for index in [index for index in table.indexes.values() if column in index.columns and index is not alone]:
            yield self.index_without(table, index, column, step)
        definition = without_check(definition)
        default = self.script.default_on_return(table.name, column)
        if keys and refuses_null(definition):
            # Without a default: nobody may be kept from writing by a parent that the structure does not know.
            definition = without_default(open_to_null(definition))
        elif default is not None:
            definition = f"{without_default(definition)} DEFAULT {default_sql(default, self.dialect)}"
        elif refuses_null(definition) and default_of(definition) is None:
            back = self.script.column_on_return(table.name, column)
            value = conversions.neutral(table.columns[column], None if back is None else back.type)
            # Without a neutral value NULL must be allowed, which rebuilds the table, though not in anybody's way.
            definition = f"{definition} DEFAULT {value}" if value else open_to_null(definition)
            self.new_kept[-1].extra["born"] = value
        yield Unit(ALTER, table.name, f"CHANGE {quoted(column)} {quoted(hidden)} {definition}")

    def watched(
        self, table: Table, keys: list[ForeignKey], column: str, hidden: str, alone: Index | None
    ) -> Iterator[Unit]:
        """Its foreign keys go on watching: a cell whose parent is deleted must not find a stranger of the same key.

        What else such a key stands on is watched as a copy, since nobody may empty a column that is still in use.
        """
        definition = table.columns[column]
        if refuses_null(definition) or "CHECK" in clauses(definition):
            # It rebuilds the table, though not in anybody's way. MariaDB empties no cell that a CHECK looks at.
            yield Unit(ALTER, table.name, f"MODIFY {quoted(column)} {without_check(open_to_null(definition))}")
        if alone:
            yield Unit(ALTER, table.name, f"RENAME INDEX {quoted(alone.name)} TO {quoted(hidden[:60] + '_ix')}")
        copied, indexes, swapped = {}, [], []
        for number, key in enumerate(keys):
            name = watcher_name(hidden, number)
            columns = [one if one == column else f"{name}_{place}" for place, one in enumerate(key.columns)]
            copied |= {copy: one for copy, one in zip(columns, key.columns, strict=True) if copy != one}
            if not (alone and columns == [column]):
                indexes.append(f"ADD INDEX {quoted(name)} ({', '.join(map(quoted, columns))})")
            watcher = replace(key, name=name, columns=columns, on_delete="SET NULL", on_update="CASCADE")
            swapped += [f"DROP FOREIGN KEY {quoted(key.name or '')}", f"ADD {foreign_key_sql(watcher)}"]
        if copied:
            added = [f"ADD COLUMN {quoted(copy)} {kind_of(table.columns[one])} NULL" for copy, one in copied.items()]
            yield Unit(ALTER, table.name, ", ".join(added))
            values = ", ".join(f"{quoted(copy)} = {quoted(one)}" for copy, one in copied.items())
            yield self.filling(table, values, "1 = 1")
        if indexes:
            yield Unit(ALTER, table.name, ", ".join(indexes))
        yield Unit(ALTER, table.name, ", ".join(swapped))

    def index_without(self, table: Table, index: Index, column: str, step: int) -> Unit:
        """What is left may be what a foreign key stands on; MariaDB itself would shrink the index so."""
        clause = f"DROP INDEX {quoted(index.name)}"
        rest = [one for one in index.columns if one != column]
        going = [key for key in table.foreign_keys if column in key.columns]
        staying = replace(table, foreign_keys=[key for key in table.foreign_keys if key not in going])
        # The index that MariaDB makes for a foreign key has the name of that or of its first column.
        made = any(index.columns == key.columns and index.name in (key.name, key.columns[0]) for key in going)
        dropped = made or self.script.drops_before(table.name, index.name, step)
        if rest and not (dropped or index.unique or index.sql.startswith("FULLTEXT")):
            clause += f", ADD INDEX {quoted(index.name)} ({', '.join(map(quoted, rest))})"
        elif key := stands_on(staying, index):
            # As MariaDB itself would call it.
            clause += f", ADD INDEX {quoted(key.name or '')} ({', '.join(map(quoted, key.columns))})"
        return Unit(ALTER, table.name, clause)

    def add_column(self, operation: ops.AddColumnOp, step: int) -> Iterator[Unit]:
        table, column = self.table(operation.table_name), operation.column.name
        first, *rest = rendered(operation, self.dialect, self.script.metadata)
        kept = self.returning("column", table.name, column)
        if kept is None:
            yield self.alter_of(first, table.name)
        else:
            hidden = quoted(kept.kept_name)
            definition = re.sub(rf"^ALTER TABLE {NAME} ADD COLUMN (IF NOT EXISTS )?", "", first)
            before = table.columns.get(kept.kept_name, "")
            fills = refuses_null(definition) and before and not refuses_null(before)
            value = default_of(definition)
            watchers = [key for key in table.foreign_keys if kept.kept_name in key.columns]
            for key in watchers if fills else []:
                # Only its own default may stand for a parent that is not there any more, or never was.
                missing = f" AND {orphan_condition(table.name, key, {kept.kept_name: value})}" if value else ""
                what = NO_PARENT.format(cell=f"{table.name}.{column}", parent=key.parent, hidden=kept.kept_name)
                yield self.check(table.name, f"{hidden} IS NULL{missing}", what)
            if fills and not (value or watchers):
                what = NO_DEFAULT.format(cell=f"{table.name}.{column}", hidden=kept.kept_name)
                yield self.check(table.name, f"{hidden} IS NULL", what)
            for key in watchers:
                yield Unit(ALTER, table.name, f"DROP FOREIGN KEY {quoted(key.name or '')}")
            for index in table.indexes.values():
                if kept.kept_name in index.columns and all(map(is_ours, index.columns)):
                    yield Unit(ALTER, table.name, f"DROP INDEX {quoted(index.name)}")
            copies = [one for key in watchers for one in key.columns if one != kept.kept_name]
            if copies:
                yield Unit(ALTER, table.name, ", ".join(f"DROP COLUMN {quoted(copy)}" for copy in copies))
            if fills and value:
                yield self.filling(table, f"{hidden} = {value}", f"{hidden} IS NULL")
            yield Unit(ALTER, table.name, f"CHANGE {hidden} {definition}")
            for key in [key for key in operation.column.foreign_keys if key.constraint is not None]:
                parent = key.target_fullname.rpartition(".")
                missing = orphan_condition(table.name, ForeignKey(None, [column], parent[0], [parent[2]]))
                yield self.check(table.name, missing, f"{{count}} cells of {table.name}.{column} point to nothing")
        for statement in rest:
            yield self.alter_of(statement, table.name)
