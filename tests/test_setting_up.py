import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import User
from cms.services import setting_up, settings
from tests.factories import make_user
from tests.signing_in import submit, token_for

ANSWERS = {
    "title": "Ada's log",
    "name": "Ada",
    "email": "Ada@example.org",
    "password": "a fine long sentence",
    "password_again": "a fine long sentence",
}


def test_the_first_person_sets_the_site_up_and_is_signed_in(client):
    link = setting_up.offer_link()

    response = submit(client, link, ANSWERS)

    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    assert db.session.scalars(select(User)).one().email == "ada@example.org"
    assert settings.read().title == "Ada's log"
    assert client.get("/change").status_code == 200
    assert client.get(link).status_code == 404


def test_a_stranger_without_the_link_finds_nothing(client):
    setting_up.offer_link()
    token = token_for(client)

    for path in ("/setup", "/setup/guess", f"/setup/{'a' * 43}", "/setup/%00"):
        assert client.get(path).status_code == 404
        assert client.post(path, data={**ANSWERS, "csrf_token": token}).status_code in (404, 405)
    assert db.session.scalars(select(User)).all() == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "   ", "Name your site"),
        ("name", "\x00", "Type a name"),
        ("email", "<script>alert(1)</script>", "not an e-mail address"),
        ("email", "x" * 1_000_000, "not an e-mail address"),
        ("password", "short", "at least 10 letters"),
        ("password_again", "something else", "passwords differ"),
        ("title", "😀" * 121, "At most 120 letters"),
        ("name", "‮" + "x" * 200, "At most 120 letters"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_lost_but_passwords(client, field, value, words):
    link = setting_up.offer_link()

    response = submit(client, link, {**ANSWERS, field: value})

    assert response.status_code == 422
    assert words in response.text
    assert f'id="{field}-error"' in response.text
    assert f'id="{field}-help"' not in response.text  # what is wrong says what to do: once is enough
    assert "a fine long sentence" not in response.text
    assert "<script>alert" not in response.text
    for other in ("title", "name", "email"):
        if other != field:
            assert ANSWERS[other].replace("'", "&#39;") in response.text
    assert submit(client, link, ANSWERS).status_code == 302


def test_the_link_is_shut_when_an_admin_came_another_way(client):
    link = setting_up.offer_link()
    token = token_for(client, link)
    make_user("admin")

    assert client.get(link).status_code == 404
    assert client.post(link, data={**ANSWERS, "csrf_token": token}).status_code == 404


def test_the_link_cannot_be_guessed_quickly(client, travel):
    travel(hours=0)
    token = token_for(client)

    codes = [client.post("/setup/x", data={"csrf_token": token}).status_code for _ in range(31)]

    assert codes == [404] * 30 + [429]
