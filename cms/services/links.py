"""Links as admins write them, one a line: words, a bar, an address; in a menu perhaps a further bar and a place."""

import re
from dataclasses import dataclass

from cms.errors import InvalidChange
from cms.language import gettext

MOST = 30
LONGEST_LABEL = 80
# A path of this site, or a whole address.
ADDRESS = re.compile(r"(/(?!/)|#|https?://[^/\s]+|mailto:)\S*", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """One of them; ``place`` is None where none is told."""

    label: str
    address: str
    place: int | None = None


def checked_whole(address: str, *, field: str) -> str:
    """``address``, which is a whole one or empty. Raises InvalidChange naming ``field``."""
    if address and not address.startswith(("https://", "http://")):
        raise InvalidChange(gettext("Give the whole address, from https:// on."), field=field)
    return address


def read(text: str, *, field: str) -> list[Link]:
    """The links of ``text`` in their order. Raises InvalidChange naming ``field`` and the line."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        label, address, place = (*(part.strip() for part in line.split("|")), "", "")[:3]
        problem = _problem(label, address, place, line.count("|"))
        if problem:
            raise InvalidChange(gettext("Line %(number)s: %(problem)s", number=number, problem=problem), field=field)
        found.append(Link(label, address, int(place) if place else None))
    if len(found) > MOST:
        raise InvalidChange(gettext("At most %(most)s links.", most=MOST), field=field)
    return found


def _problem(label: str, address: str, place: str, bars: int) -> str:
    if not label or not address or bars > 2:
        return gettext("write words, a bar and an address, as in “Newsletter | https://example.org/news”.")
    if len(label) > LONGEST_LABEL:
        return gettext("the words have at most %(most)s letters.", most=LONGEST_LABEL)
    if not ADDRESS.fullmatch(address):
        return gettext("an address begins with https:// or, on this site, with /.")
    if place and not (place.isascii() and place.isdigit() and len(place) < 6):
        return gettext("a place is a whole number, such as 3.")
    return ""
