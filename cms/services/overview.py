"""What somebody would ask first in the morning: what goes out next, what went wrong, how much there was lately."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from cms import clock
from cms.db import Base, db
from cms.models import Comment, CommentStatus, Job, JobStatus, Mail, MailStatus

MOST_COUNTED = 1000
LATE = timedelta(minutes=15)  # workers look every ten seconds
LEAST_FREE_BYTES = 1_000_000_000
LEAST_FREE_SHARE = 0.05


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong, in words, and what to do. ``about`` is the model whose list shows more."""

    what: str
    advice: str
    about: type[Base] | None = None


def troubles() -> list[Trouble]:
    """What an administrator should look at now, the worst first. Two queries."""
    found = []
    reason = current_app.extensions["cms.not_ready"]()
    if reason:
        found.append(Trouble("The database is not at this release’s structure.", reason))
    found += _full_disks()
    late, given_up, unsent = db.session.execute(
        select(
            bounded(select(Job.id).where(_is_late())),
            bounded(select(Job.id).where(Job.status == JobStatus.FAILED)),
            bounded(select(Mail.id).where(Mail.status == MailStatus.FAILED)),
        )
    ).one()
    if late:
        advice = "No worker seems to run: start the site again, or run flask tick."
        found.append(Trouble(f"{told(late, 'task')} should have been done {LATE.seconds // 60} minutes ago.", advice))
    if unsent:
        found.append(Trouble(f"{told(unsent, 'mail')} could not be sent.", "The outbox says why.", Mail))
    if given_up:
        found.append(Trouble(f"{told(given_up, 'task')} failed for good.", "The log says why."))
    return found


def by_week(query: Select[tuple[int]], time: ColumnElement[datetime], starts: list[datetime]) -> list[int]:
    """How many rows of ``query`` fall between each of ``starts`` and the next, no further than one more than is told.

    An index on ``time`` answers it. One query.
    """
    counts = [bounded(query.where(time >= start, time < end)) for start, end in pairwise(starts)]
    return list(db.session.execute(select(*counts)).one())


def bounded(query: Select[tuple[int]], most: int = MOST_COUNTED) -> ColumnElement[int]:
    """How many rows, no further than one more than is told."""
    return select(func.count()).select_from(query.limit(most + 1).subquery()).scalar_subquery()


def told(number: int, what: str = "", *, most: int = MOST_COUNTED) -> str:
    """The number in words that stay honest: 1,000+ mails."""
    figure = f"{number:,}" if number <= most else f"{most:,}+"
    return f"{figure} {what}{'' if number == 1 else 's'}" if what else figure


def shown_comments() -> Select[tuple[int]]:
    """Those that readers see or saw."""
    return select(Comment.id).where(Comment.status == CommentStatus.APPROVED, Comment.deleted_at.is_(None))


def _is_late() -> ColumnElement[bool]:
    then = clock.now() - LATE
    return or_(
        and_(Job.status == JobStatus.WAITING, Job.run_at < then),
        and_(Job.status == JobStatus.RUNNING, Job.taken_until < then),
    )


def _full_disks() -> list[Trouble]:
    found = {}
    for folder in (Path(current_app.instance_path), Path(current_app.config["MEDIA_PATH"])):
        if not folder.is_dir():
            continue
        usage = shutil.disk_usage(folder)
        if usage.free < LEAST_FREE_BYTES or usage.free < usage.total * LEAST_FREE_SHARE:
            found[folder.stat().st_dev] = Trouble(
                f"The disk is nearly full: {usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free.",
                "Uploads, backups and saving stop when nothing is left.",
            )
    return list(found.values())
