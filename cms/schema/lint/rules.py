"""What a rule is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from alembic.operations import ops
from sqlalchemy.engine import Dialect

from cms.schema.recording import Recorded
from cms.schema.replaying import Step
from cms.schema.shapes import Column, Table
from cms.schema.statements import subjects


@dataclass(frozen=True)
class Look:
    """One operation: the tables that it meets, and what stands before it in the same function."""

    revision: str
    way: str
    step: Step
    earlier: list[Recorded]
    derived: Callable[[str], bool]
    dialect: Dialect

    @property
    def operation(self) -> Any:
        return self.step.recorded.operation

    @property
    def table_name(self) -> str | None:
        return self.step.recorded.table

    @property
    def table(self) -> Table | None:
        """As the operation meets it; None when no script made it."""
        return self.step.before.get(self.table_name or "")

    @property
    def column(self) -> Column | None:
        return self.table.columns.get(getattr(self.operation, "column_name", "")) if self.table else None

    def is_full(self, table: str) -> bool:
        """Whether it may have rows: an earlier revision made it, or it is not known who did."""
        found = self.step.before.get(table)
        return found is None or found.origin.revision != self.revision

    @property
    def statement(self) -> str:
        """What an op.execute says; empty for any other operation."""
        return str(self.operation.sqltext) if isinstance(self.operation, ops.ExecuteSQLOp) else ""

    @property
    def shown(self) -> str:
        return f"op.execute: {' '.join(self.statement.split())[:80]}"

    @property
    def is_of_derived(self) -> bool:
        """Whether all that the statement is about can be made again."""
        tables = subjects(self.statement)
        return bool(tables) and all(map(self.derived, tables))


@dataclass(frozen=True)
class Rule:
    """``messages`` tells what is the matter with an operation; ``advice`` how to do it well."""

    name: str
    advice: str
    messages: Callable[[Look], Iterator[str]]


def rule(name: str, advice: str) -> Callable[[Callable[[Look], Iterator[str]]], Rule]:
    return lambda messages: Rule(name, advice, messages)
