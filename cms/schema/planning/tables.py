"""Tables: never dropped, called by a hidden name instead, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alembic.operations import ops

from cms.schema.errors import SchemaError
from cms.schema.names import is_ours, watcher_name
from cms.schema.planning.base import Planning
from cms.schema.planning.definitions import (
    WATCHES,
    foreign_key_sql,
    is_generated,
    kind_of,
    lost_condition,
    orphan_condition,
    stored,
    with_descendants,
)
from cms.schema.structure import ForeignKey, Table, names_in, quoted
from cms.schema.units import ALTER, DDL, DML, DROP_EMPTY, Unit


class Tables(Planning):
    def drop_table(self, operation: ops.DropTableOp, step: int) -> Iterator[Unit]:
        if self.derived(operation.table_name):
            yield Unit(DDL, operation.table_name, f"DROP TABLE {quoted(operation.table_name)}")
            return
        if operation.if_exists and operation.table_name not in self.tables:
            return
        table = self.table(operation.table_name)
        for other in self.tables.values():
            if other.name == table.name or is_ours(other.name) or self.derived(other.name):
                continue
            left = [
                key for key in other.foreign_keys if key.parent == table.name and not any(map(is_ours, key.columns))
            ]
            if any(not self.script.drops_later(other.name, key.columns[0], step) for key in left):
                raise SchemaError(f"{other.name} still points to {table.name}: drop it, or its foreign key, first.")
        hidden = self.put_aside(
            "table",
            table.name,
            keys=[key.__dict__ for key in table.foreign_keys],
            indexes=[index.name for index in table.indexes.values()],
        )
        if table.foreign_keys:
            # The names of foreign keys are the database's, and somebody else may want them meanwhile. Nor must a key
            # keep a parent from changing its own; MariaDB passes that on to no cell that a CHECK or another looks at.
            used = {name for text in (*table.checks.values(), *table.columns.values()) for name in names_in(text)}
            clauses = []
            for number, key in enumerate(table.foreign_keys):
                update = key.on_update if key.on_update in WATCHES or used & {*key.columns} else "CASCADE"
                moved = replace(key, name=watcher_name(hidden, number), on_update=update)
                clauses += [f"DROP FOREIGN KEY {quoted(key.name or '')}", f"ADD {foreign_key_sql(moved)}"]
            yield Unit(ALTER, table.name, ", ".join(clauses))
        yield Unit(DDL, table.name, f"RENAME TABLE {quoted(table.name)} TO {quoted(hidden)}")
        yield from self.shadows(table, hidden)

    def shadows(self, table: Table, hidden: str) -> Iterator[Unit]:
        """Those that cascade go on watching; those that refuse must not get in the way of a structure without the
        table. Instead a copy of their cells watches: it follows its parent, and is NULL when that was deleted."""
        columns, values, indexes, clauses = [], [], [], []
        for number, key in enumerate(table.foreign_keys):
            if key.on_delete in WATCHES:
                continue
            clauses.append(f"DROP FOREIGN KEY {quoted(watcher_name(hidden, number))}")
            if any(is_generated(table.columns[column]) for column in key.columns):
                continue  # could not follow; it is looked at when it comes back
            name = shadow_name(hidden, number)
            shadows = [f"{name}_{place}" for place in range(len(key.columns))]
            for shadow, column in zip(shadows, key.columns, strict=True):
                columns.append(f"ADD COLUMN {quoted(shadow)} {kind_of(table.columns[column])} NULL")
                values.append(f"{quoted(shadow)} = {quoted(column)}")
            indexes.append(f"ADD INDEX {quoted(name)} ({', '.join(map(quoted, shadows))})")
            parent = hidden if key.parent == table.name else key.parent
            watcher = ForeignKey(name, shadows, parent, key.parent_columns, "SET NULL", "CASCADE")
            clauses.append(f"ADD {foreign_key_sql(watcher)}")
        if columns:
            yield Unit(ALTER, hidden, ", ".join(columns))
            yield self.filling(replace(table, name=hidden), ", ".join(values), "1 = 1")
            yield Unit(ALTER, hidden, ", ".join(indexes))
        if clauses:
            yield Unit(ALTER, hidden, ", ".join(clauses))

    def create_table(self, operation: ops.CreateTableOp, step: int) -> Iterator[Unit]:
        if operation.if_not_exists and operation.table_name in self.tables:
            return
        kept = self.returning("table", operation.table_name)
        if kept is None:
            yield from self.as_alembic(operation)
            return
        hidden, name = self.table(kept.kept_name), operation.table_name
        keys = [ForeignKey(**key) for key in kept.extra["keys"]]
        # Until it is called by its name again, it points to itself by the hidden one.
        keys = [replace(key, parent=hidden.name if key.parent == name else key.parent) for key in keys]
        watchers = {key.name: key.columns for key in hidden.foreign_keys}
        shadows = [watchers.get(shadow_name(hidden.name, number)) for number in range(len(keys))]
        lost = []
        for key, shadow in zip(keys, shadows, strict=True):
            if shadow:
                yield self.following(hidden, key.columns, shadow)
                lost.append(lost_condition(hidden.name, key, shadow))
            if key.on_delete not in WATCHES:
                lost.append(orphan_condition(hidden.name, key))
        for own in (False, True):
            old = [key for key in hidden.foreign_keys if (key.parent == hidden.name) == own]
            clauses = [f"DROP FOREIGN KEY {quoted(key.name or '')}" for key in old]
            clauses += [f"DROP INDEX {quoted(key.name or '')}" for key in old if key.columns in shadows]
            clauses += [f"ADD {foreign_key_sql(key)}" for key in keys if (key.parent == hidden.name) == own]
            if clauses:
                yield Unit(ALTER, hidden.name, ", ".join(clauses))
            if lost and not own:
                # Rows whose parents were deleted meanwhile go aside, to be seen with ``flask db kept``; no other can
                # lose its parent from here on, and the keys of the table to itself do not hold these back yet.
                where = with_descendants(hidden, keys, " OR ".join(lost))
                yield from self.rows_aside(hidden, where, called=name, orphans=True)
        if gone := [f"DROP COLUMN {quoted(column)}" for shadow in shadows for column in shadow or []]:
            yield Unit(ALTER, hidden.name, ", ".join(gone))
        yield Unit(DDL, name, f"RENAME TABLE {quoted(hidden.name)} TO {quoted(name)}")

    def following(self, table: Table, columns: list[str], shadows: list[str]) -> Unit:
        """The cells of rows whose parents got another key meanwhile."""
        pairs = [(quoted(column), quoted(shadow)) for column, shadow in zip(columns, shadows, strict=True)]
        moved = " OR ".join(f"{column} <> {shadow}" for column, shadow in pairs)
        return self.filling(table, ", ".join(f"{column} = {shadow}" for column, shadow in pairs), moved)

    def rows_aside(
        self, table: Table, where: str, *, called: str = "", orphans: bool = False, above: tuple[str, ...] = ()
    ) -> Iterator[Unit]:
        """``called`` is the name under which the rows are asked back; ``above`` are tables whose rows are on their way.

        With orphans goes what is away and points to them, which would be deleted with them.
        """
        if not orphans and not table.primary_key:
            raise SchemaError(f"{table.name} has no primary key: its rows cannot be put aside.")
        aside = self.put_aside("rows", called or table.name, orphans=orphans)
        name, hidden, columns = quoted(table.name), quoted(aside), ", ".join(map(quoted, stored(table)))
        yield Unit(DDL, aside, f"CREATE TABLE {hidden} LIKE {name}")
        yield Unit(DML, table.name, f"INSERT INTO {hidden} ({columns}) SELECT {columns} FROM {name} WHERE {where}")
        if orphans:
            yield from self.children_aside(table, aside, (*above, table.name))
        same = " AND ".join(f"k.{quoted(one)} = {name}.{quoted(one)}" for one in table.primary_key)
        condition = f"EXISTS (SELECT 1 FROM {hidden} k WHERE {same})" if same else where
        yield Unit(DML, table.name, f"DELETE FROM {name} WHERE {condition}")
        if orphans:
            yield Unit(DROP_EMPTY, aside, f"DROP TABLE {hidden}")

    def children_aside(self, table: Table, aside: str, above: tuple[str, ...]) -> Iterator[Unit]:
        for other in self.tables.values():
            note = next((one for one in self.kept if one.kind == "table" and one.kept_name == other.name), None)
            for key in other.foreign_keys:
                if note and key.parent == table.name and other.name not in above and key.on_delete == "CASCADE":
                    same = " AND ".join(
                        f"k.{quoted(parent)} = {quoted(other.name)}.{quoted(child)}"
                        for child, parent in zip(key.columns, key.parent_columns, strict=True)
                    )
                    where = f"EXISTS (SELECT 1 FROM {quoted(aside)} k WHERE {same})"
                    yield from self.rows_aside(other, where, called=note.table_name, orphans=True, above=above)


def shadow_name(hidden: str, number: int) -> str:
    """What the copies of the cells of a foreign key begin with, and their index and own foreign key are called."""
    return f"{hidden[:58]}_s{number}"
