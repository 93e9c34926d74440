"""SQL cut into words, signs, quoted texts and brackets, as SQLite reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

BLANKS = " \t\n\f\r"  # any other one may be part of a name
IN_A_WORD = re.compile(r"\w|\$|[^\x00-\x7f]")
PIECE = re.compile(
    r"""(?P<blank> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
      | (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
      | (?P<number> \.?[0-9][\w.]* )
      | (?P<word> (?:\w|\$|[^\x00-\x7f])+ )
      | (?P<sign> . )""",
    re.DOTALL | re.VERBOSE,
)

REMEMBERED = 2000  # texts: a step changes one table, and all others are read again before and after it


class Token(NamedTuple):
    """A word, a sign, a quoted text, or a whole bracket; ``word`` is empty but for a plain word, in capitals."""

    text: str
    start: int
    word: str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_blank(self) -> bool:
        return self.text[0] in BLANKS or self.text.startswith(("--", "/*"))

    @property
    def name(self) -> str:
        """The identifier that it is."""
        if self.text[0] == "[":
            return self.text[1:-1]
        if (mark := self.text[0]) in "'\"`":
            return self.text[1:-1].replace(mark * 2, mark)
        return self.text


def tokens(text: str) -> Iterator[Token]:
    """Everything, blanks and comments too."""
    for found in PIECE.finditer(text):
        yield Token(found[0], found.start(), found[0].upper() if found.lastgroup == "word" else "")


@lru_cache(REMEMBERED)
def spoken_tokens(text: str) -> tuple[Token, ...]:
    """No blanks and no comments."""
    return tuple(token for token in tokens(text) if not token.is_blank)


def words_of(text: str) -> list[str]:
    """Without blanks and quotes: SQLite puts a column in quotes when it gets another name."""
    return [token.name.lower() for token in spoken_tokens(text)]


def joined(*parts: str) -> str:
    """The parts side by side, with a blank between two words: SQLite needs none in ``DEFAULT 'x'NOT NULL``."""
    text = ""
    for part in parts:
        text += " " * bool(IN_A_WORD.match(text[-1:]) and IN_A_WORD.match(part[:1])) + part
    return text


def ends_line(text: str) -> str:
    """The end of line that a text needs behind it that ends in a comment."""
    *_, last = tokens(text)
    return "\n" if last.text.startswith("--") else ""


@lru_cache(REMEMBERED)
def outer(text: str) -> tuple[Token, ...]:
    """What stands outside of brackets, and each bracket as one; no blanks and no comments."""
    found: list[Token] = []
    depth, begin = 0, 0
    for token in tokens(text):
        if token.text == "(":
            begin = begin if depth else token.start
            depth += 1
        elif token.text == ")":
            depth -= 1
            if depth == 0:
                found.append(Token(text[begin : token.end], begin))
        elif depth == 0 and not token.is_blank:
            found.append(token)
    return tuple(found)


def separated(text: str) -> list[str]:
    """The parts between commas outside of brackets."""
    cuts = [token for token in outer(text) if token.text == ","]
    return [
        text[begin:end]
        for begin, end in zip([0, *(cut.end for cut in cuts)], [*(cut.start for cut in cuts), len(text)], strict=True)
    ]


def spoken(text: str, found: tuple[Token, ...]) -> str:
    return text[found[0].start : found[-1].end] if found else ""


def in_quotes(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
