"""A draft as the public templates read a post or a page: a copy of its newest text, which no session knows."""

from types import SimpleNamespace

from flask import Response, g, make_response, render_template
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from cms import clock
from cms.db import db
from cms.language import nearest, speaking
from cms.models import Author, Media, Page, Post, Tag
from cms.services import site, snapshots
from cms.text import markdown
from cms.text.excerpt import word_count


def answer(template: str, row: Post | Page, *, edit_url: str | None, list_url: str) -> Response:
    """``template``, a public one with a bar above it, filled with the newest text of ``row``."""
    g.as_readers_see_it = True  # no script, and pictures from elsewhere as on the site itself
    draft = draft_of(row)
    bar = Markup(render_template("admin/draft_bar.html", row=row, edit_url=edit_url, list_url=list_url))  # noqa: S704
    with speaking(nearest(site.here().settings.language)):
        return make_response(render_template(template, post=draft, page=draft, draft_bar=bar))


def draft_of(row: Post | Page) -> SimpleNamespace:
    """What readers would get if ``row`` were published now."""
    text = snapshots.snapshot(row)
    draft = SimpleNamespace(
        **{
            **text,
            "title": text["title"] or "Untitled",
            "body_html": markdown.render(text["body"], raw_html=text["raw_html"]),
            "listed_at": snapshots.when(text["published_at"]) or clock.now(),
        }
    )
    if isinstance(row, Post):
        draft.word_count = word_count(markdown.plain(text["body"]))
        draft.cover = db.session.get(Media, text["cover_id"]) if text["cover_id"] else None
        draft.authors = _authors(text["authors"])
        draft.tags = sorted((Tag(name=name, slug=Tag.slug_of(name)) for name in text["tags"]), key=lambda tag: tag.slug)
    return draft


def _authors(ids: list[int]) -> list[Author]:
    query = select(Author).where(Author.id.in_(ids)).options(joinedload(Author.picture))
    found = {author.id: author for author in db.session.scalars(query)} if ids else {}
    return [found[number] for number in ids if number in found]
