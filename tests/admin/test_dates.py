"""Years and months as links beside the filters, and how many rows each state would leave."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from cms import clock
from cms.admin import paths
from cms.db import db
from cms.models import AuditEntry, Comment, CommentStatus, Media, Post
from tests.admin.many_rows import fill
from tests.factories import make_comment, make_page, make_post, make_tag, make_user
from tests.signing_in import signed_in

LIST = "/admin/post/"


def at(year, month=1, day=1, hour=0):
    return datetime(year, month, day, hour, tzinfo=UTC)


def hierarchy(client, address=LIST):
    """The years and months offered, with their addresses, and which of them are current."""
    page = client.get(address).text
    found = []
    for nav in re.findall(r'<nav class="dates".*?</nav>', page, re.DOTALL):
        links = re.findall(r'<a href="([^"]+)"( aria-current="true")?>(\w+)</a>', nav)
        found.append(({name: html.unescape(href) for href, _, name in links}, [name for _, now, name in links if now]))
    return found


def titles(client, address):
    return set(re.findall(r'class="row-title"[^>]*>([^<]+)<', client.get(address).text))


@pytest.fixture
def posts(client, travel):
    travel(to=at(2026, 6, 15))
    for title, time in (
        ("Oldest", at(2022, 11, 30)),
        ("New year", at(2024, 1, 1)),
        ("Last of January", at(2024, 1, 31, 23)),
        ("February", at(2024, 2, 1)),
        ("December", at(2024, 12, 31, 23)),
        ("Newest", at(2026, 5, 5)),
    ):
        make_post(title=title, at=time, tags=["Sea"] if "a" in title else [])
    make_post("draft", title="A draft")
    make_post("trashed", title="Thrown away", at=at(2001, 1, 1))
    signed_in(client, make_user("editor"))


def test_the_years_lie_between_the_first_post_and_the_last(client, posts):
    ((years, current),) = hierarchy(client)

    assert list(years) == ["2026", "2025", "2024", "2023", "2022"]
    assert current == []
    assert titles(client, years["2024"]) == {"New year", "Last of January", "February", "December"}
    assert titles(client, years["2023"]) == set()


def test_a_year_has_the_months_in_which_something_was_published(client, posts):
    (years, current), (months, _) = hierarchy(client, f"{LIST}?in=2024")

    assert current == ["2024"]
    assert list(months) == ["Jan", "Feb", "Dec"]
    assert titles(client, months["Jan"]) == {"New year", "Last of January"}
    assert titles(client, months["Dec"]) == {"December"}
    (years, year), (months, month) = hierarchy(client, months["Feb"])
    assert (year, month) == (["2024"], ["Feb"])
    assert list(years) == ["2026", "2025", "2024", "2023", "2022"]


def test_a_period_is_a_chip_that_can_be_taken_away_and_keeps_the_rest(client, posts):
    tag = db.session.scalar(select(Post).where(Post.title == "February")).tags[0].id
    address = f"{LIST}?tag={tag}&in=2024-02&sort=0&search="

    page = client.get(address).text

    assert titles(client, address) == {"February"}
    chip = re.search(r'<a class="chip" href="([^"]+)">Published: February 2024', page)
    assert html.unescape(chip[1]) == f"{LIST}?tag={tag}&sort=0&search="
    assert '<input type="hidden" name="in" value="2024-02">' in page
    (years, _), (months, _) = hierarchy(client, address)
    assert years["2022"] == f"{LIST}?tag={tag}&in=2022&sort=0&search="
    assert months["Jan"] == f"{LIST}?tag={tag}&in=2024-01&sort=0&search="


def test_a_period_narrows_together_with_days_and_states(client, posts):
    assert titles(client, f"{LIST}?in=2024&from=2024-01-15&to=2024-02-01") == {"Last of January", "February"}
    assert titles(client, f"{LIST}?in=2024&state=draft") == set()
    assert titles(client, f"{LIST}?in=2022&state=published") == {"Oldest"}
    assert titles(client, f"{LIST}?in=2001&state=trashed") == {"Thrown away"}
    assert hierarchy(client, f"{LIST}?state=trashed") == []


def test_periods_begin_and_end_where_the_person_is(client, posts):
    signed_in(client, make_user("editor", time_zone="Asia/Tokyo"))

    assert titles(client, f"{LIST}?in=2025-01") == {"December"}
    assert titles(client, f"{LIST}?in=2024-02") == {"Last of January", "February"}
    assert list(hierarchy(client, f"{LIST}?in=2025")[1][0]) == ["Jan"]


@pytest.mark.parametrize(
    "value", ["24", "2024-13", "2024-00", "1899", "2201", "2024-1", "2024-01-01", "٢٠٢٤", "x", "2024-"]
)
def test_what_is_no_year_or_month_is_said_and_left_out(client, posts, value):
    answer = client.get(LIST, query_string={"in": value})

    assert answer.status_code == 200
    assert "nothing to filter published by" in answer.text
    assert "Newest" in answer.text
    (years, current), *_ = hierarchy(client, f"{LIST}?in={value}")
    assert years["2024"] == f"{LIST}?in=2024"
    assert current == []


def test_one_wrong_date_does_not_make_a_hundred_links(client, travel):
    travel(to=at(2026, 6, 15))
    make_post(title="Typed wrong", at=at(1901, 1, 1))
    make_post("scheduled", title="Typed wrong, too", at=at(2199, 1, 1))
    make_post(title="Right", at=at(2026, 1, 1))
    signed_in(client, make_user("editor"))

    ((years, _),) = hierarchy(client)

    assert list(years) == [str(year) for year in range(2027, 1997, -1)]
    assert titles(client, f"{LIST}?in=1901") == {"Typed wrong"}
    assert titles(client, f"{LIST}?in=2199-01") == {"Typed wrong, too"}


def test_nothing_is_offered_where_nothing_has_a_date(client):
    make_post("draft")
    signed_in(client, make_user("editor"))

    assert hierarchy(client) == []


def test_an_author_is_told_nothing_of_the_years_of_others(client, travel):
    travel(to=at(2026, 6, 15))
    author = make_user("author")
    make_post(title="Mine", by=author, at=at(2024, 3, 1))
    make_post(title="Mine, too", by=author, at=at(2025, 5, 1))
    make_post(title="Of another", by=make_user("author"), at=at(2010, 1, 1))
    signed_in(client, author)

    (years, _), (months, _) = hierarchy(client, f"{LIST}?in=2025")

    assert list(years) == ["2025", "2024"]
    assert list(months) == ["Jan", "Feb", "Mar", "Apr", "May"]
    assert titles(client, years["2024"]) == {"Mine"}
    assert "(1)" not in client.get(LIST).text  # counts would be those of everybody


@pytest.mark.parametrize(
    ("model", "address", "name", "column"),
    [
        (Comment, "/admin/comment/", "in", Comment.created_at),
        (Media, "/admin/media/", "in", Media.created_at),
        (AuditEntry, "/admin/audit/", "at_in", AuditEntry.at),
    ],
    ids=lambda value: getattr(value, "__tablename__", ""),
)
def test_other_lists_with_a_date_have_years_and_months(client, travel, model, address, name, column):
    travel(to=at(2026, 6, 15))
    fill(model, 3, **{column.key: at(2023, 7, 14)})
    fill(model, 2, **{column.key: at(2024, 8, 1)})
    signed_in(client, make_user("admin"))

    (years, _), (months, _) = hierarchy(client, f"{address}?{name}=2023")

    assert {"2024", "2023"} <= set(years)
    assert list(months) == ["Jul"]
    assert client.get(months["Jul"]).text.count('class="row-title"') == 3


def test_pages_of_a_period_are_walked_by_its_index(client, count_queries):
    ids = fill(Post, 45, published_at=at(2024, 2, 2))
    fill(Post, 45, published_at=at(2024, 3, 3))
    signed_in(client, make_user("editor"))

    found, address = [], f"{LIST}?in=2024-02"
    while address:
        page = client.get(address).text
        found += [int(number) for number in re.findall(r'class="row-title" href="/admin/post/edit/\?id=(\d+)', page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following and html.unescape(following[1])

    assert found == ids[::-1]
    statements = count_queries(lambda: client.get(f"{LIST}?in=2024-02"))
    assert len(statements) <= 8, statements


def test_years_never_read_the_table(client, count_queries, database_kind):
    """Each value that stands beside the list is asked for by an index that has it, in its order."""
    fill(Post, 300)
    signed_in(client, make_user("editor"))
    client.get(LIST)
    statements = count_queries(lambda: client.get(f"{LIST}?in=2025&page_size=20"))
    (beside,) = [statement for statement in statements if "list_choice" in statement]

    assert "GROUP BY" not in beside.upper()
    if database_kind == "mariadb":
        assert beside.count("FORCE INDEX (ix_post_deleted_at_published_at)") >= 14
    else:
        plan = db.session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + beside, (1,) * beside.count("?")).all()
        ways = [line[3] for line in plan if " post" in line[3]]
        assert len(ways) >= 14
        assert all("deleted_at_published_at" in way for way in ways), ways


# Counts
def options(client, name, address):
    page = client.get(address).text
    select_box = re.search(rf'<select id="filter-{name}".*?</select>', page, re.DOTALL)[0]
    return re.findall(r"<option[^>]*>([^<]+)</option>", select_box)


def test_each_state_of_posts_says_how_many_it_has(client):
    for state, count in (("draft", 3), ("published", 2), ("trashed", 1), ("scheduled", 1)):
        for _ in range(count):
            make_post(state)
    signed_in(client, make_user("editor"))
    expected = [
        "Any",
        "Draft (3)",
        "Scheduled (1)",
        "Published (2)",
        "Expired (0)",
        "Withdrawn (0)",
        "In the trash (1)",
    ]

    assert options(client, "state", LIST) == expected
    assert options(client, "state", f"{LIST}?state=draft") == expected
    assert options(client, "state", f"{LIST}?state=trashed") == expected


def test_each_state_of_comments_says_how_many_it_has(client):
    post = make_post()
    for status, count in ((CommentStatus.HELD, 2), (CommentStatus.APPROVED, 1)):
        for _ in range(count):
            make_comment(post, status)
    make_comment(post, CommentStatus.SPAM, deleted_at=clock.now())
    signed_in(client, make_user("editor"))

    found = options(client, "status", "/admin/comment/")

    assert found == ["Any", "Held (2)", "Approved (1)", "Spam (0)", "In the trash (1)"]


def test_each_state_of_pages_says_how_many_it_has(client, count_queries):
    for state in ("draft", "published", "published", "trashed"):
        make_page(state)
    signed_in(client, make_user("editor"))

    found = options(client, "state", "/admin/page/")

    assert [one for one in found if "(0)" not in one] == ["Any", "Draft (1)", "Published (2)", "In the trash (1)"]


def test_no_count_is_said_where_it_would_read_a_large_table(client, monkeypatch):
    for _ in range(3):
        make_page("draft")
    signed_in(client, make_user("editor"))
    monkeypatch.setattr(paths, "MOST_LOOKED_THROUGH", 3)
    assert "Draft (3)" in options(client, "state", "/admin/page/")

    monkeypatch.setattr(paths, "MOST_LOOKED_THROUGH", 2)

    assert {"Draft", "Published", "In the trash"} <= set(options(client, "state", "/admin/page/"))


def test_no_count_is_said_where_something_else_narrows_the_list(client):
    make_post(title="Hello", tags=["Sea"])
    tag = make_tag("Other")
    signed_in(client, make_user("editor"))

    for query in ("search=hello", f"tag={tag.id}", "in=2026", "state=published&from=2020-01-01"):
        assert "Published" in options(client, "state", f"{LIST}?{query}"), query


def test_a_count_goes_no_further_than_is_told(client, count_queries):
    fill(Post, 1050, published_at=clock.now() - timedelta(days=1))
    signed_in(client, make_user("editor"))

    assert "Published (100+)" in options(client, "state", LIST)
    assert len(count_queries(lambda: client.get(LIST))) <= 8
