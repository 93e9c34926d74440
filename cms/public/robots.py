"""For crawlers: what there is (sitemaps.org), with the covers of posts, and what is not worth their time."""

from typing import Any

from flask import Response, abort, render_template
from sqlalchemy import Select, func, null, select, union

from cms.db import db
from cms.models import Author, Media, Page, Post, Series, SeriesPart, Tag
from cms.public import finding
from cms.public.blueprint import bp
from cms.public.layout import absolute, here
from cms.public.structured import picture_url

AT_ONCE = 10_000  # ids, so that a part is found without counting what comes before it


def listed(kind: str) -> Select[Any]:
    """Slug, time of change and picture of all things of ``kind`` that readers may see."""
    if kind == "posts":
        return select(Post.slug, Post.updated_at, Media).outerjoin(Post.cover).where(Post.visible())
    if kind == "pages":
        return select(Page.slug, Page.updated_at, null()).where(Page.visible())
    model = KINDS[kind][0]
    pair, key = finding.PAIRS[model]
    used = select(key).join(Post, Post.id == pair.post_id).where(key == model.id)
    if pair is not SeriesPart:
        used = used.where(pair.listed_at.is_not(None))  # as the index begins
    return select(model.slug, model.updated_at, null()).where(used.where(Post.visible()).exists())


KINDS: dict[str, tuple[Any, str]] = {
    "posts": (Post, "public.post"),
    "pages": (Page, "public.page"),
    "tags": (Tag, "public.tag"),
    "authors": (Author, "public.author"),
    "series": (Series, "public.series"),
}


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    parts = [absolute("public.sitemap_lists")]
    for kind, (model, _) in KINDS.items():
        last = db.session.scalar(select(func.max(model.id))) or 0
        numbers = range(1, -(-last // AT_ONCE) + 1)
        parts += [absolute("public.sitemap_part", kind=kind, number=number) for number in numbers]
    return xml(render_template("feeds/sitemap_index.xml", parts=parts))


@bp.get("/sitemap-lists.xml")
def sitemap_lists() -> Response:
    """The home page, and what lists what there is."""
    site = here()
    endpoints = ["home", "archive", "tags"]
    if site.home is not None:
        endpoints.insert(1, "posts")
    if site.has_series:
        endpoints.append("all_series")
    entries = [(absolute(f"public.{endpoint}"), None, None, ()) for endpoint in endpoints]
    return xml(render_template("feeds/sitemap.xml", entries=entries))


@bp.get("/sitemap-<any(posts, pages, tags, authors, series):kind>-<int:number>.xml")
def sitemap_part(kind: str, number: int) -> Response:
    """The things of one kind with the ids of one part; 404 for a part beyond the last."""
    model, endpoint = KINDS[kind]
    last = db.session.scalar(select(func.max(model.id))) or 0
    if not 1 <= number <= -(-last // AT_ONCE):
        abort(404)
    first = (number - 1) * AT_ONCE + 1
    inside = model.id.between(first, first + AT_ONCE - 1)
    rows = db.session.execute(listed(kind).where(inside).order_by(model.id)).all()
    versions = versions_within(first, first + AT_ONCE - 1) if kind == "posts" else {}
    entries = [
        (absolute(endpoint, slug=slug), changed, picture and picture_url(picture), versions.get(slug, ()))
        for slug, changed, picture in rows
    ]
    return xml(render_template("feeds/sitemap.xml", entries=entries))


def versions_within(first: int, last: int) -> dict[str, list[tuple[str, str]]]:
    """The posts with ids from ``first`` to ``last`` that are there in several languages: these, and where each is."""
    named = select(Post.translation_of_id).where(Post.id.between(first, last), Post.translation_of_id.is_not(None))
    naming = select(Post.translation_of_id).where(Post.translation_of_id.between(first, last))
    originals = list(db.session.scalars(union(named, naming)))
    if not originals:
        return {}
    columns = (Post.original_id, Post.slug, Post.language)
    groups: dict[int, list[tuple[str, str]]] = {}
    # Two ways with an index each: asked for by OR, MariaDB reads the whole table.
    for key in (Post.id, Post.translation_of_id):
        for original, slug, language in db.session.execute(select(*columns).where(Post.visible(), key.in_(originals))):
            groups.setdefault(original, []).append((slug, language or here().settings.language))
    return {
        slug: [(language, absolute("public.post", slug=other)) for other, language in sorted(group)]
        for group in groups.values()
        if len(group) > 1
        for slug, _ in group
    }


@bp.get("/robots.txt")
def robots() -> Response:
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /search?", "Disallow: /posts/*/comments/"]
    return Response("\n".join([*lines, "", f"Sitemap: {absolute('public.sitemap')}", ""]), mimetype="text/plain")


def xml(text: str) -> Response:
    return Response(text, content_type="application/xml; charset=utf-8")
