"""Feeds: Atom (RFC 4287) and JSON Feed 1.1, of the site, a tag or an author, with the whole text."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import Response, current_app, jsonify, render_template
from sqlalchemy import Select
from sqlalchemy.orm import defer, joinedload, selectinload

from cms import clock
from cms.db import db
from cms.models import Author, Post, Tag
from cms.public import finding
from cms.public.absolute_links import absolute as absolute_links
from cms.public.blueprint import bp
from cms.public.layout import absolute, here
from cms.services import media

# XML 1.0, 2.2: all else may not stand in a document, not even as a reference.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMESPACE = uuid.UUID("6f0c5c1e-9f5b-4bb0-8a35-5a8d6d3f6c11")


@dataclass(frozen=True)
class Feed:
    """A list of posts on their way to feed readers."""

    title: str
    subtitle: str
    home_url: str
    posts: list[Post]

    @property
    def updated(self) -> datetime:
        return max((changed(post) for post in self.posts), default=clock.now())


def changed(post: Post) -> datetime:
    """When readers last saw it change; a scheduled post changes when it appears."""
    return max(post.updated_at, post.listed_at) if post.listed_at is not None else post.updated_at


def lasting_id(post: Post) -> str:
    """What tells the entry apart for good: neither its address nor the site's is part of it (RFC 4287, 4.2.6)."""
    return uuid.uuid5(NAMESPACE, f"post:{post.id}:{post.created_at.isoformat()}").urn


def full_text(post: Post) -> str:
    return absolute_links(str(post.body_html), absolute("public.post", slug=post.slug))


def newest(query: Select[tuple[Post]]) -> list[Post]:
    loaded = query.options(
        defer(Post.body), joinedload(Post.cover), selectinload(Post.authors), selectinload(Post.tags)
    )
    return list(db.session.scalars(loaded.limit(here().settings.posts_per_page)).unique())


def of_site() -> Feed:
    settings = here().settings
    return Feed(settings.title, settings.tagline, absolute("public.home"), newest(Post.published()))


def of_tag(slug: str) -> Feed:
    tag = finding.at(Tag, slug)
    title = f"{tag.name} · {here().settings.title}"
    posts = newest(Post.published_with(tag))
    if not posts:
        finding.hide_if_secret(tag)
    return Feed(title, tag.description, absolute("public.tag", slug=tag.slug), posts)


def of_author(slug: str) -> Feed:
    author = finding.at(Author, slug)
    title = f"{author.name} · {here().settings.title}"
    posts = newest(Post.published_by(author))
    if not posts:
        finding.hide_if_secret(author)
    return Feed(title, "", absolute("public.author", slug=author.slug), posts)


def as_atom(feed: Feed, self_url: str) -> Response:
    xml = render_template(
        "feeds/atom.xml", feed=feed, self_url=self_url, changed=changed, lasting_id=lasting_id, full_text=full_text
    )
    return Response(NOT_XML.sub("", xml), content_type="application/atom+xml; charset=utf-8")


def as_json(feed: Feed, self_url: str) -> Response:
    response = jsonify(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "description": feed.subtitle or None,
            "home_page_url": feed.home_url,
            "feed_url": self_url,
            "language": here().settings.language,
            "items": [as_item(post) for post in feed.posts],
        }
    )
    response.content_type = "application/feed+json; charset=utf-8"
    return response


def as_item(post: Post) -> dict[str, object]:
    item = {
        "id": lasting_id(post),
        "url": absolute("public.post", slug=post.slug),
        "title": post.title,
        "content_html": full_text(post),
        "summary": post.excerpt or None,
        "image": current_app.config["SITE_URL"] + media.url_of(post.cover) if post.cover is not None else None,
        "date_published": post.listed_at.isoformat(),
        "date_modified": changed(post).isoformat(),
        "authors": [
            {"name": author.name, "url": absolute("public.author", slug=author.slug)} for author in post.authors
        ],
        "tags": [tag.name for tag in post.tags],
    }
    return {name: value for name, value in item.items() if value not in (None, [])}


@bp.get("/feed.atom")
def atom() -> Response:
    return as_atom(of_site(), absolute("public.atom"))


@bp.get("/feed.json")
def json_feed() -> Response:
    return as_json(of_site(), absolute("public.json_feed"))


@bp.get("/tags/<slug>/feed.atom")
def tag_atom(slug: str) -> Response:
    return as_atom(of_tag(slug), absolute("public.tag_atom", slug=slug))


@bp.get("/tags/<slug>/feed.json")
def tag_json(slug: str) -> Response:
    return as_json(of_tag(slug), absolute("public.tag_json", slug=slug))


@bp.get("/authors/<slug>/feed.atom")
def author_atom(slug: str) -> Response:
    return as_atom(of_author(slug), absolute("public.author_atom", slug=slug))


@bp.get("/authors/<slug>/feed.json")
def author_json(slug: str) -> Response:
    return as_json(of_author(slug), absolute("public.author_json", slug=slug))
