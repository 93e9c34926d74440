"""Naughty input through every field a reader has: no 500, nothing live, nothing lost."""

import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.factories import make_post
from tests.naughty import NAUGHTY, live_parts

SHORT = {name: text for name, text in NAUGHTY.items() if len(text) < 5000}


def assert_harmless(response, *, expected=(200, 422)):
    assert response.status_code in expected, response.text[:500]
    assert live_parts(response.text) == []
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_search_takes_anything(client, text):
    make_post(title="Something")

    assert_harmless(client.get("/search", query_string={"q": text}))


@pytest.mark.parametrize("text", SHORT.values(), ids=SHORT)
def test_addresses_take_anything(client, text):
    part = quote(text, safe="")
    for address in (f"/{part}", f"/posts/{part}", f"/tags/{part}", f"/authors/{part}", f"/tags/{part}/feed.atom"):
        assert_harmless(client.get(address), expected=(200, 301, 404, 410))
    for address in (f"/media/{part}", f"/archive/{part}/", f"/posts/{part}/comments/new", f"/tags/?after={part}"):
        assert_harmless(client.get(address), expected=(200, 301, 404, 410))


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_comment_fields_take_anything_and_lose_nothing(client, text):
    post = make_post()

    for field in ("name", "email", "website", "body", "parent", "token", "homepage"):
        fields = {"name": "Eve", "email": "", "website": "", "body": "Hello.", field: text}
        for address in ("comments/preview", "comments"):
            response = client.post(f"/posts/{post.slug}/{address}", data=fields)
            assert_harmless(response)
            if field == "body" and len(text) < 5000 and "\x00" not in text:
                kept = unescape(re.search(r"<textarea[^>]*>\n?(.*)</textarea>", response.text, re.DOTALL)[1])
                assert kept.split() == text.split()


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_what_editors_write_is_harmless_on_every_page(client, text):
    words = text[:200].strip() or "Blank"
    post = make_post(title=words.replace("\n", " "), body=text if text.strip() else "Blank", excerpt=words)

    for address in ("/", f"/posts/{quote(post.slug)}", "/archive/"):
        assert_harmless(client.get(address), expected=(200,))
    for address in ("/feed.atom", "/feed.json", "/sitemap-posts-1.xml"):
        assert client.get(address).status_code == 200
