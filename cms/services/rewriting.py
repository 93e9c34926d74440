"""What those who wrote a comment may do with it for some minutes: change it, or take it back."""

from datetime import datetime, timedelta

from sqlalchemy import select

from cms import clock
from cms.db import db
from cms.errors import CmsError, InvalidChange, NotAllowed
from cms.language import gettext
from cms.models import Comment, CommentStatus, CommentVersion, Post
from cms.services import auditing, commenting, site
from cms.services.comment_words import Words, problems


class Overtaken(CmsError):
    """It is not any more what the writer saw when they began."""


def open_until(comment: Comment, minutes: int) -> datetime | None:
    """Until when its writer may change it; None when that is over, or a moderator has decided."""
    until = comment.created_at + timedelta(minutes=minutes)
    if comment.is_decided or comment.deleted_at is not None or comment.user_id is not None or clock.now() >= until:
        return None
    return until


def rewrite(comment: Comment, words: Words, *, edits: int, address: str) -> Comment:
    """Have it say ``words`` (name, website and body), as filtered and as counted as a new one.

    ``edits`` is how often it had been changed when the writer saw it. It counts ``address`` first, which lets go of
    what the session has read: change nothing before, and use the comment that comes back. What it said is kept for
    moderators. Raises InvalidChange naming the field, TooManyComments, NotAllowed, Overtaken.
    """
    words = words.tidied()
    for field, message in problems(words).items():
        raise InvalidChange(message, field=field)
    number = comment.id
    settings = site.current().settings
    commenting.count_one(address, settings.comments_per_hour)
    comment = _held(number, settings.comment_edit_minutes, comments_open=settings.comments_open)
    if (comment.name, comment.website, comment.body) == (words.name, words.website, words.body):
        return comment
    if comment.edits != edits:
        raise Overtaken(gettext("You have changed it in another window. This is what you typed here: save it again."))
    now = clock.now()
    was = {name: getattr(comment, name) for name in ("name", "email", "website", "body")}
    db.session.add(CommentVersion(comment_id=comment.id, replaced_at=now, **was))
    comment.name, comment.website = words.name, words.website
    comment.write(words.body)
    comment.edited_at, comment.edits = now, comment.edits + 1
    was_shown = comment.is_shown
    commenting.filter_(comment, settings.spam_filter)
    if was_shown and comment.status is CommentStatus.HELD and settings.notify_moderators:
        commenting.tell_moderators(comment, db.session.get_one(Post, comment.post_id))
    auditing.record("comment.rewritten", comment, by=None)
    return comment


def withdraw(comment: Comment) -> None:
    """Put it into the trash, as its writer wants. Raises NotAllowed."""
    settings = site.current().settings
    comment = _held(comment.id, settings.comment_edit_minutes, comments_open=True)
    comment.trash()
    auditing.record("comment.withdrawn", comment, by=None)


def _held(number: int, minutes: int, *, comments_open: bool) -> Comment:
    """The comment, kept from moderators until this is done."""
    query = select(Comment).where(Comment.id == number).with_for_update()
    comment = db.session.scalar(query.execution_options(populate_existing=True))
    if comment is None or open_until(comment, minutes) is None:
        raise NotAllowed(
            gettext("This can be changed no longer: the time for it is over, or a moderator has decided about it.")
        )
    post = db.session.get(Post, comment.post_id)
    if post is None or not commenting.takes_comments(post, comments_open):
        raise NotAllowed(gettext("This post takes no comments any more."))
    return comment
