"""What may have been meant: words near to those that nobody wrote, out of the words of the index.

A word is offered only when readers find a post by it: the index has the words of drafts too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import func, literal, or_, select

from cms.db import db
from cms.services import answering, searching
from cms.services.answering import Sample
from cms.services.search_words import WORD
from cms.text import questions, spelling, tokens
from cms.text.questions import Question

FEW = 2  # found posts that leave a doubt
MOST_WORDS = 3  # that are mended
MOST_NEAR = 40  # words of the index that are looked at for each
OFTEN = 5  # of the sampled posts: of a word that is offered in place of one that some have


@dataclass(frozen=True)
class Suggestion:
    """What to type instead, its filters with it."""

    typed: str


class _Near(NamedTuple):
    """A word of the index near to a typed one. The best is the smallest."""

    off: int
    begins_otherwise: bool
    seldom: int  # of the sampled posts, how many are without it
    word: str


def suggest(question: Question, found: int, sample: Sample) -> Suggestion | None:
    """What else may have been meant, where ``found`` is little. One query, and one more when nothing was found."""
    if found > FEW:
        return None
    doubtful = _doubtful(question, sample)
    if not doubtful or (found and len(question.terms) > 1):
        return None
    near = _near(doubtful, sample.number)
    if found:
        (word,) = doubtful
        best = min((one for one in near[word] if one.off == 1), default=None, key=lambda one: (one.seldom, one))
        return _with(question, {word: best.word}) if best and sample.number - best.seldom >= OFTEN else None
    chosen = {word: min(near[word]) for word in doubtful if near[word]}
    if all(one.word == word for word, one in chosen.items()):
        # Words that only drafts have, or posts that are gone.
        chosen = {word: min(other) for word in doubtful if (other := [one for one in near[word] if one.off])}
    mended = {word: one for word, one in chosen.items() if one.word != word}
    if not mended:
        return None
    suggestion = _with(question, {word: one.word for word, one in mended.items()})
    asked = questions.read(suggestion.typed + " ")
    having = {
        **sample.having,
        **{f" {tokens.encoded(one.word)} ": sample.number - one.seldom for one in mended.values()},
    }
    return suggestion if answering.answer(asked, sample=replace(sample, having=having)).ranked else None


def _doubtful(question: Question, sample: Sample) -> list[str]:
    """Typed words that hardly any sampled post has."""
    found = []
    for term in question.terms:
        word = spelling.word_of(term.tokens[0]) if len(term.tokens) == 1 else None
        if word is not None and sample.having.get(tokens.needle(term), 0) <= FEW:
            found.append(word)
    return found[:MOST_WORDS]


def _near(words: Sequence[str], sampled: int) -> dict[str, list[_Near]]:
    """Words of the index by the typed ones that they are near to, each with how many of the newest posts have it."""
    wanted = {tokens.encoded(other) for word in words for other in (word, *spelling.one_off(word))}
    skeletons = {spelling.skeleton(word) for word in words} - {""}
    by_sound = (
        select(WORD.c.word).where(WORD.c.skeleton.in_(skeletons)).order_by(WORD.c.word).limit(MOST_NEAR * len(words))
    )
    known = select(WORD.c.word).where(or_(WORD.c.word.in_(wanted), WORD.c.word.in_(select(by_sound.subquery().c.word))))
    near, search = known.order_by(WORD.c.word).limit(MOST_NEAR * 2 * len(words)).subquery("near"), searching.as_table()
    newest = answering.newest_ids().subquery("newest")
    texts = select(search.c.tokens).join(newest, newest.c.id == searching.key_of(search)).subquery("texts")
    has = func.instr(texts.c.tokens, literal(" ").concat(near.c.word).concat(" ")) > 0
    counted = select(near.c.word, func.count(texts.c.tokens)).select_from(near.outerjoin(texts, has))
    found: dict[str, list[_Near]] = {word: [] for word in words}
    for token, number in db.session.execute(counted.group_by(near.c.word)):
        other = spelling.word_of(token)
        for word in words if other is not None else ():
            off = spelling.distance(word, other)
            if off <= spelling.most_off(word):
                found[word].append(_Near(off, other[0] != word[0], sampled - number, other))
    return found


def _with(question: Question, others: dict[str, str]) -> Suggestion:
    pieces = [others.get(spelling.word_of(tokens.for_index(piece)) or "", piece) for piece in question.words.split()]
    return Suggestion(question.with_words(" ".join(pieces)))
