import pytest

from cms.text import colours


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # As WebAIM's contrast checker has them.
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffff00", 8.0), ("#abcdef", "#abcdef", 1)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize(
    ("typed", "colour"),
    [
        ("#0B5D63", "#0b5d63"),
        ("abc", "#aabbcc"),
        (" #fff ", "#ffffff"),
        ("#12345", None),
        ("red", None),
        ("#fff;}", None),
    ],
)
def test_a_colour_is_six_digits_however_it_was_typed(typed, colour):
    assert colours.as_hex(typed) == colour


@pytest.mark.parametrize("ground", ["#ffffff", "#101418", "#808080"])
@pytest.mark.parametrize("colour", ["#ff9900", "#ffff00", "#123456", "#808080"])
def test_the_nearest_readable_colour_can_be_read_and_is_the_colour_itself_where_that_can(colour, ground):
    found = colours.readable(colour, [ground])

    assert colours.contrast(found, ground) >= colours.TEXT_RATIO
    assert (found == colour) == (colours.contrast(colour, ground) >= colours.TEXT_RATIO)


def test_colours_of_a_style_sheet_are_read_by_scheme():
    css = """
    :root { --a: #fff; /* --a: #000; */ --b: var(--a); --c: 12px; }
    @media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { --a: #111111; } }
    :root[data-theme="dark"] { --a: #222222; }
    p { --a: #333333; }
    """

    found = colours.named(css)

    assert found == {"light": {"a": "#ffffff", "b": "#ffffff"}, "dark": {"a": "#111111", "b": "#111111"}}
