"""What is known of a table without a database: its columns, its key, its constraints and indexes.

Nothing here is ever changed: each operation makes a new ``Table``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from cms.schema.names import CONVENTION


@dataclass(frozen=True)
class Origin:
    """Where something was made, and its first name if there are several: a new name does not change it."""

    revision: str
    operation: int
    name: str = ""


@dataclass(frozen=True)
class Column:
    origin: Origin
    kind: TypeEngine[Any]
    nullable: bool
    default: str


@dataclass(frozen=True)
class Constraint:
    """A constraint or an index; ``name`` is empty where a script gives none."""

    kind: str
    name: str
    columns: tuple[str, ...]
    parent: str = ""
    parent_columns: tuple[str, ...] = ()
    on_delete: str = ""
    condition: str = ""  # of a check; empty for the one that a type brings along

    def __str__(self) -> str:
        listed = f"({self.condition or ', '.join(self.columns)})"
        to = f"-> {self.parent} ({', '.join(self.parent_columns)})" if self.parent else ""
        on_delete = f"on delete {self.on_delete.lower()}" if self.on_delete else ""
        return " ".join(filter(None, [self.kind, self.name, listed, to, on_delete]))

    def renamed(self, old: str, new: str) -> Constraint:
        """For a column that has a new name."""
        condition = re.sub(rf"\b{re.escape(old)}\b", new, self.condition)
        return replace(self, columns=renamed(self.columns, old, new), condition=condition)

    def may_be_called(self, name: str, table: str) -> bool:
        """One without a name is dropped by that of the convention which stands in for it."""
        short = {"foreign key": "fk", "unique": "uq"}.get(self.kind)
        if self.name or short is None:
            return self.name == name
        return name == CONVENTION[short] % {"table_name": table, "column_0_N_name": "_".join(self.columns)}


@dataclass(frozen=True)
class Table:
    origin: Origin
    columns: Mapping[str, Column] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    key_name: str = ""
    constraints: tuple[Constraint, ...] = ()

    def joined_by(self, more: Table) -> Table:
        return replace(
            self,
            columns={**self.columns, **more.columns},
            key=self.key + more.key,
            key_name=more.key_name or self.key_name,
            constraints=self.constraints + more.constraints,
        )

    def altered(self, operation: ops.AlterColumnOp) -> Table:
        old = operation.column_name
        new, column = operation.modify_name or old, self.columns[old]
        if operation.modify_type is not None:
            column = replace(column, kind=operation.modify_type)
        if operation.modify_nullable is not None:
            column = replace(column, nullable=operation.modify_nullable)
        if operation.modify_server_default is not False:
            column = replace(column, default=default_of(operation.modify_server_default))
        columns = {**self.columns, old: column}
        return replace(
            self,
            columns={new if name == old else name: one for name, one in columns.items()},
            key=renamed(self.key, old, new),
            constraints=tuple(one.renamed(old, new) for one in self.constraints),
        )

    def without_column(self, column: str) -> Table:
        """As the databases do it: an index is made smaller, what cannot be goes."""
        rest = []
        for one in self.constraints:
            left = tuple(other for other in one.columns if other != column)
            if left == one.columns or (one.kind == "index" and left):
                rest.append(replace(one, columns=left))
        columns = {name: one for name, one in self.columns.items() if name != column}
        return replace(
            self, columns=columns, key=tuple(one for one in self.key if one != column), constraints=tuple(rest)
        )

    def without_constraint(self, name: str, table: str) -> Table:
        """``table`` is what this one is called."""
        return replace(self, constraints=tuple(one for one in self.constraints if not one.may_be_called(name, table)))

    def loses_key(self, operation: ops.DropConstraintOp) -> bool:
        return operation.constraint_type == "primary" or operation.constraint_name in (self.key_name, "PRIMARY")

    def pointing(self, parent: str, new: str) -> Table:
        """With its foreign keys to ``parent`` pointing to ``new``."""
        constraints = [replace(one, parent=new) if one.parent == parent else one for one in self.constraints]
        return replace(self, constraints=tuple(constraints))


Tables = Mapping[str, Table]


def renamed(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if one == old else one for one in names)


# From what SQLAlchemy makes of an operation


def read_table(table: sa.Table, origin: Origin) -> Table:
    columns = {
        one.name: Column(replace(origin, name=one.name), one.type, bool(one.nullable), default_of(one.server_default))
        for one in table.columns
    }
    made = [read_constraint(one) for one in table.constraints if not isinstance(one, sa.PrimaryKeyConstraint)]
    made += [read_index(one) for one in table.indexes]
    key = tuple(column.name for column in table.primary_key)
    return Table(origin, columns, key, name_of(table.primary_key), tuple(sorted(made, key=str)))


def read_constraint(constraint: Any) -> Constraint:
    name, columns = name_of(constraint), tuple(column.name for column in constraint.columns)
    if isinstance(constraint, sa.ForeignKeyConstraint):
        parents = [element.target_fullname.rpartition(".") for element in constraint.elements]
        to = tuple(parent[2] for parent in parents)
        return Constraint(
            "foreign key", name, tuple(constraint.column_keys), parents[0][0], to, constraint.ondelete or ""
        )
    if isinstance(constraint, sa.CheckConstraint):
        if getattr(constraint, "_type_bound", False):
            return Constraint("check", name, columns)
        words = str(constraint.sqltext)
        return Constraint("check", name, tuple(sorted(set(re.findall(r"\w+", words)))), condition=words)
    return Constraint("unique", name, columns)


def read_index(index: sa.Index) -> Constraint:
    columns = tuple(str(getattr(one, "name", None) or one) for one in index.expressions)
    return Constraint("unique index" if index.unique else "index", name_of(index), columns)


def name_of(thing: Any) -> str:
    return str(thing.name) if isinstance(thing.name, str) else ""


def default_of(default: Any) -> str:
    if default is None or default is False:
        return ""
    if isinstance(default, sa.Computed | sa.Identity):
        return type(default).__name__.lower()
    found = getattr(default, "arg", default)
    return repr(found) if isinstance(found, str) else str(found)


def spelled(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """The type as the database writes it, in one of the ways that mean the same."""
    try:
        words = str(kind.compile(dialect=dialect))
    except sa.exc.CompileError:
        return repr(kind)
    words = re.sub(r"\b(TINYINT|SMALLINT|MEDIUMINT|INTEGER|BIGINT|INT)\(\d+\)", r"\1", words)
    return re.sub(r"\bBOOL(EAN)?\b", "TINYINT", re.sub(r"\bINTEGER\b", "INT", words))
