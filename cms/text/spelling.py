"""Words that a mistyped one may have been meant for: by letters that are off, and by the consonants that are heard."""

import re
from collections.abc import Iterator
from functools import lru_cache

from cms.text import tokens

FEWEST, MOST = 3, 24  # letters of a word that is learnt
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "".join(map(chr, range(0x0430, 0x0450))),  # Cyrillic
    "".join(map(chr, range(0x03B1, 0x03CA))),  # Greek
    "".join(map(chr, range(0x05D0, 0x05EB))),  # Hebrew
    "".join(map(chr, range(0x0621, 0x064B))),  # Arabic
)
_SAME_SOUND = (("ph", "f"), ("ck", "k"), ("c", "k"), ("q", "k"), ("z", "s"), ("w", "v"))
_SILENT = re.compile(r"(?!^)[aeiouyh]")
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(50_000)
def word_of(token: str) -> str | None:
    """The word behind a token; None for what is no word that can be mistyped: numbers, pairs of characters, names."""
    if token.startswith("xx"):
        word = token[2:]
    elif token.startswith("u"):
        try:
            word = bytes.fromhex(token[1:]).decode()
        except ValueError:
            return None
    else:
        return None
    is_word = FEWEST <= len(word) <= MOST and not any(char.isdigit() for char in word)
    return word if is_word and all(tokens.kind_of(char) == tokens.WORD for char in word) else None


def skeleton(word: str) -> str:
    """What is left without vowels, doubled letters and ways to write one sound; "" of a short word or other script."""
    if len(word) < 5 or not word.isascii():
        return ""
    for written, heard in _SAME_SOUND:
        word = word.replace(written, heard)
    return _DOUBLED.sub(r"\1", _SILENT.sub("", word))


def one_off(word: str) -> Iterator[str]:
    """What one letter less, more, changed or swapped makes of ``word``: some hundred, however many words there are."""
    letters = next((alphabet for alphabet in _ALPHABETS if word[0] in alphabet), "")
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in letters)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in letters)


def most_off(word: str) -> int:
    """How many mistakes are forgiven in it."""
    return 1 if len(word) < 5 else 2 if len(word) < 9 else 3


def distance(one: str, other: str) -> int:
    """How many letters were left out, added, changed or swapped with their neighbour."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
