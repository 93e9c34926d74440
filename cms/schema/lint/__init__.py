"""Complaints about revision scripts, from their operations alone: no database is asked.

Every revision is recorded from the first to the last, once as MariaDB and once as SQLite would see it, and replayed on
the tables that the ones before it make, so that a rule can ask since when a table or column exists.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import Script as Revision
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import mysql, sqlite

from cms.schema import verify
from cms.schema.errors import SchemaError
from cms.schema.lint import operations, scripts
from cms.schema.lint.blocking import blocking_alter
from cms.schema.lint.rules import Look
from cms.schema.lint.scripts import Found
from cms.schema.recording import Recorded
from cms.schema.replaying import Replay
from cms.schema.shapes import Tables

RULES = [*operations.RULES, blocking_alter]
ADVICE = {
    "unreadable": "Let it only call operations of op, whatever the database holds: it is read before anything is done.",
    "writes-past-alembic": "Use op.fill, op.bulk_insert, op.set_aside or op.execute; op.get_bind() is for SELECT.",
    **scripts.ADVICE,
    **{rule.name: rule.advice for rule in RULES},
}


@dataclass(frozen=True)
class Complaint:
    """What is the matter with one script; ``line`` is None where it is the file as a whole."""

    revision: str
    filename: str
    rule: str
    line: int | None
    message: str

    @property
    def advice(self) -> str:
        return ADVICE[self.rule]

    def __str__(self) -> str:
        where = f"{self.filename or 'migrations'}{f':{self.line}' if self.line else ''}"
        return f"{where}: {self.rule}\n  {self.message}\n  -> {self.advice}"


def lint(
    migrations: Config | ScriptDirectory,
    *,
    application: str | Collection[str] = "cms",
    derived: Collection[str] = (),
    metadata: sa.MetaData | None = None,
) -> list[Complaint]:
    """What is wrong with the revisions, oldest first; never raises for what a script does.

    ``application`` names the packages that no script may import, ``derived`` the tables that can be made again from
    the others, and ``metadata`` has the naming convention, if there is one. A script switches a rule off for itself
    by ``lint_allows = {"rule-name": "reason"}``.
    """
    directory = ScriptDirectory.from_config(migrations) if isinstance(migrations, Config) else migrations
    packages = {application} if isinstance(application, str) else set(application)
    try:
        revisions = list(directory.walk_revisions())[::-1]
    except Exception as error:  # it runs every script: whatever one does wrong is a complaint
        return [unloadable(directory, error)]
    found = {one: list(scripts.of_file(one, directory.file_template, packages)) for one in revisions}
    for dialect in (mysql.dialect(), sqlite.dialect()):
        replay = Replay(dialect, metadata)
        tables: Tables = {}
        for one in revisions:
            tables = read(one, tables, replay, verify.derived(*derived), found[one])
    return [
        Complaint(one.revision, Path(one.path).name, rule, line, message)
        for one in revisions
        for rule, line, message in scripts.without_allowed(one, in_order(found[one]))
    ]


def read(
    revision: Revision, before: Tables, replay: Replay, derived: Callable[[str], bool], found: list[Found]
) -> Tables:
    """Add the complaints about one revision to ``found``. Returns the tables that its upgrade leaves."""
    recorded: dict[str, list[Recorded]] = {}
    left: dict[str, Tables] = {}
    tables = before
    for way in ("upgrade", "downgrade"):
        try:
            recorded[way] = replay.record(getattr(revision.module, way, lambda: None))
            for number, step in enumerate(replay.steps(recorded[way], tables, revision.revision)):
                found += complaints_about(
                    Look(revision.revision, way, step, recorded[way][:number], derived, replay.dialect)
                )
                tables = step.after
        except Exception as error:  # whatever a script does wrong
            found.append(unreadable(error, way, revision.path))
            return left.get("upgrade", tables)
        left[way] = tables
    seen = [{name: one for name, one in tables.items() if not derived(name)} for tables in (before, *left.values())]
    found += scripts.of_both_ways(revision, recorded, seen, replay.dialect)
    return left["upgrade"]


def complaints_about(look: Look) -> Iterator[Found]:
    if not look.derived(look.table_name or ""):
        for rule in RULES:
            yield from (Found(rule.name, look.step.recorded.line, message) for message in rule.messages(look))


def in_order(found: list[Found]) -> list[Found]:
    """By line, and once what both kinds of database show."""
    return sorted(dict.fromkeys(found), key=lambda one: one.line or 0)


def unreadable(error: Exception, way: str, path: str) -> Found:
    line = next((line for file, line in places(error) if file == path), None)
    if isinstance(error, SchemaError):
        return Found("writes-past-alembic", line, f"It writes {error}")
    if isinstance(error, sa.exc.NoInspectionAvailable):
        return Found("unreadable", line, f"{way}() looks at what there is in the database, by sa.inspect.")
    return Found("unreadable", line, f"{way}() cannot be read: {worded(error)}")


def unloadable(directory: ScriptDirectory, error: Exception) -> Complaint:
    """Which script Alembic could not load, which it does not say."""
    folders = [Path(one).resolve() for one in directory.version_locations or [Path(directory.dir, "versions")]]
    for file, line in places(error):
        if any(folder in Path(file).resolve().parents for folder in folders):
            return Complaint("", Path(file).name, "unreadable", line, f"It cannot be loaded: {worded(error)}")
    return Complaint("", "", "unreadable", None, f"The revisions do not hang together: {worded(error)}")


def places(error: Exception) -> list[tuple[str, int | None]]:
    """The files and lines that lead to ``error``, the innermost first."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)][::-1]
    return [(error.filename or "", error.lineno), *frames] if isinstance(error, SyntaxError) else frames


def worded(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip() or 'no reason given'}".splitlines()[0]
