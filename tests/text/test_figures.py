import pytest

from cms.text.markdown import plain, render


def test_a_picture_alone_with_a_title_is_a_figure_with_a_caption():
    html = render('![A *boat*](/a.png "At *sea*, by [Ada](/ada)")')

    assert html.strip() == (
        '<figure><img src="/a.png" alt="A boat" loading="lazy">'
        '<figcaption>At <em>sea</em>, by <a href="/ada">Ada</a></figcaption>\n</figure>'
    )


@pytest.mark.parametrize("width", ["wide", "full"])
def test_a_figure_can_be_wider_than_the_text(width):
    with_caption, without = render(f'![a](/a.png "b"){{.{width}}}'), render(f"![a](/a.png) {{ .{width} }}")

    assert with_caption.startswith(f'<figure class="{width}"><img')
    assert "<figcaption>b</figcaption>" in with_caption
    assert without.startswith(f'<figure class="{width}"><img')
    assert "figcaption" not in without


@pytest.mark.parametrize(
    "markdown",
    ["![a](/a.png)", '![a](/a.png "b") words', "words ![a](/a.png)", "![a](/a.png){.evil}", "![a](/1) ![b](/2)"],
)
def test_other_pictures_stay_in_their_paragraph(markdown):
    html = render(markdown)

    assert html.startswith("<p>")
    assert "<figure" not in html


def test_captions_carry_no_code_and_count_among_the_words():
    assert "<b>" not in render('![a](/a.png "<b>x</b>")')
    assert plain('![a](/a.png "Told below"){.wide}\n\nMore.') == "a\nTold below\nMore."


def test_a_caption_has_footnotes_and_a_list_has_figures():
    assert 'href="#fn-1"' in render('![a](/a.png "b[^1]")\n\n[^1]: note').partition("</figcaption>")[0]
    assert render('- ![a](/a.png "b")').count("<figure>") == 1
