"""Changes of a column: its name, default, NULL and type. A type that may lose values keeps the originals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.types import TypeEngine

from cms.schema import conversions
from cms.schema.conversions import BEFORE, TRIED
from cms.schema.errors import SchemaError
from cms.schema.own_tables import Kept
from cms.schema.planning.base import Planning
from cms.schema.planning.definitions import (
    altered,
    clauses,
    kind_of,
    open_to_null,
    refuses_null,
    spelt,
    standing_still,
    twice,
)
from cms.schema.recording import rendered
from cms.schema.statements import NAME
from cms.schema.structure import Table, names_in, quoted
from cms.schema.units import ALTER, CHECK, SWAP, Unit

CHECK_ADDED = re.compile(rf"ALTER TABLE {NAME} ADD (.*\bCHECK .*)$", re.DOTALL)
WORDS, TEMPORAL = {"text", "bytes", "json"}, {"date", "datetime", "time"}


class Types(Planning):
    def alter_column(self, operation: ops.AlterColumnOp, step: int) -> Iterator[Unit]:
        table, column = self.table(operation.table_name), operation.column_name
        if column not in table.columns:
            raise SchemaError(f"There is no column {table.name}.{column}.")
        old, new = self.column_type(table.name, column), operation.modify_type
        if operation.modify_nullable is False and not refuses_null(table.columns[column]):
            yield self.check(
                table.name, f"{quoted(column)} IS NULL", f"{table.name}.{column} holds {{count}} times NULL"
            )
        wanted = altered(operation, table.columns[column], self.dialect)
        change = f"CHANGE {quoted(column)} {quoted(operation.modify_name or column)} {wanted}"
        if new is None:
            yield Unit(ALTER, table.name, change)
            return
        back = conversions.step(new, old, self.dialect)
        kept = self.returning("type", table.name, operation.modify_name or column, **back)
        swaps = kept is not None or conversions.may_lose(old, new, self.dialect)
        rules, gone, stay = self.rules(table, operation)
        said = [clauses(wanted)["CHECK"]] if "CHECK" in clauses(wanted) else []  # in the column itself
        yield from self.trying(table, operation, old, wanted, [*rules, *stay, *said] if swaps else rules, kept)
        yield from (Unit(ALTER, table.name, f"DROP CONSTRAINT {quoted(check)}") for check in gone)
        if swaps:
            forth = conversions.step(old, new, self.dialect)
            yield from self.change_type(table, operation, old, wanted, stay, kept, forth)
        else:
            yield Unit(ALTER, table.name, change)
        yield from (Unit(ALTER, table.name, f"ADD {rule}") for rule in rules)

    def rules(self, table: Table, operation: ops.AlterColumnOp) -> tuple[list[str], list[str], list[str]]:
        """The checks that come with the new type, the names of those that go with the old one, and those that stay.

        Alembic leaves the old one on MariaDB: a Boolean that became an Integer would still take 0 and 1 alone.
        """
        column, final = operation.column_name, operation.modify_name or operation.column_name

        def brought(name: str, kind: TypeEngine[Any] | None) -> list[str]:
            alone = ops.AlterColumnOp(table.name, name, modify_type=kind)
            found = rendered(alone, self.dialect, self.script.metadata) if kind is not None else []
            return [rule[1] for one in found if (rule := CHECK_ADDED.match(one))]

        named = {check: text for check, text in table.checks.items() if column in names_in(text)}
        old = {bare_rule(rule) for rule in brought(column, operation.existing_type)}
        gone = [check for check, text in named.items() if bare_rule(text) in old]
        stay = [
            f"CONSTRAINT {quoted(check)} CHECK {text.replace(quoted(column), quoted(final))}"
            for check, text in named.items()
            if check not in gone
        ]
        return brought(final, operation.modify_type), gone, stay

    def trying(
        self,
        table: Table,
        operation: ops.AlterColumnOp,
        old: TypeEngine[Any],
        wanted: str,
        rules: list[str],
        kept: Kept | None,
    ) -> Iterator[Unit]:
        """Let the server convert the values into a throw-away table: what it warns of would be an error later.

        That table has one row, which each value in turn would like to be.
        """
        column, final = operation.column_name, operation.modify_name or operation.column_name
        cell, kind, name = quoted(column), kind_of(wanted), f"{table.name}.{column}"
        new = conversions.plain(operation.modify_type, self.dialect)
        before, after = conversions.family(old), conversions.family(new)
        value, tried, said = cell, kind, operation.modify_type.compile(dialect=self.dialect)
        others = sorted({one for rule in rules for one in names_in(rule) if one in table.columns} - {final})
        if isinstance(new, sa.Enum):
            # By itself the server takes '1' for the first value and 'A' for 'a'.
            listed = ", ".join(sa.String().literal_processor(self.dialect)(one) for one in new.enums)
            tried = "VARCHAR(255) CHARACTER SET utf8mb4"
            rules = [*rules, f"CHECK (BINARY {quoted(final)} IN ({listed}))"]
        elif before in WORDS and after in WORDS:
            # A blob goes into a shorter one and blanks at the end go without a word, unless they come from a function.
            value = f"REPLACE({cell}, ' ', '.')" if before == after == "text" and not rules else f"CONCAT({cell})"
        charset = "".join(re.findall(r"^\).*?( DEFAULT CHARSET=\w+(?: COLLATE=\w+)?)", table.lines[-1]))

        def made(name: str, *columns: str) -> str:
            return f"CREATE TEMPORARY TABLE {quoted(name)} ({', '.join(columns)}){charset}"

        def into(name: str, *values: str, source: str = table.name) -> str:
            return f"INSERT IGNORE INTO {quoted(name)} SELECT {', '.join(values)} FROM {quoted(source)}"

        besides = {quoted(one): f"{quoted(one)} {kind_of(table.columns[one])} NULL" for one in others}
        sink = made(TRIED, "`_k_one` INT PRIMARY KEY", f"{quoted(final)} {tried} NULL", *besides.values(), *rules)
        only = "ON DUPLICATE KEY UPDATE `_k_one` = 1"
        unit = Unit(CHECK, table.name, message=f"{{count}} values of {name} do not fit {said}")
        if before not in TEMPORAL:
            unit.also = ["SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_ZERO_DATE,NO_ZERO_IN_DATE')"]
        filled, warnings = f"WHERE {cell} IS NOT NULL", "SELECT @@warning_count"
        if kept is None:
            unit.also += [sink]
            unit.sql, unit.ask = f"{into(TRIED, '1', value, *besides)} {filled} {only}", [warnings]
        else:
            # Which cells are untouched: they get their original back, whatever they would be converted to.
            now = kind_of(table.columns[column])
            unit.also += [made(BEFORE, f"`_k_again` {now} NULL", f"{cell} {now} NULL", *besides.values()), sink]
            unit.sql = f"{into(BEFORE, quoted(kept.kept_name), cell, *besides)} {filled}"
            touched = f"WHERE NOT ({equal('`_k_again`', cell, before)})"
            unit.ask = [f"{into(TRIED, '1', value, *besides, source=BEFORE)} {touched} {only}", warnings]
        yield unit
        if kept is None and after != "text" and not conversions.may_lose(old, operation.modify_type, self.dialect):
            return  # what differs goes on to differ; texts may be compared otherwise
        for index in table.indexes.values():
            if index.unique and column in index.columns:
                kinds = {**table.columns, column: kind}
                columns = [f"{quoted(one)} {kind_of(kinds[one])} NULL" for one in index.columns]
                yield Unit(
                    CHECK,
                    table.name,
                    into(TRIED, *map(quoted, index.columns)),
                    also=[made(TRIED, *columns)],
                    ask=[twice(TRIED, index.columns)],
                    message=f"{{count}} values of {table.name} ({', '.join(index.columns)}) are there twice as {said}",
                )

    def change_type(
        self,
        table: Table,
        operation: ops.AlterColumnOp,
        before: TypeEngine[Any],
        definition: str,
        checks: list[str],
        kept: Kept | None,
        forth: dict[str, str],
    ) -> Iterator[Unit]:
        """Build the column of the new type beside the old one, then swap the two by name.

        The old column stays as the original. Coming back, a cell untouched since its conversion gets its original,
        any other one the newer value, converted.
        """
        column, name = operation.column_name, quoted(operation.column_name)
        keys = [key for key in table.foreign_keys if column in key.columns]
        if keys or column in table.primary_key:
            raise SchemaError(f"{table.name}.{column} is a key: a change of type that may lose values is refused.")
        final = quoted(operation.modify_name or column)
        nullable = open_to_null(definition)
        word = kind_of(definition)
        hidden = self.put_aside("type", table.name, column, definition=table.columns[column], **forth)
        family = conversions.family(before)
        alike = family if conversions.family(conversions.plain(operation.modify_type, self.dialect)) in WORDS else ""
        old = spelt(clauses(table.columns[column]), "CHECK", "DEFAULT", "NULL", "ON")
        if refuses_null(table.columns[column]):
            # So that rows born from now on have no original. It rebuilds the table, but not in anybody's way.
            yield Unit(ALTER, table.name, f"MODIFY {name} {open_to_null(table.columns[column])}")
        still = standing_still(table)
        if kept is None:
            beside, again = quoted(f"{hidden[:60]}_new"), ""
            yield Unit(ALTER, table.name, f"ADD COLUMN {beside} {word} NULL")
            yield self.filling(table, f"{beside} = {name}", f"{name} IS NOT NULL")
            catch_up = (
                f"UPDATE {quoted(table.name)} SET {beside} = {name}{still} WHERE NOT ({equal(beside, name, alike)})"
            )
        else:
            beside, again = quoted(kept.kept_name), quoted(f"{hidden[:58]}_again")
            # What the original would be converted to now, by the same assignment as then: equal means untouched.
            yield Unit(ALTER, table.name, f"ADD COLUMN {again} {old} NULL")
            yield self.filling(table, f"{again} = {beside}", f"{beside} IS NOT NULL")
            untouched = f"{beside} IS NOT NULL AND {equal(again, name, family)}"
            touched = f"NOT ({untouched}) AND NOT ({beside} IS NULL AND {name} IS NULL)"
            yield self.filling(table, f"{beside} = {name}, {again} = {name}", touched)
            catch_up = (
                f"UPDATE {quoted(table.name)} SET {beside} = {name}{still} WHERE NOT ({equal(again, name, family)})"
            )
        indexes = [index for index in table.indexes.values() if column in index.columns]
        for index in indexes:
            yield Unit(ALTER, table.name, f"DROP INDEX {quoted(index.name)}")
        for check in checks:
            yield Unit(ALTER, table.name, f"DROP {check.partition(' CHECK ')[0]}")
        swap = f"CHANGE {name} {quoted(hidden)} {old} NULL, CHANGE {beside} {final} {nullable}"
        yield Unit(SWAP, table.name, swap, also=[catch_up])
        if again:
            yield Unit(ALTER, table.name, f"DROP COLUMN {again}")
        if nullable != definition:
            yield Unit(ALTER, table.name, f"MODIFY {final} {definition}")
        for index in indexes:
            kind = "UNIQUE INDEX" if index.unique else "INDEX"
            columns = index.sql.partition(quoted(index.name))[2].replace(name, final)
            yield Unit(ALTER, table.name, f"ADD {kind} {quoted(index.name)}{columns}")
        yield from (Unit(ALTER, table.name, f"ADD {check}") for check in checks)


def equal(one: str, other: str, family: str) -> str:
    """Letter by letter where they are words: to a collation 'abc' and 'ABC ' are the same."""
    return f"CAST({one} AS BINARY) <=> CAST({other} AS BINARY)" if family in WORDS else f"{one} <=> {other}"


def bare_rule(text: str) -> str:
    """A check as it can be compared: the server writes its own quotes, blanks and letters."""
    return re.sub(r"[`\s]", "", text.rpartition("CHECK ")[2]).lower()
