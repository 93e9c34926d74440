"""Work for later: any worker may take a job, one at a time, by a lease."""

import atexit
import logging
import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Select, delete, event, select, update

from cms import clock
from cms.db import db
from cms.models import Job, JobStatus
from cms.services.worker import Worker
from cms.transactions import in_transaction

MOST_TRIES = 8
LEASE = timedelta(minutes=5)  # a job that takes longer is taken to be dead: its handler must end in time
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
DONE_KEPT, FAILED_KEPT = timedelta(days=30), timedelta(days=90)
FORGOTTEN_AT_ONCE = 100
WORKER = "cms.worker"

log = logging.getLogger(__name__)


class GiveUp(Exception):
    """Raised by a handler when trying again would not help."""


class Unfinished(Exception):
    """Raised by a handler that has done a part of it: others come first, then it goes on."""


class Lost(Exception):
    """Another worker has the job now, or somebody deleted it."""


@dataclass(frozen=True)
class Task:
    """What a handler is given: a copy of the job, of no session."""

    id: int
    payload: dict[str, Any]
    attempt: int
    lease: str

    @property
    def is_last_try(self) -> bool:
        return self.attempt >= MOST_TRIES


Handler = Callable[[Task], None]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Have this function do the jobs of ``kind``. It runs outside of a transaction, and may run twice."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def enqueue(kind: str, payload: dict[str, Any], run_at: datetime | None = None) -> Job:
    """Have this done once the caller's transaction is committed, or at ``run_at``."""
    if kind not in _handlers:
        raise LookupError(f"Nobody handles jobs of the kind {kind!r}.")
    job = Job(kind=kind, payload=payload, run_at=run_at or clock.now())
    db.session.add(job)
    worker = current_app.extensions.get(WORKER)
    if worker is not None:
        event.listen(db.session(), "after_commit", lambda _session: worker.wake(), once=True)
    return job


def run_due(limit: int = 20) -> int:
    """Do at most ``limit`` jobs whose time has come; how many were tried. Works in a session of its own.

    When there are no more, some that were over long ago are deleted.
    """
    done = 0
    # A context of its own has a session of its own: what the caller is about stays untouched.
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        while done < limit and (taken := _take()):
            _do(*taken)
            done += 1
        if done < limit:
            _forget_old()
    return done


def held(task: Task) -> Job:
    """The job of ``task``, locked until the caller's transaction ends. Raises Lost when it is not ours any more."""
    locked = select(Job).where(Job.id == task.id).with_for_update()
    job = db.session.scalar(locked.execution_options(populate_existing=True))
    if job is None or job.taken_by != task.lease:
        raise Lost(f"Job {task.id} is not ours any more.")
    return job


def start_worker(app: Flask) -> Worker:
    """Have this process take jobs until it ends. Call it in the process that serves, after any fork."""
    worker = Worker(app, run_due)
    app.extensions[WORKER] = worker
    atexit.register(worker.stop)
    worker.start()
    return worker


def _take() -> tuple[Task, str] | None:
    due = Job.due().with_only_columns(Job.id).where(Job.kind.in_(_handlers)).limit(5)
    candidates = list(db.session.scalars(due))
    db.session.rollback()  # a look alone takes no write lock
    for job_id in candidates:
        lease = f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        task = in_transaction(lambda job_id=job_id, lease=lease: _claim(job_id, lease))
        if task is not None:
            return task
    return None


def _forget_old() -> None:
    now = clock.now()
    old = Job.over_before(now - DONE_KEPT, now - FAILED_KEPT).with_only_columns(Job.id).limit(FORGOTTEN_AT_ONCE)
    is_any = db.session.scalar(old.limit(1)) is not None
    db.session.rollback()  # a look alone takes no write lock
    if is_any:
        in_transaction(lambda: _forget(old))


def _forget(old: Select[Any]) -> None:
    # Those that another worker forgets just now are skipped, not waited for.
    ids = list(db.session.scalars(old.with_for_update(skip_locked=True)))
    if ids:
        db.session.execute(delete(Job).where(Job.id.in_(ids)).execution_options(synchronize_session=False))


def _claim(job_id: int, lease: str) -> tuple[Task, str] | None:
    now = clock.now()
    claimed = db.session.execute(
        update(Job)
        .where(Job.id == job_id, Job.due().whereclause)
        .values(status=JobStatus.RUNNING, taken_by=lease, taken_until=now + LEASE, attempts=Job.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if claimed.rowcount != 1:
        return None
    kind, payload, attempts = db.session.execute(select(Job.kind, Job.payload, Job.attempts).filter_by(id=job_id)).one()
    return Task(job_id, payload, attempts, lease), kind


def _do(task: Task, kind: str) -> None:
    try:
        if task.attempt > MOST_TRIES:
            raise GiveUp("Its worker ended before the job did, again and again.")
        _handlers[kind](task)
    except Unfinished:
        db.session.rollback()
        _let_go(task, status=JobStatus.WAITING, run_at=clock.now())
    except Exception as error:
        db.session.rollback()
        # What the error says may hold an address or a text: it is kept with the job, not in the log.
        log.warning("job %s %d failed, try %d: %s", kind, task.id, task.attempt, type(error).__name__)
        gives_up = isinstance(error, GiveUp) or task.is_last_try
        values = _given_up() if gives_up else {"status": JobStatus.WAITING, "run_at": clock.now() + _wait(task.attempt)}
        _let_go(task, error=f"{type(error).__name__}: {error}"[:10_000], **values)
    else:
        db.session.rollback()
        _let_go(task, status=JobStatus.DONE, finished_at=clock.now(), error="")


def _given_up() -> dict[str, Any]:
    return {"status": JobStatus.FAILED, "finished_at": clock.now()}


def _let_go(task: Task, **values: Any) -> None:
    # Only while the lease is ours: another worker may have taken the job after it ran out.
    in_transaction(
        lambda: db.session.execute(
            update(Job)
            .where(Job.id == task.id, Job.taken_by == task.lease)
            .values(taken_by=None, taken_until=None, **values)
            .execution_options(synchronize_session=False)
        )
    )


def _wait(attempt: int) -> timedelta:
    return min(FIRST_WAIT * 3 ** (attempt - 1), LONGEST_WAIT)
