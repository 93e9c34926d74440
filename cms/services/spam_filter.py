"""The filter of comments: learns from what moderators decide, in their transaction, and says what it makes of new ones.

Each comment carries its own lesson, so that taking a decision back takes exactly that off again.
"""

from dataclasses import dataclass
from typing import Any

from cms.models import Comment
from cms.services import spam_memory
from cms.text import spam
from cms.text.spam import Clue, Seen

SPAM_FROM = 90  # per cent: SpamBayes' own bound


@dataclass(frozen=True)
class Judgement:
    """``score`` in per cent, 100 for certain spam; ``reasons`` as a comment keeps them."""

    score: int
    reasons: dict[str, Any]

    @property
    def is_spam(self) -> bool:
        return self.score >= SPAM_FROM


def judge(comment: Comment) -> Judgement | None:
    """What it makes of ``comment``; None until it has learned enough. Two queries."""
    known = spam_memory.learned()
    if not known.is_enough:
        return None
    of = Seen(known.ham, known.spam)
    verdict = spam.judge(spam_memory.seen(_clues(comment)), of)
    told = [[*one.clue, one.pull, *one.seen] for one in verdict.reasons]
    # Rounded down, so that nothing is said to be beyond a bound that it has not reached.
    return Judgement(int(verdict.score * 100), {"of": list(of), "clues": told})


def look_at(comment: Comment) -> Judgement | None:
    """Judge ``comment`` and note on it what was thought of it."""
    found = judge(comment)
    comment.spam_score = found.score if found is not None else None
    comment.spam_reasons = found.reasons if found is not None else None
    return found


def learn(comment: Comment, *, is_spam: bool) -> None:
    """Have ``comment``, as it stands, count as spam or as ham; what it counted for before is taken off first.

    The caller holds its row, so that two who decide at once do not count it twice.
    """
    lesson = lesson_of(comment, is_spam=is_spam, round=spam_memory.current_round())
    if comment.lesson != lesson:
        spam_memory.count([comment.lesson], [lesson])
        comment.lesson = lesson


def unlearn(comment: Comment) -> None:
    """Take what was learned from ``comment`` off again."""
    if comment.lesson is not None:
        spam_memory.count([comment.lesson], [])
        comment.lesson = None


def lesson_of(comment: Comment, *, is_spam: bool, round: str) -> bytes:
    """What ``comment`` teaches, as it stands."""
    return spam_memory.lesson(_clues(comment), is_spam=is_spam, round=round)


def _clues(comment: Comment) -> list[Clue]:
    return spam.clues_of(name=comment.name, email=comment.email, website=comment.website, body=comment.body)
