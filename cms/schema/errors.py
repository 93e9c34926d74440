"""What goes wrong here, in words for an operator."""

from __future__ import annotations

import re

# A count that begins a sentence, and the first verb behind it, whatever the table is called that stands between them.
COUNT_OF_ONE = re.compile(r"^1 (cell|row|value)s\b(.*?) (are|break|cannot|do|have|point|would)\b", re.DOTALL)
SINGULAR = {"are": "is", "break": "breaks", "do": "does", "have": "has", "point": "points"}


def counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


class SchemaError(Exception):
    """The schema cannot be moved as asked; nothing was lost. The message says why and what to do."""


class SchemaIsNewer(SchemaError):
    """The database was changed by a newer release: this code must not touch it."""


class Drift(SchemaError):
    """Somebody changed the schema or a script by hand since the last run."""


class Obstacle(SchemaError):
    """Rows that the other structure cannot hold, counted: ``what`` says how many of which."""

    def __init__(self, what: str) -> None:
        what = COUNT_OF_ONE.sub(lambda found: f"1 {found[1]}{found[2]} {SINGULAR.get(found[3], found[3])}", what)
        super().__init__(f"{what}. Nothing is deleted to make it fit: mend it first.")
