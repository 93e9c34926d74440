"""Work for later: a mail or a bulk act that any worker may take, once."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Self

from sqlalchemy import JSON, CheckConstraint, Index, Select, String, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import TABLE, Identified, LongText, UtcDateTime, ascii_identity, by_value, db


class JobStatus(enum.Enum):
    """Where it stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Identified, db.Model):
    """One piece of work, taken by a lease so that a killed worker's job is taken again."""

    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("done_count >= 0", name="done_count"),
        CheckConstraint("total_count >= 0", name="total_count"),
        Index(None, "status", "run_at", "id"),
        Index(None, "kind", "id"),
        TABLE,
    )

    kind: Mapped[str] = mapped_column(ascii_identity(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[JobStatus] = mapped_column(by_value(JobStatus), default=JobStatus.WAITING)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    attempts: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[str | None] = mapped_column(String(120))
    taken_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_count: Mapped[int] = mapped_column(default=0)
    total_count: Mapped[int | None]
    error: Mapped[str] = mapped_column(LongText, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def due(cls) -> Select[tuple[Self]]:
        """What may be taken now: waiting and its time come, or its worker gone."""
        now = clock.now()
        return (
            select(cls)
            .where(
                or_(
                    and_(cls.status == JobStatus.WAITING, cls.run_at <= now),
                    and_(cls.status == JobStatus.RUNNING, cls.taken_until < now),
                )
            )
            .order_by(cls.run_at, cls.id)
        )

    @classmethod
    def over_before(cls, done: datetime, failed: datetime) -> Select[tuple[Self]]:
        """What was done before the one time, or given up before the other."""
        times = ((JobStatus.DONE, done), (JobStatus.FAILED, failed))
        # The index finds them by the time they were due at, which is never after the end.
        return select(cls).where(
            or_(*(and_(cls.status == status, cls.run_at < then, cls.finished_at < then) for status, then in times))
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
