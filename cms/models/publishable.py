"""What posts and pages share: a life from draft to trash, and text kept in revisions."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import CheckConstraint, ColumnElement, and_, or_
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from cms import clock
from cms.db import CleanHtml, LongText, UtcDateTime, by_value
from cms.errors import InvalidChange
from cms.language import gettext
from cms.text import markdown


class Status(enum.Enum):
    """What its people decided; the clock decides the rest."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


def rules() -> list[CheckConstraint]:
    """What the database itself refuses in a table of them."""
    return [
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint("live_version <= version", name="live_version"),
        # Whatever a bug or a statement by hand does, a draft or something in the trash is on no list.
        CheckConstraint("listed_at IS NULL OR status = 'published' AND deleted_at IS NULL", name="listed"),
    ]


class Publishable:
    """Its life: draft, published (now or at a time to come), withdrawn, in the trash."""

    body: Mapped[str] = mapped_column(LongText, default="")
    body_html: Mapped[Markup] = mapped_column(CleanHtml, default=Markup)
    renderer_version: Mapped[int] = mapped_column(default=0)
    raw_html: Mapped[bool] = mapped_column(default=False)  # written by somebody who may write HTML
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a time to come means "scheduled"
    unpublish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    listed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # published_at while published and not trashed
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())  # as readers see it
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime, default=lambda: clock.now())  # drafts included
    version: Mapped[int] = mapped_column(default=1)  # of the newest revision, drafts included
    live_version: Mapped[int | None]  # of the revision that the row shows; none until first published

    @declared_attr
    def status(cls) -> Mapped[Status]:
        return mapped_column(by_value(Status), default=Status.DRAFT)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        # revising.save() moves the version; an UPDATE of a row that somebody else moved raises StaleDataError.
        return {"version_id_col": cls.__table__.c.version, "version_id_generator": False}

    # Which ones?
    @classmethod
    def visible(cls, until: datetime | None = None) -> ColumnElement[bool]:
        """What a visitor may read now. Nothing else decides this.

        ``until`` leaves out what came later. SQLite begins in its index at one upper bound, the first that it is told:
        beside ``now`` a second one would have it walk there from the newest.
        """
        now = clock.now()
        latest = now if until is None else min(now, until)
        return and_(cls.listed_at <= latest, or_(cls.unpublish_at.is_(None), cls.unpublish_at > now))

    @classmethod
    def ever_visible(cls) -> ColumnElement[bool]:
        """What a visitor may have read at some time: ``was_public`` in SQL."""
        return and_(
            cls.live_version.is_not(None),
            cls.published_at <= clock.now(),
            or_(cls.deleted_at.is_(None), cls.published_at <= cls.deleted_at),
        )

    # What can it do?
    def publish(self) -> None:
        """Show it from now on. What is already out keeps its date."""
        if self.is_trashed:
            raise InvalidChange(gettext("Take it out of the trash before you publish it."))
        if not self.title.strip():
            raise InvalidChange(gettext("Give it a title before you publish."), field="title")
        if not self.body.strip():
            raise InvalidChange(gettext("Write something before you publish."), field="body")
        now = clock.now()
        if not self.is_public and (self.published_at is None or self.published_at > now):
            self.published_at = now
        if self.unpublish_at is not None and self.unpublish_at <= now:
            self.unpublish_at = None
        self._become(Status.PUBLISHED)

    def schedule(self, at: datetime) -> None:
        """Hide it until ``at``, an aware time to come; show it from then on."""
        if at <= clock.now():
            raise InvalidChange(gettext("Choose a time to come."), field="published_at")
        self.publish()
        self.published_at = at
        self._become(Status.PUBLISHED)

    def withdraw(self) -> None:
        """Take it off the site; its text stays as readers last saw it."""
        if self.status is not Status.PUBLISHED:
            raise InvalidChange(gettext("Only something published can be withdrawn."))
        if self.published_at is not None and self.published_at > clock.now():
            self.published_at = None  # else it would count as shown once that time has passed
        self._become(Status.WITHDRAWN)

    def go_back(self, status: Status, published_at: datetime | None, unpublish_at: datetime | None) -> None:
        """Be as it was before it was published or withdrawn."""
        self.published_at, self.unpublish_at = published_at, unpublish_at
        self._become(status)

    def trash(self) -> None:
        """Put it into the trash, where it keeps its address until it is purged."""
        if self.deleted_at is None:
            self.deleted_at = clock.now()
        self.relist()

    def restore(self) -> None:
        """Take it out of the trash, back to what it was."""
        self.deleted_at = None
        self.relist()

    def render(self, *, prefix: str = "") -> None:
        """Make the HTML of the body anew."""
        self.body_html = markdown.render(self.body, raw_html=self.raw_html, prefix=prefix)
        self.renderer_version = markdown.RENDERER_VERSION

    def relist(self) -> None:
        """Say in ``listed_at`` when readers find it in lists, if ever."""
        shown = self.status is Status.PUBLISHED and self.deleted_at is None
        self.listed_at = self.published_at if shown else None

    def _become(self, status: Status) -> None:
        self.status = status
        self.relist()

    # What is it?
    @property
    def is_public(self) -> bool:
        """Whether a visitor may read it now: ``visible()`` for one that is loaded."""
        now = clock.now()
        return (
            self.listed_at is not None
            and self.listed_at <= now
            and (self.unpublish_at is None or self.unpublish_at > now)
        )

    @property
    def was_public(self) -> bool:
        """Whether a visitor may ever have read it, so that its address must go on working."""
        # A time that came only after it went into the trash showed it to nobody.
        last_shown = clock.now() if self.deleted_at is None else min(self.deleted_at, clock.now())
        return self.live_version is not None and self.published_at is not None and self.published_at <= last_shown

    @property
    def is_trashed(self) -> bool:
        return self.deleted_at is not None

    @property
    def has_draft(self) -> bool:
        """Whether there is text newer than what readers see."""
        return self.live_version is not None and self.live_version != self.version

    @property
    def state(self) -> str:
        """In a word: trashed, draft, scheduled, published, expired or withdrawn."""
        now = clock.now()
        if self.is_trashed:
            return "trashed"
        if self.status is not Status.PUBLISHED:
            return self.status.value
        if self.published_at is not None and self.published_at > now:
            return "scheduled"
        if self.unpublish_at is not None and self.unpublish_at <= now:
            return "expired"
        return "published"
