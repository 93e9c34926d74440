"""The names that this machinery claims in a database."""

from __future__ import annotations

import hashlib

OWN_PREFIX = "alembic_"  # our tables, beside Alembic's own alembic_version
KEPT_PREFIX = "_k_"  # what was put aside instead of dropped
LONGEST = 64  # MariaDB's limit for any name; SQLite has none

# What Alembic calls a foreign key or unique that SQLite was given no name for, so that it can be dropped by one.
CONVENTION = {"fk": "fk_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}


def is_ours(name: str | None) -> bool:
    """Whether a table, column, index or constraint belongs to us rather than to the application."""
    return name is not None and name.startswith((OWN_PREFIX, KEPT_PREFIX))


def watcher_name(hidden: str, number: int) -> str:
    """A foreign key that watches over what is put aside as ``hidden``; what it stands on is called so and a number."""
    return f"{hidden[: LONGEST - 6]}_fk{number}"


def watches(name: str | None, hidden: str) -> bool:
    """Whether ``name`` is one that ``watcher_name`` gave. On SQLite it was not shortened once."""
    return name is not None and name.startswith((f"{hidden[: LONGEST - 6]}_fk", f"{hidden}_fk"))


def kept_name(revision: str, way: str, number: int, name: str) -> str:
    """``_k_<revision>_<u|d><number>_<name>``, shortened to what MariaDB takes and unique all the same."""
    whole = f"{KEPT_PREFIX}{revision}_{way[0]}{number}_{name}"
    if len(whole) <= LONGEST:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:10]
    return f"{whole[: LONGEST - 11]}_{digest}"
