"""What the check of a theme finds; and that our own themes have nothing to find."""

import pytest
from flask import template_rendered

from cms.db import db
from cms.errors import InvalidChange
from cms.models import CommentStatus, CommentSubscription
from cms.public import comment_cookie
from cms.services import settings, subscribing
from cms.services.theming import activating, checking, samples, stylesheets, themes
from cms.text import colours
from tests.factories import make_author, make_comment, make_page, make_post, make_series
from tests.theme_files import ABOUT

OURS = ["broadside", "lantern"]


def test_two_themes_ship(app):
    assert themes.names() == OURS
    assert [theme.name for theme in themes.all_themes()] == ["lantern", "broadside"]


@pytest.mark.parametrize("name", OURS)
def test_ours_are_complete(app, name):
    assert checking.problems(name) == []


@pytest.mark.parametrize("scheme", colours.SCHEMES)
@pytest.mark.parametrize("name", OURS)
def test_every_pair_of_colours_of_ours_can_be_read(app, name, scheme):
    named = colours.named(stylesheets.source(themes.get(name)))[scheme]

    assert len([colour for colour in named if colour.startswith("code-")]) > 5
    assert list(checking.contrasts(named)) == []
    assert colours.contrast(named["text"], named["ground"]) >= 7


def test_the_two_are_clearly_different(app):
    light = [colours.named(stylesheets.source(themes.get(name)))["light"] for name in OURS]

    assert all(light[0][name] != light[1][name] for name in ("ground", "text", "accent"))
    assert {"layout.html", "public/home.html"} <= themes.get("broadside").templates


BLOCKLESS = "<html lang='en'><head><title>x</title></head><body>{% block main %}{% endblock %}</body></html>"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"layout": BLOCKLESS}, "layout.html: the block “head” is missing."),
        ({"layout": BLOCKLESS}, 'public/home.html: there is no <main id="main">'),
        ({"layout": BLOCKLESS}, "there is no link to #main"),
        ({"public__post": "{% extends 'layout.html' %}"}, "public/post.html: the block “comments” is missing."),
        ({"public__hoem": "x"}, "public/hoem.html: there is no such template to stand in for."),
        ({"public__tag": "{% if %}"}, "public/tag.html, line 1: "),
        ({"public__tag": "{% extends 'public/tag.html' %}"}, "tag.html line 1: RecursionError"),
        (
            {"public__page": "{% extends 'default/public/page.html' %}{% block main %}{{ pgae }}{% endblock %}"},
            "'pgae'",
        ),
        (
            {"public__tag": "{% extends 'default/public/tag.html' %}{% block main %}{{ tag.nmae }}{% endblock %}"},
            "public/tag.html: 'types.SimpleNamespace object' has no attribute 'nmae'.",
        ),
        (
            {"layout": "{% extends 'default/layout.html' %}{% block footer %}{{ 1 / 0 }}{% endblock %}"},
            "layout.html line 1: ZeroDivisionError",
        ),
        (
            {"layout": "{% extends 'default/layout.html' %}{% block footer %}{{ site.footer|safe }}{% endblock %}"},
            "escaping",
        ),
    ],
)
def test_what_is_wrong_with_templates_is_named(theme, files, problem):
    theme(**files)

    assert any(problem in line for line in checking.problems("mine")), checking.problems("mine")


@pytest.mark.parametrize(
    ("footer", "problem"),
    [
        ("<script>1</script>", "there is a <script>"),
        ("<script src='/x.js'></script>", "there is a <script>"),
        ("<p onclick='x()'>", "<p onclick> is a script"),
        ("<a href='javascript:x()'>x</a>", "a link is a script"),
        ("<p style='color: red'>", "<p> has styles of its own"),
        (
            "<img src='https://example.org/x.png' alt=''>",
            "<img> asks for an address outside: https://example.org/x.png",
        ),
        ("<img src='//example.org/x.png' alt=''>", "<img> asks for an address outside"),
        ("<form action='https://example.org/'></form>", "<form> asks for an address outside"),
        ("<h1>x</h1>", "there are 2 <h1>"),
        ("<link rel='stylesheet' href='/static/a.css'><link rel='preload' href='/b'>", "it takes 5 requests"),
    ],
)
def test_what_browsers_would_refuse_is_named(theme, footer, problem):
    theme(layout=f"{{% extends 'default/layout.html' %}}{{% block footer %}}{footer}{{% endblock %}}")

    found = checking.problems("mine")

    assert any(problem in line for line in found), found
    assert all("outside" not in line for line in found) or "outside" in problem


