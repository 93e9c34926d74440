"""The card of a post: a picture at an address that says by its digest what stands on it, so it may be kept for ever.

Nobody can have words of their own drawn: they are those of a public post, and the digest is signed.
"""

from flask import Response, abort, current_app, redirect, send_file, url_for
from sqlalchemy.orm import load_only, selectinload

from cms.db import db
from cms.models import Post
from cms.public.blueprint import bp
from cms.public.layout import here
from cms.public.media import A_YEAR_SECONDS
from cms.services import cards

WIDTH, HEIGHT = cards.WIDTH, cards.HEIGHT
LONGEST_BYLINE = 3  # authors


def card_of(post: Post) -> cards.Card:
    settings = here().settings
    names = [author.name for author in post.authors[:LONGEST_BYLINE]]
    more = " …" if len(post.authors) > LONGEST_BYLINE else ""
    return cards.Card(post.title, ", ".join(names) + more, settings.title, post.language or settings.language)


def path_of(post: Post) -> str:
    return url_for("public.card", number=post.id, digest=card_of(post).digest)


def url_of(post: Post) -> str:
    """The whole address of the card of ``post``, whose authors are loaded."""
    return str(current_app.config["SITE_URL"] + path_of(post))


@bp.get("/cards/<int:number>-<digest>.png")
def card(number: int, digest: str) -> Response:
    """The PNG; another address of the same post leads to the one that it has now."""
    query = Post.published().where(Post.id == number) if number < 2**63 else None
    options = load_only(Post.title, Post.language), selectinload(Post.authors)
    post = db.session.scalar(query.options(*options)) if query is not None else None
    if post is None:
        abort(404)
    asked_for = card_of(post)
    if digest != asked_for.digest:
        return redirect(path_of(post), 302)
    try:
        response = send_file(cards.kept(asked_for), mimetype="image/png", etag=digest, max_age=A_YEAR_SECONDS)
    except cards.Busy:
        return Response("Busy", 503, {"Retry-After": "5", "Cache-Control": "no-store"}, mimetype="text/plain")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # it is made to be shown elsewhere
    return response
