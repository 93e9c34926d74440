"""Somebody who may edit their own posts never gets at another's: not by id, bulk, lookup, export or history."""

import pytest

from cms.db import db
from cms.models import Post, Revision
from tests.factories import make_post, make_tag, make_user
from tests.signing_in import signed_in, submit, token_for

FORM = {"title": "Taken over", "body": "Mine now.", "act": "save"}


@pytest.fixture
def theirs(app) -> Post:
    return make_post("draft", by=make_user("author"), title="Secret plans", tags=["Hidden"])


@pytest.fixture(params=["author", "contributor"])
def writer(request, client):
    person = make_user(request.param)
    signed_in(client, person)
    return person


def test_an_author_does_not_see_anothers_post_in_any_list(client, theirs, writer):
    for address in ("/admin/", "/admin/post/", "/admin/post/?search=Secret", "/admin/revision/"):
        assert "Secret plans" not in client.get(address).text


def test_an_author_cannot_open_anothers_post(client, theirs, writer):
    revision = db.session.scalars(db.select(Revision)).first()
    for address in (
        f"/admin/post/edit/?id={theirs.id}",
        f"/admin/post/delete/?id={theirs.id}",
        f"/admin/post/preview/{theirs.id}",
        f"/admin/revision/details/?id={revision.id}",
    ):
        assert client.get(address).status_code == 404, address


def test_an_author_cannot_change_anothers_post(client, theirs, writer):
    data = {**FORM, "version": theirs.version, "id": theirs.id}
    for address in ("edit", "delete", "restore"):
        answer = submit(client, "/admin/post/", data, to=f"/admin/post/{address}/?id={theirs.id}")
        assert answer.status_code == 404
    assert (theirs.title, theirs.state) == ("Secret plans", "draft")


@pytest.mark.parametrize("act", ["publish", "withdraw", "trash", "restore", "add_tags", "remove_tags", "delete"])
def test_an_author_cannot_change_anothers_post_in_bulk(client, theirs, writer, act):
    make_tag("Hidden too")
    submit(
        client,
        "/admin/post/",
        {"action": act, "rowid": [theirs.id], "bulk_tags": "Hidden too, Hidden", "confirmed": "yes"},
        to="/admin/post/action/",
    )

    assert theirs.state == "draft"
    assert [tag.name for tag in theirs.tags] == ["Hidden"]


def test_an_author_cannot_give_a_post_to_somebody_else(client, writer):
    own = make_post("draft", by=writer, title="Mine")
    before = [author.id for author in own.authors]
    other = make_post(by=make_user("author")).authors[0]

    data = {**FORM, "authors": [other.id], "version": own.version}
    submit(client, f"/admin/post/edit/?id={own.id}", data)

    assert own.title == "Taken over"
    assert [author.id for author in own.authors] == before


def test_a_contributor_cannot_publish_by_any_button(client):
    person = make_user("contributor")
    own = make_post("draft", by=person, title="Mine")
    signed_in(client, person)
    page = f"/admin/post/edit/?id={own.id}"

    assert 'value="publish"' not in client.get(page).text
    answer = submit(client, page, {**FORM, "version": own.version, "act": "publish"})
    bulk = submit(client, page, {"action": "publish", "rowid": [own.id]}, to="/admin/post/action/")

    assert answer.status_code == 422
    assert "Mine now." in answer.text
    assert bulk.status_code == 403
    assert own.state == "draft"


def test_a_contributor_reads_a_published_post_of_theirs_but_may_not_edit_it(client):
    person = make_user("contributor")
    own = make_post(by=person, title="Published")
    signed_in(client, person)

    listing = client.get("/admin/post/").text

    assert "Published" in listing
    assert "/admin/post/edit/" not in listing
    assert client.get(f"/admin/post/edit/?id={own.id}").status_code == 403
    answer = submit(client, "/admin/post/", FORM, to=f"/admin/post/edit/?id={own.id}")
    assert answer.status_code == 403
    assert client.get(f"/admin/post/preview/{own.id}").status_code == 200


def test_tables_of_editors_are_closed_to_authors(client, writer):
    for table in ("page", "tag", "author", "audit"):
        for address in ("", "new/", "export/csv/", "ajax/lookup/?name=tags"):
            assert client.get(f"/admin/{table}/{address}").status_code in (403, 404), (table, address)
        answer = client.post(f"/admin/{table}/new/", data={"csrf_token": token_for(client, "/admin/"), "name": "x"})
        assert answer.status_code == 403


def test_an_editor_opens_everybodys_posts(client, theirs):
    signed_in(client, make_user("editor"))

    assert client.get(f"/admin/post/edit/?id={theirs.id}").status_code == 200
