"""Teaching the comment filter anew from all that moderators decided: in chunks, and on from where it was killed."""

import secrets
from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, update
from sqlalchemy.orm import defer, undefer

from cms.db import db
from cms.models import Comment, CommentStatus, SpamClue, SpamMemory
from cms.services import spam_filter, spam_memory
from cms.transactions import in_transaction

CHUNK = 100


def is_begun() -> bool:
    """Whether a rebuild was begun and not ended."""
    return _done_to() is not None


def left() -> int:
    """How many comments there are still to learn from."""
    query = select(func.count()).select_from(Comment).where(*_decided(), Comment.id > (_done_to() or 0))
    return db.session.scalar(query) or 0


def relearn() -> Iterator[int]:
    """Forget everything, unless that was done before it was killed, and learn; how many comments each chunk taught.

    Commits by itself. What moderators decide meanwhile counts, and counts once.
    """
    db.session.rollback()  # what was read before must not keep the first chunk from the write lock
    in_transaction(_begin)
    while taught := in_transaction(_learn_some):
        yield taught
    while in_transaction(spam_memory.forget_some):
        pass


def _decided() -> tuple[ColumnElement[bool], ...]:
    """Decisions of moderators on what readers wrote; what is held is none."""
    return (
        Comment.decided_at.is_not(None),
        Comment.user_id.is_(None),
        Comment.status.in_((CommentStatus.APPROVED, CommentStatus.SPAM)),
    )


def _done_to() -> int | None:
    return db.session.scalar(select(SpamMemory.relearned_to).where(SpamMemory.key == spam_memory.memory_key()))


def _memory() -> SpamMemory | None:
    return db.session.get(SpamMemory, spam_memory.memory_key(), populate_existing=True, with_for_update=True)


def _begin() -> None:
    memory = _memory()
    if memory is not None and memory.relearned_to is not None:
        return
    db.session.execute(delete(SpamClue).execution_options(synchronize_session=False))
    db.session.execute(delete(SpamMemory).execution_options(synchronize_session=False))
    db.session.expunge_all()
    db.session.add(SpamMemory(key=spam_memory.memory_key(), ham=0, spam=0, round=secrets.token_hex(4), relearned_to=0))


def _learn_some() -> int:
    memory = _memory()
    if memory is None or memory.relearned_to is None:
        return 0  # another one was faster
    comments = list(db.session.scalars(_next(memory.relearned_to)))
    if not comments:
        memory.relearned_to = None
        return 0
    lessons = {
        one.id: spam_filter.lesson_of(one, is_spam=one.status is CommentStatus.SPAM, round=memory.round)
        for one in comments
    }
    changed = [one for one in comments if one.lesson != lessons[one.id]]
    if changed:
        spam_memory.count([one.lesson for one in changed], [lessons[one.id] for one in changed])
        # By a statement of its own: readers see nothing of it, so the version of the site stays.
        table = Comment.__table__
        db.session.connection().execute(
            update(table).where(table.c.id == bindparam("number")).values(lesson=bindparam("taught")),
            [{"number": one.id, "taught": lessons[one.id]} for one in changed],
        )
    memory.relearned_to = comments[-1].id
    return len(comments)


def _next(after: int) -> Select[tuple[Comment]]:
    query = select(Comment).where(Comment.id > after, *_decided()).order_by(Comment.id).limit(CHUNK)
    # Held, so that nobody decides otherwise before this is counted.
    query = query.options(defer(Comment.body_html), undefer(Comment.lesson)).with_for_update()
    return query.execution_options(populate_existing=True)
