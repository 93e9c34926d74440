"""Old addresses and where they lead now."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime
from typing import Self

from sqlalchemy import Index, Select, String, select
from sqlalchemy.orm import Mapped, mapped_column

from cms import clock
from cms.db import TABLE, Identified, UtcDateTime, ascii_identity, by_value, db


class RedirectOrigin(enum.Enum):
    """Who made it."""

    MOVED = "moved"
    MANUAL = "manual"
    IMPORTED = "imported"


def path_hash(path: str) -> str:
    """What tells addresses apart: paths are longer than an index may be."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()


class Redirect(Identified, db.Model):
    """``path`` (of this site, decoded, with its slash) answers 301 to ``target`` (such a path, or an address)."""

    __table_args__ = (Index(None, "target_hash"), Index(None, "origin"), Index(None, "created_at"), TABLE)

    path: Mapped[str] = mapped_column(String(1000))
    path_hash: Mapped[str] = mapped_column(ascii_identity(64), unique=True)
    target: Mapped[str] = mapped_column(String(1000))
    target_hash: Mapped[str] = mapped_column(ascii_identity(64))
    origin: Mapped[RedirectOrigin] = mapped_column(by_value(RedirectOrigin), default=RedirectOrigin.MANUAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())

    @classmethod
    def at(cls, path: str) -> Select[tuple[Self]]:
        """The redirect of this path."""
        return select(cls).where(cls.path_hash == path_hash(path))

    @classmethod
    def to(cls, target: str) -> Select[tuple[Self]]:
        """All redirects that lead to ``target``."""
        return select(cls).where(cls.target_hash == path_hash(target))

    def lead(self, path: str, target: str) -> None:
        """Lead from ``path`` to ``target``."""
        self.path, self.path_hash = path, path_hash(path)
        self.target, self.target_hash = target, path_hash(target)

    def __str__(self) -> str:
        return f"{self.path} → {self.target}"
