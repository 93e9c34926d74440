"""The only clock. Call ``clock.now()``; never import ``now``, so that tests can move it."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones


def now() -> datetime:
    """The time in UTC, aware."""
    return datetime.now(UTC)


@cache
def time_zones() -> frozenset[str]:
    """The names of all, such as Europe/Berlin, read once: Python looks through hundreds of files for them."""
    return frozenset(available_timezones())
