"""A draft as the public templates read a post or a page: a copy of its newest text, which no session knows.

It is shown whole, with a bar above it, once it is saved; and while it is typed, beside the form, its text alone.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

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
    bar = Markup(render_template("admin/draft_bar.html", row=row, edit_url=edit_url, list_url=list_url))  # noqa: S704
    return _page(template, draft_of(type(row), snapshots.snapshot(row)), draft_bar=bar)


def answer_typed(template: str, model: type[Post] | type[Page], text: Mapping[str, Any]) -> Response:
    """The same of what stands in a form, as a snapshot, without a bar; no copy of it is left anywhere."""
    response = _page(template, draft_of(model, text))
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(template: str, draft: SimpleNamespace, **values: Any) -> Response:
    g.as_readers_see_it = True  # no script, and pictures from elsewhere as on the site itself
    with speaking(nearest(site.here().settings.language)):
        return make_response(render_template(template, post=draft, page=draft, **values))


def draft_of(model: type[Post] | type[Page], text: Mapping[str, Any]) -> SimpleNamespace:
    """What readers would get if ``text``, a snapshot, were published now."""
    draft = SimpleNamespace(
        **{
            **text,
            "title": text["title"] or "Untitled",
            "body_html": markdown.render(text["body"], raw_html=text["raw_html"]),
            "listed_at": snapshots.when(text["published_at"]) or clock.now(),
        }
    )
    if model is Post:
        draft.word_count = word_count(markdown.plain(text["body"]))
        draft.cover = db.session.get(Media, text["cover_id"]) if text["cover_id"] else None
        draft.authors = _authors(text["authors"])
        draft.tags = sorted((Tag(name=name, slug=Tag.slug_of(name)) for name in text["tags"]), key=lambda tag: tag.slug)
    return draft


def _authors(ids: list[int]) -> list[Author]:
    query = select(Author).where(Author.id.in_(ids)).options(joinedload(Author.picture))
    found = {author.id: author for author in db.session.scalars(query)} if ids else {}
    return [found[number] for number in ids if number in found]
