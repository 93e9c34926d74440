"""What a preview hands out: signed, timed, good for one comment under one post. It needs no session."""

import secrets
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from cms import clock
from cms.models import Post


@dataclass(frozen=True)
class Token:
    """That a preview of this post was given out, when, and for which one comment."""

    post_id: int
    given_at: float
    id: str

    @property
    def age_seconds(self) -> float:
        return clock.now().timestamp() - self.given_at

    def signed(self) -> str:
        return serializer().dumps([self.post_id, self.given_at, self.id])


def new_token(post: Post) -> Token:
    return Token(post.id, clock.now().timestamp(), secrets.token_hex(16))


def read_token(text: str, post: Post) -> Token | None:
    """The token of a preview of ``post``; None for one that is not ours or another post's."""
    try:
        token = Token(*serializer().loads(text))
    except (BadSignature, TypeError, ValueError):
        return None
    return token if token.post_id == post.id else None


def serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="comment-preview")
