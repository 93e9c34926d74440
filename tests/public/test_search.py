"""The search page as readers see it."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import insert, text

from cms import clock
from cms.db import db
from cms.models import Post, Status
from cms.services import answering, searching, settings
from tests.factories import make_author, make_post

MOST_QUERIES = 5


def titles(page: str) -> list[str]:
    return [re.sub("<[^>]+>", "", title) for title in re.findall(r"<h2><a [^>]*>(.*?)</a></h2>", page)]


def link(page: str, rel: str) -> str | None:
    found = re.search(rf'<a rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def said(page: str) -> str:
    """What the page says of what was found."""
    return " ".join(re.sub("<[^>]+>", "", " ".join(re.findall(r'role="status">(.*?)</p>', page, re.DOTALL))).split())


def fill(count: int, title: str = "Salt {}", body: str = "Text.") -> None:
    """Public posts in great number, the first the newest."""
    newest = clock.now()
    times = [newest - timedelta(minutes=number + 1) for number in range(count)]
    fixed = {"body": body, "status": Status.PUBLISHED, "version": 1, "live_version": 1}
    rows = [
        {"id": 10_000 + n, "title": title.format(n), "slug": f"p-{n}", "published_at": at, "listed_at": at, **fixed}
        for n, at in enumerate(times)
    ]
    db.session.execute(insert(Post), rows)
    words = ((row["id"], searching.words_of(row["title"], [], [], "", body)) for row in rows)
    searching.index_many(words)


def test_what_was_found_is_marked_in_title_text_and_tag(client):
    make_post(title="Crème & <b>salt</b>", body="Much *text*. The crème is <i>sweet</i>. More.", tags=["Crèmes"])

    page = client.get("/search?q=creme").text

    assert "<mark>Crème</mark> &amp; &lt;b&gt;salt&lt;/b&gt;" in page
    assert "The <mark>crème</mark> is" in page
    assert "<mark>Crèmes</mark>" in page
    assert "1 post has “creme”." in said(page)


def test_what_was_typed_stays_text(client):
    make_post(title="Salt")

    for typed in ["<script>alert(1)</script>", '"><img src=x>', "salt&before=1", "{{ 7*7 }}", "'--"]:
        page = client.get("/search", query_string={"q": typed}).text
        assert "<script" not in page
        assert "<img" not in page


def test_nothing_typed_shows_the_field_alone(client):
    for address in ("/search", "/search?q=", "/search?q=%20%20", "/search?q=%00"):
        page = client.get(address).text

        assert 'id="q"' in page
        assert "No post" not in page
        assert "no word" not in page


def test_what_has_no_word_is_answered_kindly(client):
    make_post(title="Salt")

    for typed in ("🎉", '"', "***", "?!", "tag:!"):
        page = client.get("/search", query_string={"q": typed})
        assert page.status_code == 200
        assert "There is no word in" in page.text


def test_what_is_too_long_is_cut_and_said(client):
    make_post(title="Salt")

    page = client.get("/search", query_string={"q": "salt " + "x" * 3000})

    assert page.status_code == 200
    assert "only the first 200 letters" in page.text


def test_filters_are_kept_in_the_address_of_each_page(client):
    author = make_author("Ada King")
    for number in range(3):
        make_post(title=f"Salt {number}", tags=["Deep Sea"], authors=[author.id])
    make_post(title="Salt of others")
    settings.change({"posts_per_page": 2}, by=None)

    first = client.get("/search", query_string={"q": 'salt tag:"Deep Sea" author:ada'}).text
    second = client.get(link(first, "next")).text

    assert sorted(titles(first) + titles(second)) == ["Salt 0", "Salt 1", "Salt 2"]
    assert "3 posts have" in said(second)


def test_pages_lead_on_and_back_without_gap_or_repeat(client):
    fill(25, "Salt {}")
    fill_page = 10
    settings.change({"posts_per_page": fill_page}, by=None)

    pages = [client.get("/search?q=salt").text]
    while onward := link(pages[-1], "next"):
        pages.append(client.get(onward).text)
    back = [pages[-1]]
    while before := link(back[-1], "prev"):
        back.append(client.get(before).text)

    shown = [titles(page) for page in pages]
    assert [title for page in shown for title in page] == [f"Salt {number}" for number in range(25)]
    assert [titles(page) for page in back] == shown[::-1]
    assert 'start="11"' in pages[1]


def test_a_post_that_comes_meanwhile_moves_no_page(client):
    fill(5)
    settings.change({"posts_per_page": 2}, by=None)
    first = client.get("/search?q=salt").text

    make_post(title="Salt too")

    assert titles(client.get(link(first, "next")).text) == ["Salt 2", "Salt 3"]


def test_more_than_a_thousand_are_the_newest_thousand_and_the_page_says_so(client, monkeypatch):
    monkeypatch.setattr(answering, "MOST", 4)
    fill(6)
    settings.change({"posts_per_page": 3}, by=None)

    first = client.get("/search?q=salt").text
    second = client.get(link(first, "next")).text
    older = client.get(link(second, "next")).text

    assert "More than 4 posts have “salt”. These are the newest 4" in said(first)
    assert [titles(page) for page in (first, second, older)] == [
        ["Salt 0", "Salt 1", "Salt 2"],
        ["Salt 3"],
        ["Salt 4", "Salt 5"],
    ]
    assert "Look in older posts" in second
    assert "2 older posts have" in said(older)
    assert link(older, "next") is None
    assert "Newest posts" in older


def test_words_of_very_many_are_looked_for_in_the_newest_posts_and_the_page_says_so(client, monkeypatch):
    monkeypatch.setattr(answering, "WALK", 3)
    fill(5, "Salt {}")
    make_post(title="Wind", at=clock.now() - timedelta(days=1))

    some, none = client.get("/search?q=salt").text, client.get("/search?q=wind").text

    assert "only the newest 3 posts of all were looked through" in said(some)
    assert "None of the newest 3 posts has all of “wind”" in said(none)
    assert titles(client.get(link(none, "next")).text) == ["Wind"]


@pytest.mark.parametrize(
    "place", ["", "x", "-1", "1-2", "1-2-3", "99999999-1-1", "5-99999999999999999-1", "1-0-0", "%00"]
)
def test_a_place_that_means_nothing_leads_to_a_page(client, place):
    make_post(title="Salt")

    for name in ("after", "before"):
        assert client.get(f"/search?q=salt&{name}={place}").status_code == 200


def test_a_mistyped_word_is_asked_about(client):
    make_post(title="Lighthouse", tags=["Sea"])

    page = client.get("/search", query_string={"q": "lihgthouse tag:sea"}).text

    assert "Did you mean lighthouse tag:sea?" in said(page)
    assert f"/search?q={quote('lighthouse tag:sea').replace('%20', '+')}" in page.replace("tag:sea", "tag%3Asea")


QUESTIONS = (
    *("salt", "salt&after=1-1-1", "salt text ", '"salt 1"', "tag:sea", "nowhere", "slat", "slat wind", "rare", "rarre"),
    *("the", "🎉", "", "pear", "salt&before=99999999999999-1"),
)


@pytest.mark.parametrize("sample", [1, 500])
def test_no_search_costs_more_than_five_queries(client, count_queries, monkeypatch, sample):
    monkeypatch.setattr(answering, "SAMPLE", sample)
    fill(40)
    make_post(title="Rare", tags=["Sea"])
    make_post(title="Pear tree")
    client.get("/search?q=salt")

    for question in QUESTIONS:
        statements = count_queries(lambda question=question: client.get(f"/search?q={question}"))
        assert len(statements) <= MOST_QUERIES, (question, statements)


def test_the_newest_posts_are_read_along_their_index(client):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the plan of SQLite, which knows no better than to read all words first")
    fill(40)

    plan = db.session.execute(
        text(
            "EXPLAIN QUERY PLAN SELECT id FROM post WHERE listed_at <= '2999-01-01' AND (unpublish_at IS NULL OR"
            " unpublish_at > '2026-01-01') ORDER BY listed_at DESC, id DESC LIMIT 500"
        )
    )

    assert any(f"COVERING INDEX {answering.INDEX}" in row[3] for row in plan)
