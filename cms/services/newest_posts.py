"""The newest posts with all words of a question, in any state: what the list of posts and the palette find.

SQLite is asked for them as they are. MariaDB works out all matches of a word before it gives the newest: 10 µs each,
which are seconds over a common one of a million posts. So it first reads the newest ``SAMPLE`` posts.

- Of words that are rare there it is asked, the rarest first, and what it finds is read for all the rest.
- Where all words are common, the newest ``MOST_READ`` posts are read one by one, and whoever asked is told so.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, case, literal, null, select, text, union_all
from sqlalchemy.exc import DBAPIError

from cms.db import db
from cms.services import searching
from cms.text import questions, tokens
from cms.text.tokens import Term

SAMPLE = 500
MOST_READ = 10_000
ENOUGH = 200  # of those that are read: with so many nobody misses the older ones
TOOK_TOO_LONG = (1969, 188, 3024)  # MariaDB, the same within its full-text search, MySQL


class _Sample(NamedTuple):
    """How many posts were read; those of them with all terms, the newest first; and how many have each word.

    ``last_unread`` is the newest post behind those of ``MOST_READ``, if there is one.
    """

    number: int
    together: Sequence[int]
    having: Sequence[int]
    last_unread: int | None


def with_words(
    query: str, limit: int, *, seconds: float, besides: Select[Any] | None = None
) -> tuple[list[int], int | None]:
    """At most ``limit`` ids, the newest first; and among how many of the newest posts alone, if not among all.

    ``besides`` selects ids that belong to them whatever their words. MariaDB is given some ``seconds``. At most
    three queries.
    """
    terms = questions.read(query).all_terms
    if not terms:
        others = db.session.scalars(besides) if besides is not None else ()
        return sorted(others, reverse=True), None
    if searching.is_sqlite():
        return _asked_of_sqlite(terms, limit, besides), None
    words = tokens.singles(terms)
    sample, others = _sampled(words, terms, besides)
    rarest_first = [words[place] for _, place in sorted((share, place) for place, share in enumerate(sample.having))]
    among = MOST_READ if sample.last_unread is not None else None
    if sample.number < SAMPLE or len(sample.together) >= limit:
        found = list(sample.together[:limit])
    elif (leading := _leading(rarest_first, sample, min(limit, ENOUGH))) and (
        answered := _asked(leading, terms, limit, seconds)
    ) is not None:
        found, among = answered, None
    else:
        found = _read(rarest_first, terms, sample.last_unread, limit)
    return sorted({*found, *others}, reverse=True), among


def _leading(rarest_first: Sequence[Term], sample: _Sample, enough: int) -> Sequence[Term]:
    """The words that the server is asked for, those that few have; none where reading will do."""
    return rarest_first[: sum(_of_all_read(share) < enough for share in sample.having)]


def _of_all_read(sampled: int) -> int:
    """How many of the newest ``MOST_READ`` posts can be expected to have what so many of the sample have."""
    return sampled * MOST_READ // SAMPLE


def _asked_of_sqlite(terms: Sequence[Term], limit: int, besides: Select[Any] | None) -> list[int]:
    """It takes 0.1 s over the commonest word of a million posts."""
    found = text("SELECT rowid FROM post_search WHERE post_search MATCH :words ORDER BY rowid DESC LIMIT :most")
    ids = set(db.session.scalars(found, {"words": tokens.fts5_query(terms), "most": limit}))
    if besides is not None:
        ids.update(db.session.scalars(besides))
    return sorted(ids, reverse=True)


def _sampled(words: Sequence[Term], terms: Sequence[Term], besides: Select[Any] | None) -> tuple[_Sample, list[int]]:
    """The sample, and the ids of ``besides``. One query."""
    search = searching.as_table()
    key = searching.key_of(search)
    has = [and_(*searching.having(search.c.tokens, terms)), *searching.having(search.c.tokens, words)]
    newest = select(key.label("id"), *(case((one, 1), else_=0).label(f"has_{place}") for place, one in enumerate(has)))
    parts = [
        newest.order_by(key.desc()).limit(SAMPLE),
        # Here, where it is no condition: told of it in a subquery, MariaDB would read on to the oldest post.
        select(key.label("id")).order_by(key.desc()).offset(MOST_READ).limit(1),
        *([besides] if besides is not None else []),
    ]
    queries = []
    for number, part in enumerate(parts):
        columns = list(part.subquery(f"part_{number}").c)
        queries.append(select(literal(number), *columns, *[null()] * (1 + len(has) - len(columns))))
    rows = db.session.execute(union_all(*queries)).all()
    sample = sorted((tuple(row[1:]) for row in rows if row[0] == 0), reverse=True)
    return _Sample(
        len(sample),
        [post_id for post_id, has_all, *_ in sample if has_all],
        [sum(row[2 + place] for row in sample) for place in range(len(words))],
        next((row[1] for row in rows if row[0] == 1), None),
    ), [row[1] for row in rows if row[0] == 2]


def _asked(leading: Sequence[Term], terms: Sequence[Term], limit: int, seconds: float) -> list[int] | None:
    """What the server finds by the words ``leading``, read for the other terms; None when it takes longer."""
    # Of a phrase it is asked for the words alone: whether they stand side by side is read.
    others = [term for term in terms if Term(term.tokens, prefix=term.prefix) not in leading]
    asked: dict[str, Any] = {"words": tokens.boolean_query(leading), "most": limit}
    has_others = ""
    for number, term in enumerate(others):
        has_others += f" AND INSTR(tokens, :other{number}) > 0"
        asked[f"other{number}"] = tokens.needle(term)
    found = (
        f"FROM post_search WHERE MATCH(tokens) AGAINST (:words IN BOOLEAN MODE){has_others}"
        " ORDER BY post_id DESC LIMIT :most"
    )
    if db.session.get_bind().dialect.is_mariadb:
        bounded = f"SET STATEMENT max_statement_time = {seconds:.6f} FOR SELECT post_id {found}"
    else:
        bounded = f"SELECT /*+ MAX_EXECUTION_TIME({max(1, round(seconds * 1000))}) */ post_id {found}"
    try:
        return list(db.session.scalars(text(bounded), asked))
    except DBAPIError as error:
        if error.orig is None or error.orig.args[0] not in TOOK_TOO_LONG:
            raise
        return None


def _read(words: Sequence[Term], terms: Sequence[Term], after: int | None, limit: int) -> list[int]:
    """Those that have all, among the posts whose id is above ``after``."""
    search = searching.as_table()
    key = searching.key_of(search)
    phrases = [term for term in terms if term.phrase]
    found = select(key).where(*searching.having(search.c.tokens, [*words, *phrases]))
    if after is not None:
        found = found.where(key > after)
    return list(db.session.scalars(found.order_by(key.desc()).limit(limit)))
