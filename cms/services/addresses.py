"""The public addresses of things: the one place that knows their shape. The routes of ``cms.public`` match it."""

from cms.db import Base
from cms.models import Author, Page, Post, Series, Tag

PREFIX = {Post: "/posts/", Page: "/", Tag: "/tags/", Author: "/authors/", Series: "/series/"}

# Words that a page may not take as its slug, since something else stands there.
RESERVED = frozenset(
    {
        "posts", "tags", "authors", "series", "cards", "archive", "search", "comments", "feed", "feeds", "feed.atom",
        "feed.rss", "feed.json", "sitemap.xml", "sitemap-lists.xml", "robots.txt", "favicon.ico", "static", "fs-static",
        "media", "health", "admin", "setup", "api", "account", "login", "logout", "register", "confirm", "verify",
        "reset", "change", "us-signin", "wan-signin", "assets", "tf-setup", "tf-select", "tf-validate", "tf-rescue",
        "mf-recovery", "mf-recovery-codes",
    }
)  # fmt: skip


def path_of(thing: Base, slug: str | None = None) -> str:
    """The decoded path of a post, page, tag, author or series; ``slug`` in place of its own, for one it had."""
    return f"{PREFIX[type(thing)]}{slug if slug is not None else thing.slug}"


def path_of_comment(post: Post, number: int) -> str:
    """Where one comment is found, on whichever page of them it stands."""
    return f"{path_of(post)}/comments/{number}"


def path_of_comment_mail(token: str) -> str:
    """Where a mail about answers is confirmed or ended."""
    return f"/comments/mail/{token}"
