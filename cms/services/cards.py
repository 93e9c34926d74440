"""The picture of a post that has none, for where it is shared: its title, who wrote it, and the name of the site.

Drawn when it is asked for and kept on disk: the newest ``MOST_KEPT``, one drawn at a time on a machine.
"""

import hashlib
import hmac
import io
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from PIL import Image, ImageDraw

from cms.services import fonts, storage

try:
    import fcntl
except ImportError:  # Windows: one process draws at a time, several may
    fcntl = None  # type: ignore[assignment]

WIDTH, HEIGHT = 1200, 630  # as ogp.me and those who show it ask for
LOOK = 2  # goes into the address: another look is another picture
MOST_KEPT = 2000
FOLDER = ".cards"  # hidden: backups leave out what can be made again
MARGIN, TITLE_TOP, TITLE_BOTTOM = 88, 176, 472
MEASURE = WIDTH - 2 * MARGIN
BAR = 24  # of colour, at the edge where lines begin
SIZES = (88, 80, 72, 64, 56, 48, 42)
LEADING = 1.22
SMALL = 34
PAPER, INK, MUTED, ACCENT = "#fbfcfc", "#14191d", "#5a656d", "#0b6b70"
CLOSING = "，。、；：？！）」』】》〉…ー々,.;:?!)"
WAITING = threading.BoundedSemaphore(2)  # of the threads of a process: the others go on serving


class Busy(Exception):
    """Others are being drawn: ask again in a moment."""


@dataclass(frozen=True)
class Card:
    """What stands on it."""

    title: str
    byline: str
    site: str
    language: str

    @property
    def digest(self) -> str:
        """What tells it from others, in words that nobody can guess: it says nothing of a title that is not public."""
        content = json.dumps([LOOK, asdict(self)], sort_keys=True).encode("utf-8", "surrogatepass")
        return hmac.new(_key(), content, hashlib.sha256).hexdigest()[:32]


def _key() -> bytes:
    return b"card:" + str(current_app.config["SECRET_KEY"]).encode()


def kept(card: Card) -> Path:
    """Where its PNG lies, drawn now if it was not yet. Raises Busy."""
    place = _place(card)
    if not place.is_file():
        if not WAITING.acquire(blocking=False):
            raise Busy
        try:
            with _alone(place.parent):
                if not place.is_file():  # another process may have drawn it meanwhile
                    _keep(place, drawn(card))
        finally:
            WAITING.release()
    return place


def _place(card: Card) -> Path:
    return storage.current().place(f"{FOLDER}/{card.digest}.png")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(place: Path, content: bytes) -> None:
    unfinished = place.with_suffix(".unfinished")  # alone: nobody else writes it
    unfinished.write_bytes(content)
    os.replace(unfinished, place)
    cards = sorted(place.parent.glob("*.png"), key=_age)
    for old in cards[: max(0, len(cards) - MOST_KEPT)]:
        old.unlink(missing_ok=True)


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0


