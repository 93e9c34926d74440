"""What readers get for a question: public posts that have all of it, at most ``MOST``, the newest, ranked by us.

Neither database can be asked for a common word: SQLite takes 0.2 s over one of 200,000 posts, MariaDB 2 s, and 13 s
over two side by side. So the newest ``SAMPLE`` posts are read first. They tell which words are rare.

- A rare word is what the engine is asked for, and what it finds is read for all the rest.
- Where all words are common, the newest ``WALK`` posts are read, until ``MOST`` have all.

What the first page leaves out is older than all that it found, and another question that begins there finds it. Nothing
here goes by the clock or the server: the same posts are found on each database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, literal, or_, select

from cms.db import db
from cms.models import Post
from cms.services import ranking, searching
from cms.services.ranking import Ranked
from cms.text import tokens
from cms.text.questions import Question
from cms.text.tokens import Term

MOST = 1000
SAMPLE = 500
WALK = 10_000
RARE = 50  # at most one of so many posts has it
MOST_SAMPLED = 16  # words of which it is asked how common they are
INDEX = "ix_post_listed_at_id_unpublish_at"

Place = tuple[datetime, int]


@dataclass(frozen=True)
class Sample:
    """Of how many posts, how many have each word; and where the newest ``WALK`` of those asked for end."""

    number: int
    having: Mapping[str, int]
    end: Place | None

    def is_rare(self, word: Term) -> bool:
        """Whether the engine may be asked for it. None is, on a site of which the sample is all."""
        return self.number == SAMPLE and self.having.get(tokens.needle(word), SAMPLE) * RARE < self.number


@dataclass(frozen=True)
class Answer:
    """The best first. ``onward`` is where older ones may follow; ``walked``: none behind that was looked at."""

    ranked: Sequence[Ranked]
    onward: Place | None = None
    walked: bool = False


def sampled(words: Sequence[Term], before: Place | None = None) -> Sample:
    """Reads the newest posts for these words. One query."""
    newest = newest_ids().subquery("newest")
    search = searching.as_table()
    counts = [func.sum(case((condition, 1), else_=0)) for condition in searching.having(search.c.tokens, words)]
    end = _newest(select(Post.listed_at, Post.id), before).offset(WALK - 1).limit(1).subquery("end_of_walk")
    joined = select(func.count(), func.max(end.c.listed_at), func.max(end.c.id), *counts).select_from(newest)
    joined = joined.outerjoin(search, searching.key_of(search) == newest.c.id)
    joined = joined.outerjoin(end, end.c.id > -newest.c.id)  # always; without a condition SQLAlchemy warns of a product
    number, time, post_id, *having = db.session.execute(joined).one()
    shares = {tokens.needle(word): int(count or 0) for word, count in zip(words, having, strict=True)}
    return Sample(number, shares, (time, post_id) if post_id is not None else None)


def answer(question: Question, before: Place | None = None, sample: Sample | None = None) -> Answer:
    """What is found among the posts that are older than ``before``. Two queries, one where there is a ``sample``."""
    terms = question.all_terms
    if not terms:
        return Answer([])
    if sample is None:
        sample = sampled(words_of(question), before)
    rare = [word for word in tokens.singles(terms) if sample.is_rare(word)]
    search = searching.as_table()
    # Filters alone have nothing to rank, and what the engine found of single words needs no second look.
    words = func.substr(search.c.tokens, 1, ranking.LETTERS_READ) if question.terms else literal("")
    read = searching.having(
        search.c.tokens, (term for term in terms if Term(term.tokens, prefix=term.prefix) not in rare)
    )
    found = _newest(select(Post.id, Post.listed_at, words), before).where(*read).limit(MOST + 1)
    found = found.join(search, searching.key_of(search) == Post.id)
    end = None if rare else sample.end
    query = found.where(searching.matching(rare)) if rare else _along_the_newest(found, end)
    rows = db.session.execute(query).all()
    onward = (rows[MOST - 1][1], rows[MOST - 1][0]) if len(rows) > MOST else end
    ranked = ranking.ranked(((row[0], row[1], row[2]) for row in rows[:MOST]), question.terms)
    return Answer(ranked, onward, walked=end is not None and len(rows) <= MOST)


def newest_ids() -> Select:
    """The posts that a sample is taken of."""
    return _newest(select(Post.id)).limit(SAMPLE)


def words_of(question: Question) -> list[Term]:
    """The words of which a sample is taken."""
    return tokens.singles(question.all_terms)[:MOST_SAMPLED]


def _newest(query: Select, before: Place | None = None) -> Select:
    if before is not None:
        time, post_id = before
        query = query.where(or_(Post.listed_at < time, Post.id < post_id))
    until = before[0] if before is not None else None
    return query.where(Post.visible(until)).order_by(Post.listed_at.desc(), Post.id.desc())


def _along_the_newest(query: Select, end: Place | None) -> Select:
    """Read one after the other down to ``end``, which neither planner does by itself."""
    if end is not None:
        time, post_id = end
        query = query.where(Post.listed_at >= time, or_(Post.listed_at > time, Post.id >= post_id))
    query = query.with_hint(Post.__table__, f"INDEXED BY {INDEX}", "sqlite")
    for name in ("mysql", "mariadb"):
        query = query.prefix_with("STRAIGHT_JOIN", dialect=name).with_hint(
            Post.__table__, f"FORCE INDEX ({INDEX})", name
        )
    return query
