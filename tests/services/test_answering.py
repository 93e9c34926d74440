"""The same question finds the same posts in the same order on SQLite and on MariaDB, whichever way is taken."""

from datetime import timedelta

import pytest

from cms import clock
from cms.db import db
from cms.services import answering, bylines, searching, suggesting
from cms.services.answering import Answer
from cms.text import questions
from tests.factories import make_author, make_post

TEXTS = {
    "flask": "An admin panel with Flask-Admin, in Python. Flaskish people like it.",
    "naive": "A naïve café in Zürich, with crème brûlée. Über den Wolken.",
    "go": "Go is a language. So is C. To be or not to be, that is it.",
    "wide": "Das Donaudampfschifffahrtsgesellschaftskapitänspatent",
    "china": "我喜欢写博客。数据库很重要。",
    "japan": "東京タワーで会いましょう",
    "thai": "สวัสดีชาวโลก ยินดีต้อนรับ",
    "arabic": "السَّلامُ عليكم، مرحبا بالعالم",
    "russian": "Привет, мир! Ёлка",
    "numbers": "Version 3.11 of 2024, issue #42 and ISO8601.",
    "quotes": 'He said "hello world" and left; world hello.',
    "odd": "under_score, C++, AT&T, foo@example.org, NEAR and OR 🎉",
    "empty": ".",
}
TAGS = {"flask": ["Web", "Deep Sea"], "go": ["Web"], "china": ["数据"], "odd": ["C++"]}
ALL = set(TEXTS)

QUESTIONS = [
    ("flask", {"flask"}),
    ("FLASK ", {"flask"}),
    ("fla", {"flask"}),
    ("fla ", set()),
    ("flask*", {"flask"}),
    ("flask-adm", {"flask"}),
    ("admin-fla", set()),
    ("python flask", {"flask"}),
    ("python zürich", set()),
    ("cafe", {"naive"}),
    ("CRÈME", {"naive"}),
    ("zurich", {"naive"}),
    ("uber ", {"naive"}),
    ("a ", {"naive", "go"}),
    ("is ", {"go"}),
    ("it ", {"flask", "go"}),
    ("c", {"go", "odd"}),
    ("so is ", {"go"}),
    ("to be or not to be", {"go"}),
    ('"to be" ', {"go"}),
    ('"be to" ', set()),
    ('"be or" not', {"go"}),
    ("on ", ALL),
    ("donaudampf", {"wide"}),
    ("博客", {"china"}),
    ("数据库", {"china"}),
    ("客", {"china"}),
    ("库博", set()),
    ("東京", {"japan"}),
    ("タワー", {"japan"}),
    ("タ", {"japan"}),
    ("สวัสดี", {"thai"}),
    ("مرحبا", {"arabic"}),
    ("السلام", {"arabic"}),
    ("елка", {"russian"}),
    ("3.11", {"numbers"}),
    ("42", {"numbers"}),
    ("2024", {"numbers"}),
    ("iso8601", {"numbers"}),
    ('"hello world"', {"quotes"}),
    ('"hello left"', set()),
    ('"hello wor', {"quotes"}),
    ('hello" world', {"quotes"}),
    ("c++", {"go", "odd"}),
    ("AT&T", {"odd"}),
    ("NEAR(c, 3)", set()),
    ("near or ", {"odd"}),
    ("+hello -world", {"quotes"}),
    ("hello NOT world", set()),
    ("tokens:hello", set()),
    ("web ", {"flask", "go"}),
    ("tag:web", {"flask", "go"}),
    ("tag:web python", {"flask"}),
    ('tag:"deep sea"', {"flask"}),
    ("tag:deep-sea", {"flask"}),
    ("tag:deep", set()),
    ("tag:数据", {"china"}),
    ("标签：web", {"flask", "go"}),
    ("tag:web tag:deep-sea", {"flask"}),
    ('author:"ada king"', {"go", "japan"}),
    ("author:ada", {"go", "japan"}),
    ("author:ada-king is ", {"go"}),
    ("author:grace tag:web", {"flask"}),
    ("king ", {"go", "japan"}),
    ("nothing at all of this", set()),
    ("🎉", set()),
    ('"', set()),
    ("* -", set()),
]


