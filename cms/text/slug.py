"""Slugs and the folded forms by which names and addresses are compared (design: identity is folded by us)."""

import re
import unicodedata
from functools import cache

_APOSTROPHES = "'’‘‛ʼ"
# Letters and marks that show nothing, yet would make two slugs that look alike.
_INVISIBLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
_INVISIBLE |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
_JOINERS = "\u200c\u200d"


def slugify(text: str, max_length: int = 80) -> str:
    """``text`` as a part of an address, in its own script; "" when no letter or digit is left."""
    # Turkish capital dotted I folds to i and a dot above that no one types.
    folded = unicodedata.normalize("NFKC", _casefold(text).replace("i\u0307", "i"))
    kept = "".join(map(_slug_part, folded))
    # A mark without a letter before it (the rest of an emoji) says nothing.
    words = [_without_leading_marks(word) for word in re.split("-+", kept)]
    return _cut(unicodedata.normalize("NFKC", "-".join(word for word in words if word)), max_length)


def is_slug(text: str) -> bool:
    """Whether ``text`` is what ``slugify`` makes, whatever its length."""
    return bool(text) and slugify(text, max_length=len(text)) == text


def fold(text: str) -> str:
    """The form by which two names are the same: 'Flask ' and 'flask' are, 'café' and 'cafe' are not."""
    visible = "".join(c for c in text if c in _JOINERS or unicodedata.category(c) != "Cf")
    return " ".join(_casefold(visible).split())


def fold_email(text: str) -> str:
    """The form in which accounts are kept, found and written to: no mail server tells letters by their case.

    Not case-folded: that would make another address of "straße".
    """
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def _casefold(text: str) -> str:
    # Folding can undo the normal form and the other way round (Unicode 3.13, D146).
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).casefold()


@cache
def _slug_part(char: str) -> str:
    category = unicodedata.category(char)
    if char in _APOSTROPHES or category == "Cf" or ord(char) in _INVISIBLE:
        return ""
    return char if char.isalnum() or category in {"Mn", "Mc"} else "-"


def _without_leading_marks(word: str) -> str:
    start = 0
    while start < len(word) and not word[start].isalnum():
        start += 1
    return word[start:]


def _cut(slug: str, max_length: int) -> str:
    if len(slug) <= max_length:
        return slug
    head, hyphen, _ = slug[: max_length + 1].rpartition("-")
    return head if hyphen else slug[:max_length]
