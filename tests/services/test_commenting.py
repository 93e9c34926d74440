"""Taking comments in: what fits, one form one comment, who may decide."""

import pytest

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.models import CommentStatus
from cms.services import commenting, moderating, settings
from cms.services.comment_words import Words, problems
from cms.services.commenting import TooManyComments
from tests.factories import make_comment, make_post, make_user

FINE = {"name": "Ada", "email": "ada@example.org", "website": "", "body": "I agree."}


def write(post, token="a", **changes):
    db.session.commit()
    return commenting.write(post, Words(**{**FINE, **changes}), address="192.0.2.1", form_token=token)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\u200b\u00a0"),
        ("name", "x" * 81),
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", f"{'x' * 250}@example.org"),
        ("website", "javascript:alert(1)"),
        ("website", "http://"),
        ("website", 'https://x.org/"onclick="'),
        ("website", "https://[x"),
        ("body", " \n "),
        ("body", "x" * 10_001),
    ],
)
def test_what_does_not_fit_is_named(app, field, value):
    words = Words(**{**FINE, field: value}).tidied()

    assert list(problems(words)) == [field]
    with pytest.raises(InvalidChange) as refused:
        write(make_post(), **{field: value})
    assert refused.value.field == field


def test_what_fits_is_tidied():
    words = Words(name="  Ada \n Lovelace ", email=" Ada@Example.ORG", website="example.org/me", body="a\r\nb\rc\x00 ")

    assert words.tidied() == Words("Ada Lovelace", "ada@example.org", "https://example.org/me", "a\nb\nc\ufffd")
    assert problems(words.tidied()) == {}


def test_one_form_gives_one_comment(app):
    post = make_post()

    first, second = write(post, "same"), write(post, "same")

    assert first.id == second.id
    assert write(post, "other").id != first.id


def test_a_comment_counts_even_when_it_is_refused_afterwards(app):
    settings.change({"comments_per_hour": 1}, by=None)
    post = make_post()
    write(post, "one")
    db.session.rollback()

    with pytest.raises(TooManyComments):
        write(post, "two")


@pytest.mark.parametrize("state", ["draft", "trashed", "scheduled", "withdrawn"])
def test_a_post_that_is_not_public_takes_none(app, state):
    with pytest.raises(NotAllowed):
        write(make_post(state))


@pytest.mark.parametrize("act", [moderating.approve, moderating.hold, moderating.spam, moderating.trash])
def test_only_moderators_decide(app, act):
    comment = make_comment(make_post(), CommentStatus.HELD)

    with pytest.raises(NotAllowed):
        act(comment, by=make_user("author"))
    act(comment, by=make_user("editor"))
