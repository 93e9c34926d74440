"""Deleted tags, series, authors, redirects and roles come back by the button of the message, with their posts."""

import re

import pytest
from sqlalchemy import select

from cms.admin import bulk
from cms.db import db
from cms.models import AuditEntry, Author, Media, PostAuthor, PostTag, Redirect, Role, Series, SeriesPart, Tag
from cms.services import accounts, media, redirecting, remaking, roles, searching
from cms.services import series as series_service
from tests.factories import make_author, make_post, make_series, make_tag, make_user
from tests.services.test_media import picture
from tests.signing_in import signed_in


@pytest.fixture
def editor(unguarded, client):
    person = make_user("admin", name="Eve")
    signed_in(client, person)
    return person


def deleted(client, row):
    """The page after it."""
    address = f"/admin/{row.__tablename__}/"
    return client.get(client.post(f"{address}delete/", data={"id": row.id, "url": address}).location).text


def undone(client, page):
    acts = re.search(r'name="acts" value="([\d-]+)"', page)
    assert acts, "no button"
    return client.get(client.post("/admin/job/undo/", data={"acts": acts[1], "url": "/admin/"}).location).text


def fields_of(row):
    db.session.refresh(row)
    return {column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs}


def pairs(model):
    columns = model.__table__.columns
    return sorted(map(tuple, db.session.execute(select(*columns))), key=str)


def test_a_tag_comes_back_with_its_posts(client, editor):
    tag = make_tag("Boats", description="What floats.")
    live, draft = make_post(tags=["Boats", "Sea"]), make_post("draft", tags=["Boats"])
    was, on = fields_of(tag), pairs(PostTag)

    page = deleted(client, tag)

    assert "“Boats” is deleted." in page
    assert [one.name for one in live.tags] == ["Sea"]
    assert "Undone." in undone(client, page)
    assert fields_of(db.session.scalars(Tag.named("boats")).one()) == was
    assert pairs(PostTag) == on
    assert db.session.scalars(searching.find("boats ")).all() == [live]
    assert [one.name for one in draft.tags] == ["Boats"]


def test_a_series_comes_back_in_its_order(client, editor):
    series = make_series("Voyage")
    for title in ("One", "Two", "Three"):
        make_post(title=title, series="Voyage")
    was, parts = fields_of(series), pairs(SeriesPart)

    page = deleted(client, series)
    assert pairs(SeriesPart) == []
    undone(client, page)

    assert fields_of(db.session.scalars(Series.at("voyage")).one()) == was
    assert pairs(SeriesPart) == parts


def test_a_post_that_joined_another_series_stays_there(client, editor):
    series = make_series("Voyage")
    first, second = make_post(series="Voyage"), make_post(series="Voyage")

    page = deleted(client, series)
    series_service.add(first, make_series("Home"))
    undone(client, page)

    assert (first.part.series.title, second.part.series.title) == ("Home", "Voyage")


def test_an_author_comes_back_in_their_place_of_the_byline_with_account_and_picture(client, editor):
    face = media.add(picture(), "face.png", by=None)
    account = make_user("author", name="Ada")
    author = make_author("Ada", website="https://ada.example", picture_id=face.id, user_id=account.id)
    author.describe("She *writes*.")
    other = make_author("Bob")
    post = make_post(authors=[other.id, author.id])
    was, bylines = fields_of(author), pairs(PostAuthor)

    page = deleted(client, author)
    assert [one.name for one in post.authors] == ["Bob"]
    undone(client, page)

    back = db.session.scalars(Author.at("ada")).one()
    assert fields_of(back) == was
    assert back.bio_html == was["bio_html"] != ""
    assert pairs(PostAuthor) == bylines


