"""The only clock. Call ``clock.now()``; never import ``now``, so that tests can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time in UTC, aware."""
    return datetime.now(UTC)
