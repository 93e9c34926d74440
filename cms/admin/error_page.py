"""What is not there or not allowed, said inside the admin: with its menu round it, for whoever may enter."""

from typing import Any

from flask import current_app, g, request

from cms.admin.door import may


def draw(words: dict[str, Any]) -> str | None:
    """The page that says ``words``; None for strangers, who are told as readers are."""
    if not may("admin.enter"):
        return None
    (admin,) = current_app.extensions["admin"]
    here = (view for view in admin._views if view.blueprint.name == request.blueprint and view.is_accessible())
    g.has_scripts = True  # though no endpoint may have been found
    return next(here, admin.index_view).render("admin/error.html", **words)
