"""``flask db``: Flask-Migrate's own group, with what cms.schema knows better put in its place and the rest added.

The group comes to ``flask`` with the app (``Migrate.init_app``; Flask-Migrate 4 has no entry point). Importing this
package extends that very object, so it only has to be imported where the app is made.
"""

from __future__ import annotations

from flask import Flask

from cms.schema.commands import keeping, looking, making, saving, up_and_down
from cms.schema.commands.group import explain_the_rest

explain_the_rest()


def register_schema(app: Flask, *, derived: tuple[str, ...] = ()) -> None:
    """Name the tables that can be made again from the others: env.py and the commands neither keep nor compare them."""
    app.extensions["migrate"].configure_args["derived"] = derived


__all__ = ["keeping", "looking", "making", "register_schema", "saving", "up_and_down"]
