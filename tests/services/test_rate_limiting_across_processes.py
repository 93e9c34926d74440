"""A limit holds for all workers together: they count in the database."""

import multiprocessing
from pathlib import Path
from typing import Any

from cms import create_app
from cms.config import Settings
from cms.db import db
from cms.services.rate_limiting import allow
from tests.conftest import make_app

WORKERS, TRIES, MOST = 4, 6, 10
DECADE = 86_400 * 3650


def knock(instance: Path, url: str, together: Any, answers: Any) -> None:
    app = create_app(Settings.for_tests(instance, DATABASE_URL=url))
    together.wait(timeout=120)
    with app.app_context():
        answers.put([allow("knock", "ada", most=MOST, seconds=DECADE) for _ in range(TRIES)])


def test_workers_count_together(own_database, tmp_path):
    app = make_app(tmp_path, own_database)
    # Forked off a process that has imported this file, and nothing else of this one.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    together, answers = context.Barrier(WORKERS), context.Queue()
    workers = [context.Process(target=knock, args=(tmp_path, own_database, together, answers)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    allowed = [answers.get(timeout=180) for _ in workers]
    for worker in workers:
        worker.join()

    assert sum(map(len, allowed)) == WORKERS * TRIES
    assert sum(map(sum, allowed)) == MOST
    with app.app_context():
        assert not allow("knock", "ada", most=MOST, seconds=DECADE)
        db.engine.dispose()
