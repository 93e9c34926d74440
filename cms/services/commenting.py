"""Comments: taking them in from readers, and telling moderators."""

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from cms.db import db
from cms.errors import CmsError, InvalidChange, NotAllowed
from cms.language import LANGUAGES, code, gettext, marked, speaking
from cms.models import Comment, CommentStatus, Post, User
from cms.services import addresses, mailing, rate_limiting, site, spam_filter, subscribing, telling_authors
from cms.services.comment_words import BEGINS, Words, problems, quoted

AN_HOUR_SECONDS = 3600
TEXT = marked(
    """%(begins)s%(title)s”:

%(said)s

Approve it, hold it or mark it as spam:
%(list)s

The post:
%(post)s
"""
)
ENOUGH_WAITING = 10  # beyond it another mail tells moderators nothing new


class TooManyComments(CmsError):
    """One address has written as many as it may in an hour."""


class AlreadyPosted(CmsError):
    """The form has given a comment already, of other words."""


def write(post: Post, words: Words, *, address: str, form_token: str, is_suspicious: bool = False) -> Comment:
    """The comment, flushed: shown at once or held, as the site's moderation and its filter say. One ``form_token``, one
    comment.

    It counts ``address`` (for an hour) first, which lets go of what the session has read: change nothing before.
    Raises TooManyComments, AlreadyPosted, InvalidChange naming the field, NotAllowed where the post takes none.
    """
    words = words.tidied()
    for field, message in problems(words).items():
        raise InvalidChange(message, field=field)
    settings = site.current().settings
    count_one(address, settings.comments_per_hour)
    if not takes_comments(post, settings.comments_open):
        raise NotAllowed(gettext("This post takes no comments any more."))
    comment = _comment(post, words, form_token, settings.moderation, is_suspicious=is_suspicious)
    if not is_suspicious:
        filter_(comment, settings.spam_filter)
    try:
        with db.session.begin_nested():
            db.session.add(comment)
    except IntegrityError:
        # The same form, sent twice. A locking read sees the other one: the snapshot of this transaction would not.
        same = select(Comment).where(Comment.form_token == form_token).with_for_update(read=True)
        first = db.session.scalar(same)
        if first is None:
            raise
        if (first.post_id, first.body) != (post.id, words.body):
            raise AlreadyPosted(
                gettext("Your first comment is in. This is another one: have a last look, then post it.")
            )
        return first
    if words.wants_mail and settings.reply_mail:
        subscribing.ask_for(comment)
    if comment.status is CommentStatus.HELD and settings.notify_moderators:
        tell_moderators(comment, post)
    if comment.is_shown:
        subscribing.shown(comment)
        telling_authors.shown(comment, by=None)
    return comment


def count_one(address: str, most: int) -> None:
    """Count a comment, or a change of one, from ``address``. Raises TooManyComments."""
    who = rate_limiting.network(address)
    if not rate_limiting.allow("comment", who, most=most, seconds=AN_HOUR_SECONDS):
        raise TooManyComments(
            gettext("You have written a lot in a short time. Your comment is kept here: send it later.")
        )


def filter_(comment: Comment, what_to_do: str) -> None:
    """Have the filter look at it, and do what the settings say with what looks like spam.

    It only ever hides, and says nothing of what a moderator has decided about.
    """
    if what_to_do == "off" or comment.is_decided:
        return
    found = spam_filter.look_at(comment)
    if found is None or not found.is_spam or what_to_do == "show":
        return
    if what_to_do == "spam":
        comment.spam()
    elif comment.status is CommentStatus.APPROVED:
        comment.hold()


def takes_comments(post: Post, comments_open: bool) -> bool:
    """Whether readers may write under it now; ``comments_open`` is the site's own setting."""
    return post.is_public and post.comments_open and comments_open


def notices_of(comment: Comment) -> list[str]:
    """How a mail to moderators about it begins, in each language."""
    beginnings = []
    for language in LANGUAGES:
        with speaking(language):
            beginnings.append(gettext(BEGINS, name=comment.name))
    return beginnings


def _comment(post: Post, words: Words, form_token: str, moderation: str, *, is_suspicious: bool) -> Comment:
    comment = Comment(
        post_id=post.id,
        parent_id=_parent_id(post, words.parent_id),
        name=words.name,
        email=words.email,
        website=words.website,
        form_token=form_token,
    )
    comment.write(words.body)
    if is_suspicious:
        comment.spam()
    elif moderation == "none" or (moderation == "first" and _was_approved_before(words.email)):
        comment.approve()
    else:
        comment.hold()
    return comment


def _parent_id(post: Post, wanted: int | None) -> int | None:
    """None for a comment that is hidden by now or stands elsewhere: the answer then stands by itself."""
    if wanted is None:
        return None
    return db.session.scalar(
        Comment.shown().with_only_columns(Comment.id).where(Comment.id == wanted, Comment.post_id == post.id)
    )


def _was_approved_before(email: str) -> bool:
    """Whether somebody who gave this address had a comment approved. Anybody can type it: a courtesy, no proof."""
    if not email:
        return False
    alike = Comment.shown().with_only_columns(Comment.email).where(Comment.email == email).limit(50)
    # MariaDB's collation takes é for e; we do not.
    return email in db.session.scalars(alike.order_by(None))


def tell_moderators(comment: Comment, post: Post) -> None:
    """That it waits, each in their language; not where so many wait that another mail says nothing new."""
    some = Comment.waiting().with_only_columns(Comment.id).order_by(None).limit(ENOUGH_WAITING + 1).subquery()
    if (db.session.scalar(select(func.count()).select_from(some)) or 0) > ENOUGH_WAITING:
        return
    url = current_app.config["SITE_URL"]
    here = code()
    for moderator in db.session.scalars(User.who_may("comment.moderate")):
        with speaking(moderator.language or here):
            text = gettext(
                TEXT,
                **quoted(comment.name, post.title, comment.body),
                list=f"{url}/admin/comment/",
                post=f"{url}{addresses.path_of(post)}",
            )
            mailing.send(moderator.email, gettext("A comment waits: %(title)s", title=post.title), text)
