import re

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, Role
from cms.models.permission import PERMISSIONS
from cms.services import roles
from tests.factories import make_user
from tests.signing_in import signed_in, submit


def role(name):
    return db.session.scalar(Role.named(name))


def edit(name):
    return f"/admin/role/edit/?id={role(name).id}"


@pytest.fixture
def admin(client):
    client.admin = make_user("admin")
    return signed_in(client, client.admin)


def test_every_right_stands_in_the_form_with_its_meaning(admin):
    page = admin.get(edit("author")).text

    for name, meaning in PERMISSIONS.items():
        assert f'value="{name}"' in page
        assert meaning.replace("'", "&#39;") in page
    assert page.count(" checked>") == len(role("author").permissions)


def test_an_admin_makes_changes_and_deletes_a_role(admin):
    made = submit(
        admin, "/admin/role/new/", {"name": "Moderator", "description": "Reads", "permissions": ["comment.moderate"]}
    )
    assert made.status_code == 302
    assert role("moderator").permissions == ["comment.moderate"]

    rights = {"name": "moderator", "permissions": ["admin.enter", "comment.moderate"]}
    assert submit(admin, edit("moderator"), rights).status_code == 302
    assert role("moderator").grants == {"admin.enter", "comment.moderate"}

    number = str(role("moderator").id)
    assert submit(admin, edit("moderator"), {"id": number}, to="/admin/role/delete/").status_code == 302
    assert role("moderator") is None
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["role.added", "role.changed", "role.deleted"]


def test_the_last_way_in_cannot_be_closed(admin):
    response = submit(admin, edit("admin"), {"name": "admin", "permissions": ["admin.enter", "user.edit"]})

    assert response.status_code == 422
    assert "Nobody could let others in" in response.text
    assert role("admin").grants == set(PERMISSIONS)


def test_a_role_that_somebody_has_stays(admin):
    number = str(role("admin").id)

    submit(admin, "/admin/role/new/", {"id": number}, to="/admin/role/delete/")

    assert role("admin") is not None
    assert "People have the role" in admin.get("/admin/role/").text


def test_somebody_who_edits_roles_cannot_give_what_they_lack(app):
    keeper = make_user("editor")
    keeper.roles.append(roles.add_role("keeper", {"role.edit"}, by=None))
    make_user("admin")
    client = signed_in(app.test_client(), keeper)

    page = client.get(edit("author")).text
    assert 'value="user.edit"' not in page
    forged = submit(client, edit("author"), {"name": "author", "permissions": ["user.edit"]})
    assert forged.status_code == 422
    assert client.get(edit("admin")).status_code == 403
    assert "user.edit" not in role("author").grants


@pytest.mark.parametrize("name", ["", "   ", "ADMIN", "x" * 41, "\x00", "<script>alert(1)</script>" * 3])
def test_a_name_that_does_not_fit_is_refused_in_words(admin, name):
    response = submit(admin, "/admin/role/new/", {"name": name, "permissions": []})

    assert response.status_code == 422
    assert "<script>alert" not in response.text


def test_rights_stand_under_what_they_are_about(admin):
    page = admin.get(edit("author")).text

    groups = re.findall(r"<legend>(.*?)</legend>", page)

    assert groups == list(dict.fromkeys(groups))
    assert groups[:3] == ["Admin", "Posts", "Pages"]
