"""One post with its comments, and one page."""

from dataclasses import replace

from flask import render_template, request
from sqlalchemy.orm import defer, joinedload

from cms.models import Comment, Page, Post, SeriesPart
from cms.public import around, finding, keyset, structured, threads
from cms.public.blueprint import bp
from cms.public.comments import COMMENTS_AT_ONCE
from cms.public.layout import absolute, here


@bp.get("/posts/<slug>")
def post(slug: str) -> str:
    """A published post; later comments by ``?after=``."""
    found = finding.public(
        Post,
        slug,
        joinedload(Post.cover),
        joinedload(Post.part).joinedload(SeriesPart.series),
        defer(Post.body),
    )
    around.load_names(found)
    nearby = around.of(found)
    bound = keyset.after(request.args.get("after"), Comment.created_at, Comment.id)
    shown = Comment.shown().where(Comment.post_id == found.id)
    if bound is not None:
        # What is answered may stand on an earlier page.
        shown = shown.options(
            joinedload(Comment.parent).load_only(Comment.name, Comment.status, Comment.deleted_at, raiseload=True)
        )
    comments = keyset.page(shown, bound, size=COMMENTS_AT_ONCE, key="created_at")
    return render_template(
        "public/post.html",
        post=found,
        comments=comments,
        threads=threads.of(comments.items, first=comments.is_first),
        open=found.comments_open and here().settings.comments_open,
        commented=request.args.get("commented"),
        minutes_to_change=here().settings.comment_edit_minutes,
        around=nearby,
        shared_as=structured.preview_of_post(found, nearby),
        structure=structured.of_post(found, nearby),
    )


@bp.get("/<slug>")
def page(slug: str) -> str:
    """A published page."""
    return show_page(finding.public(Page, slug))


def show_page(found: Page) -> str:
    """The page as such, or as the home of the site: it is one page at two addresses then."""
    preview, structure = structured.preview_of_page(found), structured.of_site()
    if found.id == here().home:
        preview = replace(preview, url=absolute("public.home"))
    else:
        structure = structured.of_list(found.title, preview.url)
    return render_template("public/page.html", page=found, shared_as=preview, structure=structure)
