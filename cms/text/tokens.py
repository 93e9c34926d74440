"""Words as the search engines get them: ASCII tokens that SQLite's FTS5 and MariaDB's FULLTEXT read alike.

A text becomes its words. The text of a post becomes ``of_post``: title, tags, authors, excerpt and body, with ``EDGE``
between, so that no phrase reaches over it and a ranking knows where a word stands. Each tag and author has besides a
token of its whole name (``of_name``), which a filter such as ``tag:sea`` asks for like any other word.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from cms.text.slug import slugify

# Two letters: with them a word of one letter has the three that InnoDB asks for, and none is a stop word.
_ASCII_PREFIX = "xx"
_OTHER_PREFIX = "u"
LONGEST = 80  # InnoDB's innodb_ft_max_token_size is 84.
_MAX_QUERY_CHARS = 200
_MAX_TERMS = 12

EDGE = "zzz"  # no word is that: they begin with "xx" or "u"
_NAMES = {"tag": "tt", "author": "aa"}

WORD, UNSPACED, _OTHER = "word", "unspaced", ""
_UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
# Accents, Hebrew points, Arabic vowel signs and the stretching tatweel: written or left out at will.
_OPTIONAL_MARKS = {*range(0x0300, 0x0370), *range(0x0591, 0x05C8), *range(0x064B, 0x0660), 0x0640, 0x0670}
_FOLDED = dict.fromkeys(_OPTIONAL_MARKS) | str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th"}
)


@dataclass(frozen=True)
class Term:
    """One thing asked for: its tokens side by side; with ``prefix`` the last one may go on."""

    tokens: list[str]
    phrase: bool = False
    prefix: bool = False


def for_index(text: str) -> str:
    """The tokens of ``text``, parted by blanks; a query finds them whatever its accents and case."""
    return " ".join(_tokens(text))


def of_post(title: str, tags: Iterable[str], authors: Iterable[str], excerpt: str, body: str) -> str:
    """Of texts that are tokens already: ``for_index`` and, for each tag and author, ``of_named``."""
    # Each word has a blank on both sides, by which it is found when read, and an empty field has two between its edges.
    return f" {f' {EDGE} '.join((title, ' '.join(tags), ' '.join(authors), excerpt, body))} "


def of_named(kind: str, name: str, slug: str) -> str:
    """The words of a tag or an author, and what a filter finds it by: the whole name, of an author a part of it too."""
    known = {slug, slugify(name)}
    if kind == "author":
        known.update(part for name in list(known) for part in name.split("-"))
    return " ".join([for_index(name), *sorted(of_name(kind, part) for part in known if part)])


def of_name(kind: str, slug: str) -> str:
    """The token of a whole ``tag`` or ``author``: of a digest, since a name may be longer than a token."""
    return _NAMES[kind] + hashlib.blake2b(slug.encode(), digest_size=8).hexdigest()


def for_query(text: str) -> list[Term]:
    """What ``text`` as typed asks for: words, "phrases" and begun words* (the last word always may be one)."""
    pieces: list[tuple[str, bool]] = []
    parts = text[:_MAX_QUERY_CHARS].split('"')
    for number, part in enumerate(parts):
        # Odd parts stand between two quotes, but for one that was never closed.
        if number % 2 == 1 and number < len(parts) - 1:
            pieces.append((part, False))
        else:
            pieces += [(piece, piece.endswith("*")) for piece in part.split()]
    if pieces and parts[-1] and not parts[-1][-1].isspace():
        pieces[-1] = (pieces[-1][0], True)
    terms = [term for piece, is_begun in pieces if (term := _term(piece, prefix=is_begun))]
    return [term for number, term in enumerate(terms) if term not in terms[:number]][:_MAX_TERMS]


def fts5_query(terms: Iterable[Term]) -> str:
    """For SQLite's MATCH; no terms match nothing (FTS5 refuses an empty string, but not an empty phrase)."""
    return " ".join(f'"{" ".join(term.tokens)}"{"*" if term.prefix else ""}' for term in terms) or '""'


