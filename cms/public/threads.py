"""Comments as they are read: each with the answers to it, in a few levels and side by side from there on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cms.models import Comment

LEVELS = 3  # a phone has no room for more


@dataclass
class Thread:
    """One comment and what was said below it, oldest first. ``answers_to`` is what it answers, where that is not what
    it stands below."""

    comment: Comment
    level: int = 1
    answers_to: Comment | None = None
    answers: list[Thread] = field(default_factory=list)


def of(comments: Sequence[Comment], *, first: bool = True) -> list[Thread]:
    """Threads of ``comments`` (oldest first). An answer to what is not shown, or stands on an earlier page, stands by
    itself; unless these are the ``first`` comments it names what it answers."""
    known: dict[int, Thread] = {}
    level_with: dict[int, list[Thread]] = {}
    roots: list[Thread] = []
    for comment in comments:
        above = known.get(comment.parent_id) if comment.parent_id is not None else None
        if above is None:
            earlier = comment.parent if not first and comment.parent_id is not None else None
            thread = Thread(comment, answers_to=earlier if earlier is not None and earlier.is_shown else None)
            siblings = roots
        elif above.level < LEVELS:
            thread, siblings = Thread(comment, above.level + 1), above.answers
        else:
            thread, siblings = Thread(comment, above.level, answers_to=above.comment), level_with[above.comment.id]
        siblings.append(thread)
        known[comment.id], level_with[comment.id] = thread, siblings
    return roots
