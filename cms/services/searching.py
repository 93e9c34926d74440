"""Search over posts: the one place that knows how words are indexed, on SQLite (FTS5) and MariaDB (FULLTEXT)."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError

from cms.db import db
from cms.models import Post, PostTag, Tag
from cms.text import markdown, tokens

MOST_FOUND = 1000
MOST_READ, COMMON = 10_000, 100  # posts whose words are read one by one, and of how many of them a word is common
PATIENCE_SECONDS = 0.5
TOOK_TOO_LONG = (1969, 188, 3024)  # MariaDB, the same within its full-text search, MySQL


def index(post: Post) -> None:
    """Write the words of ``post`` (flushed) as readers see it, in the transaction of its change."""
    index_many([(post.id, words_of(post.title, post.excerpt, (tag.name for tag in post.tags), post.body))])


def words_of(title: str, excerpt: str, tags: Iterable[str], body: str) -> str:
    """What ``index_many`` wants of a post."""
    return tokens.for_index("\n".join([title, excerpt, " ".join(tags), markdown.plain(body)]))


def index_many(rows: Iterable[tuple[int, str]]) -> None:
    """Write pairs of a post's id and its words; none may be left out since the last time (ids are replaced)."""
    pairs = [{"id": post_id, "tokens": words} for post_id, words in rows]
    if not pairs:
        return
    if _is_sqlite():
        db.session.execute(text("DELETE FROM post_search WHERE rowid = :id"), [{"id": pair["id"]} for pair in pairs])
        db.session.execute(text("INSERT INTO post_search (rowid, tokens) VALUES (:id, :tokens)"), pairs)
    else:
        db.session.execute(text("REPLACE INTO post_search (post_id, tokens) VALUES (:id, :tokens)"), pairs)


def index_again(post_ids: Iterable[int]) -> None:
    """Write the words of these posts as the database has them, whatever the session thinks of their tags."""
    ids = list(post_ids)
    # Locked, since whoever saves one in between would write newer words than we.
    texts = select(Post.id, Post.title, Post.excerpt, Post.body).where(Post.id.in_(ids)).order_by(Post.id)
    found = db.session.execute(texts.with_for_update()).all()
    tags: dict[int, list[str]] = {}
    pairs = select(PostTag.post_id, Tag.name).join(Tag, Tag.id == PostTag.tag_id).where(PostTag.post_id.in_(ids))
    for post_id, name in db.session.execute(pairs.order_by(Tag.slug)):
        tags.setdefault(post_id, []).append(name)
    index_many((row.id, words_of(row.title, row.excerpt, tags.get(row.id, []), row.body)) for row in found)


def forget(post_ids: list[int]) -> None:
    """Take posts out of the index that are deleted for good."""
    key = "rowid" if _is_sqlite() else "post_id"
    if post_ids:
        statement = text(f"DELETE FROM post_search WHERE {key} IN :ids").bindparams(bindparam("ids", expanding=True))  # noqa: S608
        db.session.execute(statement, {"ids": post_ids})


def is_empty() -> bool:
    return db.session.execute(text("SELECT 1 FROM post_search LIMIT 1")).first() is None


def find(query: str, *, posts: Select[tuple[Post]] | None = None) -> Select[tuple[Post]] | None:
    """The posts with all words of ``query``, newest first; none when it has no word to look for.

    ``posts`` narrows them, and is ``Post.published()`` unless told: what is not public is never found by readers.
    """
    terms = tokens.for_query(query)
    if not terms:
        return None
    if _is_sqlite():
        matching = text("SELECT rowid AS id FROM post_search WHERE post_search MATCH :words").bindparams(
            words=tokens.fts5_query(terms)
        )
    else:
        matching = text(
            "SELECT post_id AS id FROM post_search WHERE MATCH(tokens) AGAINST (:words IN BOOLEAN MODE)"
        ).bindparams(words=tokens.boolean_query(terms))
    found = matching.columns(db.column("id", Post.id.type)).subquery("found")
    chosen = posts if posts is not None else Post.published()
    return chosen.where(Post.id.in_(select(found.c.id)))


