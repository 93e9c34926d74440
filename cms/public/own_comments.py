"""What a reader has just written: for some minutes they may change it or take it back, known by a cookie.

These pages are for one reader alone: no cache keeps them. The cached page of the post links here for everybody.
"""

from typing import Any

from flask import Response, abort, current_app, make_response, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from cms.db import db
from cms.errors import CmsError
from cms.language import gettext, marked
from cms.models import Comment, Post
from cms.public import comment_cookie, finding
from cms.public.blueprint import bp
from cms.public.comments import NUMBER
from cms.public.layout import here
from cms.services import rewriting
from cms.services.comment_words import Words, problems
from cms.services.commenting import TooManyComments
from cms.services.rewriting import Overtaken

OLD_FORM = marked("This form was from another comment or another time. Have a look, then save it.")


def private(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/posts/<slug>/comments/mine")
def own_comments(slug: str) -> Response:
    """What this browser may still change under a post."""
    post = finding.public(Post, slug)
    minutes = here().settings.comment_edit_minutes
    own = [(one, rewriting.open_until(one, minutes)) for one in comment_cookie.own_comments(post)]
    done = request.args.get("done")
    return private(render_template("public/own_comments.html", post=post, own=own, minutes=minutes, done=done))


@bp.get(f"/posts/<slug>/comments/mine/<{NUMBER}:number>")
def own_comment(slug: str, number: int) -> Response:
    """The form of one of them."""
    post, comment = own(slug, number)
    if comment is None:
        return too_late(post)
    words = Words(name=comment.name, email=comment.email, website=comment.website, body=comment.body)
    return form_page(post, comment, words)


@bp.post(f"/posts/<slug>/comments/mine/<{NUMBER}:number>")
def change_own_comment(slug: str, number: int) -> Any:
    """Have it say what was typed."""
    post, comment = own(slug, number)
    if comment is None:
        return too_late(post)
    fields = {name: request.form.get(name, "") for name in ("name", "website", "body")}
    words = Words(**fields, email=comment.email).tidied()
    edits = read_token(request.form.get("token", ""), comment)
    if edits is None:
        return form_page(post, comment, words, notice=gettext(OLD_FORM), status=403)
    wrong = problems(words)
    if wrong:
        return form_page(post, comment, words, wrong=wrong, status=422)
    address = post.slug
    try:
        rewriting.rewrite(comment, words, edits=edits, address=request.remote_addr or "")
        db.session.commit()
    except CmsError as error:
        db.session.rollback()
        return refused(slug, number, words, error)
    return redirect(url_for("public.own_comments", slug=address, done="changed"), 303)


@bp.post(f"/posts/<slug>/comments/mine/<{NUMBER}:number>/withdrawal")
def withdraw_own_comment(slug: str, number: int) -> Any:
    """Take it back."""
    post, comment = own(slug, number)
    if comment is None or read_token(request.form.get("token", ""), comment) is None:
        return too_late(post)
    address = post.slug
    try:
        rewriting.withdraw(comment)
        db.session.commit()
    except CmsError:
        db.session.rollback()
        return too_late(finding.public(Post, slug))
    return redirect(url_for("public.own_comments", slug=address, done="withdrawn"), 303)


def own(slug: str, number: int) -> tuple[Post, Comment | None]:
    """The post, and the comment if this browser wrote it and may still change it."""
    post = finding.public(Post, slug)
    return post, next((one for one in comment_cookie.own_comments(post) if one.id == number), None)


def too_late(post: Post) -> Response:
    """Says that nothing can be changed; what exists and what never did look alike."""
    minutes = here().settings.comment_edit_minutes
    own = [(one, rewriting.open_until(one, minutes)) for one in comment_cookie.own_comments(post)]
    page = render_template("public/own_comments.html", post=post, own=own, minutes=minutes, done="late")
    return private(page, 403)


def refused(slug: str, number: int, words: Words, error: CmsError) -> Response:
    """The form again with what was typed and why it was not taken; without a form when it is too late for one."""
    post, comment = own(slug, number)
    if comment is None:
        return too_late(post)
    status = 429 if isinstance(error, TooManyComments) else 409 if isinstance(error, Overtaken) else 403
    return form_page(post, comment, words, notice=str(error), status=status)


def form_page(
    post: Post,
    comment: Comment,
    words: Words,
    *,
    wrong: dict[str, str] | None = None,
    notice: str = "",
    status: int = 200,
) -> Response:
    until = rewriting.open_until(comment, here().settings.comment_edit_minutes)
    if until is None:
        abort(403)
    page = render_template(
        "public/own_comment.html",
        post=post,
        comment=comment,
        words=words,
        problems=wrong or {},
        notice=notice,
        token=serializer().dumps([comment.id, comment.edits]),
        until=until,
    )
    return private(page, status)


def read_token(text: str, comment: Comment) -> int | None:
    """How often ``comment`` had been changed when the form was given out; None for the form of another one."""
    try:
        number, edits = serializer().loads(text)
    except (BadSignature, TypeError, ValueError):
        return None
    return edits if number == comment.id and isinstance(edits, int) else None


def serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="comment-change")


WITHOUT_SESSION = (change_own_comment, withdraw_own_comment)
