"""Tables: never dropped, called by a hidden name instead, and back."""

from __future__ import annotations

from dataclasses import replace

from alembic.operations import ops

from cms.schema import own_tables, structure
from cms.schema.errors import SchemaError
from cms.schema.names import is_ours, watcher_name, watches
from cms.schema.own_tables import Kept
from cms.schema.planning.definitions import WATCHES, lost_condition, orphan_condition, with_descendants
from cms.schema.recording import ORIGINALS, Recorded
from cms.schema.sqlite.base import Moving
from cms.schema.sqlite.clauses import Rule
from cms.schema.structure import ForeignKey, quoted


class Tables(Moving):
    def drop_table(self, _recorded: Recorded, operation: ops.DropTableOp, step: int) -> None:
        name = operation.table_name
        if self.derived(name):
            self.sql(f"DROP TABLE {quoted(name)}")
            return
        if operation.if_exists and name not in structure.table_names(self.connection):
            return
        table = self.table(name)
        for other in structure.read(self.connection, lambda one: is_ours(one) or self.derived(one)).values():
            if other.name == name:
                continue
            left = [key for key in other.foreign_keys if key.parent == name and not any(map(is_ours, key.columns))]
            if any(not self.script.drops_later(other.name, key.columns[0], step) for key in left):
                raise SchemaError(f"{other.name} still points to {name}: drop it, or its foreign key, first.")
        # The names of indexes are the database's, and somebody else may want them meanwhile.
        for index in table.indexes.values():
            self.sql(f"DROP INDEX {quoted(index.name)}")
        stops = [(rule, key) for rule, key in self.keys_of(name) if not {key.on_delete, key.on_update} <= {*WATCHES}]
        hidden = self.put_aside(
            "table",
            name,
            indexes=[index.sql for index in table.indexes.values()],
            keys=[{**key.__dict__, "text": rule.text} for rule, key in stops],
        )
        if stops:
            self.watched(name, hidden, stops)
        self.sql(f"ALTER TABLE {quoted(name)} RENAME TO {quoted(hidden)}")

    def watched(self, name: str, hidden: str, stops: list[tuple[Rule, ForeignKey]]) -> None:
        """Put keys that do not get in the way of a structure without the table in the place of those that refuse.

        One that cascades or sets to NULL goes on watching, and follows its parent. For one that refuses a delete a copy
        of its cells watches: it follows its parent, and is NULL when that was deleted.
        """
        copied, watchers = {}, []
        for number, (_, key) in enumerate(stops):
            columns, on_delete = key.columns, key.on_delete
            if on_delete not in WATCHES:
                columns, on_delete = shadows(hidden, number, key), "SET NULL"
                copied |= dict(zip(columns, key.columns, strict=True))
            own = watcher_name(hidden, number)
            watchers.append(replace(key, name=own, columns=columns, on_delete=on_delete, on_update="CASCADE"))
        with self.rebuilding(name, {shadow: quoted(column) for shadow, column in copied.items()}) as text:
            replaced = [rule for rule, _ in stops]
            text.drop_rules(lambda rule: rule in replaced)
            for shadow, column in copied.items():
                text.add_column(f"{quoted(shadow)} {text.kind_of(column)}")
            for watcher in watchers:
                text.add_rule(self.foreign_key_sql(name, watcher.name, watcher))

    def create_table(self, recorded: Recorded, operation: ops.CreateTableOp, step: int) -> None:
        name = operation.table_name
        if operation.if_not_exists and name in structure.table_names(self.connection):
            return
        found = self.returning("table", name)
        if found is None:
            ORIGINALS[ops.CreateTableOp](self.operations, operation)
            return
        self.sql(f"ALTER TABLE {quoted(found.kept_name)} RENAME TO {quoted(name)}")
        for sql in found.extra["indexes"]:
            self.sql(sql)
        noted = self.noted_keys(name, found)
        keys, table = [key for key, _ in noted], self.table(name)
        copies = [shadows(found.kept_name, number, key) for number, key in enumerate(keys)]
        copies = [copy if copy[0] in table.columns else [] for copy in copies]
        watching = [key for rule, key in self.keys_of(name) if not is_ours(rule.name) and key.columns not in copies]
        with self.quietly():
            for key, copy in zip(keys, copies, strict=True):
                for column, shadow in zip(key.columns, copy, strict=False):
                    moved = f"{quoted(column)} <> {quoted(shadow)}"
                    self.sql(f"UPDATE {quoted(name)} SET {quoted(column)} = {quoted(shadow)} WHERE {moved}")
            lost = [lost_condition(name, key, copy) for key, copy in zip(keys, copies, strict=True) if copy]
            lost += [orphan_condition(name, key) for key in (*keys, *watching) if key.on_delete != "SET NULL"]
            where = with_descendants(table, [*keys, *watching], " OR ".join(lost)) if lost else "1 = 0"
            if self.count(name, where):
                self.rows_aside(name, where)
                self.children_aside(name)
        with self.rebuilding(name) as text:
            text.drop_rules(lambda rule: watches(rule.name, found.kept_name))
            for column in (column for copy in copies for column in copy):
                text.drop_column(column)
            for _, rule in noted:
                text.add_rule(rule)

    def noted_keys(self, name: str, found: Kept) -> list[tuple[ForeignKey, str]]:
        """The keys that a kept table comes back with, and how its text says them."""
        keys = [ForeignKey(**{part: one for part, one in key.items() if part != "text"}) for key in found.extra["keys"]]
        # Notes of before had the keys in the order of the pragma and the names in that of the text.
        names = [*reversed(found.extra.get("names", []))]
        names = names if len(names) == len(keys) else [None] * len(keys)
        return [
            (key, note.get("text") or self.foreign_key_sql(name, old_name, key))
            for key, note, old_name in zip(keys, found.extra["keys"], names, strict=True)
        ]

    def children_aside(self, name: str) -> None:
        """What pointed to rows that went aside: foreign keys do not act in a migration."""
        notes = {one.kept_name: one.table_name for one in own_tables.kept_things(self.connection)}
        for other in structure.read(self.connection, self.derived).values():
            for key in [key for key in other.foreign_keys if key.parent == name]:
                where = orphan_condition(other.name, key)
                if key.on_delete == "SET NULL":
                    empty = ", ".join(f"{quoted(column)} = NULL" for column in key.columns)
                    self.sql(f"UPDATE {quoted(other.name)} SET {empty} WHERE {where}")
                elif other.name != name and self.count(other.name, where):
                    self.rows_aside(other.name, where, called=notes.get(other.name, other.name))
                    self.children_aside(other.name)

    def rename_table(self, _recorded: Recorded, operation: ops.RenameTableOp, step: int) -> None:
        self.sql(f"ALTER TABLE {quoted(operation.table_name)} RENAME TO {quoted(operation.new_table_name)}")


def shadows(hidden: str, number: int, key: ForeignKey) -> list[str]:
    """What the copies of the cells of a foreign key are called."""
    return [f"{hidden}_s{number}_{place}" for place in range(len(key.columns))]
