"""Moderating: who may, what it changes, and what readers then see."""

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, CommentStatus
from tests.factories import make_comment, make_post, make_user
from tests.naughty import NAUGHTY, live_parts
from tests.signing_in import signed_in, submit

LIST = "/admin/comment/"


def act(client, name, comments):
    ids = [comment.id for comment in comments]
    page = f"{LIST}?status=trashed" if name == "restore" else LIST
    answer = submit(client, page, {"action": name, "rowid": ids}, to=f"{LIST}action/")
    return client.get(answer.location).text


def test_the_list_shows_what_was_said_by_whom_under_what(client):
    post = make_post(title="Sea")
    make_comment(post, CommentStatus.HELD, name="Ada", body="I <b>object</b>.")
    make_comment(post, name="Trashed one").trash()
    signed_in(client, make_user("editor"))

    page = client.get(LIST).text

    assert "I &lt;b&gt;object&lt;/b&gt;." in page
    assert "Ada" in page
    assert "/posts/sea#comments" in page  # where it is not shown yet
    assert "Held" in page
    assert "Trashed one" not in page
    assert "Trashed one" in client.get(f"{LIST}?status=trashed").text
    assert "Ada" not in client.get(f"{LIST}?status=approved").text


@pytest.mark.parametrize(
    ("name", "state", "action"),
    [
        ("approve", "approved", "comment.approved"),
        ("spam", "spam", "comment.marked_spam"),
        ("trash", "trashed", "comment.trashed"),
    ],
)
def test_a_moderator_decides_about_many_at_once(client, name, state, action):
    post = make_post()
    comments = [make_comment(post, CommentStatus.HELD, body=f"Said {number}.") for number in range(3)]
    editor = make_user("editor")
    signed_in(client, editor)

    page = act(client, name, comments[:2])

    assert [comment.state for comment in comments] == [state, state, "held"]
    assert "2 " in page
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
    assert [entry.actor_id for entry in entries] == [editor.id, editor.id]
    assert ("Said 0." in client.get(f"/posts/{post.slug}").text) == (name == "approve")


def test_hold_and_restore_undo(client):
    post = make_post()
    shown, gone = make_comment(post), make_comment(post)
    gone.trash()
    signed_in(client, make_user("editor"))

    act(client, "hold", [shown])
    act(client, "restore", [gone])

    assert (shown.state, gone.state) == ("held", "approved")


def test_a_moderator_mends_what_a_comment_says(client):
    comment = make_comment(make_post(), body="Ring me at 555-1234.")
    signed_in(client, make_user("editor"))
    page = f"{LIST}edit/?id={comment.id}"

    assert "Ring me" in client.get(page).text
    answer = submit(client, page, {"body": "Ring *me*."})

    assert answer.status_code == 302
    assert comment.body_html == "<p>Ring <em>me</em>.</p>\n"
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "comment.edited")).one()
    assert entry.changes == {"body": ("Ring me at 555-1234.", "Ring *me*.")}


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_editing_takes_anything(client, text):
    comment = make_comment(make_post(), body="Before.")
    signed_in(client, make_user("editor"))

    answer = submit(client, f"{LIST}edit/?id={comment.id}", {"body": text})

    assert answer.status_code in (302, 422)
    assert live_parts(client.get(LIST).text) == []
    assert live_parts(client.get(f"/posts/{comment.post.slug}").text) == []


def test_an_author_may_not_moderate(client):
    comment = make_comment(make_post(), CommentStatus.HELD)
    signed_in(client, make_user("author"))

    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}edit/?id={comment.id}").status_code == 403
    answer = submit(client, "/admin/post/", {"action": "approve", "rowid": comment.id}, to=f"{LIST}action/")
    assert answer.status_code == 403
    assert comment.status is CommentStatus.HELD


def test_nobody_writes_a_comment_as_somebody_else(client):
    signed_in(client, make_user("admin"))

    assert client.get(f"{LIST}new/").status_code in (403, 404)


def test_the_list_costs_few_queries(client, count_queries):
    post = make_post()
    for _ in range(30):
        make_comment(post)
    signed_in(client, make_user("editor"))
    client.get(LIST)

    assert len(count_queries(lambda: client.get(LIST))) <= 8
