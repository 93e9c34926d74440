"""Comments by those who do not use the form as it is meant."""

import pytest

from cms.db import db
from cms.models import CommentStatus, Mail
from cms.public.comment_token import new_token, serializer
from cms.services import publishing
from cms.services.mailing import _message
from tests.factories import make_comment, make_post, make_user
from tests.public.test_comments import TYPED, comment_on, comments, hidden_fields


def test_the_token_of_another_post_keeps_nothing(client, travel):
    travel()
    one, other = make_post(), make_post()
    token = new_token(one).signed()
    travel(seconds=5)

    answer = client.post(f"/posts/{other.slug}/comments", data={**TYPED, "token": token})

    assert answer.status_code == 200
    assert comments() == []


@pytest.mark.parametrize("text", ["", "x", "日本語", "a.b.c", "\ud7ff.\u0000", "." * 5000, "[1,2,3]"])
def test_a_made_up_token_keeps_nothing(client, text):
    post = make_post()

    assert client.post(f"/posts/{post.slug}/comments", data={**TYPED, "token": text}).status_code == 200
    assert comments() == []


def test_a_signed_token_of_another_shape_keeps_nothing(client):
    post = make_post()
    for value in ([], [post.id], [post.id, 0, "x", "y"], 5, "abc", None, {"a": 1}):
        answer = client.post(f"/posts/{post.slug}/comments", data={**TYPED, "token": serializer().dumps(value)})
        assert answer.status_code == 200, value
    assert comments() == []


def test_a_second_comment_through_the_first_ones_preview_is_not_swallowed(client, travel):
    travel()
    post = make_post()
    preview = client.post(f"/posts/{post.slug}/comments/preview", data=TYPED)
    travel(seconds=5)
    hidden = hidden_fields(preview)
    client.post(f"/posts/{post.slug}/comments", data={**TYPED, **hidden})

    again = client.post(f"/posts/{post.slug}/comments", data={**TYPED, **hidden, "body": "One thing more."})
    assert again.status_code == 200
    assert "One thing more." in again.text
    travel(seconds=5)
    kept = client.post(
        f"/posts/{post.slug}/comments", data={**TYPED, **hidden_fields(again), "body": "One thing more."}
    )

    assert kept.status_code == 303
    assert [comment.body for comment in comments()] == ["I *agree*.", "One thing more."]


@pytest.mark.parametrize("parent", ["0", "-1", "9" * 18, "9" * 19, "9" * 400, "٣", "1e3", " 1", "1; DROP TABLE post"])
def test_an_answer_to_no_comment_at_all_stands_by_itself(client, travel, parent):
    travel()

    assert comment_on(client, make_post(), travel, parent=parent).status_code == 303
    assert [comment.parent_id for comment in comments()] == [None]


@pytest.mark.parametrize("status", [CommentStatus.HELD, CommentStatus.SPAM])
def test_what_a_moderator_has_not_approved_is_not_quoted_to_whoever_guesses_its_number(client, status):
    post = make_post()
    hidden = make_comment(post, status, body="Unseen words.")

    page = client.get(f"/posts/{post.slug}/comments/new?parent={hidden.id}")

    assert page.status_code == 200
    assert "Unseen words." not in page.text


def test_a_post_that_was_withdrawn_meanwhile_takes_no_comment(client, travel):
    travel()
    post = make_post()
    preview = client.post(f"/posts/{post.slug}/comments/preview", data=TYPED)
    publishing.withdraw(post, by=None)
    travel(seconds=5)

    assert client.post(f"/posts/{post.slug}/comments", data={**TYPED, **hidden_fields(preview)}).status_code == 404
    assert comments() == []


def test_no_word_of_a_reader_or_a_title_becomes_a_header_of_the_mail(client, travel):
    travel()
    make_user("editor")
    post = make_post(title="Sea\r\nBcc: eve@example.org")
    comment_on(client, post, travel, name="Eve\r\nBcc: eve@example.org", email="eve@example.org", body="Hi\r\nBcc: x")

    (mail,) = db.session.scalars(db.select(Mail))
    message = _message(mail)
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
