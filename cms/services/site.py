"""What stands round every public page: settings and menu, read once for each version of the site."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g
from markupsafe import Markup

from cms import clock
from cms.db import db
from cms.models import Page
from cms.services import addresses, settings, site_changes
from cms.services.settings import SiteSettings
from cms.text import markdown

KNOWN = "cms.site"  # the extension that is the site as this process knows it


@dataclass(frozen=True)
class MenuItem:
    """A page in the menu."""

    title: str
    path: str


@dataclass(frozen=True)
class Site:
    """The site as of one version."""

    version: int
    settings: SiteSettings
    menu: tuple[MenuItem, ...]
    footer: Markup
    valid_until: datetime | None  # when a page of the menu comes or goes by the clock


def current() -> Site:
    """One query where nothing has changed since the last time in this process."""
    version = site_changes.version()
    known: Site | None = current_app.extensions.get(KNOWN)
    if (
        known is not None
        and known.version == version
        and (known.valid_until is None or clock.now() < known.valid_until)
    ):
        return known
    chosen = settings.read()
    site = Site(
        version=version,
        settings=chosen,
        menu=tuple(MenuItem(page.title, addresses.path_of(page)) for page in db.session.scalars(Page.in_menu())),
        footer=markdown.render(chosen.footer),
        valid_until=_next_change(),
    )
    current_app.extensions[KNOWN] = site
    return site


def here() -> Site:
    """The site as it is for this request: one query, however often it is asked for."""
    if "site" not in g:
        g.site = current()
    return g.site


def _next_change() -> datetime | None:
    now = clock.now()
    comes = db.select(db.func.min(Page.listed_at)).where(Page.menu_position.is_not(None), Page.listed_at > now)
    goes = db.select(db.func.min(Page.unpublish_at)).where(Page.menu_position.is_not(None), Page.unpublish_at > now)
    times = [time for time in (db.session.scalar(comes), db.session.scalar(goes)) if time is not None]
    return min(times, default=None)
