"""Times as the person in front of the screen reads and types them: in their own time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_login import current_user
from markupsafe import Markup

from cms import clock
from cms.language import gettext, ngettext, when

ZONES = [(name, name) for name in sorted(clock.time_zones())]  # as choices of a field
TYPED = "%Y-%m-%dT%H:%M"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def zone() -> ZoneInfo:
    """The time zone of whoever is signed in."""
    try:
        return ZoneInfo(getattr(current_user, "time_zone", None) or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def typed(time: datetime | None) -> str:
    """As a field for date and time wants it."""
    return time.astimezone(zone()).strftime(TYPED) if time is not None else ""


def read(text: str) -> datetime:
    """What was typed into such a field, in UTC. Raises ValueError."""
    time = datetime.fromisoformat(text.strip())
    if not 1900 <= time.year <= 2200:
        raise ValueError(gettext("Choose a year from 1900 to 2200."))
    return (time if time.tzinfo is not None else time.replace(tzinfo=zone())).astimezone(UTC)


def exact(time: datetime | None) -> str:
    """Day, minute and zone: 24 Nov 2026, 09:00 CET."""
    if time is None:
        return ""
    local = time.astimezone(zone())
    return f"{when(local, 'day and time')} {local.tzname()}"


def relative(time: datetime) -> str:
    """2 hours ago, in 3 days; the day itself when it is further off than a month."""
    seconds = (time - clock.now()).total_seconds()
    distance = abs(seconds)
    if distance < MINUTE:
        return gettext("just now") if seconds <= 0 else gettext("in a moment")
    if distance < HOUR:
        minutes = int(distance // MINUTE)
        if seconds < 0:
            return ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes)
        return ngettext("in %(num)s minute", "in %(num)s minutes", minutes)
    if distance < DAY:
        hours = int(distance // HOUR)
        if seconds < 0:
            return ngettext("%(num)s hour ago", "%(num)s hours ago", hours)
        return ngettext("in %(num)s hour", "in %(num)s hours", hours)
    if distance < 31 * DAY:
        days = int(distance // DAY)
        if seconds < 0:
            return ngettext("%(num)s day ago", "%(num)s days ago", days)
        return ngettext("in %(num)s day", "in %(num)s days", days)
    return when(time.astimezone(zone()), "day")


def shown(time: datetime | None) -> Markup:
    """A ``time`` element: how long ago, with the exact time behind it."""
    if time is None:
        return Markup("")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        time.isoformat(timespec="seconds"), exact(time), relative(time)
    )
