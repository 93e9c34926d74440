import re

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, Author, Mail, Role, User
from cms.services import roles
from tests.factories import make_author, make_comment, make_post, make_user
from tests.signing_in import sign_in, signed_in, submit

NEW = "/admin/user/new/"


def role(name):
    return db.session.scalars(Role.named(name)).one()


def person(email):
    return db.session.scalar(User.with_email(email))


@pytest.fixture
def admin(client):
    """The client, signed in as an admin."""
    client.admin = make_user("admin", name="Root", email="root@example.org")
    return signed_in(client, client.admin)


def edit(user):
    return f"/admin/user/edit/?id={user.id}"


def answers(**changes):
    return {
        "name": "Zoë",
        "email": "zoe@example.org",
        "roles": [str(role("author").id)],
        "time_zone": "Europe/Berlin",
        **changes,
    }


def test_a_person_is_added_without_a_password_and_the_link_is_shown_once(app, admin):
    response = submit(admin, NEW, answers())
    page = admin.get(response.headers["Location"]).text

    link = re.search(r"(/reset/[\w.-]+)", page).group(1)
    assert "/reset/" not in admin.get("/admin/user/").text
    zoe = person("zoe@example.org")
    assert (zoe.password, zoe.time_zone, [r.name for r in zoe.roles]) == (None, "Europe/Berlin", ["author"])
    visitor = app.test_client()
    new = "a fine long sentence"
    assert submit(visitor, link, {"password": new, "password_confirm": new}).status_code == 302
    assert sign_in(visitor, "zoe@example.org", new).status_code == 302


