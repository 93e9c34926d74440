import pytest

from cms.text import marking, placing, tokens
from tests.naughty import NAUGHTY

SHORT = [text for text in NAUGHTY.values() if len(text) < 5000]


def marked(text: str, typed: str) -> str:
    return "".join(f"[{part.text}]" if part.is_found else part.text for part in marking.marked(text, terms(typed)))


def terms(typed: str) -> list[tokens.Term]:
    return tokens.for_query(typed)


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("The sea is wide.", "sea ", "The [sea] is wide."),
        ("The seaside and the sea", "sea", "The [seaside] and the [sea]"),
        ("The seaside", "sea ", "The seaside"),
        ("Crème brûlée", "creme ", "[Crème] brûlée"),
        ("Cre\u0300me", "creme ", "[Crème]"),
        ("Zürich, Straße", "zurich strasse ", "[Zürich], [Straße]"),
        ("Ærøskøbing", "aeroskobing ", "[Ærøskøbing]"),
        ("ﬁne ﬂow", "fine ", "[ﬁne] ﬂow"),
        ("Flask-Admin's views", "flask-admin ", "[Flask-Admin]'s views"),
        ("to be, or not to be", '"to be" ', "[to be], or not [to be]"),
        ("be to", '"to be" ', "be to"),
        ("我喜欢写博客。", "博客", "我喜欢写[博客]。"),
        ("我喜欢写博客。", "客", "我喜欢写博[客]。"),
        ("数据库很重要", "数据库", "[数据库]很重要"),
        ("数据与库", "数据库", "数据与库"),
        ("東京タワーで", "タワー", "東京[タワー]で"),
        ("ﾀﾜｰ", "タワー", "[ﾀﾜｰ]"),
        ("สวัสดีชาวโลก", "สวัสดี", "[สวัสดี]ชาวโลก"),
        ("Ёлка и мир", "елка ", "[Ёлка] и мир"),
        ("السَّلامُ عليكم", "السلام ", "[السَّلامُ] عليكم"),
        ("Python入門書", "python ", "[Python]入門書"),
        ("👨‍👩‍👧 sea 🎉", "sea ", "👨‍👩‍👧 [sea] 🎉"),
        ("<b>sea</b> & salt", "sea ", "<b>[sea]</b> & salt"),
        ("", "sea", ""),
    ],
)
def test_the_right_letters_are_marked(text, typed, expected):
    assert marked(text, typed) == expected


def test_the_tokens_of_a_text_have_places_whatever_it_is():
    for text in (*SHORT, "Café au lait 東京都の天気 Ёлка हिन्दी ﾀﾜｰ", "ß" * 50, "a\u0301" * 50):
        placed = list(placing.placed_tokens(text))

        assert [one.token for one in placed] == tokens.for_index(text).split()
        assert all(0 <= one.start < one.end <= len(text) for one in placed)


def test_nothing_is_lost_or_added_by_marking():
    for text in SHORT:
        for typed in ("a", "sea", "京", '"a b" c*'):
            assert "".join(part.text for part in marking.marked(text, terms(typed))) == marking.composed(text)


def test_a_passage_stands_round_the_place_with_most_words():
    text = "Salt alone. " + "Nothing here at all. " * 40 + "Salt and wind and rain. " + "More of nothing. " * 40

    found = marking.passage(text, terms("salt wind rain "))

    shown = "".join(part.text for part in found)
    assert [part.text for part in found if part.is_found] == ["Salt", "wind", "rain"]
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(shown) < marking.PASSAGE + 10


def test_a_passage_of_a_short_text_is_the_text():
    assert [part.text for part in marking.passage("Salt  and\nwind.", terms("wind "))] == ["Salt and ", "wind", "."]
    assert marking.passage("Salt and wind.", terms("rain ")) == []


@pytest.mark.parametrize("text", ["漢字" * 20_000, "word " * 20_000, "x" * 60_000, "é " * 30_000])
def test_a_passage_of_a_long_text_is_short(text):
    for typed in ("漢字", "word ", "x", "e "):
        assert len("".join(part.text for part in marking.passage(text, terms(typed)))) <= 2 * marking.PASSAGE + 4


def test_a_passage_is_found_far_inside_a_long_text():
    text = "Nothing here. " * 10_000 + "Salt and wind. " + "Nothing more. " * 10_000

    assert [part.text for part in marking.passage(text, terms("wind ")) if part.is_found] == ["wind"]


def test_the_words_of_html_are_told_from_its_tags():
    html = '<p>One &amp; <a href="/two">two</a></p><p>three&lt;four</p>\n<pre><code>five</code></pre>'

    assert marking.plain(html).split() == ["One", "&", "two", "three<four", "five"]
    assert marking.plain("&amp;lt;") == "&lt;"
