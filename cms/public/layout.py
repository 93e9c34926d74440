"""What every public page and error page has at hand: the site, dates in its zone, addresses of its files."""

import hashlib
import math
import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from markupsafe import Markup
from werkzeug.local import LocalProxy

from cms import clock
from cms.language import ENGLISH, code, gettext, is_spoken, marked, when
from cms.services import media, subscribing, translating
from cms.services.site import here
from cms.services.speaking import is_private
from cms.text import contents
from cms.text.excerpt import reading_minutes

# What cms/text/markdown_html.py writes into a text for those who hear it.
LABELS = (
    *(marked("Link to this section"), marked("Link to this section: %(of)s"), marked("Table"), marked("Done")),
    *(marked("Footnotes"), marked("Footnote %(of)s"), marked("Back to reference %(of)s"), marked("To do")),
)
# Languages that are written from right to left.
FROM_RIGHT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
# With what opens inside, where that is the text again.
_LABEL = re.compile(
    r'aria-label="(Link to this section|Footnotes?|Back to reference|Table|Done|To do)(?:(:? )([^"]*))?"'
    r"([^<>]*>\s*<(?:ol|table)\b)?"
)


def absolute(endpoint: str, **values: Any) -> str:
    """The whole address of a page, for what leaves the site: feeds, sitemap, canonical links."""
    return current_app.config["SITE_URL"] + url_for(endpoint, **values)


def day(time: datetime) -> str:
    """22 November 2026, in the site's time zone."""
    return when(time.astimezone(here().settings.zone), "whole day")


def day_and_time(time: datetime) -> str:
    """22 November 2026, 09:05 CET"""
    local = time.astimezone(here().settings.zone)
    return f"{when(local, 'whole day and time')} {local.tzname()}"


def minutes_left(time: datetime) -> int:
    """Until ``time``: of a page that shows it, the reader's own clock and zone are not known."""
    return max(1, math.ceil((time - clock.now()).total_seconds() / 60))


def month_name(month: int, year: int | None = None) -> str:
    """November, or November 2026."""
    return when(date(year or 2000, month, 1), "month" if year else "month alone")


def local_iso(time: datetime) -> str:
    """For ``datetime`` attributes: the exact moment, with the site's offset."""
    return time.astimezone(here().settings.zone).isoformat(timespec="seconds")


def spoken(html: Markup, language: str = "") -> Markup:
    """Rendered Markdown, written in ``language``, with what it says to those who hear it in the language of the page.

    It is kept in English. ``language`` is the site's where none is told.
    """
    text = str(written_in(language))
    if code() == ENGLISH and not text:
        return html
    said = f' lang="{words_language()}"' if text else ""

    def label(found: re.Match[str]) -> str:
        words, between, of, inside = found.groups()
        name = gettext(f"{words}{between}%(of)s", of=of) if of else gettext(words)
        return f'aria-label="{name}"{said}{inside + text if inside else ""}'

    return Markup(_LABEL.sub(label, html))  # noqa: S704 (it was clean, and stays so)


def page_language() -> str:
    """Of a public page what the site says; of an error in the admin what the person reads."""
    if is_private() and not g.get("as_readers_see_it"):
        return code()
    return str(here().settings.language)


def words_language() -> str:
    """What our own words are in round the texts of a site: its language, or English where we have none in that."""
    language = page_language()
    return language if is_spoken(language) else code()


def written_in(language: str = "") -> Markup:
    """The ``lang`` of what people wrote, in ``language`` or else that of the site; nothing where it is ours.

    Ours are the ground of a page, from its body on: what people wrote stands in far fewer places.
    """
    language = language or str(here().settings.language)
    return Markup("") if language == words_language() else Markup(' lang="{}"').format(language)


def page_direction() -> str:
    """Which way the page runs. Texts in other languages than that of the site run their own way by dir="auto"."""
    return "rtl" if page_language().lower().partition("-")[0] in FROM_RIGHT else "ltr"


def static_url(name: str) -> str:
    """The address of a file of ours, another one whenever its content is another."""
    return url_for("static", filename=name, v=_digest(Path(current_app.static_folder or "") / name))


@lru_cache(maxsize=64)
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def keep_static(response: Response) -> Response:
    """A file asked for by its digest never changes."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def register_layout(app: Flask) -> None:
    proxy = LocalProxy(here)
    app.context_processor(lambda: {"site": proxy})
    app.after_request(keep_static)
    for function in (absolute, page_language, page_direction, words_language, written_in, static_url, reading_minutes):
        app.add_template_global(function)
    app.add_template_global(media.url_of, "media_url")
    app.add_template_global(subscribing.is_offered, "mail_on_answers")
    app.add_template_global(contents.of, "sections_of")
    app.add_template_global(month_name)
    for function in (day, day_and_time, local_iso, minutes_left, spoken):
        app.add_template_filter(function)
    app.add_template_filter(translating.name_of, "language_name")
