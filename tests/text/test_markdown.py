import re
import time

import pytest

from cms.text.markdown import RENDERER_VERSION, Heading, headings, plain, render, render_comment

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a *b* **c** `d`", "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>"),
        ("[a](/b 'c')", '<p><a href="/b" title="c">a</a></p>'),
        ("a\\\nb", "<p>a<br>\nb</p>"),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("---", "<hr>"),
        ("~~a~~", "<p><s>a</s></p>"),
        ('"quoted" -- (c)', '<p>"quoted" -- (c)</p>'),
        ("<https://a.example>", '<p><a href="https://a.example">https://a.example</a></p>'),
        ("a & b &copy; \\*", "<p>a &amp; b © *</p>"),
        ("[a]\n\n[a]: /b", '<p><a href="/b">a</a></p>'),
        ("", ""),
        ("a\0b", "<p>a\ufffdb</p>"),
        ("a\ud800b", "<p>a?b</p>"),
    ],
)
def test_commonmark_is_rendered(markdown, html):
    assert render(markdown).strip() == html


def test_the_renderer_has_a_version():
    assert RENDERER_VERSION >= 1


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n### c\n# d", ["h2", "h3", "h4", "h2"]),
        ("## a\n### b\n## c", ["h2", "h3", "h2"]),
        ("#### a\n###### b\n##### c", ["h2", "h3", "h3"]),
        ("### a\n# b\n## c", ["h2", "h2", "h3"]),
    ],
)
def test_headings_start_below_the_title_of_the_page_and_leave_no_level_out(text, levels):
    assert re.findall(r'<(h\d) id="\w">', render(text)) == levels


def test_a_heading_can_be_linked_to():
    html = render("# a")

    assert '<a class="anchor" href="#a" aria-label="Link to this section: a"></a>' in html


def test_heading_ids_are_unique_and_in_the_script_of_the_text():
    names = [
        heading.id
        for heading in headings("# Über *uns*\n# Über uns\n# 你好\n# 🎉\n# 🎉\n# über uns 2\n# Fn 1\n# user x")
    ]

    assert names == [
        "über-uns",
        "über-uns-2",
        "你好",
        "section",
        "section-2",
        "über-uns-2-2",
        "section-fn-1",
        "section-user-x",
    ]


def test_headings_are_listed_for_a_table_of_contents():
    assert headings("# One `x`\n\ntext\n\nTwo\n---") == [Heading(2, "One x", "one-x"), Heading(3, "Two", "two")]


def test_a_link_to_a_heading_follows_the_prefix_of_the_page():
    html = render("[x](#café)\n\n# Café", prefix="post-7-")

    assert '<a href="#post-7-café">x</a>' in html
    assert '<h2 id="post-7-café">' in html


def test_tables_scroll_and_align_by_class():
    html = render("| a | b |\n|--:|:-:|\n| 1 | 2 |")

    assert '<div class="table" role="region" aria-label="Table" tabindex="0">\n<table>' in html
    assert '<th scope="col" class="align-right">a</th>' in html
    assert '<td class="align-center">2</td>' in html


def test_task_lists_show_disabled_boxes_with_names():
    html = render("- [ ] a\n- [x] b\n- c")

    assert html.count("<input") == html.count('disabled=""') == 2
    assert html.count('checked=""') == 1
    assert 'aria-label="To do"' in html
    assert 'aria-label="Done"' in html


def test_footnotes_link_both_ways_with_labels():
    html = render("a[^x] b[^x] c^[inline]\n\n[^x]: Note.", prefix="p1-")

    ids = re.findall(r' id="([^"]+)"', html)
    targets = re.findall(r' href="#([^"]+)"', html)
    assert ids == ["p1-fnref-1", "p1-fnref-1-2", "p1-fnref-2", "p1-fn-1", "p1-fn-2"]
    assert set(targets) == set(ids)
    assert 'aria-label="Back to reference 1-2"' in html
    assert "Note." in html


def test_two_posts_with_prefixes_share_no_id():
    text = "# a\n\nb[^1]\n\n[^1]: c"
    first, second = (set(re.findall(r' id="([^"]+)"', render(text, prefix=prefix))) for prefix in ("p1-", "p2-"))

    assert len(first) == len(second) == 3
    assert not first & second


def test_code_is_coloured_by_classes_and_escaped():
    html = render('```Python title="x"\ndef f(): "<b>"\n```')

    assert '<pre class="highlight" tabindex="0"><code class="language-python"><span class="k">def</span>' in html
    assert "&lt;b&gt;" in html
    assert "style=" not in html


