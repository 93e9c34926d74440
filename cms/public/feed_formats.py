"""How a feed is written: Atom (RFC 4287), RSS 2.0 (rssboard.org) and JSON Feed 1.1 (jsonfeed.org)."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from flask import Response, jsonify, render_template

from cms import clock

# XML 1.0, 2.2: all else may not stand in a document, not even as a reference.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMESPACE = uuid.UUID("6f0c5c1e-9f5b-4bb0-8a35-5a8d6d3f6c11")


@dataclass(frozen=True)
class Byline:
    """Who wrote it, and where their own page is."""

    name: str
    url: str = ""


@dataclass(frozen=True)
class Category:
    """A tag: ``term`` tells it apart within ``scheme``, the address of all of them."""

    label: str
    term: str
    scheme: str


@dataclass(frozen=True)
class Picture:
    """The picture of an entry."""

    url: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True)
class Entry:
    """A post or a comment on its way to feed readers; addresses are whole ones, those within ``html`` too."""

    id: str
    url: str
    title: str
    html: str
    published: datetime
    updated: datetime
    summary: str = ""
    language: str = ""  # where it is not that of the feed
    authors: Sequence[Byline] = ()
    categories: Sequence[Category] = ()
    picture: Picture | None = None


@dataclass(frozen=True)
class Feed:
    """A list of entries, newest first; ``author`` is named for those that name nobody."""

    title: str
    subtitle: str
    language: str
    author: str
    home_url: str
    self_url: str
    entries: Sequence[Entry]

    @property
    def updated(self) -> datetime:
        return max((entry.updated for entry in self.entries), default=clock.now())


def lasting_id(kind: str, number: int, created_at: datetime) -> str:
    """What tells an entry apart for good: neither its address nor the site's is part of it (RFC 4287, 4.2.6)."""
    return uuid.uuid5(NAMESPACE, f"{kind}:{number}:{created_at.isoformat()}").urn


def as_atom(feed: Feed) -> Response:
    return xml(render_template("feeds/atom.xml", feed=feed), "application/atom+xml")


def as_rss(feed: Feed) -> Response:
    return xml(render_template("feeds/rss.xml", feed=feed, rfc822=format_datetime), "application/rss+xml")


def xml(text: str, content_type: str) -> Response:
    return Response(NOT_XML.sub("", text), content_type=f"{content_type}; charset=utf-8")


def as_json(feed: Feed) -> Response:
    response = jsonify(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            **({"description": feed.subtitle} if feed.subtitle else {}),
            "home_page_url": feed.home_url,
            "feed_url": feed.self_url,
            "language": feed.language,
            "items": [as_item(entry) for entry in feed.entries],
        }
    )
    response.content_type = "application/feed+json; charset=utf-8"
    return response


def as_item(entry: Entry) -> dict[str, object]:
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary or None,
        "language": entry.language or None,
        "image": entry.picture.url if entry.picture is not None else None,
        "date_published": entry.published.isoformat(),
        "date_modified": entry.updated.isoformat(),
        "authors": [{"name": one.name, **({"url": one.url} if one.url else {})} for one in entry.authors],
        "tags": [one.label for one in entry.categories],
    }
    return {name: value for name, value in item.items() if value not in (None, [])}


FORMATS: dict[str, Callable[[Feed], Response]] = {"atom": as_atom, "rss": as_rss, "json": as_json}
