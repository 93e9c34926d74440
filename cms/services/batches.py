"""Long work in chunks, each committed together with how far it has come: killed anywhere, nothing is done twice."""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from cms import clock
from cms.db import db
from cms.errors import CmsError
from cms.language import gettext, lazy
from cms.models import Job
from cms.services import jobs
from cms.services.jobs import Task, Unfinished
from cms.transactions import in_transaction, is_transient

CHUNK = 50
TURN_SECONDS = 20  # then other jobs have theirs
PAUSE_SECONDS = 0.02  # between chunks, for whoever waits for SQLite's write lock
LEASE = timedelta(minutes=1)  # a chunk takes a second: a killed worker's job goes on soon
MOST_NAMED = 5  # of the records left out for one reason
MOST_REASONS = 50
OTHER_REASONS = lazy("For other reasons.")
CHANGED_MEANWHILE = lazy("Somebody else changed it at the same moment.")
BROKEN = lazy("Something went wrong here. The log says what.")
IN_USE = lazy("Something else still needs this, so it stays.")

log = logging.getLogger(__name__)


@dataclass
class Left:
    """Records left out for one reason: how many, and the first of them by their numbers and names."""

    count: int = 0
    some: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # not kept with a job: they may be personal, and change


@dataclass
class Outcome:
    """What came of an act on many records."""

    done: int = 0
    left: dict[str, Left] = field(default_factory=dict)

    def leave(self, reason: Any, number: int | None = None, name: str = "", *, count: int = 1) -> None:
        """Note that a record, or several, was left out."""
        reason = str(reason)
        if reason not in self.left and len(self.left) >= MOST_REASONS:
            reason = str(OTHER_REASONS)
        left = self.left.setdefault(reason, Left())
        left.count += count
        if number is not None and len(left.some) < MOST_NAMED:
            left.some.append(number)
            left.names.append(name)

    def attempt(self, number: int, name: str, act: Callable[[], object], *, alone: bool = True) -> None:
        """Do ``act`` to one record, or note why not; unless ``alone``, a race is raised: the caller tries all again."""
        try:
            with db.session.begin_nested():
                act()
            self.done += 1
        except CmsError as error:
            self.leave(str(error), number, name)
        except StaleDataError:
            if not alone:
                raise
            self.leave(CHANGED_MEANWHILE, number, name)
        except IntegrityError as error:
            if not alone or is_transient(error):
                raise
            self.leave(IN_USE, number, name)
        except Exception as error:
            # One broken record must not keep the others from being done; a broken database is another matter.
            if not alone or isinstance(error, DBAPIError):
                raise
            log.exception("an act on %s failed", number)
            self.leave(BROKEN, number, name)

    @property
    def left_out(self) -> int:
        return sum(left.count for left in self.left.values())


@dataclass
class Progress(Outcome):
    """How far a job has come. ``at`` is the last key that it looked at, ``stopped`` why it ended before its end."""

    at: int = 0
    words: str = ""  # what was done to those done: "put into the trash"
    stopped: str = ""


def progress_of(job: Job) -> Progress:
    """How far ``job`` has come, as it was last committed."""
    kept = job.payload.get("progress", {})
    left = {reason: Left(**one) for reason, one in kept.get("left", {}).items()}
    return Progress(**{**kept, "left": left})


def run(step: Callable[[], bool]) -> None:
    """Call ``step`` until it says that nothing is left. Raises Unfinished when others should have a turn."""
    until = time.monotonic() + TURN_SECONDS
    while step():
        if time.monotonic() > until:
            raise Unfinished
        time.sleep(PAUSE_SECONDS)


def step(task: Task, work: Callable[[Job, Progress], bool]) -> bool:
    """One chunk: ``work`` moves the progress on and says whether more is left; both are committed at once."""

    def chunk() -> bool:
        job = jobs.held(task)
        progress = progress_of(job)
        if job.payload.get("stop"):
            progress.stopped = gettext("You stopped it.")
        goes_on = not progress.stopped and work(job, progress)
        job.payload = {**job.payload, "progress": _kept(progress)}
        job.taken_until, job.attempts = clock.now() + LEASE, 1  # what gets on may be tried as often again
        return goes_on and not progress.stopped

    return in_transaction(chunk)


def _kept(progress: Progress) -> dict[str, Any]:
    left = {reason: {"count": one.count, "some": one.some} for reason, one in progress.left.items()}
    return {**asdict(progress), "left": left}


def stop(job: Job) -> None:
    """Have it end before its next chunk."""
    job.payload = {**job.payload, "stop": True}
