"""What a post or a page was, each time somebody saved it."""

from __future__ import annotations

import enum
import json
import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import TABLE, BigId, Identified, LongBlob, UtcDateTime, by_value, db
from cms.language import gettext
from cms.models.page import Page
from cms.models.post import Post

if TYPE_CHECKING:
    from cms.models.user import User


class RevisionKind(enum.Enum):
    """Why it was written. Only plain saves are ever joined or purged."""

    SAVED = "saved"
    PUBLISHED = "published"
    RESTORED = "restored"
    NAMED = "named"
    IMPORTED = "imported"


class Revision(Identified, db.Model):
    """Everything an editor wrote, at one version of a post or a page."""

    __table_args__ = (
        CheckConstraint("(post_id IS NULL) <> (page_id IS NULL)", name="one_subject"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("base_version < version", name="base_version"),
        UniqueConstraint("post_id", "version"),
        UniqueConstraint("page_id", "version"),
        Index(None, "user_id"),
        Index(None, "kind"),
        Index(None, "created_at"),
        TABLE,
    )

    post_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"))
    page_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("page.id", ondelete="CASCADE"))
    version: Mapped[int]
    base_version: Mapped[int | None]  # what readers saw when this text was begun: publishing merges against it
    kind: Mapped[RevisionKind] = mapped_column(by_value(RevisionKind), default=RevisionKind.SAVED)
    label: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    snapshot_zlib: Mapped[bytes] = mapped_column(LongBlob)

    user: Mapped[User | None] = relationship()
    post: Mapped[Post | None] = relationship()
    page: Mapped[Page | None] = relationship()

    @classmethod
    def of(cls, subject: Post | Page) -> Select[tuple[Self]]:
        """All revisions of a post or a page, newest first."""
        column = cls.post_id if isinstance(subject, Post) else cls.page_id
        return select(cls).where(column == subject.id).order_by(cls.version.desc())

    @classmethod
    def at_version(cls, subject: Post | Page, version: int) -> Select[tuple[Self]]:
        """The one revision of this version."""
        return cls.of(subject).where(cls.version == version)

    @property
    def snapshot(self) -> dict[str, Any]:
        """Field by field what was written; times as ISO 8601 text, tags by name, authors and cover by id."""
        return json.loads(zlib.decompress(self.snapshot_zlib))

    @snapshot.setter
    def snapshot(self, fields: dict[str, Any]) -> None:
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self.snapshot_zlib = zlib.compress(text.encode("utf-8", "surrogatepass"), 6)

    def __str__(self) -> str:
        return gettext("Version %(number)s", number=self.version)
