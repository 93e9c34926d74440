"""Pictures and files. The bytes lie in the media folder under their sha256; this row says what they are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import TABLE, BigId, Identified, UtcDateTime, ascii_identity, db
from cms.models.trashable import Trashable

if TYPE_CHECKING:
    from cms.models.user import User


class Media(Trashable, Identified, db.Model):
    """One file that posts and pages may show."""

    __table_args__ = (
        CheckConstraint("size_bytes >= 0", name="size_bytes"),
        CheckConstraint("(width IS NULL) = (height IS NULL)", name="both_sides"),
        CheckConstraint("width > 0 AND height > 0", name="sides"),
        Index(None, "created_at", "id"),
        Index(None, "deleted_at"),
        Index(None, "deleted_at", "created_at"),
        Index(None, "deleted_at", "filename"),
        Index(None, "uploaded_by_id"),
        TABLE,
    )

    sha256: Mapped[str] = mapped_column(ascii_identity(64), unique=True)
    filename: Mapped[str] = mapped_column(String(200))  # as uploaded; shown, never used as a path
    extension: Mapped[str] = mapped_column(ascii_identity(10))
    content_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigId)
    width: Mapped[int | None]
    height: Mapped[int | None]
    alt: Mapped[str] = mapped_column(String(500), default="")
    caption: Mapped[str] = mapped_column(String(1000), default="")
    credit: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    uploaded_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))

    uploaded_by: Mapped[User | None] = relationship()

    @classmethod
    def with_sha256(cls, sha256: str) -> Select[tuple[Self]]:
        """The file of exactly this content."""
        return select(cls).where(cls.sha256 == sha256)

    @property
    def is_picture(self) -> bool:
        return self.width is not None

    @property
    def path(self) -> str:
        """Where the file lies below the media folder, and what its address ends in."""
        return f"{self.sha256[:2]}/{self.sha256}.{self.extension}"

    def __str__(self) -> str:
        return self.filename
