import re
from pathlib import Path

import pytest

import cms

CSS = (Path(cms.__file__).parent / "static" / "code.css").read_text()
PALETTES = [
    dict(re.findall(r"--code-(\w+): #(\w{6});", block)) for block in re.findall(r"\.highlight \{([^}]*)\}", CSS)
]
PALETTES = [palette for palette in PALETTES if palette]


def test_there_is_a_light_palette_and_a_dark_one_for_each_way_to_ask():
    light, by_system, by_choice = PALETTES

    assert by_system == by_choice != light
    assert light.keys() == by_system.keys()
    assert set(re.findall(r"var\(--code-(\w+)\)", CSS)) == light.keys()
    assert "!important" not in CSS


@pytest.mark.parametrize("palette", PALETTES)
def test_every_colour_can_be_read(palette):
    for name, colour in palette.items():
        if name != "ground":
            assert _contrast(colour, palette["ground"]) >= 4.5, name


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
