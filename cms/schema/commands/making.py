"""``flask db init``."""

from __future__ import annotations

from pathlib import Path

import flask_migrate
from flask import g

from cms.schema.commands.group import replacing

TEMPLATE = Path(__file__).parent.parent / "templates" / "flask"


@replacing("init")
def init(directory: str | None, multidb: bool, template: str | None, package: bool) -> None:
    """Create a new migration repository, whose env.py goes up and down by cms.schema."""
    if template is None and not multidb:
        template = str(TEMPLATE)
    flask_migrate.init(directory or g.directory, multidb, template, package)
