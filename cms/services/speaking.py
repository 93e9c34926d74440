"""Which language a page is in: that of the person in the admin, that of the site where readers are."""

from pathlib import Path
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, refresh
from flask_login import current_user

from cms import language
from cms.language import CHINESE, ENGLISH, LOCALES
from cms.services import site

CATALOGS = Path(__file__).resolve().parent.parent / "translations"
PRIVATE = ("/admin/", "/setup/")


def is_private() -> bool:
    """Whether this request is for those who work here, each in their own language."""
    return request.blueprint == "security" or f"{request.path}/".startswith(PRIVATE)


def chosen() -> str:
    """The code of the language of this request: English where there is none, as at the command line.

    Public pages are the same for everybody: they are kept in caches.
    """
    if not has_request_context():
        return ENGLISH
    if is_private():
        return of_person(current_user)
    return language.nearest(site.here().settings.language)


def of_person(person: Any) -> str:
    """What they chose, else what their browser asks for."""
    return _of_choice(getattr(person, "language", ""))


def _of_choice(code: str) -> str:
    if code in LOCALES:
        return code
    return CHINESE if has_request_context() and request.accept_languages.best_match(("en", "zh")) == "zh" else ENGLISH


def without_asking() -> str:
    """The same as far as this process knows it: for pages about a database that does not answer."""
    if is_private():
        person = g.get("_login_user")
        return _of_choice(vars(person).get("language", "") if person is not None else "")  # not loaded: not asked for
    known = site.known()
    return language.nearest(known.settings.language) if known is not None else ENGLISH


def switch(person: Any) -> None:
    """Go on in the language that this person has just chosen."""
    if has_request_context() and person == current_user:
        refresh()
        language.forget()


def register_languages(app: Flask) -> None:
    """Catalogs are read once a process, when the first page wants them."""
    Babel(
        app,
        default_translation_directories=str(CATALOGS),
        locale_selector=lambda: LOCALES[chosen()],
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: language.spoken().texts.gettext(text),
        lambda one, many, count: language.spoken().texts.ngettext(one, many, count),
        newstyle=True,
        pgettext=language.pgettext,
    )
    app.add_template_global(language.code, "language_code")
    app.add_template_filter(language.number, "number")
    app.add_template_filter(language.when, "when")
