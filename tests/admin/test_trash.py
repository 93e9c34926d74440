"""What lies in the trash is not published from there, by any button."""

from cms.db import db
from cms.models import AuditEntry
from cms.services import settings
from tests.factories import make_page, make_post, make_user
from tests.signing_in import signed_in


def test_publishing_many_leaves_those_in_the_trash_out(unguarded, client):
    trashed, draft = make_post("draft", title="In the bin"), make_post("draft")
    trashed.trash()
    signed_in(client, make_user("editor"))

    answer = client.post("/admin/post/action/", data={"action": "publish", "rowid": [trashed.id, draft.id]})
    page = client.get(answer.location).text
    client.post(f"/admin/post/restore/?id={trashed.id}")

    assert "1 published." in page
    assert "In the bin" in page
    assert "Take it out of the trash before you publish it." in page
    assert (trashed.state, draft.state) == ("draft", "published")
    published = db.session.scalars(db.select(AuditEntry.subject_id).where(AuditEntry.action == "post.published")).all()
    assert published == [draft.id]
    assert client.get(f"/posts/{trashed.slug}").status_code == 404


def test_the_form_of_what_is_in_the_trash_offers_no_publishing(unguarded, client):
    signed_in(client, make_user("editor"))

    for thing, address in ((make_post(), "post"), (make_page(), "page")):
        form = f"/admin/{address}/edit/?id={thing.id}"
        before = client.get(form).text
        thing.trash()
        after = client.get(form).text

        for act in ("publish", "withdraw"):
            assert f'name="act" value="{act}"' in before
            assert f'name="act" value="{act}"' not in after
        assert 'name="act" value="save"' in after
        sent = client.post(form, data={"title": "x", "body": "y", "version": thing.version, "act": "publish"})
        assert sent.status_code == 422
        assert "out of the trash" in sent.text
        assert thing.state == "trashed"


def test_a_page_that_leaves_the_menu_is_named_and_known_to_come_back(unguarded, client):
    about, other = make_page(title="About", menu_position=3), make_page(title="Other")
    settings.change({"home": other.id}, by=None)
    signed_in(client, make_user("editor"))
    leaves, waits = (
        "1 page leaves the menu of the site.",
        "It has a place in the menu, which shows it once it is public.",
    )

    assert leaves in client.get(f"/admin/page/delete/?id={about.id}").text
    assert leaves not in client.get(f"/admin/page/delete/?id={other.id}").text
    both = {"action": "withdraw", "rowid": [about.id, other.id]}  # asked because of the home
    assert leaves in client.post("/admin/page/action/", data=both).text
    form = {"title": "About", "body": "Us.", "version": about.version, "menu_position": "3"}
    address = f"/admin/page/edit/?id={about.id}"
    assert waits not in client.get(client.post(address, data=form).location).text
    form |= {"version": about.version, "act": "withdraw"}
    assert waits in client.get(client.post(address, data=form).location).text


def test_before_the_home_page_goes_its_people_are_told_what_stands_there_then(unguarded, client):
    home, other = make_page(title="Welcome"), make_page(title="About")
    settings.change({"home": home.id}, by=None)
    words = "It is the home page of the site: without it the newest posts stand there."
    signed_in(client, make_user("editor"))

    def told(address, **data):
        """Whether the page that asks first says so; another page never asks."""
        text = client.post(address, data=data).text
        return words in text, 'name="confirmed" value="yes"' in text

    assert words in client.get(f"/admin/page/edit/?id={home.id}").text
    assert words not in client.get(f"/admin/page/edit/?id={other.id}").text
    assert told(f"/admin/page/delete/?id={home.id}") == (True, True)
    for act in ("withdraw", "trash"):
        assert told("/admin/page/action/", action=act, rowid=[home.id, other.id]) == (True, True)
        assert told("/admin/page/action/", action=act, everything="yes") == (True, True)
    assert home.state == "published"
    assert told("/admin/page/action/", action="withdraw", rowid=[other.id]) == (False, False)
    assert other.state == "withdrawn"

    client.post("/admin/page/action/", data={"action": "withdraw", "rowid": [home.id], "confirmed": "yes"})

    assert home.state == "withdrawn"
    assert client.get("/").status_code == 200
