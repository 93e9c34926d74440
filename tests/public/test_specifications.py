"""Every feed and every block of JSON-LD against the specifications; and that these rules find what is wrong."""

import json
import re

import pytest

from cms.services import media, settings
from tests.admin.test_media import picture
from tests.factories import make_author, make_comment, make_page, make_post, make_series, make_tag
from tests.public import specifications

SITE = "http://127.0.0.1:8000"
FEEDS = (
    "/feed",
    "/tags/salt/feed",
    "/authors/ada/feed",
    "/series/tides/feed",
    "/comments/feed",
    "/posts/sea/comments/feed",
)
EMPTY = ("/tags/lonely/feed", "/authors/nobody/feed", "/posts/bare/comments/feed")
PAGES = (
    *("/", "/posts/sea", "/posts/bare", "/posts/meer", "/about", "/archive/", "/tags/", "/search?q=sea"),
    *("/tags/salt", "/tags/lonely", "/authors/ada", "/authors/nobody", "/series/", "/series/tides"),
)


@pytest.fixture
def site(app, client):
    """One with all that a feed can say, and with what says next to nothing."""
    settings.change({"title": "Sea & <salt>", "tagline": "On “water”", "language": "zh-CN"}, by=None)
    cover = media.add(picture(), "cover.png", by=None)
    media.describe(cover, alt="A <boat>", caption="")
    ada = make_author("Ada", website="https://ada.example.org/", picture_id=cover.id)
    make_author("Nobody", slug="nobody"), make_tag("Lonely"), make_series("Tides", slug="tides")
    make_page(title="About")
    sea = make_post(
        title="Sea",
        body="A [link](/about), a ]]> and\n\n    <code>\n\n![boat](/media/x.png)",
        excerpt="Short & <b>.",
        tags=["Salt", "C & <D>"],
        authors=[ada.id, make_author("葛蕾絲").id],
        cover_id=cover.id,
        series="Tides",
    )
    make_post(title="Meer", slug="meer", body="Text.", language="de", translation_of_id=sea.id)
    make_post(title="Bare", body="x" * 3, authors=[])
    make_comment(sea, name="Eve <b>", body="One, [there](/x).")
    make_comment(sea, name="Ada", body="Two.")
    return client


@pytest.mark.parametrize("form", specifications.FEEDS)
def test_every_feed_holds_the_rules_of_its_form(site, form):
    for address in (*FEEDS, *EMPTY):
        answer = site.get(f"{address}.{form}")

        assert answer.status_code == 200, address
        assert specifications.FEEDS[form](answer.data) == [], address
        entries = re.findall(rb"<entry|<item>|\"content_html\"", answer.data)
        assert bool(entries) == (address in FEEDS), address


WRONG = {
    "atom": [
        ("<id>urn:uuid:", "<id>", "no whole IRI"),
        ("<title>Sea &amp; &lt;salt&gt;</title>", "", "<title> is missing"),
        ("+00:00</updated>", "</updated>", "no date of RFC 3339"),
        ("<summary>", "<summary type='markdown'>", "a type that is none"),
        ("</summary>", "</summary><summary>again</summary>", "<summary> stands there 2 times"),
        ("<generator>", "<maker/><generator>", "<maker> is nothing"),
        ('rel="self" ', "", "feed itself"),
        (f'href="{SITE}/posts/sea"', 'href="/posts/sea"', "leads nowhere"),
        ('length="', 'length="about ', "the length"),
        ('xml:lang="de"', 'xml:lang="Deutsch!"', "no language"),
        ('term="salt"', 'term=""', "no term"),
    ],
    "rss": [
        ('version="2.0"', 'version="0.9"', "no <rss"),
        ("<description>On “water”</description>", "", "<description> is missing"),
        ("<pubDate>", "<pubDate>on ", "no date of RFC 822"),
        (' isPermaLink="false"', "", "no address, and does not say so"),
        (f"<link>{SITE}/posts/sea", "<link>/posts/sea", "no whole address"),
        (' type="image/png"', "", "lacks length or type"),
        ("</item>", "<enclosure/></item>", "an enclosure"),
        ("<generator>", "<creator/><generator>", "<creator> is nothing"),
    ],
    "json": [
        ('"version":"https://jsonfeed.org/version/1.1"', '"version":"1.1"', "version cannot be"),
        ('"items":', '"posts":', "items is missing"),
        ('"language":"de"', '"language":null', "language cannot be None"),
        ('"content_html":', '"html":', "no content"),
        (f'"url":"{SITE}/posts/sea"', '"url":"/posts/sea"', "url cannot be"),
        ('"authors":[{"name":"Ada"', '"authors":[{"called":"Ada"', "authors cannot be"),
        ('"tags":["C', '"tags":[1,"C', "tags cannot be"),
        ('"date_published":"', '"date_published":"on ', "date_published cannot be"),
    ],
}


