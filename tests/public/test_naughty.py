"""Naughty input through every field a reader has: no 500, nothing live, nothing lost."""

import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.factories import make_post
from tests.naughty import NAUGHTY, each_in_each, live_parts

SHORT = {name: text for name, text in NAUGHTY.items() if len(text) < 5000}


def assert_harmless(response, *, expected=(200, 422)):
    assert response.status_code in expected, response.text[:500]
    assert live_parts(response.text) == []
    assert "Set-Cookie" not in response.headers


def test_search_takes_anything(client):
    make_post(title="Something")

    for text in NAUGHTY.values():
        assert_harmless(client.get("/search", query_string={"q": text}))


def test_addresses_take_anything(client):
    for text in SHORT.values():
        part = quote(text, safe="")
        for address in (f"/{part}", f"/posts/{part}", f"/tags/{part}", f"/authors/{part}", f"/tags/{part}/feed.atom"):
            assert_harmless(client.get(address), expected=(200, 301, 404, 410))
        for address in (f"/media/{part}", f"/archive/{part}/", f"/posts/{part}/comments/new", f"/tags/?after={part}"):
            assert_harmless(client.get(address), expected=(200, 301, 404, 410))


def assert_kept(response, text):
    kept = unescape(re.search(r"<textarea[^>]*>\n?(.*)</textarea>", response.text, re.DOTALL)[1])
    assert len(text) > 5000 or "\x00" in text or kept.split() == text.split()


@pytest.mark.parametrize("address", ["comments/preview", "comments"])
def test_comment_fields_take_anything_and_lose_nothing(client, address, database_kind):
    post = make_post()
    good = {"name": "Eve", "email": "", "website": "", "body": "Hello."}

    for filling in each_in_each([*good, "parent", "token", "homepage"], database_kind):
        response = client.post(f"/posts/{post.slug}/{address}", data=filling)
        assert_harmless(response)
        assert_kept(response, filling["body"])
        response = client.post(f"/posts/{post.slug}/{address}", data={**good, "body": filling["body"]})
        assert_harmless(response)
        assert_kept(response, filling["body"])


def test_what_editors_write_is_harmless_on_every_page(client):
    for text in NAUGHTY.values():
        words = text[:200].strip() or "Blank"
        post = make_post(title=words.replace("\n", " "), body=text if text.strip() else "Blank", excerpt=words)

        for address in ("/", f"/posts/{quote(post.slug)}", "/archive/"):
            assert_harmless(client.get(address), expected=(200,))
        for address in ("/feed.atom", "/feed.json", "/sitemap-posts-1.xml"):
            assert client.get(address).status_code == 200
