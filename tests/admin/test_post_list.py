"""The list of posts: what it shows, finds, narrows and costs."""

from datetime import timedelta

import pytest

from cms import clock
from cms.db import db
from cms.models import Post, PostAuthor, Status
from cms.services import revising
from tests.factories import make_author, make_post, make_tag, make_user
from tests.signing_in import signed_in

LIST = "/admin/post/"


def test_the_list_shows_title_state_authors_tags_and_waiting_changes(client):
    author = make_author("Ada")
    post = make_post(title="Hello", tags=["Flask"], authors=[author.id])
    revising.save(post, {"body": "Newer."}, by=None)
    signed_in(client, make_user("editor"))

    page = client.get(LIST).text

    assert f'href="/admin/post/edit/?id={post.id}&amp;url=' in page
    for words in ("Hello", "Published", "Ada", "Flask", "Changes waiting"):
        assert words in page


def test_a_trashed_post_is_in_the_trash_alone(client):
    make_post("trashed", title="Thrown away")
    signed_in(client, make_user("editor"))

    assert "Thrown away" not in client.get(LIST).text
    assert "Thrown away" in client.get(LIST + "?state=trashed").text


def test_a_list_of_nothing_has_one_button_and_nothing_to_search(client):
    def asks():
        page = client.get(LIST).text.partition("<main")[2]
        assert page.count("New post</a>") == 1
        assert "No post yet." in page
        return 'class="filters"' in page

    signed_in(client, make_user("editor"))
    assert not asks()
    make_post("trashed")
    assert asks()  # the trash is found by a filter


@pytest.mark.parametrize("state", ["draft", "scheduled", "published", "expired", "withdrawn"])
def test_the_filter_by_state_leaves_that_state_alone(client, state):
    for other in ("draft", "scheduled", "published", "expired", "withdrawn"):
        make_post(other, title=f"The {other} one")
    signed_in(client, make_user("editor"))

    page = client.get(f"{LIST}?state={state}").text

    assert f"The {state} one" in page
    assert page.count('class="row-title"') == 1


def test_filters_by_tag_author_and_day_narrow_together(client):
    tag, author = make_tag("Flask"), make_author("Ada")
    make_post(title="Both", tags=["Flask"], authors=[author.id])
    make_post(title="Tag alone", tags=["Flask"])
    make_post(title="Long ago", tags=["Flask"], authors=[author.id], at=clock.now() - timedelta(days=400))
    signed_in(client, make_user("editor"))
    yesterday = (clock.now() - timedelta(days=1)).date()

    page = client.get(f"{LIST}?tag={tag.id}&author={author.id}&from={yesterday}").text

    assert "Both" in page
    assert "Tag alone" not in page
    assert "Long ago" not in page


def test_search_finds_words_of_the_text_and_parts_of_the_title(client):
    make_post(title="Lighthouse", body="About ships and coasts.")
    make_post(title="Something else")
    signed_in(client, make_user("editor"))

    for words in ("coasts", "ighthou"):
        page = client.get(LIST, query_string={"search": words}).text
        assert "Lighthouse" in page, words
        assert "Something else" not in page, words


def test_search_words_do_not_find_what_another_wrote(client):
    make_post(title="Lighthouse", body="About coasts.")
    signed_in(client, make_user("author"))

    assert "Lighthouse" not in client.get(LIST + "?search=coasts").text


@pytest.mark.parametrize("page", ["-1", "99999999999999999999", "abc", "5", "1e9", "", "0x1", "١"])
@pytest.mark.parametrize("address", [LIST, "/admin/tag/", "/admin/audit/", "/admin/revision/"])
def test_a_page_that_is_none_shows_the_first(client, address, page):
    make_post(title="Here", tags=["Flask"])
    signed_in(client, make_user("admin"))

    answer = client.get(address, query_string={"page": page, "page_size": page, "sort": page, "desc": page})

    assert answer.status_code == 200


@pytest.mark.parametrize("identity", ["0", "-1", "99999999999999999999", "abc", "1,2", "\x00", "", "١"])
def test_an_id_that_is_none_is_not_found(client, identity):
    signed_in(client, make_user("admin"))
    for table in ("post", "page", "tag", "author"):
        for act in ("edit", "delete"):
            address = f"/admin/{table}/{act}/"
            assert client.get(address, query_string={"id": identity}).status_code == 404, address
    for table in ("audit", "revision"):
        assert client.get(f"/admin/{table}/details/", query_string={"id": identity}).status_code == 404


