"""Publishing and its opposites, for posts and pages: asks for the right, changes the row, remembers who did it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cms import clock
from cms.errors import NotAllowed
from cms.language import gettext
from cms.models import Page, Post, Status, User
from cms.services import auditing, revising, snapshots


def publish(subject: Post | Page, *, by: User | None, at: datetime | None = None) -> None:
    """Show the newest text now, or from ``at`` on (aware). Raises NotAllowed, InvalidChange.

    What was scheduled keeps its time unless ``at`` says another; to publish it at once give the time now.
    """
    _ask(subject, by, lambda person, post: person.can_publish(post), gettext("You may not publish this post."))
    before = _state(subject)
    live = revising.put_live(subject, by=by)
    time = at or subject.published_at
    if time is not None and time > clock.now():
        subject.schedule(time)
    else:
        if at is not None:
            subject.published_at = at
        subject.publish()
    revising.remember_times(subject, live)
    action = "scheduled" if subject.state == "scheduled" else "published"
    auditing.record(f"{_noun(subject)}.{action}", subject, by=by, before=before, after=_state(subject))


def withdraw(subject: Post | Page, *, by: User | None) -> None:
    """Take it off the site. Raises NotAllowed, InvalidChange."""
    _ask(subject, by, lambda person, post: person.can_publish(post), gettext("You may not withdraw this post."))
    time = subject.published_at
    _act(subject, "withdrawn", subject.withdraw, by)
    if subject.published_at != time:
        revising.remember_times(subject)


def trash(subject: Post | Page, *, by: User | None) -> None:
    """Put it into the trash. Raises NotAllowed."""
    _ask(subject, by, lambda person, post: person.can_trash(post), gettext("You may not put this post into the trash."))
    _act(subject, "trashed", subject.trash, by)


def restore(subject: Post | Page, *, by: User | None) -> None:
    """Take it out of the trash, back to what it was. Raises NotAllowed."""
    _ask(subject, by, lambda person, post: person.can_trash(post), gettext("You may not restore this post."))
    _act(subject, "restored", subject.restore, by)


def put_back(subject: Post | Page, state: Mapping[str, Any], *, by: User | None) -> None:
    """Have it as it was before it was published, scheduled or withdrawn: ``state``, as the audit entry has it.

    Raises NotAllowed.
    """
    _ask(subject, by, lambda person, post: person.can_publish(post), gettext("You may not undo this."))
    before = _state(subject)
    revising.show_version(subject, state["live_version"], by=by)
    subject.go_back(Status(state["status"]), *(snapshots.when(state[name]) for name in snapshots.TIMES))
    revising.remember_times(subject)
    if _state(subject) != before:
        auditing.record(f"{_noun(subject)}.undone", subject, by=by, before=before, after=_state(subject))


def _act(subject: Post | Page, action: str, verb: Callable[[], None], by: User | None) -> None:
    before = _state(subject)
    verb()
    if _state(subject) != before:
        auditing.record(f"{_noun(subject)}.{action}", subject, by=by, before=before, after=_state(subject))


def _ask(subject: Post | Page, by: User | None, may: Callable[[User, Post], bool], sentence: str) -> None:
    revising.hold(subject)
    if by is None:
        return
    if isinstance(subject, Page):
        if not by.may("page.edit"):
            raise NotAllowed(gettext("You may not edit pages."))
    elif not may(by, subject):
        raise NotAllowed(sentence)


def _noun(subject: Post | Page) -> str:
    return subject.__tablename__


def _state(subject: Post | Page) -> dict[str, object]:
    return {
        "status": subject.status,
        "published_at": subject.published_at,
        "unpublish_at": subject.unpublish_at,
        "deleted_at": subject.deleted_at,
        "live_version": subject.live_version,
    }
