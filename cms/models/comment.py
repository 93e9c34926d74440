"""Comments of readers, and what moderators do with them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from markupsafe import Markup
from sqlalchemy import JSON, ForeignKey, Index, Select, SmallInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import (
    TABLE,
    BigId,
    CleanHtml,
    Identified,
    LongBlob,
    LongText,
    UtcDateTime,
    ascii_identity,
    by_value,
    db,
)
from cms.models.trashable import Trashable
from cms.text import markdown

if TYPE_CHECKING:
    from cms.models.post import Post


class CommentStatus(enum.Enum):
    """What moderators decided."""

    HELD = "held"
    APPROVED = "approved"
    SPAM = "spam"


class Comment(Trashable, Identified, db.Model):
    """What a reader said under a post. Shown once approved."""

    __table_args__ = (
        Index(None, "post_id", "status", "created_at"),
        Index(None, "post_id", "created_at"),
        Index(None, "created_at"),
        Index(None, "email", "created_at"),
        Index(None, "deleted_at"),
        # The orders of the list in the admin, each over what is not in the trash.
        Index(None, "deleted_at", "created_at"),
        Index(None, "deleted_at", "name"),
        Index(None, "status", "deleted_at", "created_at"),
        Index(None, "parent_id"),
        Index(None, "user_id"),
        TABLE,
    )

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("comment.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254), default="")  # never shown to readers
    website: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(LongText)
    body_html: Mapped[Markup] = mapped_column(CleanHtml)
    status: Mapped[CommentStatus] = mapped_column(by_value(CommentStatus), default=CommentStatus.HELD)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    form_token: Mapped[str | None] = mapped_column(ascii_identity(64), unique=True)  # one form, one comment
    decided_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # when a moderator last approved, held or spammed it
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its writer last changed it
    edits: Mapped[int] = mapped_column(default=0, server_default="0")  # how often they did
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when whoever it answers was told by mail
    # What the filter thought of it: per cent, and why (services/spam_filter.py); None where it had learned too little.
    spam_score: Mapped[int | None] = mapped_column(SmallInteger)
    spam_reasons: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    lesson: Mapped[bytes | None] = mapped_column(LongBlob, deferred=True)  # what the filter learned from it, to unlearn

    post: Mapped[Post] = relationship(back_populates="comments", sync_backref=False)
    parent: Mapped[Comment | None] = relationship(remote_side="Comment.id")

    # Which comments?
    @classmethod
    def shown(cls) -> Select[tuple[Self]]:
        """What readers see, oldest first. Nothing else decides this."""
        return (
            select(cls)
            .where(cls.status == CommentStatus.APPROVED, cls.deleted_at.is_(None))
            .order_by(cls.created_at, cls.id)
        )

    @classmethod
    def waiting(cls) -> Select[tuple[Self]]:
        """What waits for a moderator, oldest first."""
        return (
            select(cls)
            .where(cls.status == CommentStatus.HELD, cls.deleted_at.is_(None))
            .order_by(cls.created_at, cls.id)
        )

    # What can be done with a comment?
    def write(self, body: str) -> None:
        """Say this."""
        self.body = body
        self.body_html = markdown.render_comment(body)

    def approve(self) -> None:
        """Show it."""
        self.status = CommentStatus.APPROVED

    def hold(self) -> None:
        """Hide it until somebody has looked at it."""
        self.status = CommentStatus.HELD

    def spam(self) -> None:
        """Hide it as spam."""
        self.status = CommentStatus.SPAM

    @property
    def is_shown(self) -> bool:
        return self.status is CommentStatus.APPROVED and self.deleted_at is None

    @property
    def is_decided(self) -> bool:
        """Whether a moderator has said what it is."""
        return self.decided_at is not None

    @property
    def state(self) -> str:
        """In a word: trashed, held, approved or spam."""
        return "trashed" if self.deleted_at is not None else self.status.value

    def __str__(self) -> str:
        return f"{self.name}: {self.body[:60]}{'…' if self.body[60:] else ''}"
