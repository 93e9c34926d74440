"""Series in the admin: named while one writes, and put in order on their own page."""

import re
from html import unescape

import pytest

from cms.db import db
from cms.models import AuditEntry, Post, Redirect, Series
from cms.services import series, snapshots
from tests.factories import make_post, make_series, make_user
from tests.signing_in import signed_in, submit

NEW = "/admin/post/new/"


def edit(row: Series) -> str:
    return f"/admin/series/edit/?id={row.id}"


def edit_post(post: Post) -> str:
    return f"/admin/post/edit/?id={post.id}"


def shown(client, row):
    """The titles on its page, from the first part to the last."""
    return [unescape(title) for title in re.findall(r'aria-label="Place of (.*?)"', client.get(edit(row)).text)]


@pytest.fixture
def voyage(app):
    for title in ("One", "Two", "Three", "Four"):
        make_post(title=title, series="Voyage")
    return db.session.scalars(Series.at("voyage")).one()


def test_a_post_joins_a_series_and_begins_one_in_its_form(client):
    signed_in(client, make_user("editor"))

    submit(client, NEW, {"title": "First", "body": "Words.", "series": "The voyage, part two", "act": "publish"})
    submit(client, NEW, {"title": "Second", "body": "Words.", "series": "the VOYAGE part two", "act": "publish"})

    posts = db.session.scalars(db.select(Post).order_by(Post.id)).all()
    assert [post.series.title for post in posts] == ["The voyage, part two"] * 2
    assert 'value="The voyage, part two"' in client.get(edit_post(posts[0])).text
    submit(client, edit_post(posts[0]), {"series": "", "version": posts[0].version, "act": "publish"})
    assert posts[0].series is None


def test_whoever_may_begin_none_is_told_beside_the_field(client):
    make_series("Voyage")
    signed_in(client, make_user("contributor"))

    refused = submit(client, NEW, {"title": "Mine", "body": "Words.", "series": "Another"})

    assert refused.status_code == 422
    assert 'id="series-error"' in refused.text
    assert submit(client, NEW, {"title": "Mine", "body": "Words.", "series": "voyage"}).status_code == 302


def test_the_series_of_somebody_elses_save_is_seen_beside_ones_own(client):
    post = make_post("draft", title="Shared", series="Voyage")
    signed_in(client, make_user("editor"))

    refused = submit(client, edit_post(post), {"title": "Mine", "series": "", "version": post.version - 1})

    assert refused.status_code == 422
    assert "What somebody else saved" in refused.text
    assert ">Voyage</textarea>" in refused.text


def test_the_numbers_typed_put_the_parts_in_order(client, voyage):
    ids = dict(zip(("One", "Two", "Three", "Four"), series.order_of(voyage), strict=True))
    signed_in(client, make_user("editor"))
    to = f"/admin/series/order/?id={voyage.id}"

    submit(client, edit(voyage), {f"place-{ids['Four']}": "1"}, to=to)
    assert shown(client, voyage) == ["Four", "One", "Two", "Three"]
    submit(client, edit(voyage), {f"place-{ids['Four']}": "3"}, to=to)
    assert shown(client, voyage) == ["One", "Two", "Four", "Three"]
    submit(client, edit(voyage), {"up": ids["Three"]}, to=to)
    assert shown(client, voyage) == ["One", "Two", "Three", "Four"]
    submit(client, edit(voyage), {"down": ids["One"]}, to=to)
    assert shown(client, voyage) == ["Two", "One", "Three", "Four"]
    for odd in ("x", "-1", "99999999999999999999", ""):
        assert submit(client, edit(voyage), {f"place-{ids['Two']}": odd, "up": odd}, to=to).status_code == 302
    assert shown(client, voyage) == ["Two", "One", "Three", "Four"]


def test_an_order_is_in_the_history_and_can_be_undone(client, voyage):
    ids = series.order_of(voyage)
    signed_in(client, make_user("editor"))

    submit(client, edit(voyage), {"up": ids[3]}, to=f"/admin/series/order/?id={voyage.id}")
    page = client.get(edit(voyage)).text
    assert "stand in their new order" in page
    assert "Ordered" in client.get(f"/admin/series/history/?id={voyage.id}").text
    acts = re.search(r'name="acts" value="([^"]+)"', page)[1]
    submit(client, edit(voyage), {"acts": acts}, to="/admin/job/undo/")

    assert series.order_of(voyage) == ids
    last = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last.action == "series.ordered"


