"""How people want the lists of the admin: which columns, and the views of them that they keep."""

from __future__ import annotations

from enum import Enum
from typing import Any, Self

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from cms.db import PAIR_TABLE, BigId, ascii_identity, by_value, db, identity

MOST_NAME_LETTERS = 60


class ChoiceKind(Enum):
    """What is chosen: the columns of a list, or a view of it under a name."""

    COLUMNS = "columns"
    VIEW = "view"


class ListChoice(db.Model):
    """One choice of one person for one list, which is called as in its address: ``post``.

    ``value`` is a list of columns, or what narrows and orders the list as ``{"state": "draft", "sort": "title"}``.
    Both name things that a later release may not have any more.
    """

    __table_args__ = (CheckConstraint("(kind = 'view') = (name <> '')", name="named"), PAIR_TABLE)

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    list_name: Mapped[str] = mapped_column(ascii_identity(40), primary_key=True)
    kind: Mapped[ChoiceKind] = mapped_column(by_value(ChoiceKind), primary_key=True)
    name: Mapped[str] = mapped_column(identity(MOST_NAME_LETTERS), primary_key=True, default="")
    value: Mapped[Any] = mapped_column(JSON)

    @classmethod
    def of(cls, user_id: int, list_name: str, kind: ChoiceKind) -> Select[tuple[Self]]:
        """What this person chose for this list, views by their names."""
        theirs = select(cls).where(cls.user_id == user_id, cls.list_name == list_name, cls.kind == kind)
        return theirs.order_by(cls.name)

    def __str__(self) -> str:
        return self.name or self.kind.value
