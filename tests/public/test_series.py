"""What readers find of a series: its page, its feed, its place in the sitemap, and the way from part to part."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest

from cms import clock
from cms.db import db
from cms.models import Series
from cms.public import series as series_views
from cms.services import publishing, series, settings
from tests.factories import make_post, make_series

SITE = "http://127.0.0.1:8000"


def titles(text):
    return [unescape(title) for title in re.findall(r'<h2><a href="[^"]+">(.*?)</a></h2>', text)]


def ways(text):
    """The links of a post by what they are to it."""
    return {
        rel: unescape(title) for rel, title in re.findall(r'<a href="[^"]+" rel="(prev|next)"[^>]*>(.*?)</a>', text)
    }


@pytest.fixture
def voyage(app):
    """Five parts, two of which no reader sees."""
    states = {"One": "published", "Two": "draft", "Three": "published", "Four": "trashed", "Five": "published"}
    return {title: make_post(state, title=title, series="Voyage") for title, state in states.items()}


def test_a_part_says_which_it_is_and_leads_to_its_neighbours(client, voyage):
    middle, first, last = (client.get(f"/posts/{slug}").text for slug in ("three", "one", "five"))

    assert 'Part 2 of 3 of <a href="/series/voyage" dir="auto">Voyage</a>' in middle
    assert ways(middle) == {"prev": "One", "next": "Five"}
    assert "Part 1 of 3" in first
    assert ways(first) == {"next": "Three"}
    assert ways(last) == {"prev": "Three"}


def test_all_series_are_listed_that_readers_find_a_post_in(client, voyage):
    make_post("draft", title="Plan", series="Planned")
    make_post(series="Ashore", title="Home")
    voyage["One"].part.series.description = "Round the cape."

    page = client.get("/series/").text

    assert titles(page) == ["Ashore", "Voyage"]
    assert "Round the cape." in page
    assert re.findall(r"<bdi>(\d+ parts?)</bdi>", page) == ["1 part", "3 parts"]
    assert f"<loc>{SITE}/series/</loc>" in client.get("/sitemap-lists.xml").text


def test_series_are_in_the_menu_from_the_moment_that_readers_find_one(client, travel):
    make_post("scheduled", series="Voyage")
    link = '<a href="/series/">'
    assert link not in client.get("/").text
    assert "There is no series yet." in client.get("/series/").text
    assert "/series/" not in client.get("/sitemap-lists.xml").text

    travel(days=400)

    assert link in client.get("/").text
    assert link in client.get("/series/voyage").text


def test_many_series_come_in_parts(client, monkeypatch):
    monkeypatch.setattr(series_views, "MOST_SERIES", 2)
    for name in ("A", "B", "C"):
        make_post(series=name)

    first = client.get("/series/").text
    onward = re.search(r'rel="next" href="([^"]+)"', first)

    assert (titles(first), titles(client.get(onward[1]).text)) == (["A", "B"], ["C"])


def test_a_part_counts_from_the_moment_that_it_is_published(client, voyage):
    publishing.publish(voyage["Two"], by=None)

    assert "Part 3 of 4" in client.get("/posts/three").text
    assert ways(client.get("/posts/three").text) == {"prev": "Two", "next": "Five"}


def test_the_page_of_a_series_lists_its_parts_in_their_order(client, voyage):
    found = db.session.scalars(Series.at("voyage")).one()
    found.description = "There & back."
    series.put_in_order(found, [voyage[title].id for title in ("Five", "One", "Three")], by=None)

    page = client.get("/series/voyage").text

    assert titles(page) == ["Five", "One", "Three"]
    assert "There &amp; back." in page
    assert f'<link rel="canonical" href="{SITE}/series/voyage">' in page
    assert "Part 1 of 3" in client.get("/posts/five").text


def test_a_long_series_comes_in_pages(client):
    settings.change({"posts_per_page": 2}, by=None)
    for number in range(5):
        make_post(title=f"Part {number}", series="Voyage")

    seen, address = [], "/series/voyage"
    while address:
        page = client.get(address).text
        seen.append(titles(page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else None

    assert seen == [["Part 0", "Part 1"], ["Part 2", "Part 3"], ["Part 4"]]
    for place in ("x", "1", "99999999999999999-1", "-5-7"):
        assert client.get(f"/series/voyage?after={place}").status_code == 200


def test_a_series_has_a_feed_in_each_form_with_the_newest_part_first(client, voyage):
    publishing.publish(voyage["Two"], by=None, at=clock.now() - timedelta(days=9))

    for form in ("atom", "rss", "json"):
        text = client.get(f"/series/voyage/feed.{form}").text
        assert text.index("Five") < text.index("Two"), form
        assert "Four" not in text
    assert "/series/voyage/feed.atom" in client.get("/series/voyage").text


def test_a_series_is_in_the_sitemap_once_readers_find_something_in_it(client, voyage):
    make_post("draft", series="Hidden")
    last = make_series("Empty")

    parts = [f"/sitemap-series-{number}.xml" for number in range(1, last.id // 10_000 + 2)]
    found = [url for part in parts for url in re.findall("<loc>(.*?)</loc>", client.get(part).text)]

    assert f"{SITE}/sitemap-series-1.xml" in client.get("/sitemap.xml").text
    assert found == [f"{SITE}/series/voyage"]


def test_machines_are_told_that_a_post_is_part_of_a_series(client, voyage):
    blocks = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', client.get("/posts/three").text, re.DOTALL
    )
    article = next(thing for thing in map(json.loads, blocks) if thing["@type"] == "BlogPosting")
    page = client.get("/series/voyage").text
    whole = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[0])

    assert article["position"] == 2
    assert [part.get("@type") for part in article["isPartOf"]] == [None, "CreativeWorkSeries"]
    assert article["isPartOf"][1]["url"] == f"{SITE}/series/voyage"
    assert whole["@type"] == "CreativeWorkSeries"
    assert whole["@id"] == article["isPartOf"][1]["@id"]
    assert [part["name"] for part in whole["hasPart"]] == ["One", "Three", "Five"]


def test_a_renamed_series_is_found_at_its_old_address(client, voyage):
    series.rename(db.session.scalars(Series.at("voyage")).one(), "The long voyage", by=None)

    answer = client.get("/series/voyage")

    assert (answer.status_code, answer.location) == (301, "/series/the-long-voyage")
    assert client.get("/series/the-long-voyage").status_code == 200


def test_a_series_that_only_drafts_have_is_not_there_and_an_empty_one_says_so(client):
    make_post("draft", series="Secret")
    make_series("Empty")

    assert client.get("/series/secret").status_code == 404
    assert client.get("/series/secret/feed.atom").status_code == 404
    page = client.get("/series/empty")
    assert page.status_code == 200
    assert "noindex" in page.text
    assert client.get("/series/Empty").location == "/series/empty"
    assert client.get("/series/never").status_code == 404
