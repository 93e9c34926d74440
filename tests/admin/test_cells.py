"""One field changed in a list: through the services of its form, by those who may, and never over what is newer."""

import re

import pytest

from cms.db import db
from cms.models import AuditEntry, Media, Redirect, Revision
from cms.services import media, publishing, redirecting, revising
from tests.admin.test_media import picture
from tests.admin.test_races import at_once
from tests.factories import make_page, make_post, make_tag, make_user
from tests.signing_in import signed_in

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def editor(unguarded, client):
    return signed_in(client, make_user("admin", name="Ada"))


def change(client, row, column, value, *, seen="", headers=None):
    address = f"/admin/{row.__tablename__}/ajax/update/?id={row.id}&column={column}"
    return client.post(address, data={column: value, "seen": seen}, headers=headers)


def last_entry(row):
    return db.session.scalars(AuditEntry.about(row.__tablename__, row.id)).first()


def error_in(page):
    found = re.search(r'<ul class="field-errors"[^>]*>(.*?)</ul>', page, re.DOTALL)
    return re.sub("<.*?>", "", found[1]) if found else None


def shown_in(page, name):
    """The value of a field, and what the form says it was."""
    field = re.search(rf'<(?:input|textarea) [^>]*name="{name}"[^>]*>([^<]*)', page)
    value = re.search('value="([^"]*)"', field[0])
    return value[1] if value else field[1].strip(), re.search(r'name="seen" value="([^"]*)"', page)[1]


def picture_of(person):
    return media.add(picture(), "boat.png", by=person)


def redirect_to(target):
    row = Redirect()
    redirecting.set_by_hand(row, "/old", target)
    db.session.add(row)
    db.session.flush()
    return row


def test_each_field_goes_through_what_its_form_goes_through(editor):
    page, tag, row = make_page(menu_position=3), make_tag("Ships"), redirect_to("/new")
    boat = picture_of(make_user("editor"))

    assert change(editor, page, "menu_position", "5", seen="3").status_code == 302
    assert change(editor, tag, "description", "At sea.").status_code == 302
    assert change(editor, row, "target", "/newer", seen="/new").status_code == 302
    assert change(editor, boat, "alt", "  A   boat ", seen=boat.alt).status_code == 302

    assert (page.menu_position, tag.description, row.target, boat.alt) == (5, "At sea.", "/newer", "A boat")
    assert [last_entry(one).action.split(".")[1] for one in (page, tag, row, boat)] == ["edited"] * 4
    assert last_entry(page).changes["menu_position"] == (3, 5)
    assert last_entry(tag).changes == {"description": ("", "At sea.")}
    newest = db.session.scalars(Revision.of(page)).first()
    assert (newest.version, newest.snapshot["menu_position"]) == (page.version, 5)
    assert page.live_version == page.version
    said = editor.get("/admin/page/").text
    assert f"“{page}” is saved. In the menu: 5." in said


def undo_in(cell):
    """What the button sends, and what it says the cell was seen to be."""
    button = re.search(r"<button [^>]*data-seen[^>]*>", cell)
    return button and tuple(re.search(rf' {name}="([^"]*)"', button[0])[1] for name in ("value", "data-seen"))


def test_a_field_just_changed_can_be_put_back(editor):
    boat = picture_of(make_user("editor"))
    boat.alt = "A  ship"

    cell = change(editor, boat, "alt", " A   boat ", seen="A  ship", headers=SCRIPT).json["cell"]
    assert undo_in(cell) == ("A  ship", "A boat")
    assert undo_in(change(editor, boat, "alt", "A boat", seen="A boat", headers=SCRIPT).json["cell"]) is None

    undone = change(editor, boat, "alt", "A  ship", seen="A boat", headers=SCRIPT).json["cell"]
    assert boat.alt == "A ship"
    assert undo_in(undone) == ("A boat", "A ship")
    boat.alt = "Somebody's"
    assert change(editor, boat, "alt", "A boat", seen="A ship", headers=SCRIPT).status_code == 422
    assert boat.alt == "Somebody's"


def test_a_switch_changes_what_readers_see_and_leaves_the_rest_of_the_draft(editor):
    post = make_post(title="Live")
    revising.save(post, {"title": "Not yet"}, by=None)

    answer = change(editor, post, "is_featured", "yes", headers=SCRIPT)

    assert answer.json["said"] == "Saved. Featured: Yes."
    assert 'aria-pressed="true"' in answer.json["cell"]
    assert "seen=yes" in answer.json["cell"]
    assert (post.is_featured, post.title, post.has_draft) == (True, "Live", True)
    newest = db.session.scalars(Revision.of(post)).first().snapshot
    assert (newest["is_featured"], newest["title"]) == (True, "Not yet")
    assert change(editor, post, "is_featured", "", seen="yes", headers=SCRIPT).json["said"] == "Saved. Featured: No."
    assert last_entry(post).changes["is_featured"] == (True, False)
    entries = db.session.scalar(db.select(db.func.count(AuditEntry.id)))
    assert change(editor, post, "is_featured", "", seen="yes", headers=SCRIPT).status_code == 200  # it is so already
    assert db.session.scalar(db.select(db.func.count(AuditEntry.id))) == entries


