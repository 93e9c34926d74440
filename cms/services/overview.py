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
from cms.language import gettext, ngettext, number
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
        found.append(Trouble(gettext("The database is not at this release’s structure."), gettext(reason)))
    found += _full_disks()
    late, given_up, unsent = db.session.execute(
        select(
            bounded(select(Job.id).where(_is_late())),
            bounded(select(Job.id).where(Job.status == JobStatus.FAILED)),
            bounded(select(Mail.id).where(Mail.status == MailStatus.FAILED)),
        )
    ).one()
    if late:
        advice = gettext("No worker seems to run: start the site again, or run flask tick.")
        what = ngettext(
            "%(num)s task should have been done %(minutes)s minutes ago.",
            "%(num)s tasks should have been done %(minutes)s minutes ago.",
            late,
            num=told(late),
            minutes=LATE.seconds // 60,
        )
        found.append(Trouble(what, advice))
    if unsent:
        what = ngettext("%(num)s mail could not be sent.", "%(num)s mails could not be sent.", unsent, num=told(unsent))
        found.append(Trouble(what, gettext("The outbox says why."), Mail))
    if given_up:
        what = ngettext("%(num)s task failed for good.", "%(num)s tasks failed for good.", given_up, num=told(given_up))
        found.append(Trouble(what, gettext("The log says why.")))
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


def told(count: int, *, most: int = MOST_COUNTED) -> str:
    """The number in a form that stays honest: 1,000+."""
    return number(count) if count <= most else f"{number(most)}+"


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
            sizes = {"free": f"{usage.free / 1e9:.1f}", "all": f"{usage.total / 1e9:.0f}"}
            found[folder.stat().st_dev] = Trouble(
                gettext("The disk is nearly full: %(free)s GB of %(all)s GB are free.", **sizes),
                gettext("Uploads, backups and saving stop when nothing is left."),
            )
    return list(found.values())
