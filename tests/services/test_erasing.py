import json
import re

import pytest
from sqlalchemy import select, text

from cms.db import db
from cms.errors import InvalidChange
from cms.models import AuditEntry, Comment, Job, Mail, Post, User
from cms.models.comment import CommentStatus
from cms.services import accounts, erasing, mailing, moderating
from tests.factories import make_author, make_comment, make_post, make_user


@pytest.fixture
def ada(app):
    """Somebody with an account, a byline, a published post, comments, mails and acts in the log."""
    admin = make_user("admin")
    ada = make_user("author", email="ada@example.org", name="Ada Lovelace")
    author = make_author("A. Lovelace", user=ada)
    post = make_post(by=ada, title="Notes", authors=[author.id])
    make_comment(post, name="Ada L", email="ADA@example.org", website="https://ada.example.org", body="Mine.")
    held = make_comment(post, CommentStatus.HELD, name="The Countess", email="", user_id=ada.id)
    make_comment(post, name="Bob", email="bob@example.org", body="His.")
    moderating.approve(held, by=make_user("editor"))
    mailing.send("Ada@example.org", "Hello", "Text")
    mailing.send("bob@example.org", "A comment waits", "Ada L wrote under “Notes”:\n\nMine.")
    mailing.send("bob@example.org", "Hello", "Bob alone")
    for by, words in ((ada.id, []), (admin.id, ["E-mail: Ada@example.org"])):
        db.session.add(Job(kind="bulk", payload={"by": by, "list": "comment", "title": "Spam", "narrowed": words}))
    accounts.sign_out_everywhere(ada, by=ada)
    accounts.change(ada, name="Ada King", by=admin)
    accounts.sign_out_everywhere(ada, by=ada)
    db.session.commit()
    return ada


def everything_but_posts():
    """All cells of all tables as one text, without what was published with a byline."""
    found = []
    for table in db.metadata.sorted_tables:
        if table.name not in ("author", "post", "revision", "post_search"):
            rows = db.session.execute(text(f"SELECT * FROM `{table.name}`")).mappings()
            found += [json.dumps({key: str(value) for key, value in row.items()}) for row in rows]
    return "\n".join(found).lower()


@pytest.mark.parametrize("with_comments", [False, True])
def test_nothing_names_a_person_that_is_erased(ada, with_comments):
    assert "ada" in everything_but_posts()

    erasing.erase(erasing.look_up("ADA@example.org"), with_comments=with_comments)
    db.session.commit()

    left = everything_but_posts()
    # As a word: among the digits of a digest "ada" is nobody.
    assert not [word for word in ("ada", "countess", "lovelace", "king") if re.search(rf"\b{word}\b", left)]
    assert "bob@example.org" in left
    assert not any(erasing.look_up("ada@example.org").counts().values())


def test_comments_stay_without_a_name_or_go(ada):
    erasing.erase(erasing.look_up("ada@example.org"))

    said = {(comment.name, comment.body, comment.status.value) for comment in db.session.scalars(select(Comment))}
    assert ("Somebody", "Mine.", "approved") in said
    assert ("Bob", "His.", "approved") in said
    assert len(said) == 3


def test_what_was_published_stays_under_its_byline(ada):
    erasing.erase(erasing.look_up("ada@example.org"))
    db.session.expire_all()

    post = db.session.scalars(select(Post)).one()
    assert (post.is_public, [author.name for author in post.authors], post.created_by_id) == (
        True,
        ["A. Lovelace"],
        None,
    )


def test_mails_to_others_about_others_stay(ada):
    erasing.erase(erasing.look_up("ada@example.org"))

    assert [mail.text for mail in db.session.scalars(select(Mail))] == ["Bob alone"]


def test_the_log_says_that_somebody_acted_and_keeps_its_digests(ada):
    number = ada.id
    query = select(AuditEntry).where(AuditEntry.actor_id == number)
    before = {entry.id: entry.personal_digest for entry in db.session.scalars(query)}

    erasing.erase(erasing.look_up("ada@example.org"))
    db.session.expire_all()

    after = db.session.scalars(query).all()
    assert {entry.id: entry.personal_digest for entry in after} == before
    assert {entry.actor_name for entry in after} == {"somebody erased"}
    assert all(before.values())


def test_an_account_that_was_deleted_before_is_found_by_what_it_did(ada):
    accounts.delete(ada, by=None)
    db.session.commit()
    assert "king" in everything_but_posts()

    erasing.erase(erasing.look_up("ada@example.org"))
    db.session.commit()

    assert "king" not in everything_but_posts()


def test_the_last_administrator_is_not_erased(app):
    make_user("admin", email="root@example.org")
    db.session.commit()

    with pytest.raises(InvalidChange, match="Nobody could let others in"):
        erasing.erase(erasing.look_up("root@example.org"))

    db.session.rollback()
    assert db.session.scalars(User.with_email("root@example.org")).one().active
