"""Mail to an address that somebody has no more: it opens nothing, and who may do less does not read it."""

import re

import pytest

from cms.db import db
from cms.models import Mail
from cms.services import accounts, inviting
from tests.admin.test_escalation import person_who_may
from tests.factories import make_user
from tests.signing_in import signed_in, submit

NEW = {"password": "a fine long sentence", "password_confirm": "a fine long sentence"}


@pytest.fixture
def asked(app, client):
    """An admin who asked for a new password where no mail can be sent, and whose address was changed then."""
    admin, other = make_user("admin", email="old@example.org"), make_user("admin")
    submit(client, "/reset", {"email": admin.email})
    mail = db.session.scalars(db.select(Mail)).one()
    link = re.search(r"/reset/[\w.-]+", mail.text)[0]
    form = {"name": admin.name, "email": "new@example.org", "roles": [admin.roles[0].id], "time_zone": "UTC"}
    changed = submit(signed_in(app.test_client(), other), f"/admin/user/edit/?id={admin.id}", form)
    assert (changed.status_code, admin.email) == (302, "new@example.org")
    return admin, mail, link


def test_a_link_to_a_new_password_ends_with_the_address_it_went_to(client, asked):
    admin, _, link = asked
    hashed = admin.password

    assert client.get(link).status_code == 302
    assert submit(client, "/reset", NEW, to=link).status_code == 302
    assert admin.password == hashed


def test_mail_to_an_address_that_nobody_has_is_read_only_by_those_who_may_change_people(app, client, asked):
    _, mail, link = asked
    page = f"/admin/mail/details/?id={mail.id}"

    assert link not in signed_in(client, person_who_may("mail.view")).get(page).text
    assert link in signed_in(app.test_client(), person_who_may("mail.view", "user.edit")).get(page).text


def test_another_address_ends_the_sessions_and_another_name_does_not(app, client):
    user = make_user("editor")
    signed_in(client, user)

    accounts.change(user, name="Somebody", email=user.email.upper(), by=None)
    assert client.get("/admin/").status_code == 200
    accounts.change(user, email="elsewhere@example.org", by=None)
    assert client.get("/admin/").status_code == 302


def test_an_invitation_ends_with_the_address_it_went_to(app, client):
    user = make_user("author")
    path = inviting.password_link(user).removeprefix(app.config["SITE_URL"])
    assert client.get(path).status_code == 200

    accounts.change(user, email="elsewhere@example.org", by=None)

    assert client.get(path).status_code == 302
