import re
from pathlib import Path

import pytest

import cms
from cms.text.colours import contrast

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
            assert contrast(f"#{colour}", f"#{palette['ground']}") >= 4.5, name
