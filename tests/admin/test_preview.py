"""The preview of a draft: the page a reader would get, with a bar above it."""

import re

import pytest
from sqlalchemy import event

from cms.db import db
from cms.models import Post, Tag
from cms.services import revising
from tests.factories import make_author, make_page, make_post, make_user
from tests.signing_in import signed_in


@pytest.fixture
def editor(client):
    return signed_in(client, make_user("editor"))


def preview(client, row):
    return client.get(f"/admin/{type(row).__tablename__}/preview/{row.id}")


def without_bar(page):
    return re.sub(r"<aside class=\"draft-bar\".*?</aside>", "", page, flags=re.DOTALL)


def article(page):
    return re.search(r"<article.*?</article>", page, re.DOTALL)[0]


def test_a_draft_looks_as_the_post_will_once_it_is_published(editor):
    authors = [make_author("Nora"), make_author("Cem")]
    post = make_post(
        title="Rivers", body="## Source\n\nA *spring*.", tags=["Water"], authors=[author.id for author in authors]
    )
    shown = preview(editor, post)

    assert article(shown.text) == article(editor.get(f"/posts/{post.slug}").text)
    assert "Preview of the draft" in shown.text
    assert f'href="/admin/post/edit/?id={post.id}">Back to editing</a>' in shown.text


def test_the_preview_shows_what_the_draft_changed_and_readers_do_not_see(editor):
    other = make_author("Somebody else")
    post = make_post(title="Old title", body="Old text.", tags=["Old"])
    changes = {"title": "New title", "body": "New text.", "tags": ["Quite new"], "authors": [other.id]}
    revising.save(post, changes, by=None)

    page = article(preview(editor, post).text)

    assert "New title" in page
    assert "New text." in page
    assert "Quite new" in page
    assert "Somebody else" in page
    assert "Old" not in page


def test_looking_at_a_draft_changes_nothing(editor):
    post = make_post(title="Old", body="Old text.")
    revising.save(post, {"title": "New", "tags": ["Not made yet"]}, by=None)
    version, number = post.version, post.id
    db.session.commit()
    changed = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def watch(connection, cursor, statement, *rest):
        if statement.split()[0] in ("INSERT", "UPDATE", "DELETE"):
            changed.append(statement)

    try:
        assert editor.get(f"/admin/post/preview/{number}").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", watch)

    assert changed == []
    assert (post.title, post.version) == ("Old", version)
    assert db.session.scalars(db.select(Tag)).all() == []


def test_a_preview_has_no_comments_and_allows_no_script(editor):
    post = make_post("draft", body="Words. <script>alert(1)</script>")

    answer = preview(editor, post)

    assert "<form" not in without_bar(answer.text)
    assert "comment" not in without_bar(answer.text).lower()
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert '<meta name="robots" content="noindex">' in answer.text


def test_a_post_without_a_title_or_a_word_can_be_previewed(editor):
    post = make_post("draft", title="", body="")

    assert "<h1>Untitled</h1>" in preview(editor, post).text


def test_a_page_is_previewed_as_a_page(editor):
    page = make_page("draft", title="About us", body="We *write*.")

    shown = preview(editor, page)

    assert "<em>write</em>" in article(shown.text)
    assert f'href="/admin/page/edit/?id={page.id}">Back to editing</a>' in shown.text


def test_nobody_previews_what_they_may_not_see(client):
    theirs = make_post("draft", by=make_user("author"))

    assert preview(client, theirs).status_code == 302
    signed_in(client, make_user("author"))
    assert preview(client, theirs).status_code == 404


# What stands in the form, while it is typed
def typed(client, row=None, kind="post", **fields):
    address = f"/admin/{kind}/preview/" + (f"?id={row.id}" if row is not None else "")
    return client.post(address, data=fields)


def test_what_is_typed_is_shown_as_readers_would_see_it_and_nothing_is_saved(editor, unguarded):
    other = make_author("Somebody else")
    post = make_post(title="Old title", body="Old text.", tags=["Old"])
    version = post.version
    fields = {"title": "New title", "body": "## Source\r\n\r\nA *spring*.", "tags": "Quite new", "authors": other.id}

    answer = typed(editor, post, **fields, published_at="not a time", version=version)

    page = article(answer.text)
    for words in ("New title", "<em>spring</em>", "Quite new", "Somebody else"):
        assert words in page
    assert "Old" not in page
    assert '<header class="site-header"' not in answer.text
    assert "draft-bar" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert (post.title, post.body, post.version) == ("Old title", "Old text.", version)
    assert [tag.name for tag in db.session.scalars(db.select(Tag))] == ["Old"]


def test_a_new_text_is_shown_before_there_is_a_row_of_it(client, unguarded):
    author = make_user("author", name="Nora Lind")
    make_author("Nora Lind").user_id = author.id
    signed_in(client, author)

    page = article(typed(client, title="", body="- [x] done").text)

    assert "<h1>Untitled</h1>" in page
    assert "task-list-item-checkbox" in page
    assert "Nora Lind" in page
    assert db.session.scalars(db.select(Post)).all() == []


def test_html_is_read_as_it_will_be_once_it_is_saved(client, unguarded):
    """By whose text it is: that of an editor keeps it until somebody who may not writes another."""
    author, body = make_user("author"), "A <sup>high</sup> note."
    post = make_post("draft", body="A note.", by=author)
    theirs = make_post("draft", body=body, by=author)
    revising.save(theirs, {"raw_html": True}, by=None)
    signed_in(client, author)

    assert "&lt;sup&gt;high" in typed(client, post, body=body).text
    assert "<sup>high</sup>" in typed(client, theirs, body=body).text
    assert "&lt;sup&gt;high" in typed(client, theirs, body=f"{body} More.").text
    signed_in(client, make_user("editor"))
    shown = typed(client, post, body=f"{body} <script>alert(1)</script>").text
    assert "<sup>high</sup>" in shown
    assert "<script" not in shown


def test_a_text_that_cannot_be_kept_is_said_to_be_too_long(editor, unguarded):
    answer = typed(editor, body="x" * 2_000_001)

    assert answer.status_code == 422
    assert answer.json == {"error": "At most 2,000,000 letters; these are 2,000,001."}


def test_the_preview_of_a_form_asks_for_its_token(client):
    signed_in(client, make_user("editor"))

    assert typed(client, body="Words").status_code == 400


def test_a_page_is_shown_as_a_page_while_it_is_typed(editor, unguarded):
    page = make_page("draft", title="About us", body="We *write*.")

    assert "<strong>print</strong>" in article(typed(editor, page, kind="page", body="We **print**.").text)


def test_the_form_alone_shows_pictures_from_elsewhere(editor):
    assert "img-src 'self' data: https:;" in editor.get("/admin/post/new/").headers["Content-Security-Policy"]
    assert "img-src 'self' data:;" in editor.get("/admin/post/").headers["Content-Security-Policy"]
