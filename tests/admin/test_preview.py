"""The preview of a draft: the page a reader would get, with a bar above it."""

import re

import pytest
from sqlalchemy import event

from cms.db import db
from cms.models import Tag
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
