"""What every public page and error page has at hand: the site, dates in its zone, addresses of its files."""

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request, url_for
from werkzeug.local import LocalProxy

from cms.services import media, site
from cms.text import contents
from cms.text.excerpt import reading_minutes

# strftime would follow the machine's locale.
MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


def here() -> site.Site:
    """The site as it is for this request: one query, however often it is asked for."""
    if "site" not in g:
        g.site = site.current()
    return g.site


def absolute(endpoint: str, **values: Any) -> str:
    """The whole address of a page, for what leaves the site: feeds, sitemap, canonical links."""
    return current_app.config["SITE_URL"] + url_for(endpoint, **values)


def day(time: datetime) -> str:
    """22 November 2026, in the site's time zone."""
    local = time.astimezone(here().settings.zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def day_and_time(time: datetime) -> str:
    """22 November 2026, 09:05 CET"""
    local = time.astimezone(here().settings.zone)
    return f"{day(time)}, {local:%H:%M} {local.tzname()}"


def local_iso(time: datetime) -> str:
    """For ``datetime`` attributes: the exact moment, with the site's offset."""
    return time.astimezone(here().settings.zone).isoformat(timespec="seconds")


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
    for function in (absolute, static_url, reading_minutes):
        app.add_template_global(function)
    app.add_template_global(media.url_of, "media_url")
    app.add_template_global(contents.of, "sections_of")
    app.add_template_global(MONTHS, "MONTHS")
    for function in (day, day_and_time, local_iso):
        app.add_template_filter(function)
