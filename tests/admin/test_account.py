"""What people change about themselves."""

import pytest

from cms.db import db
from cms.models import AuditEntry
from tests.factories import make_post, make_user
from tests.signing_in import signed_in, submit

PAGE = "/admin/account/"


@pytest.mark.parametrize("role", ["admin", "contributor"])
def test_people_change_their_own_name_and_zone(client, role):
    person, other = make_user(role, name="Before"), make_user("editor", name="Other")
    signed_in(client, person)
    assert f'href="{PAGE}"' in client.get("/admin/").text

    answer = submit(client, PAGE, {"name": "  Ada  Lovelace ", "time_zone": "Europe/Berlin"})

    assert answer.status_code == 302
    assert (person.name, person.time_zone) == ("Ada Lovelace", "Europe/Berlin")
    assert (other.name, other.time_zone) == ("Other", "UTC")
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "user.changed")).one()
    assert (entry.actor_id, entry.subject_id) == (person.id, person.id)
    assert "Your account is saved." in client.get(PAGE).text


def test_times_are_in_the_zone_just_chosen(client):
    post = make_post("draft")
    signed_in(client, make_user("editor"))

    submit(client, PAGE, {"name": "Ada", "time_zone": "Asia/Tokyo"})

    assert "Asia/Tokyo time" in client.get(f"/admin/post/edit/?id={post.id}").text


def test_nothing_else_is_theirs_to_change(client):
    person = make_user("author", email="ada@example.org")
    signed_in(client, person)

    submit(client, PAGE, {"name": "Ada", "time_zone": "UTC", "email": "new@example.org", "roles": "1", "active": ""})

    assert (person.email, [role.name for role in person.roles], person.active) == ("ada@example.org", ["author"], True)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"name": " ", "time_zone": "UTC"}, "name"),
        ({"name": "x" * 121, "time_zone": "UTC"}, "name"),
        ({"name": "\u200b\x00", "time_zone": "UTC"}, "name"),
        ({"name": "Ada", "time_zone": "Mars/Olympus"}, "time_zone"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(client, data, field):
    person = make_user("author", name="Before")
    signed_in(client, person)

    answer = submit(client, PAGE, data)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert person.name == "Before"


def test_the_links_of_an_account_page_lead_elsewhere(client):
    signed_in(client, make_user("editor"))

    page = client.get("/change").text

    assert 'href="/change"' not in page
    assert 'href="/tf-setup"' in page
    assert 'href="/change"' in client.get("/tf-setup").text


def test_each_guide_says_whom_it_is_for_before_one_opens_it(client):
    signed_in(client, make_user("editor"))

    page = client.get("/admin/help/").text

    assert "You decide who may do what" in page
    assert "open /admin/ and sign in." in page  # in words alone, without marks of Markdown
