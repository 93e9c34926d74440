"""Writing, saving and publishing posts in the admin."""

import re
from datetime import UTC, datetime

import pytest

from cms.db import db
from cms.models import AuditEntry, Page, Post, Tag
from cms.services import revising, snapshots
from tests.factories import make_author, make_post, make_tag, make_user
from tests.signing_in import signed_in, submit

NEW = "/admin/post/new/"


def edit(post: Post) -> str:
    return f"/admin/post/edit/?id={post.id}"


def post_named(title: str) -> Post:
    return db.session.scalars(db.select(Post).where(Post.title == title)).one()


def test_an_editor_writes_a_draft_and_publishes_it(client):
    signed_in(client, make_user("editor"))

    saved = submit(client, NEW, {"title": "First", "body": "Some *words*.", "tags": "Flask, python", "act": "save"})
    post = post_named("First")
    assert saved.status_code == 302
    assert (post.state, [tag.name for tag in post.tags]) == ("draft", ["Flask", "python"])

    submit(client, edit(post), {"title": "First", "body": "More.", "version": post.version, "act": "publish"})
    assert post.state == "published"
    assert post.body == "More."


def test_a_saved_post_is_in_the_audit_log(client):
    editor = make_user("editor")
    signed_in(client, editor)

    submit(client, NEW, {"title": "First", "body": "Words.", "tags": "", "act": "publish"})

    actions = list(db.session.scalars(db.select(AuditEntry.action).where(AuditEntry.actor_id == editor.id)))
    assert actions == ["post.created", "post.published"]


def test_the_form_of_a_live_post_shows_the_draft_and_readers_the_old_text(client):
    post = make_post(title="Old", body="Old text.")
    signed_in(client, make_user("editor"))

    submit(client, edit(post), {"title": "New", "body": "New text.", "version": post.version, "act": "save"})

    assert post.title == "Old"
    assert post.has_draft
    page = client.get(edit(post)).text
    assert "New text." in page
    assert "Changes waiting" in page


def test_a_new_tag_is_made_once_however_it_is_spelt(client):
    make_tag("Flask")
    signed_in(client, make_user("editor"))

    tags = "FLASK, Open Source; open source\nflask,  #python "
    submit(client, NEW, {"title": "Tagged", "body": "x", "tags": tags})

    assert [tag.name for tag in post_named("Tagged").tags] == ["Flask", "Open Source", "python"]
    assert len(list(db.session.scalars(db.select(Tag)))) == 3


def test_a_tag_with_a_comma_in_it_survives_the_form(client):
    post = make_post("draft", title="Odd", tags=["Research, Design", "Plain"])
    signed_in(client, make_user("editor"))
    page = client.get(edit(post)).text
    assert 'value="&#34;Research, Design&#34;, Plain"' in page

    submit(client, edit(post), {"title": "Odd", "tags": 'Plain, "Research, Design"', "version": post.version})

    assert sorted(tag.name for tag in post.tags) == ["Plain", "Research, Design"]


def test_all_tags_can_be_taken_away(client):
    post = make_post("draft", tags=["A"])
    signed_in(client, make_user("editor"))

    submit(client, edit(post), {"title": "x", "tags": "", "version": post.version})

    assert post.tags == []


def test_a_stale_save_is_refused_and_shows_both_texts(client):
    post = make_post(title="Ours", body="As it was.")
    seen = post.version
    revising.save(post, {"body": "What the other one wrote."}, by=make_user("editor"))
    signed_in(client, make_user("editor"))

    answer = submit(client, edit(post), {"title": "Ours", "body": "What I wrote.", "version": seen})

    assert answer.status_code == 422
    assert "Somebody else saved this in the meantime." in answer.text
    assert "What the other one wrote." in answer.text
    assert "What I wrote." in answer.text
    assert snapshots.snapshot(post)["body"] == "What the other one wrote."


def test_after_a_stale_save_one_can_save_knowingly(client):
    post = make_post(title="Ours", body="As it was.")
    seen = post.version
    revising.save(post, {"body": "Theirs."}, by=make_user("editor"))
    signed_in(client, make_user("editor"))
    refused = submit(client, edit(post), {"title": "Ours", "body": "Mine.", "version": seen}).text
    version = re.search(r'name="version"[^>]*value="(\d+)"', refused)[1]

    answer = submit(client, edit(post), {"title": "Ours", "body": "Mine.", "version": version})

    assert answer.status_code == 302
    assert snapshots.snapshot(post)["body"] == "Mine."


def test_a_form_that_never_saw_a_version_is_stale(client):
    post = make_post(title="Ours")
    signed_in(client, make_user("editor"))

    for version in ("", "0", "-1", "abc", "9" * 30):
        assert submit(client, edit(post), {"title": "Other", "version": version}).status_code == 422