def test_where_mail_can_be_sent_the_link_goes_to_the_person_alone(app, admin, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:1")

    response = submit(admin, NEW, answers())

    assert "/reset/" not in admin.get(response.headers["Location"]).text
    mail = db.session.scalars(select(Mail)).one()
    assert mail.recipient == "zoe@example.org"
    assert app.config["SITE_URL"] + "/reset/" in mail.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "  ", "Fill this in."),
        ("name", "x" * 121, "At most 120 letters"),
        ("email", "<b>no</b>", "not an e-mail address"),
        ("email", "ROOT@example.org", "already"),
        ("email", "a@b.c\x00", "NUL"),
        ("time_zone", "Mars/Olympus", "Not a valid choice"),
        ("roles", ["99999"], "cannot be chosen"),
        ("roles", ["'; drop table user"], "cannot be chosen"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_is_lost(admin, field, value, words):
    response = submit(admin, NEW, answers(**{field: value}))

    assert response.status_code == 422
    assert words in response.text
    assert "<b>no" not in response.text
    if field != "name":
        assert 'value="Zoë"' in response.text
    assert db.session.scalars(select(User)).all() == [admin.admin]


def test_no_secret_is_ever_in_the_list_the_form_or_the_export(app, admin):
    user = make_user(tf_totp_secret="the-totp-secret", mf_recovery_codes=["the-recovery-code"])
    db.session.commit()
    secrets = [user.password, user.fs_uniquifier, "the-totp-secret", "the-recovery-code"]

    for path in ("/admin/user/", edit(user), "/admin/user/export/csv/", "/admin/user/?search=person"):
        response = admin.get(path, buffered=True)
        assert response.status_code == 200, path
        assert user.email in response.text
        for secret in secrets:
            assert secret not in response.text, path


def test_fields_that_are_not_in_the_form_cannot_be_sent(admin):
    user = make_user("author")
    before = (user.password, user.active)

    forged = {"password": "x", "fs_uniquifier": "y", "active": "", "tf_totp_secret": "z", "id": "7"}
    response = submit(admin, edit(user), answers(**forged))

    assert response.status_code == 302
    assert (user.password, user.active) == before
    assert user.fs_uniquifier != "y"
    assert user.tf_totp_secret is None
    assert user.email == "zoe@example.org"


def test_an_editor_does_not_enter(app):
    editor = signed_in(app.test_client(), make_user("editor"))
    other = make_user("author")
    db.session.commit()

    for path in ("/admin/user/", NEW, edit(other), "/admin/user/export/csv/", "/admin/role/", "/admin/setting/"):
        assert editor.get(path).status_code == 403, path
    forged = submit(editor, "/change", {"act": "deactivate"}, to=f"/admin/user/access/?id={other.id}")
    assert forged.status_code == 403
    assert other.active


def test_a_manager_cannot_make_themselves_or_others_an_admin(app):
    manager = make_user("editor")
    manager.roles.append(roles.add_role("manager", {"user.edit"}, by=None))
    make_user("admin", email="root@example.org")
    client = signed_in(app.test_client(), manager)
    admin_id = str(role("admin").id)

    page = client.get(NEW).text
    assert f'value="{admin_id}"' not in page
    assert submit(client, NEW, answers(roles=[admin_id])).status_code == 422
    assert submit(client, edit(manager), answers(roles=[admin_id])).status_code == 422
    root = person("root@example.org")
    assert client.get(edit(root)).status_code == 403
    for act in ("invite", "deactivate", "sign_out", "remove_second_factor"):
        forged = submit(client, NEW, {"act": act}, to=f"/admin/user/access/?id={root.id}")
        assert forged.status_code == 403, act
    for act in ("delete", "deactivate"):
        submit(client, NEW, {"action": act, "rowid": [str(root.id)], "confirmed": "yes"}, to="/admin/user/action/")
    assert person("root@example.org").active


def test_the_last_admin_stays_one_by_every_door_of_the_admin(admin):
    root = admin.admin
    only_author = answers(name="Root", email="root@example.org")

    refused = submit(admin, edit(root), only_author)
    submit(admin, edit(root), {"act": "deactivate"}, to=f"/admin/user/access/?id={root.id}")
    for act in ("delete", "deactivate"):
        bulk = {"action": act, "rowid": [str(root.id)], "confirmed": "yes"}
        submit(admin, edit(root), bulk, to="/admin/user/action/")
    deleted = submit(admin, edit(root), {"id": str(root.id)}, to="/admin/user/delete/")

    assert refused.status_code == 422
    assert "Nobody could let others in" in refused.text
    assert deleted.status_code == 403
    assert root.active
    assert [r.name for r in root.roles] == ["admin"]


def test_deactivating_keeps_out_at_once_and_activating_lets_in(app, admin):
    user = make_user("author")
    inside = signed_in(app.test_client(), user)
    address = f"/admin/user/access/?id={user.id}"

    assert submit(admin, edit(user), {"act": "deactivate"}, to=address).status_code == 302
    assert inside.get("/change").status_code == 302
    assert "Activate" in admin.get(edit(user)).text
    assert submit(admin, edit(user), {"act": "activate"}, to=address).status_code == 302
    assert sign_in(app.test_client(), user.email).status_code == 302
    assert submit(admin, edit(user), {"act": "dance"}, to=address).status_code == 400
    assert submit(admin, edit(user), {"act": "activate"}, to="/admin/user/access/?id=999999").status_code == 404


def test_signing_out_everywhere_ends_the_sessions(app, admin):
    user = make_user("author")
    inside = signed_in(app.test_client(), user)

    submit(admin, edit(user), {"act": "sign_out"}, to=f"/admin/user/access/?id={user.id}")

    assert inside.get("/change").status_code == 302
    assert "user.signed_out_everywhere" in db.session.scalars(select(AuditEntry.action)).all()


def test_people_are_found_by_role_and_state(admin):
    make_user("author", name="Anna")
    make_user("author", name="Otto", active=False)

    assert "Anna" in admin.get("/admin/user/?role=author").text
    assert "Root" not in re.sub(r"(?s).*<main", "", admin.get("/admin/user/?role=author").text)
    assert "Anna" not in admin.get("/admin/user/?active=no").text


def test_the_list_of_people_takes_few_queries(admin, count_queries):
    def queries():
        db.session.commit()
        assert admin.get("/admin/user/?page_size=100").status_code == 200
        return len(count_queries(lambda: admin.get("/admin/user/?page_size=100")))

    few = queries()
    for _ in range(50):
        make_user("editor")

    assert queries() == few <= 8


def test_before_a_person_is_deleted_one_sees_what_goes_what_stays_and_the_way_back(unguarded, admin):
    zoe = make_user("author", name="Zoë")
    byline = make_author("Zoë", user_id=zoe.id)
    post = make_post(authors=[byline.id])
    make_comment(post, user_id=zoe.id)

    page = admin.get(f"/admin/user/delete/?id={zoe.id}").text

    goes, stays = page.split("What goes with it:")[1].split("What stays:")
    assert "second factor" in goes
    assert f"/admin/post/?author={byline.id}" in stays
    assert "1 post under their name." in stays
    assert "1 comment that they wrote." in stays
    assert "audit log" in stays
    assert "cannot be undone" in page
    instead = re.search(r'name="action" value="(\w+)" formaction="([^"]+)">Deactivate instead', page)
    data = {"id": zoe.id, "rowid": zoe.id, "confirmed": "yes", "action": instead[1]}
    done = admin.get(admin.post(instead[2], data=data).location).text
    assert (zoe.active, db.session.get(User, zoe.id)) == (False, zoe)
    acts = re.search(r'name="acts" value="([\d-]+)"', done)[1]
    admin.post("/admin/job/undo/", data={"acts": acts})
    assert zoe.active
    assert db.session.get(Author, byline.id).user_id == zoe.id


def test_many_people_can_be_deactivated_instead_of_deleted_too(unguarded, admin):
    people = [make_user("author"), make_user("author")]
    data = {"action": "delete", "rowid": [one.id for one in people]}

    asked = admin.post("/admin/user/action/", data=data).text
    kept = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked))
    instead = re.search(r'name="action" value="(\w+)">Deactivate instead', asked)[1]
    admin.post("/admin/user/action/", data={**kept, "action": instead, "rowid": data["rowid"]})

    assert [one.active for one in people] == [False, False]
    assert "Deactivate instead" not in admin.post("/admin/user/action/", data=data).text
    assert "Deactivate instead" not in admin.get(f"/admin/user/delete/?id={people[0].id}").text


def test_the_message_after_deactivating_somebody_undoes_it(unguarded, admin):
    zoe = make_user("author", name="Zoë")

    done = admin.post(f"/admin/user/access/?id={zoe.id}", data={"act": "deactivate"})
    page = admin.get(done.location).text

    assert "Zoë is deactivated and signed out." in page
    admin.post("/admin/job/undo/", data={"acts": re.search(r'name="acts" value="([\d-]+)"', page)[1]})
    assert zoe.active
