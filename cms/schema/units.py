"""The units that an operation is cut into on MariaDB: at most one DDL each, so that each can be done exactly once."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

ALTER = "alter"  # ALTER TABLE table clause, in the way that blocks the least
DDL = "ddl"  # CREATE TABLE, RENAME TABLE and their like
DML = "dml"  # a statement in a transaction with the note that it is done
FILL = "fill"  # an UPDATE in chunks by primary key
SWAP = "swap"  # a last catching up and an ALTER, with the table locked against writers in between
CHECK = "check"  # a count that must be nothing
DROP_EMPTY = "drop_empty"  # a table of ours, if no row is left in it
SCRIPT = "script"  # the script's own statement, as Alembic would run it


@dataclass
class Unit:
    kind: str
    table: str = ""
    sql: str = ""  # for FILL the SET list
    where: str = ""  # for FILL
    message: str = ""  # for CHECK: what is wrong, with {count}
    also: list[str] = field(default_factory=list)  # for SWAP and CHECK: statements before the ALTER or the count
    ask: list[str] = field(default_factory=list)  # for CHECK, when sql fills a throw-away table: what is asked then

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}

    def text(self) -> str:
        """The statement as an operator may read it."""
        if self.kind in (ALTER, SWAP):
            return f"ALTER TABLE {self.table} {self.sql}"
        if self.kind == FILL:
            return f"UPDATE {self.table} SET {self.sql} WHERE {self.where} -- in chunks"
        return self.sql
