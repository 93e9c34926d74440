"""What the palette offers beside records: acts, lists and their parts, settings and guides, as far as rights go."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from flask import current_app, url_for
from flask_login import current_user

from cms.admin import shell
from cms.admin.base import CmsModelView
from cms.admin.filters import Choice
from cms.admin.help import guides
from cms.admin.palette_records import Found, begins, rank
from cms.language import ENGLISH, code, gettext, lazy
from cms.services.settings import OPTIONS

ACTIONS, LISTS, PARTS = lazy("Actions"), lazy("Go to"), lazy("Lists")
SETTINGS, HELP, FURTHER = lazy("Settings"), lazy("Help"), lazy("Look further")
MOST_FURTHER = 4
# Other words that people type for a thing, by the address of its page.
ALSO = {
    "media": "upload picture image photo file",
    "user": "user account member invite",
    "setting": "option configuration preferences",
    "tag": "label topic",
    "series": "part chapter order",
    "own_comment": "answer reply reader",
    "mail": "mail e-mail",
    "audit": "history log",
    "": "home start overview",
}

Offered = tuple[Found, str]  # with other words that it is found by


def first() -> list[Found]:
    """What is offered before anything is typed: something new, and every list."""
    return [one for one, _ in (*_new(), *_lists())]


def matching(text: str) -> list[Found]:
    """Acts and pages that have a word beginning with each word of ``text``."""
    return _fitting(text, (*_new(), *_imports(), *_own(), *_lists()))


def finer(text: str) -> list[Found]:
    """The same within pages: parts of lists, settings, guides."""
    return _fitting(text, (*_parts(), *_settings(), *_guides()))


def further(text: str) -> list[Found]:
    """The lists that search more than the palette does, with the same text."""
    searched = [view for view in views() if isinstance(view, CmsModelView) and view.column_searchable_list]
    return [
        _line(
            FURTHER, gettext("Search all %(things)s", things=view.name.lower()), address=list_address(view, search=text)
        )
        for view in searched[:MOST_FURTHER]
    ]


def views() -> list[Any]:
    """The pages of the menu that this person may enter."""
    admin = current_app.extensions["admin"][0]
    return [view for view in admin._views if view.is_accessible() and view.is_visible()]


def list_address(view: Any, **narrowed: Any) -> str:
    """Where the list of ``view`` is, or its one page."""
    name = "index_view" if isinstance(view, CmsModelView) else "index"
    return view.get_url(f"{view.endpoint}.{name}", **narrowed)


def _fitting(text: str, offered: Iterable[Offered]) -> list[Found]:
    wanted = text.casefold().split()
    results = []
    for one, also in offered:
        words = f"{one.title} {one.hint} {also}".casefold().split()
        if all(begins(words, part) for part in wanted):
            results.append(replace(one, rank=rank(text, one.title)))
    return results


def _new() -> Iterator[Offered]:
    for view in _tables():
        if view.can_create:
            keys = "n" if view.address == "post" else ""
            address = view.get_url(f"{view.endpoint}.create_view")
            yield _line(ACTIONS, view.create_words, address=address, keys=keys), f"new add create write {_also(view)}"


def _imports() -> Iterator[Offered]:
    for view in _tables():
        endpoint = f"{view.endpoint}.import_view"
        if endpoint in current_app.view_functions and view.can_create:
            title = gettext("Import %(things)s", things=view.name.lower())
            yield _line(ACTIONS, title, address=view.get_url(endpoint)), "import csv upload"


def _own() -> Iterator[Offered]:
    """What everybody may do for themselves."""
    yield _line(ACTIONS, gettext("View site"), address=shell.site_address()), "view site open public blog"
    if account := shell.account_address():
        yield (
            _line(ACTIONS, gettext("Your account"), address=account),
            "your account profile password security language",
        )
    if "security.two_factor_setup" in current_app.view_functions:
        address = url_for("security.two_factor_setup")
        yield _line(ACTIONS, gettext("Your second factor"), address=address), "second two-factor 2fa totp"
    for theme, title, also in (
        ("light", gettext("Theme: light"), "bright"),
        ("dark", gettext("Theme: dark"), "night"),
        ("system", gettext("Theme: system"), "automatic"),
    ):
        yield _line(ACTIONS, title, act=f"theme:{theme}"), f"theme {theme} {also} colour color mode appearance"
    yield _line(ACTIONS, gettext("Keyboard shortcuts"), act="shortcuts", keys="?"), "keyboard shortcuts keys help"
    yield _line(ACTIONS, gettext("Sign out"), hint=current_user.email, act="sign-out"), "sign out log logout leave"


def _lists() -> Iterator[Offered]:
    for view in views():
        category = gettext(view.category) if view.category else ""
        yield _line(LISTS, str(view.name), hint=category, address=list_address(view), always=True), _also(view)


def _parts() -> Iterator[Offered]:
    """Lists narrowed by one choice: drafts, what is held, the trash."""
    for view in _tables():
        for narrowed in (one for one in view._filters or () if isinstance(one, Choice)):
            for value, label in narrowed.choices:
                address = list_address(view, **{narrowed.name: value})
                title = gettext("%(what)s: %(value)s", what=view.name, value=label.lower())
                yield _line(PARTS, title, address=address), f"{narrowed.label} {value if code() != ENGLISH else ''}"


def _settings() -> Iterator[Offered]:
    page = next((view for view in views() if view.endpoint == "admin_setting"), None)
    if page is not None:
        for name, option in OPTIONS.items():
            address = f"{list_address(page)}#{name}"
            hint = gettext(option.help)
            also = f"{gettext(option.group)} {option.label} setting"
            yield _line(SETTINGS, gettext(option.label), hint=hint, address=address), also


def _guides() -> Iterator[Offered]:
    page = next((view for view in views() if view.endpoint == "admin_help"), None)
    if page is not None:
        for guide in guides():
            yield _line(HELP, guide.title, address=page.get_url("admin_help.guide", guide_name=guide.name)), "guide"


def _tables() -> list[CmsModelView]:
    return [view for view in views() if isinstance(view, CmsModelView)]


def _line(kind: Any, title: str, **about: Any) -> Found:
    return Found(str(kind), title, **about)


def _also(view: Any) -> str:
    """What it is found by beside its name; on pages in another language by its address, which is English, too."""
    place = view.endpoint.removeprefix("admin").removeprefix("_")
    also = ALSO.get(place, "")
    return also if code() == ENGLISH else f"{place} {also}"