def test_a_time_to_come_schedules_in_the_persons_own_zone(client, travel):
    travel(to=datetime(2026, 7, 1, 12, tzinfo=UTC))
    post = make_post("draft")
    signed_in(client, make_user("editor", time_zone="Europe/Berlin"))

    data = {
        "title": "Later",
        "body": "x",
        "published_at": "2026-07-02T09:00",
        "version": post.version,
        "act": "publish",
    }
    answer = submit(client, edit(post), data)

    assert post.state == "scheduled"
    assert post.published_at == datetime(2026, 7, 2, 7, tzinfo=UTC)
    page = client.get(answer.location).text
    assert "2 Jul 2026, 09:00 CEST" in page
    assert "Europe/Berlin" in page


def test_an_untouched_time_keeps_its_seconds(client):
    at = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    post = make_post(at=at)
    signed_in(client, make_user("editor"))

    data = {"title": "New", "body": "x", "published_at": "2026-01-02T03:04", "version": post.version, "act": "publish"}
    submit(client, edit(post), data)

    assert (post.title, post.published_at) == ("New", at)


@pytest.mark.parametrize("time", ["soon", "2026-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59", "\x00"])
def test_a_time_that_is_none_is_said_beside_the_field_and_kept(client, time):
    post = make_post("draft", title="Kept")
    signed_in(client, make_user("editor"))

    answer = submit(client, edit(post), {"title": "New", "published_at": time, "version": post.version})

    assert answer.status_code == 422
    assert "Choose a day and a time" in answer.text
    assert post.title == "Kept"


def test_the_order_of_authors_is_kept(client):
    one, two, three = make_author("One"), make_author("Two"), make_author("Three")
    post = make_post("draft", authors=[one.id])
    signed_in(client, make_user("editor"))

    submit(client, edit(post), {"title": "x", "authors": ["", three.id, one.id, two.id], "version": post.version})

    assert [author.name for author in post.authors] == ["Three", "One", "Two"]


def test_an_author_who_is_gone_is_said(client):
    post = make_post("draft")
    signed_in(client, make_user("editor"))

    answer = submit(client, edit(post), {"title": "x", "authors": ["", "123456"], "version": post.version})

    assert answer.status_code == 422
    assert "not there any more" in answer.text


def test_withdrawing_and_the_trash_from_the_form(client):
    post = make_post(title="Out")
    signed_in(client, make_user("editor"))

    submit(client, edit(post), {"title": "Out", "body": "x", "version": post.version, "act": "withdraw"})
    assert post.state == "withdrawn"
    submit(client, edit(post), to=f"/admin/post/delete/?id={post.id}")
    assert post.state == "trashed"
    submit(client, edit(post), to=f"/admin/post/restore/?id={post.id}")
    assert post.state == "withdrawn"


def test_the_preview_shows_the_draft_as_clean_html(client):
    post = make_post(body="Live.")
    revising.save(post, {"body": "A *draft* <script>alert(1)</script>."}, by=None)
    signed_in(client, make_user("editor"))

    page = client.get(f"/admin/post/preview/{post.id}").text

    assert "<em>draft</em>" in page
    assert "<script>alert" not in page
    assert client.get("/admin/post/preview/99999999999999999999").status_code == 404


def test_two_posts_at_one_address_get_two_addresses(client):
    make_post(title="Same")
    signed_in(client, make_user("editor"))

    submit(client, NEW, {"title": "Same", "body": "x"})

    assert db.session.scalars(db.select(Post.slug).order_by(Post.id)).all() == ["same", "same-2"]


def test_a_page_is_written_published_and_put_into_the_menu(client):
    signed_in(client, make_user("editor"))

    data = {"title": "About", "body": "Us.", "menu_position": "3", "act": "publish"}
    submit(client, "/admin/page/new/", data)

    page = db.session.scalars(db.select(Page)).one()
    assert (page.state, page.menu_position, page.slug) == ("published", 3, "about")


def test_a_title_pasted_over_two_lines_becomes_one(client):
    signed_in(client, make_user("editor"))

    submit(client, NEW, {"title": "A long title\r\n of two lines", "body": "x"})

    assert post_named("A long title of two lines")


def test_a_title_is_seen_once_above_its_text(client):
    signed_in(client, make_user("editor"))
    post = make_post(title="Boats")

    assert '<h1 class="unseen">Boats</h1>' in client.get(f"/admin/post/edit/?id={post.id}").text
    assert "<h1>New post</h1>" in client.get("/admin/post/new/").text
