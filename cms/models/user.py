"""People who sign in, and the roles that say what they may do."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import JSON, ForeignKey, Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms import clock
from cms.db import PAIR_TABLE, TABLE, BigId, Identified, UtcDateTime, ascii_identity, db, identity
from cms.models.publishable import Status
from cms.text.slug import fold_email

if TYPE_CHECKING:
    from cms.models.author import Author
    from cms.models.comment import Comment
    from cms.models.media import Media
    from cms.models.post import Post


class UserRole(db.Model):
    """Who has which role."""

    __table_args__ = (Index(None, "role_id", "user_id"), PAIR_TABLE)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[int] = mapped_column(BigId, ForeignKey("role.id", ondelete="RESTRICT"), primary_key=True)


class Role(Identified, RoleMixin, db.Model):
    """A named set of permissions."""

    name: Mapped[str] = mapped_column(identity(40), unique=True)
    description: Mapped[str] = mapped_column(String(200), default="", server_default="")
    permissions: Mapped[list[str]] = mapped_column(JSON, default=list)

    users: Mapped[list[User]] = relationship(secondary="user_role", back_populates="roles", viewonly=True)

    @classmethod
    def named(cls, name: str) -> Select[tuple[Self]]:
        """The role of this name."""
        return select(cls).where(cls.name == name)

    @property
    def grants(self) -> frozenset[str]:
        """The names of the permissions it gives."""
        return frozenset(self.permissions)

    def __str__(self) -> str:
        return self.name


class User(Identified, UserMixin, db.Model):
    """An account: somebody who may sign in. Bylines belong to ``Author``, which outlives it."""

    __table_args__ = (Index(None, "name"), Index(None, "active", "name"), Index(None, "created_at"), TABLE)

    email: Mapped[str] = mapped_column(identity(254), unique=True)  # folded: one address, one account
    name: Mapped[str] = mapped_column(String(120))
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(ascii_identity(64), unique=True, default=lambda: uuid.uuid4().hex)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC", server_default="UTC")
    language: Mapped[str] = mapped_column(String(20), default="", server_default="")  # empty: what the browser asks for
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(JSON)

    roles: Mapped[list[Role]] = relationship(secondary="user_role", back_populates="users", lazy="selectin")
    author: Mapped[Author | None] = relationship(back_populates="user", passive_deletes=True)

    # Which people?
    @classmethod
    def with_email(cls, email: str) -> Select[tuple[Self]]:
        """The account of this address, however it is typed."""
        return select(cls).where(cls.email == fold_email(email))

    @classmethod
    def who_may(cls, permission: str) -> Select[tuple[Self]]:
        """Active people who hold ``permission`` through one of their roles."""
        holding = [role.id for role in db.session.scalars(select(Role)) if permission in role.grants]
        return (
            select(cls)
            .where(
                cls.active.is_(True),
                cls.id.in_(select(UserRole.user_id).where(UserRole.role_id.in_(holding))),
            )
            .order_by(cls.id)
        )

    # What may a person do?
    def may(self, permission: str) -> bool:
        """Whether one of their roles gives ``permission``."""
        return self.active and any(permission in role.permissions for role in self.roles)

    @property
    def permissions(self) -> frozenset[str]:
        """All that their roles give together."""
        return frozenset[str]().union(*(role.grants for role in self.roles))

    def has_written(self, post: Post) -> bool:
        """Whether the post is theirs: they began it, or one of its bylines is theirs."""
        if post.created_by_id == self.id or post.id is None:
            return True
        return any(author.user_id == self.id for author in post.authors)

    def can_edit(self, post: Post) -> bool:
        """Own ones by ``post.edit``, but a live one only for those who may publish it."""
        if self.may("post.edit.any"):
            return True
        if not (self.may("post.edit") and self.has_written(post)):
            return False
        return post.status is Status.DRAFT or self.may("post.publish")

    def can_publish(self, post: Post) -> bool:
        """Own ones by ``post.publish``, all by ``post.publish.any``."""
        return self.may("post.publish.any") or (self.may("post.publish") and self.has_written(post))

    def can_trash(self, post: Post) -> bool:
        """Own ones by ``post.trash``, all by ``post.trash.any``."""
        return self.may("post.trash.any") or (self.may("post.trash") and self.has_written(post))

    def can_moderate(self, comment: Comment) -> bool:
        """All comments by ``comment.moderate``."""
        return self.may("comment.moderate")

    def can_answer(self, comment: Comment) -> bool:
        """All by ``comment.moderate``; what readers see under their own posts by ``post.publish``.

        What is held stays with moderators: an answer would decide about it.
        """
        if self.can_moderate(comment):
            return True
        return comment.is_shown and self.may("post.publish") and self.has_written(comment.post)

    def can_edit_media(self, media: Media) -> bool:
        """Own uploads by ``media.upload``, all by ``media.edit.any``."""
        return self.may("media.edit.any") or (self.may("media.upload") and media.uploaded_by_id == self.id)

    def can_grant(self, roles: Any) -> bool:
        """Nobody can give what they lack."""
        return all(role.grants <= self.permissions for role in roles)

    def __str__(self) -> str:
        return self.name or self.email