@pytest.fixture
def posts(app):
    ada, grace = make_author("Ada King").id, make_author("Grace").id
    at = clock.now() - timedelta(days=9)
    for number, (name, body) in enumerate(TEXTS.items()):
        who = ada if name in ("go", "japan") else grace
        time = at + timedelta(hours=number)
        make_post(title=f"On {name}x", body=body, tags=TAGS.get(name, []), authors=[who], at=time)
        make_post("draft", title=f"On {name}x", body=body, tags=TAGS.get(name, []), authors=[who])
    db.session.commit()  # MariaDB shows a transaction its own rows only after that


def ask(typed: str, **more) -> Answer:
    return answering.answer(questions.read(typed), **more)


def titles(found: Answer) -> list[str]:
    names = dict(db.session.execute(db.select(answering.Post.id, answering.Post.title)).all())
    return [names[one.id].removeprefix("On ").removesuffix("x") for one in found.ranked]


@pytest.mark.parametrize("way", ["by reading", "by the engine"])
def test_each_question_finds_the_same(posts, monkeypatch, way):
    # As on a site of which the sample is a small part: all words are rare but those of one post.
    if way == "by the engine":
        monkeypatch.setattr(answering, "SAMPLE", 1)

    found = {typed: titles(ask(typed)) for typed, _ in QUESTIONS}

    assert {typed: set(names) for typed, names in found.items()} == dict(QUESTIONS)
    assert all(len(names) == len(set(names)) for names in found.values())
    assert found == ORDERS | {typed: names for typed, names in found.items() if typed not in ORDERS}


def test_the_list_of_posts_finds_what_readers_find(posts):
    queries = {typed: searching.find(typed) for typed, _ in QUESTIONS}
    found = {typed: [] if query is None else db.session.scalars(query).all() for typed, query in queries.items()}

    assert {
        typed: {post.title.removeprefix("On ").removesuffix("x") for post in rows} for typed, rows in found.items()
    } == dict(QUESTIONS)


# Newer ones stand lower in TEXTS.
ORDERS = {
    "c": ["odd", "go"],
    "it ": ["go", "flask"],
    "tag:web": ["go", "flask"],
    "author:ada": ["japan", "go"],
    "on ": list(TEXTS)[::-1],
}


def order(*bodies: dict, typed: str) -> list[str]:
    """The titles found, where the first given is the newest."""
    for hours, post in enumerate(bodies):
        make_post(at=clock.now() - timedelta(hours=hours + 1), **post)
    db.session.commit()
    names = dict(db.session.execute(db.select(answering.Post.id, answering.Post.title)).all())
    return [names[one.id] for one in ask(typed).ranked]


def test_a_title_is_worth_more_than_a_tag_and_that_more_than_the_text(app):
    found = order(
        {"title": "In the text", "body": "About a lighthouse."},
        {"title": "By a tag", "tags": ["Lighthouse"]},
        {"title": "A lighthouse"},
        {"title": "Lighthouse"},
        {"title": "Lighthouses"},
        typed="lighthouse",
    )

    assert found == ["Lighthouse", "A lighthouse", "Lighthouses", "By a tag", "In the text"]


def test_words_that_stand_near_each_other_are_worth_more(app):
    far = "salt " + "nothing here " * 20 + "wind"

    found = order(
        {"title": "Far", "body": far},
        {"title": "Near", "body": "salt in the wind"},
        {"title": "Beside", "body": "salt wind"},
        typed="salt wind ",
    )

    assert found == ["Beside", "Near", "Far"]


def test_what_says_it_oftener_is_worth_more_and_of_equal_ones_the_newer(app):
    found = order(
        {"title": "New", "body": "salt"},
        {"title": "Old", "body": "salt"},
        {"title": "Often", "body": "salt, salt and salt; more salt"},
        typed="salt ",
    )

    assert found == ["Often", "New", "Old"]


