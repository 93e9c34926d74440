"""Changing what one has just written: for some minutes, by a cookie, until a moderator decides."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, Comment, CommentStatus, CommentVersion, Mail
from cms.services import erasing, moderating, settings
from tests.factories import make_comment, make_post, make_user
from tests.naughty import NAUGHTY, live_parts
from tests.public.test_comments import TYPED, comment_on, hidden_fields
from tests.services.test_spam_filter import SELLING, teach
from tests.signing_in import signed_in, submit

CHANGED = {"name": "Grace H", "website": "", "body": "I agree *now*."}


def only_comment():
    return db.session.scalars(select(Comment)).one()


def mine(post, number=None):
    return f"/posts/{post.slug}/comments/mine" + (f"/{number}" if number else "")


def write_one(client, travel, **settings_):
    travel()
    settings.change({"moderation": "none", **settings_}, by=None)
    post = make_post()
    comment_on(client, post, travel)
    return post, only_comment()


def change(client, post, number, travel=None, **fields):
    form = client.get(mine(post, number))
    return client.post(mine(post, number), data={**CHANGED, **hidden_fields(form), **fields})


def test_whoever_wrote_it_may_change_it_for_five_minutes(client, travel):
    post, comment = write_one(client, travel)
    assert "Change it or take it back" in client.get(f"/posts/{post.slug}?commented=shown").text
    assert "I <em>agree</em>." in client.get(mine(post)).text
    assert "I *agree*." in client.get(mine(post, comment.id)).text
    assert "for 5 more minutes" in client.get(mine(post)).text

    travel(minutes=4)
    assert "for 1 more minute." in client.get(mine(post, comment.id)).text
    answer = change(client, post, comment.id)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{mine(post)}?done=changed")
    assert "I agree <em>now</em>." in client.get(f"/posts/{post.slug}").text
    assert (comment.name, comment.website, comment.email, comment.edits) == ("Grace H", "", "grace@example.org", 1)
    travel(minutes=2)
    assert "Here is none" in client.get(mine(post)).text
    assert client.get(mine(post, comment.id)).status_code == 403


def test_the_cookie_is_signed_short_and_goes_to_no_cached_page(client, travel):
    travel()
    post = make_post()

    header = comment_on(client, post, travel).headers["Set-Cookie"]

    for part in ("HttpOnly", "SameSite=Strict", "Max-Age=300", f"Path=/posts/{post.slug}/comments"):
        assert re.search(rf"(^|; ){part}(;|$)", header), part
    assert "Secure" not in header  # the site of the tests is http
    for page in (
        f"/posts/{post.slug}",
        f"/posts/{post.slug}?commented=held",
        mine(post),
        f"/posts/{post.slug}/comments/new",
    ):
        assert "Set-Cookie" not in client.get(page).headers, page


def test_on_https_the_cookie_is_for_https_alone(app, client, travel, monkeypatch):
    travel()
    monkeypatch.setitem(app.config, "SITE_URL", "https://example.org")

    assert "; Secure" in comment_on(client, make_post(), travel).headers["Set-Cookie"]


def test_nobody_else_gets_a_cookie_or_another_page(app, client, travel):
    post, _comment = write_one(client, travel)
    stranger = app.test_client()

    assert stranger.get(f"/posts/{post.slug}").data == client.get(f"/posts/{post.slug}").data
    assert "Set-Cookie" not in stranger.get(mine(post)).headers
    assert stranger.get(mine(post)).headers["Cache-Control"] == "no-store"
    assert "agree" not in stranger.get(mine(post)).text


def test_a_stranger_changes_nothing_and_learns_nothing(app, client, travel):
    post, comment = write_one(client, travel, moderation="all")
    token = hidden_fields(client.get(mine(post, comment.id)))["token"]
    stranger = app.test_client()

    answers = [
        stranger.get(mine(post, comment.id)),
        stranger.get(mine(post, 10**15)),
        stranger.post(mine(post, comment.id), data={**CHANGED, "token": token}),
        stranger.post(f"{mine(post, comment.id)}/withdrawal", data={"token": token}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert answers[0].text == answers[1].text
    assert "agree" not in answers[0].text
    assert comment.body == "I *agree*."
    assert comment.state == "held"


@pytest.mark.parametrize("value", ["", "x", "日本語", "W1tdXQ.x", "." * 3000])
def test_a_made_up_cookie_opens_nothing(client, travel, value):
    post, comment = write_one(client, travel)
    client.set_cookie("comments", value, path="/posts")

    client.delete_cookie("comments", path=f"/posts/{post.slug}/comments")
    assert client.get(mine(post, comment.id)).status_code == 403


def test_the_cookie_of_one_comment_does_not_open_another(app, client, travel):
    post, first = write_one(client, travel)
    other_client, number = app.test_client(), first.id
    comment_on(other_client, post, travel, body="Mine, not yours.")
    theirs = db.session.scalars(select(Comment).where(Comment.id != number)).one()
    token = hidden_fields(other_client.get(mine(post, theirs.id)))["token"]

    assert client.get(mine(post, theirs.id)).status_code == 403
    assert client.post(mine(post, theirs.id), data={**CHANGED, "token": token}).status_code == 403
    # The form of another comment, for one's own:
    answer = client.post(mine(post, number), data={**CHANGED, "token": token})

    assert answer.status_code == 403
    assert "I agree *now*." in answer.text
    assert sorted(one.body for one in db.session.scalars(select(Comment))) == ["I *agree*.", "Mine, not yours."]


def test_two_comments_of_one_browser_can_both_be_changed(client, travel):
    post, first = write_one(client, travel)
    comment_on(client, post, travel, body="One thing more.")

    page = client.get(mine(post)).text

    assert page.index("One thing more.") < page.index("I <em>agree</em>.")
    assert change(client, post, first.id).status_code == 303


def test_a_form_sent_twice_changes_it_once_and_an_old_one_is_asked_again(client, travel):
    post, comment = write_one(client, travel)
    old = hidden_fields(client.get(mine(post, comment.id)))

    first, again = (client.post(mine(post, comment.id), data={**CHANGED, **old}) for _ in range(2))
    replayed = client.post(mine(post, comment.id), data={**CHANGED, **old, "body": "From another window."})

    assert (first.status_code, again.status_code, replayed.status_code) == (303, 303, 409)
    assert "From another window." in replayed.text
    assert (comment.body, comment.edits) == ("I agree *now*.", 1)
    assert (
        client.post(
            mine(post, comment.id), data={**CHANGED, **hidden_fields(replayed), "body": "From another window."}
        ).status_code
        == 303
    )


@pytest.mark.parametrize("decide", [moderating.approve, moderating.hold, moderating.spam, moderating.trash])
def test_a_decision_of_a_moderator_closes_it_at_once(client, travel, decide):
    post, comment = write_one(client, travel, moderation="all")
    token = hidden_fields(client.get(mine(post, comment.id)))
    decide(comment, by=make_user("editor"))

    answer = client.post(mine(post, comment.id), data={**CHANGED, **token})

    assert answer.status_code == 403
    assert "no longer" in answer.text
    assert (comment.body, comment.edits) == ("I *agree*.", 0)


def test_a_moderator_does_not_approve_a_text_they_have_not_seen(client, app, travel):
    post, comment = write_one(client, travel, moderation="all")
    editor = signed_in(app.test_client(), make_user("editor"))
    seen = dict(re.findall(r'name="(edits-\d+)" value="(\d+)"', editor.get("/admin/comment/").text))
    assert seen == {f"edits-{comment.id}": "0"}
    change(client, post, comment.id, body="Buy my pills.")

    form = {"action": "approve", "rowid": [comment.id], **seen}
    answer = submit(editor, "/admin/comment/", form, to="/admin/comment/action/")
    page = unescape(editor.get(answer.location).text)

    assert comment.state == "held"
    assert "Its writer changed it after you opened this page." in page
    assert "Buy my pills." in page
    record = editor.get(f"/admin/comment/edit/?id={comment.id}").text
    assert "What it said before its writer changed it" in record
    assert "I *agree*." in record
    submit(editor, "/admin/comment/", {**form, f"edits-{comment.id}": "1"}, to="/admin/comment/action/")
    assert comment.state == "approved"


def test_taking_it_back_puts_it_into_the_trash(client, travel):
    post, comment = write_one(client, travel)
    token = hidden_fields(client.get(mine(post, comment.id)))

    answer = client.post(f"{mine(post, comment.id)}/withdrawal", data=token)

    assert answer.headers["Location"] == f"{mine(post)}?done=withdrawn"
    assert "agree" not in client.get(answer.headers["Location"]).text
    assert "agree" not in client.get(f"/posts/{post.slug}").text
    assert comment.state == "trashed"
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "comment")).all()
    assert actions == ["comment.withdrawn"]


def test_a_change_is_filtered_as_a_new_comment_and_never_shows_what_was_held(client, travel):
    travel()
    settings.change({"moderation": "none"}, by=None)
    post = make_post()
    teach(post)
    comment_on(client, post, travel)
    comment = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    assert comment.state == "approved"

    change(client, post, comment.id, name=SELLING["name"], body=SELLING["body"])
    assert (comment.state, comment.spam_score >= 90) == ("held", True)
    assert [mail.subject for mail in db.session.scalars(select(Mail))] == [f"A comment waits: {post.title}"]
    change(client, post, comment.id)

    assert comment.state == "held"


def test_changes_count_as_comments_do(client, travel):
    post, comment = write_one(client, travel, comments_per_hour=2)

    answers = [change(client, post, comment.id, body=f"Version {number}.") for number in range(2)]

    assert [answer.status_code for answer in answers] == [303, 429]
    assert "Version 1." in answers[1].text
    assert comment.body == "Version 0."


def test_what_does_not_fit_is_said_and_not_lost(client, travel):
    post, comment = write_one(client, travel)

    answer = change(client, post, comment.id, name=" ", body="y" * 10_001)

    assert answer.status_code == 422
    assert 'id="comment-name-problem"' in answer.text
    assert "y" * 10_001 in answer.text
    assert comment.edits == 0


@pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)
def test_a_change_takes_anything(client, travel, text):
    post, comment = write_one(client, travel)

    answer = change(client, post, comment.id, name=f"x{text}"[:60], body=text)

    assert answer.status_code in (303, 422)
    for page in (mine(post), mine(post, comment.id), f"/posts/{post.slug}"):
        assert live_parts(client.get(page).text) == []


def test_with_no_minutes_there_is_no_cookie_and_no_link(client, travel):
    travel()
    settings.change({"comment_edit_minutes": 0, "moderation": "none"}, by=None)
    post = make_post()

    answer = comment_on(client, post, travel)

    assert "Set-Cookie" not in answer.headers
    assert "take it back" not in client.get(answer.headers["Location"]).text
    assert client.get(mine(post, only_comment().id)).status_code == 403


def test_a_post_that_closes_meanwhile_takes_no_change_but_lets_it_be_taken_back(client, travel):
    post, comment = write_one(client, travel)
    token = hidden_fields(client.get(mine(post, comment.id)))
    settings.change({"comments_open": False}, by=None)

    assert client.post(mine(post, comment.id), data={**CHANGED, **token}).status_code == 403
    assert client.post(f"{mine(post, comment.id)}/withdrawal", data=token).status_code == 303
    assert (comment.body, comment.state) == ("I *agree*.", "trashed")


def test_erasing_somebody_erases_what_they_said_before_and_ends_their_cookie(client, travel):
    post, comment = write_one(client, travel)
    change(client, post, comment.id, name="Somebody else")
    assert db.session.scalars(select(CommentVersion)).one().name == TYPED["name"]

    erasing.erase(erasing.look_up("grace@example.org"))

    assert db.session.scalars(select(CommentVersion)).all() == []
    assert client.get(mine(post, comment.id)).status_code == 403


def test_a_comment_of_the_admin_has_no_cookie_that_could_be_made_up(client):
    post = make_post()
    comment = make_comment(post, CommentStatus.APPROVED, user_id=make_user().id)

    assert client.get(mine(post, comment.id)).status_code == 403
