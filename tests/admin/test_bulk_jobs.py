"""Acts on everything that matches: in chunks, once each, by the rights of the moment, told in the end, and undone."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from cms import clock
from cms.admin import posts
from cms.db import db
from cms.models import AuditEntry, CommentStatus, Job, JobStatus, Post, Role, Status, Tag, User
from cms.services import batches, jobs, publishing, revising
from tests.admin.many_rows import fill
from tests.factories import make_comment, make_page, make_post, make_tag, make_user
from tests.signing_in import signed_in

ROWS, CHUNK = 200, 25


@pytest.fixture
def editor(unguarded, client, monkeypatch):
    monkeypatch.setattr(batches, "CHUNK", CHUNK)
    monkeypatch.setattr(batches, "PAUSE_SECONDS", 0)
    person = make_user("editor", name="Eve")
    signed_in(client, person)
    return person


def work(limit=20):
    db.session.commit()
    jobs.run_due(limit)
    db.session.rollback()


def begin(client, act, query="", address="post", **form):
    """Confirm the act on all that match; the address of the job's page."""
    data = {"action": act, "everything": "yes", **form}
    asked = client.post(f"/admin/{address}/action/?{query}", data=data)
    assert asked.status_code == 200, asked.status_code
    answer = client.post(f"/admin/{address}/action/?{query}", data={**data, "confirmed": "yes"})
    assert answer.status_code == 302
    return answer.location


def statements_of(act, *, dying_at=None):
    """The statements of ``act``, each chunk's by itself. It dies with the audit entry of that number."""
    chunks, entries = [[]], 0

    def note(_connection, _cursor, statement, *_rest):
        nonlocal entries
        chunks[-1].append(statement)
        entries += statement.startswith("INSERT INTO audit_entry")
        if dying_at is not None and entries >= dying_at:
            raise SystemExit
        if statement.startswith("UPDATE job SET payload"):
            chunks.append([])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    except SystemExit:
        db.session.rollback()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return chunks


def trashed():
    return db.session.scalar(db.select(db.func.count(Post.id)).where(Post.deleted_at.is_not(None)))


def entries(action):
    return list(db.session.scalars(db.select(AuditEntry.subject_id).where(AuditEntry.action == action)))


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0]))


def test_everything_that_matches_is_trashed_once_each_though_it_is_killed_and_undone_but_for_what_changed(
    client, editor, travel
):
    travel(hours=0)
    ids = fill(Post, ROWS, published_at=clock.now() - timedelta(days=1))
    draft = make_post("draft")
    query = "state=published"
    page = client.get(f"/admin/post/?{query}").text
    assert f"Select everything that matches (all {ROWS})" in page

    asked = client.post(f"/admin/post/action/?{query}", data={"action": "trash", "everything": "yes"}).text
    assert f"Trash all {ROWS} posts that match?" in asked
    assert "State: Published" in asked
    address = begin(client, "trash", query)
    late = make_post(title="Not meant")
    assert "It begins in a moment" in client.get(address).text or f"0 of {ROWS}" in client.get(address).text

    db.session.commit()
    killed = statements_of(jobs.run_due, dying_at=3 * CHUNK - 4)
    assert trashed() == 2 * CHUNK
    assert f"{2 * CHUNK} of {ROWS}" in client.get(address).text
    assert client.get(f"{address}state/").json == {
        "is_over": False,
        "looked_at": 2 * CHUNK,
        "total": ROWS,
        "words": f"{2 * CHUNK} of {ROWS}",
    }
    work()
    assert trashed() == 2 * CHUNK  # the lease of the dead one holds
    travel(minutes=2)
    chunks = killed[:2] + statements_of(work)[: ROWS // CHUNK - 2]

    assert sorted(entries("post.trashed")) == ids  # each once
    assert (draft.deleted_at, late.deleted_at) == (None, None)
    numbers = [len(chunk) for chunk in chunks]
    assert max(numbers[1:]) - min(numbers[1:]) <= 3  # of the last statements of a turn, and of the first
    assert max(numbers) <= 12 * CHUNK + 30
    job = db.session.scalars(db.select(Job).where(Job.kind == "bulk")).one()
    assert (job.status, job.done_count, job.attempts) == (JobStatus.DONE, ROWS, 1)
    summary = client.get(address).text
    assert f"{ROWS} put into the trash." in summary
    assert "Trash: posts" in client.get("/admin/job/").text

    other = make_user("editor")
    again, gone = (db.session.get(Post, number) for number in ids[:2])
    publishing.restore(again, by=other)
    publishing.withdraw(again, by=other)
    db.session.delete(gone)
    back = client.post("/admin/job/undo/", data={"job": job.id}).location
    twice = client.post("/admin/job/undo/", data={"job": job.id})
    assert "nothing left to undo" in client.get(twice.location).text
    work()

    assert trashed() == 0
    assert again.status is Status.WITHDRAWN
    summary = client.get(back).text
    assert "Undo: trash: posts" in summary
    words = text_of(summary)
    assert f"{ROWS - 2} put back as they were. 2 left out." in words
    assert "1 Somebody changed it since." in words
    assert f'href="/admin/post/edit/?id={again.id}"' in summary
    assert "1 It is not there any more." in words


def test_rights_are_asked_again_for_each_chunk_and_each_row(client, editor, monkeypatch):
    monkeypatch.setattr(batches, "TURN_SECONDS", -1)  # each chunk a turn of its own
    fill(Post, 2 * CHUNK)
    mine = make_post(by=editor)
    address = begin(client, "trash")
    work(1)
    assert trashed() == CHUNK
    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "author"))
    work()
    assert trashed() == CHUNK + 1
    assert mine.deleted_at is not None
    assert f"{CHUNK + 1} put into the trash." in client.get(address).text
    assert "they did not match any more, or are not yours" in client.get(address).text

    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "editor"))
    address = begin(client, "trash")
    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "contributor"))
    work()
    assert trashed() == CHUNK + 1
    assert "Then it ended: you may not do this any more." in client.get(address).text
    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "editor"))
    begin(client, "trash")
    editor.active = False
    work()
    assert trashed() == CHUNK + 1


