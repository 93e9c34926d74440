"""Where the words of a question stand in a text: the text in parts, found or not, and the passage that shows most."""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cms.text import tokens
from cms.text.placing import Placed, folded, letters, placed_tokens
from cms.text.tokens import Term

LOOKED_THROUGH = 6000  # letters of a text, one by one
MOST_HITS = 60
PASSAGE = 240
BEFORE = 60  # letters that are shown before the first found word
_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<[^>]*>")
_BLOCK = re.compile(
    r"</?(?:p|h[1-6]|li|ul|ol|dl|dt|dd|pre|blockquote|table|tr|td|th|figure|figcaption|div|br|hr)\b[^>]*>"
)


class Part(NamedTuple):
    """Some letters; whether a reader looked for them."""

    text: str
    is_found: bool


class Hit(NamedTuple):
    """Where a term was found, and the number of that term."""

    start: int
    end: int
    term: int


def composed(text: str) -> str:
    """The form that parts are cut of: the same to see, with each accent in its letter where there is one."""
    return unicodedata.normalize("NFC", text)


def marked(text: str, terms: Sequence[Term]) -> list[Part]:
    """The whole text in parts. Marks of accents stay with their letters, whatever way they are written."""
    text = composed(text)
    return _parts(text, 0, len(text), hits(text, terms))


def passage(text: str, terms: Sequence[Term], length: int = PASSAGE) -> list[Part]:
    """About ``length`` letters round the place with most of the terms; none when none of them is there."""
    text = _SPACE.sub(" ", composed(_likely(text, terms))).strip()
    found = hits(text, terms)
    if not found:
        return []
    first = _densest(found, length - BEFORE)
    start = _begin(text, max(0, found[first].start - BEFORE), found[first].start)
    shown = max(hit.end for hit in found if hit.start < start + length)
    end = _finish(text, start + length, min(shown, start + 2 * length))
    parts = _parts(text, start, end, found)
    return [*([Part("… ", False)] if start else []), *parts, *([Part(" …", False)] if end < len(text) else [])]


def plain(html: str) -> str:
    """The words of HTML that is clean already. For a passage alone: what comes of it is escaped again."""
    from_blocks = _BLOCK.sub(" ", html)
    text = _TAG.sub("", from_blocks)
    for entity, letter in (
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", '"'),
        ("&#39;", "'"),
        ("&#34;", '"'),
        ("&nbsp;", " "),
    ):
        text = text.replace(entity, letter)
    return text.replace("&amp;", "&")


def hits(text: str, terms: Sequence[Term]) -> list[Hit]:
    """The first places of all terms, by their beginning."""
    if not terms:
        return []
    whole = {term.tokens[-1] for term in terms}
    begun = tuple(term.tokens[-1] for term in terms if term.prefix)
    recent: deque[Placed] = deque(maxlen=max(len(term.tokens) for term in terms))
    found: list[Hit] = []
    for placed in placed_tokens(text):
        recent.append(placed)
        if placed.token in whole or placed.token.startswith(begun):
            found += _ending_here(text, recent, terms)
            if len(found) >= MOST_HITS:
                break
    return sorted(found)


def _ending_here(text: str, recent: Sequence[Placed], terms: Sequence[Term]) -> Iterator[Hit]:
    last = recent[-1]
    for number, term in enumerate(terms):
        *before, end = term.tokens
        fits = last.token.startswith(end) if term.prefix else last.token == end
        first = len(recent) - len(term.tokens)
        if fits and first >= 0 and all(recent[first + at].token == token for at, token in enumerate(before)):
            yield Hit(recent[first].start, _end(text, last, term), number)


def _end(text: str, last: Placed, term: Term) -> int:
    """A begun word is marked whole, but of a pair of Chinese characters only the one that was asked for."""
    if term.prefix and last.token != term.tokens[-1]:
        first, end = next(letters(text, last.start, last.end))
        if tokens.kind_of(folded(text[first:end])[:1]) == tokens.UNSPACED:
            return end
    return last.end


def _densest(found: Sequence[Hit], width: int) -> int:
    """The number of the hit from which on most terms follow within ``width`` letters."""
    best, most = 0, 0
    for number, hit in enumerate(found):
        terms = set()
        for other in found[number:]:
            if other.end > hit.start + width:
                break
            terms.add(other.term)
        if len(terms) > most:
            best, most = number, len(terms)
    return best


def _likely(text: str, terms: Sequence[Term]) -> str:
    """The part of a long text where a word stands as it was typed; else its beginning. Looking at letters is slow."""
    if len(text) <= LOOKED_THROUGH:
        return text
    lower = text.lower()
    places = [place for term in terms if (place := lower.find(tokens.decoded(term.tokens[0]))) >= 0]
    start = max(0, min(places, default=0) - BEFORE * 5)
    return text[start : start + LOOKED_THROUGH]


def _begin(text: str, start: int, latest: int) -> int:
    """The beginning of a sentence or else of a word, not behind ``latest``."""
    if start == 0:
        return 0
    sentences = [match.end() for match in re.finditer(r"[.!?]\s+(?=\S)|[。！？]", text[start:latest])]
    if sentences:
        return start + sentences[-1]
    blank = text.find(" ", start, latest)
    return blank + 1 if blank >= 0 else start


def _finish(text: str, end: int, earliest: int) -> int:
    if end >= len(text):
        return len(text)
    blank = text.rfind(" ", earliest, end + 1)
    return blank if blank >= 0 else max(end, earliest)


def _parts(text: str, start: int, end: int, found: Sequence[Hit]) -> list[Part]:
    parts, at = [], start
    for first, last in _joined(found):
        first, last = max(first, start), min(last, end)
        if first >= last or last <= at:
            continue
        if first > at:
            parts.append(Part(text[at:first], False))
        parts.append(Part(text[max(first, at) : last], True))
        at = last
    return [*parts, Part(text[at:end], False)] if at < end else parts


def _joined(found: Sequence[Hit]) -> Iterator[tuple[int, int]]:
    """Hits that touch as one: the pairs of a Chinese word overlap."""
    current: tuple[int, int] | None = None
    for hit in found:
        if current is not None and hit.start <= current[1]:
            current = current[0], max(current[1], hit.end)
            continue
        if current is not None:
            yield current
        current = hit.start, hit.end
    if current is not None:
        yield current
