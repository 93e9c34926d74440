"""What is not there or not allowed, said inside the admin: with its menu round it, for whoever may enter."""

from typing import Any

from flask import current_app, g, request

from cms.admin.door import may

ANYWHERE = "admin_search"  # the page that has no line in the menu


def draw(words: dict[str, Any]) -> str | None:
    """The page that says ``words``; None for strangers, who are told as readers are."""
    if not may("admin.enter"):
        return None
    (admin,) = current_app.extensions["admin"]
    views = {view.endpoint: view for view in admin._views if view.is_accessible()}
    g.has_scripts = True  # though no endpoint may have been found
    return views.get(request.blueprint, views[ANYWHERE]).render("admin/error.html", **words)
