"""Where two texts differ."""

import pytest

from cms.text.differing import MOST_WORDS, Piece, pieces


@pytest.mark.parametrize(
    ("before", "after", "was", "became"),
    [
        ("It is cold.", "It is very cold.", "It is []cold.", "It is [very ]cold."),
        ("one\ntwo\nthree", "one\nthree", "one\n[two\n]three", "one\n[]three"),
        ("今天很冷", "今天不冷", "今天[很]冷", "今天[不]冷"),
        ("", "new", "[]", "[new]"),
        ("same", "same", "same", "same"),
        ("", "", "", ""),
    ],
)
def test_what_differs_is_told_by_words_piece_beside_piece(before, after, was, became):
    assert tuple(
        "".join(f"[{text}]" if differs else text for text, differs in each) for each in pieces(before, after)
    ) == (
        was,
        became,
    )


def test_a_text_of_endless_lines_differs_as_a_whole():
    before, after = "a " * MOST_WORDS, "a " * MOST_WORDS + "b"

    assert pieces(before, after) == ([Piece(before, True)], [Piece(after, True)])
