"""Colours: how they are written, how well one is read on another (WCAG 2.2), and those that a style sheet names."""

import re

LIGHT, DARK = "light", "dark"
SCHEMES = (LIGHT, DARK)
TEXT_RATIO = 4.5  # WCAG 2.2, 1.4.3: text against its ground
SHAPE_RATIO = 3.0  # 1.4.11: borders of controls, focus

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)
_DARK_MEDIA = re.compile(r"@media (?:screen and )?\(prefers-color-scheme: ?dark\) ?\{")
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_NAMED = re.compile(r"--([\w-]+):\s*([^;{}]+)")
_VAR = re.compile(r"var\(--([\w-]+)\)")


def as_hex(text: str) -> str | None:
    """``#rrggbb`` of what somebody typed (with or without the mark, three letters or six); None for no colour."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance of ``#rrggbb``."""
    parts = [part / 255 for part in _parts(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mixed(one: str, other: str, share: float) -> str:
    """``one`` with a ``share`` (0 to 1) of ``other`` in it."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, grounds: list[str], ratio: float = TEXT_RATIO) -> str:
    """The nearest to ``colour``, darker or lighter, that is read on all ``grounds``."""
    towards = "#000000" if luminance(grounds[0]) > 0.18 else "#ffffff"
    steps = (mixed(colour, towards, step / 50) for step in range(51))
    return next((step for step in steps if least(step, grounds) >= ratio), towards)


def least(colour: str, grounds: list[str]) -> float:
    """The contrast of ``colour`` with the one of ``grounds`` that it is worst read on."""
    return min(contrast(colour, ground) for ground in grounds)


def named(css: str) -> dict[str, dict[str, str]]:
    """The colours that ``css`` names on its root (``--ground: #fff``), by scheme; names of other names are followed."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for selector, inside, is_dark in _rules(css):
        if ":root" not in selector and ".highlight" not in selector and "html" not in selector:
            continue
        if "[data-theme=" in selector.replace(':not([data-theme="light"])', ""):
            continue  # what a person chose in the admin
        found = {name: value.strip() for name, value in _NAMED.findall(inside)}
        dark.update(found)
        if not is_dark:
            light.update(found)
    return {LIGHT: _resolved(light), DARK: _resolved(dark)}


def _rules(css: str) -> list[tuple[str, str, bool]]:
    """Each rule: its selector, what it says, and whether it is for the dark alone. The dark ones come last."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    dark, rest, end = [], [], 0
    for start in _DARK_MEDIA.finditer(css):
        if start.start() < end:
            continue
        rest.append(css[end : start.start()])
        end = _closing(css, start.end())
        dark.append(css[start.end() : end])
    rest.append(css[end:])
    return [(*rule, False) for rule in _RULE.findall("".join(rest))] + [
        (*rule, True) for rule in _RULE.findall("".join(dark))
    ]


def _closing(css: str, start: int) -> int:
    depth = 1
    for place in range(start, len(css)):
        depth += {"{": 1, "}": -1}.get(css[place], 0)
        if depth == 0:
            return place
    return len(css)


def _resolved(values: dict[str, str]) -> dict[str, str]:
    colours = {}
    for name, value in values.items():
        for _ in range(5):
            found = _VAR.fullmatch(value)
            if found is None:
                break
            value = values.get(found[1], "")
        colour = as_hex(value) if value.startswith("#") else None
        if colour is not None:
            colours[name] = colour
    return colours


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
