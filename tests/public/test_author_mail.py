"""Mail to authors of new comments: once each, of what readers see, to nobody who knows it already."""

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import Comment, Job, Mail
from cms.services import bylines, erasing, jobs, moderating, publishing, settings, telling_authors
from tests.factories import make_author, make_comment, make_post, make_user
from tests.public.test_comments import comment_on


@pytest.fixture(autouse=True)
def unmoderated(app):
    settings.change({"moderation": "none", "notify_moderators": False}, by=None)


@pytest.fixture
def ada():
    return make_user("author", name="Ada", email="ada@example.org")


def said(client, travel, post, **words):
    """A reader's comment, from the form."""
    travel()
    comment_on(client, post, travel, **words)
    return db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()


def told(travel, **time):
    """The mails that authors have by now."""
    travel(**(time or {"minutes": 10}))
    db.session.commit()
    jobs.run_due()
    db.session.expire_all()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_the_author_is_told_of_what_readers_see_once_it_stays(client, travel, ada):
    post = make_post(title="Sea", by=ada)
    comment = said(client, travel, post, body="Me too.")

    assert told(travel, minutes=1) == []  # it can still be changed
    (mail,) = told(travel)

    assert mail.recipient == "ada@example.org"
    assert mail.subject == "A comment on your post: Sea"
    assert mail.text.startswith("Grace wrote under “Sea”:\n\nMe too.\n")
    assert f"/posts/sea/comments/{comment.id}\n" in mail.text
    assert f"/admin/own_comment/answer/?id={comment.id}\n" in mail.text
    assert "grace@" not in mail.text
    assert len(told(travel)) == 1


def test_a_held_comment_is_told_of_when_somebody_approves_it_and_not_again(client, travel, ada):
    settings.change({"moderation": "all"}, by=None)
    moderator = make_user("editor")
    comment = said(client, travel, make_post(by=ada))
    assert told(travel) == []

    moderating.approve(comment, by=moderator)
    assert [mail.recipient for mail in told(travel)] == ["ada@example.org"]
    moderating.hold(comment, by=moderator)
    moderating.approve(comment, by=moderator)

    assert len(told(travel)) == 1


def test_nobody_is_told_of_what_they_said_or_approved_themselves(client, travel):
    ada = make_user("admin", email="ada@example.org")
    post = make_post(by=ada)
    held = make_comment(post)
    held.hold()
    moderating.approve(held, by=ada)
    moderating.answer(held, "Thank you.", by=ada)
    said(client, travel, post, email="Ada@example.org")

    assert told(travel) == []


def test_what_a_colleague_answers_is_told(travel, ada):
    comment = make_comment(make_post(title="Sea", by=ada))
    moderating.answer(comment, "We see to it.", by=make_user("editor", name="Eve"))

    (mail,) = told(travel)

    assert mail.text.startswith("Eve wrote under “Sea”:\n\nWe see to it.\n")


@pytest.mark.parametrize("change", ["hidden", "spam", "withdrawn", "switched off", "deactivated"])
def test_what_is_seen_no_longer_or_unwanted_is_not_told(client, travel, ada, change):
    post = make_post(by=ada)
    comment = said(client, travel, post)
    if change == "switched off":
        settings.change({"notify_authors": False}, by=None)
    elif change == "hidden":
        moderating.trash(comment, by=None)
    elif change == "spam":
        moderating.spam(comment, by=None)
    elif change == "withdrawn":
        publishing.withdraw(post, by=None)
    elif change == "deactivated":
        ada.active = False

    assert told(travel) == []


def test_all_of_the_byline_are_told_each_in_their_language_and_else_whoever_made_it(client, travel, ada):
    bea = make_user("author", email="bea@example.org", language="zh-Hans")
    editor = make_user("editor", email="editor@example.org")
    shared = [bylines.of(ada).id, bylines.of(bea).id]
    said(client, travel, make_post(title="Sea", by=editor, authors=shared))

    ours, theirs = told(travel)

    assert (ours.recipient, theirs.recipient) == ("ada@example.org", "bea@example.org")
    assert (ours.subject, theirs.subject) == ("A comment on your post: Sea", "您的文章有新评论：Sea")

    said(client, travel, make_post(by=editor, authors=[make_author().id]))  # a guest's, who has no account

    assert told(travel)[-1].recipient == "editor@example.org"


def test_who_may_not_answer_is_not_asked_to(client, travel):
    said(client, travel, make_post(by=make_user("contributor")))

    (mail,) = told(travel)

    assert "Answer it" not in mail.text
    assert "/admin/" not in mail.text


def test_a_job_that_runs_twice_tells_once(client, travel, ada):
    said(client, travel, make_post(by=ada))
    assert len(told(travel)) == 1
    job = db.session.scalars(select(Job).filter_by(kind="tell_authors")).one()
    job.taken_by = "us"  # its worker died after the mail was written
    db.session.commit()

    telling_authors.tell_authors(jobs.Task(job.id, job.payload, 2, "us"))

    assert len(told(travel)) == 1


def test_the_mail_goes_with_whoever_wrote_the_comment(client, travel, ada):
    said(client, travel, make_post(by=ada))
    assert len(told(travel)) == 1

    erasing.erase(erasing.look_up("grace@example.org"))

    assert told(travel) == []
