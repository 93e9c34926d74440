import json
import logging

import pytest
from flask import Flask, abort

from cms.logs import register_logging


@pytest.fixture
def make_app(monkeypatch):
    """An app with nothing but its logs, and a few pages that behave in different ways."""
    loggers = [logging.getLogger(name) for name in ("", "cms", "alembic", "alembic.runtime.plugins")]
    levels = [logger.level for logger in loggers]
    handlers = list(loggers[0].handlers)

    def make(log_format="json", log_level="info"):
        app = Flask("cms")
        app.config.from_mapping(LOG_FORMAT=log_format, LOG_LEVEL=log_level)
        register_logging(app)

        @app.get("/")
        def home():
            app.logger.warning("something odd")
            return "home"

        @app.get("/setup/<token>")
        def set_up(token):
            return token

        @app.get("/gone")
        def gone():
            abort(410)

        @app.get("/broken")
        def broken():
            raise RuntimeError("secret detail")

        @app.get("/health/live")
        def live():
            return "ok"

        return app.test_client()

    yield make
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def lines(capsys):
    """The JSON lines written so far."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_request_leaves_one_line_that_tells_what_happened(make_app, lines):
    make_app().get("/gone?q=private")

    (line,) = lines()
    assert {name: line[name] for name in ("level", "logger", "method", "path", "status")} == {
        "level": "info",
        "logger": "cms.access",
        "method": "GET",
        "path": "/gone",
        "status": 410,
    }
    assert 0 <= line["duration_ms"] < 5000
    assert line["time"].endswith("+00:00")
    assert "private" not in json.dumps(line)


def test_what_a_request_logs_carries_its_id_and_so_does_the_answer(make_app, lines):
    response = make_app().get("/", headers={"X-Request-Id": "from-the-proxy-1"})

    assert response.headers["X-Request-Id"] == "from-the-proxy-1"
    assert [line["request_id"] for line in lines()] == ["from-the-proxy-1", "from-the-proxy-1"]


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "a;b", "<script>", "ä"])
def test_an_odd_request_id_is_replaced(make_app, given):
    response = make_app().get("/", headers={"X-Request-Id": given})

    assert response.headers["X-Request-Id"] != given
    assert response.headers["X-Request-Id"].isalnum()


def test_two_requests_have_two_ids(make_app):
    client = make_app()

    assert client.get("/").headers["X-Request-Id"] != client.get("/").headers["X-Request-Id"]


def test_an_error_is_logged_with_its_traceback_on_one_line(make_app, lines):
    assert make_app().get("/broken").status_code == 500

    error, access = lines()
    assert "secret detail" in error["exception"]
    assert error["request_id"] == access["request_id"]
    assert access["status"] == 500


def test_a_token_in_an_address_stays_out_of_the_log(make_app, lines):
    make_app().get("/setup/abcdef123456")

    (line,) = lines()
    assert line["path"] == "/setup/..."
    assert "abcdef123456" not in json.dumps(line)


def test_health_checks_are_only_logged_when_asked_for(make_app, lines):
    make_app().get("/health/live")
    assert lines() == []

    make_app(log_level="debug").get("/health/live")
    assert [line["level"] for line in lines()] == ["debug"]


def test_a_line_break_in_an_address_makes_no_second_line(make_app, capsys):
    make_app("plain").get("/a%0A12:00:00 INFO forged")

    assert len(capsys.readouterr().err.splitlines()) == 1


def test_lines_are_plain_on_a_terminal_alone(make_app, capsys, monkeypatch):
    make_app("auto").get("/gone")
    assert capsys.readouterr().err.startswith("{")

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    make_app("auto").get("/gone")
    assert "INFO    GET /gone 410 in " in capsys.readouterr().err


def test_a_second_app_in_the_process_doubles_no_line(make_app, lines):
    make_app()
    make_app().get("/gone")

    assert len(lines()) == 1


def test_loggers_that_were_there_go_on(make_app, lines):
    other = logging.getLogger("somebody.else")
    make_app()

    other.warning("still here")

    assert other.disabled is False
    assert [line["message"] for line in lines()] == ["still here"]
