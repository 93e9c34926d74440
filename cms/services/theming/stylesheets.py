"""The one style sheet of a theme: its files joined and without comments, and the site's own colours after them."""

import gzip
import hashlib
import re
from dataclasses import dataclass

from flask import current_app

from cms.services.theming.themes import Theme
from cms.text import colours
from cms.text.colours import DARK, LIGHT

KNOWN = "cms.stylesheets"
MOST_KNOWN = 50
MOST_BYTES = 15_000  # over the wire
WHITE, BLACK = "#ffffff", "#000000"


@dataclass(frozen=True)
class Stylesheet:
    """What browsers get, as it is and made smaller; ``digest`` changes with it."""

    text: bytes
    zipped: bytes
    digest: str


def of(theme: Theme, accents: dict[str, str] | None = None) -> Stylesheet:
    """Made once for each state of its files. ``accents`` are colours by scheme, in place of the theme's own."""
    paths = [theme.path_of(file) for file in theme.css]
    chosen = tuple(sorted((scheme, colour) for scheme, colour in (accents or {}).items() if colour))
    stamp = (tuple((path, path.stat().st_mtime_ns) for path in paths), chosen)
    known = current_app.extensions.setdefault(KNOWN, {})
    if stamp not in known:
        if len(known) >= MOST_KNOWN:  # previews of many colours
            known.clear()
        css = source(theme)
        text = (slim(css) + accent_rules(theme, css, dict(chosen))).encode()
        known[stamp] = Stylesheet(text, gzip.compress(text, 9, mtime=0), hashlib.sha256(text).hexdigest()[:12])
    return known[stamp]


def source(theme: Theme) -> str:
    """All its files as they are written. Raises FileNotFoundError."""
    return "\n".join(theme.path_of(file).read_text("utf-8") for file in theme.css)


def slim(css: str) -> str:
    """``css`` without comments and needless blanks."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r'("[^"]*")| ?([{};,]) ?', lambda found: found[1] or found[2], css)  # what is quoted stays
    return css.replace(";}", "}").strip()


def accent_rules(theme: Theme, css: str, accents: dict[str, str]) -> str:
    """The rules that give a theme other accents: each with the colours that go with it."""
    rules = ""
    for scheme in (LIGHT, DARK):
        if scheme not in accents or scheme not in theme.schemes:
            continue
        named = colours.named(css)[scheme]
        inside = ";".join(f"--{name}:{value}" for name, value in family(accents[scheme], named).items())
        # Twice, to weigh more than the theme's own rule, which may be ":root:not([data-theme])".
        rule = f":root:root{{{inside}}}"
        is_whole = scheme == LIGHT or len(theme.schemes) == 1  # what is printed is light
        rules += rule if is_whole else f"@media screen and (prefers-color-scheme:{scheme}){{{rule}}}"
    return rules


def family(accent: str, named: dict[str, str]) -> dict[str, str]:
    """The colours that go with ``accent`` among those that a scheme names: hover, a tint as ground, text upon it."""
    ground, text = named.get("ground", WHITE), named.get("text", BLACK)
    tints = (colours.mixed(ground, accent, share / 100) for share in range(14, 0, -1))
    tint = next((tint for tint in tints if colours.contrast(accent, tint) >= colours.TEXT_RATIO), ground)
    upon = max((WHITE, BLACK), key=lambda colour: colours.contrast(colour, accent))
    return {
        "accent": accent,
        "accent-hover": colours.mixed(accent, text, 0.25),
        "accent-ground": tint,
        "on-accent": upon,
        "link": accent,
        "focus": accent,
    }


def grounds(theme: Theme, scheme: str) -> list[str]:
    """What the accent is read on in this scheme."""
    named = colours.named(source(theme))[scheme]
    fallback = WHITE if scheme == LIGHT else BLACK
    return [named.get("ground", fallback), named.get("ground-raised", named.get("ground", fallback))]


def accents_of(settings: dict[str, str]) -> dict[str, str]:
    """The accents that these settings of the site choose."""
    chosen = {LIGHT: settings.get("accent", ""), DARK: settings.get("accent_dark", "")}
    return {scheme: colour for scheme, colour in chosen.items() if colour}
