"""Words as the search engines get them: ASCII tokens that SQLite's FTS5 and MariaDB's FULLTEXT read alike."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

# Two letters: with them a word of one letter has the three that InnoDB asks for, and none is a stop word.
_ASCII_PREFIX = "xx"
_OTHER_PREFIX = "u"
_MAX_TOKEN = 80  # InnoDB's innodb_ft_max_token_size is 84.
_MAX_QUERY_CHARS = 200
_MAX_TERMS = 12

_WORD, _UNSPACED, _OTHER = "word", "unspaced", ""
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
    """For MariaDB's MATCH ... AGAINST (... IN BOOLEAN MODE); no terms give "", which matches nothing."""
    return " ".join(part for term in terms for part in _boolean_parts(term))


def _boolean_parts(term: Term) -> Iterator[str]:
    # MariaDB has no prefix inside a phrase: the begun word is asked for beside it.
    whole = term.tokens[:-1] if term.prefix else term.tokens
    if len(whole) > 1:
        yield f'+"{" ".join(whole)}"'
    elif whole:
        yield f"+{whole[0]}"
    if term.prefix:
        yield f"+{term.tokens[-1]}*"


def _term(piece: str, *, prefix: bool) -> Term | None:
    runs = _runs(piece)
    if not runs:
        return None
    tokens = [token for kind, run in runs[:-1] for token in _cut_run(kind, run)]
    kind, last = runs[-1]
    if kind == _UNSPACED:
        # The index has the last character of a run alone too; here the run may go on.
        tokens += _bigrams(last)
        prefix = prefix or len(last) == 1
    else:
        tokens.append(_encoded(last))
        prefix = prefix and len(last) > 1
    return Term(tokens, phrase=len(tokens) > 1, prefix=prefix)


def _tokens(text: str) -> Iterator[str]:
    for kind, run in _runs(text):
        yield from _cut_run(kind, run)


def _cut_run(kind: str, run: str) -> list[str]:
    if kind == _WORD:
        return [_encoded(run)]
    # The last character alone lets a query of one character find it as the beginning of a token.
    return [*_bigrams(run), _encoded(run[-1])] if len(run) > 1 else [_encoded(run)]


def _bigrams(run: str) -> list[str]:
    return [_encoded(run[start : start + 2]) for start in range(len(run) - 1)] or [_encoded(run)]


def _runs(text: str) -> list[tuple[str, str]]:
    return [(kind, "".join(chars)) for kind, chars in groupby(_folded(text), key=_kind) if kind]


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = unicodedata.normalize("NFKD", folded).translate(_FOLDED)
    return unicodedata.normalize("NFKC", bare).casefold()


def _encoded(word: str) -> str:
    token = _ASCII_PREFIX + word if word.isascii() else _OTHER_PREFIX + word.encode().hex()
    return token[:_MAX_TOKEN]


@cache
def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if not (char.isalnum() or category in {"Mn", "Mc"}):
        return _OTHER
    code = ord(char)
    return _UNSPACED if any(first <= code <= last for first, last in _UNSPACED_RANGES) else _WORD
