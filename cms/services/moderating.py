"""What moderators do with comments: ask for the right, change the comment, remember who did it."""

from collections.abc import Callable

from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, number
from cms.models import Comment, User
from cms.services import auditing
from cms.services.comment_words import LONGEST, Words, is_visible


def approve(comment: Comment, *, by: User | None) -> None:
    """Show it. Raises NotAllowed."""
    _moderate(comment, Comment.approve, "approved", by)


def hold(comment: Comment, *, by: User | None) -> None:
    """Hide it until somebody has looked at it. Raises NotAllowed."""
    _moderate(comment, Comment.hold, "held", by)


def spam(comment: Comment, *, by: User | None) -> None:
    """Hide it as spam. Raises NotAllowed."""
    _moderate(comment, Comment.spam, "marked_spam", by)


def trash(comment: Comment, *, by: User | None) -> None:
    """Put it into the trash. Raises NotAllowed."""
    _moderate(comment, Comment.trash, "trashed", by)


def restore(comment: Comment, *, by: User | None) -> None:
    """Take it out of the trash. Raises NotAllowed."""
    _moderate(comment, Comment.restore, "restored", by)


def edit(comment: Comment, body: str, *, by: User | None) -> None:
    """Have it say ``body``. Raises NotAllowed, InvalidChange."""
    _ask(comment, by)
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
    before = comment.body
    if body != before:
        comment.write(body)
        auditing.record("comment.edited", comment, by=by, before={"body": before}, after={"body": body})


def _moderate(comment: Comment, verb: Callable[[Comment], None], action: str, by: User | None) -> None:
    _ask(comment, by)
    before = _state(comment)
    verb(comment)
    if _state(comment) != before:
        auditing.record(f"comment.{action}", comment, by=by, before=before, after=_state(comment))


def _ask(comment: Comment, by: User | None) -> None:
    if by is not None and not by.can_moderate(comment):
        raise NotAllowed(gettext("You may not moderate comments."))


def _state(comment: Comment) -> dict[str, object]:
    return {"status": comment.status, "deleted_at": comment.deleted_at}
