"""Which version of the site readers see, and what each version changed: what caches live by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import PAIR_TABLE, BigId, UtcDateTime, db


class SiteState(db.Model):
    """One row, number 1."""

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("version >= 0", name="version"),
        PAIR_TABLE,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigId, default=0)


class SiteChange(db.Model):
    """What one version changed: keys such as ``post:7`` or ``setting``."""

    __table_args__ = (CheckConstraint("version > 0", name="version"), PAIR_TABLE)

    version: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    keys: Mapped[list[str]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now(), index=True)
