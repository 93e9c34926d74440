"""Many posts fast, with their tags, people and comments: texts from pools that are rendered once, rows in chunks."""

import json
import random
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select

from cms import clock
from cms.db import Base, db
from cms.models import (
    Author,
    Comment,
    CommentStatus,
    Post,
    PostAuthor,
    PostTag,
    Revision,
    RevisionKind,
    Role,
    Status,
    Tag,
    User,
    UserRole,
)
from cms.services import searching, site_changes, snapshots
from cms.services.seeding import words
from cms.text import markdown, tokens
from cms.text.excerpt import excerpt, word_count
from cms.text.slug import slugify
from cms.transactions import in_transaction

CHUNK = 5000  # the more at once, the seldomer each page of an index is written
SQLITE_CACHE_KB = 256_000  # a dozen indexes grow at random places: with the usual 2 MB each page is written many times
SQLITE_PAGES_AHEAD = 100_000  # and for the same reason they go from the log into the file seldom
# A statement of many rows lets the other thread work for as long; one that takes a row at a time waits for it at each.
ROWS_A_STATEMENT = 500
POOL = 250
TITLES = 2500
YEARS = 12
FEWEST_TAGS, FEWEST_PEOPLE, FEWEST_READERS = 20, 5, 10
POSTS_A_TAG, POSTS_A_PERSON, POSTS_A_READER = 20, 50, 10  # a million posts: 50,000 tags, 20,000 people
COMMENTS_A_POST = 2
ROLE = "contributor"
# Which of every so many posts is not simply out: one number each, so that a small site has none of them.
NOT_OUT = {31: "scheduled", 37: "draft", 41: "withdrawn", 43: "expired", 47: "trashed"}
# How far from the top of the list the next tag is taken: some are on many posts, most on few.
LEANING = 2.0

# What a snapshot holds of a post that has nothing but its text.
EMPTY = dict.fromkeys(snapshots.FIELDS[Post], "") | {
    "raw_html": False,
    "cover_id": None,
    "translation_of_id": None,
    "is_featured": False,
    "comments_open": True,
}


@dataclass(frozen=True)
class Body:
    """One text of the pool."""

    markdown: str
    html: str
    excerpt: str
    words: int
    tokens: str
    excerpt_tokens: str


@dataclass(frozen=True)
class Title:
    """One title of the pool."""

    text: str
    slug: str
    tokens: str


@dataclass
class _World:
    """What the posts are made of. A handful of megabytes, however many posts."""

    chance: random.Random
    now: datetime
    titles: list[Title]
    bodies: list[Body]
    said: list[tuple[str, str]]
    # An author's id, that of the account, and the words of the name, as they are indexed.
    people: list[tuple[int, int, str]] = field(default_factory=list)
    tags: list[tuple[int, str, str]] = field(default_factory=list)  # with the words of the name, as they are indexed
    readers: int = FEWEST_READERS


