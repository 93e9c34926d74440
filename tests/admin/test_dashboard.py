"""The first page of the admin."""

import re
import shutil
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from cms import clock
from cms.db import db
from cms.models import CommentStatus, Job, JobStatus, Mail, MailStatus
from cms.services import overview, revising
from tests.factories import make_comment, make_page, make_post, make_user
from tests.signing_in import signed_in


def counts(client):
    page = client.get("/admin/").text
    found = re.findall(r'<a[^>]* href="([^"]+)"><strong>(.*?)</strong> (.*?)</a>', page)
    return {words: (number, address) for address, number, words in found}


def test_it_counts_what_waits_and_leads_there(client):
    make_post("draft")
    make_post("draft")
    make_post("scheduled")
    post = make_post()
    revising.save(post, {"title": "Changed"}, by=None)
    make_comment(post, CommentStatus.HELD)
    signed_in(client, make_user("editor"))

    assert counts(client) == {
        "Drafts": ("2", "/admin/post/?state=draft"),
        "Scheduled": ("1", "/admin/post/?state=scheduled"),
        "Changes waiting": ("1", "/admin/post/?changes=waiting"),
        "Comments held": ("1", "/admin/comment/?status=held"),
    }


def test_an_author_sees_the_numbers_of_their_own_posts_alone(client):
    author = make_user("author")
    make_post("draft", by=author)
    make_post("draft")
    signed_in(client, author)

    shown = counts(client)

    assert shown["Drafts"][0] == "1"
    assert "Comments held" not in shown


def test_who_has_written_nothing_is_invited_to_begin(client):
    signed_in(client, make_user("author"))

    page = client.get("/admin/").text

    assert "Write your first post" in page
    assert counts(client) == {}


def days(client):
    """What the calendar shows: for each day with something on it the titles and words."""
    page = client.get("/admin/").text
    calendar = re.search(r'<ol class="days">(.*?)</ol>', page, re.DOTALL)
    found = re.findall(
        r'<li class="(?: ?today)?">\s*<h3>(.*?)</h3>(.*?)</li>\s*(?=<li|$)', calendar[1] if calendar else "", re.DOTALL
    )
    return {plain(head): plain(rest) for head, rest in found}


def plain(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html)).strip()


def test_the_calendar_shows_two_weeks_in_the_persons_own_zone(client, travel):
    travel(to=datetime(2026, 11, 24, 22, 30, tzinfo=UTC))
    editor = make_user("editor", time_zone="Europe/Berlin")
    make_post("scheduled", at=clock.now() + timedelta(hours=1), title="Tonight here, tomorrow there")
    make_page("scheduled", at=clock.now() + timedelta(days=3), title="A page")
    make_post("scheduled", at=clock.now() + timedelta(days=15), title="Too far off")
    make_post("draft", title="A draft")
    make_post(title="For a while", unpublish_at=clock.now() + timedelta(days=2))
    signed_in(client, editor)

    assert days(client) == {
        "Wed 25 Nov": "Tonight here, tomorrow there out at 00:30",
        "Thu 26 Nov": "For a while off at 23:30",
        "Fri 27 Nov": "A page out at 23:30",
    }


def test_an_author_sees_their_own_posts_alone_in_the_calendar(client):
    author = make_user("author")
    make_post("scheduled", title="Of somebody else")
    signed_in(client, author)

    assert days(client) == {}
    assert "Goes out next" not in client.get("/admin/").text


def test_an_admin_is_told_what_went_wrong_and_an_editor_is_not(client):
    make_post()
    an_hour_ago = clock.now() - timedelta(hours=1)
    db.session.add_all(
        [
            Mail(recipient="a@example.org", subject="Hello", text="", status=MailStatus.FAILED),
            Job(kind="mail", status=JobStatus.FAILED),
            Job(kind="mail", run_at=an_hour_ago),
            Job(kind="mail", status=JobStatus.RUNNING, run_at=an_hour_ago, taken_until=an_hour_ago),
        ]
    )
    signed_in(client, make_user("admin"))

    page = client.get("/admin/").text

    assert [plain(note) for note in re.findall(r'<p class="note note-error">(.*?)</p>', page, re.DOTALL)] == [
        "2 tasks should have been done 15 minutes ago. "
        "No worker seems to run: start the site again, or run flask tick.",
        "1 mail could not be sent. The outbox says why.",
        "1 task failed for good. The log says why.",
    ]
    assert 'href="/admin/mail/?status=failed"' in page
    signed_in(client, make_user("editor"))
    assert "could not be sent" not in client.get("/admin/").text


def test_nothing_is_said_to_be_wrong_where_nothing_is(client):
    db.session.add(Job(kind="mail", run_at=clock.now() - timedelta(minutes=1)))
    db.session.add(Job(kind="mail", run_at=clock.now() + timedelta(days=1)))
    signed_in(client, make_user("admin"))

    assert "What went wrong" not in client.get("/admin/").text


def test_a_disk_that_is_nearly_full_is_told(app, monkeypatch):
    usage = shutil.disk_usage(app.instance_path)
    monkeypatch.setattr(overview, "LEAST_FREE_BYTES", usage.free + 10**9)

    (trouble,) = overview.troubles()

    assert trouble.what.startswith("The disk is nearly full: ")


def test_a_structure_that_this_release_does_not_know_is_told(app):
    before = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.execute(text("UPDATE alembic_version SET version_num = 'tomorrow'"))
    db.session.commit()
    try:
        (trouble,) = overview.troubles()
    finally:
        db.session.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})
        db.session.commit()

    assert trouble.what == "The database is not at this release’s structure."
    assert trouble.advice == "The schema is newer than this code."


def test_the_log_and_the_numbers_by_week_are_for_those_who_may_read_them(client, travel):
    travel(to=datetime(2026, 11, 25, 12, tzinfo=UTC))
    for weeks in (0, 1, 1, 11, 12):
        post = make_post(at=clock.now() - timedelta(weeks=weeks))
    make_comment(post)
    make_comment(post, CommentStatus.SPAM)
    admin = make_user("admin", name="Ada")
    signed_in(client, admin)

    page = client.get("/admin/").text

    numbers = {
        title: [int(number) for number in re.findall(r"<td>(\d+)</td></tr>", rest)]
        for title, rest in re.findall(r"<h2>([\w ]+) by week</h2>(.*?)</section>", page, re.DOTALL)
    }
    assert numbers == {
        "Posts published": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1],
        "Comments": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    }
    assert "Who did what" in page
    signed_in(client, make_user("author"))
    page = client.get("/admin/").text
    assert "by week" not in page
    assert "Who did what" not in page


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(client, count_queries):
    signed_in(client, make_user("admin"))
    counts = []
    for many in (3, 30):
        for _ in range(many):
            make_post("scheduled")
            make_comment(make_post())
        client.get("/admin/")
        counts.append(len(count_queries(lambda: client.get("/admin/"))))

    assert counts[0] == counts[1] <= 20
