"""Numbers that come from an address: never trusted to be numbers, or to fit the database."""

from typing import Any

LARGEST_ID = 2**63 - 1
LARGEST_PAGE = 100_000


def record_id(text: Any) -> int | None:
    """The id that ``text`` says; none when it cannot be one."""
    if isinstance(text, int):
        return text if 0 < text <= LARGEST_ID else None
    digits = str(text or "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        return None
    return record_id(int(digits))


def record_ids(texts: Any) -> list[int]:
    """Each id once, in the order given; what is none is left out."""
    return list(dict.fromkeys(number for text in texts if (number := record_id(text)) is not None))


def page_number(text: Any) -> int:
    """The page, counted from 0; the first one for what cannot be a page."""
    number = record_id(text)
    return number if number is not None and number <= LARGEST_PAGE else 0
