import pytest

from cms.text import tokens
from cms.text.questions import Filter, read


@pytest.mark.parametrize(
    ("typed", "words", "filters"),
    [
        ("sea", "sea", []),
        ("tag:sea", "", [("tag", "sea")]),
        ("salt tag:sea wind", "salt wind", [("tag", "sea")]),
        ('tag:"Deep Sea" salt', "salt", [("tag", "Deep Sea")]),
        ("author:ada tag:sea", "", [("author", "ada"), ("tag", "sea")]),
        ("TAG:Sea Author:Ada", "", [("tag", "Sea"), ("author", "Ada")]),
        ("标签：海 作者:李白", "", [("tag", "海"), ("author", "李白")]),
        ('"see tag:sea" salt', '"see tag:sea" salt', []),
        ("tag: sea", "tag: sea", []),
        ("tag:", "tag:", []),
        ("tag:!!! sea", "sea", []),
        ("hashtag:sea", "hashtag:sea", []),
        ("tag://sea", "tag://sea", []),
        ('tag:"open', 'tag:"open', []),
        ("tag:sea tag:sea", "", [("tag", "sea")]),
        ("", "", []),
    ],
)
def test_filters_are_told_from_words(typed, words, filters):
    found = read(typed)

    assert found.words == words
    assert [(one.kind, one.name) for one in found.filters] == filters


def test_a_filter_is_asked_for_like_any_other_word():
    name = tokens.of_named("tag", "Deep Sea", "deep-sea")

    assert Filter("tag", "deep SEA").term.tokens[0] in name.split()
    assert Filter("tag", "deep").term.tokens[0] not in name.split()


def test_an_author_is_found_by_a_part_of_the_name_and_by_an_address_that_is_another():
    name = tokens.of_named("author", "Ada King", "countess").split()

    for typed in ("ada", "king", "Ada King", "ada-king", "countess"):
        assert Filter("author", typed).term.tokens[0] in name, typed
    assert Filter("author", "kin").term.tokens[0] not in name


def test_a_word_before_a_filter_is_whole():
    assert [term.prefix for term in read("sal tag:sea").terms] == [False]
    assert [term.prefix for term in read("tag:sea sal").terms] == [True]


def test_a_question_can_be_typed_again_with_other_words():
    assert read('slat tag:"Deep Sea" author:ada').with_words("salt") == 'salt tag:"Deep Sea" author:ada'


def test_filters_are_bounded():
    assert len(read(" ".join(f"tag:t{number}" for number in range(30))).filters) == 5
