"""The words that posts have, each once: what "Did you mean ...?" chooses from. And how far a rebuild has come.

Words come in with the index, in the transaction of the change. Those that nobody has any more stay until the next
rebuild, and drafts have words too: so nobody is shown one before a post was found by it that readers may see.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import BigInteger, Insert, Integer, String, column, delete, func, insert, literal, select, table, update
from sqlalchemy.dialects import mysql, sqlite

from cms.db import db
from cms.text import spelling

AT_ONCE = 500
FORM = 1  # of what the index holds: a greater one has it written anew

WORD = table("post_search_word", column("word", String), column("skeleton", String), column("round", Integer))
STATE = table(
    "post_search_state",
    column("id", Integer),
    column("form", Integer),
    column("round", Integer),
    column("reached", BigInteger),
)


def learn(tokens: Iterable[str]) -> None:
    """Know these words from now on, in the caller's transaction. In one order, so that no two wait for each other."""
    words = sorted(token for token in tokens if spelling.word_of(token) is not None)
    if not words:
        return
    current = round_now()
    for some in _parts(words):
        # By a read that locks nothing: nearly all are known, and two who save must not wait for "the".
        known = select(WORD.c.word).where(WORD.c.word.in_(some), WORD.c.round >= current)
        new = set(some) - set(db.session.scalars(known))
        if new:
            rows = [
                {"word": word, "skeleton": spelling.skeleton(spelling.word_of(word) or ""), "round": current}
                for word in sorted(new)
            ]
            db.session.execute(_upsert(), rows)


def round_now() -> int:
    """The number of the rebuild that is under way or was the last one."""
    return db.session.scalar(select(STATE.c.round).where(STATE.c.id == 1)) or 0


def _upsert() -> Insert:
    if db.session.get_bind().dialect.name == "sqlite":
        insertion = sqlite.insert(WORD)
        return insertion.on_conflict_do_update(index_elements=["word"], set_={"round": insertion.excluded.round})
    writing = mysql.insert(WORD)
    return writing.on_duplicate_key_update(round=writing.inserted.round)


# The rebuild
def begin_round(*, anew: bool) -> int:
    """The id of the post that a rebuild goes on after; 0 at its begin. ``anew`` forgets how far an earlier one came."""
    row = db.session.execute(select(STATE.c.round, STATE.c.reached).where(STATE.c.id == 1).with_for_update()).first()
    if row is None:
        db.session.execute(insert(STATE).values(id=1, form=0, round=1, reached=0))
        return 0
    if row.reached is not None and not anew:
        return row.reached
    db.session.execute(update(STATE).where(STATE.c.id == 1).values(round=row.round + 1, reached=0))
    return 0


def reached() -> int | None:
    """The id of the last post of the rebuild that is under way, locked; None when none is."""
    return db.session.scalar(select(STATE.c.reached).where(STATE.c.id == 1).with_for_update())


def reach(post_id: int) -> None:
    """Note in the transaction of the posts up to this one that they are done."""
    db.session.execute(update(STATE).where(STATE.c.id == 1).values(reached=post_id))


def end_round() -> None:
    """Note that all posts are done."""
    db.session.execute(update(STATE).where(STATE.c.id == 1).values(reached=None, form=FORM))


def forget_some() -> int:
    """Forget words that the rebuild has not met, at most so many; how many there were."""
    old = select(WORD.c.word).where(WORD.c.round < round_now()).limit(AT_ONCE)
    words = list(db.session.scalars(old))
    if words:
        db.session.execute(delete(WORD).where(WORD.c.word.in_(words)))
    return len(words)


def is_of_this_form() -> bool:
    return db.session.scalar(select(func.count()).select_from(STATE).where(STATE.c.form == literal(FORM))) == 1


def _parts(words: Sequence[str]) -> Iterator[Sequence[str]]:
    return (words[start : start + AT_ONCE] for start in range(0, len(words), AT_ONCE))
