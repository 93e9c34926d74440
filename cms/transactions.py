"""Transactions: who takes SQLite's write lock and when, and the one place where lost ones are tried again."""

import io
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from flask import Flask, request
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wsgi import ClosingIterator

from cms.db import db
from cms.language import marked

T = TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])

ATTEMPTS = 6
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Deadlock, lock wait, snapshot gone (MariaDB 11.6+), Galera not ready, killed, gone away, lost during a query.
TRANSIENT_CODES = frozenset({1213, 1205, 1020, 1047, 1927, 2006, 2013, 2055})

_writing: ContextVar[bool] = ContextVar("cms_writing", default=False)


class TryAgain(BaseException):
    """Carries a lost transaction to ``Retrying``. No ``Exception``: nobody on the way may swallow it."""


def try_again_if_possible() -> None:
    """Give this request up for another try from its start; returns when it was the last one."""
    if not request.environ.get("cms.last_attempt", True):
        raise TryAgain


def is_transient(error: BaseException) -> bool:
    """Whether the same work is likely to succeed when done again from its start."""
    if not isinstance(error, DBAPIError):
        return False
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    # A connection lost while committing says nothing of whether the commit happened.
    if error.connection_invalidated or code in (0, 2006, 2013):
        return error.statement is not None
    # A deadlock takes the savepoints with it, and going back to one is what is reported then.
    lost_savepoint = code == 1305 and "SAVEPOINT" in str(error.orig)
    return code in TRANSIENT_CODES or lost_savepoint or "database is locked" in str(error.orig)


def start_writing() -> None:
    """From here on this transaction writes: what was read is let go and read anew under the lock."""
    if not _writing.get():
        db.session.rollback()
        _writing.set(True)


def starts_reading(view: View) -> View:
    """Mark a view whose POST only reads, or does slow work before it calls ``start_writing`` itself."""
    view.starts_reading = True  # type: ignore[attr-defined]
    return view


@contextmanager
def writing() -> Iterator[None]:
    """Transactions inside take SQLite's write lock at once. For commands and jobs; also as a decorator."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def in_transaction(work: Callable[[], T]) -> T:
    """Do ``work`` and commit; again from its start when the transaction was lost. For commands and jobs."""
    with writing():
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result = work()
                db.session.commit()
                return result
            except BaseException as error:
                db.session.rollback()
                if attempt == ATTEMPTS or not is_transient(error):
                    raise
                _wait(attempt)
    raise AssertionError("unreachable")


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0.5, 1.0) * 0.02 * 2**attempt)  # noqa: S311 (jitter, no secret)


class Retrying:
    """WSGI: run a request again from its first byte when its transaction was lost."""

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]], max_body_bytes: int) -> None:
        self.wsgi_app = wsgi_app
        self.max_body_bytes = max_body_bytes

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = self._kept_body(environ)
        for attempt in range(1, ATTEMPTS + 1):
            once = dict(environ)
            if body is not None:
                body.seek(0)
                once["wsgi.input"] = body
            once["cms.last_attempt"] = attempt == ATTEMPTS
            try:
                answer = self.wsgi_app(once, start_response)
                is_ours = body is not None and body is not environ["wsgi.input"]
                return ClosingIterator(answer, body.close) if is_ours else answer
            except TryAgain:
                _wait(attempt)
        raise AssertionError("unreachable")

    def _kept_body(self, environ: dict[str, Any]) -> Any:
        """The body where it can be read twice; None where there is none or it is refused anyway."""
        if environ["REQUEST_METHOD"] in SAFE_METHODS:
            return None
        length = environ.get("CONTENT_LENGTH")
        if not length and environ.get("wsgi.input_terminated"):
            left = self.max_body_bytes + 1  # sent in chunks; one byte too many is enough to refuse it
        elif length and length.isdigit() and 0 < int(length) <= self.max_body_bytes:
            left = int(length)
        else:
            return None
        if isinstance(environ["wsgi.input"], io.BytesIO):
            return environ["wsgi.input"]
        kept = tempfile.SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115 (closed with the answer)
        while left > 0 and (chunk := environ["wsgi.input"].read(min(left, 65536))):
            kept.write(chunk)
            left -= len(chunk)
        if not length:
            # Werkzeug cuts a form of unknown length off at the limit, and refuses one that is known to be too large.
            environ["CONTENT_LENGTH"] = str(kept.tell())
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        return kept


def register_transactions(app: Flask) -> None:
    """Let safe requests read and the others write, and retry what the database lost."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "begin", _begin_on_sqlite)

    @app.before_request
    def read_or_write() -> None:
        _writing.set(False)
        view = app.view_functions.get(request.endpoint or "")
        if request.method not in SAFE_METHODS and not getattr(view, "starts_reading", False):
            start_writing()

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        _writing.set(False)

    @app.errorhandler(DBAPIError)
    def lost(error: DBAPIError) -> Any:
        if is_transient(error):
            try_again_if_possible()
            app.logger.warning("given up after %d attempts: %s", ATTEMPTS, error.orig)
            return app.handle_http_exception(
                ServiceUnavailable(marked("The database is busy. Nothing was saved; please try again."))
            )
        if error.connection_invalidated:
            app.logger.error("connection lost while saving: %s", error.orig)
            return app.handle_http_exception(
                ServiceUnavailable(marked("The connection to the database was lost. Please look whether it was saved."))
            )
        raise error

    app.wsgi_app = Retrying(app.wsgi_app, app.config["MAX_CONTENT_LENGTH"])  # type: ignore[method-assign]


def _begin_on_sqlite(connection: Connection) -> None:
    # On the driver's own connection, so that it does not count as a statement of ours.
    connection.connection.dbapi_connection.execute("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
