"""Numbers in the menu: what waits for whoever looks."""

import re

import pytest

from cms.db import db
from cms.models import CommentStatus, Mail, MailStatus
from tests.factories import make_comment, make_post, make_user
from tests.signing_in import signed_in


def numbers(client):
    """What stands beside the places of the menu."""
    menu = re.search(r'<nav aria-label="Admin">.*?</nav>', client.get("/admin/tag/").text, re.DOTALL)
    return (
        re.findall(r'>(\w+) <span class="side-count">(\S+?)<span class="unseen"> (\w+)</span>', menu[0]) if menu else []
    )


def hold(number):
    post = make_post()
    for _ in range(number):
        make_comment(post, status=CommentStatus.HELD)


def fail_a_mail():
    db.session.add(Mail(recipient="a@example.org", subject="Hello", text="Words.", status=MailStatus.FAILED))


def test_nothing_waits_and_nothing_is_said(client):
    make_comment(make_post())
    signed_in(client, make_user("admin"))

    assert numbers(client) == []


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", [("Comments", "2", "held"), ("Outbox", "1", "failed")]),
        ("editor", [("Comments", "2", "held")]),
    ],
)
def test_each_is_told_what_waits_where_they_may_go(client, role, expected):
    hold(2)
    fail_a_mail()
    signed_in(client, make_user(role))

    assert numbers(client) == expected


def test_many_are_told_as_many(client):
    hold(101)
    signed_in(client, make_user("editor"))

    assert numbers(client) == [("Comments", "99+", "held")]


def test_a_page_asks_once_and_who_may_see_neither_asks_nothing(client, count_queries):
    hold(1)
    asked = {}
    for role in ("admin", "contributor"):
        signed_in(client, make_user(role))
        asked[role] = [one for one in count_queries(lambda: client.get("/admin/post/")) if "FROM comment" in one]

    assert [len(asked[role]) for role in ("admin", "contributor")] == [1, 0]