@pytest.mark.parametrize("sample", [1, 500])
def test_of_very_many_the_newest_are_found_and_older_ones_from_there_on(app, monkeypatch, sample):
    monkeypatch.setattr(answering, "MOST", 3)
    monkeypatch.setattr(answering, "SAMPLE", sample)
    make_post(title="The newest", body="Without.")
    made = [make_post(title=f"Salt {n}", at=clock.now() - timedelta(hours=n + 1)).id for n in range(7)]
    db.session.commit()

    first = ask("salt")
    second = ask("salt", before=first.onward)
    third = ask("salt", before=second.onward)

    assert [[one.id for one in part.ranked] for part in (first, second, third)] == [made[:3], made[3:6], made[6:]]
    assert third.onward is None


def test_of_common_words_the_newest_posts_are_read_and_the_answer_says_so(app, monkeypatch):
    monkeypatch.setattr(answering, "WALK", 4)
    made = [
        make_post(title="Salt" if number in (1, 5) else "Sand", at=clock.now() - timedelta(hours=number + 1)).id
        for number in range(6)
    ]
    db.session.commit()

    first = ask("salt")
    second = ask("salt", before=first.onward)

    assert ([one.id for one in first.ranked], first.walked) == ([made[1]], True)
    assert ([one.id for one in second.ranked], second.onward) == ([made[5]], None)


HIDDEN = ("draft", "scheduled", "expired", "withdrawn", "trashed")


@pytest.mark.parametrize("sample", [1, 500])
def test_readers_are_answered_with_what_they_may_read_alone(app, monkeypatch, sample):
    monkeypatch.setattr(answering, "SAMPLE", sample)
    author = make_author("Eve").id
    for state in HIDDEN:
        make_post(state, title="Quokka", tags=["Secret"], authors=[author])
    make_post(title="Shown")
    db.session.commit()

    assert [ask(typed).ranked for typed in ("quokka", "tag:secret", "author:eve")] == [[], [], []]


# Did you mean ...?
def suggested(typed: str) -> str | None:
    question = questions.read(typed)
    sample = answering.sampled(answering.words_of(question))
    found = answering.answer(question, sample=sample)
    suggestion = suggesting.suggest(question, len(found.ranked), sample)
    return suggestion.typed if suggestion is not None else None


MISTYPED = [
    ("pyhton", "python"),
    ("flsk", "flask"),
    ("pyhton flsk", "python flask"),
    ("flask pyhton", "flask python"),
    ("zuerich", "zurich"),
    ("Привте", "привет"),
    ("pyhton tag:web", "python tag:web"),
    ("flask", None),
    ("xyzzyplugh", None),
    ("pyhton zuerich", None),  # both are words, but no post has both
    ("库博", None),
    ("1234", None),
    ('"pyhton flsk"', None),
]


@pytest.mark.parametrize("sample", [1, 500])
def test_a_mistyped_word_leads_to_what_was_meant(posts, monkeypatch, sample):
    monkeypatch.setattr(answering, "SAMPLE", sample)

    assert {typed: suggested(typed) for typed, _ in MISTYPED} == dict(MISTYPED)


def test_no_word_that_readers_cannot_find_is_offered(app):
    for state in HIDDEN:
        make_post(state, title="Quokka", body="A quokka.", tags=["Quokkas"])
    make_post(title="Shown", body="Nothing of that.")
    db.session.commit()

    assert [suggested(typed) for typed in ("quoka", "quokka", "quokkaa", "shown quoka")] == [None] * 4


def test_one_who_finds_little_is_offered_what_many_have(app):
    make_post(title="A pyhton and a rhino")
    for _ in range(suggesting.OFTEN):
        make_post(title="A python")
    make_post(title="A rhyno")
    db.session.commit()

    assert suggested("pyhton") == "python"
    assert suggested("python") is None
    assert suggested("rhino") is None


def test_a_renamed_author_is_found_by_the_new_name(app):
    author = make_author("Ada King")
    post = make_post(authors=[author.id])
    author.name = "Ada Lovelace"
    db.session.flush()
    searching.index_again(bylines.posts_by(author))
    db.session.commit()

    assert [one.id for one in ask("author:lovelace").ranked] == [post.id]
    assert ask("king").ranked == []
