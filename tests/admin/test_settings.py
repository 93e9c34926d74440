import pytest

from cms.db import db
from cms.services import settings
from cms.services.settings import OPTIONS
from tests.factories import make_user
from tests.signing_in import signed_in, submit

PAGE = "/admin/setting/"


@pytest.fixture
def admin(client):
    return signed_in(client, make_user("admin"))


def answers(**changes):
    given = {name: str(option.default or "") for name, option in OPTIONS.items() if option.kind != "yes_no"}
    return {**given, "menu_lists": "y", "comments_open": "y", "notify_moderators": "y", **changes}


def test_every_setting_stands_on_the_page(admin):
    page = admin.get(PAGE).text

    for name, option in OPTIONS.items():
        assert f'name="{name}"' in page
        assert option.label in page


def test_saved_settings_are_the_settings_of_the_site(admin):
    response = submit(admin, PAGE, answers(title="Ada's log", posts_per_page="25", time_zone="Asia/Tokyo"))
    db.session.rollback()
    now = settings.read()

    assert response.status_code == 302
    assert (now.title, now.posts_per_page, now.time_zone) == ("Ada's log", 25, "Asia/Tokyo")
    assert now.comments_open


def test_a_box_that_is_not_ticked_is_a_no(admin):
    given = answers()
    del given["comments_open"]

    submit(admin, PAGE, given)
    db.session.rollback()

    assert settings.read().comments_open is False


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("posts_per_page", "many", "whole number from 1 to 50"),
        ("posts_per_page", "10" * 400, "whole number from 1 to 50"),
        ("posts_per_page", "0", "whole number from 1 to 50"),
        ("title", "x" * 121, "At most 120 letters"),
        ("footer", "x" * 1_000_000, "At most 2000 letters"),
        ("moderation", "whatever", "Choose one of the list"),
        ("time_zone", "Mars", "Choose a time zone"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_saved(admin, field, value, words):
    response = submit(admin, PAGE, answers(tagline="Kept words", **{field: value}))

    assert response.status_code == 422
    assert words in response.text
    assert "Kept words" in response.text
    assert f'id="{field}-error"' in response.text
    assert settings.read().tagline == ""


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "😀‮\x00'\"", "{{ 7 * 7 }}"])
def test_naughty_words_are_only_words(admin, words):
    assert submit(admin, PAGE, answers(title=words, footer=words, tagline=words)).status_code == 302

    for path in (PAGE, "/admin/", "/"):
        response = admin.get(path)
        assert response.status_code == 200
        assert "<script>alert" not in response.text
        assert "49" not in response.text.partition("<title>")[2][:60]


def test_an_editor_cannot_save_them(app):
    client = signed_in(app.test_client(), make_user("editor"))

    assert submit(client, "/change", answers(title="Mine"), to=PAGE).status_code == 403
    assert settings.read().title != "Mine"
