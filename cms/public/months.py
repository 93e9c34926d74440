"""Months and years of the archive, cut in the site's time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select

from cms.db import db
from cms.models import Post

EARLIEST, LATEST = 1000, 9998  # years whose ends can be told in every zone
AT_ONCE = 120


def span(year: int, month: int | None, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """When it begins and when the next one does, in UTC; None for what is no year or month."""
    if not EARLIEST <= year <= LATEST or (month is not None and not 1 <= month <= 12):
        return None
    if month is None:
        return start(year, 1, zone), start(year + 1, 1, zone)
    return start(year, month, zone), start(year + month // 12, month % 12 + 1, zone)


def start(year: int, month: int, zone: ZoneInfo) -> datetime:
    return datetime(year, month, 1, tzinfo=zone).astimezone(UTC)


def by_year(zone: ZoneInfo) -> dict[int, list[int]]:
    """The months that have public posts, newest first: each is one look into the index, and nothing is counted."""
    times = select(Post.listed_at).where(Post.visible()).limit(1)
    last = db.session.scalar(times.order_by(Post.listed_at.desc()))
    first = db.session.scalar(times.order_by(Post.listed_at))
    if first is None or last is None:
        return {}
    newest, oldest = last.astimezone(zone), max(first.astimezone(zone), datetime(EARLIEST, 1, 1, tzinfo=zone))
    wanted = [
        (year, month)
        for year in range(newest.year, oldest.year - 1, -1)
        for month in range(12, 0, -1)
        if (oldest.year, oldest.month) <= (year, month) <= (newest.year, newest.month)
    ]
    years: dict[int, list[int]] = {}
    for number in range(0, len(wanted), AT_ONCE):
        for year, month in having_posts(wanted[number : number + AT_ONCE], zone):
            years.setdefault(year, []).append(month)
    return years


def having_posts(wanted: list[tuple[int, int]], zone: ZoneInfo) -> list[tuple[int, int]]:
    """Those among ``wanted`` with a public post: one statement."""
    probes = []
    for number, (year, month) in enumerate(wanted):
        begins, ends = span(year, month, zone) or (None, None)
        inside = select(Post.id).where(Post.visible(until=ends), Post.listed_at >= begins, Post.listed_at < ends)
        probes.append(exists(inside).label(f"m{number}"))
    row = db.session.execute(select(*probes)).one()
    return [period for period, found in zip(wanted, row, strict=True) if found]
