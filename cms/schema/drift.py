"""Whether the database and the scripts are still what the last run left and applied."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from alembic.script import Script, ScriptDirectory
from sqlalchemy.engine import Connection

from cms.schema import comparable, own_tables, structure
from cms.schema.errors import Drift
from cms.schema.names import is_ours
from cms.schema.own_tables import history, journal
from cms.schema.statements import changed as changed_tables
from cms.schema.statements import written
from cms.schema.units import DDL, SCRIPT


def snapshot(connection: Connection, derived: Callable[[str], bool]) -> str:
    """The visible structure as text, to be compared with at the next run."""
    return json.dumps({"form": comparable.FORM, "tables": comparable.lines(connection, left_out(derived))})


def left_out(derived: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda name: is_ours(name) or derived(name)


def look(
    connection: Connection, scripts: ScriptDirectory, derived: Callable[[str], bool], under_way: Collection[str] = ()
) -> list[str]:
    """Each difference in words; of the tables ``under_way`` nothing is known, since a run was cut off in them."""
    if not own_tables.exist(connection):
        return []
    found = [
        f"the script {Path(script.path).name} has changed since it was applied"
        for script in changed(connection, scripts)
    ]
    newest = sa.select(history.c.structure).where(history.c.structure != "").order_by(history.c.id.desc()).limit(1)
    if noted := connection.scalar(newest):
        before, after = as_noted(connection, derived, json.loads(noted))
        found += structure.differences(apart_from(under_way, before), apart_from(under_way, after))
    return found


def apart_from(names: Collection[str], tables: comparable.Lines) -> comparable.Lines:
    """``tables`` without those of ``names``, and without foreign keys to them, which follow when they are renamed."""
    to_them = re.compile(rf"REFERENCES [`\"]?({'|'.join(map(re.escape, names))})[`\"]? ", re.IGNORECASE)
    others = {name: lines for name, lines in tables.items() if name not in names}
    if not names:
        return others
    return {name: [line for line in lines if not to_them.search(line)] for name, lines in others.items()}


def as_noted(
    connection: Connection, derived: Callable[[str], bool], noted: dict
) -> tuple[comparable.Lines, comparable.Lines]:
    """What was noted, and what is there now in the same form: an older release noted less."""
    now = partial(comparable.lines, connection, left_out(derived))
    if noted.get("form") == comparable.FORM:
        return noted["tables"], now()
    if noted.get("form") == 2:
        return noted["tables"], comparable.without_programs(now())
    if isinstance(noted.get("form"), int):  # of a newer release: in words that are not known here
        return {}, {}
    return noted, comparable.lines_of_old(connection, left_out(derived))


def refuse(found: list[str]) -> None:
    """Raises Drift, which names each difference."""
    if found:
        raise Drift(
            "The database or a script was changed by hand since the last run:\n"
            + "\n".join(f"  {one}" for one in found)
            + "\nUndo that, or accept it as it is with --accept-drift."
        )


def under_way(connection: Connection, revision: str, way: str) -> set[str]:
    """The tables that a run which was cut off has begun to change, under all names that they may have by now."""
    mine = (journal.c.revision == revision, journal.c.way == way, journal.c.step >= 0)
    found: set[str] = set()
    for text in connection.scalars(sa.select(journal.c.units).where(*mine)):
        for unit in json.loads(text):
            found.add(unit.get("table", ""))
            if unit["kind"] == DDL:
                found.update(changed_tables(unit["sql"]))
            elif unit["kind"] == SCRIPT and not unit.get("table"):
                found.update(written(unit["sql"]) or ())
    return found


def changed(connection: Connection, scripts: ScriptDirectory) -> list[Script]:
    """The scripts that are applied and do something else now than they did then."""
    applied: dict[str, tuple[str, str]] = {}
    for row in connection.execute(sa.select(history).order_by(history.c.id)):
        applied[row.revision] = (row.way, row.source_digest)
    found = []
    for script in scripts.walk_revisions():
        way, digest = applied.get(script.revision, ("", ""))
        if way == "upgrade" and digest != digest_of(Path(script.path).read_text()):
            found.append(script)
    return found


def accept(connection: Connection, scripts: ScriptDirectory, derived: Callable[[str], bool]) -> None:
    """Take what is there for what the last run left: a run that is cut off now need not be told again."""
    if not own_tables.exist(connection):
        return
    for script in changed(connection, scripts):
        source = Path(script.path).read_text()
        connection.execute(
            history.update()
            .where(history.c.revision == script.revision, history.c.way == "upgrade")
            .values(source=source, source_digest=digest_of(source))
        )
    noted = snapshot(connection, derived)
    connection.execute(history.update().where(history.c.structure != "").values(structure=noted))


@functools.cache  # of the same few scripts, again and again
def digest_of(source: str) -> str:
    """Changes with what a script does, not with its comments and line breaks."""
    tree = ast.parse(source)
    if tree.body and isinstance(tree.body[0], ast.Expr) and isinstance(tree.body[0].value, ast.Constant):
        tree.body.pop(0)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()
