"""Comments as they are read: each with the answers to it, in one level."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cms.models import Comment


@dataclass
class Thread:
    """One comment and all that was said below it, oldest first."""

    comment: Comment
    answers: list[Comment] = field(default_factory=list)


def of(comments: Sequence[Comment]) -> list[Thread]:
    """Threads of ``comments`` (oldest first). An answer to what is not shown stands by itself."""
    threads: dict[int, Thread] = {}
    roots: list[Thread] = []
    for comment in comments:
        above = threads.get(comment.parent_id) if comment.parent_id is not None else None
        if above is None:
            above = Thread(comment)
            roots.append(above)
        else:
            above.answers.append(comment)
        threads[comment.id] = above
    return roots