def boolean_query(terms: Iterable[Term]) -> str:
    """For MariaDB's MATCH ... AGAINST (... IN BOOLEAN MODE); no terms give "", which matches nothing.

    Of a phrase it asks for each word: MariaDB takes 13 s over a phrase of two words that 200,000 posts have, and knows
    none that ends in a begun word. Whether they stand side by side is seen by ``needle``.
    """
    return " ".join(f"+{one.tokens[0]}{'*' if one.prefix else ''}" for one in singles(terms))


def singles(terms: Iterable[Term]) -> list[Term]:
    """Each word of the terms by itself, once."""
    found = []
    for term in terms:
        for place, token in enumerate(term.tokens, 1):
            found.append(Term([token], prefix=term.prefix and place == len(term.tokens)))
    return [one for place, one in enumerate(found) if one not in found[:place]]


def needle(term: Term) -> str:
    """What stands in the tokens of each text that has the term."""
    return f" {' '.join(term.tokens)}{'' if term.prefix else ' '}"


def fields(words: str) -> list[str]:
    """Title, tags, authors, excerpt and body of what ``of_post`` made, or of its beginning."""
    found = [f" {field} " for field in words[1:].split(f" {EDGE} ", 4)]
    return found + [""] * (5 - len(found))


def _term(piece: str, *, prefix: bool) -> Term | None:
    runs = _runs(piece)
    if not runs:
        return None
    tokens = [token for kind, run in runs[:-1] for token in _cut_run(kind, run)]
    kind, last = runs[-1]
    if kind == UNSPACED:
        # The index has the last character of a run alone too; here the run may go on.
        tokens += _bigrams(last)
        prefix = prefix or len(last) == 1
    else:
        tokens.append(encoded(last))
        prefix = prefix and len(last) > 1
    return Term(tokens, phrase=len(tokens) > 1, prefix=prefix)


def _tokens(text: str) -> Iterator[str]:
    for kind, run in _runs(text):
        yield from _cut_run(kind, run)


def _cut_run(kind: str, run: str) -> list[str]:
    if kind == WORD:
        return [encoded(run)]
    # The last character alone lets a query of one character find it as the beginning of a token.
    return [*_bigrams(run), encoded(run[-1])] if len(run) > 1 else [encoded(run)]


def _bigrams(run: str) -> list[str]:
    return [encoded(run[start : start + 2]) for start in range(len(run) - 1)] or [encoded(run)]


def _runs(text: str) -> list[tuple[str, str]]:
    return [(kind, "".join(chars)) for kind, chars in groupby(folded(text), key=kind_of) if kind]


def folded(text: str) -> str:
    """Without case, accents and other marks that are written or left out at will."""
    if text.isascii():
        return text.lower()
    same = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFKD", same).translate(_FOLDED)
    return unicodedata.normalize("NFKC", bare).casefold()


def encoded(word: str) -> str:
    """The token of a folded word, or of one or two characters of a script without blanks."""
    token = _ASCII_PREFIX + word if word.isascii() else _OTHER_PREFIX + word.encode().hex()
    return token[:LONGEST]


def decoded(token: str) -> str:
    """The folded letters behind a token, as many as fit into it."""
    if token.startswith(_ASCII_PREFIX):
        return token[len(_ASCII_PREFIX) :]
    return bytes.fromhex(token[1:][: (len(token) - 1) // 2 * 2]).decode(errors="ignore")


def readable(token: str) -> str:
    """The word that ``for_index`` made ``token`` of, as far as it was not too long."""
    if token.startswith(_ASCII_PREFIX):
        return token.removeprefix(_ASCII_PREFIX)
    digits = token.removeprefix(_OTHER_PREFIX)
    return bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "ignore")


@cache
def kind_of(char: str) -> str:
    """WORD, UNSPACED, or "" for what stands between words."""
    category = unicodedata.category(char)
    if not (char.isalnum() or category in {"Mn", "Mc"}):
        return _OTHER
    code = ord(char)
    return UNSPACED if any(first <= code <= last for first, last in _UNSPACED_RANGES) else WORD
