"""The door from env.py: it calls ``run_migrations``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from alembic import context
from sqlalchemy.engine import Engine

from cms.schema.errors import SchemaError
from cms.schema.names import is_ours
from cms.schema.run import MOVES, Options, Run
from cms.schema.run_on_server import ServerRun
from cms.schema.run_on_sqlite import SqliteRun
from cms.schema.verify import derived as derived_tables

RUNS: dict[str, type[Run]] = {"sqlite": SqliteRun, "mysql": ServerRun, "mariadb": ServerRun}


def run_migrations(engine: Engine, *, derived: Collection[str] = (), **configure: Any) -> None:
    """In env.py, in place of ``context.run_migrations()``. ``configure`` is handed to ``context.configure``.

    ``derived`` names tables that can be made again from the others: they are dropped for real and not compared.
    Raises SchemaError, having changed nothing that a second run would not finish.
    """
    if engine.dialect.name not in RUNS:
        raise SchemaError(f"{engine.dialect.name} is none of the databases that this can move: {', '.join(RUNS)}.")
    options = context.config.attributes.get("schema") or Options()
    options.taken = True
    configure = {**configure, **hiding(configure)}
    with engine.connect() as connection:
        context.configure(connection=connection, **configure)
        walk = context.get_context().opts.get("fn")
        if getattr(walk, "__name__", "") in MOVES:
            RUNS[engine.dialect.name](engine, connection, derived_tables(*derived), configure, options, walk).run()
        else:
            with context.begin_transaction():
                context.run_migrations()


def hiding(configure: dict[str, Any]) -> dict[str, Any]:
    """Filters that keep our tables and what was put aside out of autogenerate and check."""
    name_filter = configure.get("include_name") or (lambda *_: True)
    object_filter = configure.get("include_object") or (lambda *_: True)

    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        return not (is_ours(name) and name != "alembic_version") and name_filter(name, kind, parents)

    def include_object(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        columns = getattr(thing, "columns", None) if kind.endswith("constraint") or kind == "index" else None
        if reflected and columns and any(is_ours(column.name) for column in columns):
            return False
        return object_filter(thing, name, kind, reflected, compare_to)

    return {"include_name": include_name, "include_object": include_object}
