"""What stands round every public page: settings and menu, read once for each version of the site."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g
from markupsafe import Markup
from sqlalchemy import or_, select

from cms import clock
from cms.db import db, is_any
from cms.models import Media, Page, Post, SeriesPart
from cms.services import addresses, links, media, settings, site_changes
from cms.services.links import Link
from cms.services.settings import SiteSettings
from cms.text import markdown

KNOWN = "cms.site"  # the extension that is the site as this process knows it
LAST = 1_000_000  # behind every place in the menu
LOGO_HEIGHT = 48  # pixels


@dataclass(frozen=True)
class MenuItem:
    """A page or a link in the menu."""

    title: str
    path: str


@dataclass(frozen=True)
class Logo:
    """The picture in place of the title, with its sides in pixels."""

    address: str
    width: int
    height: int


@dataclass(frozen=True)
class Site:
    """The site as of one version."""

    version: int
    settings: SiteSettings
    menu: tuple[MenuItem, ...]
    footer: Markup
    valid_until: datetime | None  # when what is in the menu comes or goes by the clock
    logo: Logo | None = None
    elsewhere: tuple[Link, ...] = ()
    has_series: bool = False  # whether readers find a post in one
    home: int | None = None  # the page at the address of the site, while readers may see it


def current() -> Site:
    """One query where nothing has changed since the last time in this process."""
    version, last = site_changes.version(), known()
    if last is not None and last.version == version and (last.valid_until is None or clock.now() < last.valid_until):
        return last
    site = of(settings.read(), version)
    current_app.extensions[KNOWN] = site
    return site


def known() -> Site | None:
    """The site as this process last saw it: for pages that ask the database nothing."""
    return current_app.extensions.get(KNOWN)


def of(chosen: SiteSettings, version: int = 0) -> Site:
    """The site with these settings: those it has, or in a preview those it would have."""
    has_series = is_any(select(SeriesPart.post_id).join(Post).where(Post.visible()))
    return Site(
        version=version,
        settings=chosen,
        menu=_menu(chosen),
        footer=markdown.render(chosen.footer),
        valid_until=_next_change(chosen.home, has_series=has_series),
        logo=_logo(chosen.logo),
        elsewhere=tuple(links.read(chosen.social_links, field="social_links")),
        has_series=has_series,
        home=_home(chosen.home),
    )


def here() -> Site:
    """The site as it is for this request: one query, however often it is asked for."""
    if "site" not in g:
        g.site = current()
    return g.site


def _menu(chosen: SiteSettings) -> tuple[MenuItem, ...]:
    """Pages and links by their places, a page before a link of the same; links without one come last."""
    placed = [
        (page.menu_position, 0, MenuItem(page.title, "/" if page.id == chosen.home else addresses.path_of(page)))
        for page in db.session.scalars(Page.in_menu())
    ]
    placed += [
        (link.place if link.place is not None else LAST, 1, MenuItem(link.label, link.address))
        for link in links.read(chosen.menu_links, field="menu_links")
    ]
    return tuple(item for _, _, item in sorted(placed, key=lambda one: one[:2]))


def _home(number: int | None) -> int | None:
    return db.session.scalar(select(Page.id).where(Page.id == number, Page.visible())) if number is not None else None


def _logo(number: int | None) -> Logo | None:
    picture = db.session.get(Media, number) if number is not None else None
    if picture is None or picture.deleted_at is not None or not picture.is_picture:
        return None
    height = min(picture.height, LOGO_HEIGHT)
    return Logo(media.url_of(picture), max(round(picture.width * height / picture.height), 1), height)


def _next_change(home: int | None, *, has_series: bool) -> datetime | None:
    """When the home page or one of the menu comes or goes by the clock, or the first part of the first series comes."""
    now = clock.now()
    told = or_(Page.menu_position.is_not(None), Page.id == home)
    comes = db.select(db.func.min(Page.listed_at)).where(told, Page.listed_at > now)
    goes = db.select(db.func.min(Page.unpublish_at)).where(told, Page.unpublish_at > now)
    awaited = [comes, goes]
    if not has_series:
        awaited.append(db.select(db.func.min(Post.listed_at)).join(SeriesPart).where(Post.listed_at > now))
    times = [time for query in awaited if (time := db.session.scalar(query)) is not None]
    return min(times, default=None)
