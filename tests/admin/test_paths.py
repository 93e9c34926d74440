"""Every list, page by page, forwards and backwards, in each of its orders: each row once, whatever goes meanwhile."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from itertools import combinations
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import delete, insert, select

from cms import clock
from cms.admin.lookup import VIEWS
from cms.admin.places import written
from cms.db import db
from cms.models import Comment, Media, Page, Post, PostAuthor, PostTag, Tag
from cms.services import searching
from tests.admin.many_rows import BEGINNING, ROWS, fill
from tests.conftest import DATABASES
from tests.factories import make_author, make_tag, make_user
from tests.measuring import work_of
from tests.signing_in import signed_in

SIZE = 20
MORE_THAN_LOOKED_THROUGH = 1_050
MORE_THAN_SEARCHED = 5_050


def shown(page):
    """The ids of the rows on a page."""
    return [int(number) for number in re.findall(r'class="row-title" href="/admin/\w+/\w+/\?id=(\d+)', page)]


def link(page, words):
    """Where Next, Previous or Last leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>{words}</a>', page)
    return html.unescape(found[1]) if found else None


def pages(client, address, words="Next"):
    """The rows of this page and of all that ``words`` leads to."""
    found = []
    while address:
        page = client.get(address).text
        found.append(shown(page))
        address = link(page, words)
        assert len(found) < 50
    return found


def order_of(model, column, descending):
    """All ids of the list in this order, as the database sorts them."""
    ways = [column, model.id] if column is not model.id else [column]
    query = select(model.id).order_by(*(way.desc() if descending else way.asc() for way in ways))
    if "deleted_at" in model.__table__.c:
        query = query.where(model.deleted_at.is_(None))
    return list(db.session.scalars(query))


def orders(app, model):
    """Each order that the list has: what its address says, and the ids."""
    view = app.extensions[VIEWS][model]
    default = view.column_default_sort
    name, descending = (default, False) if isinstance(default, str) else default
    yield "", order_of(model, getattr(model, name), descending)
    names = [name for name, _ in view._list_columns]
    for name, column in view._sortable_columns.items():
        yield f"?sort={names.index(name)}", order_of(model, column, False)
        yield f"?sort={names.index(name)}&desc=1", order_of(model, column, True)


def list_of(app, model):
    return f"/admin/{app.extensions[VIEWS][model].address}/"


@pytest.mark.parametrize("model", list(ROWS), ids=lambda model: model.__tablename__)
def test_a_list_shows_each_row_once_in_each_of_its_orders(app, client, model, database_kind):
    """Forwards and backwards; of two orders after each other SQLite goes back in one and MariaDB in the other."""
    signed_in(client, make_user("admin"))
    fill(model, 45)

    for number, (query, expected) in enumerate(orders(app, model)):
        address = list_of(app, model) + query
        forwards = pages(client, address)
        assert [row for page in forwards for row in page] == expected, query
        assert [len(page) for page in forwards[:-1]] == [SIZE] * (len(forwards) - 1)
        if number % 2 != DATABASES.index(database_kind):
            continue

        last = link(client.get(address).text, "Last")
        backwards = pages(client, last, "Previous")
        before = len(expected)
        for rows in backwards[:-1]:
            assert rows == expected[before - SIZE : before], query
            before -= SIZE
        assert 0 < before <= SIZE
        assert backwards[-1] == expected[:SIZE]  # a first page is a whole one


@pytest.mark.parametrize("sort", ["sort=0", "sort=4", "sort=4&desc=1", "sort=5&desc=1"])
def test_a_page_beside_a_row_that_is_gone_begins_where_it_was(client, sort):
    signed_in(client, make_user("editor"))
    fill(Post, 65)
    address = f"/admin/post/?{sort}"
    expected = [row for page in pages(client, address) for row in page]
    third = address
    for _ in range(2):
        following = link(client.get(third).text, "Next")
        third = following
    second = link(client.get(third).text, "Previous")

    db.session.execute(delete(Post).where(Post.id.in_([expected[39], expected[40]])))

    assert shown(client.get(third).text) == expected[41:61]
    assert shown(client.get(second).text) == expected[19:39]


NO_PLACES = [
    "x",
    "7~x",
    "7~",
    "~",
    "~7",
    "9" * 20,
    "7~2025-01-01T00:00:00+01:00",
    "7~9999-99",
    "-1~0",
    "7~" + "x" * 5000,
]


