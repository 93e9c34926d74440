"""Putting back what was deleted: of some kinds the audit log keeps the whole row, and which posts it hung on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import inspect, select

from cms.db import Base, CleanHtml, UtcDateTime, db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext
from cms.models import (
    AuditEntry,
    Author,
    Media,
    Post,
    PostAuthor,
    PostTag,
    Redirect,
    Role,
    Series,
    SeriesPart,
    Tag,
    User,
)
from cms.services import auditing, bylines, overview, reindexing

MOST_POSTS = 20_000  # one entry of the log holds their numbers, and one transaction puts them back
ROW, POSTS = "row", "posts"


@dataclass(frozen=True)
class Kind:
    """What deletes it, which of its fields tells it from others, and the pairs that lead to it."""

    right: str
    identity: str
    pairs: type[Base] | None = None
    key: str = ""  # its column in the pairs
    beside: tuple[str, ...] = ()  # what else a pair says


KINDS: dict[type[Base], Kind] = {
    Tag: Kind("tag.edit", "slug", PostTag, "tag_id"),
    Series: Kind("tag.edit", "slug", SeriesPart, "series_id", ("position",)),
    Author: Kind("author.edit", "slug", PostAuthor, "author_id", ("position",)),
    Redirect: Kind("redirect.edit", "path_hash"),
    Role: Kind("role.edit", "name"),  # nobody has it: such a role cannot be deleted
}


def on_too_many_posts(rows: Sequence[Base]) -> list[Base]:
    """Those of ``rows``, all of one kind, whose posts are too many to be kept: they cannot be put back. One query."""
    kind = KINDS.get(type(rows[0])) if rows else None
    if kind is None or kind.pairs is None:
        return []
    posts, key = kind.pairs.post_id, getattr(kind.pairs, kind.key)  # type: ignore[attr-defined]
    counts = (overview.bounded(select(posts).where(key == row.id), MOST_POSTS) for row in rows)  # type: ignore[attr-defined]
    return [
        row for row, count in zip(rows, db.session.execute(select(*counts)).one(), strict=True) if count > MOST_POSTS
    ]


def kept(row: Base) -> dict[str, Any]:
    """What the entry of its deletion must hold so that ``remake`` can undo it; nothing where nothing can."""
    kind = KINDS.get(type(row))
    if kind is None or on_too_many_posts([row]):
        return {}
    posts: list[list[int]] = []
    if kind.pairs is not None:
        columns = [getattr(kind.pairs, name) for name in ("post_id", *kind.beside)]
        mine = getattr(kind.pairs, kind.key) == inspect(row).identity[0]
        posts = [list(pair) for pair in db.session.execute(select(*columns).where(mine).order_by(*columns))]
    fields = {name: _plain(getattr(row, name)) for name in _columns(type(row))}
    return {AuditEntry.KEPT: {ROW: fields, POSTS: posts}}


def remake(model: type[Base], entry: AuditEntry, *, by: User) -> None:
    """Put back the record whose deletion ``entry`` tells of, with its posts. Raises NotAllowed and InvalidChange."""
    kind, was = KINDS[model], json.loads(entry.before or b"{}").get(AuditEntry.KEPT)
    if not by.may(kind.right):
        raise NotAllowed(gettext("You may not put this back."))
    if was is None:
        raise InvalidChange(gettext("It was on too many posts to be put back."))
    fields = {name: _read(column, was[ROW].get(name)) for name, column in _columns(model).items()}
    if db.session.scalar(select(model).where(getattr(model, kind.identity) == fields[kind.identity])) is not None:
        raise InvalidChange(gettext("There is another one in its place by now."))
    if db.session.get(model, fields["id"]) is not None:
        del fields["id"]  # its number was given to another one meanwhile
    row = model(**fields)
    if isinstance(row, Author):
        _link(row, by)
    if isinstance(row, Role) and not by.can_grant([row]):
        raise NotAllowed(gettext("You may not put back a role that may do more than you."))
    db.session.add(row)
    db.session.flush()
    posts = _put_back(kind, row, {pair[0]: pair[1:] for pair in was[POSTS]})
    auditing.record(f"{model.__tablename__}.restored", row, by=by)
    db.session.flush()
    reindexing.reindex(posts)


def _put_back(kind: Kind, row: Any, pairs: Mapping[int, list[int]]) -> list[int]:
    """Hang it on its posts again; on which, for some may be gone, or part of another series."""
    if kind.pairs is None or not pairs:
        return []
    posts = dict(db.session.execute(select(Post.id, Post.listed_at).where(Post.id.in_(pairs))).all())
    if kind.pairs is SeriesPart:
        for number in db.session.scalars(select(SeriesPart.post_id).where(SeriesPart.post_id.in_(posts))):
            del posts[number]
    for number, listed_at in posts.items():
        pair = kind.pairs(**{"post_id": number, kind.key: row.id}, **dict(zip(kind.beside, pairs[number], strict=True)))
        if hasattr(pair, "listed_at"):
            pair.listed_at = listed_at
        db.session.add(pair)
    db.session.flush()
    return list(posts)


def _link(author: Author, by: User) -> None:
    """Give it its picture and account back, where they are there and the account has no other byline."""
    author.describe(author.bio)
    if author.picture_id is not None and db.session.get(Media, author.picture_id) is None:
        author.picture_id = None
    user = db.session.get(User, author.user_id) if author.user_id is not None else None
    author.user_id = None
    if user is not None and bylines.known(user) is None:
        bylines.link(author, user, by=by)


def _columns(model: type[Base]) -> dict[str, sa.Column[Any]]:
    """Those that say something of their own: HTML is made of its text."""
    return {
        attribute.key: attribute.columns[0]
        for attribute in inspect(model).column_attrs
        if not isinstance(attribute.columns[0].type, CleanHtml)
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _read(column: sa.Column[Any], value: Any) -> Any:
    if value is not None and isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if value is not None and isinstance(column.type, sa.Enum) and column.type.enum_class is not None:
        return column.type.enum_class(value)
    return value
