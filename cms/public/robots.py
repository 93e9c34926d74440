"""For crawlers: what there is (sitemaps.org), with the covers of posts, and what is not worth their time."""

from typing import Any

from flask import Response, abort, render_template
from sqlalchemy import Select, func, null, select

from cms.db import db
from cms.models import Author, Media, Page, Post, PostAuthor, PostTag, Tag
from cms.public.blueprint import bp
from cms.public.layout import absolute
from cms.public.structured import picture_url

AT_ONCE = 10_000  # ids, so that a part is found without counting what comes before it


def listed(kind: str) -> Select[Any]:
    """Slug, time of change and picture of all things of ``kind`` that readers may see."""
    if kind == "posts":
        return select(Post.slug, Post.updated_at, Media).outerjoin(Post.cover).where(Post.visible())
    if kind == "pages":
        return select(Page.slug, Page.updated_at, null()).where(Page.visible())
    model, pair, key = (Tag, PostTag, PostTag.tag_id) if kind == "tags" else (Author, PostAuthor, PostAuthor.author_id)
    used = select(key).join(Post, Post.id == pair.post_id).where(key == model.id, pair.listed_at.is_not(None))
    return select(model.slug, model.updated_at, null()).where(used.where(Post.visible()).exists())


KINDS: dict[str, tuple[Any, str]] = {
    "posts": (Post, "public.post"),
    "pages": (Page, "public.page"),
    "tags": (Tag, "public.tag"),
    "authors": (Author, "public.author"),
}


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    parts = []
    for kind, (model, _) in KINDS.items():
        last = db.session.scalar(select(func.max(model.id))) or 0
        numbers = range(1, -(-last // AT_ONCE) + 1)
        parts += [absolute("public.sitemap_part", kind=kind, number=number) for number in numbers]
    return xml(render_template("feeds/sitemap_index.xml", parts=parts))


@bp.get("/sitemap-<any(posts, pages, tags, authors):kind>-<int:number>.xml")
def sitemap_part(kind: str, number: int) -> Response:
    """The things of one kind with the ids of one part; 404 for a part beyond the last."""
    model, endpoint = KINDS[kind]
    last = db.session.scalar(select(func.max(model.id))) or 0
    if not 1 <= number <= -(-last // AT_ONCE):
        abort(404)
    inside = model.id.between((number - 1) * AT_ONCE + 1, number * AT_ONCE)
    rows = db.session.execute(listed(kind).where(inside).order_by(model.id)).all()
    entries = [
        (absolute(endpoint, slug=slug), changed, picture and picture_url(picture)) for slug, changed, picture in rows
    ]
    return xml(render_template("feeds/sitemap.xml", entries=entries))


@bp.get("/robots.txt")
def robots() -> Response:
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /search", "Disallow: /posts/*/comments/"]
    return Response("\n".join([*lines, "", f"Sitemap: {absolute('public.sitemap')}", ""]), mimetype="text/plain")


def xml(text: str) -> Response:
    return Response(text, content_type="application/xml; charset=utf-8")
