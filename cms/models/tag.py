"""Tags: words that posts share."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from sqlalchemy import Index, Select, String, delete, insert, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column, object_session

from cms import clock
from cms.db import TABLE, Identified, UtcDateTime, db, identity
from cms.errors import InvalidChange
from cms.language import gettext
from cms.text.slug import slugify


class Tag(Identified, db.Model):
    """One tag. 'Flask' and 'flask' are the same: the slug decides."""

    __table_args__ = (Index(None, "name"), TABLE)

    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(identity(100), unique=True)
    description: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @staticmethod
    def slug_of(name: str) -> str:
        """What tells tags apart; empty when nothing in ``name`` can stand in an address."""
        return slugify(name, max_length=100)

    @classmethod
    def at(cls, slug: str) -> Select[tuple[Self]]:
        """The tag at this address."""
        return select(cls).where(cls.slug == slug)

    @classmethod
    def named(cls, name: str) -> Select[tuple[Self]]:
        """The tag of this name, however it is written."""
        return cls.at(cls.slug_of(name))

    def merge_into(self, other: Tag) -> int:
        """Give this tag's posts to ``other``; how many gained it. The emptied tag is left to the caller."""
        if other is self or other.id == self.id:
            raise InvalidChange(gettext("Choose another tag to merge into."))
        session = object_session(self)
        if session is None:
            raise InvalidChange(gettext("Save the tag before you merge it."))
        pairs = db.metadata.tables["post_tag"]
        have = select(pairs.c.post_id).where(pairs.c.tag_id == other.id).subquery()  # MySQL wants a derived table
        moved = select(pairs.c.post_id, literal(other.id), pairs.c.listed_at).where(
            pairs.c.tag_id == self.id, pairs.c.post_id.not_in(select(have.c.post_id))
        )
        gained = session.execute(insert(pairs).from_select(["post_id", "tag_id", "listed_at"], moved)).rowcount
        session.execute(delete(pairs).where(pairs.c.tag_id == self.id))
        session.execute(update(Tag).where(Tag.id == other.id).values(updated_at=clock.now()))
        session.expire_all()
        return gained

    def __str__(self) -> str:
        return self.name
