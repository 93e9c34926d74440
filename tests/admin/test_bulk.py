"""Many posts at once: what is done, what is left out, and why."""

from cms.db import db
from cms.models import AuditEntry
from cms.services import revising
from tests.factories import make_post, make_user
from tests.signing_in import signed_in, submit

LIST = "/admin/post/"


def act(client, name, posts, **data):
    ids = [post.id for post in posts]
    answer = submit(client, LIST, {"action": name, "rowid": ids, **data}, to="/admin/post/action/")
    return client.get(answer.location).text


def names(post):
    return [tag.name for tag in post.tags]


def test_publishing_many_says_how_many_and_why_others_not(client):
    ready, empty = make_post("draft"), make_post("draft", title="No words", body="")
    signed_in(client, make_user("editor"))

    page = act(client, "publish", [ready, empty])

    assert (ready.state, empty.state) == ("published", "draft")
    assert "1 published." in page
    assert "No words" in page
    assert "Write something before you publish." in page


def test_trash_and_restore(client):
    posts = [make_post(), make_post("draft")]
    signed_in(client, make_user("editor"))

    act(client, "trash", posts)
    assert [post.state for post in posts] == ["trashed", "trashed"]
    act(client, "restore", posts)
    assert [post.state for post in posts] == ["published", "draft"]


def test_adding_a_tag_leaves_the_others(client):
    posts = [make_post(tags=["One", "Flask"]), make_post("draft", tags=["Two"])]
    signed_in(client, make_user("editor"))

    act(client, "add_tags", posts, bulk_tags="flask, New")

    assert [names(post) for post in posts] == [["Flask", "New", "One"], ["Flask", "New", "Two"]]


def test_removing_a_tag_leaves_the_others(client):
    posts = [make_post(tags=["One", "Flask"]), make_post(tags=["Two"])]
    signed_in(client, make_user("editor"))

    act(client, "remove_tags", posts, bulk_tags="FLASK")

    assert [names(post) for post in posts] == [["One"], ["Two"]]


def test_a_tag_given_in_bulk_survives_the_publishing_of_an_older_draft(client):
    post = make_post(tags=["One"])
    revising.save(post, {"body": "A draft."}, by=None)
    signed_in(client, make_user("editor"))

    act(client, "add_tags", [post], bulk_tags="Added")
    assert names(post) == ["Added", "One"]
    assert post.body != "A draft."
    act(client, "publish", [post])

    assert names(post) == ["Added", "One"]
    assert post.body == "A draft."


def test_an_author_adds_tags_to_their_own_only(client):
    person = make_user("author")
    mine, theirs = make_post(by=person, tags=["A"]), make_post(tags=["A"])
    signed_in(client, person)

    page = act(client, "add_tags", [mine, theirs], bulk_tags="B")

    assert names(mine) == ["A", "B"]
    assert names(theirs) == ["A"]
    assert "1 left out" in page


def test_a_contributor_makes_no_new_tag_in_bulk(client):
    person = make_user("contributor")
    post = make_post("draft", by=person, tags=["A"])
    signed_in(client, person)

    page = act(client, "add_tags", [post], bulk_tags="Brand new")

    assert "You may not make new tags" in page
    assert names(post) == ["A"]


def test_each_bulk_act_is_in_the_audit_log(client):
    posts = [make_post(tags=["A"]), make_post(tags=["A"])]
    editor = make_user("editor")
    signed_in(client, editor)

    act(client, "add_tags", posts, bulk_tags="B")

    entries = list(db.session.scalars(db.select(AuditEntry).where(AuditEntry.actor_id == editor.id)))
    assert [entry.action for entry in entries] == ["post.retagged"] * 2
    assert entries[0].changes == {"tags": (["A"], ["A", "B"])}


def test_nothing_selected_is_said(client):
    signed_in(client, make_user("editor"))

    assert "Select something first." in act(client, "publish", [])


def test_an_unknown_act_is_refused(client):
    signed_in(client, make_user("admin"))

    assert submit(client, LIST, {"action": "purge", "rowid": [1]}, to="/admin/post/action/").status_code == 403
    assert submit(client, LIST, {"action": "delete", "rowid": [1]}, to="/admin/post/action/").status_code == 403