@pytest.mark.parametrize("value", ["abc", "99999999999999999999", "-1", "\x00", "2026-99-99", "0001-01-01"])
def test_a_filter_that_fits_nothing_is_said_and_left_out(client, value):
    make_post(title="Here")
    signed_in(client, make_user("editor"))
    for name in ("state", "author", "tag", "from", "to", "changes"):
        answer = client.get(LIST, query_string={name: value})
        assert answer.status_code == 200
        assert "nothing to filter" in answer.text, name


def test_a_lookup_takes_any_number_and_any_word(client):
    signed_in(client, make_user("editor"))
    for number in ("-1", "99999999999999999999", "abc", ""):
        for word in ("\x00", "%", "_" * 5000, "'\"", "🙂"):
            query = {"name": "tags", "query": word, "offset": number, "limit": number}
            assert client.get("/admin/post/ajax/lookup/", query_string=query).status_code == 200
    assert client.get("/admin/post/ajax/lookup/?name=nothing").status_code == 404


def many_posts(count: int) -> None:
    author, tag = make_author("Ada"), make_tag("Flask")
    db.session.flush()
    now = clock.now()
    db.session.execute(
        db.insert(Post),
        [
            {
                "title": f"Post {number}",
                "slug": f"post-{number}",
                "body": "x",
                "status": Status.PUBLISHED,
                "published_at": now,
                "listed_at": now,
                "live_version": 1,
            }
            for number in range(count)
        ],
    )
    ids = list(db.session.scalars(db.select(Post.id)))
    pairs = [{"post_id": post_id, "author_id": author.id, "position": 0} for post_id in ids]
    db.session.execute(db.insert(PostAuthor), pairs)
    tags = db.metadata.tables["post_tag"]
    db.session.execute(db.insert(tags), [{"post_id": post_id, "tag_id": tag.id} for post_id in ids])


@pytest.mark.parametrize("count", [20, 2000])
def test_the_list_takes_at_most_eight_queries(client, count_queries, count):
    many_posts(count)
    signed_in(client, make_user("editor"))
    client.get("/admin/help/")

    for query in ("", "?page_size=100", "?search=post", "?sort=0"):
        statements = count_queries(lambda query=query: client.get(LIST + query))
        assert len(statements) <= 8 + ("search" in query), statements  # which asks first which posts have the words
        assert not any("body_html" in statement for statement in statements)


@pytest.mark.parametrize("address", ["/admin/tag/", "/admin/author/", "/admin/revision/", "/admin/audit/"])
def test_the_other_lists_ask_no_more_for_more_rows(client, count_queries, address):
    signed_in(client, make_user("admin"))
    for number in range(3):
        make_post(title=f"A {number}", tags=[f"tag {number}"])
    db.session.commit()
    client.get(address)
    few = len(count_queries(lambda: client.get(address)))
    for number in range(12):
        make_post(title=f"B {number}", tags=[f"more {number}"])
    db.session.commit()
    client.get(address)

    assert len(count_queries(lambda: client.get(address))) <= few <= 12


def test_the_export_is_the_list_without_formulas(client):
    make_post(title='=HYPERLINK("http://example.org")', tags=["Flask"])
    make_post(title="@cmd")
    make_post("draft", title="Plain")
    signed_in(client, make_user("editor"))

    answer = client.get("/admin/post/export/csv/?state=published", buffered=True)

    assert answer.mimetype == "text/csv"
    assert "'=HYPERLINK" in answer.text
    assert "'@cmd" in answer.text
    assert "Plain" not in answer.text
    assert client.get("/admin/post/export/pdf/").status_code == 404


def test_only_those_who_may_export_do(client):
    signed_in(client, make_user("author"))

    assert client.get("/admin/post/export/csv/").status_code == 403
    assert "Export" not in client.get(LIST).text


def test_a_new_site_offers_to_write_the_first_post(client):
    signed_in(client, make_user("editor"))

    assert "Write your first post" in client.get("/admin/").text
    assert "No post yet" in client.get(LIST).text
