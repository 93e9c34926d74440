import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from cms.db import db
from cms.models import Setting
from cms.services import media, settings
from cms.services.settings import OPTIONS
from tests.factories import make_page, make_post, make_user
from tests.signing_in import signed_in, submit
from tests.theme_files import ABOUT, png, write_theme

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


def test_the_page_begins_with_links_to_its_groups(admin):
    page = admin.get(PAGE).text

    links = re.findall(r'<li><a href="#(group-\d+)">(.*?)</a></li>', page)
    heads = re.findall(r'<h2 id="(group-\d+)">(.*?)</h2>', page)
    assert links == heads
    assert len(links) == len({option.group for option in OPTIONS.values()})


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


PREVIEW = "/admin/setting/preview/"


def test_a_preview_shows_the_settings_on_real_pages_and_stores_nothing(admin):
    make_post(title="A post", tags=["Sea"])
    page = make_page(title="Welcome", body="Come in.")
    picture = media.add(png(), "logo.png", by=None)
    chosen = answers(
        title="Quite another", accent="#8a1c4a", theme="broadside", logo=str(picture.id), home=str(page.id)
    )

    home = submit(admin, PAGE, chosen, to=PREVIEW)
    post = submit(admin, PAGE, {**chosen, "shown": "post"}, to=PREVIEW)

    assert (home.status_code, post.status_code) == (200, 200)
    assert 'alt="Quite another"' in home.text
    assert "Come in." in home.text
    assert "<h1>A post</h1>" in post.text
    for answer in (home, post):
        assert "/assets/theme/broadside.css?light=8a1c4a" in answer.text.replace("&amp;", "&")
        assert "nothing is saved" in answer.text
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    db.session.rollback()
    assert settings.read().title == "Lightblog"
    assert "Quite another" not in admin.get("/").text
    assert "/assets/theme/lantern.css" in admin.get("/").text


def test_the_bar_of_a_preview_leads_to_its_other_pages_with_the_same_settings(admin):
    make_post(title="A post", tags=["Sea"])
    text = submit(admin, PAGE, answers(title='Quite "another"', footer="One\n\nTwo"), to=PREVIEW).text

    again = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))
    shown = re.findall(r'name="shown" value="(\w+)"', text)

    assert shown == ["home", "post", "tag", "archive", "search"]  # there is no page
    for name in shown:
        answer = admin.post(PREVIEW, data={**{k: unescape(v) for k, v in again.items()}, "shown": name})
        assert answer.status_code == 200, name
        assert "Quite &#34;another&#34;" in answer.text


def test_a_preview_of_what_does_not_fit_is_the_form_with_its_problems(admin):
    answer = submit(admin, PAGE, answers(accent="#ff9900", menu_links="News"), to=PREVIEW)

    assert answer.status_code == 422
    assert "contrast with the ground is 2." in answer.text
    assert "Line 1: write words, a bar and an address" in answer.text


def test_an_admin_looks_at_the_site_in_another_theme_while_readers_see_theirs(admin):
    make_post(title="A post")

    answer = admin.get(f"{PREVIEW}?theme=broadside&shown=post")

    assert "/assets/theme/broadside.css" in answer.text
    assert "Preview in Broadside" in answer.text
    assert "/assets/theme/lantern.css" in admin.get("/").text
    assert admin.get(f"{PREVIEW}?theme=nowhere").status_code == 302
    assert "There is no theme “nowhere”." in admin.get(PAGE).text


def test_a_theme_is_chosen_among_those_there_are_and_an_incomplete_one_is_refused(app, admin):
    write_theme(app, layout="{% extends 'default/layout.html' %}{% block footer %}<script></script>{% endblock %}")
    try:
        assert '<option value="mine">Mine: For tests.' in admin.get(PAGE).text

        answer = submit(admin, PAGE, answers(theme="mine"))

        assert answer.status_code == 422
        assert "This theme is not complete: public/home.html: there is a &lt;script&gt;" in answer.text
        assert submit(admin, PAGE, answers(theme="broadside")).status_code == 302
        assert "/assets/theme/broadside.css" in admin.get("/").text
    finally:
        shutil.rmtree(Path(app.instance_path) / "themes")


def test_a_colour_stands_beside_its_field_with_its_contrast(admin):
    submit(admin, PAGE, answers(accent="#8a1c4a"))

    text = admin.get(PAGE).text

    assert 'fill="#8a1c4a"' in text
    assert "to 1 on the ground of Lantern" in text


def test_a_logo_is_kept_when_the_form_is_saved_again_and_can_be_taken_away(admin):
    picture = media.add(png(), "logo.png", by=None)
    submit(admin, PAGE, answers(logo=str(picture.id)))
    assert settings.read().logo == picture.id
    assert media.url_of(picture) in admin.get(PAGE).text
    submit(admin, PAGE, answers(logo=str(picture.id), title="Other"))
    assert (settings.read().logo, settings.read().title) == (picture.id, "Other")

    submit(admin, PAGE, answers(logo=""))

    assert settings.read().logo is None
    assert submit(admin, PAGE, answers(logo="99999")).status_code == 422


def test_nobody_but_an_admin_sees_a_preview(app):
    client = signed_in(app.test_client(), make_user("editor"))

    assert client.get(PREVIEW).status_code == 403
    assert submit(client, "/change", answers(), to=PREVIEW).status_code == 403
    assert app.test_client().get(PREVIEW).status_code == 302


@pytest.mark.parametrize(
    ("about", "title"), [("name = ", "Lantern"), (ABOUT.replace("site.css", "nowhere.css"), "Mine")]
)
def test_a_theme_that_cannot_be_read_is_said_and_never_breaks_the_settings(app, admin, about, title):
    write_theme(app, about=about)
    try:
        for answer in (
            submit(admin, PAGE, answers(theme="mine")),
            submit(admin, PAGE, answers(theme="mine"), to=PREVIEW),
        ):
            assert answer.status_code == 422
            assert "The theme “mine” cannot be read." in answer.text
        db.session.add(Setting(name="theme", value="mine"))
        db.session.commit()

        assert admin.get(PAGE).status_code == 200
        preview = admin.get(PREVIEW).text
        assert f"Preview in {title}" in preview
        assert "/assets/theme/lantern.css" in preview
        assert submit(admin, PAGE, answers(title="Saved")).status_code == 302
        assert settings.read().theme == "lantern"
    finally:
        shutil.rmtree(Path(app.instance_path) / "themes")
