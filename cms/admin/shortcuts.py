"""The keys that do something on every page of the admin, for the sheet that lists them and the script that obeys."""

from collections.abc import Iterator
from dataclasses import dataclass

from cms.admin.palette_actions import list_address, views
from cms.language import gettext

# Pressed after g: the letter and the page it leads to.
PLACES = (
    ("d", "admin"),
    ("p", "admin_post"),
    ("c", "admin_comment"),
    ("c", "admin_own_comment"),  # nobody has both in their menu
    ("t", "admin_tag"),
    ("m", "admin_media"),
)


@dataclass(frozen=True)
class Shortcut:
    """``keys`` as a script reads them: "n", "g p", "Control+s". One with an ``address`` goes there."""

    name: str
    keys: str
    words: str
    address: str = ""

    @property
    def shown(self) -> list[str]:
        """Each key as it is printed on a keyboard."""
        parts = self.keys.split("+") if "+" in self.keys else self.keys.split()
        return [{"Control": "Ctrl"}.get(part, part.upper() if "+" in self.keys else part) for part in parts]


@dataclass(frozen=True)
class Sheet:
    """Shortcuts that belong together."""

    name: str
    shortcuts: list[Shortcut]


def sheets() -> list[Sheet]:
    """All shortcuts that lead this person somewhere they may go."""
    writing = [
        *_new_post(),
        Shortcut("save", "Control+s", gettext("Save the form")),
        Shortcut("preview", "p", gettext("Preview the post or page")),
    ]
    finding = [
        Shortcut("palette", "Control+k", gettext("Find anything, do anything")),
        Shortcut("search", "/", gettext("Search")),
        Shortcut("sheet", "?", gettext("Show these shortcuts")),
    ]
    return [
        Sheet(gettext("Write"), writing),
        Sheet(gettext("Find"), finding),
        Sheet(gettext("Go to"), list(_places())),
    ]


def _new_post() -> Iterator[Shortcut]:
    for view in views():
        if view.endpoint == "admin_post" and view.can_create:
            yield Shortcut("new", "n", gettext("New post"), view.get_url("admin_post.create_view"))


def _places() -> Iterator[Shortcut]:
    open_to_them = {view.endpoint: view for view in views()}
    for letter, endpoint in PLACES:
        if endpoint in open_to_them:
            view = open_to_them[endpoint]
            yield Shortcut(f"go-{letter}", f"g {letter}", view.name, list_address(view))
