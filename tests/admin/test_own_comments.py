"""Comments under one's own posts: whoever wrote the post reads and answers them, and comes near no others."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from cms import clock
from cms.admin import own_comments
from cms.db import db
from cms.errors import NotAllowed
from cms.models import AuditEntry, Comment, CommentStatus, Role
from cms.services import addresses, moderating
from tests.admin.many_rows import fill
from tests.admin.test_paths import link, pages, shown
from tests.factories import make_author, make_comment, make_post, make_user
from tests.signing_in import signed_in, submit

LIST = "/admin/own_comment/"
ALL = "/admin/comment/"
EMAIL = "reader@example.org"


def answers():
    return list(db.session.scalars(select(Comment).where(Comment.parent_id.is_not(None)).order_by(Comment.id)))


@pytest.fixture
def writer(client):
    person = make_user("author", name="Ada")
    signed_in(client, person)
    return person


def test_an_author_sees_what_readers_see_under_their_own_posts_alone(client, writer):
    own = make_post(by=writer, title="Sea")
    comment = make_comment(own, name="Ines", body="How deep is it?", email=EMAIL)
    for status in (CommentStatus.HELD, CommentStatus.SPAM):
        make_comment(own, status, body=f"Not {status.value} for you.")
    make_comment(own, body="Not trashed for you.").trash()
    make_comment(make_post(by=make_user("author")), body="Not yours.")

    page = client.get(LIST).text

    assert "How deep is it?" in page
    assert "Ines" in page
    assert f'href="{addresses.path_of_comment(own, comment.id)}"' in page
    assert "for you." not in page
    assert "Not yours." not in page
    assert EMAIL not in page


def test_a_byline_makes_a_post_theirs(client, writer):
    byline = make_author("Ada")
    byline.user_id = writer.id
    make_comment(make_post(authors=[byline.id]), body="Who are you?")

    assert "Who are you?" in client.get(LIST).text


def test_an_author_answers_as_themselves(client, writer):
    post = make_post(by=writer)
    comment = make_comment(post, body="Is it so?", email=EMAIL)
    page = f"{LIST}answer/?id={comment.id}"

    form = client.get(page).text
    empty = submit(client, page, {"answer": " \n"})
    answer = submit(client, page, {"answer": "It *is*."})

    assert "Is it so?" in form
    assert EMAIL not in form
    assert empty.status_code == 422
    assert 'href="#answer"' in empty.text
    assert "Write your answer first." in empty.text
    assert answer.location == LIST
    (said,) = answers()
    assert (said.parent_id, said.user_id, said.name, said.is_shown) == (comment.id, writer.id, "Ada", True)
    text = client.get(f"/posts/{post.slug}").text
    assert text.index("Is it so?") < text.index("It <em>is</em>.")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "comment.answered")).one()
    assert (entry.actor_id, entry.subject_id) == (writer.id, said.id)


@pytest.mark.parametrize("what", ["held", "spam", "trashed", "theirs"])
@pytest.mark.parametrize("role", ["author", "contributor"])
def test_what_is_not_shown_or_not_under_their_posts_is_out_of_reach(client, what, role):
    person = make_user(role)
    post = make_post(by=make_user("author") if what == "theirs" else person, title="Sea")
    comment = make_comment(post, body="A secret lighthouse.", name="Zebra", email=EMAIL)
    if what == "trashed":
        comment.trash()
    elif what != "theirs":
        comment.status = CommentStatus(what)
    signed_in(client, person)
    before, entries = comment.state, db.session.scalar(select(db.func.count(AuditEntry.id)))
    kept_out = 403 if role == "contributor" else 404

    for base in (LIST, ALL):
        closed = 403 if base == ALL else kept_out
        for page in (f"answer/?id={comment.id}", f"answer/?id={comment.id}&url=/admin/"):
            assert client.get(base + page).status_code == closed, page
            said = submit(client, "/admin/", {"answer": "Mine now."}, to=base + page)
            assert said.status_code == closed, page
        for page in ("edit", "history", "details", "delete"):
            assert client.get(f"{base}{page}/?id={comment.id}").status_code in (403, 404), page
        for act in ("approve", "hold", "spam", "trash", "restore", "delete"):
            form = {"action": act, "rowid": comment.id, "confirmed": "yes", "everything": "yes"}
            assert submit(client, "/admin/", form, to=f"{base}action/").status_code == 403, act
        for page in ("export/csv/", "export/json/", "export/xlsx/"):
            assert client.get(base + page).status_code == 403
        decided = submit(client, "/admin/", {"decision": f"approve-{comment.id}"}, to=f"{base}decision/")
        assert decided.status_code in (403, 404)
    for narrowed in (
        "search=lighthouse",
        "search=Zebra",
        f"search={EMAIL}",
        f"post={post.id}",
        "status=held",
        "from=2020-01-01",
    ):
        assert "secret" not in client.get(f"{LIST}?{narrowed}").text, narrowed
    for asked in ("lighthouse", "Zebra", "reader"):
        assert "secret" not in client.get(f"/admin/search/find/?q={asked}").text
    assert "secret" not in client.get("/admin/").text
    assert (comment.state, answers()) == (before, [])
    assert db.session.scalar(select(db.func.count(AuditEntry.id))) == entries


def test_e_mail_addresses_are_nowhere(client, writer):
    """Neither shown nor guessed: a search that finds a comment by its address would tell it letter by letter."""
    writer.roles.append(Role(name="exporter", permissions=["data.export"]))
    comment = make_comment(make_post(by=writer), body="Hello there.", email=EMAIL)

    for page in ("", "?search=Hello", "?email=nobody@example.org", f"answer/?id={comment.id}"):
        text = client.get(LIST + page).text
        assert "Hello there." in text, page
        assert EMAIL not in text, page
    for part in (EMAIL, "reader@", "example.org"):
        assert "Hello there." not in client.get(LIST, query_string={"search": part}).text, part
    for kind in ("csv", "json"):
        text = client.get(f"{LIST}export/{kind}/", buffered=True).text
        assert "Hello there." in text
        assert EMAIL not in text
    heads = next(csv.reader(io.StringIO(client.get(f"{LIST}export/csv/", buffered=True).text.lstrip("\ufeff"))))
    assert heads == ["Id", "Post", "Name", "Comment", "Written"]
    assert submit(client, LIST, {"columns": ["email", "body"]}, to=f"{LIST}columns/").status_code == 302
    assert EMAIL not in client.get(LIST).text


def test_the_filter_by_post_offers_their_own_posts_alone(client, writer):
    own = make_post(by=writer, title="Sea")
    make_post(by=make_user("author"), title="Sea too")

    assert client.get(f"{LIST}ajax/lookup/?name=post&query=Sea").json == [[own.id, "Sea"]]


def test_moderators_and_authors_each_have_one_list_in_their_menu(client):
    for role, there, missing in (("editor", ALL, LIST), ("author", LIST, ALL), ("contributor", "/admin/post/", LIST)):
        signed_in(client, make_user(role))
        page = client.get("/admin/").text
        assert f'class="side-link" href="{there}"' in page, role
        assert f'href="{missing}"' not in page, role
    assert f'href="{ALL}"' not in page


def test_a_moderators_links_and_lookups_lead_to_their_list(client, app):
    person = make_user("editor")
    comment = make_comment(make_post(by=person), body="A lighthouse.")
    signed_in(client, person)

    found = client.get("/admin/search/find/?q=lighthouse").text

    assert f"{ALL}edit/?id={comment.id}" in found
    assert LIST not in found


def test_the_dashboard_counts_the_new_ones(client, writer, travel):
    post = make_post(by=writer)
    make_comment(post)
    travel(days=10)
    make_comment(post)
    make_comment(post, CommentStatus.HELD)
    make_comment(post, user_id=writer.id)
    make_comment(make_post())

    page = client.get("/admin/").text

    address, number = re.search(rf'href="({LIST}[^"]+)"><strong>(.*?)</strong> New comments<', page).groups()
    assert number == "1"
    assert len(shown(client.get(address).text)) == 2  # their own answer, too


def test_an_author_pages_through_them_by_each_order(client, writer, database_kind):
    mine = fill_under(make_post(by=writer), 30) + fill_under(make_post(by=writer), 15)
    fill(Comment, 25)
    orders = {
        "": (Comment.created_at.desc(), Comment.id.desc()),
        "?sort=1": (Comment.name.asc(), Comment.id.asc()),
        "?sort=3": (Comment.created_at.asc(), Comment.id.asc()),
    }

    for query, ways in orders.items():
        found = pages(client, LIST + query)
        expected = list(db.session.scalars(select(Comment.id).where(Comment.id.in_(mine)).order_by(*ways)))
        assert [row for page in found for row in page] == expected, query
        backwards = pages(client, link(client.get(LIST + query).text, "Last"), "Previous")
        assert backwards[-1] == expected[:20]
    post = db.session.get_one(Comment, mine[0]).post_id
    narrowed = pages(client, f"{LIST}?post={post}")
    assert sorted(row for page in narrowed for row in page) == sorted(mine[:30])
    assert pages(client, f"{LIST}?in=2024") == [[]]
    assert sum(map(len, pages(client, f"{LIST}?in=2025-03"))) == len(mine)


def fill_under(post, how_many, **fields):
    ids = fill(Comment, how_many, **fields)
    db.session.execute(db.update(Comment).where(Comment.id.in_(ids)).values(post_id=post.id))
    db.session.commit()
    return ids


def test_of_very_many_it_shows_the_newest(client, writer):
    old, new = make_post(by=writer), make_post(by=writer)
    now = clock.now()
    fill_under(new, 700, created_at=now - timedelta(days=500))
    fill_under(new, 500, created_at=now - timedelta(days=20))
    newest = fill_under(old, 30, created_at=now - timedelta(hours=1))

    page = client.get(LIST).text

    assert shown(page) == newest[:-21:-1]
    assert "These are the newest 1,000." in page
    assert "1,000" in re.search(r'list-count">(.*?)<', page)[1]


@pytest.mark.parametrize("query", ["", "?search=x", "?in=2025-03", "?post=1"])
def test_it_asks_as_often_however_many_there_are(client, writer, count_queries, query, monkeypatch):
    monkeypatch.setattr(own_comments, "MOST_LOOKED_THROUGH", 100)
    posts = [make_post(by=writer) for _ in range(3)]
    query = query.replace("post=1", f"post={posts[0].id}")
    fill_under(posts[0], 60)
    client.get(LIST)
    few = len(count_queries(lambda: client.get(LIST + query)))
    for post in posts:
        fill_under(post, 100)
    client.get(LIST)

    many = len(count_queries(lambda: client.get(LIST + query)))

    assert few <= 8
    assert many <= few + 2  # where the newest are looked for


def test_a_comment_that_a_moderator_hides_meanwhile_is_not_answered(writer):
    """The row that was read still says that it is shown."""
    comment = make_comment(make_post(by=writer))
    db.session.execute(
        db.update(Comment).values(status=CommentStatus.HELD), execution_options={"synchronize_session": False}
    )
    assert comment.is_shown

    with pytest.raises(NotAllowed):
        moderating.answer(comment, "Indeed.", by=writer)
    assert comment.state == "held"
    assert answers() == []