def posts(number: int, *, seed: int = 18) -> Iterator[int]:
    """Make ``number`` posts, nearly all of them published; after each committed chunk how many there are of them."""
    chance = random.Random(seed)  # noqa: S311 (the same site each time is the point)
    said = [words.comment(chance) for _ in range(min(POOL, number))]
    world = _World(
        chance,
        clock.now().replace(microsecond=0),
        [_title(words.title(chance)) for _ in range(min(TITLES, number))],
        [_body(words.paragraphs(chance)) for _ in range(min(POOL, number))],
        [(comment, str(markdown.render_comment(comment))) for comment in said],
        readers=max(FEWEST_READERS, number // POSTS_A_READER),
    )
    world.people = _people(max(FEWEST_PEOPLE, number // POSTS_A_PERSON), world.now)
    world.tags = _tags(max(FEWEST_TAGS, number // POSTS_A_TAG), world.now)
    first, done = _next_id(Post), 0
    db.session.rollback()
    _widen_cache()
    # The next chunk is made up while the database writes the last one.
    with ThreadPoolExecutor(1) as ahead:
        parts = [(start, min(CHUNK, number - start)) for start in range(0, number, CHUNK)]
        coming = ahead.submit(_chunk, world, first, *parts[0])
        for following in (*parts[1:], None):
            chunk = coming.result()
            if following is not None:
                coming = ahead.submit(_chunk, world, first, *following)
            in_transaction(partial(_write, chunk))
            done += len(chunk.indexed)
            yield done


def _title(text: str) -> Title:
    return Title(text, Tag.slug_of(text), tokens.for_index(text))


def _body(source: str) -> Body:
    plain = markdown.plain(source)
    html = str(markdown.render(source))
    short = excerpt(plain, 200)
    return Body(source, html, short, word_count(plain), tokens.for_index(plain), tokens.for_index(short))


def _people(count: int, now: datetime) -> list[tuple[int, int, str]]:
    """Accounts that nobody can sign in with, each with a byline; those of an earlier time again."""
    names = [words.name(number) for number in range(count)]
    slugs = [f"seed-{slugify(name)}-{number}" for number, name in enumerate(names)]

    def make(part: slice) -> None:
        role_id = db.session.scalar(select(Role.id).where(Role.name == ROLE))
        known = set(db.session.scalars(select(Author.slug).where(Author.slug.in_(slugs[part]))))
        new = [(name, slug) for name, slug in zip(names[part], slugs[part], strict=True) if slug not in known]
        first = _next_id(User)
        ids = range(first, first + len(new))
        _insert(
            User,
            [
                {
                    "id": user_id,
                    "email": f"{slug}@example.org",
                    "name": name,
                    "active": user_id % 20 != 0,
                    "fs_uniquifier": uuid4().hex,
                    "time_zone": "UTC",
                    "created_at": now - timedelta(hours=user_id % 80_000),
                }
                for user_id, (name, slug) in zip(ids, new, strict=True)
            ],
        )
        if role_id is not None:
            _insert(UserRole, [{"user_id": user_id, "role_id": role_id} for user_id in ids])
        _insert(
            Author,
            [
                {"name": name, "slug": slug, "user_id": user_id, "created_at": now, "updated_at": now}
                for user_id, (name, slug) in zip(ids, new, strict=True)
            ],
        )

    _in_parts(count, make)
    mine = select(Author.id, Author.user_id, Author.name, Author.slug).where(Author.slug.like("seed-%"))
    found = db.session.execute(mine.order_by(Author.id).limit(count))
    return [(author_id, user_id, tokens.of_named("author", name, slug)) for author_id, user_id, name, slug in found]


def _tags(count: int, now: datetime) -> list[tuple[int, str, str]]:
    names = words.tags(count)
    slugs = [Tag.slug_of(name) for name in names]
    found: list[tuple[int, str, str]] = []

    def make(part: slice) -> None:
        here = select(Tag.id, Tag.name, Tag.slug).where(Tag.slug.in_(slugs[part]))
        known = {slug for _, _, slug in db.session.execute(here)}
        new = [(name, slug) for name, slug in zip(names[part], slugs[part], strict=True) if slug not in known]
        _insert(Tag, [{"name": name, "slug": slug, "created_at": now, "updated_at": now} for name, slug in new])

    _in_parts(count, make)
    for start in range(0, count, CHUNK):
        here = select(Tag.id, Tag.name, Tag.slug).where(Tag.slug.in_(slugs[start : start + CHUNK]))
        rows = db.session.execute(here.order_by(Tag.id))
        found += [(tag_id, name, tokens.of_named("tag", name, slug)) for tag_id, name, slug in rows]
    return found


def _in_parts(count: int, make: Callable[[slice], None]) -> None:
    for start in range(0, count, CHUNK):
        in_transaction(lambda start=start: make(slice(start, min(start + CHUNK, count))))


@dataclass
class _Chunk:
    """Rows as the driver takes them, a list for each table, and the words of the posts."""

    rows: dict[type[Base], list[tuple[Any, ...]]]
    indexed: list[tuple[int, str]] = field(default_factory=list)


# What the rows of a chunk hold, in this order; written without asking the types of the columns ten million times.
COLUMNS: dict[type[Base], tuple[str, ...]] = {
    Post: (
        *("id", "title", "slug", "excerpt", "body", "body_html", "renderer_version", "raw_html", "word_count"),
        *("meta_title", "meta_description", "canonical_url", "is_featured", "comments_open", "status"),
        *("published_at", "unpublish_at", "deleted_at", "listed_at", "created_at", "updated_at", "edited_at"),
        *("version", "live_version", "created_by_id"),
    ),
    PostTag: ("post_id", "tag_id", "listed_at"),
    PostAuthor: ("post_id", "author_id", "position", "listed_at"),
    Revision: (*("post_id", "version", "kind", "label", "user_id", "created_at", "updated_at", "snapshot_zlib"),),
    Comment: (*("post_id", "name", "email", "website", "body", "body_html", "status", "deleted_at", "created_at"),),
}
# In the order of their most scattered index: neighbours there are written together.
ALONG: dict[type[Base], Callable[[tuple[Any, ...]], Any]] = {
    Post: itemgetter(COLUMNS[Post].index("created_at")),
    PostTag: itemgetter(1, 0),
    PostAuthor: itemgetter(1, 0),
    Revision: itemgetter(0),
    Comment: itemgetter(COLUMNS[Comment].index("created_at")),
}


def _chunk(world: _World, first_id: int, start: int, count: int) -> _Chunk:
    """The posts from number ``start`` on, with all that hangs on them. Asks nothing of the database."""
    chance = world.chance
    chunk = _Chunk({model: [] for model in COLUMNS})
    rows, begun = chunk.rows, []
    for number in range(start, start + count):
        post_id = first_id + number
        body, title = chance.choice(world.bodies), chance.choice(world.titles)
        # More of late than long ago, as blogs grow.
        at = world.now - timedelta(seconds=int(YEARS * 365 * 86_400 * chance.random() ** 2))
        tags = _some(chance, world.tags, chance.choice((2, 3, 3, 4)), LEANING)
        people = _some(chance, world.people, chance.choice((1, 1, 1, 2)), 1.0)
        life = _life(number + 1, at, world.now)
        slug, created_at, listed_at = f"{title.slug}-{post_id}", _stored(at), _stored(life.listed_at)
        user_id = people[0][1]
        rows[Post].append(
            (
                *(post_id, title.text, slug, body.excerpt, body.markdown, body.html, markdown.RENDERER_VERSION),
                *(False, body.words, "", "", "", False, True, life.status.value),
                *(_stored(life.published_at), _stored(life.unpublish_at), _stored(life.deleted_at), listed_at),
                *(created_at, created_at, created_at, 1, life.live_version, user_id),
            )
        )
        rows[PostTag] += [(post_id, tag_id, listed_at) for tag_id, _, _ in tags]
        rows[PostAuthor] += [(post_id, author_id, place, listed_at) for place, (author_id, _, _) in enumerate(people)]
        kind = RevisionKind.SAVED if life.live_version is None else RevisionKind.PUBLISHED
        text = _snapshot(body, title, slug, life, [name for _, name, _ in tags], [author for author, _, _ in people])
        rows[Revision].append((post_id, 1, kind.value, "", user_id, created_at, created_at, text))
        named = [[words for _, _, words in pairs] for pairs in (tags, people)]
        chunk.indexed.append((post_id, tokens.of_post(title.tokens, *named, body.excerpt_tokens, body.tokens)))
        begun.append((post_id, at))
    rows[Comment] = [_comment(world, *chance.choice(begun)) for _ in range(count * COMMENTS_A_POST)]
    return chunk


def _stored(at: datetime | None) -> str | None:
    """A time as the type of our columns gives it to the driver; those made here are UTC."""
    return at.isoformat(" ", "microseconds")[:26] if at is not None else None


def _write(chunk: _Chunk) -> None:
    for model, rows in chunk.rows.items():
        rows.sort(key=ALONG[model])
        for start in range(0, len(rows), ROWS_A_STATEMENT):
            _write_rows(model, rows[start : start + ROWS_A_STATEMENT])
    searching.index_many(chunk.indexed)
    site_changes.touch(site_changes.EVERYTHING)


def _write_rows(model: type[Base], rows: list[tuple[Any, ...]]) -> None:
    connection, names = db.session.connection(), COLUMNS[model]
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    row = f"({', '.join([mark] * len(names))})"
    statement = f"INSERT INTO {model.__tablename__} ({', '.join(names)}) VALUES {', '.join([row] * len(rows))}"  # noqa: S608
    connection.exec_driver_sql(statement, tuple(chain.from_iterable(rows)))


def _widen_cache() -> None:
    """For the one connection of the command, while it is in no transaction."""
    if db.engine.dialect.name != "sqlite":
        return
    with closing(db.engine.raw_connection()) as connection:
        for pragma in (
            f"cache_size = -{SQLITE_CACHE_KB}",
            f"wal_autocheckpoint = {SQLITE_PAGES_AHEAD}",
            "temp_store = MEMORY",  # how to undo a statement of many rows is noted there: gigabytes, were it a file
        ):
            connection.cursor().execute(f"PRAGMA {pragma}")


def _some(chance: random.Random, things: list[Any], count: int, leaning: float) -> list[Any]:
    """Different ones; the first of the list oftener, the more so the greater ``leaning`` is."""
    chosen: dict[int, None] = {}
    while len(chosen) < min(count, len(things)):
        chosen[int(len(things) * chance.random() ** leaning)] = None
    return [things[index] for index in chosen]


def _next_id(model: Any) -> int:
    return (db.session.scalar(select(func.max(model.id))) or 0) + 1


def _insert(model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(insert(model.__table__), rows)


@dataclass(frozen=True)
class _Life:
    """State and times of a post, as the verbs of ``Publishable`` leave them."""

    status: Status
    published_at: datetime | None
    unpublish_at: datetime | None
    deleted_at: datetime | None
    listed_at: datetime | None
    live_version: int | None


def _life(number: int, at: datetime, now: datetime) -> _Life:
    """That of the post of this number."""
    state = next((state for every, state in NOT_OUT.items() if number % every == 0), "published")
    published_at: datetime | None = at
    if state == "scheduled":
        published_at = now + timedelta(days=1 + number % 60)
    elif state == "draft":
        published_at = None
    status = {"draft": Status.DRAFT, "withdrawn": Status.WITHDRAWN}.get(state, Status.PUBLISHED)
    return _Life(
        status,
        published_at,
        unpublish_at=at + (now - at) / 2 if state == "expired" else None,
        deleted_at=max(at, now - timedelta(seconds=number % 1_000_000)) if state == "trashed" else None,
        listed_at=published_at if status is Status.PUBLISHED and state != "trashed" else None,
        live_version=None if state == "draft" else 1,
    )


def _comment(world: _World, post_id: int, at: datetime) -> tuple[Any, ...]:
    chance = world.chance
    body, html = chance.choice(world.said)
    reader, luck = int(world.readers * chance.random() ** LEANING), chance.random()
    status = CommentStatus.HELD if luck < 0.04 else CommentStatus.SPAM if luck < 0.08 else CommentStatus.APPROVED
    deleted_at = _stored(world.now) if luck > 0.985 else None
    created_at = _stored(at + (world.now - at) * chance.random())
    email = f"reader{reader}@example.org"
    return post_id, words.name(reader), email, "", body, html, status.value, deleted_at, created_at


def _snapshot(body: Body, title: Title, slug: str, life: _Life, tags: list[str], authors: list[int]) -> bytes:
    """The newest revision, as ``revising`` would have written it: without one a post cannot be edited."""
    fields = EMPTY | {
        "title": title.text,
        "slug": slug,
        "body": body.markdown,
        "excerpt": body.excerpt,
        "published_at": life.published_at.isoformat() if life.published_at else None,
        "unpublish_at": life.unpublish_at.isoformat() if life.unpublish_at else None,
        "tags": tags,
        "authors": authors,
    }
    return zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 1)
