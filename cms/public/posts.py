"""One post with its comments, and one page."""

from flask import render_template, request
from sqlalchemy.orm import joinedload, selectinload

from cms.models import Author, Comment, Page, Post
from cms.public import finding, keyset, threads
from cms.public.blueprint import bp
from cms.public.layout import here

COMMENTS_AT_ONCE = 200


@bp.get("/posts/<slug>")
def post(slug: str) -> str:
    """A published post; later comments by ``?after=``."""
    found = finding.public(
        Post,
        slug,
        joinedload(Post.cover),
        selectinload(Post.authors).joinedload(Author.picture),
        selectinload(Post.tags),
    )
    bound = keyset.after(request.args.get("after"), Comment.created_at, Comment.id)
    shown = Comment.shown().where(Comment.post_id == found.id)
    comments = keyset.page(shown, bound, size=COMMENTS_AT_ONCE, key="created_at")
    return render_template(
        "public/post.html",
        post=found,
        comments=comments,
        threads=threads.of(comments.items),
        open=found.comments_open and here().settings.comments_open,
        commented=request.args.get("commented"),
    )


@bp.get("/<slug>")
def page(slug: str) -> str:
    """A published page."""
    return render_template("public/page.html", page=finding.public(Page, slug))
