"""What `flask db` runs. The URL, the models and the settings come from the app; cms.schema does the moving."""

import logging
from typing import Any

from alembic import context
from flask import current_app

from cms.schema.running import run_migrations

log = logging.getLogger("alembic.env")


def without_empty_files(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """`flask db migrate` with nothing to do writes no file."""
    if getattr(context.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        log.info("No changes in schema detected.")


migrate = current_app.extensions["migrate"]
settings = {
    "target_metadata": migrate.db.metadata,
    "process_revision_directives": without_empty_files,
    **migrate.configure_args,
}
engine = migrate.db.engine
if context.is_offline_mode():
    settings.pop("derived", None)
    context.configure(url=engine.url.render_as_string(hide_password=False), literal_binds=True, **settings)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_migrations(engine, **settings)