def newest_within(query: str, limit: int, seconds: float) -> list[int]:
    """The ids of the last made posts with all words of ``query``, in any state, newest first.

    Nothing when the server takes longer, as MariaDB does over a word of a million posts.
    """
    return _newest_within(tokens.for_query(query), limit, seconds) or []


def newest_of_many(query: str, limit: int) -> tuple[list[int], int | None]:
    """The same; and among how many of the last made posts alone, where looking at all takes too long.

    MariaDB works out all matches of a word before it gives the newest. So a word that is in every hundredth post is
    looked for where it will be found soon; over any other the server has ``PATIENCE_SECONDS``.
    """
    terms = tokens.for_query(query)
    if _is_sqlite() or not terms:
        return _newest_within(terms, limit, 0) or [], None
    last = select(Post.id).order_by(Post.id.desc()).limit(MOST_READ + 1).subquery()
    oldest, number = db.session.execute(select(func.min(last.c.id), func.count(last.c.id))).one()
    among = MOST_READ if number > MOST_READ else None
    recent = _by_reading(terms, "post_id >= :oldest", limit, oldest=oldest or 0)
    if len(recent) >= COMMON or among is None:
        return recent, among
    found = _newest_within(terms, limit, PATIENCE_SECONDS)
    return (recent, among) if found is None else (found, None)


def those_with(query: str, ids: Sequence[int]) -> list[int]:
    """Those of these posts that have all words of ``query``, in any state, newest first."""
    terms = tokens.for_query(query)
    if not terms or not ids:
        return []
    if not _is_sqlite():
        return _by_reading(terms, "post_id IN :ids", len(ids), ids=list(ids))
    # The plus: else FTS5 would look all words up again for each id.
    statement = text("SELECT rowid FROM post_search WHERE post_search MATCH :words AND +rowid IN :ids ORDER BY 1 DESC")
    asked = {"words": tokens.fts5_query(terms), "ids": list(ids)}
    return list(db.session.scalars(statement.bindparams(bindparam("ids", expanding=True)), asked))


def _by_reading(terms: list[tokens.Term], where: str, limit: int, **asked: Any) -> list[int]:
    """The newest of the posts of ``where`` that have these words, by reading each one's. On MariaDB."""
    likes = [f"CONCAT(' ', tokens, ' ') LIKE :term{number}" for number in range(len(terms))]
    for number, term in enumerate(terms):
        asked[f"term{number}"] = f"% {' '.join(term.tokens)}{'' if term.prefix else ' '}%"
    statement = text(
        f"SELECT post_id FROM post_search WHERE {where} AND {' AND '.join(likes)} ORDER BY post_id DESC LIMIT :most"  # noqa: S608
    )
    if "ids" in asked:
        statement = statement.bindparams(bindparam("ids", expanding=True))
    return list(db.session.scalars(statement, {**asked, "most": limit}))


def _newest_within(terms: list[tokens.Term], limit: int, seconds: float) -> list[int] | None:
    """None when the server took longer. SQLite is given its time: it takes 0.1 s over the commonest word."""
    if not terms:
        return []
    if _is_sqlite():
        found = "SELECT rowid FROM post_search WHERE post_search MATCH :words ORDER BY rowid DESC LIMIT :most"
        return list(db.session.scalars(text(found), {"words": tokens.fts5_query(terms), "most": limit}))
    found = "FROM post_search WHERE MATCH(tokens) AGAINST (:words IN BOOLEAN MODE) ORDER BY post_id DESC LIMIT :most"
    if db.session.get_bind().dialect.is_mariadb:
        bounded = f"SET STATEMENT max_statement_time = {seconds:.6f} FOR SELECT post_id {found}"
    else:
        bounded = f"SELECT /*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000))}) */ post_id {found}"
    try:
        return list(db.session.scalars(text(bounded), {"words": tokens.boolean_query(terms), "most": limit}))
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in TOOK_TOO_LONG:
            raise
        return None


def _is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
