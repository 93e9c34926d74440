"""Waiting for what another thread, process or server does."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Found = TypeVar("Found")
PATIENCE_SECONDS = 30.0  # far more than it ever takes: a busy machine stops for seconds


def until(look: Callable[[], Found], awaited: str) -> Found:
    """The first true answer of ``look``; the test fails, naming what was ``awaited``, when none comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    pytest.fail(f"Never seen: {awaited}")
