"""What the index holds, and what it is asked; which posts each question finds is tested in test_answering.py."""

import pytest
from sqlalchemy import text

from cms.db import db
from cms.services import publishing, rebuilding, revising, searching
from tests.factories import make_post
from tests.services.test_answering import TEXTS


@pytest.fixture
def posts(app):
    made = {name: make_post(title=f"On {name}", body=body) for name, body in TEXTS.items()}
    db.session.commit()  # MariaDB shows a transaction its own rows only after that
    return made


def found(question):
    query = searching.find(question)
    return None if query is None else {post.title.removeprefix("On ") for post in db.session.scalars(query)}


@pytest.mark.parametrize("question", ["*", '" "', "🎉", "", "\x00"])
def test_what_has_no_word_asks_for_nothing(posts, question):
    assert found(question) is None


@pytest.mark.parametrize(
    "question", ['"', "a*b*", "-flask", "+(a", "NEAR(", "x" * 5000, "' OR 1=1 --", "%", "\ud800", "a" * 199]
)
def test_no_question_breaks_the_search(posts, question):
    assert found(question) in (None, set()) or found(question) <= set(TEXTS)


@pytest.mark.parametrize("state", ["draft", "scheduled", "expired", "withdrawn", "trashed"])
def test_readers_find_only_what_they_may_read(app, state):
    make_post(state, title="Hidden quokka")
    db.session.commit()

    assert found("quokka") == set()


def test_a_tag_is_found_too(app):
    make_post(title="On tags", tags=["Marsupials"])
    db.session.commit()

    assert found("marsupials") == {"tags"}


def test_what_was_changed_is_found_by_its_new_words_only(app):
    post = make_post(title="On change", body="old words")
    revising.save(post, {"body": "new words"}, by=None)
    publishing.publish(post, by=None)
    db.session.commit()

    assert (found("old"), found("new")) == (set(), {"change"})


def test_a_deleted_post_is_not_found_again(app):
    post = make_post(title="On deletion")
    db.session.commit()
    searching.forget([post.id])
    db.session.commit()

    assert found("deletion") == set()


def test_an_index_that_was_lost_is_written_anew_and_a_full_one_left_alone(app):
    for number in range(3):
        make_post(title=f"Lost {number}")
    db.session.commit()
    db.session.execute(text("DELETE FROM post_search"))
    db.session.commit()

    assert rebuilding.where_needed() == 3
    assert rebuilding.where_needed() == 0
    assert len(db.session.scalars(searching.find("lost")).all()) == 3
