"""The first words of a text, and how long it takes to read."""

import math
import re
import unicodedata

WORDS_A_MINUTE = 230

_ELLIPSIS = "…"
_CLOSERS = "\"'”’»)\\]」』）"
_SENTENCE_END = re.compile(rf"(?:(?<=\w\w)[.!?…]+[{_CLOSERS}]*(?=\s+[^a-z])|[。！？]+[{_CLOSERS}]*)")
# Scripts written without blanks: kana, Han, full-width forms.
_CJK = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CJK_CHAR = re.compile(f"[{_CJK}]")
_BREAK = re.compile(rf"\s|(?<=[{_CJK}、，])|(?=[{_CJK}])")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")


def excerpt(plain_text: str, max_chars: int = 280) -> str:
    """At most ``max_chars`` of ``plain_text``: whole sentences where they fill half of it, else whole words and "…"."""
    text = " ".join(plain_text[: max_chars * 20].split())
    if len(text) <= max_chars:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, max_chars + 2) if match.end() <= max_chars]
    if ends and ends[-1] >= max_chars // 2:
        return text[: ends[-1]]
    return text[: _word_end(text, max_chars - 1)].rstrip(" ,;:–—-([{、，") + _ELLIPSIS


def word_count(text: str) -> int:
    """Words; each Chinese or Japanese character counts as one."""
    without_cjk, characters = _CJK_CHAR.subn(" ", text)
    return characters + sum(1 for _ in _WORD.finditer(without_cjk))


def reading_minutes(words: int) -> int:
    """Whole minutes, at least one."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))


def _word_end(text: str, limit: int) -> int:
    breaks = [match.start() for match in _BREAK.finditer(text, 0, limit + 1) if match.start() <= limit]
    if breaks and breaks[-1] > limit // 2:
        return breaks[-1]
    while limit > 1 and (_joins(text[limit]) or text[limit - 1] == "\u200d"):
        limit -= 1
    return limit


def _joins(char: str) -> bool:
    return char == "\u200d" or unicodedata.category(char).startswith("M")
