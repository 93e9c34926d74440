"""Mail to those who wrote a comment when somebody answers it: once they have confirmed it, until they stop it.

Nobody can have a stranger written to: the one mail that goes out unconfirmed holds no word of whoever asked for it,
goes out only for a comment that is shown, and to one address three times a day at most.
"""

from datetime import datetime, timedelta

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from cms import clock
from cms.db import db
from cms.language import gettext, marked, nearest, speaking
from cms.models import Comment, CommentSubscription, Post
from cms.services import addresses, jobs, mailing, site
from cms.services.comment_words import quoted
from cms.services.jobs import Task
from cms.transactions import in_transaction

CONFIRM, STOP = "confirm", "stop"
MOST_ASKED = 3  # mails to confirm that one address gets in a day
UNCONFIRMED = timedelta(days=30)  # then the wish is forgotten
PURGE_AT_ONCE = 20
ASK = marked(
    """Somebody gave this address under “%(title)s” and wants a mail whenever their comment is answered.

If that was you, confirm it here:
%(confirm)s

If not, do nothing: no other mail will come.

The comment:
%(comment)s
"""
)
ANSWERED = marked(
    """%(begins)s%(title)s”, in answer to you:

%(said)s

Read it and answer:
%(comment)s

No more mail about answers to this comment of yours:
%(stop)s
"""
)


def is_offered() -> bool:
    """Whether readers may ask for it: a box that no mail would ever follow is not shown."""
    return bool(site.here().settings.reply_mail) and mailing.can_send()


def ask_for(comment: Comment) -> None:
    """Note that its writer wants to be told of answers. ``comment`` is flushed and has an e-mail address."""
    db.session.add(CommentSubscription(comment_id=comment.id, email=comment.email))
    db.session.flush()


def shown(comment: Comment) -> None:
    """What follows when readers come to see ``comment``: its writer is asked to confirm, whom it answers is told."""
    if comment.parent_id is None and not comment.email:
        return
    wanted = [number for number in (comment.id, comment.parent_id) if number is not None]
    found = db.session.scalars(select(CommentSubscription).where(CommentSubscription.comment_id.in_(wanted)))
    for subscription in found.all():
        if subscription.comment_id == comment.id:
            _ask_to_confirm(subscription)
        elif comment.told_at is None:
            jobs.enqueue("tell_of_answer", {"comment": comment.id}, run_at=settled_at(comment))


def settled_at(comment: Comment) -> datetime:
    """When a mail about it can go out: its writer can change it no longer, so the mail says what stays."""
    if comment.is_decided:
        return clock.now()
    return comment.created_at + timedelta(minutes=site.current().settings.comment_edit_minutes)


def read_token(token: str) -> tuple[str, CommentSubscription | None] | None:
    """What the link of a mail is for and the subscription that it is about, if there still is one.

    None for what no mail of ours held.
    """
    try:
        what, number = _serializer().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    if what not in (CONFIRM, STOP) or not isinstance(number, int):
        return None
    query = select(CommentSubscription).where(CommentSubscription.id == number)
    whole = joinedload(CommentSubscription.comment).joinedload(Comment.post)
    return what, db.session.scalar(query.options(whole))


def confirm(subscription: CommentSubscription) -> None:
    """Have mail come from now on."""
    if subscription.confirmed_at is None:
        subscription.confirmed_at = clock.now()


def stop(subscription: CommentSubscription) -> None:
    """Have no more mail come, and forget the address."""
    db.session.delete(subscription)


def token_for(what: str, subscription: CommentSubscription) -> str:
    """What stands in the link of a mail. It ends with the subscription, whose number is never given twice."""
    return _serializer().dumps([what, subscription.id])


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="comment-mail")


def _ask_to_confirm(subscription: CommentSubscription) -> None:
    now = clock.now()
    if subscription.asked_at is not None or not site.current().settings.reply_mail:
        return
    lately = (
        select(func.count())
        .select_from(CommentSubscription)
        .where(CommentSubscription.email == subscription.email, CommentSubscription.asked_at > now - timedelta(days=1))
    )
    if (db.session.scalar(lately) or 0) >= MOST_ASKED:
        return
    subscription.asked_at = now
    comment = db.session.get_one(Comment, subscription.comment_id)
    post = db.session.get_one(Post, comment.post_id)
    with speaking(nearest(site.current().settings.language)):
        text = gettext(
            ASK,
            title=post.title,
            confirm=_address(addresses.path_of_comment_mail(token_for(CONFIRM, subscription))),
            comment=_address(addresses.path_of_comment(post, comment.id)),
        )
        mailing.send(subscription.email, gettext("Mail about answers: please confirm"), text)
    _forget_unconfirmed()


def _forget_unconfirmed() -> None:
    # Rows that another one purges just now are skipped, not waited for.
    old = select(CommentSubscription.id).where(
        CommentSubscription.confirmed_at.is_(None), CommentSubscription.created_at < clock.now() - UNCONFIRMED
    )
    ids = list(db.session.scalars(old.limit(PURGE_AT_ONCE).with_for_update(skip_locked=True)))
    if ids:
        db.session.execute(delete(CommentSubscription).where(CommentSubscription.id.in_(ids)))


@jobs.handles("tell_of_answer")
def tell_of_answer(task: Task) -> None:
    """Tell whoever a comment answers, once, if it is still shown and they still want it."""
    in_transaction(lambda: _tell(task.payload["comment"]))


def _tell(number: int) -> None:
    held = select(Comment).where(Comment.id == number).with_for_update()
    answer = db.session.scalar(held.execution_options(populate_existing=True))
    if answer is None or answer.told_at is not None or not answer.is_shown or answer.parent_id is None:
        return
    wanted = select(CommentSubscription).where(
        CommentSubscription.comment_id == answer.parent_id, CommentSubscription.confirmed_at.is_not(None)
    )
    subscription = db.session.scalar(wanted.options(joinedload(CommentSubscription.comment)))
    post, settings = db.session.get_one(Post, answer.post_id), site.current().settings
    if (
        subscription is None
        or not settings.reply_mail
        or not post.is_public
        or not subscription.comment.is_shown
        or subscription.email == answer.email
    ):
        return
    # By a statement: readers see nothing of it, so the version of the site stays.
    db.session.execute(
        update(Comment)
        .where(Comment.id == number)
        .values(told_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    _write_to(subscription, answer, post)


def _write_to(subscription: CommentSubscription, answer: Comment, post: Post) -> None:
    stop_at = _address(addresses.path_of_comment_mail(token_for(STOP, subscription)))
    headers = {"List-Unsubscribe": f"<{stop_at}>"}
    if stop_at.startswith("https://"):  # RFC 8058, 3.1: one click is for https alone
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    with speaking(nearest(site.current().settings.language)):
        text = gettext(
            ANSWERED,
            **quoted(answer.name, post.title, answer.body),
            comment=_address(addresses.path_of_comment(post, answer.id)),
            stop=stop_at,
        )
        subject = gettext("%(name)s answered you: %(title)s", name=answer.name, title=post.title)
        mailing.send(subscription.email, subject, text, headers=headers)


def _address(path: str) -> str:
    return f"{current_app.config['SITE_URL']}{path}"
