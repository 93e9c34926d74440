"""The cookie of whoever has just written a comment: by it they may change it for some minutes.

It goes only to the pages of comments of that one post, is signed, and no script reads it.
"""

from flask import Response, current_app, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from cms.db import db
from cms.models import Comment, Post
from cms.public.layout import here
from cms.services import rewriting

NAME = "comments"
MOST = 10  # comments under one post
PROOF = 16


def proof_of(comment: Comment) -> str:
    """What only the browser that wrote it knows; nothing for a comment that nobody may change by a cookie."""
    return (comment.form_token or "")[:PROOF]


def remember(response: Response, slug: str, number: int, proof: str) -> None:
    """Let this browser change the comment for as long as the settings say."""
    minutes = here().settings.comment_edit_minutes
    if not minutes or not proof:
        return
    held = [one for one in _held() if one[0] != number]
    response.set_cookie(
        NAME,
        _serializer().dumps([[number, proof], *held][:MOST]),
        max_age=minutes * 60,
        path=url_for("public.own_comments", slug=slug).removesuffix("/mine"),
        secure=current_app.config["SITE_URL"].startswith("https://"),
        httponly=True,
        samesite="Strict",
    )


def own_comments(post: Post) -> list[Comment]:
    """What this browser wrote under ``post`` and may still change, newest first. No query without a cookie."""
    proofs = dict(_held())
    if not proofs:
        return []
    query = db.select(Comment).where(Comment.id.in_(proofs), Comment.post_id == post.id).order_by(Comment.id.desc())
    return [one for one in db.session.scalars(query) if proof_of(one) == proofs[one.id] and is_open(one)]


def is_open(comment: Comment) -> bool:
    """Whether its writer may change it now."""
    return rewriting.open_until(comment, here().settings.comment_edit_minutes) is not None


def _held() -> list[tuple[int, str]]:
    try:
        held = _serializer().loads(request.cookies.get(NAME, ""))
        return [(int(number), str(proof)) for number, proof in held if proof][:MOST]
    except (BadSignature, TypeError, ValueError):
        return []


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="comment-cookie")