def test_a_link_to_elsewhere_and_our_own_whole_addresses_are_no_faults(app, theme):
    home = app.config["SITE_URL"] + "/x.png"
    footer = f"<a href='https://example.org/'>x</a><img src='{home}' alt=''>"
    theme(layout=f"{{% extends 'default/layout.html' %}}{{% block footer %}}{footer}{{% endblock %}}")

    assert checking.problems("mine") == []


@pytest.mark.parametrize(
    ("css", "problem"),
    [
        (None, "own.css: there is no such file"),
        ("p { background: url(https://example.org/x.png); }", "own.css: url(https://example.org/x.png"),
        ("@import 'x.css';", "own.css: @import"),
        (":root { --text: #999999; }", "css, light: --text on --ground has a contrast of 2.7"),
        ("@media (prefers-color-scheme: dark) { :root { --link: #333333; } }", "css, dark: --link on --ground"),
        (":root { --accent: rgb(1, 2, 3); }", "css, light: the colour --accent is not named"),
        (":root { --code-comment: #eeeeee; }", "--code-comment on --code-ground"),
        ("p { color: #" + "} p { color: #".join(f"{n * 7919 % 16777216:06x}" for n in range(9000)) + "}", "css: "),
    ],
)
def test_what_is_wrong_with_styles_is_named(theme, css, problem):
    about = ABOUT.replace('"code.css"', '"code.css", "own.css"')
    theme(about=about, **({"own_css": css} if css is not None else {}))

    assert any(problem in line for line in checking.problems("mine")), checking.problems("mine")


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ("name = ", "theme.toml: "),
        (ABOUT.replace("version", "#"), "version is missing"),
        (ABOUT.replace('"dark"', '"dusk"'), "schemes must be"),
        (ABOUT.replace('"site.css"', '"../secrets.css"'), "css names files"),
        (ABOUT + 'colour = "red"', "colour is not known"),
    ],
)
def test_what_is_wrong_with_its_description_is_named(theme, about, problem):
    theme(about=about)

    assert any(problem in line for line in checking.problems("mine")), checking.problems("mine")
    assert [one.name for one in themes.all_themes()] == ["lantern", "broadside"]


def test_an_incomplete_theme_is_not_put_on(theme):
    theme(layout=BLOCKLESS)

    with pytest.raises(InvalidChange, match="not complete") as refused:
        activating.change({"theme": "mine"}, by=None)

    assert refused.value.field == "theme"
    assert settings.read().theme == "lantern"


@pytest.mark.parametrize("name", ["nowhere", "../lantern", "", "Lantern"])
def test_a_theme_that_is_not_there_is_not_put_on(app, name):
    with pytest.raises(InvalidChange, match="no theme"):
        activating.change({"theme": name}, by=None)


def test_the_made_up_pages_are_given_what_real_ones_are(app, client):
    """Else the check would find fault with what is well, or none with what is not."""
    real: dict[str, set[str]] = {}

    def note(_app, template, context, **_):
        real.setdefault(template.name, set()).update(context)

    post = make_post(title="A post", tags=["Sea"], authors=[make_author("Ada").id])
    make_page(title="About")
    first = make_comment(post)
    held = make_comment(post, CommentStatus.HELD, form_token="a" * 32)
    wish = CommentSubscription(comment_id=first.id, email="eve@example.org")
    db.session.add(wish)
    db.session.flush()
    series = make_series("A voyage")
    mine = comment_cookie._serializer().dumps([[held.id, comment_cookie.proof_of(held)]])
    client.set_cookie("comments", mine, path="/posts/a-post/comments")
    month = f"/archive/{post.listed_at:%Y/%m}/"
    with template_rendered.connected_to(note, app):
        for address in ("/", "/about", "/tags/", "/tags/sea", "/authors/ada", "/archive/", month, "/search?q=post"):
            assert client.get(address).status_code == 200
        of_comments = ("new", "mine", f"mine/{held.id}")
        for address in ("/posts/a-post", *(f"/posts/a-post/comments/{one}" for one in of_comments)):
            assert client.get(address).status_code == 200
        assert client.get(f"/comments/mail/{subscribing.token_for(subscribing.CONFIRM, wish)}").status_code == 200
        for address in ("/series/", f"/series/{series.slug}"):
            assert client.get(address).status_code == 200
        assert client.get("/nowhere").status_code == 404
    made_up: dict[str, set[str]] = {}
    for sample in samples.pages():
        made_up.setdefault(sample.template, set()).update(sample.words)
    everywhere: dict[str, object] = {}
    with app.test_request_context("/"):
        app.update_template_context(everywhere)

    assert {name: words - set(everywhere) - made_up[name] for name, words in real.items()} == {
        name: set() for name in real
    }
    assert {name: words - real[name] for name, words in made_up.items()} == {name: set() for name in made_up}