@pytest.mark.parametrize("model", [Post, Page, Tag], ids=lambda model: model.__tablename__)
def test_a_place_that_is_none_shows_a_page_all_the_same(app, client, model):
    signed_in(client, make_user("admin"))
    fill(model, 3)

    for number, (query, _) in enumerate(orders(app, model)):
        # All of them in the first orders, one by id and one by a name; the others take turns.
        for place in NO_PLACES if number < 3 else [NO_PLACES[number % len(NO_PLACES)]]:
            for where in ("after", "before"):
                asked = dict(parse_qsl(query.removeprefix("?"))) | {where: place}
                answer = client.get(list_of(app, model), query_string=asked)
                assert answer.status_code == 200
                assert shown(answer.text), (query, where, place)


def test_no_two_filters_together_take_more_than_ten_queries(client, posts, count_queries):
    tag, author = posts
    signed_in(client, make_user("admin"))
    asked = {"state": "published", "tag": tag.id, "author": author.id, "from": "2025-03-02", "in": "2025-03"}
    client.get("/admin/post/")

    for pair in combinations([*asked.items(), ("changes", "yes"), ("search", "ada")], 2):
        queries = count_queries(lambda pair=pair: client.get("/admin/post/", query_string=dict(pair)))
        assert len(queries) <= 10, (pair, queries)


@pytest.fixture
def posts(app):
    """65 posts, each second of a tag, each fourth of an author, each fifth with changes that wait."""
    tag, author = make_tag("Flask"), make_author("Ada")
    ids = fill(Post, 65)
    fill(Post, 5, deleted_at=BEGINNING)
    listed = dict(db.session.execute(select(Post.id, Post.listed_at)).all())
    pairs = [{"post_id": number, "listed_at": listed[number]} for number in ids]
    db.session.execute(insert(PostTag), [{**pair, "tag_id": tag.id} for pair in pairs[::2]])
    db.session.execute(insert(PostAuthor), [{**pair, "author_id": author.id} for pair in pairs[::4]])
    for number in ids[::5]:
        db.session.get_one(Post, number).version = 2
    db.session.commit()
    return tag, author


FROM, TO = "from=2025-03-02", "to=2025-03-04"


SORTS = ["", "sort=0", "sort=4&desc=1"]
WANTED = (
    ["tag"],
    ["author"],
    ["published"],
    [FROM],
    [FROM, TO],
    ["tag", "author"],
    ["tag", "published"],
    ["author", FROM, TO],
    ["published", FROM, TO],
    ["changes"],
    ["changes", "tag", TO],
    ["tag", "author", "published", FROM, TO],
)


# Each alone in every order, together in one of them, which both databases take turns with.
@pytest.mark.parametrize("wanted", WANTED, ids=" ".join)
def test_filters_narrow_together_on_every_page_and_in_the_export(client, posts, wanted, database_kind):
    tag, author = posts
    signed_in(client, make_user("editor"))
    turn = WANTED.index(wanted) + DATABASES.index(database_kind)
    for sort in SORTS if len(wanted) == 1 else [SORTS[turn % len(SORTS)]]:
        shows_what_is_wanted(client, tag, author, wanted, sort)


def shows_what_is_wanted(client, tag, author, wanted, sort):
    words = {"tag": f"tag={tag.id}", "author": f"author={author.id}", "published": "state=published"}
    query = "&".join([words.get(one, one) for one in wanted if one != "changes"] + [sort] * bool(sort))
    query += "&changes=waiting" if "changes" in wanted else ""
    expected = select(Post.id).where(Post.deleted_at.is_(None))
    if "tag" in wanted:
        expected = expected.where(Post.id.in_(select(PostTag.post_id)))
    if "author" in wanted:
        expected = expected.where(Post.id.in_(select(PostAuthor.post_id)))
    if "published" in wanted:
        expected = expected.where(Post.published_at.is_not(None))
    if FROM in wanted:
        expected = expected.where(Post.published_at >= datetime(2025, 3, 2, tzinfo=UTC))
    if TO in wanted:
        expected = expected.where(Post.published_at < datetime(2025, 3, 5, tzinfo=UTC))
    if "changes" in wanted:
        expected = expected.where(Post.version == 2)
    by = {"": Post.id, "sort=0": Post.title, "sort=4&desc=1": Post.published_at}[sort]
    ways = [way.desc() if "desc" in sort else way.asc() for way in (by, Post.id)]
    ids = list(db.session.scalars(expected.order_by(*ways)))
    assert ids

    found = [row for page in pages(client, f"/admin/post/?{query}") for row in page]

    assert sorted(found) == sorted(ids)
    if sort:
        assert found == ids
    slugs = [one["slug"] for one in json.loads(client.get(f"/admin/post/export/json/?{query}", buffered=True).text)]
    assert slugs == [db.session.get_one(Post, number).slug for number in found]


