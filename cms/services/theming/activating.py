"""Changing what a site looks like: the one way in for the admin's form and the command line."""

from collections.abc import Mapping
from typing import Any

from cms.errors import InvalidChange
from cms.language import gettext, ngettext
from cms.models import User
from cms.services import settings
from cms.services.theming import checking

SHOWN = 3


def change(values: Mapping[str, Any], *, by: User | None) -> None:
    """Change these settings; another theme only when nothing is missing. Raises NotAllowed, InvalidChange."""
    complete(values)
    settings.change(values, by=by)


def complete(values: Mapping[str, Any]) -> None:
    """Raises InvalidChange where ``values`` choose a theme that is not complete. Renders every page of another one."""
    name = values.get("theme")
    if name is None or name == settings.read().theme:
        return
    problems = checking.problems(name)
    if problems:
        more = len(problems) - SHOWN
        words = " ".join(problems[:SHOWN])
        if more > 0:
            words += " " + ngettext("And %(num)s more.", "And %(num)s more.", more)
        raise InvalidChange(gettext("This theme is not complete: %(problems)s", problems=words), field="theme")