def test_posts_are_added_at_the_end_and_taken_out_on_its_page(client, voyage):
    other, draft = make_post(title="Five"), make_post("draft", title="Six", series="Elsewhere")
    signed_in(client, make_user("editor"))
    to = f"/admin/series/posts/?id={voyage.id}"

    submit(client, edit(voyage), {"posts": [other.id, draft.id], "act": "add"}, to=to)
    assert shown(client, voyage) == ["One", "Two", "Three", "Four", "Five", "Six"]
    submit(client, edit(voyage), {"posts": series.order_of(voyage)[0], "act": "remove"}, to=to)

    assert shown(client, voyage) == ["Two", "Three", "Four", "Five", "Six"]
    assert snapshots.snapshot(draft)["series"] == "Voyage"
    assert "Its parts (5)" in client.get(edit(voyage)).text
    assert "part of no series any more" not in client.get(edit(voyage)).text


def test_a_renamed_series_keeps_its_parts_and_its_old_address(client, voyage):
    signed_in(client, make_user("editor"))

    submit(client, edit(voyage), {"title": "The long voyage", "description": "There and back"})

    assert (voyage.title, voyage.slug, voyage.description) == ("The long voyage", "the-long-voyage", "There and back")
    redirect = db.session.scalars(db.select(Redirect)).one()
    assert (redirect.path, redirect.target) == ("/series/voyage", "/series/the-long-voyage")
    assert len(shown(client, voyage)) == 4


def test_a_title_that_is_taken_is_said_beside_the_field(client, voyage):
    other = make_series("Other")
    signed_in(client, make_user("editor"))

    for address in (edit(other), "/admin/series/new/"):
        for title in ("VOYAGE", "!!!"):
            answer = submit(client, address, {"title": title})
            assert answer.status_code == 422
            assert 'id="title-error"' in answer.text


def test_deleting_a_series_says_what_goes_with_it(client, voyage):
    signed_in(client, make_user("editor"))
    address = f"/admin/series/delete/?id={voyage.id}"

    assert "4 posts are part of no series any more." in client.get(address).text
    submit(client, address, {"id": voyage.id})

    assert db.session.scalars(db.select(Series)).all() == []
    assert {post.series for post in db.session.scalars(db.select(Post))} == {None}


def test_the_list_counts_parts_and_leads_to_their_posts(client, voyage):
    make_post(title="Alone")
    signed_in(client, make_user("editor"))

    rows = client.get("/admin/series/").text
    posts = client.get(f"/admin/post/?series={voyage.id}").text

    assert re.search(r"<td[^>]*>\s*4\s*</td>", rows)
    assert "Four" in posts
    assert "Alone" not in posts


def test_the_palette_finds_a_series(client, voyage):
    signed_in(client, make_user("editor"))

    assert f"/admin/series/edit/?id={voyage.id}" in client.get("/admin/search/?q=voya").text


def test_language_and_original_are_chosen_in_the_form_of_a_post(client):
    original = make_post(title="Salt")
    signed_in(client, make_user("editor"))

    form = {"title": "Salz", "body": "Worte.", "language": "de", "translation_of": original.id, "act": "publish"}
    submit(client, NEW, form)

    post = db.session.scalars(db.select(Post).where(Post.title == "Salz")).one()
    assert (post.language, post.translation_of_id) == ("de", original.id)
    page = client.get(edit_post(post)).text
    assert '<option selected value="de">Deutsch (de)</option>' in page
    assert re.search(rf'<option selected value="{original.id}">Salt</option>', page)
    refused = submit(client, edit_post(original), {"translation_of": post.id, "version": original.version})
    assert refused.status_code == 422
    assert 'id="translation_of-error"' in refused.text
    assert submit(client, NEW, {"title": "X", "language": "tlh"}).status_code == 422


def test_the_preview_of_a_part_opens(client):
    post = make_post("draft", series="Voyage", language="ar", translation_of_id=make_post().id)
    signed_in(client, make_user("editor"))

    page = client.get(f"/admin/post/preview/{post.id}")

    assert page.status_code == 200
    assert 'lang="ar"' in page.text
