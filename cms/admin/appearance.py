"""How the admin looks to one person: light or dark, roomy or dense. Kept in cookies, so that no page flashes."""

from flask import Response, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.helpers import get_redirect_target

from cms.admin.door import CmsView
from cms.language import lazy
from cms.transactions import starts_reading

# What there is to choose, its default first. The default keeps no cookie.
CHOICES = {
    "theme": ("system", "light", "dark"),
    "density": ("comfortable", "compact"),
    "writing": ("write", "side"),  # the text alone, or the preview beside it
}
A_YEAR_SECONDS = 365 * 24 * 3600


class AppearanceView(CmsView):
    """Takes a choice; the choices themselves stand in the menu of the person."""

    title = lazy("Appearance")
    address = "appearance"

    def is_visible(self) -> bool:
        return False

    @starts_reading
    @expose("/", methods=("POST",))
    def index(self) -> ResponseReturnValue:
        """Remembers what was chosen and leads back."""
        chosen = {name: request.form[name] for name in CHOICES if name in request.form}
        if not chosen or any(value not in CHOICES[name] for name, value in chosen.items()):
            abort(400)
        response = redirect(get_redirect_target("url") or url_for("admin.index"))
        for name, value in chosen.items():
            keep(response, name, value)
        return response


def keep(response: Response, name: str, value: str) -> None:
    """Have the browser send this choice with each page."""
    if value == CHOICES[name][0]:
        response.delete_cookie(name)
        return
    secure = current_app.config["SITE_URL"].startswith("https://")
    response.set_cookie(name, value, max_age=A_YEAR_SECONDS, secure=secure, httponly=True, samesite="Lax")


def chosen(name: str) -> str:
    """What this browser's person chose: for ``data-theme`` and ``data-density``; else the default."""
    value = request.cookies.get(name, "")
    return value if value in CHOICES[name] else CHOICES[name][0]
