"""Mail about answers: confirming it, and ending it with one click. Whoever has the link needs no session.

Opening an address changes nothing, since mail scanners open them all: a button does, or a mail program (RFC 8058).
"""

from flask import Response, abort, render_template

from cms.db import db
from cms.models import CommentSubscription, Post
from cms.public.blueprint import bp
from cms.public.own_comments import private
from cms.services import subscribing


@bp.get("/comments/mail/<token>")
def comment_mail(token: str) -> Response:
    """Says what it is about, with one button, or that it is done already."""
    what, subscription = read(token)
    if subscription is None:
        return page(what, None, over=True)
    post = subscription.comment.post
    confirmed = what == subscribing.CONFIRM and subscription.confirmed_at is not None
    return page(what, post if post.is_public else None, done=confirmed)


@bp.post("/comments/mail/<token>")
def change_comment_mail(token: str) -> Response:
    """Confirms or ends it, as the link says. What is over already stays so, and is no error."""
    what, subscription = read(token)
    if subscription is None:
        return page(what, None, over=True)
    post = subscription.comment.post
    html = page(what, post if post.is_public else None, done=True)
    if what == subscribing.CONFIRM:
        subscribing.confirm(subscription)
    else:
        subscribing.stop(subscription)
    db.session.commit()
    return html


def read(token: str) -> tuple[str, CommentSubscription | None]:
    found = subscribing.read_token(token)
    if found is None:
        abort(404)
    return found


def page(what: str, post: Post | None, *, done: bool = False, over: bool = False) -> Response:
    return private(render_template("public/comment_mail.html", what=what, post=post, done=done, over=over))


WITHOUT_SESSION = (change_comment_mail,)
