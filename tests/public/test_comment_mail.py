"""Mail on answers: asked for, confirmed, told once, ended with one click, and nothing to strangers."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from cms import clock
from cms.db import db
from cms.models import Comment, CommentStatus, CommentSubscription, Mail
from cms.services import erasing, jobs, moderating, publishing, settings, subscribing
from cms.services.mailing import _message
from tests.factories import make_comment, make_post, make_user
from tests.public.test_comments import TYPED, comment_on

BOX = 'name="wants_mail"'


@pytest.fixture
def sending(app, monkeypatch):
    """A site that can send: its mails wait for a worker."""
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:9")
    settings.change({"moderation": "none", "notify_moderators": False}, by=None)
    return app


def mails():
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def subscriptions():
    return list(db.session.scalars(select(CommentSubscription)))


def link(mail, number=0):
    return re.findall(r"https?://[^/]+(/comments/mail/\S+)", mail.text)[number]


def due(travel):
    """What is to be told by now is written; no mail leaves."""
    travel(minutes=10)
    for job in db.session.scalars(db.select(jobs.Job).where(jobs.Job.kind == "tell_of_answer")):
        if job.run_at <= clock.now():
            subscribing.tell_of_answer(jobs.Task(job.id, job.payload, 1, ""))
    db.session.expire_all()


def asked(client, travel, post=None, **words):
    """Somebody who wants mail; their comment, and the mail to confirm it."""
    travel()
    post = post or make_post(title="Sea")
    comment_on(client, post, travel, wants_mail="yes", **words)
    comment = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    return post, comment


def confirmed(client, travel):
    post, comment = asked(client, travel)
    client.post(link(mails()[0]))
    return post, comment


def test_the_box_is_offered_only_where_mail_can_leave(app, client, monkeypatch):
    post = make_post()
    assert BOX not in client.get(f"/posts/{post.slug}").text

    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:9")
    page = client.get(f"/posts/{post.slug}").text
    assert BOX in page
    assert "checked" not in page.partition(BOX)[2].partition(">")[0]
    settings.change({"reply_mail": False}, by=None)

    assert BOX not in client.get(f"/posts/{post.slug}").text


def test_without_an_address_there_is_no_mail_to_ask_for(sending, client):
    post = make_post()

    answer = client.post(f"/posts/{post.slug}/comments/preview", data={**TYPED, "email": "", "wants_mail": "yes"})

    assert answer.status_code == 422
    assert "Give an address for the mail about answers" in answer.text
    assert "checked" in answer.text.partition(BOX)[2].partition(">")[0]


def test_who_asks_for_nothing_gets_nothing(sending, client, travel):
    travel()
    comment_on(client, make_post(), travel)

    assert (mails(), subscriptions()) == ([], [])


def test_from_the_wish_to_the_mail_to_the_end_of_it(sending, client, travel):
    post, comment = asked(client, travel)
    (ask,) = mails()
    assert ask.recipient == "grace@example.org"
    assert "Sea" in ask.text
    assert "agree" not in ask.text
    assert "Grace" not in ask.text + ask.subject

    page = client.get(link(ask))
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert "grace@example.org" not in page.text
    assert subscriptions()[0].confirmed_at is None  # looking confirms nothing
    assert "Confirmed." in client.post(link(ask)).text
    again = client.get(link(ask)).text
    assert ("Confirmed." in again, again.count("<button")) == (True, 0)
    comment_on(client, post, travel, name="Bob", email="", body="Me too.", parent=str(comment.id))
    assert len(mails()) == 1  # it can still be changed
    due(travel)

    told = mails()[1]
    answer = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    assert told.recipient == "grace@example.org"
    assert told.subject == "Bob answered you: Sea"
    assert "Me too." in told.text
    assert f"/posts/sea/comments/{answer.id}" in told.text
    assert "grace@" not in told.text
    stop = link(told)
    assert client.get(stop).text.count("<button") == 1
    assert len(subscriptions()) == 1  # looking ends nothing
    ended = client.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert (ended.status_code, "No more mail comes" in ended.text) == (200, True)
    assert subscriptions() == []
    assert client.post(stop).status_code == 200
    assert "This is over" in client.get(stop).text
    assert "This is over" in client.post(link(ask)).text
    comment_on(client, post, travel, name="Bob", email="", body="And again.", parent=str(comment.id))
    due(travel)
    assert len(mails()) == 2


LONG = "https://a-site-whose-name-is-so-long-that-no-line-of-a-header-has-room-for-it.example.org"


@pytest.mark.parametrize(("url", "one_click"), [(LONG, True), ("http://localhost", False)])
def test_the_mail_carries_the_headers_of_one_click(sending, client, travel, monkeypatch, url, one_click):
    monkeypatch.setitem(sending.config, "SITE_URL", url)
    _post, comment = confirmed(client, travel)
    moderating.answer(comment, "Indeed.", by=make_user("editor", name="Ed"))
    due(travel)

    ask, told = (_message(mail) for mail in mails())

    assert ask["List-Unsubscribe"] is None
    assert told["List-Unsubscribe"] == f"<{url}{link(mails()[1])}>"
    assert f"\nList-Unsubscribe: <{url}{link(mails()[1])}>\n" in told.as_bytes().decode()
    assert told["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if one_click else None)


def test_what_waits_for_a_moderator_asks_and_tells_nobody_until_it_is_approved(sending, client, travel):
    settings.change({"moderation": "all"}, by=None)
    post, comment = asked(client, travel)
    assert mails() == []
    moderating.approve(comment, by=make_user("editor"))
    client.post(link(mails()[0]))
    comment_on(client, post, travel, name="Bob", email="", body="Me too.", parent=str(comment.id))
    due(travel)
    assert len(mails()) == 1
    answer = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()

    for act in (moderating.approve, moderating.hold, moderating.approve):
        act(answer, by=make_user("editor"))
    db.session.flush()
    due(travel)

    assert [mail.subject for mail in mails()] == ["Mail about answers: please confirm", "Bob answered you: Sea"]


def test_nothing_is_told_of_what_was_taken_back_or_of_what_one_says_oneself(sending, client, travel):
    post, comment = confirmed(client, travel)
    comment_on(client, post, travel, body="I meant to add this.", parent=str(comment.id))
    comment_on(client, post, travel, name="Bob", email="", body="Hasty.", parent=str(comment.id))
    hasty = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    hasty.trash()
    due(travel)

    assert len(mails()) == 1


def test_nothing_is_told_of_a_post_that_is_gone(sending, client, travel):
    post, comment = confirmed(client, travel)
    comment_on(client, post, travel, name="Bob", email="", body="Me too.", parent=str(comment.id))
    publishing.withdraw(post, by=None)
    due(travel)

    assert len(mails()) == 1
    assert "/posts/sea" not in client.get(link(mails()[0])).text


def test_nobody_has_a_stranger_written_to_again_and_again(sending, client, travel):
    travel()
    settings.change({"comments_per_hour": 100}, by=None)
    post = make_post()
    for number in range(6):
        comment_on(client, post, travel, wants_mail="yes", body=f"Said {number}.")
    assert len(mails()) == subscribing.MOST_ASKED

    travel(days=1, minutes=1)
    comment_on(client, post, travel, wants_mail="yes", body="The next day.")

    assert len(mails()) == subscribing.MOST_ASKED + 1


def test_what_nobody_confirmed_is_forgotten(sending, client, travel):
    asked(client, travel)
    travel(to=clock.now() + subscribing.UNCONFIRMED + timedelta(days=1))

    asked(client, travel, email="other@example.org")

    assert [one.email for one in subscriptions()] == ["other@example.org"]


@pytest.mark.parametrize("token", ["x", "日本語", "W10.x", "." * 3000])
def test_a_made_up_link_is_nothing(client, token):
    assert client.get(f"/comments/mail/{token}").status_code == 404
    assert client.post(f"/comments/mail/{token}").status_code == 404


def test_the_link_to_confirm_ends_nothing_and_none_fits_another_comment(sending, client, travel):
    confirmed(client, travel)
    (mine,) = subscriptions()
    confirming = subscribing.token_for(subscribing.CONFIRM, mine)
    client.post(f"/comments/mail/{confirming}")
    assert len(subscriptions()) == 1
    for value in ([], ["stop"], ["stop", "1"], ["other", mine.id], ["stop", None], {"a": 1}, 5):
        forged = subscribing._serializer().dumps(value)
        assert client.post(f"/comments/mail/{forged}").status_code == 404, value

    assert len(subscriptions()) == 1


def test_mail_speaks_the_language_of_the_site(sending, client, travel):
    settings.change({"language": "zh-CN"}, by=None)
    _post, comment = confirmed(client, travel)
    moderating.answer(comment, "是的。", by=make_user("editor", name="王小雨"))
    due(travel)

    for mail in mails():
        assert re.search("[\u4e00-\u9fff]{4}", mail.subject)
        assert re.search("[\u4e00-\u9fff]{4}", mail.text)


def test_erasing_somebody_ends_their_mail_and_takes_mail_about_them_away(sending, client, travel):
    post, comment = confirmed(client, travel)
    comment_on(client, post, travel, name="Bob", email="bob@example.org", body="Me too.", parent=str(comment.id))
    due(travel)
    assert len(mails()) == 2

    erasing.erase(erasing.look_up("bob@example.org"))
    assert [mail.subject for mail in mails()] == ["Mail about answers: please confirm"]
    assert erasing.look_up("grace@example.org").counts()["subscription"] == 1
    erasing.erase(erasing.look_up("grace@example.org"))

    assert (subscriptions(), mails()) == ([], [])


def test_one_answer_is_told_once_by_two_workers(sending, client, travel):
    post, comment = confirmed(client, travel)
    answer = make_comment(post, CommentStatus.APPROVED, name="Bob", parent_id=comment.id)
    db.session.commit()

    for _ in range(2):
        subscribing.tell_of_answer(jobs.Task(1, {"comment": answer.id}, 1, ""))

    assert len(mails()) == 2
