"""What every answer tells browsers."""

import pytest
from flask import Flask, request

from cms.headers import register_headers
from tests.factories import make_page, make_post


def small_app(**config):
    """The headers alone, round one view."""
    app = Flask("small", static_folder=None)
    app.config.update({"SITE_URL": "http://blog.example", "HSTS_DAYS": 365, "TRUSTED_PROXIES": 0, **config})
    register_headers(app)

    @app.get("/workshop")
    def workshop():
        return f"{request.remote_addr} {request.scheme} {request.host}"

    return app


def test_public_pages_allow_no_script(client):
    post = make_post()

    for address in ("/", f"/posts/{post.slug}", "/feed.atom", "/nowhere", "/static/site.css"):
        policy = client.get(address, buffered=True).headers["Content-Security-Policy"]
        # Nothing but what is used: adding to it takes a reason.
        assert policy == (
            "default-src 'none'; style-src 'self'; img-src 'self' https:; media-src 'self' https:; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ), address


def test_every_kind_of_public_answer_is_guarded_alike(client):
    """What observatory.mozilla.org asks of a page, on all that readers can be answered."""
    post = make_post(title="Read me", tags=["Sea"], series="Voyage")
    make_page(title="About")
    month = f"/archive/{post.listed_at:%Y/%m}/"
    pages = [
        "/",
        "/posts/read-me",
        "/tags/sea",
        "/tags/",
        "/series/voyage",
        "/about",
        "/search?q=sea",
        "/archive/",
        month,
    ]
    others = [
        "/feed.rss",
        "/sitemap.xml",
        "/robots.txt",
        "/nowhere",
        "/posts/READ-me",
        "/favicon.ico",
        "/static/site.css",
    ]
    for address in [*pages, *others, "/posts/read-me/comments/new"]:
        headers = client.get(address, buffered=True).headers

        assert headers["Content-Security-Policy"].startswith("default-src 'none';"), address
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin", address
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert headers["Origin-Agent-Cluster"] == "?1", address
        assert "Set-Cookie" not in headers, address
        assert "Server" not in headers, address


def test_other_pages_allow_scripts_by_a_nonce_that_is_new_each_time(client):
    policies = [client.get("/admin/").headers["Content-Security-Policy"] for _ in range(2)]

    assert all("script-src 'self' 'nonce-" in policy for policy in policies)
    assert not any("unsafe" in policy for policy in policies)
    assert policies[0] != policies[1]


def test_the_nonce_in_the_page_is_the_one_of_the_policy():
    app = small_app()

    @app.get("/page")
    def page():
        return app.jinja_env.from_string("{{ csp_nonce() }} {{ csp_nonce() }}").render()

    response = app.test_client().get("/page")

    nonce, again = response.text.split()
    assert nonce == again
    assert f"'nonce-{nonce}'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/", "/nowhere", "/admin/", "/static/site.css", "/health/live"])
def test_every_answer_is_guarded(client, address):
    headers = client.get(address, buffered=True).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Referrer-Policy"] in ("strict-origin-when-cross-origin", "same-origin")
    assert "Strict-Transport-Security" not in headers


def test_a_site_on_tls_asks_browsers_to_stay_there():
    response = small_app(SITE_URL="https://blog.example").test_client().get("/workshop")

    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_how_long_is_a_setting_and_none_at_all_is_one_too():
    on_tls = {"SITE_URL": "https://blog.example"}

    short = small_app(**on_tls, HSTS_DAYS=2).test_client().get("/workshop")
    none = small_app(**on_tls, HSTS_DAYS=0).test_client().get("/workshop")

    assert short.headers["Strict-Transport-Security"] == "max-age=172800"
    assert "Strict-Transport-Security" not in none.headers


def test_a_view_may_say_otherwise():
    app = small_app()

    @app.get("/framed")
    def framed():
        return "x", {"X-Frame-Options": "SAMEORIGIN"}

    assert app.test_client().get("/framed").headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [(0, "127.0.0.1 http localhost"), (1, "2.2.2.2 https blog.example"), (2, "1.1.1.1 https blog.example")],
)
def test_as_many_proxies_are_believed_as_were_named(proxies, seen):
    forwarded = {
        "X-Forwarded-For": "9.9.9.9, 1.1.1.1, 2.2.2.2",
        "X-Forwarded-Proto": "https, https",
        "X-Forwarded-Host": "blog.example, blog.example",
    }

    assert small_app(TRUSTED_PROXIES=proxies).test_client().get("/workshop", headers=forwarded).text == seen