@pytest.mark.parametrize("sort", ["", "?sort=0", "?sort=4&desc=1"])
def test_an_author_pages_through_their_own(client, sort):
    author = make_user("author")
    own = fill(Post, 45, created_by_id=author.id)
    fill(Post, 30)
    signed_in(client, author)

    found = [row for page in pages(client, f"/admin/post/{sort}") for row in page]

    assert sorted(found) == own
    assert len(found) == len(own)


# What is looked through is the newest of the right rows
def test_a_search_that_finds_too_many_shows_the_newest(client):
    signed_in(client, make_user("editor"))
    oldest, *_, newest = fill(Tag, MORE_THAN_SEARCHED, name="Word of many")

    page = client.get("/admin/tag/?search=word").text
    last = client.get(link(page, "Last")).text

    assert "Only the newest 1,000 were looked through" in page
    assert newest in shown(last)
    assert oldest not in shown(page)


def test_posts_that_a_search_finds_in_great_number_are_the_newest(client):
    signed_in(client, make_user("editor"))
    ids = fill(Post, MORE_THAN_LOOKED_THROUGH, title="A lighthouse", edited_at=BEGINNING)
    searching.index_many((number, searching.words_of("A lighthouse", [], [], "", "")) for number in ids)

    page = client.get("/admin/post/?search=lighthouse").text

    assert shown(page) == ids[: -SIZE - 1 : -1]
    assert "Only the newest 1,000 were looked through" in page


def test_whoever_sees_their_own_alone_finds_them_however_old_they_are(client):
    author = make_user("author")
    (own,) = fill(Post, 1, title="My lighthouse", created_by_id=author.id, edited_at=BEGINNING - timedelta(days=900))
    ids = fill(Post, MORE_THAN_LOOKED_THROUGH, title="Lighthouses of others")
    words = [searching.words_of("A lighthouse", [], [], "", "by the coast")] * (len(ids) + 1)
    searching.index_many(zip([own, *ids], words, strict=True))
    signed_in(client, author)

    for text in ("coast", "ighthou", "My light"):
        assert shown(client.get("/admin/post/", query_string={"search": text}).text) == [own], text
    assert shown(client.get("/admin/post/?search=nowhere").text) == []


def test_a_contributor_finds_and_picks_their_own_older_picture(client):
    person = make_user("contributor")
    (own,) = fill(Media, 1, filename="lighthouse-mine.jpg", width=10, height=10, uploaded_by_id=person.id)
    fill(Media, MORE_THAN_SEARCHED, filename="lighthouse.jpg", width=10, height=10)
    signed_in(client, person)

    for text in ("lighthouse", "mine"):
        found = client.get("/admin/post/ajax/lookup/", query_string={"name": "cover", "query": text}).json
        assert [number for number, *_ in found] == [own], text
        assert shown(client.get(f"/admin/media/?search={text}").text) == [own], text
    assert [number for number, *_ in client.get("/admin/post/ajax/lookup/?name=cover").json] == [own]


def test_what_is_in_the_trash_does_not_take_the_place_of_what_is_not(client):
    signed_in(client, make_user("editor"))
    early, late = BEGINNING + timedelta(days=1), BEGINNING + timedelta(days=2)
    kept = fill(Post, 1, published_at=early, version=2)
    fill(Post, MORE_THAN_LOOKED_THROUGH, published_at=late, version=2, deleted_at=late)

    assert shown(client.get(f"/admin/post/?{FROM}&changes=waiting").text) == kept
    assert shown(client.get(f"/admin/post/?{FROM}&to=2025-12-31&state=published").text) == kept


def test_the_newest_are_looked_through_whatever_the_list_is_sorted_by(client):
    signed_in(client, make_user("editor"))
    fill(Post, MORE_THAN_LOOKED_THROUGH, title="Z", edited_at=BEGINNING)
    new = fill(Post, 1, title="A", edited_at=BEGINNING + timedelta(days=1), version=2)

    for sort in ("", "&sort=0&desc=1", "&sort=0", "&sort=4&desc=1"):
        page = client.get(f"/admin/post/?changes=waiting{sort}").text
        assert shown(page) == new, sort
        assert "Only the newest 1,000 were looked through" in page


