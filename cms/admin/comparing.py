"""Two states of one thing, field by field, in words."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cms.admin import times

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")  # as snapshots and the audit log keep them


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Name, what it was and what it became, for each field that differs; empty where there was nothing."""
    names = [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]
    told = [(_title(name), words(before.get(name)), words(after.get(name))) for name in names]
    return [(name, was, became) for name, was, became in told if was or became]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize().replace(" url", " URL").replace(" html", " HTML").removesuffix(" id")


def words(value: Any) -> str:
    """One value as people read it; times in their own zone."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(words(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {words(item)}" for key, item in value.items())
    text = str(value)
    return times.exact(datetime.fromisoformat(text)) if _TIME.fullmatch(text) else text
