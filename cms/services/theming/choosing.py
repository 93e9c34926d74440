"""Whether the looks that an admin chose go together: a theme that can be worn, and accents that can be read upon it."""

from collections.abc import Mapping
from typing import Any

from cms.errors import InvalidChange
from cms.language import gettext
from cms.services.theming import stylesheets, themes
from cms.text import colours

LOOKS = ("theme", "accent", "accent_dark")


def problems(new: Mapping[str, Any], was: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the looks among ``new`` settings, by field; nothing where they are as they ``was``."""
    if all(new[name] == was[name] for name in LOOKS):
        return {}
    try:
        theme = themes.get(new["theme"])
        stylesheets.source(theme)
    except InvalidChange as error:
        return {"theme": str(error)} if new["theme"] != was["theme"] else {}
    except OSError:
        return {"theme": gettext("The theme “%(name)s” cannot be read.", name=new["theme"])}
    found = {}
    for (scheme, colour), field in zip(
        ((colours.LIGHT, new["accent"]), (colours.DARK, new["accent_dark"])), LOOKS[1:], strict=True
    ):
        words = hard_to_read(theme, scheme, colour) if colour and scheme in theme.schemes else ""
        if words:
            found[field] = words
    return found


def hard_to_read(theme: themes.Theme, scheme: str, colour: str) -> str:
    """Why ``colour`` cannot be the accent of this theme, and the nearest that can; an empty text where it can."""
    grounds = stylesheets.grounds(theme, scheme)
    ratio = colours.least(colour, grounds)
    if ratio >= colours.TEXT_RATIO:
        return ""
    return gettext(
        "Hard to read: its contrast with the ground is %(ratio)s to 1, and text needs 4.5 to 1."
        " The nearest that can be read is %(nearest)s.",
        ratio=rounded(ratio),
        nearest=colours.readable(colour, grounds),
    )


def contrast_of(theme: themes.Theme, scheme: str, colour: str) -> str:
    """5.9: how well ``colour``, or the theme's own accent without one, is read on this theme."""
    colour = colour or colours.named(stylesheets.source(theme))[scheme].get("accent", "")
    return rounded(colours.least(colour, stylesheets.grounds(theme, scheme))) if colour else ""


def rounded(ratio: float) -> str:
    """Cut, not rounded up: 4.49 is no 4.5."""
    return f"{int(ratio * 10) / 10:.1f}"
