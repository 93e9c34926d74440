"""Lists of posts: home, tags, authors and archive. A list loads no body and counts nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload, selectinload

from cms.db import db
from cms.language import gettext
from cms.models import Author, Page, Post, PostAuthor, PostTag, Tag
from cms.public import finding, keyset, months, structured
from cms.public.blueprint import bp
from cms.public.layout import absolute, here, month_name
from cms.public.posts import show_page
from cms.text import markdown
from cms.text.excerpt import excerpt

AMONG_NEWEST = 200  # where a featured post is looked for: one older than that has had its time
MOST_TAGS = 300
LONGEST_QUERY = 200
DESCRIPTION = 200  # letters of what is told of an author elsewhere


def for_list(query: Select[tuple[Post]]) -> Select[tuple[Post]]:
    """With what a line of a list shows."""
    return query.options(
        defer(Post.body),
        defer(Post.body_html),
        joinedload(Post.cover),
        selectinload(Post.authors),
        selectinload(Post.tags),
    )


def posts_of(query: Select[tuple[Post]], time: Any = Post.listed_at, number: Any = Post.id) -> keyset.Slice[Post]:
    """The part of ``query`` that this request asks for by ``?before=``."""
    bound = keyset.before(request.args.get("before"), time, number)
    return keyset.page(for_list(query), bound, size=here().settings.posts_per_page)


def posts_of_all(*conditions: Any, until: datetime | None = None) -> keyset.Slice[Post]:
    """The same part of all posts that ``conditions`` leave, none listed after ``until``."""
    place = keyset.read_place(request.args.get("before"))
    times = [time for time in (until, place[0] if place is not None else None) if time is not None]
    return posts_of(Post.published(min(times, default=None)).where(*conditions))


@bp.get("/")
def home() -> str:
    """The page that an admin chose for it, while readers may see that; else the newest posts."""
    chosen = here().home
    page = db.session.scalar(Page.published().where(Page.id == chosen)) if chosen is not None else None
    return show_page(page) if page is not None else newest("public.home")


@bp.get("/posts/")
def posts() -> ResponseReturnValue:
    """The newest posts, where a page stands in their place."""
    return newest("public.posts") if here().home is not None else redirect(url_for("public.home"), 302)


def newest(endpoint: str) -> str:
    """The newest posts, a featured one before them on the first page."""
    site = here()
    if keyset.read_place(request.args.get("before")) is None:
        featured, posts = front_page(site.settings.posts_per_page)
    else:
        featured, posts = None, posts_of_all()
    settings = site.settings
    about = settings.tagline or gettext("The newest posts of %(title)s.", title=settings.title)
    preview = structured.Preview("website", settings.title, about, absolute(endpoint))
    structure = structured.of_site()
    return render_template("public/home.html", featured=featured, posts=posts, shared_as=preview, structure=structure)


def front_page(size: int) -> tuple[Post | None, keyset.Slice[Post]]:
    """The newest featured post, else the newest, and the first page of the others. Two queries and what they load."""
    columns = (Post.id, Post.listed_at, Post.is_featured)
    newest = db.session.execute(Post.published().with_only_columns(*columns).limit(max(AMONG_NEWEST, size + 2))).all()
    first = next((row for row in newest[:AMONG_NEWEST] if row.is_featured), newest[0] if newest else None)
    others = [row for row in newest if row is not first]
    ids = [row.id for row in (first, *others[:size]) if row is not None]
    found = {post.id: post for post in db.session.scalars(for_list(Post.published().where(Post.id.in_(ids))))}
    posts: Sequence[Post] = [found[row.id] for row in others[:size]]
    last = others[size - 1] if len(others) > size else None
    onward = keyset.place(last.listed_at, last.id) if last is not None else None
    return found.get(first.id) if first is not None else None, keyset.Slice(posts, onward, True)


@bp.get("/tags/")
def tags() -> str:
    """The tags that readers find posts with, by name; the next part by ``?after=``."""
    after = request.args.get("after", "")[:LONGEST_QUERY]
    used = (
        select(PostTag.tag_id)
        .join(Post)
        .where(PostTag.tag_id == Tag.id, PostTag.listed_at.is_not(None), Post.visible())
    )
    query = select(Tag).where(used.exists(), Tag.slug > after).order_by(Tag.slug).limit(MOST_TAGS + 1)
    found = db.session.scalars(query).all()
    onward = found[MOST_TAGS - 1].slug if len(found) > MOST_TAGS else None
    return render_template("public/tags.html", tags=found[:MOST_TAGS], onward=onward, is_first=not after)


@bp.get("/tags/<slug>")
def tag(slug: str) -> str:
    """The published posts of one tag."""
    found = finding.at(Tag, slug)
    posts = posts_of(Post.published_with(found), PostTag.listed_at, PostTag.post_id)
    if not posts.items:
        finding.hide_if_secret(found)
    about = found.description or gettext("Posts with the tag “%(name)s”.", name=found.name)
    preview = structured.Preview("website", found.name, about, absolute("public.tag", slug=found.slug))
    structure = structured.of_list(found.name, preview.url, (gettext("Tags"), absolute("public.tags")))
    return render_template("public/tag.html", tag=found, posts=posts, shared_as=preview, structure=structure)


@bp.get("/authors/<slug>")
def author(slug: str) -> str:
    """The published posts of one author."""
    found = finding.at(Author, slug, joinedload(Author.picture))
    posts = posts_of(Post.published_by(found), PostAuthor.listed_at, PostAuthor.post_id)
    if not posts.items:
        finding.hide_if_secret(found)
    about = excerpt(markdown.plain(found.bio), DESCRIPTION) or gettext("Posts by %(name)s.", name=found.name)
    preview = structured.Preview(
        "profile",
        found.name,
        about,
        absolute("public.author", slug=found.slug),
        structured.shared_picture(found.picture),
    )
    structure = structured.of_author(found)
    return render_template("public/author.html", author=found, posts=posts, shared_as=preview, structure=structure)


@bp.get("/archive/")
def archive() -> str:
    """The months that have posts."""
    return render_template("public/archive.html", years=months.by_year(here().settings.zone))


@bp.get("/archive/<int:year>/")
@bp.get("/archive/<int:year>/<int(fixed_digits=2):month>/")
def period(year: int, month: int | None = None) -> str:
    """The posts of one year or month of the site's time zone; 404 where there are none."""
    span = months.span(year, month, here().settings.zone)
    if span is None:
        abort(404)
    begins, ends = span
    posts = posts_of_all(Post.listed_at >= begins, Post.listed_at < ends, until=ends)
    if not posts.items:
        abort(404)
    name = month_name(month, year) if month else str(year)
    about = gettext("Posts of %(time)s.", time=name)
    preview = structured.Preview("website", name, about, absolute("public.period", year=year, month=month))
    whole_year = [(str(year), absolute("public.period", year=year))] if month else []
    structure = structured.of_list(name, preview.url, (gettext("Archive"), absolute("public.archive")), *whole_year)
    return render_template(
        "public/period.html", year=year, month=month, name=name, posts=posts, shared_as=preview, structure=structure
    )