def test_stopping_keeps_what_is_done_and_offers_to_undo_it(client, editor, monkeypatch):
    monkeypatch.setattr(batches, "TURN_SECONDS", -1)
    fill(Post, 3 * CHUNK)
    address = begin(client, "trash")
    work(1)

    client.post(f"{address}stop/")
    assert "It stops after the step at hand" in client.get(address).text
    work()

    words = text_of(client.get(address).text)
    assert f"{CHUNK} put into the trash. Then it ended: you stopped it." in words
    assert f"The other {2 * CHUNK} are as they were." in words
    assert "Undo" in words


def test_what_is_left_out_is_told_by_reason_with_links(client, editor):
    fill(Post, 1, status=Status.DRAFT, live_version=None, published_at=None)  # broken: it has no version
    empty = [make_post("draft", body="") for _ in range(7)]
    ready = make_post("draft")

    address = begin(client, "publish", "state=draft")
    work()

    page = client.get(address).text
    words = text_of(page)
    assert ready.state == "published"
    assert "1 published. 8 left out." in words
    assert "1 Something went wrong here." in words
    assert "7 Write something before you publish." in words
    assert f"{empty[4]} and 2 more" in words
    assert len(re.findall(r'href="/admin/post/edit/\?id=\d+"', page)) == 6


def test_a_search_by_parts_of_titles_does_not_move_on_while_the_job_works(client, editor, monkeypatch):
    monkeypatch.setattr(posts, "MOST_TITLES", 4)
    monkeypatch.setattr(batches, "CHUNK", 2)
    old = [make_post(title="Lighthouse") for _ in range(3)]
    for post in old:
        post.edited_at = clock.now() - timedelta(days=9)
    new = [make_post(title="Lighthouse") for _ in range(4)]

    begin(client, "trash", "search=ighthou")
    work()

    assert {post.deleted_at is None for post in old} == {True}
    assert {post.deleted_at is None for post in new} == {False}


def test_every_list_with_bulk_acts_takes_all_that_match(client, editor):
    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "admin"))
    post = make_post(title="Talked about")
    held = [make_comment(post, CommentStatus.HELD) for _ in range(3)]
    approved = make_comment(post)
    pages = [make_page() for _ in range(2)]
    kept = make_tag("Kept")
    for number in range(3):
        make_tag(f"Tag of many {number}")
    people = [make_user("author", name="Guest") for _ in range(2)]

    begin(client, "add_tags", "state=published", bulk_tags="Kept, Fresh")
    begin(client, "spam", "status=held", "comment")
    begin(client, "trash", "", "page")
    begin(client, "delete", "search=of+many", "tag")
    deactivated = begin(client, "deactivate", "", "user")
    work()

    assert {one.status for one in held} == {CommentStatus.SPAM}
    assert approved.status is CommentStatus.APPROVED
    assert {page.state for page in pages} == {"trashed"}
    assert [tag.name for tag in post.tags] == ["Fresh", "Kept"]
    assert sorted(db.session.scalars(db.select(Tag.name))) == ["Fresh", kept.name]
    assert [person.active for person in people] == [False, False]
    assert db.session.get(User, editor.id).active  # somebody keeps the keys
    words = text_of(client.get(deactivated).text)
    assert "2 deactivated. 1 left out." in words


def undo_of(page):
    """The acts that the message on ``page`` offers to undo."""
    found = re.search(r'name="acts" value="([\d-]+)"', page)
    assert found, page
    return found[1]


def undone(client, page):
    return client.get(
        client.post("/admin/job/undo/", data={"acts": undo_of(page), "url": "/admin/post/"}).location
    ).text


def done(client, act, rows, address="post"):
    data = {"action": act, "rowid": [row.id for row in rows], "confirmed": "yes", "bulk_tags": "Fresh"}
    return client.get(client.post(f"/admin/{address}/action/", data=data).location).text


