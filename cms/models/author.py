"""Bylines. An author need not have an account, and outlives the one they have."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from markupsafe import Markup
from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import TABLE, BigId, CleanHtml, Identified, LongText, UtcDateTime, db, identity
from cms.text import markdown

if TYPE_CHECKING:
    from cms.models.media import Media
    from cms.models.user import User


class Author(Identified, db.Model):
    """A name under posts, with a page of its own."""

    __table_args__ = (Index(None, "name"), Index(None, "picture_id"), TABLE)

    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(identity(120), unique=True)
    bio: Mapped[str] = mapped_column(LongText, default="")
    bio_html: Mapped[Markup] = mapped_column(CleanHtml, default=Markup)
    website: Mapped[str] = mapped_column(String(500), default="")
    picture_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("media.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    picture: Mapped[Media | None] = relationship()
    user: Mapped[User | None] = relationship(back_populates="author")

    @classmethod
    def at(cls, slug: str) -> Select[tuple[Self]]:
        """The author at this address."""
        return select(cls).where(cls.slug == slug)

    def describe(self, bio: str) -> None:
        """Have this Markdown as the text about them."""
        self.bio = bio
        self.bio_html = markdown.render(bio)

    def __str__(self) -> str:
        return self.name