def drawn(card: Card) -> bytes:
    """The PNG. Words that no font of this machine can write are left out, down to the bare card."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    rtl = fonts.is_rtl(card.title)
    if _title(draw, card.title, card.language, INK, rtl=rtl):
        _line(draw, card.site, card.language, MARGIN, ACCENT, rtl=rtl)
        _line(draw, card.byline, card.language, HEIGHT - MARGIN - SMALL, MUTED, rtl=rtl)
    else:
        rtl = fonts.is_rtl(card.site)
        _title(draw, card.site, card.language, ACCENT, rtl=rtl)
    draw.rectangle((WIDTH - BAR, 0, WIDTH, HEIGHT) if rtl else (0, 0, BAR - 1, HEIGHT), fill=ACCENT)
    buffer = io.BytesIO()
    image.quantize(32, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _title(draw: Any, text: str, language: str, colour: str, *, rtl: bool) -> bool:
    """Whether it could be written."""
    text = fonts.without_pictures(text)
    font = fonts.writing(text, language) if text else None
    if font is None:
        return False
    size, lines = fitted(text, font)
    _write(draw, lines, font.font_variant(size=size), TITLE_TOP, colour, spacing=round(size * LEADING), rtl=rtl)
    return True


def _line(draw: Any, text: str, language: str, top: int, colour: str, *, rtl: bool) -> None:
    text = fonts.without_pictures(text)
    font = fonts.writing(text, language) if text else None
    if font is not None:
        small = font.font_variant(size=SMALL)
        _write(draw, [shortened(text, small)], small, top, colour, rtl=rtl)


def _write(draw: Any, lines: list[str], font: Any, top: int, colour: str, *, spacing: int = 0, rtl: bool) -> None:
    """At the edge where the card begins, which is the right one with ``rtl``; each text runs its own way."""
    text = " ".join(lines)
    how = {"direction": "rtl"} if fonts.is_rtl(text) and fonts.needs_shaping(text) else {}
    for number, line in enumerate(lines):
        # By the base line: above it each font leaves a space of its own.
        place = (WIDTH - MARGIN if rtl else MARGIN, top + round(font.size * 0.8) + number * spacing)
        draw.text(place, line, font=font, fill=colour, anchor="rs" if rtl else "ls", **how)


def fitted(title: str, font: Any) -> tuple[int, list[str]]:
    """The largest size at which ``title`` fits between the other lines, with its words whole if there is one."""
    for size in [size for size in SIZES if _is_whole(title, font.font_variant(size=size))] or SIZES:
        lines = broken(title, font.font_variant(size=size))
        most = int((TITLE_BOTTOM - TITLE_TOP) / (size * LEADING))
        if len(lines) <= most:
            return size, balanced(title, font.font_variant(size=size), len(lines))
    small = font.font_variant(size=size)
    return size, [*lines[: most - 1], shortened(" ".join(lines[most - 1 :]), small)]


def _is_whole(text: str, font: Any) -> bool:
    return all(_fits(piece.strip(), font) for piece in _pieces(text))


def balanced(text: str, font: Any, count: int) -> list[str]:
    """``text`` in ``count`` lines that are as nearly of one width as they can be."""
    narrow, wide = MEASURE // count - 1, MEASURE  # in the one there are more lines, or it is no use; in the other not
    while wide - narrow > 1:
        width = (narrow + wide) // 2
        if len(broken(text, font, width)) > count:
            narrow = width
        else:
            wide = width
    return broken(text, font, wide)


def broken(text: str, font: Any, width: int = MEASURE) -> list[str]:
    """``text`` in lines of ``width``: between words, between CJK letters, within a word that no line has room for."""
    lines, line = [], ""
    for piece in _pieces(text):
        for part in [piece] if _fits(piece.strip(), font) else piece:
            if line and not _fits((line + part).strip(), font, width):
                lines.append(line.strip())
                line = part.lstrip()
            else:
                line += part
    return [*lines, line.strip()] if line.strip() else lines


def _pieces(text: str) -> list[str]:
    """What stays together, each with the blank before it."""
    cjk = "[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
    return re.findall(rf"\s*(?:{cjk}[{re.escape(CLOSING)}]*|(?:(?!{cjk})\S)+[{re.escape(CLOSING)}]*)", text)


def shortened(text: str, font: Any) -> str:
    if _fits(text, font):
        return text
    end = "…" if fonts.writing("…") is not None and _has_ellipsis(font) else "..."
    while text and not _fits(text + end, font):
        text = text[:-1].rstrip()
    return text + end


def _has_ellipsis(font: Any) -> bool:
    return bytes(font.getmask("…")) != bytes(font.getmask(fonts.NOWHERE))


def _fits(text: str, font: Any, width: int = MEASURE) -> bool:
    return bool(font.getlength(text) <= width)
