"""Scripts that the database remembers though their files are gone: so that an older release can go back by itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from cms.schema import own_tables
from cms.schema.drift import digest_of
from cms.schema.errors import SchemaError
from cms.schema.own_tables import SOURCE, history, journal


@dataclass(frozen=True)
class Stored:
    """The script of a revision as it was applied, or begun."""

    revision: str
    parents: tuple[str, ...]
    filename: str
    source: str
    source_digest: str


def remember(connection: Connection, way: str, revision: Script) -> None:
    """Keep the source in the journal while ``revision`` is gone through, in the transaction of the caller: a run that
    was cut off can then be finished by a release that does not have the file. MariaDB's alone, as the journal is."""
    mine = (journal.c.revision == revision.revision, journal.c.way == way, journal.c.step == SOURCE)
    source = Path(revision.path).read_text()
    digest = digest_of(source)
    if connection.scalar(sa.select(journal.c.digest).where(*mine)) == digest:
        return
    connection.execute(journal.delete().where(*mine))
    connection.execute(
        journal.insert().values(
            revision=revision.revision,
            way=way,
            step=SOURCE,
            sentence=Path(revision.path).name,
            digest=digest,
            units=json.dumps({"parents": parents_of(revision), "source": source}),
            position=0,
            seconds=0.0,
        )
    )


def parents_of(revision: Script) -> tuple[str, ...]:
    down = revision.down_revision or ()
    return (down,) if isinstance(down, str) else tuple(down)


@contextmanager
def within_reach(config: Config, engine: Engine, say: Callable[[str], None]) -> Iterator[list[Stored]]:
    """Let ``config`` find each revision that is applied or begun, from the database when its file is gone.

    Gives those whose file is gone. Raises SchemaError.
    """
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        stored = missing(connection, script)
    if not stored:
        yield []
        return
    with TemporaryDirectory(prefix="stored-migrations-") as folder:
        places = config.get_version_locations_list() or [str(Path(script.dir) / "versions")]
        for number, one in enumerate(stored):  # a folder each: two may share a name
            places.append(str(Path(folder, str(number))))
            Path(places[-1]).mkdir()
            Path(places[-1], Path(one.filename).name).write_text(one.source)
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", os.pathsep.join(places).replace("%", "%%"))
        check_chain(ScriptDirectory.from_config(config), stored)
        say(f"Using what the database remembers of {', '.join(one.revision for one in stored)}: the files are gone.")
        yield stored


def missing(connection: Connection, script: ScriptDirectory) -> list[Stored]:
    """What is applied or begun and has no file, newest first. Raises SchemaError when the database does not have what
    is applied either."""
    known = {one.revision for one in script.walk_revisions()}
    wanted = [head for head in MigrationContext.configure(connection).get_current_heads() if head not in known]
    if (cut_off := begun(connection)) is not None and cut_off.revision not in {*known, *wanted}:
        wanted.insert(0, cut_off.revision)
    found: dict[str, Stored] = {}
    while wanted:
        revision = wanted.pop(0)
        if revision in found:
            continue
        found[revision] = remembered(connection, revision)
        wanted += [parent for parent in found[revision].parents if parent not in known]
    return list(found.values())


def begun(connection: Connection) -> Stored | None:
    """The script of the run that was cut off, if there is one and a release that notes it began it."""
    cut_off = own_tables.unfinished(connection)
    if cut_off is None:
        return None
    mine = (journal.c.revision == cut_off.revision, journal.c.way == cut_off.way, journal.c.step == SOURCE)
    row = connection.execute(sa.select(journal).where(*mine)).first()
    if row is None:
        return None
    noted = json.loads(row.units)
    return Stored(cut_off.revision, tuple(noted["parents"]), row.sentence, noted["source"], row.digest)


def applied(connection: Connection, revision: str) -> Stored | None:
    if not own_tables.exist(connection):
        return None
    newest = sa.select(history).where(history.c.revision == revision).order_by(history.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    if row is None:
        return None
    parents = tuple(filter(None, row.down_revision.split(",")))
    return Stored(revision, parents, row.filename, row.source, row.source_digest)


def remembered(connection: Connection, revision: str) -> Stored:
    under_way = begun(connection)
    found = under_way if under_way and under_way.revision == revision else applied(connection, revision)
    if found is None:
        raise SchemaError(
            f"The database is at {revision}: this release has no such script, and the database does not remember it "
            "(it was stamped, or applied by a release that stored none). Use the release that has it."
        )
    if digest_of(found.source) != found.source_digest:
        raise SchemaError(f"The stored script of {revision} was changed in the database. Use the release that has it.")
    return found


def check_chain(script: ScriptDirectory, stored: list[Stored]) -> None:
    """Each stored script must be the revision it was stored as, and hang on the same ones."""
    try:
        for one in stored:
            if set(one.parents) != set(parents_of(script.get_revision(one.revision))):
                raise SchemaError(f"The stored script of {one.revision} does not follow {', '.join(one.parents)}.")
    except KeyError as error:
        raise SchemaError(
            f"A stored script depends on {error}, which is nowhere. Use the release that has it."
        ) from error
