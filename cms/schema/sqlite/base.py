"""What the moving of every operation needs on SQLite: what is there, what is kept, and rebuilding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateTable

from cms.schema import own_tables, structure
from cms.schema.errors import Obstacle, SchemaError
from cms.schema.names import CONVENTION, kept_name
from cms.schema.own_tables import Kept, kept, other_way
from cms.schema.planning.definitions import twice
from cms.schema.recording import Recorded
from cms.schema.scripts import Script
from cms.schema.sqlite.clauses import Rule, columns_in
from cms.schema.sqlite.tabletext import TableText
from cms.schema.structure import ForeignKey, Table, quoted

ANEW = "alembic_anew"  # what a table is called while it is made anew


class Moving:
    """What each trait stands on. Everything happens in the transaction that the caller began and commits."""

    def __init__(
        self,
        context: MigrationContext,
        script: Script,
        derived: Callable[[str], bool],
        say: Callable[[str], None],
    ) -> None:
        assert context.connection is not None
        self.connection: Connection = context.connection
        self.operations = Operations(context)
        self.script = script
        self.derived = derived
        self.say = say
        self.came_back: dict[tuple[str, str], Kept] = {}

    # What is there, and what is kept

    def table(self, name: str) -> Table:
        if name not in structure.table_names(self.connection):
            raise SchemaError(f"There is no table {name}.")
        return structure.read_sqlite(self.connection, name)

    def sql(self, statement: str, *parameters: Any) -> Any:
        return self.connection.exec_driver_sql(statement, parameters)

    def put_aside(self, kind: str, table: str, column: str = "", **extra: Any) -> str:
        script = self.script
        mine = (kept.c.revision == script.revision, kept.c.way == script.way)
        highest = self.connection.scalar(sa.select(sa.func.count()).select_from(kept).where(*mine)) or 0
        taken = {one.kept_name for one in own_tables.kept_things(self.connection, *mine)}
        number = highest + 1
        while (name := kept_name(script.revision, script.way, number, column or table)) in taken:
            number += 1
        self.connection.execute(
            kept.insert().values(
                revision=script.revision,
                way=script.way,
                kind=kind,
                table_name=table,
                column_name=column,
                kept_name=name,
                extra=extra,
                kept_at=own_tables.now(),
                returned=False,
            )
        )
        return name

    def returning(self, kind: str, table: str, column: str = "", **extra: Any) -> Kept | None:
        found = own_tables.kept_things(
            self.connection,
            kept.c.revision == self.script.revision,
            kept.c.way == other_way(self.script.way),
            kept.c.kind == kind,
            kept.c.table_name == table,
            kept.c.column_name == column,
            kept.c.returned.is_(False),
        )
        found = [one for one in found if all(one.extra.get(name, value) == value for name, value in extra.items())]
        if not found:
            return None
        self.connection.execute(kept.update().where(kept.c.id == found[-1].id).values(returned=True))
        self.came_back[(table, column)] = found[-1]
        return found[-1]

    def rename_column(self, table: str, old: str, new: str) -> None:
        """Natively, since SQLite then changes indexes, triggers, views and keys that name it."""
        self.sql(f"ALTER TABLE {quoted(table)} RENAME COLUMN {quoted(old)} TO {quoted(new)}")

    def function(self, name: str, does: Callable[[Any], Any]) -> None:
        """Let SQL call ``does``."""
        self.connection.connection.dbapi_connection.create_function(name, 1, does, deterministic=True)

    # Facts about columns and keys

    def column_type(self, table: str, column: str) -> Any:
        if self.text(table).kind_of(column).upper() == "ANY":  # which SQLAlchemy takes for a number
            return sa.types.NullType()
        return next(one["type"] for one in sa.inspect(self.connection).get_columns(table) if one["name"] == column)

    def text(self, table: str) -> TableText:
        stored = self.sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", table).scalar()
        if stored is None:
            raise SchemaError(f"There is no table {table}.")
        return TableText.read(stored)

    def has_foreign_key(self, table: str, columns: list[str]) -> bool:
        return any(key.columns == columns for key in self.table(table).foreign_keys)

    def written_columns(self, table: str) -> list[str]:
        """Those that the database does not compute."""
        return self.sql("SELECT name FROM pragma_table_xinfo(?) WHERE hidden NOT IN (2, 3)", table).scalars().all()

    def primary_key(self, table: str) -> list[str]:
        return self.sql("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", table).scalars().all()

    def keys_of(self, table: str) -> list[tuple[Rule, ForeignKey]]:
        """The foreign keys of a table, in the order and under the names that its text gives them."""
        text, found = self.text(table), []
        for rule in (rule for rule in text.rules() if rule.kind == "FOREIGN KEY"):
            columns = [text.columns[text.place(column)] for column in rule.columns]
            meant = list(rule.parent_columns or self.primary_key(rule.parent))
            actions = (rule.on_delete or "NO ACTION", rule.on_update or "NO ACTION")
            found.append((rule, ForeignKey(rule.name, columns, rule.parent, meant or ["id"], *actions)))
        return found

    # What must hold before

    def unique_check(self, table: str, columns: list[str], source: str = "") -> None:
        count = self.sql(twice(table, columns, source)).scalar()
        if count:
            raise Obstacle(f"{count} values of {table} ({', '.join(columns)}) are there twice")

    def check(self, table: str, where: str, message: str) -> None:
        count = self.count(table, where)
        if count:
            raise Obstacle(message.format(count=count))

    def broken(self, table: str, condition: str, cells: Mapping[str, str]) -> str:
        """Holds for rows that would break a CHECK with these cells, SQL over the table by column, instead of theirs."""
        named = columns_in(condition, [*self.table(table).columns])
        there = {one: quoted(one) for one in named} | dict(cells)
        listed = ", ".join(f"{cell} AS {quoted(column)}" for column, cell in there.items())
        return f"(SELECT NOT {condition} FROM (SELECT {listed}) AS {quoted(table)})"

    def check_rule(self, table: str, condition: str, cells: Mapping[str, str], message: str) -> None:
        """As ``check``, for the rows that would break a CHECK. The condition follows the message."""
        listed = message + condition.replace("{", "{{").replace("}", "}}")
        self.check(table, self.broken(table, condition, cells), listed)

    def count(self, table: str, where: str) -> int:
        return self.sql(f"SELECT COUNT(*) FROM {quoted(table)} WHERE {where}").scalar() or 0

    # Making a table anew: https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes"

    def rebuild(self, table: str, recorded: list[Recorded], values: Mapping[str, str] | None = None) -> None:
        """What a batch block says of ``table``, at once. ``values`` as for ``rebuilding``."""
        with self.rebuilding(table, values) as text:
            for one in recorded:
                EDITS[next(kind for kind in EDITS if isinstance(one.operation, kind))](self, text, one)

    @contextmanager
    def rebuilding(self, table: str, values: Mapping[str, str] | None = None) -> Iterator[TableText]:
        """The text of a table, to be changed: then the table is made anew by it, with its rows and what hangs on it.

        ``values`` are the cells of columns, as SQL over the table as it was; by default they stay what they are.
        """
        text = self.text(table)
        before = str(text)
        yield text
        if str(text) != before or values:
            self.make_anew(table, text, values or {})

    def make_anew(self, table: str, text: TableText, values: Mapping[str, str]) -> None:
        # DROP TABLE would delete what points to its rows.
        assert not self.sql("PRAGMA foreign_keys").scalar(), "foreign keys are on"
        of_the_table = "FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
        hanging = self.sql(f"SELECT sql {of_the_table} ORDER BY type, rowid", table).scalars().all()
        highest = None
        if structure.counts_up(self.connection, table):
            highest = self.sql("SELECT seq FROM sqlite_sequence WHERE name = ?", table).scalar()
        number = self.free_rowid(table)
        self.sql(text.called(ANEW))
        old, new = self.written_columns(table), self.written_columns(ANEW)
        gone = [column for column in old if column not in [*new, *text.dropped]]
        if gone:
            raise SchemaError(f"{table} cannot be made anew: the cells of {', '.join(gone)} would be lost.")
        cells = {quoted(column): quoted(column) for column in old if column in new}
        cells |= {quoted(column): value for column, value in values.items()}
        if number and (new_number := self.free_rowid(ANEW)):
            cells[new_number] = number  # what has no key of its own is known by this one, and stays in its order
        # OR ABORT: a conflict clause of the table's own must not leave a row behind.
        self.sql(
            f"INSERT OR ABORT INTO {ANEW} ({', '.join(cells)}) SELECT {', '.join(cells.values())} FROM {quoted(table)}"
        )
        self.sql(f"DROP TABLE {quoted(table)}")
        # The way of before 3.26: the texts of views, triggers and foreign keys that name the table are left alone.
        legacy = self.sql("PRAGMA legacy_alter_table").scalar()
        self.sql("PRAGMA legacy_alter_table = 1")
        self.sql(f"ALTER TABLE {ANEW} RENAME TO {quoted(table)}")
        self.sql(f"PRAGMA legacy_alter_table = {legacy}")
        if highest is not None:
            self.sql("DELETE FROM sqlite_sequence WHERE name = ?", table)
            self.sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, highest)
        for statement in hanging:
            self.sql(statement)

    def free_rowid(self, table: str) -> str | None:
        """A name for the number of a row, where a table has one that is no column of it."""
        if self.sql("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", table).scalar():
            return None
        found = self.table(table)
        indexed = self.sql("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", table).scalar()
        if found.primary_key and not indexed:
            return None
        taken = {column.lower() for column in found.columns}
        return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), None)

    # What SQLAlchemy writes

    def fragment(self, table: str, column: sa.Column[Any]) -> TableText:
        """A table of this column alone, with the constraints that it brings along, named by the convention."""
        return self.written(self.table_of(table, column))

    def table_of(self, table: str, column: sa.Column[Any]) -> sa.Table:
        made = ops.CreateTableOp(table, [column]).to_table(self.operations.migration_context)
        for other in made.columns:
            if other.name != column.name:  # what a key of a table to itself points to, which is of no type yet
                other.type = sa.Integer()
        return made

    def written(self, made: sa.Table) -> TableText:
        return TableText.read(str(CreateTable(made).compile(dialect=self.connection.dialect)))

    def rule_sql(self, constraint: sa.Constraint) -> str:
        dialect = self.connection.dialect
        return dialect.ddl_compiler(dialect, None).process(constraint)

    def foreign_key_sql(self, table: str, name: str | None, key: ForeignKey) -> str:
        on_delete, on_update = (None if one == "NO ACTION" else one for one in (key.on_delete, key.on_update))
        made = ops.CreateForeignKeyOp(
            name, table, key.parent, key.columns, key.parent_columns, ondelete=on_delete, onupdate=on_update
        )
        return self.rule_sql(made.to_constraint(self.operations.migration_context))

    def meant(self, text: TableText, recorded: Recorded) -> Callable[[Rule], bool]:
        """Tells the constraint that a script drops: one without a name is called by the convention."""
        operation: Any = recorded.operation
        name = str(operation.constraint_name)
        convention = recorded.batch.naming_convention if recorded.batch is not None else None
        target = self.operations.migration_context.opts.get("target_metadata")
        given = sa.CheckConstraint("", name=name)
        sa.Table(text.name, sa.MetaData(naming_convention=getattr(target, "naming_convention", None)), given)

        def is_meant(rule: Rule) -> bool:
            if rule.name is not None or rule.kind not in MAKERS:
                return rule.name is not None and rule.name in (name, str(given.name))
            metadata = sa.MetaData(naming_convention=convention or CONVENTION)
            made = MAKERS[rule.kind](rule)
            sa.Table(text.name, metadata, *(sa.Column(column, sa.Integer) for column in rule.columns), made)
            return made.name == name

        return is_meant

    def edit_column(self, text: TableText, recorded: Recorded) -> None:
        operation: Any = recorded.operation
        column, table = operation.column_name, operation.table_name
        default = operation.modify_server_default
        if operation.modify_type is not None:
            if operation.existing_type is not None:
                before = self.fragment(table, sa.Column(column, operation.existing_type)).rules()
                text.drop_rules(lambda rule: any(rule.same(one) for one in before))
            now = self.fragment(table, sa.Column(column, operation.modify_type))
            text.set_kind(column, now.kind_of(column))
            collation = now.collation_of(column)
            if collation is not None or getattr(operation.existing_type, "collation", None):
                text.set_collation(column, collation)
            for rule in now.rules():
                text.add_rule(rule.text)
        if operation.modify_nullable is not None:
            text.set_null(column, allowed=operation.modify_nullable)
        if isinstance(default, sa.Computed) and text.generated_of(column) is None:
            raise SchemaError(f"The cells of {table}.{column} would be lost: drop it, and add it as computed.")
        if default is not False:
            now = self.fragment(table, sa.Column(column, sa.Integer, server_default=default))
            if text.generated_of(column) != now.generated_of(column):
                text.set_generated(column, now.generated_of(column))
            text.set_default(column, now.default_of(column))

    def edit_constraint(self, text: TableText, recorded: Recorded) -> None:
        operation: Any = recorded.operation
        if isinstance(operation, ops.CreatePrimaryKeyOp):
            text.drop_rules(lambda rule: rule.kind == "PRIMARY KEY")
        text.add_rule(self.rule_sql(operation.to_constraint(self.operations.migration_context)))

    def edit_without(self, text: TableText, recorded: Recorded) -> None:
        operation: Any = recorded.operation
        gone = text.drop_rules(self.meant(text, recorded))
        if not gone and not operation.if_exists:
            raise SchemaError(f"There is no constraint {operation.constraint_name} of {text.name}.")

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Without triggers, which would fire on our own writing."""
        found = self.sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid").all()
        for name, _ in found:
            self.sql(f"DROP TRIGGER {quoted(name)}")
        yield
        for _, text in found:
            self.sql(text)


MAKERS: dict[str, Callable[[Rule], Any]] = {
    "UNIQUE": lambda rule: sa.UniqueConstraint(*rule.columns),
    "PRIMARY KEY": lambda rule: sa.PrimaryKeyConstraint(*rule.columns),
    "FOREIGN KEY": lambda rule: sa.ForeignKeyConstraint(rule.columns, [f"{rule.parent}.{one}" for one in rule.columns]),
}
EDITS: dict[type, Callable[[Moving, TableText, Recorded], None]] = {
    ops.AlterColumnOp: Moving.edit_column,
    ops.AddConstraintOp: Moving.edit_constraint,
    ops.DropConstraintOp: Moving.edit_without,
}
