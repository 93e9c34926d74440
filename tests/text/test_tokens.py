import sqlite3

import pytest

from cms.text.tokens import Term, boolean_query, for_index, for_query, fts5_query

TEXTS = {
    1: "Café au lait, the C language and Flask-Admin's views",
    2: "東京都の天気は晴れ",
    3: "Привет, мир! Ёлка",
    4: "Python入門書 第3版",
    5: "Straße nach Łódź; søndag",
    6: "मैं हिन्दी बोलता हूँ",
    7: "السَّلامُ عليكم",
    8: "Go to the NEAR office, x AND y OR z NOT w",
}

NASTY = [
    *("", " ", '"', '""', '"""', '" "', "*", "***", "-", "--", "+", "+-*", "a*b", "*a", "-word", "+word", "~a", "@3"),
    *(
        "NEAR",
        "NEAR(a b, 3)",
        "AND",
        "OR",
        "NOT",
        "a AND",
        "tokens:a",
        "{a b}: c",
        "^a",
        "(",
        ")",
        "(a",
        "a)",
        "<a",
        ">a",
    ),
    *(
        '"open',
        'open"',
        '"a" "b',
        '"a b"*',
        "a\0b",
        "\0",
        "🎉",
        "🎉🎊*",
        "é",
        "\u0301",
        "\ufffd",
        "\ud800",
        "'",
        "''; DROP",
        "\\",
    ),
    *("%", "_", "x" * 5_000, "a " * 5_000, '"' * 5_000, "京", "京*", "\u200f", "ﷺ", "1.5", "a\nb", "\u2028"),
]


@pytest.fixture
def found():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE post_search USING fts5(tokens)")
    for number, text in TEXTS.items():
        connection.execute("INSERT INTO post_search(rowid, tokens) VALUES (?, ?)", (number, for_index(text)))

    def search(typed: str) -> set[int]:
        query = fts5_query(for_query(typed))
        return {row[0] for row in connection.execute("SELECT rowid FROM post_search WHERE tokens MATCH ?", (query,))}

    yield search
    connection.close()


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("cafe", {1}),
        ("CAFÉ", {1}),
        ("caf", {1}),
        ("caf ", set()),
        ("caf* views", {1}),
        ("c language", {1}),
        ("flask admin", {1}),
        ("flask-admin", {1}),
        ("admin-flask", set()),
        ('"au lait"', {1}),
        ('"lait au"', set()),
        ("lait au", {1}),
        ("東京", {2}),
        ("京都", {2}),
        ("京", {2}),
        ("れ", {2}),
        ("東都", set()),
        ("приве", {3}),
        ("елка", {3}),
        ("python入門", {4}),
        ("入門書", {4}),
        ("書", {4}),
        ("strasse", {5}),
        ("lodz", {5}),
        ("sondag", {5}),
        ("हिन्दी", {6}),
        ("السلام", {7}),
        ("near", {8}),
        ("go to", {8}),
        ("the", {1, 8}),
        ("nowhere", set()),
        ("", set()),
        ("🎉", set()),
    ],
)
def test_a_search_finds_words_whatever_their_accents_case_and_script(found, typed, numbers):
    assert found(typed) == numbers


@pytest.mark.parametrize("typed", NASTY)
def test_nothing_that_can_be_typed_is_a_syntax_error(found, typed):
    found(typed)


@pytest.mark.parametrize("typed", NASTY)
def test_a_boolean_query_holds_nothing_but_tokens_and_our_own_signs(typed):
    for part in boolean_query(for_query(typed)).split(" +"):
        words = part.removeprefix("+").removesuffix("*").strip('"')
        assert all(word.isascii() and word.isalnum() for word in words.split())


def test_tokens_are_ascii_and_long_enough_for_innodb():
    tokens = for_index(" ".join([*TEXTS.values(), "a", "ы", "x" * 500, "ы" * 500])).split()

    assert all(token.isascii() and token.isalnum() and 3 <= len(token) <= 80 for token in tokens)


def test_terms_know_phrases_and_begun_words():
    assert for_query('one* "two three" four') == [
        Term(["xxone"], prefix=True),
        Term(["xxtwo", "xxthree"], phrase=True),
        Term(["xxfour"], prefix=True),
    ]


def test_mariadb_is_asked_for_every_word():
    terms = for_query('one "two three" flask-admin four')

    assert boolean_query(terms) == "+xxone +xxtwo +xxthree +xxflask +xxadmin +xxfour*"
    assert boolean_query(for_query("flask-adm")) == "+xxflask +xxadm*"
    assert boolean_query([]) == ""


def test_a_query_is_bounded():
    assert len(for_query(" ".join(f"word{n}" for n in range(1000)))) <= 12


def test_a_megabyte_is_cut_into_tokens_in_time():
    assert len(for_index("漢字" * 250_000).split()) == 500_000
    assert len(for_index("é a " * 250_000).split()) == 500_000
