"""Writing a comment in two steps, without script and without a session.

The form on the (cached) post page leads to a preview, which carries a signed token saying when it was given out; sent
back with it, the comment is kept. The token stands where other forms have a CSRF token and a session.
"""

from typing import Any

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from sqlalchemy import func, or_, select

from cms import clock
from cms.db import db
from cms.errors import CmsError
from cms.language import gettext, marked
from cms.models import Comment, Post
from cms.public import comment_cookie, finding, keyset
from cms.public.blueprint import bp
from cms.public.comment_token import Token, new_token, read_token
from cms.public.layout import here
from cms.services import commenting, subscribing
from cms.services.comment_words import Words, problems
from cms.services.commenting import AlreadyPosted, TooManyComments
from cms.text import markdown
from cms.transactions import starts_reading

COMMENTS_AT_ONCE = 200
NUMBER = f"int(max={2**63 - 1})"
HONEYPOT = "homepage"  # no person sees this field
TOO_FAST_SECONDS = 2
TOO_OLD_SECONDS = 86_400
TOO_FAST = marked("That was quick. Have a last look, then post it.")
TOO_OLD = marked("This preview is from another day. Have a last look, then post it.")
FIRST_LOOK = marked("Have a last look, then post it.")


def typed() -> Words:
    """What the form holds; what is too long for any comment is still given back."""
    parent = request.values.get("parent", "")
    number = int(parent) if parent.isascii() and parent.isdigit() and len(parent) < 19 else None
    fields = {name: request.form.get(name, "") for name in ("name", "email", "website", "body")}
    wants_mail = bool(request.form.get("wants_mail")) and subscribing.is_offered()
    return Words(**fields, parent_id=number, wants_mail=wants_mail).tidied()


def open_post(slug: str) -> Post:
    """The public post that takes comments, else 404."""
    post = finding.public(Post, slug)
    if not commenting.takes_comments(post, here().settings.comments_open):
        abort(404)
    return post


def form_page(
    post: Post,
    words: Words,
    *,
    wrong: dict[str, str] | None = None,
    token: Token | None = None,
    notice: str = "",
    status: int = 200,
) -> Response:
    """The form with what was typed; with ``token`` as a preview that can be posted."""
    answered = None
    if words.parent_id is not None:
        answered = db.session.scalar(Comment.shown().where(Comment.id == words.parent_id, Comment.post_id == post.id))
    html = render_template(
        "public/comment.html",
        post=post,
        words=words,
        answered=answered,
        problems=wrong or {},
        notice=gettext(notice),
        token=token.signed() if token is not None else None,
        preview=markdown.render_comment(words.body) if token is not None else None,
        now=clock.now(),
        honeypot_value=request.form.get(HONEYPOT, ""),
    )
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/posts/<slug>/comments/new")
def new_comment(slug: str) -> Response:
    """The form by itself, for an answer to ``?parent=``."""
    return form_page(open_post(slug), typed())


@bp.post("/posts/<slug>/comments/preview")
@starts_reading
def preview_comment(slug: str) -> Response:
    """The comment as it will look, with the form below it."""
    post, words = open_post(slug), typed()
    wrong = problems(words)
    if wrong:
        return form_page(post, words, wrong=wrong, status=422)
    token = read_token(request.form.get("token", ""), post)
    if token is None or token.age_seconds > TOO_OLD_SECONDS:
        token = new_token(post)
    return form_page(post, words, token=token, notice=FIRST_LOOK)


@bp.post("/posts/<slug>/comments")
def post_comment(slug: str) -> Any:
    """Keep the comment that a preview has shown."""
    post, words = open_post(slug), typed()
    wrong = problems(words)
    if wrong:
        return form_page(post, words, wrong=wrong, status=422)
    token = read_token(request.form.get("token", ""), post)
    if token is None:
        return form_page(post, words, token=new_token(post), notice=FIRST_LOOK)
    if token.age_seconds > TOO_OLD_SECONDS:
        return form_page(post, words, token=new_token(post), notice=TOO_OLD)
    if token.age_seconds < TOO_FAST_SECONDS:
        return form_page(post, words, token=token, notice=TOO_FAST)
    try:
        comment = commenting.write(
            post,
            words,
            address=request.remote_addr or "",
            form_token=token.id,
            is_suspicious=bool(request.form.get(HONEYPOT)),
        )
        shown, number, proof, address = comment.is_shown, comment.id, comment_cookie.proof_of(comment), post.slug
        page = place_before(comment) if shown else None
        db.session.commit()
    except AlreadyPosted as error:
        db.session.rollback()
        return form_page(post, words, token=new_token(post), notice=str(error))
    except CmsError as error:
        db.session.rollback()
        status = 429 if isinstance(error, TooManyComments) else 403
        return form_page(post, words, token=token, notice=str(error), status=status)
    if shown:
        target = url_for("public.post", slug=address, after=page, commented="shown", _anchor=f"comment-{number}")
    else:
        target = url_for("public.post", slug=address, commented="held", _anchor="comments")
    response = redirect(target, 303)
    comment_cookie.remember(response, address, number, proof)
    return response


@bp.get(f"/posts/<slug>/comments/<{NUMBER}:number>")
def comment(slug: str, number: int) -> Any:
    """Leads to one comment, on whichever page of them it stands by now."""
    post = finding.public(Post, slug)
    found = db.session.scalar(Comment.shown().where(Comment.id == number, Comment.post_id == post.id))
    if found is None:
        abort(404)
    return redirect(url_for("public.post", slug=post.slug, after=place_before(found), _anchor=f"comment-{number}"))


def place_before(comment: Comment) -> str | None:
    """Where the page of comments begins on which ``comment`` stands; None for the first."""
    shown = Comment.shown().where(Comment.post_id == comment.post_id)
    earlier = shown.where(
        Comment.created_at <= comment.created_at,
        or_(Comment.created_at < comment.created_at, Comment.id < comment.id),
    )
    count = db.session.scalar(select(func.count()).select_from(earlier.order_by(None).subquery())) or 0
    pages = count // COMMENTS_AT_ONCE
    if not pages:
        return None
    last = shown.with_only_columns(Comment.created_at, Comment.id).offset(pages * COMMENTS_AT_ONCE - 1).limit(1)
    return keyset.place(*db.session.execute(last).one())


WITHOUT_SESSION = (preview_comment, post_comment)
