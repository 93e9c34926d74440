"""What stands below a post: related ones, and the ones before and after it."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from cms.db import db
from cms.models import Post
from cms.public import around
from tests.factories import make_post

START = datetime(2026, 1, 1, tzinfo=UTC)


def written(title, day, tags=(), **changes):
    """A post of a day in January."""
    return make_post(title=title, at=START + timedelta(days=day), tags=list(tags), **changes)


def related(client, post):
    page = client.get(f"/posts/{post.slug}").text
    section = re.search(r'<section class="related".*?</section>', page, re.DOTALL)
    return [unescape(title) for title in re.findall(r'dir="auto">([^<]*)</a>', section[0])] if section else []


def ways(client, post):
    page = client.get(f"/posts/{post.slug}").text
    return {
        rel: unescape(title) for rel, title in re.findall(r'<a href="[^"]+" rel="(prev|next)"[^>]*>(.*?)</a>', page)
    }


def test_the_posts_before_and_after_it_stand_below_a_post(client):
    posts = [written(f"Day {number}", number) for number in range(3)]
    make_post("draft", title="Not yet")
    make_post("trashed", title="Gone", at=START + timedelta(hours=30))

    assert ways(client, posts[0]) == {"next": "Day 1"}
    assert ways(client, posts[1]) == {"prev": "Day 0", "next": "Day 2"}
    assert ways(client, posts[2]) == {"prev": "Day 1"}


def test_posts_of_one_moment_have_an_order_too(client):
    posts = [written(f"Same {number}", 1) for number in range(3)]

    assert ways(client, posts[1]) == {"prev": "Same 0", "next": "Same 2"}


def test_a_rare_tag_counts_for_more_than_common_ones(client):
    post = written("About salt", 30, ["Sea", "Salt"])
    for number in range(6):
        written(f"Sea {number}", number, ["Sea"])
    written("Old and rare", 0, ["Salt"])
    written("Old and both", 0, ["Sea", "Salt"])

    assert related(client, post) == ["Old and both", "Old and rare", "Sea 5"]


def test_of_equally_related_posts_the_newer_come_first_and_there_are_at_most_three(client):
    post = written("About the sea", 30, ["Sea"])
    for number in range(5):
        written(f"Sea {number}", number, ["Sea"])
    written("Elsewhere", 9, ["Land"])

    assert related(client, post) == ["Sea 4", "Sea 3", "Sea 2"]


def test_a_post_without_tags_leads_to_the_newest_beside_its_neighbours(client):
    posts = [written(f"Day {number}", number) for number in range(7)]

    assert related(client, posts[2]) == ["Day 6", "Day 5", "Day 4"]


def test_what_is_shown_beside_a_post_already_is_not_related_to_it_once_more(client):
    first = written("First", 1, ["Sea"], series="Voyage")
    second = written("Second", 2, ["Sea"], series="Voyage")
    written("Zweiter", 3, ["Sea"], language="de", translation_of_id=second.id)
    written("Auf Deutsch", 4, ["Sea"], language="de")
    third = written("Third", 5, ["Sea"])

    assert related(client, second) == ["Third"]
    assert related(client, third) == ["Second", "First"]
    assert first.original_id == first.id


@pytest.mark.parametrize("state", ["draft", "scheduled", "expired", "withdrawn", "trashed"])
def test_nothing_hidden_is_related(client, state):
    post = written("About the sea", 30, ["Sea"])
    make_post(state, title="Hidden", tags=["Sea"])

    assert related(client, post) == []
    assert "Hidden" not in client.get(f"/posts/{post.slug}").text


def test_it_reads_a_bounded_number_of_rows_whatever_the_tag_has(client, monkeypatch):
    monkeypatch.setattr(around, "LOOKED_AT", 3)
    monkeypatch.setattr(around, "MOST_COUNTED", 4)
    post = written("About the sea", 30, ["Sea"])
    for number in range(8):
        written(f"Sea {number}", number, ["Sea"])
    post = db.session.get_one(Post, post.id)

    found = around._ask(post)

    assert len(found.posts["tagged"]) == 3
    assert found.numbers["tag", post.tags[0].id] == 4
