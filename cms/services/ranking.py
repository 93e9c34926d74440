"""The order of what was found: whole numbers of the tokens alone, so that each database gives the same.

For each word or phrase of the question the best place counts, and less for a word that only begins so:

    title 24 / 16      a tag or an author 14 / 9      excerpt 6 / 4      text 4 / 3      text behind the part read 2

and how often the text has it: 1 more for twice, 2 for four times, 3 for eight times. Of several words, besides: 24 when
the title has all, and up to 12 when the text has all near together, 1 less for each word between them. A title that is
the question and nothing else: 24. Where two are worth the same, the newer one is first.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from cms.text import tokens
from cms.text.tokens import Term

LETTERS_READ = 8000  # of the tokens of a post: its first thousand words or so
TITLE, NAMES, EXCERPT, TEXT = (24, 16), (14, 9), (6, 4), (4, 3)
BEHIND = 2
WHOLE_TITLE = ALL_IN_TITLE = 24
NEAR = 12
MOST_PLACES = 20  # of one word, where several are near


class Ranked(NamedTuple):
    """A post and what it is worth. The best is the greatest."""

    score: int
    listed_at: datetime
    id: int


class _Needle(NamedTuple):
    whole: str
    begun: str | None


def ranked(rows: Iterable[tuple[int, datetime, str]], terms: Sequence[Term]) -> list[Ranked]:
    """The best first. Of each post: id, time and the beginning of its tokens."""
    needles = [_needles(term) for term in terms]
    found = [Ranked(_score(words, needles), listed_at, post_id) for post_id, listed_at, words in rows]
    return sorted(found, reverse=True)


def _needles(term: Term) -> _Needle:
    words = f" {' '.join(term.tokens)}"
    return _Needle(f"{words} ", words if term.prefix else None)


def _score(words: str, needles: Sequence[_Needle]) -> int:
    if not needles:
        return 0
    title, tags, authors, excerpt, text = tokens.fields(words)
    names = tags + authors
    score = in_title = in_text = 0
    for needle in needles:
        place = _best(needle, title, TITLE)
        in_title += place > 0
        worth = _best(needle, text, TEXT)
        in_text += worth > 0
        place = place or _best(needle, names, NAMES) or _best(needle, excerpt, EXCERPT) or worth or BEHIND
        often = text.count(needle.begun or needle.whole) if worth else 0
        score += place + min(3, max(0, often.bit_length() - 1))
    if in_title == len(needles):
        score += ALL_IN_TITLE if len(needles) > 1 else 0
        score += WHOLE_TITLE if title.strip() == " ".join(needle.whole.strip() for needle in needles) else 0
    if len(needles) > 1 and in_text == len(needles):
        score += _nearness(text, needles)
    return score


def _best(needle: _Needle, field: str, worth: tuple[int, int]) -> int:
    if needle.whole in field:
        return worth[0]
    return worth[1] if needle.begun is not None and needle.begun in field else 0


def _nearness(text: str, needles: Sequence[_Needle]) -> int:
    """By the fewest words from the first to the last of a group that has all."""
    places = []
    for number, needle in enumerate(needles):
        wanted, at = needle.begun or needle.whole, -1
        for _ in range(MOST_PLACES):
            at = text.find(wanted, at + 1)
            if at < 0:
                break
            places.append((at, number))
    places.sort()
    last: dict[int, int] = {}
    nearest = NEAR + len(needles)
    for at, number in places:
        last[number] = at
        if len(last) == len(needles):
            first = min(last.values())
            if at - first < (nearest + 1) * tokens.LONGEST:
                nearest = min(nearest, text.count(" ", first, at))
    return max(0, NEAR - max(0, nearest - (len(needles) - 1)))
