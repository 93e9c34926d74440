"""Fonts to draw words with. We ship none: those of the system are used where they have every letter of a text.

Pillow's own font is all that can be relied on, and has little more than ASCII. What no font here can write is not
written: never a box in place of a letter.
"""

import os
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFont, features

FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"),
    *("/Library/Fonts", "/System/Library/Fonts", "C:/Windows/Fonts"),
)
# Heavy ones, the best looking first; with the place of the face in a collection, by language where it matters.
CHOICE = (
    *("Inter-Bold.ttf", "NotoSans-Bold.ttf", "LiberationSans-Bold.ttf", "Arial Bold.ttf", "arialbd.ttf"),
    *("DejaVuSans-Bold.ttf", "NotoNaskhArabic-Bold.ttf", "NotoSansArabic-Bold.ttf", "NotoSansHebrew-Bold.ttf"),
    *("NotoSansDevanagari-Bold.ttf", "NotoSansBengali-Bold.ttf", "NotoSansTamil-Bold.ttf", "NotoSansThai-Bold.ttf"),
    *("NotoSansCJK-Bold.ttc", "NotoSansCJKsc-Bold.otf", "SourceHanSansSC-Bold.otf", "PingFang.ttc", "msyhbd.ttc"),
    *("wqy-zenhei.ttc", "wqy-microhei.ttc"),
)
FACES = {"NotoSansCJK-Bold.ttc": {"ja": 0, "ko": 1, "zh": 2, "zh-TW": 3}}
NOWHERE = "\U0010ffff"  # no font has it: how it draws this is how it draws what it lacks
# Scripts whose letters change by their neighbours: without a shaper they fall apart.
SHAPED = ("ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL", "TELUGU", "THAI", "KHMER", "MYANMAR", "SYRIAC", "LAO")
SHAPED += ("GURMUKHI", "GUJARATI", "ORIYA", "KANNADA", "MALAYALAM", "SINHALA", "TIBETAN", "MONGOLIAN", "THAANA", "NKO")


def writing(text: str, language: str = "") -> Any | None:
    """A font that has every letter of ``text``; None where there is none here."""
    if needs_shaping(text) and not features.check("raqm"):
        return None
    letters = frozenset(letter for letter in text if not letter.isspace() and unicodedata.category(letter) != "Cf")
    for place, face in candidates(language):
        if letters <= _having(place, face, letters):
            return _loaded(place, face)
    return None


def without_pictures(text: str) -> str:
    """``text`` without emoji and what shows nothing, which few fonts have and no title needs."""
    kept = (c for c in text if unicodedata.category(c) not in ("So", "Sk", "Cs", "Co", "Cn", "Cc") or c.isspace())
    words = "".join(c for c in kept if c not in "\ufe0e\ufe0f\u20e3").split()
    return " ".join(filter(None, (word.strip("\u200d") for word in words)))  # what joined them


def needs_shaping(text: str) -> bool:
    return any(not c.isascii() and unicodedata.name(c, "").startswith(SHAPED) for c in text)


def is_rtl(text: str) -> bool:
    """Whether the first letter that has a direction goes from right to left."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    return next((one for one in directions if one in ("L", "R", "AL")), "L") != "L"


def candidates(language: str) -> Iterator[tuple[str | None, int]]:
    known = _installed()
    for name in CHOICE:
        if name in known:
            faces = FACES.get(name, {})
            yield known[name], faces.get(language, faces.get(language.partition("-")[0], faces.get("zh", 0)))
    yield None, 0


@lru_cache(maxsize=1)
def _installed() -> dict[str, str]:
    found: dict[str, str] = {}
    wanted = set(CHOICE)
    for root in FOLDERS:
        for folder, _, names in os.walk(Path(root).expanduser()):
            for name in wanted.intersection(names):
                found.setdefault(name, os.path.join(folder, name))
    return found


@lru_cache(maxsize=32)
def _loaded(place: str | None, face: int) -> Any:
    if place is None:
        return ImageFont.load_default(64)
    return ImageFont.truetype(place, 64, index=face)


@lru_cache(maxsize=256)
def _having(place: str | None, face: int, letters: frozenset[str]) -> frozenset[str]:
    """Those of ``letters`` that the font has."""
    try:
        font = _loaded(place, face)
    except OSError:  # a file of that name that is no font
        return frozenset()
    missing = _drawn(font, NOWHERE)
    return frozenset(letter for letter in letters if _drawn(font, letter) != missing)


def _drawn(font: Any, letter: str) -> tuple[Any, bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)
