"""Search over posts: the one place that knows how words are indexed, on SQLite (FTS5) and MariaDB (FULLTEXT).

What readers get for a question is put together and ranked in ``answering``, what the admin finds in ``newest_posts``.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, column, func, select, table, text

from cms.db import db
from cms.models import Author, Post, PostAuthor, PostTag, Tag
from cms.services import search_words
from cms.text import markdown, questions, tokens
from cms.text.tokens import Term

Named = Iterable[tuple[str, str]]  # names with their slugs


def index(post: Post) -> None:
    """Write the words of ``post`` (flushed) as readers see it, in the transaction of its change."""
    tags = [(tag.name, tag.slug) for tag in post.tags]
    authors = [(author.name, author.slug) for author in post.authors]
    index_many([(post.id, words_of(post.title, tags, authors, post.excerpt, post.body))])


def words_of(title: str, tags: Named, authors: Named, excerpt: str, body: str) -> str:
    """What ``index_many`` wants of a post."""
    return tokens.of_post(
        tokens.for_index(title),
        (tokens.of_named("tag", *tag) for tag in tags),
        (tokens.of_named("author", *author) for author in authors),
        tokens.for_index(excerpt),
        tokens.for_index(markdown.plain(body)),
    )


def index_many(rows: Iterable[tuple[int, str]]) -> None:
    """Write pairs of a post's id and its words; none may be left out since the last time (ids are replaced)."""
    pairs = [{"id": post_id, "tokens": words} for post_id, words in rows]
    if not pairs:
        return
    if is_sqlite():
        db.session.execute(text("DELETE FROM post_search WHERE rowid = :id"), [{"id": pair["id"]} for pair in pairs])
        db.session.execute(text("INSERT INTO post_search (rowid, tokens) VALUES (:id, :tokens)"), pairs)
    else:
        db.session.execute(text("REPLACE INTO post_search (post_id, tokens) VALUES (:id, :tokens)"), pairs)
    search_words.learn({token for pair in pairs for token in pair["tokens"].split()})


def index_again(post_ids: Iterable[int]) -> None:
    """Write the words of these posts as the database has them, whatever the session thinks of their tags."""
    ids = list(post_ids)
    # Locked, since whoever saves one in between would write newer words than we.
    texts = select(Post.id, Post.title, Post.excerpt, Post.body).where(Post.id.in_(ids)).order_by(Post.id)
    found = db.session.execute(texts.with_for_update()).all()
    tags = _named(select(PostTag.post_id, Tag.name, Tag.slug).join(Tag).where(PostTag.post_id.in_(ids)), Tag.slug)
    of_authors = select(PostAuthor.post_id, Author.name, Author.slug).join(Author).where(PostAuthor.post_id.in_(ids))
    authors = _named(of_authors, PostAuthor.position)
    index_many(
        (row.id, words_of(row.title, tags.get(row.id, []), authors.get(row.id, []), row.excerpt, row.body))
        for row in found
    )


def _named(pairs: Select[Any], order: Any) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for post_id, name, slug in db.session.execute(pairs.order_by(order)):
        found.setdefault(post_id, []).append((name, slug))
    return found


def forget(post_ids: list[int]) -> None:
    """Take posts out of the index that are deleted for good."""
    if post_ids:
        statement = text(f"DELETE FROM post_search WHERE {_key()} IN :ids").bindparams(bindparam("ids", expanding=True))  # noqa: S608
        db.session.execute(statement, {"ids": post_ids})


def is_empty() -> bool:
    return db.session.execute(text("SELECT 1 FROM post_search LIMIT 1")).first() is None


# How other queries ask the index
def as_table() -> Any:
    """The index to be joined: the column ``tokens``, and the one that ``key_of`` gives."""
    return table("post_search", column(_key(), Post.id.type), column("tokens"))


def key_of(index_table: Any) -> Any:
    """The column of ``as_table`` that has the id of the post."""
    return index_table.c[_key()]


def matching(terms: Sequence[Term]) -> ColumnElement[bool]:
    """The condition that the engine finds by itself; for the words of a phrase not yet that they stand together."""
    if is_sqlite():
        return text("post_search MATCH :words").bindparams(words=tokens.fts5_query(terms))  # type: ignore[return-value]
    return text("MATCH(post_search.tokens) AGAINST (:words IN BOOLEAN MODE)").bindparams(  # type: ignore[return-value]
        words=tokens.boolean_query(terms)
    )


def having(words: Any, terms: Iterable[Term]) -> list[ColumnElement[bool]]:
    """The conditions by reading the column ``words`` of the index."""
    return [func.instr(words, tokens.needle(term)) > 0 for term in terms]


def find(query: str, *, posts: Select[tuple[Post]] | None = None) -> Select[tuple[Post]] | None:
    """All posts with all words of ``query``, newest first; none when it has no word to look for.

    ``posts`` narrows them, and is ``Post.published()`` unless told: what is not public is never found by readers.
    """
    terms = _terms(query)
    if not terms:
        return None
    search = as_table()
    found = select(key_of(search)).where(_found(search, terms))
    chosen = posts if posts is not None else Post.published()
    return chosen.where(Post.id.in_(select(found.subquery("found"))))


def those_with(query: str, ids: Sequence[int]) -> list[int]:
    """Those of these posts that have all words of ``query``, in any state, newest first."""
    terms = _terms(query)
    if not terms or not ids:
        return []
    if not is_sqlite():
        search = as_table()
        found = select(search.c.post_id).where(search.c.post_id.in_(ids), *having(search.c.tokens, terms))
        return list(db.session.scalars(found.order_by(search.c.post_id.desc())))
    # The plus: else FTS5 would look all words up again for each id.
    statement = text("SELECT rowid FROM post_search WHERE post_search MATCH :words AND +rowid IN :ids ORDER BY 1 DESC")
    asked = {"words": tokens.fts5_query(terms), "ids": list(ids)}
    return list(db.session.scalars(statement.bindparams(bindparam("ids", expanding=True)), asked))


def _terms(query: str) -> list[Term]:
    return questions.read(query).all_terms


def _found(search: Any, terms: Sequence[Term]) -> ColumnElement[bool]:
    """What matches, and stands side by side where MariaDB was asked for each word of a phrase."""
    read = [] if is_sqlite() else having(search.c.tokens, (term for term in terms if term.phrase))
    return and_(matching(terms), *read)


def is_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def _key() -> str:
    return "rowid" if is_sqlite() else "post_id"
