"""Functions that make things and fill in what a test does not care about. They flush; nobody but a request commits."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from flask_security import hash_password
from sqlalchemy import select

from cms import clock
from cms.db import db
from cms.models import Author, Comment, CommentStatus, Page, Post, Role, Series, Tag, User
from cms.services import bylines, publishing, revising, series

numbers = itertools.count(1)
PASSWORD = "correct horse battery staple"


def make_user(role: str | None = "editor", *, name: str | None = None, email: str | None = None, **fields: Any) -> User:
    """Somebody with ``role``, who signs in with ``PASSWORD``."""
    number = next(numbers)
    user = User(
        name=name or f"Person {number}",
        email=email or f"person{number}@example.org",
        password=hash_password(PASSWORD),
        **{"active": True, **fields},
    )
    if role is not None:
        user.roles.append(db.session.scalars(select(Role).where(Role.name == role)).one())
    db.session.add(user)
    db.session.flush()
    return user


def make_author(name: str | None = None, **fields: Any) -> Author:
    author = bylines.make(name or f"Author {next(numbers)}")
    for field, value in fields.items():
        setattr(author, field, value)
    db.session.flush()
    return author


def make_tag(name: str | None = None, **fields: Any) -> Tag:
    name = name or f"Tag {next(numbers)}"
    tag = Tag(name=name, slug=Tag.slug_of(name), **fields)
    db.session.add(tag)
    db.session.flush()
    return tag


def make_series(title: str | None = None, **fields: Any) -> Series:
    row = series.begin(title or f"Series {next(numbers)}")
    for field, value in fields.items():
        setattr(row, field, value)
    db.session.flush()
    return row


def make_post(state: str = "published", *, by: User | None = None, at: datetime | None = None, **changes: Any) -> Post:
    """A post in one of the states of ``Post.state``; the other words are fields of ``revising.save``."""
    number = next(numbers)
    changes = {"title": f"Post {number}", "body": f"The text of post {number}.", **changes}
    post = revising.create(Post, changes, by=None)
    if by is not None:
        post.created_by_id = by.id
        if not changes.get("authors"):
            revising.save(post, {"authors": [bylines.of(by).id]}, by=None)
    return into_state(post, state, at)


def make_page(state: str = "published", *, at: datetime | None = None, **changes: Any) -> Page:
    number = next(numbers)
    changes = {"title": f"Page {number}", "body": f"The text of page {number}.", **changes}
    return into_state(revising.create(Page, changes, by=None), state, at)


def into_state(subject: Any, state: str, at: datetime | None = None) -> Any:
    now = clock.now()
    if state == "scheduled":
        publishing.publish(subject, by=None, at=at or now + timedelta(days=1))
    elif state == "expired":
        publishing.publish(subject, by=None, at=at or now - timedelta(days=2))
        subject.unpublish_at = now - timedelta(days=1)
    elif state != "draft":
        publishing.publish(subject, by=None, at=at or now - timedelta(minutes=1))
    if state == "withdrawn":
        publishing.withdraw(subject, by=None)
    if state == "trashed":
        publishing.trash(subject, by=None)
    db.session.flush()
    assert subject.state == state
    return subject


def make_comment(post: Post, status: CommentStatus = CommentStatus.APPROVED, **fields: Any) -> Comment:
    number = next(numbers)
    comment = Comment(post=post, name=fields.pop("name", f"Reader {number}"), status=status)
    comment.write(fields.pop("body", f"What reader {number} says."))
    for field, value in fields.items():
        setattr(comment, field, value)
    db.session.add(comment)
    db.session.flush()
    return comment