def test_what_an_author_had_and_is_gone_is_left_out(client, editor):
    face = media.add(picture(), "face.png", by=None)
    account = make_user("author", name="Ada")
    author = make_author("Ada", picture_id=face.id, user_id=account.id)

    page = deleted(client, author)
    db.session.delete(db.session.get_one(Media, face.id))
    make_author("Another byline", user_id=account.id)
    undone(client, page)

    back = db.session.scalars(Author.at("ada")).one()
    assert (back.picture_id, back.user_id) == (None, None)


def test_a_redirect_comes_back(client, editor):
    redirect = Redirect()
    redirecting.set_by_hand(redirect, "/old", "/new")
    db.session.add(redirect)
    db.session.commit()
    was = fields_of(redirect)

    undone(client, deleted(client, redirect))

    assert fields_of(db.session.scalars(Redirect.at("/old")).one()) == was


def test_a_role_comes_back_with_its_rights_and_can_be_given_again(client, editor):
    role = roles.add_role("moderator", {"admin.enter", "comment.moderate"}, description="Reads", by=None)
    was = fields_of(role)

    page = client.get(f"/admin/role/delete/?id={role.id}").text
    assert "a button to undo it" in page
    assert "cannot be undone" not in page
    undone(client, deleted(client, role))

    back = db.session.scalars(Role.named("moderator")).one()
    assert fields_of(back) == was
    assert db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "role.restored"
    accounts.change_roles(make_user(None), [back], by=editor)


def test_nobody_puts_back_a_role_that_may_do_what_they_lack_by_now(client, editor):
    page = deleted(client, roles.add_role("keeper", {"user.edit", "role.edit"}, by=None))
    editor.roles = [Role(name="less", permissions=["admin.enter", "role.edit"])]

    assert "You may not put back a role that may do more than you." in undone(client, page)
    assert db.session.scalar(Role.named("keeper")) is None


def test_a_role_is_not_put_back_over_another_of_its_name(client, editor):
    page = deleted(client, roles.add_role("keeper", {"role.edit"}, by=None))
    roles.add_role("keeper", {"admin.enter"}, by=None)

    assert "There is another one in its place by now." in undone(client, page)
    assert db.session.scalars(Role.named("keeper")).one().grants == {"admin.enter"}


def test_many_that_were_deleted_together_come_back_together(client, editor):
    tags = [make_tag("One"), make_tag("Two")]
    post = make_post(tags=["One", "Two"])
    data = {"action": "delete", "rowid": [tag.id for tag in tags], "confirmed": "yes"}

    page = client.get(client.post("/admin/tag/action/", data=data).location).text

    assert "Undone: 2 put back." in undone(client, page)
    assert sorted(tag.name for tag in post.tags) == ["One", "Two"]


def test_neither_page_says_that_it_cannot_be_undone(client, editor):
    tag, user = make_tag("One"), make_user("author")

    assert "a button to undo it" in client.get(f"/admin/tag/delete/?id={tag.id}").text
    assert "cannot be undone" in client.get(f"/admin/user/delete/?id={user.id}").text
    for address, number, is_for_good in (("tag", tag.id, False), ("user", user.id, True)):
        asked = client.post(f"/admin/{address}/action/", data={"action": "delete", "rowid": [number]}).text
        assert ("cannot be undone" in asked) is is_for_good


def test_it_is_put_back_once_and_never_over_another_one(client, editor):
    page = deleted(client, make_tag("Boats"))
    undone(client, page)
    assert "There is another one in its place by now." in undone(client, page)

    page = deleted(client, db.session.scalars(Tag.named("Boats")).one())
    make_tag("BOATS")
    assert "There is another one in its place by now." in undone(client, page)
    assert [tag.name for tag in db.session.scalars(select(Tag))] == ["BOATS"]


def test_a_number_that_was_given_away_is_left_to_who_has_it(client, editor):
    tag = make_tag("Boats")
    number = tag.id
    page = deleted(client, tag)
    db.session.add(Tag(id=number, name="Sea", slug="sea"))
    undone(client, page)

    assert {one.name for one in db.session.scalars(select(Tag))} == {"Boats", "Sea"}


