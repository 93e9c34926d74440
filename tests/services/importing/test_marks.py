import pytest

from cms.services.importing import ledger
from cms.services.importing.marks import Translator

PEOPLE = {"ann-lee": "Ann Lee"}


def translated(body: str, **fields):
    notes = []
    text = Translator(fields, PEOPLE, lambda kind, line, what: notes.append((kind, line, what))).translate(body, 1)
    return text, notes


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        ('{% image "assets/a.jpg" "A cat" %}', "![A cat](/assets/a.jpg)"),
        ('{% image "assets/a.jpg", "A cat" %}', "![A cat](/assets/a.jpg)"),
        ('{% image "assets/a.jpg" %}', "![](/assets/a.jpg)"),
        ('{% image "assets/a.jpg" ""A quoted cat"" %}', "![A quoted cat](/assets/a.jpg)"),
        ('{% image "assets/a.jpg" "Says "no" to [it]" %}', '![Says "no" to \\[it\\]](/assets/a.jpg)'),
        ('{% image "assets/a.jpg" "width-400px" "A cat" %}', "![A cat](/assets/a.jpg)"),
        ('{% image "assets/a b.jpg" "A cat" %}', "![A cat](/assets/a%20b.jpg)"),
        ('{% image_with_class "assets/a.jpg" "some-class" "A cat" %}', "![A cat](/assets/a.jpg)"),
        ('{{ "/2016/03/01/slug/" | url }}', "/2016/03/01/slug/"),
        ('{{"/a" | relative_url}}', "/a"),
        ("{{site.baseurl}}/a", "/a"),
        ("{{ site.baseurl\n}}/a", "/a"),
        ("{{ image | url }}", "/assets/cover.jpg"),
        ("{{ page.excerpt }}", "In short"),
        ('{{ "ann-lee" | team_link }}', "[Ann Lee](/author/ann-lee/)"),
        ('{{ "nobody" | team_link}}', "nobody"),
        (
            '{{ "https://www.youtube-nocookie.com/embed/abc-1" | embed: "A film" }}',
            "[A film](https://www.youtube.com/watch?v=abc-1)",
        ),
        ("{% post_url 2016-03-01-slug %}", "/2016-03-01-slug"),
        ("{% highlight python %}\nprint(1)\n{% endhighlight %}", "```python\nprint(1)\n```"),
        ("{% raw %}{{ kept }} {% too %}{% endraw %}", "{{ kept }} {% too %}"),
        ("`{% raw %}{{{% endraw %} }}`", "`{{ }}`"),
    ],
)
def test_marks_become_what_they_stood_for(mark, text):
    result, notes = translated(f"x {mark} y", image="/assets/cover.jpg", excerpt="In short")

    assert result.text == f"x {text} y"
    assert {kind for kind, _, _ in notes} <= {ledger.MARK_MEANT}


def test_in_a_block_of_html_a_picture_becomes_html():
    result, _ = translated('<figure>\n{% image "a.jpg" "A "cat"" %}\n</figure>\n\n{% image "b.jpg" "B" %}')

    assert '<img src="/a.jpg" alt="A &quot;cat">' in result.text or 'alt="A &quot;cat"' in result.text
    assert result.text.endswith("![B](/b.jpg)")


def test_a_figure_keeps_link_and_caption():
    result, _ = translated(
        '{% include "linked-figure.html",\n image: "/a.jpg",\n url: "/b"\n alt: "A",\n caption: "It\'s C" %}'
    )

    assert result.text == (
        '<figure>\n<a href="/b"><img src="/a.jpg" alt="A"></a>\n<figcaption>It\'s C</figcaption>\n</figure>'
    )


def test_a_comment_of_the_template_is_kept_where_readers_do_not_see_it():
    result, notes = translated("{% comment %}{{ x }} -- y{% endcomment %}")

    assert result.text.startswith("<!--")
    assert "--" not in result.text[4:-3]
    assert notes[0][0] == ledger.LEFT_OUT


@pytest.mark.parametrize(
    "mark", ["{{ page.nothing }}", "{% for a in b %}", '{{ "x" | shout }}', "{% include 'x.html' %}"]
)
def test_what_is_not_understood_stays_and_is_reported_with_its_line(mark):
    result, notes = translated(f"one\ntwo {mark}")

    assert mark in result.text
    assert [(kind, line) for kind, line, _ in notes] == [(ledger.MARK_KEPT, 2)]


def test_raw_without_an_end_goes_to_the_end_of_the_text():
    result, notes = translated("a {% raw %} {{ b }}")

    assert result.text == "a  {{ b }}"
    assert [kind for kind, _, _ in notes] == [ledger.MARK_KEPT]


def test_lines_are_known_after_a_mark_that_took_several():
    result, _ = translated('{% image "a.jpg"\n "A\nB" %}\nbelow\n{{ site.baseurl }}/x')

    assert result.line_at(result.text.index("below")) == 4
    assert result.line_at(result.text.index("/x")) == 5


def test_stray_braces_swallow_nothing_and_cost_no_time():
    result, _ = translated("{{ " * 20_000 + "{% " * 20_000)

    assert len(result.text) == 120_000
