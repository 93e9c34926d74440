"""What admins may change about the site. ``cms.services.settings`` knows which settings there are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import PAIR_TABLE, UtcDateTime, ascii_identity, db


class Setting(db.Model):
    """One value that differs from its default."""

    __table_args__ = PAIR_TABLE

    name: Mapped[str] = mapped_column(ascii_identity(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    def __str__(self) -> str:
        return self.name
