"""Posts, with the pairs that tie them to their authors and tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, String, func, or_, select, update
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship
from sqlalchemy.orm.attributes import set_committed_value

from cms.db import PAIR_TABLE, TABLE, BigId, Identified, UtcDateTime, ascii_identity, db, identity
from cms.models.author import Author
from cms.models.publishable import Publishable, rules
from cms.models.series import Series, SeriesPart
from cms.models.tag import Tag

if TYPE_CHECKING:
    from cms.models.comment import Comment
    from cms.models.media import Media
    from cms.models.user import User

T = TypeVar("T")


class PostTag(db.Model):
    """That a post has a tag. ``listed_at`` is the post's, so that a popular tag is as cheap as the home page."""

    __table_args__ = (Index(None, "tag_id", "listed_at", "post_id"), PAIR_TABLE)

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(BigId, ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    listed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    tag: Mapped[Tag] = relationship()


class PostAuthor(db.Model):
    """That somebody wrote a post, and in which place of the byline."""

    __table_args__ = (
        CheckConstraint("position >= 0", name="position"),
        Index(None, "author_id", "listed_at", "post_id"),
        PAIR_TABLE,
    )

    post_id: Mapped[int] = mapped_column(BigId, ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("author.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    listed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    author: Mapped[Author] = relationship()


class Post(Identified, Publishable, db.Model):
    """One article. Its life: draft, published (now or at a time to come), withdrawn, in the trash."""

    __table_args__ = (
        *rules(),
        CheckConstraint("word_count >= 0", name="word_count"),
        Index(None, "listed_at", "id", "unpublish_at"),  # all that says whether a reader sees it
        Index(None, "deleted_at"),
        # The orders of the list in the admin, each over what is not in the trash.
        Index(None, "deleted_at", "edited_at"),
        Index(None, "deleted_at", "published_at"),
        Index(None, "deleted_at", "title"),
        Index(None, "status", "deleted_at", "edited_at"),
        Index(None, "status", "deleted_at", "unpublish_at"),
        Index(None, "unpublish_at"),
        Index(None, "created_by_id"),
        Index(None, "cover_id"),
        Index(None, "translation_of_id"),
        TABLE,
    )

    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(identity(200), unique=True)
    excerpt: Mapped[str] = mapped_column(String(1000), default="")
    cover_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("media.id", ondelete="SET NULL"))
    meta_title: Mapped[str] = mapped_column(String(200), default="")
    meta_description: Mapped[str] = mapped_column(String(500), default="")
    canonical_url: Mapped[str] = mapped_column(String(500), default="")
    is_featured: Mapped[bool] = mapped_column(default=False)
    comments_open: Mapped[bool] = mapped_column(default=True)
    word_count: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(ascii_identity(20), default="", server_default="")  # empty: the site's
    # The original, which is a translation of nothing itself: it and all that name it are one text in many languages.
    translation_of_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("post.id", ondelete="SET NULL"))
    created_by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("user.id", ondelete="SET NULL"))

    cover: Mapped[Media | None] = relationship()
    created_by: Mapped[User | None] = relationship()
    part: Mapped[SeriesPart | None] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    comments: Mapped[list[Comment]] = relationship(back_populates="post", viewonly=True)
    # Written through the links, which carry position and listed_at; read through the two below.
    tag_links: Mapped[list[PostTag]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    author_links: Mapped[list[PostAuthor]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by=PostAuthor.position
    )
    tags: Mapped[list[Tag]] = relationship(secondary="post_tag", viewonly=True, order_by=Tag.slug)
    authors: Mapped[list[Author]] = relationship(secondary="post_author", viewonly=True, order_by=PostAuthor.position)

    # Which posts?
    @classmethod
    def published(cls, until: datetime | None = None) -> Select[tuple[Self]]:
        """What a visitor may read now, newest first; with ``until``, from what had come by then."""
        return select(cls).where(cls.visible(until)).order_by(cls.listed_at.desc(), cls.id.desc())

    @classmethod
    def published_with(cls, tag: Tag) -> Select[tuple[Self]]:
        """The published posts of one tag, newest first, by the index of the pair table."""
        return (
            select(cls)
            .join(PostTag, PostTag.post_id == cls.id)
            .where(PostTag.tag_id == tag.id, PostTag.listed_at.is_not(None), cls.visible())
            .order_by(PostTag.listed_at.desc(), PostTag.post_id.desc())
        )

    @classmethod
    def published_by(cls, author: Author) -> Select[tuple[Self]]:
        """The published posts of one author, newest first, by the index of the pair table."""
        return (
            select(cls)
            .join(PostAuthor, PostAuthor.post_id == cls.id)
            .where(PostAuthor.author_id == author.id, PostAuthor.listed_at.is_not(None), cls.visible())
            .order_by(PostAuthor.listed_at.desc(), PostAuthor.post_id.desc())
        )

    @classmethod
    def published_in(cls, series: Series) -> Select[tuple[Self]]:
        """The published posts of one series, in its order, by the index of its parts."""
        return (
            select(cls)
            .join(SeriesPart, SeriesPart.post_id == cls.id)
            .where(SeriesPart.series_id == series.id, cls.visible())
            .order_by(SeriesPart.position, SeriesPart.post_id)
        )

    @classmethod
    def versions_of(cls, original_id: int) -> Select[tuple[Self]]:
        """The post of this id and all its translations, whatever their state."""
        return select(cls).where(or_(cls.id == original_id, cls.translation_of_id == original_id))

    @classmethod
    def written_by(cls, user: User) -> Select[tuple[Self]]:
        """All posts that are somebody's own: begun by them, or with their byline."""
        bylines = select(PostAuthor.post_id).join(Author).where(Author.user_id == user.id)
        return select(cls).where(or_(cls.created_by_id == user.id, cls.id.in_(bylines)))

    @classmethod
    def at(cls, slug: str) -> Select[tuple[Self]]:
        """The post at this address, whatever its state."""
        return select(cls).where(cls.slug == slug)

    # What can a post do?
    def set_tags(self, tags: Sequence[Tag]) -> None:
        """Have exactly these tags."""
        kept = {link.tag: link for link in self.tag_links}
        self.tag_links[:] = [kept.get(tag) or PostTag(tag=tag, listed_at=self.listed_at) for tag in _once(tags)]
        set_committed_value(self, "tags", sorted(_once(tags), key=lambda tag: tag.slug))

    def set_authors(self, authors: Sequence[Author]) -> None:
        """Have exactly these authors, in this order."""
        kept = {link.author: link for link in self.author_links}
        links = [kept.get(author) or PostAuthor(author=author, listed_at=self.listed_at) for author in _once(authors)]
        for position, link in enumerate(links):
            link.position = position
        self.author_links[:] = links
        set_committed_value(self, "authors", _once(authors))

    def join(self, series: Series | None, *, position: int = 0) -> None:
        """Be part of ``series`` and of no other; a post that is so already keeps its place."""
        if series is None:
            self.part = None
        elif self.part is None:
            self.part = SeriesPart(series=series, position=position)
        elif self.part.series_id != series.id:
            self.part.series, self.part.position = series, position

    def translate(self, original_id: int | None) -> None:
        """Be a translation of that one, which is none itself; what was a translation of this one follows it."""
        session = object_session(self)
        if original_id is not None and original_id != self.translation_of_id and session is not None:
            # By a statement: their texts are as they were, and a page open in an editor is not stale for it.
            followers = update(Post).where(Post.translation_of_id == self.id).values(translation_of_id=original_id)
            session.execute(followers, execution_options={"synchronize_session": False})
        if self.translation_of_id != original_id:
            self.translation_of_id = original_id

    def relist(self) -> None:
        super().relist()
        for link in (*self.tag_links, *self.author_links):
            link.listed_at = self.listed_at

    # What is it?
    @property
    def series(self) -> Series | None:
        return self.part.series if self.part is not None else None

    @hybrid_property
    def original_id(self) -> int:
        """The id that it has in common with its translations."""
        return self.translation_of_id or self.id

    @original_id.inplace.expression
    @classmethod
    def _original_id(cls) -> ColumnElement[int]:
        return func.coalesce(cls.translation_of_id, cls.id)

    def __str__(self) -> str:
        return self.title or "Untitled"


def _once(items: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(items))
