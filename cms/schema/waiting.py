"""The patience of a migration that finds another one at work."""

from __future__ import annotations

import time
from collections.abc import Callable

from cms.schema.errors import SchemaError

QUIET_SECONDS = 2  # most waits are shorter, and nobody needs to hear of them


class Waiting:
    """Says once who is being waited for, and gives up in the end."""

    def __init__(self, seconds: float, say: Callable[[str], object]) -> None:
        self.seconds = seconds
        self.say = say
        self.began = time.monotonic()
        self.said = False

    def go_on(self, whom: Callable[[], str]) -> None:
        """Return when it is worth to wait some more. Raises SchemaError when it has been long enough."""
        waited = time.monotonic() - self.began
        if waited >= self.seconds:
            raise SchemaError(
                f"Gave up after {waited:.0f} s: another migration of this database is at work, {whom()}. "
                "Nothing was changed. Look at it first; it lets go of the database when it ends or dies."
            )
        if not self.said and waited >= QUIET_SECONDS:
            self.said = True
            self.say(f"Waiting for another migration of this database: {whom()}.")
