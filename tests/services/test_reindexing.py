import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import Job, Post, Tag
from cms.services import jobs, publishing, reindexing, revising, searching, snapshots, tagging
from cms.services.snapshots import Remove
from tests.factories import make_post, make_tag

pytestmark = pytest.mark.usefixtures("app")


def found(word: str) -> list[Post]:
    db.session.commit()  # MariaDB finds words once they are committed
    return list(db.session.scalars(searching.find(word)))


def names(post: Post) -> list[str]:
    return [tag.name for tag in post.tags]


def test_a_post_is_found_by_the_new_name_of_its_tag_and_no_more_by_the_old():
    post = make_post(tags=["Snakes"])

    tagging.rename(post.tags[0], "Python", by=None)

    assert (found("Python "), found("Snakes ")) == ([post], [])


def test_a_post_is_found_by_the_tag_that_its_own_was_merged_into():
    post, other = make_post(tags=["Snakes"]), make_tag("Python")

    tagging.merge(post.tags[0], other, by=None)

    assert (found("Python "), found("Snakes ")) == ([post], [])


def test_many_posts_are_indexed_by_jobs(monkeypatch):
    monkeypatch.setattr(reindexing, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(reindexing, "POSTS_A_JOB", 2)
    monkeypatch.setattr(reindexing, "CHUNK", 1)
    posts = [make_post(tags=["Snakes"]) for _ in range(3)]

    tagging.rename(posts[0].tags[0], "Python", by=None)
    db.session.commit()
    assert [job.payload["posts"] for job in db.session.scalars(select(Job))] == [
        [posts[0].id, posts[1].id],
        [posts[2].id],
    ]
    assert jobs.run_due() == 2

    assert sorted(post.id for post in found("Python ")) == [post.id for post in posts]
    assert found("Snakes ") == []


def test_a_draft_shows_the_names_that_tags_have_today():
    post = make_post(tags=["JS", "Web"])
    revising.save(post, {"body": "Newer."}, by=None)
    tagging.rename(db.session.scalars(Tag.named("JS")).one(), "JavaScript", by=None)
    tagging.merge(db.session.scalars(Tag.named("Web")).one(), make_tag("Internet"), by=None)

    assert sorted(snapshots.snapshot(post)["tags"]) == ["Internet", "JavaScript"]
    revising.save(post, {"title": "Newest"}, by=None)
    publishing.publish(post, by=None)

    assert sorted(names(post)) == ["Internet", "JavaScript"]
    assert sorted(db.session.scalars(select(Tag.name))) == ["Internet", "JavaScript"]


def test_a_renamed_tag_can_be_taken_from_a_post():
    post = make_post(tags=["JS"])
    tagging.rename(post.tags[0], "JavaScript", by=None)

    revising.change_live(post, {"tags": Remove(["JavaScript"])}, by=None)

    assert names(post) == []


def test_a_post_keeps_its_tag_when_another_takes_the_name_that_it_had():
    post = make_post(tags=["Apple"])
    tagging.rename(post.tags[0], "Fruit", by=None)
    tagging.rename(make_tag("Computers"), "Apple", by=None)

    revising.save(post, {"title": "Newer"}, by=None)
    publishing.publish(post, by=None)

    assert names(post) == ["Fruit"]


def test_two_drafts_that_want_the_same_address_both_go_out():
    one, other = make_post(slug="first"), make_post(slug="second")
    revising.save(one, {"slug": "wanted"}, by=None)
    revising.save(other, {"slug": "wanted"}, by=None)

    publishing.publish(one, by=None)
    publishing.publish(other, by=None)
    db.session.commit()

    assert [one.slug, other.slug] == ["wanted", "wanted-2"]
    assert snapshots.snapshot(other)["slug"] == "wanted-2"
