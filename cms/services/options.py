"""One setting of the site: what it is called, its default, and what it takes."""

from dataclasses import dataclass
from typing import Any

from cms import clock
from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext, marked, number
from cms.models import Media, Page
from cms.services import links
from cms.text import colours

# Kinds whose value is the id of a row, and what is said of one that cannot be shown.
ROWS: dict[str, tuple[Any, str]] = {
    "picture": (Media, marked("Choose a picture of the library.")),
    "page": (Page, marked("Choose a page that readers can see.")),
}


@dataclass(frozen=True)
class Option:
    """One setting: ``kind`` is text, long_text, whole_number, yes_no, choice, time_zone, colour, links (a text of
    them), picture, page (ids, or None) or theme (a name)."""

    name: str
    label: str
    default: Any
    help: str = ""
    kind: str = "text"
    group: str = marked("Site")
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0  # of a number; of the letters of a text
    most: int = 500

    def checked(self, value: Any) -> Any:
        """``value`` as it is stored. Raises InvalidChange naming the field."""
        if self.kind == "yes_no":
            return bool(value)
        if self.kind == "whole_number":
            try:
                whole = int(value)
            except (TypeError, ValueError):
                whole = self.least - 1
            if not self.least <= whole <= self.most:
                raise InvalidChange(
                    gettext("Choose a whole number from %(least)s to %(most)s.", least=self.least, most=self.most),
                    field=self.name,
                )
            return whole
        if self.kind in ROWS:
            return self._row_id(value)
        text = str(value or "").replace("\x00", "").strip()
        if self.kind == "choice" and text not in dict(self.choices):
            raise InvalidChange(gettext("Choose one of the list."), field=self.name)
        if self.kind == "time_zone" and text not in clock.time_zones():
            raise InvalidChange(gettext("Choose a time zone such as Europe/Berlin."), field=self.name)
        if self.kind == "colour" and text:
            colour = colours.as_hex(text)
            if colour is None:
                raise InvalidChange(gettext("Write a colour as # and six digits, such as #0b5d63."), field=self.name)
            return colour
        if len(text) < self.least:
            raise InvalidChange(gettext("Fill this in."), field=self.name)
        if len(text) > self.most:
            raise InvalidChange(
                gettext("At most %(most)s letters; these are %(these)s.", most=self.most, these=number(len(text))),
                field=self.name,
            )
        if self.kind == "links":
            links.read(text, field=self.name)
        return text

    def _row_id(self, value: Any) -> int | None:
        """The id of a picture or a page that can be shown; ``value`` is one, or None."""
        if value in (None, ""):
            return None
        model, words = ROWS[self.kind]
        row = db.session.get(model, int(value)) if str(value).isdigit() and len(str(value)) < 19 else None
        shown = row is not None and (row.is_public if isinstance(row, Page) else row.is_picture and not row.deleted_at)
        if not shown:
            raise InvalidChange(gettext(words), field=self.name)
        return int(value)
