"""How often somebody may do something: counted in the database, so that it holds across workers."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from flask import current_app
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import Connection

from cms import clock
from cms.db import db
from cms.models import RateLimit
from cms.transactions import writing

PURGE_AT_ONCE = 20


class Limit(NamedTuple):
    """At most so many tries of ``who`` in each window of ``seconds``."""

    what: str
    who: str
    most: int
    seconds: int


def allow(what: str, who: str, *, most: int, seconds: int) -> bool:
    """Count one more try of ``who``; whether it is within ``most`` in this window of ``seconds``. See ``exceeded``."""
    return not exceeded([Limit(what, who, most, seconds)])


def exceeded(limits: Sequence[Limit]) -> list[Limit]:
    """Count one more try under each of these limits; those that it is too many for.

    It counts in a transaction of its own that is committed at once, so that a request which is refused or rolled back
    is counted too. SQLite has one writer: the session therefore lets go of what it has read, as ``start_writing`` does.
    Call it first, before anything is changed. Raises RuntimeError when something already is.
    """
    if any((db.session.new, db.session.dirty, db.session.deleted)):
        raise RuntimeError("Count before you change anything: what was changed would be lost.")
    db.session.rollback()
    with writing(), db.engine.begin() as connection:
        return [limit for limit in limits if _count(connection, limit) > limit.most]


def forget(what: str, who: str, *, seconds: int) -> None:
    """Begin this window anew for ``who``, in the transaction of the caller."""
    db.session.execute(delete(RateLimit).where(RateLimit.key == _key(what, who, seconds)))


def seconds_left(seconds: int) -> int:
    """How long until a new window of this length begins."""
    left = _window_start(seconds) + timedelta(seconds=seconds) - clock.now()
    return max(1, round(left.total_seconds()))


def network(address: str | None) -> str:
    """Whom an address stands for: an IPv6 visitor has a whole /64 to change between."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)


def _window_start(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(clock.now().timestamp()) // seconds * seconds, UTC)


def _key(what: str, who: str, seconds: int) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"{what}\0{who}\0{seconds}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _count(connection: Connection, limit: Limit) -> int:
    key, start = _key(limit.what, limit.who, limit.seconds), _window_start(limit.seconds)
    row = {"key": key, "window_start": start, "tries": 1, "expires_at": start + timedelta(seconds=limit.seconds)}
    one_more = {"tries": RateLimit.__table__.c.tries + 1}
    if connection.dialect.name == "sqlite":
        insert = sqlite.insert(RateLimit).values(row)
        connection.execute(insert.on_conflict_do_update(index_elements=["key", "window_start"], set_=one_more))
    else:
        connection.execute(mysql.insert(RateLimit).values(row).on_duplicate_key_update(one_more))
    this = select(RateLimit.tries).where(RateLimit.key == key, RateLimit.window_start == start)
    tries = connection.scalar(this) or 1
    if tries == 1:
        _purge(connection)
    return tries


def _purge(connection: Connection) -> None:
    # Rows that another one purges just now are skipped, not waited for.
    past = (
        select(RateLimit.key, RateLimit.window_start)
        .where(RateLimit.expires_at < clock.now())
        .limit(PURGE_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    rows = [tuple(row) for row in connection.execute(past)]
    if rows:
        connection.execute(delete(RateLimit).where(tuple_(RateLimit.key, RateLimit.window_start).in_(rows)))