def test_whoever_lost_the_right_puts_nothing_back(client, editor):
    page = deleted(client, make_tag("Boats"))
    editor.roles = [Role(name="reader", permissions=["admin.enter"])]

    assert "You may not put this back." in undone(client, page)
    assert db.session.scalars(select(Tag)).all() == []


def test_the_page_says_beforehand_that_it_is_on_too_many_posts_to_come_back(client, editor, monkeypatch):
    monkeypatch.setattr(remaking, "MOST_POSTS", 1)
    series, author = make_series("Voyage"), make_author("Ada")
    for _ in range(2):
        make_post(tags=["Boats"], series="Voyage", authors=[author.id])
    make_post(tags=["Sea"])

    for row in (db.session.scalars(Tag.named("Boats")).one(), series, author):
        page = client.get(f"/admin/{row.__tablename__}/delete/?id={row.id}").text
        assert "This cannot be undone: it is on more than 1 posts." in page
        assert "a button to undo it" not in page
        assert "Undo" not in deleted(client, row)
    sea = db.session.scalars(Tag.named("Sea")).one()
    assert "a button to undo it" in client.get(f"/admin/tag/delete/?id={sea.id}").text


def test_of_many_that_go_together_those_that_cannot_come_back_are_named(client, editor, monkeypatch):
    monkeypatch.setattr(remaking, "MOST_POSTS", 1)
    make_post(tags=["Boats", "Sea"]), make_post(tags=["Boats"])
    tags = db.session.scalars(select(Tag)).all()
    data = {"action": "delete", "rowid": [tag.id for tag in tags]}

    asked = client.post("/admin/tag/action/", data=data).text
    everything = client.post("/admin/tag/action/", data={"action": "delete", "everything": "yes"}).text
    done = client.get(client.post("/admin/tag/action/", data={**data, "confirmed": "yes"}).location).text

    words = "On more than 1 posts, so it will not come back: Boats."
    assert words in asked
    assert words in everything
    assert "A button undoes it for a day afterwards." in everything
    back = undone(client, done)
    assert "Undone: 1 put back." in back
    assert "It was on too many posts to be put back." in back
    assert [tag.name for tag in db.session.scalars(select(Tag))] == ["Sea"]


@pytest.mark.parametrize(
    ("looked_at", "words"),
    [
        (
            1,
            [
                "so it will not come back: Boats.",
                "Of the others, what is on more than 1 posts will not come back either.",
            ],
        ),
        (2, ["so it will not come back: Boats."]),
    ],
)
def test_of_more_than_are_looked_at_the_page_says_what_will_not_come_back(
    looked_at, words, client, editor, monkeypatch
):
    monkeypatch.setattr(remaking, "MOST_POSTS", 1)
    monkeypatch.setattr(bulk, "MOST_SELECTED", looked_at)
    make_post(tags=["Boats", "Sea"]), make_post(tags=["Boats"])

    page = client.post("/admin/tag/action/", data={"action": "delete", "everything": "yes"}).text

    assert [one in page for one in words] == [True] * len(words)
    assert ("Of the others" in page) == (looked_at == 1)


def test_of_more_than_are_looked_at_none_of_which_is_lost_the_rest_may_be(client, editor, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_SELECTED", 1)
    make_post(tags=["Boats", "Sea"])
    question = {"action": "delete", "everything": "yes"}

    assert (
        "What is on more than 20,000 posts will not come back." in client.post("/admin/tag/action/", data=question).text
    )
    monkeypatch.setattr(bulk, "MOST_SELECTED", 2)
    assert "will not come back" not in client.post("/admin/tag/action/", data=question).text


def test_what_is_kept_for_undoing_is_shown_in_no_history(client, editor):
    deleted(client, make_tag("Boats"))
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "tag.deleted")).one()

    assert AuditEntry.KEPT not in entry.changes
    assert entry.changes["name"] == ("Boats", None)
    assert "slug" not in client.get(f"/admin/audit/details/?id={entry.id}").text