def test_a_page_deep_in_a_range_of_days_costs_no_more_than_its_first(client):
    """As deep within its day as the near one: of equal times SQLite reads all."""
    signed_in(client, make_user("editor"))
    ids = fill(Comment, 3000)
    rows = sorted((db.session.get_one(Comment, number) for number in ids), key=lambda one: (one.created_at, one.id))

    for places in (
        [f"after={written(one.created_at, one.id)}" for one in (rows[-100], rows[500])],
        [f"before={written(one.created_at, one.id)}" for one in (rows[100], rows[-500])],
    ):
        near, far = (
            work_of(lambda place=place: client.get(f"/admin/comment/?from=2025-03-01&to=2025-03-05&{place}"))
            for place in places
        )
        assert far < 1.3 * near, (near, far)


@pytest.mark.parametrize(("further", "place"), [("to=2026-06-01", ""), ("from=2022-01-01", "&last=1")])
def test_of_two_ends_on_one_side_a_page_begins_at_the_nearest(client, further, place):
    """SQLite begins in its index at the first that it is told, and would walk over what lies between the two."""
    signed_in(client, make_user("editor"))
    fill(Comment, 30, created_at=datetime(2024, 5, 1, tzinfo=UTC))
    for year in (2023, 2025):
        fill(Comment, 3000, created_at=datetime(year, 5, 1, tzinfo=UTC))

    alone, both = (
        work_of(lambda asked=asked: client.get(f"/admin/comment/?in=2024{asked}{place}"))
        for asked in ("", f"&{further}")
    )

    assert both < 1.3 * alone, (alone, both)


def test_the_first_page_of_what_is_scheduled_costs_no_more_where_more_is_scheduled(client):
    """Left to itself SQLite reads and sorts all of it, with the bodies beside."""
    signed_in(client, make_user("editor"))
    # Beside the choice "Published" stands how many they are, up to a hundred, which are found at once.
    fill(Post, 200, published_at=clock.now() - timedelta(days=3), edited_at=BEGINNING - timedelta(days=1))
    works = []
    for number in (MORE_THAN_LOOKED_THROUGH, 4000):
        fill(Post, number, published_at=clock.now() + timedelta(days=3))
        works.append(work_of(lambda: client.get("/admin/post/?state=scheduled")))

    assert works[1] < 1.3 * works[0], works


def test_a_range_of_days_is_one_way_in(client):
    """Each end alone leaves more than are looked through, both together a few."""
    signed_in(client, make_user("editor"))
    tag = make_tag("Flask")
    wanted = fill(Post, 3, published_at=BEGINNING + timedelta(days=1))
    others = [
        *fill(Post, MORE_THAN_LOOKED_THROUGH, published_at=BEGINNING + timedelta(days=30)),
        *fill(Post, MORE_THAN_LOOKED_THROUGH, published_at=BEGINNING - timedelta(days=30)),
    ]
    db.session.execute(insert(PostTag), [{"post_id": number, "tag_id": tag.id} for number in [*wanted, *others]])

    page = client.get(f"/admin/post/?{FROM}&{TO}&tag={tag.id}").text

    assert sorted(shown(page)) == wanted
    assert "were looked through" not in page


# What it costs
@pytest.mark.parametrize("model", list(ROWS), ids=lambda model: model.__tablename__)
def test_a_page_of_a_long_list_asks_as_often_as_one_of_a_short_list(app, client, count_queries, model):
    signed_in(client, make_user("admin"))
    fill(model, 2 * SIZE)
    few = _queries(app, client, count_queries, model)
    fill(model, (2000 if model is Post else 400) - 2 * SIZE)

    assert _queries(app, client, count_queries, model) == few


def _queries(app, client, count_queries, model):
    """By each order of the list the number of queries of its first page."""
    address = list_of(app, model)
    client.get(address)
    return {
        query: len(count_queries(lambda query=query: client.get(address + query))) for query, _ in orders(app, model)
    }


@pytest.mark.parametrize("query", ["search=ada", "state=published", "changes=waiting", FROM, f"{FROM}&changes=waiting"])
def test_narrowing_a_long_list_asks_as_often_as_a_short_one(client, count_queries, query):
    signed_in(client, make_user("editor"))
    fill(Post, 10 * SIZE, version=2)
    client.get("/admin/post/")
    few = len(count_queries(lambda: client.get(f"/admin/post/?{query}")))
    fill(Post, 2000 - 10 * SIZE, version=2)

    assert len(count_queries(lambda: client.get(f"/admin/post/?{query}"))) == few
