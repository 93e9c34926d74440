"""Moderating: who may, what it changes, and what readers then see."""

import re

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, CommentStatus
from cms.services import spam_filter
from tests.factories import make_comment, make_post, make_user
from tests.naughty import NAUGHTY, live_parts
from tests.services.test_spam_filter import SELLING, teach
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


def test_one_comment_is_decided_about_where_it_stands(client):
    post = make_post()
    one, other = make_comment(post, CommentStatus.HELD), make_comment(post, CommentStatus.HELD)
    signed_in(client, make_user("editor"))

    for verb, state in (("spam", "spam"), ("approve", "approved"), ("hold", "held")):
        answer = submit(client, LIST, {"decision": f"{verb}-{one.id}"}, to=f"{LIST}decision/")
        assert (answer.status_code, one.state, other.state) == (302, state, "held")
    for wrong in ("", "trash-1", f"approve-{one.id}x", "approve-", "approve-0"):
        assert submit(client, LIST, {"decision": wrong}, to=f"{LIST}decision/").status_code == 400
    assert one.state == "held"


def test_a_moderator_answers_and_approves_with_one_act(client):
    post = make_post()
    comment = make_comment(post, CommentStatus.HELD, body="Is it so?")
    editor = make_user("editor", name="Edith")
    signed_in(client, editor)
    page = f"{LIST}answer/?id={comment.id}"

    assert "Approve and answer" in client.get(page).text
    empty = submit(client, page, {"answer": " \n"})
    assert empty.status_code == 422
    assert comment.state == "held"
    answer = submit(client, page, {"answer": "It *is*."})

    assert answer.status_code == 302
    text = client.get(f"/posts/{post.slug}").text
    assert text.index("Is it so?") < text.index("It <em>is</em>.")
    assert "Edith" in text
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-2:] == ["comment.approved", "comment.answered"]


def test_what_is_in_the_trash_is_not_answered(client):
    comment = make_comment(make_post())
    comment.trash()
    signed_in(client, make_user("editor"))

    refused = submit(client, f"{LIST}answer/?id={comment.id}", {"answer": "Too late."})

    assert refused.status_code == 422
    assert "It is in the trash." in refused.text


def test_the_filter_says_how_much_it_knows_and_why_it_thinks_so(client):
    post = make_post()
    editor = make_user("editor")
    teach(post, by=editor, spam=3)
    signed_in(client, editor)
    assert "begins when it knows 20 good and 20 spam: so far 20 and 3." in client.get(LIST).text

    teach(post, by=editor)
    comment = make_comment(post, CommentStatus.HELD, **{**SELLING, "name": "<b>Casino</b>"})
    spam_filter.look_at(comment)
    page, record = client.get(f"{LIST}?status=held").text, client.get(f"{LIST}edit/?id={comment.id}").text

    for text in (page, record):
        assert "Looks like spam" in text
        assert re.search(r"spam score \d+ of 100", text)
        assert re.search(r'<span class="verdict-pull">\+\d+</span> <bdi>[^<]+</bdi>', text)
        assert re.search(r"in \d+ of \d+ spam, in 0 of \d+ good", text)
        assert live_parts(text) == []
    assert SELLING["email"] in record


def test_a_comment_that_is_cut_short_in_a_heading_says_so(client):
    signed_in(client, make_user("editor"))
    long, short = (make_comment(make_post(), name="Ines", body=body) for body in ("word " * 20, "Thank you."))

    assert re.search(r"<h1[^>]*>Ines: (word )+…</h1>", client.get(f"/admin/comment/edit/?id={long.id}").text)
    assert "<h1>Ines: Thank you.</h1>" in client.get(f"/admin/comment/edit/?id={short.id}").text
