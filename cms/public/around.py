"""What stands round a post, in one query: its series, its translations, the posts before and after it, related ones.

Each part is a bounded walk along an index, so the page of a post costs the same among a thousand and a million.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, literal, null, or_, select, union_all
from sqlalchemy.engine import Row
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from cms.db import db
from cms.models import Author, Post, PostAuthor, PostTag, SeriesPart, Tag

MOST_RELATED = 3
TAGS_LOOKED_AT = 10  # of a post
LOOKED_AT = 20  # the newest posts of each of them
MOST_COUNTED = 1000  # posts of a tag: one that has more is as common as can be
MOST_TRANSLATIONS = 60
SHOWN_AS_SUCH = ("version", "previous part", "next part")  # and not once more as related


@dataclass(frozen=True)
class Nearby:
    """Another post as a line about it needs it."""

    id: int
    slug: str
    title: str
    excerpt: str
    language: str
    listed_at: datetime


@dataclass(frozen=True)
class Place:
    """The place of a post in its series, as readers see that: ``number`` of ``total``."""

    number: int
    total: int
    previous: Nearby | None
    next: Nearby | None


@dataclass(frozen=True)
class Around:
    """What is round one post; empty for one that nobody may read yet."""

    place: Place | None = None
    translations: Sequence[Nearby] = ()  # the post itself among them, by language
    older: Nearby | None = None
    newer: Nearby | None = None
    related: Sequence[Nearby] = ()


@dataclass
class _Found:
    """The rows of the query, sorted by what they are."""

    posts: dict[str, list[Nearby]] = field(default_factory=dict)
    shared: dict[int, list[int]] = field(default_factory=dict)  # post: the tags it shares
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def first(self, kind: str) -> Nearby | None:
        return next(iter(self.posts.get(kind, [])), None)


def load_names(post: Post) -> None:
    """Its authors with their pictures and its tags. One query, whatever their number."""
    authors = select(PostAuthor.author_id, null().label("tag_id"), PostAuthor.position).where(
        PostAuthor.post_id == post.id
    )
    tags = select(null(), PostTag.tag_id, literal(0)).where(PostTag.post_id == post.id)
    links = union_all(authors, tags).subquery("links")
    rows = db.session.execute(
        select(Author, Tag)
        .select_from(links)
        .outerjoin(Author, Author.id == links.c.author_id)
        .outerjoin(Tag, Tag.id == links.c.tag_id)
        .options(joinedload(Author.picture))
        .order_by(links.c.position, Tag.slug)
    ).all()
    set_committed_value(post, "authors", [author for author, _ in rows if author is not None])
    set_committed_value(post, "tags", [tag for _, tag in rows if tag is not None])


def of(post: Post) -> Around:
    """What readers find round ``post``, whose tags and part of a series are loaded. One query."""
    found = _ask(post)
    parts = found.numbers
    place = None
    if post.part is not None:
        earlier, total = parts.get(("earlier", 0), 0), parts.get(("total", 0), 0)
        place = Place(earlier + 1, total, found.first("previous part"), found.first("next part"))
    versions = sorted(found.posts.get("version", []), key=lambda one: (one.language, one.id))
    return Around(place, versions, found.first("older"), found.first("newer"), _related(post, found))


def _ask(post: Post) -> _Found:
    around = union_all(*_parts(post)).subquery("around")
    columns = (Post.id, Post.slug, Post.title, Post.excerpt, Post.language, Post.listed_at)
    query = select(around.c.kind, around.c.key, around.c.number, *columns)
    # A count comes without a post; whatever comes with one is seen by readers, which each part has made sure of.
    rows = db.session.execute(query.select_from(around).outerjoin(Post.__table__, Post.id == around.c.post_id))
    found = _Found()
    for row in rows:
        _sort(row, found)
    return found


def _sort(row: Row[Any], found: _Found) -> None:
    kind, key, number, *about = row
    if about[0] is None:
        found.numbers[kind, key] = number
        return
    nearby = Nearby(*about)
    if kind == "tagged":
        found.shared.setdefault(nearby.id, []).append(key)
        if len(found.shared[nearby.id]) > 1:
            return
    found.posts.setdefault(kind, []).append(nearby)


def _parts(post: Post) -> list[Any]:
    here = Post.listed_at, Post.id
    newer = or_(Post.listed_at > post.listed_at, and_(Post.listed_at == post.listed_at, Post.id > post.id))
    older = or_(Post.listed_at < post.listed_at, and_(Post.listed_at == post.listed_at, Post.id < post.id))
    ids = select(Post.id.label("post_id"))
    seen = ids.where(Post.visible())
    # A bound by itself tells the database where in its index to begin, the two halves of an OR do not.
    parts = [
        _posts("newer", seen.where(Post.listed_at >= post.listed_at, newer).order_by(*here).limit(1)),
        _posts("older", _backwards(ids.where(Post.visible(until=post.listed_at), older)).limit(1)),
    ]
    if post.part is not None:
        parts += _series(post.part, seen)
    versions = Post.versions_of(post.original_id).with_only_columns(Post.id.label("post_id")).where(Post.visible())
    parts.append(_posts("version", versions.order_by(Post.id).limit(MOST_TRANSLATIONS)))
    tags = [tag.id for tag in post.tags[:TAGS_LOOKED_AT]]
    for tag_id in tags:
        tagged = (
            seen.join(PostTag, PostTag.post_id == Post.id)
            .where(PostTag.tag_id == tag_id, PostTag.listed_at.is_not(None))
            .order_by(PostTag.listed_at.desc(), PostTag.post_id.desc())
        )
        parts.append(_posts("tagged", tagged.limit(LOOKED_AT), tag_id))
        counted = select(PostTag.post_id).where(PostTag.tag_id == tag_id, PostTag.listed_at.is_not(None))
        parts.append(_number("tag", counted.limit(MOST_COUNTED), tag_id))
    parts.append(_posts("newest", _backwards(seen).limit(LOOKED_AT)))
    return parts


def _backwards(query: Any) -> Any:
    return query.order_by(Post.listed_at.desc(), Post.id.desc())


def _series(part: SeriesPart, seen: Any) -> list[Any]:
    """Its neighbours there, and how many readers see before it and in all; a series is bounded by itself."""
    place = SeriesPart.position, SeriesPart.post_id
    inside = seen.join(SeriesPart, SeriesPart.post_id == Post.id).where(SeriesPart.series_id == part.series_id)
    same = SeriesPart.position == part.position
    earlier = inside.where(
        or_(SeriesPart.position < part.position, and_(same, SeriesPart.post_id < part.post_id)),
    )
    later = inside.where(or_(SeriesPart.position > part.position, and_(same, SeriesPart.post_id > part.post_id)))
    return [
        _posts("previous part", earlier.order_by(*(column.desc() for column in place)).limit(1)),
        _posts("next part", later.order_by(*place).limit(1)),
        _number("earlier", earlier),
        _number("total", inside),
    ]


def _posts(kind: str, ids: Any, key: int = 0) -> Any:
    # In brackets of its own: neither database orders or limits a part of a union otherwise.
    inner = ids.subquery()
    return select(literal(kind).label("kind"), literal(key).label("key"), literal(0).label("number"), inner.c.post_id)


def _number(kind: str, ids: Any, key: int = 0) -> Any:
    return select(literal(kind), literal(key), func.count(), null()).select_from(ids.subquery())


def _related(post: Post, found: _Found) -> list[Nearby]:
    """By the tags shared, each the more the rarer it is, then the newer; without any, the newest."""
    shown = {post.id, *(one.id for kind in SHOWN_AS_SUCH for one in found.posts.get(kind, []))}

    def fits(one: Nearby) -> bool:
        return one.id not in shown and one.language == post.language

    def rarity(tag_id: int) -> float:
        return 1 / math.log2(2 + found.numbers.get(("tag", tag_id), 0))

    def weight(one: Nearby) -> tuple[float, datetime, int]:
        # Sums of floats depend on the order of their parts: rounded, they do not.
        return round(sum(map(rarity, sorted(found.shared[one.id]))), 6), one.listed_at, one.id

    tagged = sorted(filter(fits, found.posts.get("tagged", [])), key=weight, reverse=True)
    if not tagged:
        shown |= {one.id for kind in ("newer", "older") for one in found.posts.get(kind, [])}
    return (tagged or list(filter(fits, found.posts.get("newest", []))))[:MOST_RELATED]
