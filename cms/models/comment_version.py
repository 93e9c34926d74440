"""What comments said before their writers changed them: for moderators, who may have seen that."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import TABLE, BigId, Identified, LongText, UtcDateTime, db


class CommentVersion(Identified, db.Model):
    """One former text."""

    __table_args__ = (Index(None, "comment_id", "id"), TABLE)

    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), default="")  # by which the row is found when somebody is erased
    website: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(LongText)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def of(cls, comment_id: int) -> Select[tuple[Self]]:
        """Those of one comment, newest first."""
        return select(cls).where(cls.comment_id == comment_id).order_by(cls.id.desc())
