"""Counts the versions of the site: caches, here and in later processes, live by them.

Any transaction that changes what a reader could see moves ``site_state.version`` as its last act and writes what it
touched. It is the one listener of the house, since commands, jobs, the shell and the admin must all be seen by it.
"""

from typing import Any

from sqlalchemy import event, insert, update
from sqlalchemy.orm import Session, SessionTransaction

from cms import clock
from cms.db import Base, db
from cms.models import (
    Author,
    Comment,
    Media,
    Page,
    Post,
    PostAuthor,
    PostTag,
    Redirect,
    Series,
    SeriesPart,
    Setting,
    SiteChange,
    SiteState,
    Tag,
)

SEEN_BY_READERS = (
    *(Post, PostTag, PostAuthor, SeriesPart, Page, Tag, Author, Series, Comment, Media, Redirect, Setting),
)
MOST_KEYS = 500
EVERYTHING = "*"
_KEYS = "cms.site_keys"


def touch(*keys: str) -> None:
    """Say that something readers see is changed by a statement that the session does not follow."""
    db.session.info.setdefault(_KEYS, set()).update(keys)


def version() -> int:
    """The version of the site in this transaction's snapshot."""
    return db.session.scalar(db.select(SiteState.version).where(SiteState.id == 1)) or 0


def _collect(session: Session, _context: Any) -> None:
    keys = session.info.setdefault(_KEYS, set())
    for thing in (*session.new, *session.dirty, *session.deleted):
        if isinstance(thing, SEEN_BY_READERS) and (thing not in session.dirty or session.is_modified(thing)):
            keys.add(_key(thing))


def _key(thing: Base) -> str:
    if isinstance(thing, PostTag | PostAuthor | SeriesPart):
        return f"post:{thing.post_id}"
    return f"{thing.__tablename__}:{getattr(thing, 'id', getattr(thing, 'name', ''))}"


def _move_version(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    keys = session.info.pop(_KEYS, set())
    if not keys:
        return
    if len(keys) > MOST_KEYS:
        keys = {EVERYTHING}
    # The one hot row of the site: locked last, for as short as can be.
    session.execute(update(SiteState).where(SiteState.id == 1).values(version=SiteState.version + 1))
    moved = session.scalar(db.select(SiteState.version).where(SiteState.id == 1).with_for_update())
    session.execute(insert(SiteChange).values(version=moved, keys=sorted(keys), at=clock.now()))


def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_KEYS, None)


def register_site_changes() -> None:
    """Listen to the session, once for all apps of the process."""
    factory = db.session.session_factory
    for name, listener in (
        ("after_flush", _collect),
        ("before_commit", _move_version),
        ("after_transaction_end", _forget),
    ):
        if not event.contains(factory, name, listener):
            event.listen(factory, name, listener)
