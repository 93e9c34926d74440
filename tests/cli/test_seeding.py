import collections
import contextvars
import re

import pytest
from flask import Flask
from flask_security import verify_password
from sqlalchemy import func, select, text

from cms.db import db
from cms.models import Comment, CommentStatus, Media, Page, Post, Revision, Role, User
from cms.services import media, revising, searching, snapshots
from cms.services.seeding import site, texts
from tests.factories import make_post, make_user


@pytest.fixture(autouse=True)
def media_folder(app: Flask, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path / "media"))


def flask(app: Flask, *arguments: str):
    db.session.commit()
    result = contextvars.Context().run(app.test_cli_runner().invoke, args=list(arguments))
    db.session.expire_all()
    return result


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_seeded_site_has_people_of_every_role_and_posts_in_every_state(app):
    result = flask(app, "seed")

    assert result.exit_code == 0, result.output
    assert site.PASSWORD in result.output
    states = collections.Counter(post.state for post in db.session.scalars(select(Post)))
    assert set(states) == {"draft", "scheduled", "published", "expired", "withdrawn", "trashed"}
    assert sum(states.values()) == site.POSTS
    assert any(post.has_draft for post in db.session.scalars(select(Post)))
    roles = {role.name for user in db.session.scalars(select(User)) for role in user.roles}
    assert roles == set(db.session.scalars(select(Role.name)))
    assert {comment.status for comment in db.session.scalars(select(Comment))} == set(CommentStatus)
    assert [page.title for page in db.session.scalars(Page.in_menu())] == ["About", "Imprint"]
    assert all(media.path_of(item).is_file() for item in db.session.scalars(select(Media)))
    with app.test_request_context():
        assert verify_password(site.PASSWORD, db.session.scalar(select(User.password)))


@pytest.mark.parametrize("language", ["zh-CN", "ja"])
def test_samples_in_chinese_and_japanese_have_the_stops_of_their_script(language):
    [sample] = [post for post in texts.POSTS if post.language == language]

    assert re.findall(r"[\u3040-\u30ff\u4e00-\u9fff][,.:;!?]", sample.title + sample.body) == []


def test_a_second_seeding_asks_first_and_then_makes_nothing_twice(app):
    flask(app, "seed")
    before = [count(model) for model in (User, Post, Page, Comment, Media, Revision)]

    refused = flask(app, "seed")
    allowed = flask(app, "seed", "--yes")

    assert refused.exit_code == 1
    assert "in use" in refused.output
    assert allowed.exit_code == 0
    assert [count(model) for model in (User, Post, Page, Comment, Media, Revision)] == before


def test_a_site_with_an_account_is_not_seeded_by_mistake(app):
    make_user("admin")

    assert flask(app, "seed").exit_code == 1
    assert count(User) == 1


def test_many_posts_are_as_whole_as_written_ones(app):
    result = flask(app, "seed", "--posts", "30")

    assert result.exit_code == 0, result.output
    assert "Made 30 posts." in result.output
    assert len(db.session.scalars(Post.published()).all()) == 30
    post = db.session.scalars(Post.published()).first()
    assert 60 < post.word_count < 160
    assert post.tags
    assert post.authors
    assert len(db.session.scalars(Post.published_with(post.tags[0])).all()) >= 1
    assert post.id in {found.id for found in db.session.scalars(searching.find(post.title))}
    assert snapshots.snapshot(post)["body"] == post.body
    body = post.body_html
    post.render()
    assert post.body_html == body


def test_one_of_many_posts_can_be_edited(app):
    flask(app, "seed", "--posts", "5")
    post = db.session.scalars(select(Post)).first()
    before = snapshots.snapshot(post)

    revising.change_live(post, {"title": "Changed"}, by=None)

    after = snapshots.snapshot(post)
    assert post.title == "Changed"
    assert {name for name in after if after[name] != before[name]} == {"title"}


def test_more_posts_can_be_added_to_those_there_are(app):
    flask(app, "seed", "--posts", "20")

    assert flask(app, "seed", "--posts", "20").exit_code == 0
    assert count(Post) == 40


def test_a_public_site_with_posts_of_its_own_is_left_alone(app, monkeypatch):
    monkeypatch.setitem(app.config, "SITE_URL", "https://blog.example.org")
    make_post()

    refused = flask(app, "seed", "--posts", "5")

    assert refused.exit_code == 1
    assert count(Post) == 1
    assert flask(app, "seed", "--posts", "5", "--yes").exit_code == 0
    assert count(Post) == 6


def test_old_html_is_rendered_again_and_only_that(app):
    old, new = make_post(body="*One*"), make_post(body="*Two*")
    db.session.execute(text("UPDATE post SET renderer_version = 0, body_html = 'old' WHERE id = :id"), {"id": old.id})
    version, edited_at = old.version, old.edited_at

    result = flask(app, "posts", "render")

    assert "Rendered 1 posts and 0 pages." in result.output
    assert "<em>One</em>" in db.session.get(Post, old.id).body_html
    assert (old.version, old.edited_at) == (version, edited_at)
    assert "has been rendered" in flask(app, "posts", "render").output
    assert "Rendered 2 posts" in flask(app, "posts", "render", "--all").output
    assert "Rendered 1 posts" in flask(app, "posts", "render", "--all", "--after", str(old.id)).output
    assert new.renderer_version == old.renderer_version


def test_many_posts_are_in_every_state_and_have_what_hangs_on_posts(app):
    assert flask(app, "seed", "--posts", "130").exit_code == 0

    posts = db.session.scalars(select(Post)).all()
    assert {post.state for post in posts} == {"draft", "scheduled", "published", "expired", "withdrawn", "trashed"}
    for post in posts:
        listed = post.listed_at
        post.relist()
        assert post.listed_at == listed
        assert {link.listed_at for link in (*post.tag_links, *post.author_links)} == {listed}
        assert snapshots.snapshot(post) == snapshots.of_row(post) | {"tags": snapshots.snapshot(post)["tags"]}
        assert sorted(snapshots.snapshot(post)["tags"]) == sorted(tag.name for tag in post.tags)
    assert count(Comment) == 2 * len(posts)
