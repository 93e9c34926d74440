import signal
import subprocess
import sys

import pytest
from sqlalchemy import select, text

from cms.db import db
from cms.models import Job, Post
from cms.services import answering, jobs, rebuilding, search_words, searching
from cms.text import questions
from tests.conftest import make_app
from tests.factories import make_author, make_post

# Takes its own life in the third chunk, before that is committed.
KILLED = """
import os, signal, sys
from cms import create_app
from cms.config import Settings
from cms.services import rebuilding, search_words
reach, done = search_words.reach, []
def die(post_id):
    reach(post_id)
    done.append(post_id)
    if len(done) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
search_words.reach, rebuilding.CHUNK = die, 2
app = create_app(Settings.for_tests(sys.argv[1], DATABASE_URL=sys.argv[2]))
with app.app_context():
    list(rebuilding.rebuild())
"""


def found(word: str) -> list[int]:
    db.session.commit()  # MariaDB finds words once they are committed
    return sorted(one.id for one in answering.answer(questions.read(word)).ranked)


def lose_index() -> None:
    db.session.execute(text("DELETE FROM post_search"))
    db.session.execute(text("DELETE FROM post_search_word"))
    db.session.commit()


def words() -> set[str]:
    return set(db.session.scalars(select(search_words.WORD.c.word)))


def test_a_rebuild_finds_every_post_again(app):
    post = make_post(title="Lighthouse", tags=["Coast"], authors=[make_author("Ada King").id])
    draft = make_post("draft", title="Unseen")
    lose_index()

    assert list(rebuilding.rebuild()) == [2]

    assert [found(word) for word in ("lighthouse", "tag:coast", "author:ada", "unseen")] == [[post.id]] * 3 + [[]]
    assert list(db.session.scalars(searching.find("unseen", posts=select(Post)))) == [draft]
    assert {"xxlighthouse", "xxcoast", "xxunseen"} <= words()


def test_a_rebuild_that_was_killed_goes_on_where_it_was(own_database, tmp_path, monkeypatch):
    app = make_app(tmp_path, own_database)
    with app.app_context():
        made = [make_post(title=f"Lighthouse {number}").id for number in range(9)]
        lose_index()
        db.session.remove()
        db.engine.dispose()

        ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(db.engine.url)], capture_output=True)

        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        assert found("lighthouse") == made[:4]
        assert rebuilding.left() == (5, made[3])
        monkeypatch.setattr(rebuilding, "CHUNK", 2)
        assert list(rebuilding.rebuild()) == [2, 2, 1]
        assert found("lighthouse") == made
        assert search_words.is_of_this_form()
        db.session.remove()
        db.engine.dispose()


def test_what_is_saved_while_a_rebuild_is_under_way_is_found_by_what_it_says_now(app, monkeypatch):
    monkeypatch.setattr(rebuilding, "CHUNK", 1)
    first, second = make_post(title="First"), make_post(title="Second")
    lose_index()
    work = rebuilding.rebuild()
    next(work)

    third = make_post(title="Third")
    for post in (first, second):
        post.title = f"Changed {post.title}"
        db.session.flush()
        searching.index(post)
    db.session.commit()

    assert list(work) == [1, 1]
    assert found("changed") == [first.id, second.id]
    assert found("third") == [third.id]


def test_two_rebuilds_share_the_work(app, monkeypatch):
    monkeypatch.setattr(rebuilding, "CHUNK", 1)
    made = [make_post(title=f"Lighthouse {number}").id for number in range(4)]
    lose_index()
    one, other = rebuilding.rebuild(), rebuilding.rebuild()

    done = [next(one), next(other), next(one), *other, *one]

    assert done == [1] * 4
    assert found("lighthouse") == made


def test_a_rebuild_forgets_words_and_posts_that_are_gone(app):
    make_post(title="Lighthouse")
    search_words.learn(["xxgone"])
    if searching.is_sqlite():  # a foreign key keeps MariaDB's index from having any
        searching.index_many([(10**6, " xxgone ")])
    db.session.commit()

    list(rebuilding.rebuild())

    assert "xxgone" not in words()
    assert "xxlighthouse" in words()
    assert db.session.scalar(text("SELECT COUNT(*) FROM post_search")) == 1


def test_anew_begins_at_the_first_post(app, monkeypatch):
    monkeypatch.setattr(rebuilding, "CHUNK", 1)
    for _ in range(3):
        make_post()
    db.session.commit()
    next(rebuilding.rebuild())

    assert rebuilding.left()[0] == 2
    assert len(list(rebuilding.rebuild(anew=True))) == 3


def test_an_index_of_an_older_release_is_written_anew_by_a_job(app, monkeypatch):
    post = make_post(title="Lighthouse")
    db.session.commit()
    assert rebuilding.where_needed() == 0
    assert rebuilding.where_needed() == 0
    assert [job.kind for job in db.session.scalars(select(Job))] == [rebuilding.KIND]
    searching.index_many([(post.id, " xxold ")])
    db.session.commit()

    assert jobs.run_due() == 1

    assert found("lighthouse") == [post.id]
    assert search_words.is_of_this_form()
    assert rebuilding.where_needed() == 0
    assert jobs.run_due() == 0


def test_a_long_rebuild_gives_other_jobs_their_turn(app, monkeypatch):
    monkeypatch.setattr(rebuilding, "CHUNK", 1)
    monkeypatch.setattr(rebuilding, "TURN_SECONDS", -1)
    made = [make_post(title="Lighthouse").id for _ in range(3)]
    db.session.commit()
    rebuilding.where_needed()

    turns = 0
    while jobs.run_due(1):
        turns += 1

    assert turns == 4
    assert found("lighthouse") == made
    assert search_words.is_of_this_form()


def test_a_new_site_needs_no_rebuild(app):
    rebuilding.where_needed()
    make_post(title="Lighthouse")
    db.session.commit()

    assert rebuilding.where_needed() == 0
    assert db.session.scalars(select(Job)).all() == []


@pytest.mark.parametrize("arguments", [[], ["--anew"]])
def test_the_command_says_what_it_did(app, arguments):
    make_post(title="Lighthouse")
    db.session.commit()

    result = app.test_cli_runner().invoke(args=["search", "rebuild", *arguments])

    assert "Indexed 1 posts." in result.output