@pytest.mark.parametrize("language", ["", "nosuchlanguage", "text", '"><b>'])
def test_code_in_an_unknown_language_stays_plain(language):
    html = render(f"```{language}\nx = '<b>' & y\n```")

    assert "x = '&lt;b&gt;' &amp; y" in html.replace("&#39;", "'")
    assert "<span" not in html
    assert "<b>" not in re.sub(r'"[^"]*"', "", html)


def test_pictures_are_loaded_when_needed():
    assert '<img src="/a.png" alt="a b" title="t" loading="lazy">' in render('![a *b*](/a.png "t") and words')


def test_html_is_text_unless_the_writer_may_write_it():
    markdown = 'a <b class="x">b</b>\n\n<div id="main">c</div>'

    assert "&lt;b class=" in render(markdown)
    assert "<div" not in render(markdown)
    assert render(markdown, raw_html=True) == '<p>a <b>b</b></p>\n<div id="user-main">c</div>'


def test_raw_html_can_link_to_its_own_ids_and_to_headings():
    html = render(
        '# Two\n\n<p id="one"><a href="#one">1</a> <a href="#two">2</a></p>\n\n<h1>x</h1>', raw_html=True, prefix="p-"
    )

    assert '<p id="user-one"><a href="#user-one">1</a> <a href="#p-two">2</a></p>' in html
    assert "<h1" not in html


def test_a_link_finds_a_heading_by_its_words_where_its_id_is_cut_or_ours():
    long = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    name = long.replace(" ", "-")
    html = render(f"[a](#user-research) [b](#{name})\n\n## User research\n\n## {long}")

    assert '<a href="#section-user-research">a</a>' in html
    cut = headings(f"## {long}")[0].id
    assert len(cut) < len(name)
    assert f'<a href="#{cut}">b</a>' in html


def test_a_comment_has_paragraphs_emphasis_code_quotes_lists_and_links():
    html = render_comment("a *b*\nc `d`\n\n> e\n\n- f\n\n```\ng\n```\n[h](https://h.example)")

    for part in [
        "<em>b</em><br>",
        "<code>d</code>",
        "<blockquote>",
        "<li>f</li>",
        "<pre><code>g\n",
        'rel="nofollow ugc noopener"',
    ]:
        assert part in html


def test_a_comment_has_no_pictures_headings_tables_or_html():
    html = render_comment("# a\n\n![b](/b.png)\n\n|c|\n|-|\n\n<i>d</i>\n\ne\n===")

    assert set(re.findall(r"<(\w+)", html)) == {"p", "a", "br"}
    assert "&lt;i&gt;d&lt;/i&gt;" in html


def test_plain_text_has_words_without_marks():
    markdown = (
        "# T\n\na *b* `c` [d](/e)\n<b>f</b>\n\n<div>g &amp; h</div>\n\n<script>no</script>\n\n"
        "|i|\n|-|\n|j|\n\n![k](/l.png)\n\n```python\nm = 1\n```\n\nn[^1]\n\n[^1]: o"
    )

    assert plain(markdown) == "T\na b c d f\ng & h\ni\nj\nk\nm = 1\nn\no"


@pytest.mark.parametrize(
    "mark", ["*", "[", "](", "> ", ">", "|", "|-\n", "`", "# a\n", "- ", "[^a]: ", "<", "![", "~~a", "a\n"]
)
def test_a_text_of_nothing_but_marks_costs_time_in_proportion(mark):
    small, large = (_seconds(mark * (size // len(mark))) for size in (MEGABYTE // 80, MEGABYTE // 20))

    # Four times the text: 4 when linear, 16 when quadratic.
    assert large < 0.5 or large / small < 10


@pytest.mark.parametrize("part", ["*", ">", "|", "word **bold** [a](/b) and a whole line of text\n"])
def test_a_megabyte_is_rendered(part):
    text = part * (MEGABYTE // len(part))

    assert render(text)
    assert plain(text) is not None


def test_many_fences_and_much_code_stay_cheap():
    assert _seconds("```python\na = 1\n```\n" * 10_000) < 10
    assert _seconds("```python\n" + "a = [1, 2]\n" * 90_000 + "```") < 10


def _seconds(markdown: str) -> float:
    """Of this process alone, the best of three: the machine may be busy with other things."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        render(markdown)
        taken.append(time.process_time() - start)
    return min(taken)
