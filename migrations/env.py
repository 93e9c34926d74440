"""What `flask db` runs. The URL, the models and the settings come from the app; cms/schema does the moving."""

from typing import Any

from alembic import context
from flask import current_app

from cms.db import CleanHtml, UtcDateTime
from cms.schema.running import run_migrations


def is_ours(name: str | None, type_: str, parent_names: dict[str, str | None]) -> bool:
    """Leave derived tables and SQLite's own out of autogenerate and check."""
    derived = current_app.extensions["migrate"].configure_args["derived"]
    return not (type_ == "table" and name is not None and (name.startswith((*derived, "sqlite_"))))


def without_empty_files(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """`flask db migrate` with nothing to do writes no file."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        current_app.logger.info("The models and the database agree: there is nothing to migrate.")


def spelled_out(type_: str, thing: Any, autogen_context: Any) -> str | bool:
    """Our own column types as plain ones: a migration imports nothing of the app, since that changes."""
    if type_ != "type" or not isinstance(thing, UtcDateTime | CleanHtml):
        return False
    autogen_context.imports.add("from sqlalchemy.dialects import mysql")
    if isinstance(thing, UtcDateTime):
        return 'sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")'
    return 'sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")'


def settings() -> dict[str, Any]:
    ours = {
        "include_name": is_ours,
        "render_item": spelled_out,
        "process_revision_directives": without_empty_files,
        "target_metadata": current_app.extensions["migrate"].db.metadata,
    }
    return ours | current_app.extensions["migrate"].configure_args


engine = current_app.extensions["migrate"].db.engine
if context.is_offline_mode():
    context.configure(url=engine.url.render_as_string(hide_password=False), literal_binds=True, **settings())
    with context.begin_transaction():
        context.run_migrations()
else:
    run_migrations(engine, **settings())
