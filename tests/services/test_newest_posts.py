"""The newest posts with all words of a question, however many have them: the same on each database."""

import pytest
from sqlalchemy import select, text

from cms.db import db
from cms.models import Post
from cms.services import newest_posts, searching
from tests.admin.many_rows import fill

OLD, NEW = 280, 20


@pytest.fixture
def posts(app, monkeypatch):
    """All have "common", and "even" or "odd" in turns. To what is tested here they are more than it reads."""
    for name, number in (("SAMPLE", 10), ("MOST_READ", NEW), ("ENOUGH", 4)):
        monkeypatch.setattr(newest_posts, name, number)
    ids = fill(Post, OLD + NEW)
    words = [f"common {'odd' if place % 2 else 'even'}" for place in range(len(ids))]
    for place in (3, OLD, OLD + 15):
        words[place] += " rare"
    words[4] += " odd"
    words[5] += " side by other side"
    searching.index_many(
        (number, searching.words_of("", [], [], "", some)) for number, some in zip(ids, words, strict=True)
    )
    db.session.commit()  # MariaDB shows a transaction its own rows only after that
    return ids


def found(posts, question, limit=100, *, seconds=10, **besides):
    """The places of the posts found, and among how many."""
    ids, among = newest_posts.with_words(question, limit, seconds=seconds, **besides)
    return [posts.index(number) for number in ids], among


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("rare", [OLD + 15, OLD, 3]),
        ("rare even ", [OLD]),
        ("even rar", [OLD]),
        ("bygone", []),
        ("common bygone", []),
        ('"side by other" common', [5]),
        ('"side other"', []),
        ("*", []),
    ],
)
def test_what_few_posts_have_is_found_however_old_it_is(posts, count_queries, question, places):
    answers = []
    statements = count_queries(lambda: answers.append(found(posts, question)))

    assert answers == [(places, None)]
    assert len(statements) <= 2


@pytest.mark.parametrize(("question", "step"), [("common", 1), ("odd ", 2), ("odd common", 2), ('"common odd"', 2)])
def test_of_what_many_posts_have_the_newest_are_found(posts, count_queries, database_kind, question, step):
    every = list(range(OLD + NEW))[::-step]
    first, many = [], []
    for limit, answers in ((5, first), (100, many)):
        assert len(count_queries(lambda limit=limit, to=answers: to.append(found(posts, question, limit)))) <= 2

    among = NEW if database_kind == "mariadb" else None
    assert first == [(every[:5], among)]
    assert many == [(every[: NEW // step] if among else every[:100], among)]


def test_what_is_found_by_other_means_stands_among_it(posts, count_queries):
    besides = select(Post.id).where(Post.id.in_([posts[1], posts[OLD]]))
    answers = []
    statements = count_queries(lambda: answers.append(found(posts, "rare", besides=besides)))

    assert answers == [([OLD + 15, OLD, 3, 1], None)]
    assert len(statements) <= 2
    assert found(posts, "*", besides=besides) == ([OLD, 1], None)


def test_a_small_site_is_read_whole(posts, monkeypatch):
    monkeypatch.setattr(newest_posts, "SAMPLE", 1000)
    monkeypatch.setattr(newest_posts, "MOST_READ", 1000)

    assert found(posts, "odd even ") == ([4], None)
    assert found(posts, "odd ", 1000) == (sorted([*range(1, OLD + NEW, 2), 4], reverse=True), None)


@pytest.mark.parametrize("question", ["odd even ", "common odd even "])
def test_common_words_that_few_posts_have_together_are_looked_for_in_the_newest(posts, database_kind, question):
    assert found(posts, question) == (([], NEW) if database_kind == "mariadb" else ([4], None))


@pytest.mark.parametrize("seconds", [0.000001, 0.0001, 0.001])
def test_where_the_server_takes_too_long_the_newest_are_read_and_nothing_else_suffers(posts, database_kind, seconds):
    for _ in range(5):
        answer = found(posts, "rare", seconds=seconds)
        assert answer in (([OLD + 15, OLD, 3], None), ([OLD + 15, OLD], NEW))
        assert db.session.scalar(text("SELECT COUNT(*) FROM post_search")) == len(posts)


@pytest.mark.parametrize("question", ["rare", "common", "odd even ", "bygone"])
def test_no_question_reads_all_posts(posts, database_kind, question):
    if database_kind != "mariadb":
        pytest.skip("SQLite goes by its own index of words alone.")

    def read():
        rows = db.session.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
        return sum(int(number) for _, number in rows)

    before = read()
    found(posts, question)

    assert read() - before < 4 * NEW
