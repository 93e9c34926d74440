"""What moderators do with comments: ask for the right, change the comment, teach the filter, remember who did it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import undefer
from sqlalchemy.orm.exc import StaleDataError

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, number
from cms.models import Comment, CommentStatus, User
from cms.services import auditing, spam_filter
from cms.services.comment_words import LONGEST, Words, is_visible

VERBS: dict[CommentStatus, tuple[Callable[[Comment], None], str]] = {
    CommentStatus.APPROVED: (Comment.approve, "approved"),
    CommentStatus.HELD: (Comment.hold, "held"),
    CommentStatus.SPAM: (Comment.spam, "marked_spam"),
}


def approve(comment: Comment, *, by: User | None, seen: datetime | None = None) -> None:
    """Show it, as whoever decides saw it at ``seen``. Raises NotAllowed, InvalidChange where it was changed since."""
    _decide(comment, CommentStatus.APPROVED, by, seen)


def hold(comment: Comment, *, by: User | None, seen: datetime | None = None) -> None:
    """Hide it until somebody has looked at it. Raises NotAllowed."""
    _decide(comment, CommentStatus.HELD, by, None)


def spam(comment: Comment, *, by: User | None, seen: datetime | None = None) -> None:
    """Hide it as spam. Raises NotAllowed, InvalidChange where it was changed since ``seen``."""
    _decide(comment, CommentStatus.SPAM, by, seen)


def trash(comment: Comment, *, by: User | None, seen: datetime | None = None) -> None:
    """Put it into the trash. Raises NotAllowed."""
    _ask(comment, by)
    _change(comment, Comment.trash, "trashed", by)


def restore(comment: Comment, *, by: User | None) -> None:
    """Take it out of the trash. Raises NotAllowed."""
    _ask(comment, by)
    _change(comment, Comment.restore, "restored", by)


def take_back(comment: Comment, was: dict[str, Any], *, by: User | None) -> None:
    """Undo a decision: ``was`` is the state before it. Where nobody had decided then, nobody has now."""
    status = CommentStatus(was["status"])
    if was.get("is_decided", True):
        _decide(comment, status, by, None)
        return
    _ask(comment, by)
    _hold_still(comment)
    verb, action = VERBS[status]

    def as_before(_: Comment) -> None:
        verb(comment)
        comment.decided_at = None
        spam_filter.unlearn(comment)

    _change(comment, as_before, action, by)


def edit(comment: Comment, body: str, *, by: User | None, seen: datetime | None = None) -> None:
    """Have it say ``body``, which decides about what it is as well. Raises NotAllowed, InvalidChange."""
    _ask(comment, by)
    _hold_still(comment)
    body = Words(body=body).tidied().body
    if not is_visible(body):
        raise InvalidChange(gettext("A comment says something. Put it into the trash instead."), field="body")
    if len(body) > LONGEST["body"] and len(body) > len(comment.body):
        raise InvalidChange(
            gettext(
                "At most %(most)s letters; these are %(these)s.",
                most=number(LONGEST["body"]),
                these=number(len(body)),
            ),
            field="body",
        )
    _ask_for_another_look(comment, seen)
    before = comment.body
    if body != before:
        comment.write(body)
        comment.decided_at = clock.now()
        if comment.lesson is not None or comment.is_shown:
            _teach(comment)
        auditing.record("comment.edited", comment, by=by, before={"body": before}, after={"body": body})


def _decide(comment: Comment, status: CommentStatus, by: User | None, seen: datetime | None) -> None:
    _ask(comment, by)
    _hold_still(comment)
    _ask_for_another_look(comment, seen)
    verb, action = VERBS[status]

    def decide(_: Comment) -> None:
        verb(comment)
        comment.decided_at = clock.now()
        _teach(comment)

    _change(comment, decide, action, by)


def _change(comment: Comment, verb: Callable[[Comment], None], action: str, by: User | None) -> None:
    before = _state(comment)
    verb(comment)
    if _state(comment) != before:
        auditing.record(f"comment.{action}", comment, by=by, before=before, after=_state(comment))


def _teach(comment: Comment) -> None:
    """What a moderator shows is ham, what they mark is spam; what they hold says nothing, nor what the house writes."""
    if comment.status is CommentStatus.HELD or comment.user_id is not None:
        spam_filter.unlearn(comment)
    else:
        spam_filter.learn(comment, is_spam=comment.status is CommentStatus.SPAM)


def _hold_still(comment: Comment) -> None:
    """Read it anew, and keep others from changing it: its writer, and another moderator."""
    held = select(Comment).where(Comment.id == comment.id).options(undefer(Comment.lesson)).with_for_update()
    if db.session.scalar(held.execution_options(populate_existing=True)) is None:
        raise StaleDataError("It is gone.")


def _ask_for_another_look(comment: Comment, seen: datetime | None) -> None:
    if seen is not None and comment.edited_at is not None and comment.edited_at >= seen:
        raise InvalidChange(gettext("Its writer changed it after you opened this page. Look again, then decide."))


def _ask(comment: Comment, by: User | None) -> None:
    if by is not None and not by.can_moderate(comment):
        raise NotAllowed(gettext("You may not moderate comments."))


def _state(comment: Comment) -> dict[str, object]:
    return {"status": comment.status, "deleted_at": comment.deleted_at, "is_decided": comment.is_decided}
