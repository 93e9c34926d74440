"""What ``flask shell`` has at hand: ``app`` (Flask's own), ``db`` and every model."""

from typing import Any

from cms import clock, models
from cms.db import db


def shell_names() -> dict[str, Any]:
    return {"db": db, "clock": clock, **{name: getattr(models, name) for name in models.__all__}}
