import pytest

from cms.text import spelling, tokens


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pyhton", "python"),
        ("pythn", "python"),
        ("pythoon", "python"),
        ("pythom", "python"),
        ("ython", "python"),
        ("pythons", "python"),
        ("лодак", "лодка"),
        ("θαλασα", "θαλασσα"),
    ],
)
def test_one_mistake_leads_to_the_word(typed, meant):
    assert meant in set(spelling.one_off(typed))
    assert spelling.distance(typed, meant) == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("acomodation", "accommodation"),
        ("definately", "definitely"),
        ("fotograph", "photograph"),
        ("seperate", "separate"),
    ],
)
def test_words_that_sound_alike_have_one_skeleton(typed, meant):
    assert spelling.skeleton(typed) == spelling.skeleton(meant) != ""
    assert spelling.distance(typed, meant) <= spelling.most_off(typed)


@pytest.mark.parametrize("text", ["12", "2024", "ab", "東京", "iso8601", "x" * 25, "客"])
def test_what_cannot_be_mistyped_is_not_learnt(text):
    assert [spelling.word_of(token) for token in tokens.for_index(text).split()] in ([None], [None, None])


@pytest.mark.parametrize("word", ["sea", "zurich", "лодка", "بحر"])
def test_a_word_is_read_from_its_token(word):
    assert spelling.word_of(tokens.encoded(word)) == word


def test_the_words_that_are_looked_up_are_few():
    assert len(set(spelling.one_off("x" * spelling.MOST))) < 1500
