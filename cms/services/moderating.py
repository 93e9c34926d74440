"""What moderators do with comments: ask for the right, change the comment, teach the filter, remember who did it.

Answering alone is not theirs alone: whoever wrote the post answers, too.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import undefer
from sqlalchemy.orm.exc import StaleDataError

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, number
from cms.models import Comment, CommentStatus, User
from cms.services import auditing, spam_filter, subscribing, telling_authors
from cms.services.comment_words import LONGEST, Words, is_visible

VERBS: dict[CommentStatus, tuple[Callable[[Comment], None], str]] = {
    CommentStatus.APPROVED: (Comment.approve, "approved"),
    CommentStatus.HELD: (Comment.hold, "held"),
    CommentStatus.SPAM: (Comment.spam, "marked_spam"),
}


def approve(comment: Comment, *, by: User | None, edits: int | None = None) -> None:
    """Show it. ``edits`` is how often its writer had changed it when whoever decides saw it.

    Raises NotAllowed, InvalidChange where it was changed since.
    """
    _decide(comment, CommentStatus.APPROVED, by, edits)


def hold(comment: Comment, *, by: User | None, edits: int | None = None) -> None:
    """Hide it until somebody has looked at it. Raises NotAllowed."""
    _decide(comment, CommentStatus.HELD, by, None)


def spam(comment: Comment, *, by: User | None, edits: int | None = None) -> None:
    """Hide it as spam. Raises NotAllowed, InvalidChange where it was changed since."""
    _decide(comment, CommentStatus.SPAM, by, edits)


def trash(comment: Comment, *, by: User | None, edits: int | None = None) -> None:
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


def answer(comment: Comment, body: str, *, by: User, edits: int | None = None) -> Comment:
    """What ``by`` says to it, shown at once and marked as theirs; a comment that was not shown is approved with it.

    Raises NotAllowed, InvalidChange.
    """
    _hold_still(comment)  # a moderator may be hiding it just now
    if not by.can_answer(comment):
        raise NotAllowed(gettext("You may answer what readers see under your own posts, and nothing else."))
    body = _fit(body, LONGEST["body"], field="answer", empty=gettext("Write your answer first."))
    if comment.deleted_at is not None:
        raise InvalidChange(gettext("It is in the trash. Take it out first."))
    if not comment.is_shown:
        approve(comment, by=by, edits=edits)
    name = by.author.name if by.author is not None else by.name
    said = Comment(post_id=comment.post_id, parent_id=comment.id, user_id=by.id, name=name[: LONGEST["name"]])
    said.write(body)
    said.approve()
    said.decided_at = clock.now()
    db.session.add(said)
    db.session.flush()
    auditing.record("comment.answered", said, by=by)
    subscribing.shown(said)
    telling_authors.shown(said, by=by)
    return said


def edit(comment: Comment, body: str, *, by: User | None, edits: int | None = None) -> None:
    """Have it say ``body``, which decides about what it is as well. Raises NotAllowed, InvalidChange."""
    _ask(comment, by)
    _hold_still(comment)
    empty = gettext("A comment says something. Put it into the trash instead.")
    body = _fit(body, max(LONGEST["body"], len(comment.body)), field="body", empty=empty)
    _ask_for_another_look(comment, edits)
    before = comment.body
    if body != before:
        comment.write(body)
        comment.decided_at = clock.now()
        _teach(comment)
        auditing.record("comment.edited", comment, by=by, before={"body": before}, after={"body": body})


def _fit(body: str, most: int, *, field: str, empty: str) -> str:
    body = Words(body=body).tidied().body
    if not is_visible(body):
        raise InvalidChange(empty, field=field)
    if len(body) > most:
        words = gettext(
            "At most %(most)s letters; these are %(these)s.", most=number(LONGEST["body"]), these=number(len(body))
        )
        raise InvalidChange(words, field=field)
    return body


def _decide(comment: Comment, status: CommentStatus, by: User | None, edits: int | None) -> None:
    _ask(comment, by)
    _hold_still(comment)
    _ask_for_another_look(comment, edits)
    verb, action = VERBS[status]

    def decide(_: Comment) -> None:
        verb(comment)
        comment.decided_at = clock.now()
        _teach(comment)

    _change(comment, decide, action, by)


def _change(comment: Comment, verb: Callable[[Comment], None], action: str, by: User | None) -> None:
    before, was_shown = _state(comment), comment.is_shown
    verb(comment)
    if comment.is_shown and not was_shown:
        subscribing.shown(comment)
        if comment.is_decided and not before["is_decided"]:  # the first time: what is hidden and shown again is no news
            telling_authors.shown(comment, by=by)
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


def _ask_for_another_look(comment: Comment, edits: int | None) -> None:
    if edits is not None and comment.edits != edits:
        raise InvalidChange(gettext("Its writer changed it after you opened this page. Look again, then decide."))


def _ask(comment: Comment, by: User | None) -> None:
    if by is not None and not by.can_moderate(comment):
        raise NotAllowed(gettext("You may not moderate comments."))


def _state(comment: Comment) -> dict[str, object]:
    return {"status": comment.status, "deleted_at": comment.deleted_at, "is_decided": comment.is_decided}
