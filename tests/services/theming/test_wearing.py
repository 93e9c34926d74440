"""A site in its theme; and in ours where that one breaks."""

import shutil

import pytest

from cms.services import media, settings
from cms.services.theming import checking
from tests.factories import make_post
from tests.theme_files import ABOUT, png

MARKED = "{% extends 'default/layout.html' %}{% block above %}of mine{% endblock %}"


def wear(name="mine"):
    settings.change({"theme": name}, by=None)


def test_every_page_wears_the_theme_of_the_setting(client, theme):
    theme(layout=MARKED)
    make_post(title="A post")
    pages = ("/", "/posts/a-post", "/archive/", "/nowhere")
    assert not any("of mine" in client.get(page).text for page in pages)

    wear()

    assert all("of mine" in client.get(page).text for page in pages)
    assert "/assets/theme/mine.css?v=" in client.get("/").text
    assert "of mine" not in client.get("/login").text


@pytest.mark.parametrize(
    "files",
    [
        {"layout": "{{ nothing.at.all }}"},
        {"layout": "{% if %}"},
        {"layout": "{% extends 'nowhere.html' %}"},
        {"layout": "{% extends 'layout.html' %}"},
        {"public__home": "{{ 1 / 0 }}", "errors__error": "{{ 1 / 0 }}"},
        {"public__home": "{% if %}", "errors__error": "{% include 'nowhere.html' %}"},
        {"macros__posts": "{% macro post_card() %}{% endmacro %}", "errors__error": "{{ f() }}"},
    ],
)
def test_a_theme_that_breaks_gives_way_to_ours_and_the_log_says_why(client, theme, caplog, files):
    theme(**files)
    make_post(title="A post")
    wear()

    home, lost = client.get("/"), client.get("/nowhere")

    assert (home.status_code, lost.status_code) == (200, 404)
    assert "A post" in home.text
    assert "There is nothing here" in lost.text
    assert home.text.count("/assets/theme/lantern.css") == 1
    assert "The theme mine cannot show public/home.html" in caplog.text


def test_a_theme_whose_folder_is_gone_gives_way_too(client, theme, caplog):
    folder = theme(layout=MARKED)
    wear()
    assert "of mine" in client.get("/").text
    shutil.rmtree(folder)

    assert client.get("/").status_code == 200
    assert "/assets/theme/lantern.css" in client.get("/").text
    assert "There is no theme “mine”" in caplog.text


def test_what_jinja_keeps_of_one_theme_is_not_used_for_another(client, theme):
    """A macro of ours that calls one of the theme's, in one process, there and back."""
    theme(macros__picture="{% macro picture(media, alt=none, eager=false) %}A PICTURE OF MINE{% endmacro %}")
    make_post(title="A post", cover_id=media.add(png(), "a.png", by=None).id)

    seen = []
    for name in ("lantern", "mine", "lantern", "mine"):
        wear(name)
        seen.append("A PICTURE OF MINE" in client.get("/").text)

    assert seen == [False, True, False, True]
    assert checking.problems("mine") == []


def test_a_style_sheet_shows_its_changes_at_once_and_at_another_address(client, theme):
    folder = theme(about=ABOUT.replace('"code.css"', '"code.css", "own.css"'), own_css="p { color: #111111 }")
    wear()
    first = client.get("/").text
    (folder / "own.css").write_text("p { color: #222222; }")
    second = client.get("/").text

    addresses = [text.partition('rel="stylesheet" href="')[2].partition('"')[0] for text in (first, second)]
    assert addresses[0] != addresses[1]
    assert "color: #222222" in client.get(addresses[1]).text
    assert "immutable" in client.get(addresses[1]).headers["Cache-Control"]
    assert client.get(addresses[0]).headers["Cache-Control"] == "no-cache"
