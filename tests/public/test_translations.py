"""One text in several languages: what readers, search engines and feeds are told."""

import json
import re

import pytest

from cms.public import robots
from cms.services import publishing, revising, settings
from tests.factories import make_post

SITE = "http://127.0.0.1:8000"


@pytest.fixture
def group(app):
    """A post in the language of the site, in German, and in French as a draft."""
    settings.change({"language": "en"}, by=None)
    original = make_post(title="Salt", tags=["Sea"])
    german = make_post(title="Salz", language="de", translation_of_id=original.id)
    french = make_post("draft", title="Sel", language="fr", translation_of_id=german.id)
    return original, german, french


def alternates(client, address):
    page = client.get(address).text
    return re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', page)


def test_every_version_names_all_that_readers_find_and_the_original_for_everybody_else(client, group):
    expected = [("en", f"{SITE}/posts/salt"), ("x-default", f"{SITE}/posts/salt"), ("de", f"{SITE}/posts/salz")]

    assert alternates(client, "/posts/salt") == alternates(client, "/posts/salz") == expected
    publishing.publish(group[2], by=None)

    assert alternates(client, "/posts/sel") == [*expected, ("fr", f"{SITE}/posts/sel")]


def test_a_post_links_its_other_languages_by_their_own_names(client, group):
    here, there = client.get("/posts/salt").text, client.get("/posts/salz").text

    assert re.search(r'<a href="/posts/salz" rel="alternate" lang="de" hreflang="de">Deutsch</a>', here)
    assert re.search(r'<a href="/posts/salt" rel="alternate" lang="en" hreflang="en">English</a>', there)
    assert "Français" not in here
    assert "<h1>Salt</h1>" in here
    assert '<h1 lang="de">Salz</h1>' in there
    assert '<div class="prose" dir="auto" lang="de">' in there
    assert '<html lang="en">' in there


def test_the_language_is_told_where_a_post_is_shared_and_to_search_engines(client, group):
    original, german, _ = group
    pages = {slug: client.get(f"/posts/{slug}").text for slug in ("salt", "salz")}
    blocks = {
        slug: json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])
        for slug, page in pages.items()
    }

    assert '<meta property="og:locale" content="de">' in pages["salz"]
    assert '<meta property="og:locale:alternate" content="en">' in pages["salz"]
    assert blocks["salz"]["inLanguage"] == "de"
    assert blocks["salz"]["translationOfWork"]["url"] == f"{SITE}/posts/salt"
    assert [one["headline"] for one in blocks["salt"]["workTranslation"]] == ["Salz"]
    assert original.id != german.id


def test_a_post_alone_says_nothing_of_languages(client):
    make_post(title="Alone")
    make_post("draft", title="Allein", language="de", translation_of_id=make_post(title="Other").id)

    for slug in ("alone", "other"):
        page = client.get(f"/posts/{slug}").text
        assert alternates(client, f"/posts/{slug}") == []
        assert "Also in" not in page
        assert "og:locale:alternate" not in page


def test_the_sitemap_names_the_versions_of_each(client, group, monkeypatch):
    monkeypatch.setattr(robots, "AT_ONCE", 1)  # the original and its translation are in different parts
    found = {}
    for post in group[:2]:
        part = client.get(f"/sitemap-posts-{post.id}.xml").text
        found[post.slug] = re.findall(r'<xhtml:link rel="alternate" hreflang="(.*?)" href="(.*?)"/>', part)

    assert found["salt"] == found["salz"]
    assert sorted(found["salt"]) == [("de", f"{SITE}/posts/salz"), ("en", f"{SITE}/posts/salt")]


def test_feeds_say_in_which_language_an_entry_is(client, group):
    assert '<entry xml:lang="de">' in client.get("/feed.atom").text
    items = {item["title"]: item.get("language") for item in client.get("/feed.json").get_json(force=True)["items"]}
    assert items == {"Salt": None, "Salz": "de"}


def test_a_post_that_becomes_a_translation_takes_its_own_along(client, group):
    root = make_post(title="ملح", language="ar")

    revising.change_live(group[0], {"translation_of_id": root.id}, by=None)

    languages = [language for language, _ in alternates(client, "/posts/salz")]
    assert languages == ["ar", "x-default", "en", "de"]
