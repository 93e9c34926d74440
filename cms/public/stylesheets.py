"""The style sheet of a theme. Its address says all that it holds, so that no browser asks for the same twice."""

from typing import Any

from flask import Response, abort, request, url_for

from cms.errors import InvalidChange
from cms.public.blueprint import bp
from cms.services import site
from cms.services.theming import stylesheets, themes, wearing
from cms.services.theming.themes import Theme
from cms.text import colours

A_YEAR_SECONDS = 31_536_000


@bp.get("/assets/theme/<name>.css")
def stylesheet(name: str) -> Response:
    """The styles of a theme with the accents that the address asks for."""
    accents = {scheme: request.args.get(scheme, "") for scheme in colours.SCHEMES}
    if any(colour and colours.as_hex(f"#{colour}") != f"#{colour}" for colour in accents.values()):
        abort(404)
    try:
        made = stylesheets.of(themes.get(name), {scheme: f"#{colour}" for scheme, colour in accents.items() if colour})
    except (InvalidChange, OSError):
        abort(404)
    is_zipped = "gzip" in request.accept_encodings
    response = Response(made.zipped if is_zipped else made.text, content_type="text/css; charset=utf-8")
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    # A page of another release may ask for what this one does not have: nobody keeps that.
    is_it = request.args.get("v") == made.digest
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable" if is_it else "no-cache"
    return response


def address() -> str:
    """Of the style sheet of the theme that this page wears."""
    return _address(wearing.worn(), stylesheets.accents_of(site.here().settings))


def known_address() -> str:
    """The same as this process last knew it, or of ours without anybody's colours: it asks the database nothing."""
    known = site.known()
    try:
        if known is not None:
            return _address(themes.get(known.settings.theme), stylesheets.accents_of(known.settings))
    except (InvalidChange, OSError):
        pass  # a theme that is broken is no reason to show nothing
    return _address(themes.default(), {})


def _address(theme: Theme, accents: dict[str, str]) -> str:
    values: dict[str, Any] = {scheme: colour.removeprefix("#") for scheme, colour in accents.items()}
    return url_for("public.stylesheet", name=theme.name, **values, v=stylesheets.of(theme, accents).digest)
