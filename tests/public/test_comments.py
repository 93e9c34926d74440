"""The two steps by which a reader's comment comes in."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import Comment, CommentStatus, Mail
from cms.services import settings
from tests.factories import make_comment, make_post, make_user

TYPED = {"name": "Grace", "email": "Grace@Example.org", "website": "example.org", "body": "I *agree*."}


def hidden_fields(response):
    return {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.text)
    }


def comment_on(client, post, travel, *, wait=5, **changes):
    """Both steps, as a browser takes them."""
    fields = {**TYPED, **changes}
    preview = client.post(f"/posts/{post.slug}/comments/preview", data=fields)
    travel(seconds=wait)
    return client.post(f"/posts/{post.slug}/comments", data={**fields, **hidden_fields(preview)})


def comments():
    return list(db.session.scalars(select(Comment).order_by(Comment.id)))


def test_a_comment_is_previewed_then_held_then_approved(client, travel):
    travel()
    post = make_post(title="Sea")

    preview = client.post("/posts/sea/comments/preview", data=TYPED)
    assert preview.status_code == 200
    assert "I <em>agree</em>." in preview.text
    assert preview.headers["Cache-Control"] == "no-store"
    assert comments() == []
    response = comment_on(client, post, travel)

    assert response.status_code == 303
    assert response.headers["Location"] == "/posts/sea?commented=held#comments"
    assert "once a moderator has seen it" in client.get("/posts/sea?commented=held").text
    (comment,) = comments()
    assert (comment.name, comment.email, comment.website) == ("Grace", "grace@example.org", "https://example.org")
    assert comment.status is CommentStatus.HELD
    assert "I <em>agree</em>." not in client.get("/posts/sea").text
    comment.approve()
    assert "I <em>agree</em>." in client.get("/posts/sea").text
    assert "example.org" not in client.get("/posts/sea").text.replace('href="https://example.org"', "")


def test_with_first_moderation_a_known_address_passes(client, travel):
    travel()
    post = make_post()
    make_comment(post, email="grace@example.org")

    known = comment_on(client, post, travel)
    unknown = comment_on(client, post, travel, email="eve@example.org")
    without = comment_on(client, post, travel, email="")

    assert f"commented=shown#comment-{comments()[1].id}" in known.headers["Location"]
    assert "commented=held" in unknown.headers["Location"]
    assert "commented=held" in without.headers["Location"]


def test_an_address_that_only_looks_alike_does_not_pass(client, travel):
    travel()
    post = make_post()
    make_comment(post, email="rené@example.org")

    assert "held" in comment_on(client, post, travel, email="rene@example.org").headers["Location"]


@pytest.mark.parametrize(("moderation", "status"), [("all", CommentStatus.HELD), ("none", CommentStatus.APPROVED)])
def test_moderation_is_as_the_site_says(client, travel, moderation, status):
    travel()
    settings.change({"moderation": moderation}, by=None)
    post = make_post()
    make_comment(post, email="grace@example.org")

    comment_on(client, post, travel)

    assert comments()[-1].status is status


def test_a_double_click_makes_one_comment(client, travel):
    travel()
    post = make_post()
    preview = client.post(f"/posts/{post.slug}/comments/preview", data=TYPED)
    travel(seconds=5)
    fields = {**TYPED, **hidden_fields(preview)}

    responses = [client.post(f"/posts/{post.slug}/comments", data=fields) for _ in range(2)]

    assert [response.status_code for response in responses] == [303, 303]
    assert len(comments()) == 1


def test_nothing_is_kept_without_a_preview(client):
    post, other = make_post(), make_post()
    preview = client.post(f"/posts/{other.slug}/comments/preview", data=TYPED)
    others_token = hidden_fields(preview)["token"]

    for token in ("", "forged", others_token, others_token[:-2] + "xx"):
        response = client.post(f"/posts/{post.slug}/comments", data={**TYPED, "token": token})
        assert response.status_code == 200
        assert "I <em>agree</em>." in response.text
    assert comments() == []


def test_too_fast_is_asked_again_kindly_and_the_second_try_passes(client, travel):
    travel()
    post = make_post()

    early = comment_on(client, post, travel, wait=1)
    assert early.status_code == 200
    assert "That was quick." in early.text
    travel(seconds=2)
    later = client.post(f"/posts/{post.slug}/comments", data={**TYPED, **hidden_fields(early)})

    assert later.status_code == 303


def test_yesterdays_preview_is_shown_again(client, travel):
    travel()
    post = make_post()

    late = comment_on(client, post, travel, wait=90_000)
    assert "from another day" in late.text
    travel(seconds=5)
    response = client.post(f"/posts/{post.slug}/comments", data={**TYPED, **hidden_fields(late)})

    assert response.status_code == 303


def test_who_fills_the_trap_is_taken_for_spam_and_told_nothing(client, travel):
    travel()
    post = make_post()

    response = comment_on(client, post, travel, homepage="https://spam.example")

    assert "commented=held" in response.headers["Location"]
    assert comments()[0].status is CommentStatus.SPAM
    assert db.session.scalars(select(Mail)).all() == []


def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(client):
    post = make_post()
    fields = {"name": " ", "email": "nowhere", "website": "javascript:x", "body": "y" * 10_001}

    response = client.post(f"/posts/{post.slug}/comments/preview", data=fields)

    assert response.status_code == 422
    for field in ("name", "email", "website", "body"):
        assert f'id="comment-{field}-problem"' in response.text
    for value in ("nowhere", "javascript:x", "y" * 10_001):
        assert value in response.text
    assert 'href="javascript' not in response.text


def test_an_answer_names_what_it_answers(client, travel):
    travel()
    post = make_post()
    first = make_comment(post, name="Ada", body="What do you think?")

    form = client.get(f"/posts/{post.slug}/comments/new?parent={first.id}")
    assert "What do you think?" in form.text
    comment_on(client, post, travel, **hidden_fields(form))

    assert comments()[-1].parent_id == first.id


def test_an_answer_to_a_hidden_or_foreign_comment_stands_by_itself(client, travel):
    travel()
    post, other = make_post(), make_post()
    held, foreign = make_comment(post, CommentStatus.HELD), make_comment(other)

    for parent in (held.id, foreign.id, 10**17):
        assert comment_on(client, post, travel, parent=str(parent)).status_code == 303
        assert comments()[-1].parent_id is None


def test_one_address_may_write_so_much_in_an_hour(client, travel):
    travel()
    settings.change({"comments_per_hour": 2}, by=None)
    post = make_post()

    responses = [comment_on(client, post, travel, wait=3) for _ in range(3)]
    travel(hours=1)
    later = comment_on(client, post, travel, wait=3)

    assert [response.status_code for response in responses] == [303, 303, 429]
    assert "I *agree*." in responses[2].text
    assert later.status_code == 303
    assert len(comments()) == 3


def test_closed_comments_take_none(client):
    closed, post = make_post(comments_open=False), make_post()

    assert client.post(f"/posts/{closed.slug}/comments/preview", data=TYPED).status_code == 404
    settings.change({"comments_open": False}, by=None)
    assert client.post(f"/posts/{post.slug}/comments/preview", data=TYPED).status_code == 404
    assert "<form" not in client.get(f"/posts/{post.slug}").text


def test_moderators_are_told_by_mail(client, travel):
    travel()
    make_user("editor", email="editor@example.org")
    make_user("author", email="author@example.org")
    post = make_post(title="Sea")

    comment_on(client, post, travel)

    (mail,) = db.session.scalars(select(Mail))
    assert mail.recipient == "editor@example.org"
    assert "Sea" in mail.subject
    assert "I *agree*." in mail.text


def test_moderators_are_told_nothing_new_by_the_hundredth_mail(client, travel):
    travel()
    make_user("editor")
    post = make_post()
    for _ in range(11):
        make_comment(post, CommentStatus.HELD)

    comment_on(client, post, travel)

    assert db.session.scalars(select(Mail)).all() == []


def test_moderators_who_want_no_mail_get_none(client, travel):
    travel()
    make_user("editor")
    settings.change({"notify_moderators": False}, by=None)

    comment_on(client, make_post(), travel)

    assert db.session.scalars(select(Mail)).all() == []
