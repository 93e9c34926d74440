"""What people see when something is not there, not allowed or broken."""

import pytest
from flask import abort
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.services import redirecting, settings
from tests.conftest import make_app


@pytest.fixture
def breaking(tmp_path):
    """A client of an app with views that fail in every way."""
    app = make_app(tmp_path, "sqlite:///cms.sqlite3")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/break/<int:code>")
    def fail(code):
        abort(code)

    @app.get("/break/code")
    def bug():
        raise RuntimeError("secret detail")

    @app.get("/break/database")
    def no_database():
        raise OperationalError("SELECT secret", {}, Exception("no such host db.internal"))

    @app.get("/break/busy")
    def busy():
        raise OperationalError("UPDATE x", {}, Exception(1213, "Deadlock found"))

    @app.get("/break/right")
    def right():
        raise NotAllowed("You may not do this.")

    @app.get("/break/rule")
    def rule():
        raise InvalidChange("Choose a time to come.")

    client = app.test_client()
    with app.app_context():
        yield client
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 410, 413, 418, 429, 500, 503])
def test_every_error_has_a_page_in_the_house_look(breaking, code):
    response = breaking.get(f"/break/{code}")

    assert response.status_code == code
    assert response.mimetype == "text/html"
    assert "/assets/theme/lantern.css?v=" in response.text
    assert "<h1>" in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("code", [413, 429, 500, 503])
def test_what_asks_the_database_nothing_looks_as_the_site_last_did(breaking, code):
    settings.change({"title": "The Harbour", "theme": "broadside"}, by=None)
    db.session.commit()
    breaking.get("/")

    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    page = breaking.get(f"/break/{code}").text

    assert asked == []
    assert "/assets/theme/broadside.css?" in page
    assert "The Harbour</a>" in page


def test_a_bug_shows_its_number_and_no_detail(breaking):
    response = breaking.get("/break/code", headers={"X-Request-Id": "abc-123"})

    assert response.status_code == 500
    assert "abc-123" in response.text
    assert "secret detail" not in response.text


def test_a_broken_database_gives_a_page_that_asks_it_nothing(breaking, monkeypatch):
    response = breaking.get("/break/database")

    assert response.status_code == 500
    assert "db.internal" not in response.text
    assert "Something broke on our side" in response.text


def test_a_busy_database_is_said_to_be_busy(breaking):
    response = breaking.get("/break/busy")

    assert response.status_code == 503
    assert "Nothing was saved; please try again." in response.text


def test_what_a_service_refuses_is_said_in_its_words(breaking):
    refused, wrong = breaking.get("/break/right"), breaking.get("/break/rule")

    assert (refused.status_code, wrong.status_code) == (403, 400)
    assert "You may not do this." in refused.text
    assert "Choose a time to come." in wrong.text


def test_a_page_that_is_not_there_offers_ways_on(client):
    response = client.get("/nowhere")

    assert response.status_code == 404
    assert 'name="q"' in response.text
    assert "/archive/" in response.text


def test_a_method_that_does_not_fit_is_told_which_do(client):
    response = client.post("/archive/")

    assert response.status_code in (400, 405)
    assert client.delete("/static/site.css").status_code in (400, 405)


def test_an_old_address_leads_to_the_new_one(client):
    redirecting.moved("/2014/03/old-name/", "/posts/größe")
    redirecting.moved("/elsewhere", "https://example.org/there")

    for address in ("/2014/03/old-name/", "/2014/03/old-name"):
        response = client.get(address)
        assert (response.status_code, response.headers["Location"]) == (301, "/posts/gr%C3%B6%C3%9Fe")
    assert client.head("/elsewhere").headers["Location"] == "https://example.org/there"


def test_a_slash_too_many_never_leads_off_the_site(client):
    for address in (
        "//evil.example/",
        "/%5Cevil.example/",
        "///evil.example/",
        "/.evil.example/",
        "/%2F%2Fevil.example/",
    ):
        response = client.get(address)
        assert not response.headers.get("Location", "").startswith(("//", "/\\", "http://evil", "https://evil")), (
            address
        )


def test_a_slash_too_many_ends_somewhere(client):
    for address in ("/archive/1999/", "/tags/nothing/", "/posts/nothing/", "/nothing/"):
        seen = []
        response = client.get(address)
        while response.status_code in (301, 308):
            seen.append(response.headers["Location"].removeprefix("http://localhost"))
            assert len(seen) < 4, seen
            response = client.get(seen[-1])
        assert response.status_code == 404


def test_a_form_without_its_key_is_explained(app, client):
    response = client.post("/health/live")

    assert response.status_code in (400, 405)
    assert "<h1>" in response.text