def test_what_somebody_else_wrote_meanwhile_is_shown_before_it_is_replaced(editor):
    page = make_page(menu_position=3)
    assert shown_in(
        editor.get(f"/admin/page/ajax/update/?id={page.id}&column=menu_position").text, "menu_position"
    ) == (
        "3",
        "3",
    )
    revising.change_live(page, {"menu_position": 4}, by=None)

    refused = change(editor, page, "menu_position", "9", seen="3")

    assert refused.status_code == 422
    assert error_in(refused.text) == "Somebody made this “4” in the meantime. Save again to put yours in its place."
    assert shown_in(refused.text, "menu_position") == ("9", "4")
    assert page.menu_position == 4
    assert change(editor, page, "menu_position", "9", seen="4").status_code == 302
    assert page.menu_position == 9
    revising.change_live(page, {"title": "Another"}, by=None)  # another field is no reason to refuse
    assert change(editor, page, "menu_position", "", seen="9").status_code == 302
    assert page.menu_position is None


def test_whoever_writes_meanwhile_is_told_what_was_changed_in_the_list(editor):
    post = make_post(title="Ours")
    version = post.version
    change(editor, post, "is_featured", "yes")

    form = {"title": "Ours", "body": post.body, "comments_open": "y", "version": version}
    page = editor.post(f"/admin/post/edit/?id={post.id}", data=form)

    assert page.status_code == 422
    theirs = re.findall(r'<textarea readonly[^>]*aria-label="([^"]*)">(.*?)</textarea>', page.text)
    assert ("Featured, as they saved it", "yes") in theirs
    assert not [label for label, _ in theirs if label.startswith("Readers may comment")]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("menu_position", "soon", "Type a whole number, such as 3."),
        ("menu_position", "-1", "Choose a number from 0 to 10,000."),
        ("description", "x" * 1001, "At most 1,000 letters; these are 1,001."),
        ("target", "nowhere", "Give an address of this site (/new/address) or a whole one (https://…)."),
        ("target", "/old", "This would lead to itself."),
    ],
)
def test_a_bad_value_stays_in_its_field_with_the_reason(editor, column, value, reason):
    row = {"menu_position": make_page, "description": make_tag, "target": lambda: redirect_to("/new")}[column]()
    before = getattr(row, column)

    refused = change(editor, row, column, value, seen=str(before or ""))

    assert refused.status_code == 422
    assert error_in(refused.text) == reason
    assert shown_in(refused.text, column) == (value, str(before or ""))
    assert getattr(row, column) == before


def test_who_may_not_edit_a_row_changes_nothing_of_it_and_is_not_asked_to(unguarded, client):
    author, other = make_user("author"), make_user("author")
    own, theirs, trashed = make_post(by=author), make_post(by=other), make_post("trashed", by=author)
    tag = make_tag("Ships")
    boat = picture_of(other)
    signed_in(client, author)

    for row, column, expected in (
        (own, "is_featured", 302),
        (own, "title", 404),  # not among those that are safe
        (own, "authors", 404),
        (theirs, "is_featured", 404),
        (trashed, "is_featured", 403),
        (boat, "alt", 404),
        (tag, "description", 403),
    ):
        assert change(client, row, column, "yes").status_code == expected, (row, column)

    assert (own.is_featured, theirs.is_featured, trashed.is_featured) == (True, False, False)
    assert (tag.description, db.session.get(Media, boat.id).alt) == ("", "")
    client.post("/admin/post/columns/", data={"columns": ["title", "is_featured", "comments_open"]})
    assert client.get("/admin/post/").text.count("data-switch") == 2
    in_the_trash = client.get("/admin/post/?state=trashed").text
    assert "data-switch" not in in_the_trash
    assert re.search(r'<td class="column-is_featured"[^>]*>\s*No\s*</td>', in_the_trash)


def test_a_contributor_features_nothing_that_readers_see(unguarded, client):
    contributor = make_user("contributor")
    draft = make_post("draft", by=contributor)
    signed_in(client, contributor)

    assert change(client, draft, "is_featured", "yes").status_code == 302
    publishing.publish(draft, by=None)
    assert change(client, draft, "is_featured", "", seen="yes").status_code == 403

    assert draft.is_featured


def test_of_two_at_once_one_is_told_of_the_other(unguarded):
    people = [make_user("admin"), make_user("admin")]
    for turn in range(4):
        tag = make_tag()
        address = f"/admin/tag/ajax/update/?id={tag.id}&column=description"

        answers = at_once(
            unguarded,
            [(person, address, {"description": f"Words {turn} of {person.name}", "seen": ""}) for person in people],
        )

        assert sorted(answer.status_code for answer in answers) == [302, 422]
        loser = next(answer for answer in answers if answer.status_code == 422)
        assert error_in(loser.text).startswith(f"Somebody made this “{tag.description}” in the meantime.")
