"""The tokens of a text with the letters that each stands for, which folding may have made fewer or more."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from cms.text import tokens

_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_CHUNK = re.compile(r"\S+")


class Placed(NamedTuple):
    """A token and where its letters stand."""

    token: str
    start: int
    end: int


def placed_tokens(text: str) -> Iterator[Placed]:
    """The tokens of ``for_index`` with the letters that each stands for."""
    for chunk in _CHUNK.finditer(text):
        if chunk[0].isascii():
            for word in _ASCII_WORD.finditer(text, chunk.start(), chunk.end()):
                yield Placed(tokens.encoded(word[0].lower()), word.start(), word.end())
        else:
            yield from _placed_in(text, chunk.start(), chunk.end())


def _placed_in(text: str, start: int, end: int) -> Iterator[Placed]:
    """By letter with its marks: each is folded alone, so that what it becomes has a place."""
    kind, run = "", []
    for first, last in letters(text, start, end):
        for char in folded(text[first:last]):
            its_kind = tokens.kind_of(char)
            if its_kind != kind:
                yield from _placed_run(kind, run)
                kind, run = its_kind, []
            run.append((char, first, last))
    yield from _placed_run(kind, run)


def _placed_run(kind: str, run: list[tuple[str, int, int]]) -> Iterator[Placed]:
    if not kind or not run:
        return
    if kind == tokens.WORD:
        yield Placed(tokens.encoded("".join(char for char, _, _ in run)), run[0][1], run[-1][2])
        return
    for at in range(len(run)):
        two = run[at : at + 2]
        yield Placed(tokens.encoded("".join(char for char, _, _ in two)), two[0][1], two[-1][2])


def letters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each letter begins and ends, its marks with it."""
    first = start
    for at in range(start + 1, end):
        if not (unicodedata.category(text[at])[0] == "M" or text[at] in "\uff9e\uff9f"):
            yield first, at
            first = at
    yield first, end


@lru_cache(20_000)
def folded(letter: str) -> str:
    """One letter with its marks."""
    return tokens.folded(letter)