@pytest.mark.parametrize("form", WRONG)
def test_a_feed_that_breaks_a_rule_is_found(site, form):
    text = site.get(f"/feed.{form}").text

    for right, wrong, words in WRONG[form]:
        assert right in text, right
        found = specifications.FEEDS[form](text.replace(right, wrong).encode())
        assert any(words in one for one in found), (wrong, found)


def test_two_entries_of_one_id_are_found(site):
    for form, one in (("atom", r"<id>urn:[^<]+"), ("rss", r"false\">urn:[^<]+"), ("json", r"\"id\":\"[^\"]+")):
        text = site.get(f"/feed.{form}").text
        first = re.search(one, text)[0]

        assert any(
            "is that of 3" in words for words in specifications.FEEDS[form](re.sub(one, first, text).encode())
        ), form


def told(client, address):
    """The blocks of JSON-LD of a page."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(address).text, re.DOTALL)
    return [json.loads(block) for block in blocks]


def test_all_that_pages_tell_machines_is_in_the_words_of_schema_org(site):
    blocks = {address: told(site, address) for address in PAGES}

    assert {
        address: found
        for address in PAGES
        if (found := list(map(specifications.of_json_ld, blocks[address])))
        if any(found)
    } == {}
    kinds = {block["@type"] for told_there in blocks.values() for block in told_there}
    assert kinds == {"WebSite", "BlogPosting", "BreadcrumbList", "ProfilePage", "CreativeWorkSeries"}


UNTRUE = [
    ({"@context": "http://schema.com"}, "the words are of"),
    ({"@type": "Blogposting"}, "no type of schema.org"),
    ({"headline": ""}, "headline of a BlogPosting cannot be ''"),
    ({"datePublished": "today"}, "datePublished of a BlogPosting cannot be"),
    ({"wordCount": "12"}, "wordCount of a BlogPosting cannot be"),
    ({"title": "Sea"}, "a BlogPosting has no title"),
    ({"url": "/posts/sea"}, "url of a BlogPosting cannot be"),
    ({"author": [{"@type": "Thing", "name": "Ada"}]}, "a Thing where a Person Organization is wanted"),
    ({"author": "Ada"}, "author of a BlogPosting cannot be 'Ada'"),
    ({"author": []}, "author of a BlogPosting is empty"),
    ({"author": [{"name": "Ada"}]}, "neither a type nor an id"),
    ({"image": {"@type": "ImageObject", "width": 1}}, "a ImageObject lacks url"),
    ({"@id": "#post"}, "no whole IRI"),
]


def test_facts_that_are_none_are_found(site):
    (article,) = [block for block in told(site, "/posts/sea") if block["@type"] == "BlogPosting"]
    assert specifications.of_json_ld(article) == []

    for change, words in UNTRUE:
        found = specifications.of_json_ld(article | change)
        assert any(words in one for one in found), (change, found)
    without = {name: value for name, value in article.items() if name != "dateModified"}
    assert specifications.of_json_ld(without) == ["a BlogPosting lacks dateModified"]
