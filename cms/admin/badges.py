"""States as a dot and a word, the same everywhere in the admin."""

from typing import Any

from markupsafe import Markup

from cms.admin import words
from cms.language import gettext

MEANINGS = {
    "published": "good",
    "active": "good",
    "approved": "good",
    "sent": "good",
    "done": "good",
    "scheduled": "info",
    "running": "info",
    "held": "warn",
    "waiting": "warn",
    "expired": "warn",
    "stopped": "warn",
    "failed": "bad",
    "spam": "bad",
    "trashed": "bad",
}


def badge(state: str) -> Markup:
    """The badge of one state."""
    word = gettext("In the trash") if state == "trashed" else words.said(state)
    return Markup('<span class="badge badge-{}">{}</span>').format(MEANINGS.get(state, "plain"), word)


def state_badge(view: Any, context: Any, row: Any, name: str) -> Markup:
    """A column formatter for rows with a ``state``."""
    return badge(row.state)
