from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed, StaleChange
from cms.models import Post, Redirect, Revision, RevisionKind, Tag
from cms.services import publishing, revising, searching, snapshots
from cms.services.snapshots import Add, Remove
from tests.factories import make_author, make_page, make_post, make_user

pytestmark = pytest.mark.usefixtures("app")


def revisions(subject):
    return list(db.session.scalars(Revision.of(subject)))


def names(post):
    return sorted(tag.name for tag in post.tags)


def test_a_post_that_was_never_public_equals_its_newest_revision():
    post = revising.create(Post, {"title": "First", "body": "One *two*", "tags": ["Flask", "New word"]}, by=None)

    revising.save(post, {"title": "Second", "tags": ["Flask"]}, by=None)
    db.session.commit()

    assert post.title == "Second"
    assert names(post) == ["Flask"]
    assert "<em>two</em>" in post.body_html
    assert snapshots.snapshot(post)["title"] == "Second"
    assert post.live_version is None


def test_readers_keep_their_text_while_a_draft_is_written():
    post = make_post(title="Old title", body="Old text", tags=["Old"])

    revising.save(post, {"title": "New title", "body": "New text", "tags": ["New"]}, by=None)
    db.session.commit()

    assert (post.title, post.body, names(post)) == ("Old title", "Old text", ["Old"])
    assert post.has_draft
    assert snapshots.snapshot(post)["title"] == "New title"
    assert db.session.scalar(Tag.named("New")) is None


def test_publishing_shows_the_draft_and_makes_its_tags():
    post = make_post(title="Old", body="Old text", tags=["Old"])
    revising.save(post, {"title": "New", "body": "New text", "tags": ["New"]}, by=None)

    publishing.publish(post, by=None)
    db.session.commit()

    assert (post.title, post.body, names(post)) == ("New", "New text", ["New"])
    assert not post.has_draft
    assert post.body_html == "<p>New text</p>\n"


def test_publishing_twice_keeps_the_date():
    post = make_post(at=clock.now() - timedelta(days=3))
    first = post.published_at
    revising.save(post, {"body": "Better text"}, by=None)

    publishing.publish(post, by=None)
    db.session.commit()

    assert post.published_at == first
    assert snapshots.when(snapshots.snapshot(post)["published_at"]) == first


def test_edits_by_one_person_within_ten_minutes_join_one_revision(travel):
    travel()
    writer = make_user("author")
    post = revising.create(Post, {"title": "A", "body": "a"}, by=writer)

    travel(minutes=5)
    revising.save(post, {"body": "b"}, by=writer)
    assert len(revisions(post)) == 1
    travel(minutes=6)
    revising.save(post, {"body": "c"}, by=writer)

    assert [revision.snapshot["body"] for revision in revisions(post)] == ["c", "b"]
    assert post.version == revisions(post)[0].version


def test_edits_by_two_people_stay_apart():
    writer, editor = make_user("author"), make_user("editor")
    post = revising.create(Post, {"title": "A", "body": "a"}, by=writer)

    revising.save(post, {"body": "b"}, by=editor)

    assert [revision.user_id for revision in revisions(post)] == [editor.id, writer.id]


def test_a_published_revision_is_never_joined():
    writer = make_user("author")
    post = revising.create(Post, {"title": "A", "body": "a"}, by=writer)
    publishing.publish(post, by=writer)

    revising.save(post, {"body": "b"}, by=writer)

    assert [(r.kind, r.snapshot["body"]) for r in revisions(post)] == [
        (RevisionKind.SAVED, "b"),
        (RevisionKind.PUBLISHED, "a"),
    ]


def test_a_stale_save_is_refused_even_when_only_tags_changed_meanwhile():
    post = make_post("draft", tags=["One"])
    seen = post.version
    revising.save(post, {"tags": ["One", "Two"]}, by=None, seen_version=seen)

    with pytest.raises(StaleChange):
        revising.save(post, {"title": "Mine"}, by=None, seen_version=seen)


def test_a_save_that_changes_nothing_writes_nothing():
    post = make_post("draft", title="Same")
    version = post.version

    revising.save(post, {"title": "Same"}, by=None)

    assert post.version == version


def test_a_bulk_tag_reaches_readers_and_the_draft_without_publishing_it():
    post = make_post(title="Live", tags=["One"])
    revising.save(post, {"title": "Draft", "tags": ["One", "Drafted"]}, by=None)

    revising.change_live(post, {"tags": Add(["Bulk"])}, by=None)
    db.session.commit()

    assert (post.title, names(post)) == ("Live", ["Bulk", "One"])
    assert snapshots.snapshot(post)["title"] == "Draft"
    assert sorted(snapshots.snapshot(post)["tags"]) == ["Bulk", "Drafted", "One"]
    publishing.publish(post, by=None)
    assert (post.title, names(post)) == ("Draft", ["Bulk", "Drafted", "One"])


def test_a_bulk_removal_leaves_the_other_tags_alone_and_does_not_mind_spelling():
    post = make_post(tags=["Flask", "Python"])

    revising.change_live(post, {"tags": Remove(["FLASK"])}, by=None)
    db.session.commit()

    assert names(post) == ["Python"]
    assert not post.has_draft


