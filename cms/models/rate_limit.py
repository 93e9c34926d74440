"""How often somebody did something lately: kept in the database, so that it holds across workers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms.db import PAIR_TABLE, UtcDateTime, ascii_identity, db


class RateLimit(db.Model):
    """Tries in one window of time. ``key`` is a hash: no address is kept."""

    __table_args__ = (CheckConstraint("tries > 0", name="tries"), Index(None, "expires_at"), PAIR_TABLE)

    key: Mapped[str] = mapped_column(ascii_identity(64), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    tries: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
