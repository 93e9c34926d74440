"""The site as readers would see it with other settings: pages of the real views, and nothing is stored."""

import re
from typing import Any

from flask import Response, current_app, g, make_response, render_template, url_for
from sqlalchemy import Select
from werkzeug.exceptions import HTTPException

from cms.db import db
from cms.language import lazy, nearest, speaking
from cms.models import Page, Post, PostTag, Tag
from cms.services import site
from cms.services.settings import SiteSettings
from cms.services.theming import wearing
from cms.services.theming.wearing import told

SHOWN = {
    "home": (lazy("Home"), "public.home"),
    "post": (lazy("A post"), "public.post"),
    "page": (lazy("A page"), "public.page"),
    "tag": (lazy("A tag"), "public.tag"),
    "archive": (lazy("Archive"), "public.archive"),
    "search": (lazy("Search"), "public.search"),
}
# Where the page begins: behind the link that skips to its text, which stays the first.
_BODY = re.compile(r"<body[^>]*>(?:\s*<a [^>]*href=\"#main\"[^>]*>[^<]*</a>)?")


def answer(new: SiteSettings, chosen: dict[str, Any], *, page: str, back: str) -> Response:
    """The public page ``page`` (of ``SHOWN``) with the settings ``new``; the bar above it leads to the others.

    ``chosen`` are the values that a form held: the bar sends them again.
    """
    places = addresses()
    page = page if page in places else "home"
    bar = render_template(
        "admin/setting/bar.html",
        pages=[(name, SHOWN[name][0]) for name in places],
        page=page,
        chosen={name: "" if value is None else value for name, value in chosen.items() if value is not False},
        theme=wearing.or_default(new.theme),
        back=back,
    )
    html = as_readers_see_it(new, *places[page])
    g.as_readers_see_it = True  # no script, and pictures from elsewhere as on the site itself
    response = make_response(_BODY.sub(lambda found: found[0] + bar, html, count=1))
    response.headers["Cache-Control"] = "no-store"
    return response


def as_readers_see_it(new: SiteSettings, endpoint: str, values: dict[str, Any]) -> str:
    """The page of a public view, under other settings."""
    with (
        current_app.test_request_context(url_for(endpoint, **values)),
        told(site=site.of(new), theme=wearing.or_default(new.theme), as_readers_see_it=True),
        speaking(nearest(new.language)),
    ):
        try:
            made = make_response(current_app.view_functions[endpoint](**values))
        except HTTPException as error:
            made = current_app.make_response(current_app.handle_http_exception(error))
        return made.get_data(as_text=True)


def addresses() -> dict[str, tuple[str, dict[str, Any]]]:
    """Which pages of ``SHOWN`` there are, each with its view and what that is told."""
    tags: Select[Any] = db.select(Tag.slug).join(PostTag).where(PostTag.listed_at.is_not(None))
    rows = {"post": Post.published().with_only_columns(Post.slug), "tag": tags}
    rows["page"] = Page.published().with_only_columns(Page.slug)
    slugs = {name: db.session.scalar(query.limit(1)) for name, query in rows.items()}
    return {
        name: (endpoint, {"slug": slugs[name]} if name in rows else {})
        for name, (_, endpoint) in SHOWN.items()
        if slugs.get(name, True)
    }
