"""Where two texts differ: line by line, and word by word within lines that became others."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_LINES = 5000  # of texts with more, nothing is compared
MOST_WORDS = 3000  # of lines side by side with more, all counts as different
_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # where each sign is compared for itself
_WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])\w)+|\s+|[^\w\s]")


class Piece(NamedTuple):
    """Some letters; whether the other text has others in their place."""

    text: str
    is_different: bool


def pieces(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, which make them up again; different as a whole where they have nothing in common.

    Piece stands beside piece: where one text has nothing in the place of the other's, its piece is empty.
    """
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    if max(map(len, lines)) > MOST_LINES:
        return [Piece(before, True)], [Piece(after, True)]
    was: list[Piece] = []
    became: list[Piece] = []
    for old, new in _matched(*lines):
        if old == new:
            was.append(Piece(old, False))
            became.append(Piece(new, False))
            continue
        words = _WORD.findall(old), _WORD.findall(new)
        pairs = _matched(*words) if max(map(len, words)) <= MOST_WORDS else [(old, new)]
        for one, other in pairs:
            was.append(Piece(one, one != other))
            became.append(Piece(other, one != other))
    return _joined(was), _joined(became)


def _matched(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Stretches of both that stand for one another; either may be empty."""
    for _, start, end, other_start, other_end in SequenceMatcher(None, old, new).get_opcodes():
        yield "".join(old[start:end]), "".join(new[other_start:other_end])


def _joined(found: list[Piece]) -> list[Piece]:
    """Neighbours of one kind as one."""
    joined: list[Piece] = []
    for piece in found:
        if joined and joined[-1].is_different == piece.is_different:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.is_different)
        else:
            joined.append(piece)
    return joined
