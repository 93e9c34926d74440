"""Comments as readers meet them: threads, permalinks, who is marked."""

import re
from html.parser import HTMLParser

import pytest

from cms.db import db
from cms.models import CommentStatus
from cms.public import threads
from cms.services import moderating
from tests.factories import make_comment, make_post, make_user
from tests.public.test_comments import comment_on
from tests.public.test_queries import MOST


class Levels(HTMLParser):
    """How many lists deep each comment stands."""

    def __init__(self, text):
        super().__init__()
        self.depth, self.found = 0, {}
        self.feed(text.partition('id="comments"')[2])

    def handle_starttag(self, tag, attrs):
        self.depth += tag == "ol"
        if tag == "article":
            self.found[int(dict(attrs)["id"].removeprefix("comment-"))] = self.depth

    def handle_endtag(self, tag):
        self.depth -= tag == "ol"


def chain(post, length):
    """Comments that each answer the one before."""
    comments = []
    for number in range(length):
        above = comments[-1].id if comments else None
        comments.append(make_comment(post, name=f"Reader {number}", parent_id=above))
    return comments


def test_answers_stand_three_levels_deep_and_side_by_side_from_there_on(client):
    post = make_post()
    comments = chain(post, 7)

    text = client.get(f"/posts/{post.slug}").text

    assert list(Levels(text).found.values()) == [1, 2, 3, 3, 3, 3, 3]
    assert list(Levels(text).found) == [comment.id for comment in comments]
    said = re.findall(r'class="answers-to" href="([^"]+)"[^>]*>in answer to <bdi>([^<]+)</bdi>', text)
    assert said == [(f"/posts/{post.slug}/comments/{comment.id}", comment.name) for comment in comments[2:6]]


def test_the_oldest_answer_stands_first_on_each_level(client):
    post = make_post()
    root = make_comment(post)
    first, second = make_comment(post, parent_id=root.id), make_comment(post, parent_id=root.id)
    late = make_comment(post, parent_id=first.id)

    assert list(Levels(client.get(f"/posts/{post.slug}").text).found) == [root.id, first.id, late.id, second.id]


@pytest.mark.parametrize("count", [0, 1, 60])
def test_a_post_costs_five_queries_whatever_is_said_below_it(client, count_queries, count):
    post = make_post(by=make_user("author"))
    chain(post, count)
    address = f"/posts/{post.slug}"
    client.get(address)

    statements = count_queries(lambda: client.get(address))

    assert len(statements) <= MOST, statements
    assert not [
        one
        for one in statements
        if "FROM user" in one or "JOIN user" in one or "spam_reasons" in one or "lesson" in one
    ]


def test_a_permalink_leads_to_the_page_that_a_comment_is_on(client, count_queries):
    post = make_post()
    comments = [make_comment(post) for _ in range(405)]
    answer = make_comment(post, parent_id=comments[0].id, name="Late")

    for comment, others in ((comments[0], 0), (comments[199], 0), (comments[200], 1), (comments[404], 2)):
        address = client.get(f"/posts/{post.slug}/comments/{comment.id}").headers["Location"]
        page = client.get(address).text
        assert address.endswith(f"#comment-{comment.id}")
        assert f'id="comment-{comment.id}"' in page
        assert len(re.findall('<article class="comment" id=', page)) in (200, 6)
        assert ("after=" in address) == bool(others)
    address = client.get(f"/posts/{post.slug}/comments/{answer.id}").headers["Location"]
    assert f"in answer to <bdi>{comments[0].name}</bdi>" in client.get(address).text
    assert len(count_queries(lambda: client.get(address))) <= MOST


def test_what_is_hidden_has_no_permalink_and_is_not_named_on_a_later_page(client):
    post, other = make_post(), make_post()
    hidden = make_comment(post, name="Hidden one")
    comments = [make_comment(post) for _ in range(200)]
    late = make_comment(post, parent_id=hidden.id)
    hidden.hold()

    assert client.get(f"/posts/{post.slug}/comments/{hidden.id}").status_code == 404
    assert client.get(f"/posts/{other.slug}/comments/{comments[0].id}").status_code == 404
    assert client.get(f"/posts/{post.slug}/comments/{10**18}").status_code == 404
    assert client.get(f"/posts/{post.slug}/comments/{10**30}").status_code == 404
    address = client.get(f"/posts/{post.slug}/comments/{late.id}").headers["Location"]
    assert "Hidden one" not in client.get(address).text


def test_whoever_writes_the_two_hundred_and_first_comment_is_led_to_it(client, travel):
    travel()
    post = make_post()
    for _ in range(200):
        make_comment(post, email="grace@example.org")

    address = comment_on(client, post, travel).headers["Location"]

    assert "after=" in address
    assert "I <em>agree</em>." in client.get(address).text


def test_an_answer_from_the_admin_is_marked_and_its_name_is_the_byline(client):
    user = make_user("author", name="Ada Account")
    post = make_post(by=user)
    user.author.name = "A. Lovelace"
    comment = make_comment(post)
    user.roles = make_user("editor").roles
    moderating.answer(comment, "Indeed.", by=user)

    text = client.get(f"/posts/{post.slug}").text

    assert re.findall(r'dir="auto">([^<]+)</span>\s*<span class="badge">([^<]+)<', text) == [("A. Lovelace", "Author")]
    assert "Ada Account" not in text
    assert user.email not in text


def test_a_reader_who_takes_the_name_of_the_author_is_not_marked(client, travel):
    travel()
    user = make_user("author", email="author@example.org")
    post = make_post(by=user)
    comment_on(client, post, travel, name=user.author.name, email="author@example.org")
    (comment,) = db.session.scalars(db.select(moderating.Comment))
    comment.approve()

    assert 'class="badge"' not in client.get(f"/posts/{post.slug}").text


def test_threads_of_what_answers_something_hidden_stand_by_themselves(app):
    post = make_post()
    held = make_comment(post, CommentStatus.HELD)
    orphan = make_comment(post, parent_id=held.id)
    below = make_comment(post, parent_id=orphan.id)

    (thread,) = threads.of([orphan, below])

    assert (thread.level, thread.answers_to, thread.answers[0].comment) == (1, None, below)
