"""A cell as bytes that say what it means, whichever engine holds it and however it is stored there."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Encoder = Callable[[Any], bytes]

MICROSECOND = timedelta(microseconds=1)


def encoder(declared: str) -> Encoder:
    """How to encode what the driver gives for a column declared so: ``VARCHAR(200)``, ``json``, ``DATETIME(6)``."""
    word = re.match(r"\w*", declared.lower())
    return ENCODERS.get(word.group() if word else "", plain)


def plain(value: Any) -> bytes:
    """By the Python type of the value. Numbers are equal by value: 1, 1.0, 1.00 and true are one."""
    if value is None:
        return b"0"
    if isinstance(value, str):
        return b"s" + value.encode("utf-8", "surrogateescape")
    if isinstance(value, int):
        return b"n%d" % value
    if isinstance(value, bytes | bytearray | memoryview):
        return b"b" + value
    if isinstance(value, float | Decimal):
        return b"n" + number(value).encode()
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return b"m" + value.isoformat(timespec="microseconds").encode()
    if isinstance(value, date):
        return b"d" + value.isoformat().encode()
    if isinstance(value, time):
        value = datetime.combine(date.min, value, UTC) - datetime.combine(date.min, time.min, UTC)
    if isinstance(value, timedelta):
        return b"c%d" % (value // MICROSECOND)
    return b"?" + str(value).encode("utf-8", "surrogateescape")


def number(value: float | Decimal) -> str:
    """Plain digits without an exponent or needless zeros; SQLite cannot keep -0.0, so it is 0 everywhere."""
    # Not Decimal.normalize(): that rounds to 28 digits, and MariaDB keeps 65.
    text = format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def from_text(read: Callable[[str], Any]) -> Encoder:
    """SQLite keeps as text what MariaDB has a type for. Text that does not fit its column is itself."""

    def encode(value: Any) -> bytes:
        if isinstance(value, str):
            try:
                return plain(read(value))
            except ValueError:
                return plain(value)
        return plain(value)

    return encode


def json_text(value: Any) -> bytes:
    """Without regard to blanks, order of keys, or 1.0 against 1. A JSON null is no NULL."""
    if isinstance(value, int | float):  # a column declared JSON turns '1' into a number on SQLite
        value = repr(value)
    if not isinstance(value, str):
        return plain(value)
    try:
        read = json.loads(value, parse_float=whole_if_whole)
        return b"j" + json.dumps(read, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return plain(value)


def whole_if_whole(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def single(value: Any) -> bytes:
    """A FLOAT of MariaDB, read as the double it stands for: the fewest digits that mean the same four bytes."""
    if not isinstance(value, float):
        return plain(value)
    stored = struct.pack("f", value)
    for digits in range(6, 10):
        shortest = float(f"{value:.{digits}g}")
        try:
            if struct.pack("f", shortest) == stored:
                return plain(shortest)
        except OverflowError:  # rounded up past the largest one
            continue
    return plain(value)


def bits(value: Any) -> bytes:
    return plain(int.from_bytes(value, "big") if isinstance(value, bytes) else value)


def octets(value: Any) -> bytes:
    return plain(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)


def uuid(value: Any) -> bytes:
    return plain(value.replace("-", "").lower() if isinstance(value, str) else value)


ENCODERS: dict[str, Encoder] = {
    "json": json_text,
    "datetime": from_text(datetime.fromisoformat),
    "timestamp": from_text(datetime.fromisoformat),
    "date": from_text(date.fromisoformat),
    "time": from_text(time.fromisoformat),
    "single": single,
    "bit": bits,
    "uuid": uuid,
    **dict.fromkeys(("blob", "tinyblob", "mediumblob", "longblob", "binary", "varbinary"), octets),
}
