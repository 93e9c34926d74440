"""Series: posts that are read one after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import PAIR_TABLE, TABLE, BigId, Identified, UtcDateTime, db, identity
from cms.text.slug import slugify


class Series(Identified, db.Model):
    """One series. As with tags the slug decides which titles are the same."""

    __table_args__ = (Index(None, "title"), TABLE)

    title: Mapped[str] = mapped_column(String(150))
    slug: Mapped[str] = mapped_column(identity(150), unique=True)
    description: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @staticmethod
    def slug_of(title: str) -> str:
        """What tells series apart; empty when nothing in ``title`` can stand in an address."""
        return slugify(title, max_length=150)

    @classmethod
    def at(cls, slug: str) -> Select[tuple[Self]]:
        """The series at this address."""
        return select(cls).where(cls.slug == slug)

    @classmethod
    def titled(cls, title: str) -> Select[tuple[Self]]:
        """The series of this title, however it is written."""
        return cls.at(cls.slug_of(title))

    def __str__(self) -> str:
        return self.title


class SeriesPart(db.Model):
    """That a post is part of a series, and in which place. A post is part of one at most."""

    __table_args__ = (
        CheckConstraint("position >= 0", name="position"),
        Index(None, "series_id", "position", "post_id"),
        PAIR_TABLE,
    )

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    series_id: Mapped[int] = mapped_column(BigId, ForeignKey("series.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=0)  # places may have gaps, and two posts the same: their ids decide

    series: Mapped[Series] = relationship()
