"""Mails on their way, and the outbox where they stay when there is no mail server."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import TABLE, Identified, LongText, UtcDateTime, by_value, db


class MailStatus(enum.Enum):
    """Where it stands."""

    WAITING = "waiting"
    SENT = "sent"
    KEPT = "kept"  # no mail server is set: read it in the admin
    FAILED = "failed"


class Mail(Identified, db.Model):
    """One message to one person."""

    __table_args__ = (Index(None, "status", "id"), Index(None, "created_at"), TABLE)

    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(LongText)
    status: Mapped[MailStatus] = mapped_column(by_value(MailStatus), default=MailStatus.WAITING)
    headers: Mapped[dict[str, str] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # beside the usual: List-Unsubscribe
    error: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.subject
