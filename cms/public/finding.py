"""From an address to the thing that stands there, by whatever spelling it was typed."""

from typing import Any
from urllib.parse import quote

from flask import abort, redirect
from sqlalchemy import Select, select

from cms.db import db, is_any
from cms.models import Author, Page, Post, PostAuthor, PostTag, Series, SeriesPart, Tag
from cms.services import addresses
from cms.text.slug import is_slug, slugify

LONGEST = 200
PAIRS: dict[type[Any], tuple[Any, Any]] = {
    Tag: (PostTag, PostTag.tag_id),
    Author: (PostAuthor, PostAuthor.author_id),
    Series: (SeriesPart, SeriesPart.series_id),
}


def public(model: type[Post] | type[Page], slug: str, *options: Any) -> Any:
    """The post or page readers may see there, else 301, 404, or 410 for one that they saw and that was trashed."""
    thing = at(model, slug, *options)
    if not thing.is_public:
        abort(410 if thing.is_trashed and thing.was_public else 404)
    return thing


def at(model: type[Post] | type[Page] | type[Tag] | type[Author] | type[Series], slug: str, *options: Any) -> Any:
    """The thing of this slug, whatever its state, else 404; 301 to its own spelling of the slug."""
    canonical = slug if is_slug(slug) else slugify(slug, max_length=LONGEST)
    thing = None
    if canonical and len(canonical) <= LONGEST:
        query: Select[Any] = model.at(canonical).options(*options)
        thing = db.session.scalar(query)
    if thing is None:
        abort(404)
    if canonical != slug:
        if isinstance(thing, Post | Page) and not thing.is_public:
            abort(404)
        abort(redirect(quote(addresses.path_of(thing)), 301))
    return thing


def hide_if_secret(thing: Tag | Author | Series) -> None:
    """404 for one that only posts have which no reader ever saw: its name is part of them."""
    pair, key = PAIRS[type(thing)]
    posts = select(Post.id).join(pair, pair.post_id == Post.id).where(key == thing.id)
    was_public = posts.where(Post.ever_visible())
    if is_any(posts) and not is_any(was_public):
        abort(404)
