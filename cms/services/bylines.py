"""Which author an account writes as."""

from sqlalchemy import select

from cms.db import db
from cms.errors import NotAllowed
from cms.language import gettext
from cms.models import Author, PostAuthor, User
from cms.text.slug import slugify


def of(user: User) -> Author:
    """The author of ``user``, made from their name where there is none yet, flushed."""
    author = known(user)
    if author is None:
        author = make(user.name or user.email.partition("@")[0])
        author.user_id = user.id
        db.session.flush()
    return author


def known(user: User) -> Author | None:
    """The author of ``user``, where there is one."""
    return db.session.scalar(select(Author).where(Author.user_id == user.id))


def link(author: Author, user: User | None, *, by: User | None) -> None:
    """Say whose byline it is, and with it whose own its posts are: for those who may do all with all posts."""
    if author.user_id == (user.id if user is not None else None):
        return
    if by is not None and not all(by.may(right) for right in ("post.edit.any", "post.publish.any", "post.trash.any")):
        raise NotAllowed(
            gettext("The posts of an author become those of the account. You may not give them away."), field="user"
        )
    author.user = user


def make(name: str, *, slug: str | None = None) -> Author:
    """A new author with a free slug, flushed."""
    author = Author(name=name[:120], slug=free_slug(slug or name))
    db.session.add(author)
    db.session.flush()
    return author


def free_slug(wanted: str, *, own_id: int | None = None) -> str:
    """A slug made of ``wanted`` that no other author has."""
    slug = slugify(wanted, max_length=100) or "author"
    alike = select(Author.slug).where((Author.slug == slug) | Author.slug.startswith(f"{slug}-", autoescape=True))
    if own_id is not None:
        alike = alike.where(Author.id != own_id)
    with db.session.no_autoflush:
        taken = set(db.session.scalars(alike))
    if slug not in taken:
        return slug
    return next(f"{slug}-{number}" for number in range(2, len(taken) + 3) if f"{slug}-{number}" not in taken)


def posts_by(author: Author) -> list[int]:
    """The ids of all posts with this byline, whatever their state."""
    return list(
        db.session.scalars(
            select(PostAuthor.post_id).where(PostAuthor.author_id == author.id).order_by(PostAuthor.post_id)
        )
    )
