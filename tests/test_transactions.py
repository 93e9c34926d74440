"""Lost transactions are done again, whole requests at a time, and nobody sees a 500."""

import contextvars
import io
import multiprocessing
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import create_environ, run_wsgi_app

from cms import create_app, transactions
from cms.config import Settings
from cms.db import db, prepare_sqlite
from cms.models import Setting, Tag
from tests.conftest import make_app
from tests.factories import make_tag

WRITERS, READERS, SECONDS = 8, 4, 10
BUSY = {"sqlite": ("database is locked",), "mysql": (1213, "Deadlock found")}


def visit(app: Flask, method: str, path: str, **how):
    return contextvars.Context().run(lambda: app.test_client().open(path, method=method, **how))


@pytest.fixture
def scratch(own_database, tmp_path):
    """An app of its own that a test may give routes to."""
    app = make_app(tmp_path, own_database, WTF_CSRF_ENABLED=False)
    app.test_client_class = None
    with app.app_context():
        db.session.add_all([Setting(name="left", value=0), Setting(name="right", value=0)])
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


def value_of(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.get(Setting, name).value


def add_one(name: str) -> None:
    setting = db.session.get(Setting, name, with_for_update=True)
    setting.value += 1
    db.session.flush()


def test_connections_that_open_a_new_sqlite_file_at_once_all_get_it(tmp_path):
    """Of two that turn write-ahead logging on at the same moment SQLite refuses one without waiting."""
    together = threading.Barrier(6)

    def open_it(number: int, engine: Engine) -> str:
        together.wait(10)
        with engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        engine.dispose()
        return mode

    with ThreadPoolExecutor(6) as pool:
        for number in range(40):
            engines = [create_engine(f"sqlite:///{tmp_path / str(number)}") for _ in range(6)]
            for engine in engines:
                prepare_sqlite(engine)
            assert list(pool.map(open_it, range(6), engines)) == ["wal"] * 6


def test_a_deadlock_is_tried_again_and_both_requests_succeed(scratch):
    both_hold_one = threading.Barrier(2, timeout=5)
    attempts = []

    @scratch.post("/cross/<first>/<second>")
    def cross(first, second):
        attempts.append(first)
        add_one(first)
        if len(attempts) <= 2 and db.engine.dialect.name != "sqlite":  # SQLite has one writer: no two can cross
            both_hold_one.wait()
        add_one(second)
        db.session.commit()
        return request.form["word"]

    answers = []

    def send(path):
        response = visit(scratch, "POST", path, data={"word": path})
        answers.append((response.status_code, response.text == path))

    threads = [threading.Thread(target=send, args=(f"/cross/{way}",)) for way in ("left/right", "right/left")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [(200, True), (200, True)]
    assert (value_of(scratch, "left"), value_of(scratch, "right")) == (2, 2)
    with scratch.app_context():
        expected = 3 if db.engine.dialect.name == "mysql" else 2
    assert len(attempts) == expected


class Chunks:
    """A body of unknown length, as a server hands it on: read once, from its beginning to its end."""

    def __init__(self, body: bytes) -> None:
        self.body = io.BytesIO(body)

    def read(self, size: int = -1) -> bytes:
        return self.body.read(min(size, 7) if size > 0 else size)


def send_chunks(app: Flask, path: str, body: bytes) -> tuple[int, str]:
    environ = create_environ(path, method="POST", content_type="application/x-www-form-urlencoded")
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"wsgi.input": Chunks(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    parts, status, _ = contextvars.Context().run(run_wsgi_app, app.wsgi_app, environ, buffered=True)
    return int(status.split()[0]), b"".join(parts).decode()


def transactions_of(app: Flask) -> transactions.Retrying:
    layer: Any = app.wsgi_app
    while not isinstance(layer, transactions.Retrying):
        layer = layer.wsgi_app
    return layer


def test_a_body_sent_in_chunks_is_there_again_when_a_request_is_tried_again(scratch):
    words = []

    @scratch.post("/chunks")
    def chunks():
        words.append(request.form.get("word"))
        if len(words) == 1:
            transactions.try_again_if_possible()
        return words[-1] or "nothing"

    assert send_chunks(scratch, "/chunks", b"word=" + b"x" * 50) == (200, "x" * 50)
    assert words == ["x" * 50, "x" * 50]


def test_a_body_sent_in_chunks_that_is_too_large_is_refused(tmp_path):
    app = make_app(tmp_path, "sqlite:///cms.sqlite3", WTF_CSRF_ENABLED=False)
    app.config["MAX_CONTENT_LENGTH"] = 1000
    transactions_of(app).max_body_bytes = 1000

    @app.post("/chunks")
    def chunks():
        return request.form["word"]

    assert send_chunks(app, "/chunks", b"word=" + b"x" * 900)[0] == 200
    assert send_chunks(app, "/chunks", b"word=" + b"x" * 1000)[0] == 413
    with app.app_context():
        db.engine.dispose()


def test_a_connection_that_is_killed_in_the_middle_is_replaced(scratch, database_kind):
    if database_kind == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    attempts = []

    @scratch.post("/killed")
    def killed():
        attempts.append(1)
        add_one("left")
        if len(attempts) == 1:
            own = db.session.scalar(text("SELECT CONNECTION_ID()"))
            with db.engine.connect() as other:
                other.execute(text(f"KILL {own}"))
        add_one("right")
        db.session.commit()
        return "done"

    response = visit(scratch, "POST", "/killed", data={"a": "b"})

    assert (response.status_code, len(attempts)) == (200, 2)
    assert (value_of(scratch, "left"), value_of(scratch, "right")) == (1, 1)


def test_idle_connections_that_the_server_closed_are_not_noticed(scratch, database_kind):
    if database_kind == "sqlite":
        pytest.skip("SQLite has no connection to lose")

    @scratch.get("/read")
    def read():
        return str(db.session.scalar(text("SELECT 1")))

    assert visit(scratch, "GET", "/read").status_code == 200
    with scratch.app_context(), db.engine.connect() as connection:
        own = connection.scalar(text("SELECT CONNECTION_ID()"))
        for row in connection.execute(text("SHOW PROCESSLIST")).all():
            if row[0] != own and row[3] and row[3].startswith("own_"):
                connection.execute(text(f"KILL {row[0]}"))

    assert visit(scratch, "GET", "/read").status_code == 200


def test_a_reader_on_sqlite_that_comes_to_write_too_late_is_tried_again(scratch, database_kind):
    if database_kind != "sqlite":
        pytest.skip("only SQLite refuses to turn an old reading transaction into a writing one")
    attempts = []

    @scratch.post("/late")
    @transactions.starts_reading
    def late():
        attempts.append(1)
        db.session.get(Setting, "left")
        if len(attempts) == 1:
            with closing(sqlite3.connect(db.engine.url.database)) as other, other:
                other.execute("UPDATE setting SET value = '5' WHERE name = 'right'")
        add_one("left")
        db.session.commit()
        return "done"

    assert visit(scratch, "POST", "/late").status_code == 200
    assert len(attempts) == 2
    assert (value_of(scratch, "left"), value_of(scratch, "right")) == (1, 5)


def test_a_request_that_never_gets_through_is_told_so_kindly(scratch, monkeypatch):
    monkeypatch.setattr(transactions, "ATTEMPTS", 2)
    attempts = []

    @scratch.post("/never")
    def never():
        attempts.append(1)
        add_one("left")
        driver = db.engine.dialect.dbapi
        busy = driver.OperationalError(*BUSY[db.engine.dialect.name])
        raise DBAPIError.instance("UPDATE", {}, busy, driver.Error)

    response = visit(scratch, "POST", "/never")

    assert (response.status_code, len(attempts)) == (503, 2)
    assert value_of(scratch, "left") == 0


def test_safe_requests_read_and_the_others_take_the_write_lock(scratch, database_kind):
    if database_kind != "sqlite":
        pytest.skip("only SQLite has one lock for all writers")

    @scratch.route("/look", methods=["GET", "POST"])
    def look():
        db.session.get(Setting, "left")
        with closing(sqlite3.connect(db.engine.url.database, timeout=0)) as other, other:
            try:
                other.execute("UPDATE setting SET value = '1' WHERE name = 'right'")
            except sqlite3.OperationalError:
                return "writing"
        return "reading"

    assert visit(scratch, "GET", "/look").text == "reading"
    assert visit(scratch, "POST", "/look").text == "writing"


def test_the_modes_of_the_connection_are_ours(app, database_kind):
    def one(question):
        return db.session.scalar(text(question))

    if database_kind == "sqlite":
        assert one("PRAGMA journal_mode") == "wal"
        assert one("PRAGMA synchronous") == 2
        assert one("PRAGMA foreign_keys") == 1
    else:
        assert "STRICT_TRANS_TABLES" in one("SELECT @@sql_mode")
        assert one("SELECT @@time_zone") == "+00:00"
        assert one("SELECT @@character_set_connection") == "utf8mb4"
        types = dict(
            db.session.execute(
                text(
                    "SELECT column_name, column_type FROM information_schema.columns"
                    " WHERE table_schema = DATABASE() AND table_name = 'post'"
                )
            ).all()
        )
        assert (types["published_at"], types["body"]) == ("datetime(6)", "mediumtext")


def test_emoji_are_told_apart(app):
    make_tag("party 🎉 one")
    db.session.commit()

    assert db.session.scalar(db.select(Tag).where(Tag.name == "party 🎉 one")) is not None
    assert db.session.scalar(db.select(Tag).where(Tag.name == "party 🎊 one")) is None


def work(kind: str, instance: Path, all_ready: Any, done: Any) -> None:
    """Write, or read, for some seconds; say how often that went well, how often it was tried, and what went wrong."""
    app = create_app(Settings.for_tests(instance))
    count, tries, problem = 0, 0, ""

    def write() -> None:
        nonlocal tries
        tries += 1
        add_one("left")

    all_ready.wait(timeout=120)
    until = time.monotonic() + SECONDS
    with app.app_context():
        while time.monotonic() < until and not problem:
            try:
                if kind == "writer":
                    transactions.in_transaction(write)
                else:
                    assert db.session.get(Setting, "left").value >= 0
                    db.session.remove()
                    time.sleep(0.005)  # leaves the processor to those who write
                count += 1
            except Exception as error:
                problem = str(error)
    done.put((kind, count, tries, problem))


def test_eight_writers_and_four_readers_on_sqlite_lose_nothing_and_are_never_locked_out(tmp_path):
    app = make_app(tmp_path, "sqlite:///cms.sqlite3")
    with app.app_context():
        db.session.add(Setting(name="left", value=0))
        db.session.commit()
        db.engine.dispose()
    # Forked off a process that has imported this file, and nothing else of this one.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    kinds = ["writer"] * WRITERS + ["reader"] * READERS
    all_ready, done = context.Barrier(len(kinds)), context.Queue()
    jobs = [context.Process(target=work, args=(kind, tmp_path, all_ready, done)) for kind in kinds]
    for job in jobs:
        job.start()
    results = [done.get(timeout=180) for _ in jobs]
    for job in jobs:
        job.join()

    assert [problem for *_, problem in results if problem] == []
    written = sum(count for kind, count, *_ in results if kind == "writer")
    tried = sum(tries for _, _, tries, _ in results)
    assert tried == written  # nobody had to try again: a lock that is waited for is no lock that is refused
    assert written > 0
    assert value_of(app, "left") == written
    assert all(count > 0 for kind, count, *_ in results if kind == "reader")
    with app.app_context():
        db.engine.dispose()
