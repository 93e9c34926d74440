"""What stands round every page of the admin: the site's name and the ways out of it."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from cms.language import gettext
from cms.services import site


@dataclass(frozen=True)
class Shell:
    """For templates: ``shell.site_title``."""

    site_title: str
    site_address: str
    account_address: str | None
    leave_address: str | None


def current() -> Shell:
    return Shell(
        site_title=site.current().settings.title,
        site_address=site_address(),
        account_address=account_address(),
        leave_address=_first("security.logout"),
    )


def site_address() -> str:
    return _first("public.home") or "/"


def account_address() -> str | None:
    """Where people change what is theirs."""
    return _first("admin_account.index")


LISTS = ("index_view", "index", "views_view")  # the last when a name for a view of the list was refused


def trail(view: Any) -> list[tuple[str, str]]:
    """What stands above this page: names and addresses from the dashboard down; nothing above the dashboard."""
    if view.endpoint == "admin":
        return []
    above = [(gettext("Dashboard"), url_for("admin.index"))]
    shows_list = request.endpoint in {f"{view.endpoint}.{name}" for name in LISTS}
    for name in ("index_view", "index"):
        endpoint = f"{view.endpoint}.{name}"
        if endpoint in current_app.view_functions and not shows_list and view.is_visible():
            return [*above, (view.name, url_for(endpoint))]
    return above


def _first(*endpoints: str) -> str | None:
    return next((url_for(name) for name in endpoints if name in current_app.view_functions), None)
