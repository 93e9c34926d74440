"""Feeds of the site, a tag, an author, a series, and of comments, with the whole text: each as Atom, RSS and JSON."""

from collections.abc import Callable

from flask import Response, current_app
from sqlalchemy import Select
from sqlalchemy.orm import defer, joinedload, selectinload

from cms.db import db
from cms.language import gettext
from cms.models import Author, Comment, Post, Series, Tag
from cms.public import finding
from cms.public.absolute_links import absolute as absolute_links
from cms.public.blueprint import bp
from cms.public.feed_formats import FORMATS, Byline, Category, Entry, Feed, Picture, lasting_id
from cms.public.layout import absolute, here
from cms.services import media

FORM = f"<any({', '.join(FORMATS)}):form>"
MOST_COMMENTS = 50


def entry_of(post: Post) -> Entry:
    url = absolute("public.post", slug=post.slug)
    return Entry(
        id=lasting_id("post", post.id, post.created_at),
        url=url,
        title=post.title,
        html=absolute_links(str(post.body_html), url),
        published=post.listed_at,
        # When readers last saw it change; a scheduled post changes when it appears.
        updated=max(post.updated_at, post.listed_at),
        summary=post.excerpt,
        language=post.language,
        authors=[Byline(author.name, absolute("public.author", slug=author.slug)) for author in post.authors],
        categories=[Category(tag.name, tag.slug, absolute("public.tags")) for tag in post.tags],
        picture=Picture(
            current_app.config["SITE_URL"] + media.url_of(post.cover), post.cover.content_type, post.cover.size_bytes
        )
        if post.cover is not None
        else None,
    )


def entry_of_comment(comment: Comment) -> Entry:
    url = absolute("public.post", slug=comment.post.slug)
    return Entry(
        id=lasting_id("comment", comment.id, comment.created_at),
        url=absolute("public.comment", slug=comment.post.slug, number=comment.id),
        title=gettext("%(name)s on “%(title)s”", name=comment.name, title=comment.post.title),
        html=absolute_links(str(comment.body_html), url),
        published=comment.created_at,
        updated=comment.created_at,
        authors=[Byline(comment.name)],
    )


def newest(query: Select[tuple[Post]]) -> list[Entry]:
    loaded = query.options(
        defer(Post.body), joinedload(Post.cover), selectinload(Post.authors), selectinload(Post.tags)
    )
    posts = db.session.scalars(loaded.limit(here().settings.posts_per_page)).unique()
    return [entry_of(post) for post in posts]


def newest_comments(query: Select[tuple[Comment]]) -> list[Entry]:
    """The last ones of ``query`` under posts that readers may see."""
    shown = query.join(Comment.post).where(Post.visible()).order_by(None)
    loaded = shown.options(joinedload(Comment.post).load_only(Post.slug, Post.title))
    order = (Comment.created_at.desc(), Comment.id.desc())
    return [entry_of_comment(comment) for comment in db.session.scalars(loaded.order_by(*order).limit(MOST_COMMENTS))]


def answer(form: str, title: str, subtitle: str, home_url: str, self_url: str, entries: list[Entry]) -> Response:
    """The feed in the form asked for; ``title`` before that of the site."""
    settings = here().settings
    whole = f"{title} · {settings.title}" if title else settings.title
    write: Callable[[Feed], Response] = FORMATS[form]
    return write(Feed(whole, subtitle, settings.language, settings.title, home_url, self_url, entries))


@bp.get(f"/feed.{FORM}")
def feed(form: str) -> Response:
    """The newest posts."""
    address = absolute("public.feed", form=form)
    return answer(form, "", here().settings.tagline, absolute("public.home"), address, newest(Post.published()))


@bp.get(f"/tags/<slug>/feed.{FORM}")
def tag_feed(slug: str, form: str) -> Response:
    """The newest posts of one tag."""
    tag = finding.at(Tag, slug)
    entries = newest(Post.published_with(tag))
    if not entries:
        finding.hide_if_secret(tag)
    home, address = absolute("public.tag", slug=tag.slug), absolute("public.tag_feed", slug=tag.slug, form=form)
    return answer(form, tag.name, tag.description, home, address, entries)


@bp.get(f"/authors/<slug>/feed.{FORM}")
def author_feed(slug: str, form: str) -> Response:
    """The newest posts of one author."""
    author = finding.at(Author, slug)
    entries = newest(Post.published_by(author))
    if not entries:
        finding.hide_if_secret(author)
    home = absolute("public.author", slug=author.slug)
    return answer(form, author.name, "", home, absolute("public.author_feed", slug=author.slug, form=form), entries)


@bp.get(f"/series/<slug>/feed.{FORM}")
def series_feed(slug: str, form: str) -> Response:
    """The newest posts of one series."""
    series = finding.at(Series, slug)
    # Sorted, not read along an index: a series has few parts.
    query = Post.published_in(series).order_by(None).order_by(Post.listed_at.desc(), Post.id.desc())
    entries = newest(query)
    if not entries:
        finding.hide_if_secret(series)
    home = absolute("public.series", slug=series.slug)
    address = absolute("public.series_feed", slug=series.slug, form=form)
    return answer(form, series.title, series.description, home, address, entries)


@bp.get(f"/comments/feed.{FORM}")
def comments_feed(form: str) -> Response:
    """The newest comments of the site."""
    address = absolute("public.comments_feed", form=form)
    return answer(form, gettext("Comments"), "", absolute("public.home"), address, newest_comments(Comment.shown()))


@bp.get(f"/posts/<slug>/comments/feed.{FORM}")
def post_comments_feed(slug: str, form: str) -> Response:
    """The newest comments on one post."""
    post = finding.public(Post, slug, defer(Post.body), defer(Post.body_html))
    entries = newest_comments(Comment.shown().where(Comment.post_id == post.id))
    home = absolute("public.post", slug=post.slug)
    address = absolute("public.post_comments_feed", slug=post.slug, form=form)
    return answer(form, gettext("Comments on “%(title)s”", title=post.title), "", home, address, entries)
