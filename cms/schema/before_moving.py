"""The backup that is made by itself before the schema moves."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from cms.schema import snapshots, structure
from cms.schema.altering import run_sql
from cms.schema.backup import back_up
from cms.schema.disk import in_words, readable_size
from cms.schema.errors import SchemaError
from cms.schema.names import OWN_PREFIX
from cms.schema.snapshots import heads_of
from cms.schema.structure import quoted

HOW_MANY = 5
AUTOMATIC = re.compile(r"before-(?P<place>(?:upgrade|downgrade)-.+)-(?P<time>\d{8}T\d{6}\d*)\.tar")


def backing_up(
    folder: Path, way: str, derived: Callable[[str], bool], stay: int = HOW_MANY
) -> Callable[[Engine, Callable[[str], None]], None]:
    """For ``Options.back_up``: into ``folder``, unless there is nothing to lose; the newest ``stay`` are kept, 0 being
    all."""

    def act(engine: Engine, say: Callable[[str], None]) -> None:
        with engine.connect() as connection:
            heads = heads_of(connection)
            if not has_rows(connection, derived):
                return
        began = time.monotonic()
        try:
            with in_words("The backup was not made"):
                folder.mkdir(parents=True, exist_ok=True)
            made = back_up(engine, folder / name_for(way, heads))
        except SchemaError as error:
            raise SchemaError(f"{error}\nWithout a backup it goes by flask db {way} --no-backup.") from error
        say(f"backup: {shown(made.path)} ({readable_size(made.size_bytes)}, {time.monotonic() - began:.1f} s)")
        for path in too_many(folder, stay) if stay else []:
            with in_words("An old backup could not be deleted"):
                path.unlink()
            say(f"backup: {stay} of this kind stay, {path.name} was deleted")

    return act


def foretelling(folder: Path, derived: Callable[[str], bool], *, no_backup: bool) -> Callable[[Engine], str]:
    """For ``Options.foretell``."""

    def tell(engine: Engine) -> str:
        if no_backup:
            return "backup: none, as --no-backup says"
        with engine.connect() as connection:
            if not has_rows(connection, derived):
                return "backup: none, as there is no row to lose"
        # What the backup takes while it is made is twice what it holds.
        size = snapshots.database_bytes(engine) // 2
        return f"backup: into {shown(folder)}, at most about {readable_size(size)}"

    return tell


def shown(path: Path) -> str:
    """As seen from where the operator stands, when it is below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def has_rows(connection: Connection, derived: Callable[[str], bool]) -> bool:
    """Whether any table of the application holds a row, or one that was put aside."""
    names = [name for name in structure.table_names(connection) if not (name.startswith(OWN_PREFIX) or derived(name))]
    return any(run_sql(connection, f"SELECT 1 FROM {quoted(name)} LIMIT 1").first() for name in names)


def name_for(way: str, heads: tuple[str, ...]) -> str:
    where = re.sub(r"[^\w.]+", "_", "+".join(heads))[:80] or "nothing"
    return f"before-{way}-{where}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.tar"


def too_many(folder: Path, stay: int) -> list[Path]:
    """Automatic ones alone, told by the time in their names: first those of which there is a newer one of the same
    place and way, so that a run that is tried again and again leaves the backups of other days alone."""
    found = [name for path in folder.iterdir() if (name := AUTOMATIC.fullmatch(path.name))]
    found.sort(key=lambda name: name["time"], reverse=True)
    places: set[str] = set()
    newest, others = [], []
    for name in found:
        (others if name["place"] in places else newest).append(name)
        places.add(name["place"])
    return [folder / name.string for name in reversed([*newest, *others][stay:])]
