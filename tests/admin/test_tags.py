"""The pages of tags: names, posts, and two made one."""

import html
import re

from cms.db import db
from cms.models import Redirect, Tag
from cms.services import revising, searching, snapshots
from tests.factories import make_post, make_tag, make_user
from tests.signing_in import signed_in, submit


def edit(tag: Tag) -> str:
    return f"/admin/tag/edit/?id={tag.id}"


def names(post) -> list[str]:
    return [tag.name for tag in post.tags]


def test_a_renamed_tag_keeps_its_posts_and_its_old_address(client):
    tag, post = make_tag("Flask"), make_post(tags=["Flask"])
    signed_in(client, make_user("editor"))

    submit(client, edit(tag), {"name": "Flask framework", "description": "About it"})

    assert (tag.name, tag.slug, tag.description) == ("Flask framework", "flask-framework", "About it")
    assert names(post) == ["Flask framework"]
    redirect = db.session.scalars(db.select(Redirect)).one()
    assert (redirect.path, redirect.target) == ("/tags/flask", "/tags/flask-framework")


def test_what_a_tag_is_about_is_one_line_however_it_is_typed(client):
    tag = make_tag("Sea", description="At sea.")
    signed_in(client, make_user("editor"))
    form = f"/admin/tag/edit/?id={tag.id}"

    page = client.get(form).text
    submit(client, form, {"name": "Sea", "description": "Boats,\r\n  harbours \nand salt."})
    db.session.expire_all()

    assert re.search(r'<textarea[^>]* name="description"[^>]*>\s*At sea\.</textarea>', page)
    assert tag.description == "Boats, harbours and salt."


def test_a_name_that_is_taken_is_said_beside_the_field(client):
    tag = make_tag("Flask")
    make_tag("Python")
    signed_in(client, make_user("editor"))

    for address in (edit(tag), "/admin/tag/new/"):
        answer = submit(client, address, {"name": "python"})
        assert answer.status_code == 422
        assert 'id="name-error"' in answer.text
        assert "Python" in answer.text


def test_merging_shows_the_numbers_first(client):
    old, new = make_tag("py"), make_tag("Python")
    posts = [make_post(tags=["py"]), make_post(tags=["py", "Python"]), make_post(tags=["Python"])]
    signed_in(client, make_user("editor"))
    address = f"/admin/tag/merge/?id={old.id}&into={new.id}"

    page = client.get(address).text
    assert "<dd>2</dd>" in page
    assert "<dd>3</dd>" in page
    assert names(posts[0]) == ["py"]
    submit(client, address, {"id": old.id, "into": new.id}, to="/admin/tag/merge/")

    assert [names(post) for post in posts] == [["Python"]] * 3
    assert db.session.scalars(db.select(Tag.name)).all() == ["Python"]


def test_a_tag_cannot_be_merged_into_itself_or_nothing(client):
    tag = make_tag("py")
    signed_in(client, make_user("editor"))

    for into in (tag.id, 0, "abc", 99999, ""):
        answer = submit(client, edit(tag), {"id": tag.id, "into": into}, to="/admin/tag/merge/")
        assert answer.status_code == 302
    assert len(db.session.scalars(db.select(Tag)).all()) == 1


def test_posts_are_added_and_removed_on_the_page_of_the_tag(client):
    tag = make_tag("Flask")
    posts = [make_post(tags=["Other"]), make_post("draft")]
    signed_in(client, make_user("editor"))
    to = f"/admin/tag/posts/?id={tag.id}"

    submit(client, edit(tag), {"posts": [post.id for post in posts], "act": "add"}, to=to)
    assert [names(post) for post in posts] == [["Flask", "Other"], ["Flask"]]
    assert "Its posts (2)" in client.get(edit(tag)).text
    submit(client, edit(tag), {"posts": posts[0].id, "act": "remove"}, to=to)
    assert [names(post) for post in posts] == [["Other"], ["Flask"]]


def test_a_draft_of_a_live_post_gets_the_tag_too(client):
    tag, post = make_tag("Flask"), make_post(tags=["Other"])
    revising.save(post, {"body": "Newer."}, by=None)
    signed_in(client, make_user("editor"))

    submit(client, edit(tag), {"posts": post.id, "act": "add"}, to=f"/admin/tag/posts/?id={tag.id}")

    assert names(post) == ["Flask", "Other"]
    assert snapshots.snapshot(post)["tags"] == ["Other", "Flask"]


def test_the_posts_of_a_tag_come_in_pages(client):
    tag = make_tag("Flask")
    for _ in range(25):
        make_post(tags=["Flask"])
    signed_in(client, make_user("editor"))

    first = client.get(edit(tag)).text
    following = html.unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])
    second = client.get(following).text
    shown = [re.findall(r'aria-label="Remove the tag from (.+?)"', page) for page in (first, second)]
    assert [len(titles) for titles in shown] == [20, 5]
    assert not set(shown[0]) & set(shown[1])
    for place in ("1", "99999999999999999999", "-1", "77~x"):
        assert client.get(f"{edit(tag)}&after={place}").status_code == 200


def test_the_heading_counts_the_posts_that_are_listed_below_it(client):
    tag = make_tag("Flask")
    make_post("trashed", tags=["Flask"])
    signed_in(client, make_user("editor"))

    page = client.get(edit(tag)).text
    assert "Its posts (0)" in page
    assert "No post has this tag." in page
    make_post("draft", tags=["Flask"])

    assert "Its posts (1)" in client.get(edit(tag)).text


def test_deleting_a_tag_says_what_goes_with_it(client):
    tag, post = make_tag("Flask"), make_post(tags=["Flask"])
    signed_in(client, make_user("editor"))
    address = f"/admin/tag/delete/?id={tag.id}"

    assert "1 post loses this tag." in client.get(address).text
    assert names(post) == ["Flask"]
    submit(client, address, {"id": tag.id})

    assert names(post) == []
    assert db.session.scalars(db.select(Tag)).all() == []


def test_deleting_many_asks_first(client):
    tags = [make_tag("A"), make_tag("B")]
    make_post(tags=["A"])
    signed_in(client, make_user("editor"))
    data = {"action": "delete", "rowid": [tag.id for tag in tags]}

    asked = submit(client, "/admin/tag/", data, to="/admin/tag/action/")
    assert "Delete these?" in asked.text
    assert "1 post loses a tag." in asked.text
    assert len(db.session.scalars(db.select(Tag)).all()) == 2
    submit(client, "/admin/tag/", {**data, "confirmed": "yes"}, to="/admin/tag/action/")

    assert db.session.scalars(db.select(Tag)).all() == []


def test_a_post_is_not_found_by_a_tag_that_was_deleted(client):
    post = make_post(tags=["Snakes"])
    signed_in(client, make_user("editor"))

    submit(client, f"/admin/tag/delete/?id={post.tags[0].id}", {"id": post.tags[0].id})

    assert post.tags == []
    assert list(db.session.scalars(searching.find("Snakes "))) == []
