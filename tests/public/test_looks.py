"""What an admin's settings make of the public pages: logo, colours, menus, accounts elsewhere, home."""

import re

import pytest

from cms.db import db
from cms.errors import InvalidChange
from cms.services import media, publishing, settings
from tests.factories import make_page, make_post
from tests.theme_files import png


def choose(**values):
    settings.change(values, by=None)


def menu(client, page="/"):
    inside = re.search(r'<nav class="site-menu".*?</nav>', client.get(page).text, re.DOTALL)[0]
    return re.findall(r'<a href="([^"]+)"', inside)


def test_a_logo_stands_in_place_of_the_title_and_says_it(client):
    picture = media.add(png(300, 100), "logo.png", by=None)
    choose(logo=picture.id, title="The & Log")

    text = client.get("/").text

    assert f'src="{media.url_of(picture)}" alt="The &amp; Log" width="144" height="48"' in text
    media_row = picture
    media_row.trash()
    assert 'class="logo"' not in client.get("/").text


@pytest.mark.parametrize("value", [99_999, "x", "1" * 40])
def test_a_logo_is_a_picture_of_the_library(app, value):
    with pytest.raises(InvalidChange, match="picture of the library"):
        choose(logo=value)


def test_accents_stand_in_the_one_style_sheet_and_in_its_address(client):
    before = client.get("/").text
    choose(accent="#8A1C4A", accent_dark="f7b")
    after = client.get("/").text

    address = re.search(r'rel="stylesheet" href="([^"]+)"', after)[1].replace("&amp;", "&")
    styles = client.get(address)
    assert "light=8a1c4a&dark=ff77bb" in address
    assert "--accent:#8a1c4a" in styles.text
    assert "@media screen and (prefers-color-scheme:dark){:root:root{--accent:#ff77bb" in styles.text
    assert after.count('rel="stylesheet"') == before.count('rel="stylesheet"') == 1
    assert "style=" not in after
    assert "<style" not in after


@pytest.mark.parametrize("query", ["light=red", "light=fff}", "dark=%23ffffff", "light=8A1C4A"])
def test_a_style_sheet_takes_colours_alone(client, query):
    assert client.get(f"/assets/theme/lantern.css?{query}").status_code == 404


@pytest.mark.parametrize("name", ["nowhere", "..%2Flantern", "Lantern"])
def test_there_is_no_style_sheet_of_a_theme_that_is_not_there(client, name):
    assert client.get(f"/assets/theme/{name}.css").status_code == 404


def test_style_sheets_are_sent_small_to_those_who_take_them_so(client):
    plain = client.get("/assets/theme/lantern.css")
    small = client.get("/assets/theme/lantern.css", headers={"Accept-Encoding": "gzip"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert plain.mimetype == "text/css"


@pytest.mark.parametrize("theme", ["lantern", "broadside"])
@pytest.mark.parametrize(("field", "colour", "ratio"), [("accent", "#ff9900", "2."), ("accent_dark", "#333333", "1.")])
def test_an_accent_that_is_hard_to_read_is_refused_with_its_figure_and_a_better_one(app, theme, field, colour, ratio):
    choose(theme=theme)

    with pytest.raises(InvalidChange, match=rf"{re.escape(ratio)}\d to 1, and text needs 4.5") as refused:
        choose(**{field: colour})

    assert refused.value.field == field
    choose(**{field: re.search(r"read is (#\w{6})", str(refused.value))[1]})


def test_pages_and_links_stand_in_the_menu_by_their_places(client):
    make_page(title="About", menu_position=2)
    make_page(title="Imprint", menu_position=5)
    choose(
        menu_links="News | https://example.org/n | 3\n\nShop | /shop\nFirst|#main|1\nBeside | mailto:a@example.org | 2"
    )

    own = ["/archive/", "/tags/", "/search"]
    assert menu(client) == [
        *("#main", "/about", "mailto:a@example.org", "https://example.org/n", "/imprint", "/shop"),
        *own,
    ]
    choose(menu_lists=False)
    assert menu(client)[-1] == "/shop"
    assert all(f'href="{address}"' in client.get("/").text for address in own)  # at the foot


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("News", "words, a bar and an address"),
        ("| /x", "words, a bar and an address"),
        ("a | b | c | d", "words, a bar and an address"),
        ("x | javascript:alert(1)", "begins with https"),
        ("x | //evil.example", "begins with https"),
        ("x | data:text/html,x", "begins with https"),
        ("x | /a | soon", "whole number"),
        ("x" * 81 + " | /a", "at most 80"),
    ],
)
def test_a_line_that_is_no_link_is_named(app, line, problem):
    with pytest.raises(InvalidChange, match=f"Line 2: .*{problem}"):
        choose(menu_links=f"Good | /good\n{line}")
    with pytest.raises(InvalidChange, match="At most 30"):
        choose(social_links="a | /a\n" * 31)


def test_accounts_elsewhere_are_told_to_be_ours(client):
    choose(social_links="Mastodon <b> | https://example.social/@you")

    assert (
        '<a href="https://example.social/@you" rel="me noopener" dir="auto">Mastodon &lt;b&gt;</a>'
        in client.get("/").text
    )


def test_a_page_can_be_the_home_and_the_posts_go_on_at_an_address_of_their_own(app, client, count_queries):
    page = make_page(title="Welcome", body="Come in.", menu_position=1)
    for number in range(3):
        make_post(title=f"Post {number}")
    choose(posts_per_page=1)
    assert client.get("/posts/").headers["Location"] == "/"

    choose(home=page.id)
    home, posts = client.get("/").text, client.get("/posts/").text

    assert "Come in." in home
    for text in (home, client.get("/welcome").text):
        assert f'<link rel="canonical" href="{app.config["SITE_URL"]}/">' in text
    assert menu(client)[:2] == ["/posts/", "/"]  # by one address, where the menu marks it as the page one is on
    choose(menu_links="Blog | /posts/ | 2")
    assert menu(client)[:3] == ["/", "/posts/", "/archive/"]  # once, where and as the link says
    assert '<li><a href="/posts/" dir="auto" aria-current="page">Blog</a></li>' in client.get("/posts/").text
    choose(menu_links="")
    assert '<li><a href="/" dir="auto" aria-current="page">Welcome</a></li>' in home
    assert "Post 2" in posts
    onward = re.search(r'rel="next" href="([^"]+)"', posts)[1]
    assert onward.startswith("/posts/?before=")
    assert client.get(onward).status_code == 200
    assert len(count_queries(lambda: client.get("/"))) <= 5
    publishing.withdraw(page, by=None)
    assert "Post 2" in client.get("/").text
    assert client.get("/posts/").headers["Location"] == "/"
    assert menu(client)[0] == "/archive/"


def test_a_page_that_nobody_sees_is_no_home(app):
    with pytest.raises(InvalidChange, match="page that readers can see"):
        choose(home=make_page("draft").id)
    db.session.rollback()


def test_a_site_that_has_everything_costs_one_query_more_only_when_it_changed(client, count_queries):
    choose(logo=media.add(png(), "l.png", by=None).id, menu_links="a | /a", social_links="b | https://example.org")
    make_post(title="A post")
    client.get("/posts/a-post")

    assert len(count_queries(lambda: client.get("/posts/a-post"))) <= 5


@pytest.mark.parametrize(
    ("language", "way"), [("ar", ' dir="rtl"'), ("he-IL", ' dir="rtl"'), ("de", ""), ("zh-CN", "")]
)
def test_a_page_runs_the_way_of_the_language_of_the_site(client, language, way):
    choose(language=language)

    assert f'<html lang="{language}"{way}>' in client.get("/").text
