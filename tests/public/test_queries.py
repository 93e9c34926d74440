"""How many queries a page costs, at 20 posts and at 2,000 alike."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from cms import clock
from cms.db import db
from cms.models import Post, PostAuthor, PostTag, Status
from tests.factories import make_author, make_comment, make_post, make_tag

MOST = 5


def fill(count: int) -> None:
    """``count`` public posts with two tags and two authors each."""
    tags = [make_tag("Sea"), *(make_tag() for _ in range(9))]
    authors = [make_author("Ada"), *(make_author() for _ in range(9))]
    newest, rows = clock.now(), []
    for number in range(1, count + 1):
        time = newest - timedelta(minutes=number)
        rows.append(
            {
                "id": number + 10_000,
                "title": f"Bulk {number}",
                "slug": f"bulk-{number}",
                "body": "Text.",
                "status": Status.PUBLISHED,
                "published_at": time,
                "listed_at": time,
                "version": 1,
                "live_version": 1,
                "is_featured": number == 3,
            }
        )
    db.session.execute(insert(Post), rows)
    for pair, key, things in ((PostTag, "tag_id", tags), (PostAuthor, "author_id", authors)):
        links = [
            {"post_id": row["id"], key: thing.id, "listed_at": row["listed_at"]}
            for number, row in enumerate(rows)
            for thing in (things[0], things[1 + number % 9])
        ]
        db.session.execute(insert(pair), links)


@pytest.mark.parametrize("count", [20, 2000])
def test_pages_cost_at_most_five_queries(client, count_queries, count):
    fill(count)
    language = {"language": "de", "translation_of_id": make_post(title="Original", language="en").id}
    make_post(series="Voyage")
    about = {"tags": ["Sea", "Salt"], "authors": [make_author().id], "series": "Voyage"}
    post = make_post(title="Read me", **about, **language)
    make_post(series="Voyage")
    for _ in range(5):
        make_comment(post)
    for address in ("/", "/tags/sea", "/authors/ada", "/series/voyage", "/posts/read-me", "/posts/original"):
        client.get(address)

        statements = count_queries(lambda address=address: client.get(address))

        assert len(statements) <= MOST, (address, statements)


@pytest.mark.parametrize(
    "address", ["/search?q=text", "/feed.atom", "/feed.json", "/comments/feed.rss", "/archive/", "/tags/", "/series/"]
)
def test_other_lists_cost_few_queries_too(client, count_queries, address):
    fill(200)
    client.get(address)

    statements = count_queries(lambda: client.get(address))

    assert len(statements) <= MOST, statements


def test_lists_load_no_bodies(client, count_queries):
    fill(20)

    statements = count_queries(lambda: client.get("/tags/sea"))

    assert not [statement for statement in statements if "post.body" in statement]
