"""Pages: texts outside the stream of posts, such as About."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sqlalchemy import ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms.db import TABLE, BigId, Identified, db, identity
from cms.models.publishable import Publishable, rules

if TYPE_CHECKING:
    from cms.models.user import User


class Page(Identified, Publishable, db.Model):
    """One page, at an address of its own; in the menu when ``menu_position`` says where."""

    __table_args__ = (
        *rules(),
        Index(None, "listed_at", "id"),
        Index(None, "menu_position"),
        Index(None, "deleted_at"),
        # The orders of the list in the admin, each over what is not in the trash.
        Index(None, "deleted_at", "edited_at"),
        Index(None, "deleted_at", "menu_position"),
        Index(None, "deleted_at", "published_at"),
        Index(None, "deleted_at", "title"),
        Index(None, "created_by_id"),
        TABLE,
    )

    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(identity(200), unique=True)
    meta_title: Mapped[str] = mapped_column(String(200), default="")
    meta_description: Mapped[str] = mapped_column(String(500), default="")
    menu_position: Mapped[int | None]
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))

    created_by: Mapped[User | None] = relationship()

    @classmethod
    def published(cls) -> Select[tuple[Self]]:
        """What a visitor may read now, newest first."""
        return select(cls).where(cls.visible()).order_by(cls.listed_at.desc(), cls.id.desc())

    @classmethod
    def in_menu(cls) -> Select[tuple[Self]]:
        """The published pages of the menu, in its order."""
        return select(cls).where(cls.visible(), cls.menu_position.is_not(None)).order_by(cls.menu_position, cls.title)

    @classmethod
    def at(cls, slug: str) -> Select[tuple[Self]]:
        """The page at this address, whatever its state."""
        return select(cls).where(cls.slug == slug)

    def __str__(self) -> str:
        return self.title or "Untitled"
