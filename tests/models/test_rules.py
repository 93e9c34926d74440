"""What the database itself refuses, whoever asks: code explains, constraints guarantee."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from cms import clock
from cms.db import db
from cms.models import Job, Media, Page, Post, PostAuthor, RateLimit, Revision, SiteState
from cms.services import jobs, rate_limiting
from tests.factories import make_author, make_page, make_post


def refused(statement: str, **values: object) -> bool:
    # MariaDB reports a CHECK as OperationalError.
    try:
        with db.session.begin_nested():
            changed = db.session.execute(text(statement), values).rowcount
    except (IntegrityError, OperationalError) as error:
        return "constraint" in str(error).lower()
    assert changed, statement
    return False


def make_everything() -> None:
    make_post(authors=[make_author().id])
    make_page()
    db.session.add(
        Media(sha256="0" * 64, filename="a.png", extension="png", content_type="x", size_bytes=1, width=1, height=1)
    )
    jobs.enqueue("mail", {})
    db.session.commit()
    rate_limiting.allow("knock", "ada", most=1, seconds=60)


WRONG = [
    (SiteState, "id = 2"),
    (SiteState, "version = -1"),
    (PostAuthor, "position = -1"),
    (RateLimit, "tries = 0"),
    (Media, "size_bytes = -1"),
    (Media, "width = 0"),
    (Media, "height = NULL"),
    (Job, "attempts = -1"),
    (Job, "done_count = -1"),
    (Job, "total_count = -1"),
    (Post, "word_count = -1"),
    (Post, "version = -1"),
    (Post, "live_version = version + 1"),
    (Post, "deleted_at = '2020-01-01 00:00:00.000000'"),
    (Page, "status = 'draft'"),
    (Page, "live_version = version + 1"),
    (Revision, "version = 0"),
    (Revision, "base_version = version"),
]


@pytest.mark.parametrize(("model", "change"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_is_refused_by_the_database(app, model, change):
    make_everything()

    assert refused(f"UPDATE {model.__tablename__} SET {change}")


def test_what_can_be_is_taken(app):
    make_everything()

    for table, change in (
        ("media", "width = NULL, height = NULL, size_bytes = 0"),
        ("post", "status = 'draft', listed_at = NULL, word_count = 0"),
        ("job", "total_count = 7, done_count = 7"),
    ):
        assert not refused(f"UPDATE {table} SET {change}")


def test_a_life_through_the_verbs_never_meets_the_rules(app):
    post = make_post("draft")
    for step in (
        post.publish,
        post.trash,
        post.restore,
        post.withdraw,
        post.publish,
        lambda: post.schedule(clock.now() + timedelta(days=1)),
        post.trash,
    ):
        step()
        db.session.commit()

    assert post.is_trashed
