"""What the comment filter has learned: how often each clue stood in spam and in ham."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import PAIR_TABLE, BigId, UtcDateTime, ascii_identity, db


class SpamClue(db.Model):
    """One clue. ``digest`` is keyed by the site's secret: no word, name or address can be read from it."""

    __table_args__ = (
        CheckConstraint("ham >= 0 AND spam >= 0", name="counts"),
        Index(None, "seen_at"),
        PAIR_TABLE,
    )

    digest: Mapped[str] = mapped_column(ascii_identity(16), primary_key=True)
    ham: Mapped[int] = mapped_column(default=0)
    spam: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())


class SpamMemory(db.Model):
    """How many comments were learned under one secret. Another secret begins with none."""

    __table_args__ = (CheckConstraint("ham >= 0 AND spam >= 0", name="counts"), PAIR_TABLE)

    key: Mapped[str] = mapped_column(ascii_identity(16), primary_key=True)
    ham: Mapped[int] = mapped_column(default=0)
    spam: Mapped[int] = mapped_column(default=0)
    round: Mapped[str] = mapped_column(
        ascii_identity(8)
    )  # each rebuild begins another: lessons of former ones are void
    relearned_to: Mapped[int | None] = mapped_column(BigId)  # while it is rebuilt: the last comment done
