from datetime import UTC, datetime, timedelta

import pytest

from cms import clock
from cms.public import keyset
from cms.services import settings
from tests.factories import make_author, make_post, make_tag

NAUGHTY_NUMBERS = ["0", "-1", "99999999999999999999999", "1e9", "abc", "1-1-1", "9" * 17 + "-" + "9" * 18, "٣-٣", "%00"]


def make_posts(count, **changes):
    first = clock.now() - timedelta(days=1)
    return [
        make_post(title=f"Number {number:02}", at=first + timedelta(minutes=number), **changes)
        for number in range(count)
    ]


def titles(response):
    return [f"Number {number:02}" for number in range(40) if f">Number {number:02}<" in response.text]


def walk(client, address):
    """The titles of each page, following the link to older posts."""
    pages = []
    while address:
        response = client.get(address)
        pages.append(titles(response))
        _, found, rest = response.text.partition('<a rel="next" href="')
        address = rest.partition('"')[0].replace("&amp;", "&") if found else None
        assert len(pages) < 20
    return pages


@pytest.mark.parametrize("address", ["/", "/tags/sea", "/authors/ada", "/search?q=words", "/archive/2026/"])
def test_older_posts_follow_without_gap_or_repeat(client, travel, address):
    travel(to=datetime(2026, 6, 15, tzinfo=UTC))
    make_posts(25, tags=["Sea"], authors=[make_author("Ada").id], body="Some words.")
    settings.change({"posts_per_page": 10}, by=None)

    pages = walk(client, address)

    assert sorted(title for page in pages for title in page) == [f"Number {number:02}" for number in range(25)]
    assert len(pages) == 3


def test_posts_of_the_same_moment_are_told_apart(client):
    moment = clock.now() - timedelta(hours=1)
    for number in range(5):
        make_post(title=f"Number {number:02}", at=moment)
    settings.change({"posts_per_page": 2}, by=None)

    found = [title for page in walk(client, "/") for title in page]

    assert sorted(found) == [f"Number {number:02}" for number in range(5)]


def test_a_featured_post_stands_first_and_once(client):
    posts = make_posts(6)
    posts[2].is_featured = True
    settings.change({"posts_per_page": 3}, by=None)

    pages = walk(client, "/")

    text = client.get("/").text
    assert text.index("Number 02") < text.index("Number 05")
    assert pages[0].count("Number 02") == 1


@pytest.mark.parametrize("place", NAUGHTY_NUMBERS)
def test_a_place_that_means_nothing_leads_to_a_page(client, place):
    make_posts(2, tags=["Sea"])

    for address in ("/", "/tags/sea", "/search?q=number", "/tags/"):
        response = client.get(f"{address}{'&' if '?' in address else '?'}before={place}&after={place}")
        assert response.status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "13", "99999999999999999999999", "1e9", "abc", "10000", "9999", "1"])
def test_years_and_months_that_are_none_are_not_found(client, number):
    make_posts(1)

    for address in (f"/archive/{number}/", f"/archive/2026/{number}/", f"/sitemap-posts-{number}.xml"):
        expected = (200, 404) if address == "/sitemap-posts-1.xml" else (404,)
        assert client.get(address).status_code in expected, address


def test_months_are_cut_in_the_sites_time_zone(client):
    settings.change({"time_zone": "Pacific/Auckland"}, by=None)
    make_post(title="New year", at=datetime(2025, 12, 31, 20, 0, tzinfo=UTC))

    assert "New year" in client.get("/archive/2026/01/").text
    assert "1 January 2026" in client.get("/archive/2026/").text
    assert client.get("/archive/2025/").status_code == 404
    assert "January" in client.get("/archive/").text


def test_the_archive_names_only_months_with_posts(client):
    make_post(at=datetime(2024, 3, 5, tzinfo=UTC))
    make_post(at=datetime(2026, 1, 5, tzinfo=UTC))

    text = client.get("/archive/").text

    assert "/archive/2024/03/" in text
    assert "/archive/2026/01/" in text
    assert "/archive/2025/" not in text
    assert text.count('<li><a href="/archive/2') == 2


def test_an_empty_site_says_so(client):
    for address, words in {
        "/": "Nothing is published yet",
        "/tags/": "No post has a tag yet",
        "/archive/": "Nothing is published yet",
        "/search?q=nothing": "No post has all of",
    }.items():
        assert words in client.get(address).text


def test_an_empty_tag_says_so_and_is_kept_from_search_engines(client):
    make_tag("Lonely")

    response = client.get("/tags/lonely")

    assert "No post has this tag" in response.text
    assert "noindex" in response.text


def test_a_place_is_read_back_as_it_was_written():
    time = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    assert keyset.read_place(keyset.place(time, 42)) == (time, 42)
    assert keyset.read_place(keyset.place(datetime(1955, 1, 1, tzinfo=UTC), 1)) == (datetime(1955, 1, 1, tzinfo=UTC), 1)
