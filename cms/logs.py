"""Logs: JSON lines for machines, plain ones on a terminal, a line a request, an id through all of them."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

from flask import Flask, has_request_context, request

SANE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
QUIET = ("/static/", "/admin/static/", "/health/")
DETAILS = ("method", "path", "status", "duration_ms")

access = logging.getLogger("cms.access")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": current_request_id(record),
            **{name: getattr(record, name) for name in DETAILS if hasattr(record, name)},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")


class ToStandardError(logging.StreamHandler[TextIO]):
    """Looks the stream up at each line, so that whoever replaced it gets the line."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr


class RequestLog:
    """WSGI: gives each request its id, and writes its one line when the answer begins."""

    def __init__(self, wsgi_app: Callable[..., Iterable[bytes]]) -> None:
        self.wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.perf_counter()
        # One object, not three keys: what is inside may work on a copy of the environ.
        about = environ["cms.request"] = {"id": request_id(environ), "path": readable_path(environ), "status": 500}

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            about["status"] = int(status.split(" ", 1)[0])
            return start_response(status, [*headers, ("X-Request-Id", about["id"])], *exc_info)

        try:
            return self.wsgi_app(environ, start)
        finally:
            report(environ["REQUEST_METHOD"], about, duration_ms=(time.perf_counter() - started) * 1000)


def report(method: str, about: dict[str, Any], *, duration_ms: float) -> None:
    details = {"method": method, "path": about["path"], "status": about["status"], "duration_ms": round(duration_ms, 1)}
    level = logging.DEBUG if about["path"].startswith(QUIET) else logging.INFO
    access.log(
        level, "%(method)s %(path)s %(status)s in %(duration_ms)s ms", details, extra={"id": about["id"], **details}
    )


def request_id(environ: dict[str, Any]) -> str:
    """The one a proxy gave, where it is harmless in a log and in a header, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if SANE_ID.fullmatch(given) else secrets.token_hex(8)


def current_request_id(record: logging.LogRecord) -> str | None:
    if hasattr(record, "id"):
        return record.id
    return request.environ.get("cms.request", {}).get("id") if has_request_context() else None


def readable_path(environ: dict[str, Any]) -> str:
    """The path alone, on one line: a query string may hold what people search, or a token."""
    path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in path[:500])


def hide_token() -> None:
    """A link to set up, to preview or to a new password opens doors: its token stays out of the log."""
    token = (request.view_args or {}).get("token")
    about = request.environ.get("cms.request")
    if token and about:
        about["path"] = about["path"].replace(str(token), "...")


def without_plumbing(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(("Context impl", "Will assume"))


def register_logging(app: Flask) -> None:
    """Set up the process's logging and log each request. Call it last: it wraps what wraps the app."""
    plain = app.config["LOG_FORMAT"] == "plain" or (app.config["LOG_FORMAT"] == "auto" and sys.stderr.isatty())
    level = app.config["LOG_LEVEL"].upper()
    root = logging.getLogger()
    handler = next((one for one in root.handlers if isinstance(one, ToStandardError)), None)
    if handler is None:
        handler = ToStandardError()
        root.addHandler(handler)
    handler.setFormatter(PlainLines() if plain else JsonLines())
    # Other packages say at INFO what only their makers want to know; a migration that runs is the exception.
    root.setLevel("INFO" if level == "DEBUG" else max(level, "WARNING", key=logging.getLevelNamesMapping().get))
    app.logger.setLevel(level)
    logging.getLogger("alembic").setLevel("INFO")
    logging.getLogger("alembic.runtime.plugins").setLevel("WARNING")
    logging.getLogger("alembic.runtime.migration").addFilter(without_plumbing)

    app.before_request(hide_token)
    app.wsgi_app = RequestLog(app.wsgi_app)  # type: ignore[method-assign]
