"""Columns: never dropped, called by a hidden name instead, and back."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.schema import CreateIndex

from cms.schema import conversions
from cms.schema.errors import SchemaError
from cms.schema.names import watcher_name, watches
from cms.schema.own_tables import Kept
from cms.schema.planning.definitions import NO_DEFAULT, NO_PARENT, refuses_null, single_key
from cms.schema.recording import Recorded, fresh
from cms.schema.sqlite.base import Moving
from cms.schema.sqlite.clauses import Rule
from cms.schema.sqlite.tabletext import TableText
from cms.schema.structure import ForeignKey, Table, quoted

# What ALTER TABLE ADD COLUMN cannot give to the rows that are there.
NOT_CONSTANT = re.compile(r"\(|CURRENT_", re.IGNORECASE)
STORED = re.compile(r"\bSTORED\Z", re.IGNORECASE)


class Columns(Moving):
    def drop_column(self, _recorded: Recorded, operation: ops.DropColumnOp, step: int) -> None:
        table, column = self.table(operation.table_name), operation.column_name
        if column not in table.columns:
            if operation.if_exists:
                return
            raise SchemaError(f"There is no column {table.name}.{column}.")
        definition, before = table.columns[column], self.text(table.name)
        about = [rule for rule in before.rules() if rule.about(column)]
        if before.generated_of(column) is not None:
            self.drop_indexes(table, column)
            if not about:
                self.sql(f"ALTER TABLE {quoted(table.name)} DROP COLUMN {quoted(column)}")
                return
            with self.rebuilding(table.name) as text:
                text.drop_column(column)
            return
        if column in table.primary_key:
            raise SchemaError(f"{table.name}.{column} is part of the primary key: drop the key first.")
        key = single_key(table)
        last = self.sql(f"SELECT MAX({quoted(key)}) FROM {quoted(table.name)}").scalar() if key else None
        self.drop_indexes(table, column)
        keys = [one for _, one in self.keys_of(table.name) if column in one.columns]
        given = self.script.default_on_return(table.name, column)
        default = self.fragment(table.name, sa.Column("x", sa.Integer, server_default=given)).default_of("x")
        unnamed = [rule.condition for rule in about if rule.name is None and len(rule.columns) > 1 and rule.condition]
        noted = {"definition": definition, "refuses_null": before.not_null(column), "checks": unnamed}
        hidden = self.put_aside("column", table.name, column, key=key, last=last, **noted)
        self.rename_column(table.name, column, hidden)
        # They go on watching: a cell whose parent is deleted must not find a stranger of the same key. What else such a
        # key stands on is watched as a copy, since nobody may empty a column that is still in use.
        watchers = [watcher_of(one, column, hidden, number) for number, one in enumerate(keys)]
        copied = {
            copy: one
            for key, watcher in zip(keys, watchers, strict=True)
            for copy, one in zip(watcher.columns, key.columns, strict=True)
            if copy != hidden
        }
        with self.rebuilding(table.name, {copy: quoted(one) for copy, one in copied.items()}) as text:
            gone = text.drop_rules(lambda rule: rule.about(hidden) and goes_with_its_column(rule))
            if watchers and text.not_null(hidden):
                # Nobody may be kept from writing by a parent that the structure does not know.
                text.set_default(hidden, None)
            elif given is not None:
                text.set_default(hidden, default)
            if gone or text.default_of(hidden) in (None, "NULL"):
                text.set_null(hidden, allowed=True)
            for copy, one in copied.items():
                text.add_column(f"{quoted(copy)} {text.kind_of(one)}")
            for watcher in watchers:
                text.add_rule(self.foreign_key_sql(table.name, watcher.name, watcher))

    def drop_indexes(self, table: Table, column: str) -> None:
        for index in [index for index in table.indexes.values() if column in index.columns]:
            self.sql(f"DROP INDEX {quoted(index.name)}")

    def add_column(self, _recorded: Recorded, operation: ops.AddColumnOp, step: int) -> None:
        table, column = operation.table_name, operation.column
        if operation.if_not_exists and column.name in self.table(table).columns:
            return
        found = self.returning("column", table, column.name)
        once: Any = fresh(operation)
        made = self.table_of(table, once.column)
        new = self.written(made)
        if found is None:
            self.add_new(table, column, new)
        else:
            value = self.value_for_none(table, column, new, found)
            self.check_returning(table, column.name, value, found)
            self.rename_column(table, found.kept_name, column.name)
            self.come_back(table, column.name, new, value, found)
        for index in made.indexes:
            self.sql(str(CreateIndex(index).compile(dialect=self.connection.dialect)))

    def add_new(self, table: str, column: sa.Column[Any], new: TableText) -> None:
        """By SQLite itself where it can."""
        name, default, generated = column.name, new.default_of(column.name), new.generated_of(column.name)
        if new.not_null(name) and default is None and generated is None:
            self.check(table, "1 = 1", f"{{count}} rows of {table} would have no {name}, which refuses NULL")
        native = not (new.rules() or NOT_CONSTANT.match(default or "") or STORED.search(generated or ""))
        if native:
            self.sql(f"ALTER TABLE {quoted(table)} ADD COLUMN {new.definition_of(name)}")
            return
        with self.rebuilding(table) as text:
            text.add_column(new.definition_of(name))
            for rule in new.rules_beside():
                text.add_rule(rule.text)

    def value_for_none(self, table: str, column: sa.Column[Any], new: TableText, found: Kept) -> str | None:
        """What is written where a column that must not be NULL comes back without a cell, as SQL; None where it may be.

        Only a default of its own may stand for a parent that is not there any more, or for a NULL that somebody wrote.
        """
        name, hidden, now = column.name, found.kept_name, self.text(table)
        if not new.not_null(name) or now.not_null(hidden):
            return None
        if (default := new.default_of(name)) not in (None, "NULL"):
            return default
        watchers = [rule for rule in now.rules() if watches(rule.name, hidden)]
        if watchers:
            what = NO_PARENT.format(cell=f"{table}.{name}", parent=watchers[0].parent, hidden=hidden)
            self.check(table, f"{quoted(hidden)} IS NULL", what)
        elif not found.extra.get("refuses_null", refuses_null(found.extra["definition"])):
            self.check(table, f"{quoted(hidden)} IS NULL", NO_DEFAULT.format(cell=f"{table}.{name}", hidden=hidden))
        return conversions.neutral(column.type.compile(self.connection.dialect), column.type) or "''"

    def check_returning(self, table: str, name: str, value: str | None, found: Kept) -> None:
        """Count the rows that break what comes back with a column."""
        hidden = quoted(found.kept_name)
        cell = hidden if value is None else f"COALESCE({hidden}, {value})"
        for condition in found.extra.get("checks", []):
            self.check_rule(table, condition, {name: cell}, f"{{count}} rows of {table} break CHECK ")

    def come_back(self, table: str, name: str, new: TableText, value: str | None, found: Kept) -> None:
        """What was away looks as the script says, whatever was said of it before; what watched over it goes."""
        if value is not None:
            self.came_back[(table, name)].extra["born"] = value
            with self.quietly():
                self.sql(f"UPDATE {quoted(table)} SET {quoted(name)} = {value} WHERE {quoted(name)} IS NULL")
        watchers = [rule for rule in self.text(table).rules() if watches(rule.name, found.kept_name)]
        with self.rebuilding(table) as text:
            text.drop_rules(lambda rule: rule in watchers)
            for copy in (copy for rule in watchers for copy in rule.columns if copy != name):
                text.drop_column(copy)
            text.set_kind(name, new.kind_of(name))
            text.set_collation(name, new.collation_of(name))
            text.set_null(name, allowed=not new.not_null(name))
            text.set_default(name, new.default_of(name))
            for condition in found.extra.get("checks", []):
                text.add_rule(f"CHECK {condition}")
            there = text.rules()
            for rule in (rule for rule in new.rules() if not any(rule.same(one) for one in there)):
                if rule.kind == "UNIQUE":
                    self.unique_check(table, list(rule.columns))
                text.add_rule(rule.text)


def watcher_of(key: ForeignKey, column: str, hidden: str, number: int) -> ForeignKey:
    """``key`` of ``column`` while that is away."""
    name = watcher_name(hidden, number)
    columns = [hidden if one == column else f"{name}_{place}" for place, one in enumerate(key.columns)]
    return ForeignKey(name, columns, key.parent, key.parent_columns, "SET NULL", "CASCADE")


def goes_with_its_column(rule: Rule) -> bool:
    """A CHECK without a name could not be made again by a script: it stays where it is about this column alone."""
    if rule.kind == "CHECK":
        return rule.name is not None or len(rule.columns) > 1
    return rule.kind in ("UNIQUE", "FOREIGN KEY")
