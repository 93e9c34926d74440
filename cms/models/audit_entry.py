"""The audit log: who did what to what. Rows are added, never changed but for their seal and an erasure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, ClassVar, Self

from sqlalchemy import JSON, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import TABLE, BigId, Identified, LongBlob, UtcDateTime, ascii_identity, db
from cms.language import gettext


class AuditEntry(Identified, db.Model):
    """One act. No foreign keys: the log outlives what it speaks of."""

    __table_args__ = (
        Index(None, "subject_type", "subject_id", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "action", "id"),
        Index(None, "at"),
        Index(None, "sealed_at", "id"),
        TABLE,
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    actor_id: Mapped[int | None] = mapped_column(BigId)  # none: a command, or the site itself
    action: Mapped[str] = mapped_column(ascii_identity(60))  # noun.verb in the past: post.published
    subject_type: Mapped[str] = mapped_column(ascii_identity(40))
    subject_id: Mapped[int | None] = mapped_column(BigId)
    subject_label: Mapped[str] = mapped_column(String(200), default="")
    request_id: Mapped[str] = mapped_column(ascii_identity(64), default="")
    before: Mapped[bytes | None] = mapped_column(LongBlob)  # canonical JSON, as digests need it
    after: Mapped[bytes | None] = mapped_column(LongBlob)
    personal: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # name, address: apart, so that they can be erased
    personal_digest: Mapped[str] = mapped_column(ascii_identity(64), default="")
    seal: Mapped[str | None] = mapped_column(ascii_identity(64))
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    KEPT: ClassVar[str] = "kept"  # the key of what ``before`` holds for undoing, and shows nobody

    @classmethod
    def about(cls, subject_type: str, subject_id: int) -> Select[tuple[Self]]:
        """What was done to one record, newest first."""
        return select(cls).where(cls.subject_type == subject_type, cls.subject_id == subject_id).order_by(cls.id.desc())

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Field by field what it was and what it became."""
        before = json.loads(self.before) if self.before else {}
        after = json.loads(self.after) if self.after else {}
        names = sorted({*before, *after} - {self.KEPT})
        return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}

    @property
    def actor_name(self) -> str:
        """Who did it, by the name they had then."""
        name: str = (self.personal or {}).get("name", "")
        return name or (gettext("somebody erased") if self.actor_id else gettext("the system"))

    def __str__(self) -> str:
        return f"{self.action} {self.subject_label}"