def test_an_older_draft_does_not_undo_what_went_live_since():
    base = {"title": "T", "body": "B", "tags": ["one", "two"]}
    live = {"title": "T", "body": "B2", "tags": ["one", "two", "bulk"]}
    draft = {"title": "New", "body": "B", "tags": ["two", "mine"]}

    assert snapshots.merged(base, live, draft) == {"title": "New", "body": "B2", "tags": ["two", "bulk", "mine"]}


def test_a_draft_with_a_tag_that_was_merged_away_gets_the_one_it_became():
    from cms.services import tagging

    post = make_post(tags=["JS"])
    make_post(tags=["JavaScript"])
    revising.save(post, {"title": "Draft"}, by=None)
    js, javascript = (db.session.scalars(Tag.named(name)).one() for name in ("JS", "JavaScript"))
    tagging.merge(js, javascript, by=None)

    publishing.publish(post, by=None)
    db.session.commit()

    assert names(post) == ["JavaScript"]
    assert db.session.scalar(select(func.count(Tag.id))) == 1


def test_a_changed_slug_of_a_public_post_leaves_a_redirect():
    post = make_post(title="Old name")
    revising.save(post, {"slug": "new-name"}, by=None)
    assert db.session.scalar(select(func.count(Redirect.id))) == 0

    publishing.publish(post, by=None)
    db.session.commit()

    redirect = db.session.scalars(select(Redirect)).one()
    assert (redirect.path, redirect.target) == ("/posts/old-name", "/posts/new-name")


def test_a_changed_slug_of_a_draft_leaves_none():
    post = make_post("draft", title="Old name")

    revising.save(post, {"slug": "new-name"}, by=None)
    publishing.publish(post, by=None)

    assert db.session.scalar(select(func.count(Redirect.id))) == 0


def test_a_slug_that_goes_back_and_forth_makes_no_loop():
    post = make_post(title="One")
    for slug in ("two", "three", "one"):
        revising.save(post, {"slug": slug}, by=None)
        publishing.publish(post, by=None)
    db.session.commit()

    redirects = {r.path: r.target for r in db.session.scalars(select(Redirect))}
    assert redirects == {"/posts/two": "/posts/one", "/posts/three": "/posts/one"}


def test_two_posts_of_one_title_get_two_addresses():
    assert [make_post("draft", title="Café").slug for _ in range(3)] == ["café", "café-2", "café-3"]
    assert make_post("draft", title="Cafe").slug == "cafe"


def test_a_page_cannot_take_an_address_of_the_site():
    assert make_page(title="Search").slug == "search-2"


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "x" * 201), ("canonical_url", "javascript:alert(1)"), ("tags", ["!!!"]), ("nonsense", "x")],
)
def test_what_does_not_fit_is_refused_by_field(field, value):
    with pytest.raises(InvalidChange) as refused:
        revising.create(Post, {"title": "T", field: value}, by=None)

    assert refused.value.field == field


def test_an_end_before_the_beginning_is_refused():
    now = clock.now()
    with pytest.raises(InvalidChange) as refused:
        revising.create(Post, {"title": "T", "published_at": now, "unpublish_at": now - timedelta(days=1)}, by=None)

    assert refused.value.field == "unpublish_at"


def test_a_contributor_cannot_change_anothers_post_nor_their_own_once_it_is_live():
    contributor, other = make_user("contributor"), make_user("author")
    theirs = make_post("draft", by=other)
    own = make_post("draft", by=contributor)
    revising.save(own, {"body": "More"}, by=contributor)
    publishing.publish(own, by=make_user("editor"))

    for post in (theirs, own):
        with pytest.raises(NotAllowed):
            revising.save(post, {"body": "Mine"}, by=contributor)


def test_only_an_editor_changes_who_wrote_a_post():
    writer, someone = make_user("author"), make_author()
    post = revising.create(Post, {"title": "T", "body": "B"}, by=writer)

    with pytest.raises(NotAllowed):
        revising.save(post, {"authors": [someone.id]}, by=writer)
    revising.save(post, {"authors": [someone.id]}, by=make_user("editor"))

    assert [author.id for author in post.authors] == [someone.id]


def test_raw_html_lives_only_by_the_hand_of_those_who_may_write_it():
    writer, editor = make_user("author"), make_user("editor")
    post = revising.create(Post, {"title": "T", "body": "<details>x</details>"}, by=editor)
    assert "<details>" in post.body_html

    revising.save(post, {"authors": [*snapshots.snapshot(post)["authors"]], "title": "U"}, by=editor)
    assert "<details>" in post.body_html
    post.created_by_id = writer.id
    revising.save(post, {"body": "<details>y</details>"}, by=writer)

    assert "&lt;details&gt;" in post.body_html


def test_authors_keep_their_order():
    one, two, three = (make_author() for _ in range(3))
    post = make_post("draft", authors=[three.id, one.id, two.id])
    db.session.commit()
    db.session.expire_all()

    assert [author.id for author in post.authors] == [three.id, one.id, two.id]


def test_the_search_index_follows_what_readers_see():
    post = make_post(title="Quokka", body="About wombats")
    revising.save(post, {"title": "Numbat"}, by=None)
    db.session.commit()

    assert db.session.scalars(searching.find("quok")).all() == [post]
    assert db.session.scalars(searching.find("numbat")).all() == []
    publishing.publish(post, by=None)
    db.session.commit()
    assert db.session.scalars(searching.find("numbat wombats")).all() == [post]
    assert db.session.scalars(searching.find("quokka")).all() == []
