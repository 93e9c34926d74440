"""Who is told by mail when somebody answers their comment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import TABLE, BigId, Identified, UtcDateTime, db
from cms.models.comment import Comment


class CommentSubscription(Identified, db.Model):
    """One wish to be told of the answers to one comment. It counts once its address has confirmed it."""

    __table_args__ = (Index(None, "email"), Index(None, "confirmed_at", "created_at"), TABLE)

    comment_id: Mapped[int] = mapped_column(BigId, ForeignKey("comment.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the mail to confirm it was written
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    comment: Mapped[Comment] = relationship()