def test_the_message_of_each_act_undoes_it(client, editor):
    live, draft, waiting = make_post(tags=["Old"]), make_post("draft"), make_post(title="As it was", body="Old words.")
    later = make_post("scheduled")
    at = later.published_at
    revising.save(waiting, {"title": "As it will be", "body": "New words."}, by=None)
    comment = make_comment(live, CommentStatus.HELD)
    db.session.commit()

    def state():
        shown = [
            (post.state, post.published_at, post.live_version, post.title, post.body)
            for post in (live, draft, waiting, later)
        ]
        return [*shown, [tag.name for tag in live.tags], comment.status, comment.deleted_at]

    before = state()
    for act, rows, address in (
        ("trash", [live, draft, waiting, later], "post"),
        ("withdraw", [live, waiting, later], "post"),
        ("publish", [draft, waiting, later], "post"),
        ("approve", [comment], "comment"),
        ("spam", [comment], "comment"),
        ("trash", [comment], "comment"),
        ("add_tags", [live], "post"),
    ):
        page = done(client, act, rows, address)
        assert state() != before or act == "hold", act
        assert "Undone" in undone(client, page), act
        now = state()
        if act == "add_tags":  # which makes versions
            assert now[4] == before[4]
        else:
            assert now == before, act
    assert waiting.has_draft
    publishing.publish(waiting, by=None)
    assert (waiting.title, waiting.body, later.published_at) == ("As it will be", "New words.", at)

    client.post(
        f"/admin/post/edit/?id={draft.id}", data={"title": "T", "body": "B", "version": draft.version, "act": "publish"}
    )
    assert draft.state == "published"
    assert "Undone" in undone(client, client.get(f"/admin/post/edit/?id={draft.id}").text)
    assert (draft.state, draft.title, draft.live_version) == ("draft", "T", None)
    page = client.get(client.post("/admin/post/delete/", data={"id": draft.id}).location).text
    redo = undone(client, page)
    assert draft.deleted_at is None
    undone(client, redo)  # an undone trash is undone by trashing
    assert draft.deleted_at is not None


def test_undo_keeps_off_what_is_not_as_it_was_left(client, editor, travel):
    travel(hours=0)
    posts = [make_post(title=f"Number {number}") for number in range(3)]
    page = done(client, "withdraw", posts)
    travel(minutes=5)
    revising.save(posts[0], {"body": "Somebody's words."}, by=None)
    publishing.publish(posts[1], by=make_user("editor"))
    other = make_user("editor")
    acts = undo_of(page)

    second = client.application.test_client()
    signed_in(second, other)
    second.post("/admin/job/undo/", data={"acts": acts})
    assert [post.state for post in posts] == ["withdrawn", "published", "withdrawn"]
    said = undone(client, page)
    assert "Undone: 1 put back." in said
    assert "2 left out (Number 0, Number 1): Somebody changed it since." in said
    assert [post.state for post in posts] == ["withdrawn", "published", "published"]
    assert "3 left out" in undone(client, page)

    page = done(client, "withdraw", posts[2:])
    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "contributor"))
    assert "You may not undo this." in undone(client, page)
    editor.roles[:] = db.session.scalars(db.select(Role).where(Role.name == "editor"))
    travel(days=2)
    assert "nothing left to undo" in undone(client, page)
    assert posts[2].state == "withdrawn"


def test_a_job_that_failed_does_not_say_that_the_rest_did_not_match(client, editor):
    fill(Post, 3)
    page = begin(client, "withdraw")
    job = db.session.scalars(db.select(Job).where(Job.kind == "bulk")).one()
    job.status, job.done_count, job.total_count, job.finished_at = JobStatus.FAILED, 1, 3, clock.now()

    told = client.get(page).text

    assert '<span class="badge badge-bad">Failed</span>' in told
    assert "The other 2 are as they were." in told
    assert "did not match" not in told


def test_what_goes_with_it_is_told_before_it_goes(client, editor):
    post, bare = make_post(title="Much loved", slug="much-loved", tags=["Sea"]), make_post("draft", title="Bare")
    for _ in range(2):
        make_comment(post)
    revising.save(post, {"slug": "loved"}, by=None)
    publishing.publish(post, by=None)
    tag = post.tags[0]

    single = client.get(f"/admin/post/delete/?id={post.id}").text
    assert f'<a href="/admin/comment/?post={post.id}">2 comments are hidden with it.</a>' in single
    assert "1 old address leads nowhere any more.</a>" in single
    assert "versions are kept with it." in single
    asked = client.post("/admin/post/delete/", data={"id": post.id})
    assert asked.status_code == 200
    assert "2 comments are hidden" in asked.text
    many = client.post("/admin/post/action/", data={"action": "trash", "rowid": [post.id, bare.id]})
    assert many.status_code == 200
    assert "2 comments are hidden" in many.text
    assert (post.deleted_at, bare.deleted_at) == (None, None)
    assert client.post("/admin/post/action/", data={"action": "trash", "rowid": [bare.id]}).status_code == 302
    assert bare.deleted_at is not None
    assert (
        f'<a href="/admin/post/?tag={tag.id}">1 post loses this tag. The posts stay.</a>'
        in client.get(f"/admin/tag/delete/?id={tag.id}").text
    )
