"""What people see when something is not there, not allowed or broken; old addresses lead on to new ones first."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError, NotFound
from werkzeug.urls import iri_to_uri

from cms.db import db
from cms.errors import CmsError, NotAllowed
from cms.language import gettext, marked, speaking
from cms.services import redirecting, site
from cms.services.speaking import without_asking

WORDS = {
    400: (marked("That did not arrive in one piece"), marked("Go back, reload the page and try again.")),
    401: (marked("Sign in first"), marked("This page is for people who are signed in.")),
    403: (marked("This is not open to you"), marked("If you think it should be, ask somebody who runs the site.")),
    404: (marked("There is nothing here"), marked("The address may be mistyped, or the page may have moved.")),
    405: (marked("That cannot be done here"), marked("Go back and use the links and buttons of the page.")),
    410: (marked("This is gone"), marked("It was here once and has been taken away.")),
    413: (
        marked("That is too much at once"),
        marked("Go back and send a smaller file or a shorter text. Nothing was saved."),
    ),
    429: (marked("That was a little too often"), marked("Wait a few minutes, then try again.")),
    500: (
        marked("Something broke on our side"),
        marked("Nothing you did. It has been noted; please try again in a moment."),
    ),
    503: (marked("Back in a moment"), marked("The site is busy or being worked on. Please try again shortly.")),
}
# Our own doors say these with words of their own.
SPEAKING = frozenset({403, 410, 429, 503})
# The database may be what is broken, or busy: these pages ask it nothing.
WITHOUT_DATABASE = frozenset({413, 429, 500, 503})
FORM_EXPIRED = (
    marked("This form has expired"),
    marked("Go back, reload the page, and send it again. What you typed may still be there."),
)


# Draws an error page that says these words; None when it has none for who asks.
Drawing = Callable[[dict[str, Any]], str | None]
DRAWINGS = "cms.error_pages"


def register_error_pages(app: Flask, *, inside: Mapping[str, Drawing]) -> None:
    """Answer errors with pages; ``inside`` says what draws them below which paths, such as /admin."""
    app.extensions[DRAWINGS] = inside
    app.register_error_handler(HTTPException, show)
    app.register_error_handler(CmsError, refuse)


def refuse(error: CmsError) -> Response:
    """What a service refused and no form could show beside a field."""
    kind = Forbidden if isinstance(error, NotAllowed) else BadRequest
    return page(kind(), WORDS[kind.code][0], str(error))


def show(error: HTTPException) -> Any:
    """The page of ``error``; of what it carries, when it was raised while another was handled."""
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, HTTPException):
        error = error.original_exception
    if isinstance(error, NotFound) and request.method in ("GET", "HEAD"):
        target = new_address(request.path)
        if target is not None:
            return redirect(iri_to_uri(target), 301)
    title, text = FORM_EXPIRED if isinstance(error, CSRFError) else WORDS.get(error.code or 500, WORDS[400])
    if error.code in SPEAKING and error.description and error.description != type(error).description:
        text = error.description
    return page(error, title, text)


def page(error: HTTPException, title: str, text: str) -> Response:
    code = error.code or 500
    about = request.environ.get("cms.request", {})
    words = {"code": code, "title": title, "text": text, "request_id": about.get("id", "")}
    if code in WITHOUT_DATABASE:
        with speaking(without_asking()):
            response = make_response(bare(words), code)
    else:
        response = make_response(dressed(words), code)
    for name, value in error.get_headers(request.environ):
        if name.lower() != "content-type":  # Allow, Retry-After
            response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response


def dressed(words: dict[str, Any]) -> str:
    """The page with a title and a menu round it; without them where the database cannot tell."""
    try:
        for path, draw in current_app.extensions[DRAWINGS].items():
            if f"{request.path}/".startswith(f"{path}/") and (drawn := draw(said(words))) is not None:
                return drawn
        return render_template("errors/error.html", **said(words))
    except DBAPIError:
        db.session.rollback()
        with speaking(without_asking()):
            return bare(words)


def bare(words: dict[str, Any]) -> str:
    """The page alone: it asks the database nothing."""
    return render_template("errors/bare.html", known=site.known(), **said(words))


def said(words: dict[str, Any]) -> dict[str, Any]:
    """``words`` in the language of the page; what a door said in its own words is in that already."""
    return {**words, "title": gettext(words["title"]), "text": gettext(words["text"])}


def new_address(path: str) -> str | None:
    """Where ``path`` leads now, with or without a slash at its end."""
    for known in (path, path.removesuffix("/") if path.endswith("/") else f"{path}/"):
        target = redirecting.target_of(known)
        if target is not None and target != path:
            return target
    shorter = path.removesuffix("/")
    # "//host" would lead to a stranger's site.
    if request.url_rule is None and shorter not in ("", path) and not shorter.startswith("//") and is_served(shorter):
        return quote(shorter)
    return None


def is_served(path: str) -> bool:
    """Whether a view of ours answers at ``path`` as it is."""
    try:
        current_app.create_url_adapter(request).match(path, method="GET")
    except HTTPException:
        return False
    return True
