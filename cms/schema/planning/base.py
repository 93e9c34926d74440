"""What the planning of every operation needs: what is there, what is kept, and Alembic's own words."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from alembic.operations import ops
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.types import TypeEngine

from cms.schema.errors import SchemaError
from cms.schema.names import kept_name
from cms.schema.own_tables import Kept, other_way
from cms.schema.planning.definitions import standing_still, twice
from cms.schema.recording import rendered
from cms.schema.scripts import Script
from cms.schema.statements import NAME, unquoted
from cms.schema.structure import Table, quoted
from cms.schema.units import ALTER, CHECK, DDL, FILL, Unit

INDEX_MADE = re.compile(rf"CREATE (UNIQUE |FULLTEXT )?INDEX ({NAME}) ON ({NAME}) (\(.*\))$", re.DOTALL)
INDEX_DROPPED = re.compile(rf"DROP INDEX ({NAME}) ON ({NAME})$")
ALTERED = re.compile(rf"ALTER TABLE ({NAME}) (?!RENAME)(.*)$", re.DOTALL)


def render_dialect(connection: Connection) -> Dialect:
    """The connection's dialect for writing SQL down: PyMySQL's own would double each per cent sign."""
    dialect = copy.copy(connection.dialect)
    dialect.paramstyle = "named"
    dialect.identifier_preparer = dialect.preparer(dialect)
    return dialect


class Planning:
    """What each trait stands on. ``tables`` holds what is there now, kept things too."""

    def __init__(
        self,
        connection: Connection,
        script: Script,
        tables: Mapping[str, Table],
        kept: list[Kept],
        derived: Callable[[str], bool],
        column_type: Callable[[str, str], TypeEngine[Any]],
    ) -> None:
        self.dialect = render_dialect(connection)
        self.script = script
        self.tables = tables
        self.kept = kept
        self.derived = derived
        self.column_type = column_type
        self.new_kept: list[Kept] = []
        self.returned: list[Kept] = []
        self.count = len([one for one in kept if (one.revision, one.way) == (script.revision, script.way)])

    # What is there?

    def table(self, name: str) -> Table:
        if name not in self.tables:
            raise SchemaError(f"There is no table {name}.")
        return self.tables[name]

    def put_aside(self, kind: str, table: str, column: str = "", **extra: Any) -> str:
        script, taken = self.script, {one.kept_name for one in (*self.kept, *self.new_kept)}
        self.count += 1
        while (name := kept_name(script.revision, script.way, self.count, column or table)) in taken:
            self.count += 1
        self.new_kept.append(Kept(script.revision, script.way, kind, table, column, name, extra))
        return name

    def returning(self, kind: str, table: str, column: str = "", **extra: Any) -> Kept | None:
        """The newest thing that the opposite way of this revision put aside under this name, with this ``extra``."""
        for one in reversed(self.kept):
            if (one.revision, one.way, one.kind, one.table_name, one.column_name, one.returned) == (
                self.script.revision,
                other_way(self.script.way),
                kind,
                table,
                column,
                False,
            ) and all(one.extra.get(name, value) == value for name, value in extra.items()):
                one.returned = True
                self.returned.append(one)
                return one
        return None

    def came_back(self, table: str, column: str = "") -> Kept | None:
        """The kept thing that an earlier operation of this script brought back."""
        for one in reversed(self.kept):
            if (
                one.returned
                and one.revision == self.script.revision
                and (one.table_name, one.column_name)
                == (
                    table,
                    column,
                )
            ):
                return one
        return None

    # Alembic's own words

    def as_alembic(self, operation: ops.MigrateOperation) -> Iterator[Unit]:
        for statement in rendered(operation, self.dialect, self.script.metadata):
            yield self.alter_of(statement, getattr(operation, "table_name", "") or "")

    def alter_of(self, statement: str, table: str) -> Unit:
        """As an ALTER TABLE when it is one, so that the least blocking way can be asked for."""
        if found := INDEX_MADE.match(statement):
            return Unit(ALTER, unquoted(found[3]), f"ADD {found[1] or ''}INDEX {found[2]} {found[4]}")
        if found := INDEX_DROPPED.match(statement):
            return Unit(ALTER, unquoted(found[2]), f"DROP INDEX {found[1]}")
        if found := ALTERED.match(statement):
            return Unit(ALTER, unquoted(found[1]), found[2])
        return Unit(DDL, table, statement)

    def filling(self, table: Table, values: str, where: str) -> Unit:
        """An UPDATE in chunks that moves no time which the database keeps by itself: nobody has edited the row."""
        return Unit(FILL, table.name, values + standing_still(table), where)

    # What must hold before

    def unique_check(self, table: str, columns: list[str]) -> Iterator[Unit]:
        message = f"{{count}} values of {table} ({', '.join(columns)}) are there twice"
        yield Unit(CHECK, table, twice(table, columns), message=message)

    def check(self, table: str, where: str, message: str) -> Unit:
        return Unit(CHECK, table, f"SELECT COUNT(*) FROM {quoted(table)} WHERE {where}", message=message)
