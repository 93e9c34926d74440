import contextvars
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from cms import clock
from cms.db import db
from cms.models import Job, JobStatus
from cms.services import jobs
from cms.transactions import in_transaction


@pytest.fixture
def handler(monkeypatch):
    """Have a function do the jobs of the kind "test" while the test lasts."""

    def use(function):
        monkeypatch.setitem(jobs._handlers, "test", function)

    return use


def waiting(payload=None, **kwargs):
    job = jobs.enqueue("test", payload or {}, **kwargs)
    db.session.commit()
    return job


def work(limit=20):
    done = jobs.run_due(limit)
    db.session.rollback()  # the next look sees what the worker committed
    return done


def test_jobs_are_done_in_the_order_of_their_time_and_once(app, handler):
    done = []
    handler(lambda task: done.append(task.payload["number"]))
    now = clock.now()
    for number, hours in ((1, -1), (2, -3), (3, 2)):
        waiting({"number": number}, run_at=now + timedelta(hours=hours))

    assert [work(), work()] == [2, 0]
    assert done == [2, 1]


def test_a_job_of_a_transaction_that_is_rolled_back_is_never_done(app, handler):
    handler(lambda task: pytest.fail("done"))
    jobs.enqueue("test", {})
    db.session.rollback()

    assert work() == 0


def test_a_kind_that_nobody_handles_is_refused_at_once(app):
    with pytest.raises(LookupError, match="nonsense"):
        jobs.enqueue("nonsense", {})


def test_a_failing_job_waits_longer_each_time_and_is_given_up_with_its_error(app, handler, travel):
    travel(hours=0)

    def fail(task):
        raise OSError("the line is down")

    handler(fail)
    job = waiting()
    waits = []
    for _ in range(jobs.MOST_TRIES):
        assert work() == 1
        assert work() == 0
        waits.append(job.run_at - clock.now())
        travel(to=max(job.run_at, clock.now()))

    assert job.status is JobStatus.FAILED
    assert "the line is down" in job.error
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=9)]
    travel(days=9)
    assert work() == 0


def test_the_job_of_a_killed_worker_is_taken_again_when_its_lease_ends(app, handler, travel):
    travel(hours=0)

    def die(task):
        raise SystemExit

    handler(die)
    job = waiting()
    with pytest.raises(SystemExit):
        jobs.run_due()
    db.session.rollback()
    assert job.status is JobStatus.RUNNING

    done = []
    handler(lambda task: done.append(task.attempt))
    assert work() == 0
    travel(minutes=6)
    assert work() == 1
    assert done == [2]
    assert job.status is JobStatus.DONE


def test_a_job_that_kills_its_worker_each_time_is_given_up(app, handler, travel):
    travel(hours=0)

    def die(task):
        raise SystemExit

    handler(die)
    job = waiting()
    for _ in range(jobs.MOST_TRIES):
        with pytest.raises(SystemExit):
            jobs.run_due()
        travel(minutes=6)

    work()

    assert job.status is JobStatus.FAILED
    assert "worker ended" in job.error


def test_jobs_that_are_over_are_forgotten_after_a_while_some_at_a_time(app, handler, travel, monkeypatch):
    travel(hours=0)
    monkeypatch.setattr(jobs, "FORGOTTEN_AT_ONCE", 2)
    handler(lambda task: None)
    for _ in range(3):
        waiting()
    later = waiting(run_at=clock.now() + timedelta(days=100)).id
    work()

    def fail(task):
        raise jobs.GiveUp

    handler(fail)
    failed = waiting().id
    work()

    counts = []
    for days in (29, 2, 0, 58, 2):  # 29, 31, 31, 89 and 91 days later
        travel(days=days)
        assert work() == 0
        counts.append(len(db.session.scalars(select(Job.id)).all()))
        if days == 58:
            assert db.session.scalars(select(Job.id).order_by(Job.id)).all() == sorted([later, failed])

    assert counts == [5, 3, 2, 2, 1]
    assert db.session.scalars(select(Job.id)).all() == [later]


def test_a_worker_that_was_too_slow_does_not_undo_what_the_next_one_did(app, handler, travel):
    travel(hours=0)
    seen = []

    def slow(task):
        travel(minutes=6)
        handler(lambda other: seen.append(other.attempt))
        contextvars.Context().run(in_a_context_of_its_own, app)
        raise OSError("late")

    handler(slow)
    job = waiting()
    work()

    assert seen == [2]
    assert job.status is JobStatus.DONE
    assert job.error == ""


def in_a_context_of_its_own(app):
    with app.app_context():
        return jobs.run_due()


def test_four_workers_do_twelve_jobs_once_each(app, handler):
    done = []
    handler(lambda task: (time.sleep(0.005), done.append(task.payload["number"])))
    for number in range(12):
        jobs.enqueue("test", {"number": number})
    db.session.commit()
    start = threading.Barrier(4)

    def run():
        start.wait()
        in_a_context_of_its_own(app)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == list(range(12))


def test_a_running_worker_is_woken_by_a_commit_and_stops_when_told(app, handler):
    done = threading.Event()
    handler(lambda task: done.set())
    worker = jobs.start_worker(app)
    try:
        time.sleep(0.2)  # it has looked, found nothing, and waits for ten seconds
        in_transaction(lambda: jobs.enqueue("test", {}))
        assert done.wait(timeout=5)
    finally:
        worker.stop()
        del app.extensions[jobs.WORKER]

    assert not worker.is_alive()
    assert db.session.scalars(select(Job.status)).one() is JobStatus.DONE
