import threading

import pytest
from sqlalchemy import select

from cms.db import db
from cms.errors import CmsError, InvalidChange, NotAllowed
from cms.models import AuditEntry, Role, User
from cms.services import accounts, bylines, inviting, jobs, mailing, roles
from cms.transactions import in_transaction
from tests.factories import PASSWORD, make_author, make_post, make_user
from tests.signing_in import sign_in


def role(name):
    return db.session.scalars(Role.named(name)).one()


def people_manager():
    """Somebody who may edit people, but not what admins may."""
    manager = make_user("editor")
    manager.roles.append(roles.add_role("manager", {"user.edit"}, by=None))
    db.session.flush()
    return manager


def test_an_admin_adds_somebody_whose_address_is_folded(app):
    admin = make_user("admin")

    user = accounts.add(" Zoë@Example.ORG ", "  Zoë   Z ", [role("author")], by=admin)

    assert (user.email, user.name, user.password) == ("zoë@example.org", "Zoë Z", None)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.actor_id, entry.changes) == ("user.added", admin.id, {"roles": (None, ["author"])})


@pytest.mark.parametrize(
    ("email", "name", "password", "field"),
    [
        ("no address", "Ada", None, "email"),
        ("taken@example.org", "Ada", None, "email"),
        ("TAKEN@example.org", "Ada", None, "email"),
        ("ada@example.org", " \x00 ", None, "name"),
        ("ada@example.org", "x" * 121, None, "name"),
        ("ada@example.org", "Ada", "short", "password"),
    ],
)
def test_what_does_not_fit_is_said_of_its_field(app, email, name, password, field):
    make_user(email="taken@example.org")

    with pytest.raises(InvalidChange) as raised:
        accounts.add(email, name, [], by=None, password=password)

    assert raised.value.field == field


def test_an_editor_cannot_touch_people(app):
    editor, other = make_user("editor"), make_user("author")

    for act in (
        lambda: accounts.add("a@example.org", "A", [], by=editor),
        lambda: accounts.change(other, name="Changed", by=editor),
        lambda: accounts.change_roles(other, [role("editor")], by=editor),
        lambda: accounts.deactivate(other, by=editor),
        lambda: accounts.set_password(other, "a fine long sentence", by=editor),
        lambda: accounts.sign_out_everywhere(other, by=editor),
        lambda: accounts.remove_second_factor(other, by=editor),
        lambda: accounts.delete(other, by=editor),
        lambda: inviting.invite(other, by=editor),
        lambda: roles.add_role("new", [], by=editor),
        lambda: roles.change_role(role("author"), [], by=editor),
        lambda: roles.delete_role(role("contributor"), by=editor),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_nobody_gives_what_they_lack(app):
    manager, author = people_manager(), make_user("author")

    with pytest.raises(NotAllowed):
        accounts.add("a@example.org", "A", [role("admin")], by=manager)
    with pytest.raises(NotAllowed):
        accounts.change_roles(author, [role("admin")], by=manager)
    with pytest.raises(NotAllowed):
        accounts.change_roles(manager, [role("admin")], by=manager)
    accounts.change_roles(author, [role("editor")], by=manager)

    assert author.may("post.edit.any")


def test_nobody_becomes_somebody_who_may_more_by_their_password_or_address(app):
    manager, admin = people_manager(), make_user("admin")

    for act in (
        lambda: accounts.set_password(admin, "a fine long sentence", by=manager),
        lambda: accounts.change(admin, email="mine@example.org", by=manager),
        lambda: inviting.invite(admin, by=manager),
        lambda: accounts.remove_second_factor(admin, by=manager),
        lambda: accounts.deactivate(admin, by=manager),
        lambda: accounts.delete(admin, by=manager),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_last_admin_stays_one(app):
    admin = make_user("admin")
    make_user("admin", active=False)

    for act in (
        lambda: accounts.deactivate(admin, by=admin),
        lambda: accounts.change_roles(admin, [role("editor")], by=admin),
        lambda: accounts.delete(admin, by=None),
        lambda: roles.change_role(role("admin"), {"admin.enter", "user.edit"}, by=admin),
    ):
        with pytest.raises(InvalidChange):
            act()
    make_user("admin")
    accounts.deactivate(admin, by=admin)

    assert not admin.active


@pytest.mark.parametrize("act", [accounts.deactivate, accounts.delete])
def test_of_two_last_admins_who_go_at_once_one_stays(app, act):
    ids = [make_user("admin").id, make_user("admin").id]
    db.session.commit()
    start, refused = threading.Barrier(2), []

    def go(user_id):
        def leave():
            user = db.session.get(User, user_id)
            len(user.roles)
            return act(user, by=None)

        start.wait()
        with app.app_context():
            try:
                in_transaction(leave)
            except CmsError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=go, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert len(db.session.scalars(User.who_may("user.edit")).all()) == 1


def test_a_new_password_ends_every_session_and_is_in_no_log(app, client):
    admin, user = make_user("admin"), make_user()
    before = user.fs_uniquifier

    accounts.set_password(user, "a fine long sentence", by=admin)

    assert user.fs_uniquifier != before
    entry = db.session.scalars(select(AuditEntry)).one()
    assert b"sentence" not in (entry.before or b"") + (entry.after or b"")
    assert sign_in(client, user.email, "a fine long sentence").status_code == 302


def test_the_log_says_that_an_address_changed_but_not_to_what(app):
    user = make_user(email="old@example.org")

    accounts.change(user, email="New@example.org", name="New", by=make_user("admin"))

    entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.changes == {"fields": (None, ["email", "name"])}
    assert user.email == "new@example.org"


def test_a_deleted_persons_posts_and_byline_stay(app):
    user = make_user("author")
    post = make_post(by=user)
    author = bylines.of(user)

    accounts.delete(user, by=make_user("admin"))
    db.session.commit()
    db.session.expire_all()

    assert post.authors == [author]
    assert (author.user_id, post.created_by_id) == (None, None)


def test_nobody_deletes_their_own_account(app):
    admin = make_user("admin")
    make_user("admin")

    with pytest.raises(InvalidChange):
        accounts.delete(admin, by=admin)


def test_a_role_that_somebody_has_cannot_be_deleted(app):
    admin = make_user("admin")
    make_user("author")

    with pytest.raises(InvalidChange):
        roles.delete_role(role("author"), by=admin)
    roles.delete_role(role("contributor"), by=admin)

    assert db.session.scalar(Role.named("contributor")) is None


def test_nobody_puts_into_a_role_what_they_lack(app):
    keeper = make_user("editor")
    keeper.roles.append(roles.add_role("keeper", {"role.edit"}, by=None))
    db.session.flush()

    with pytest.raises(NotAllowed, match="Add, edit and deactivate people"):
        roles.change_role(role("author"), {"admin.enter", "user.edit"}, by=keeper)
    with pytest.raises(NotAllowed):
        roles.change_role(role("admin"), set(), by=keeper)
    roles.change_role(role("author"), {"admin.enter", "tag.edit"}, by=keeper)

    assert role("author").permissions == ["admin.enter", "tag.edit"]


@pytest.mark.parametrize(
    ("name", "permissions", "field"),
    [("", [], "name"), ("ADMIN", [], "name"), ("x" * 41, [], "name"), ("new", ["fly"], "permissions")],
)
def test_a_role_is_checked(app, name, permissions, field):
    with pytest.raises(InvalidChange) as raised:
        roles.add_role(name, permissions, by=None)

    assert raised.value.field == field


def test_an_invited_person_chooses_a_password_by_the_link(app, client):
    admin = make_user("admin")
    user = accounts.add("new@example.org", "New", [role("author")], by=admin)
    link = inviting.invite(user, by=admin)

    path = link.removeprefix(app.config["SITE_URL"])
    page = client.get(path)

    assert link.startswith(app.config["SITE_URL"])
    assert page.status_code == 200
    assert "Choose a new password" in page.text


def test_an_invitation_is_mailed_where_mail_can_be_sent(app, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp://127.0.0.1:1")
    user = accounts.add("new@example.org", "New", [role("author")], by=None)

    assert inviting.invite(user, by=None) is None
    assert mailing.can_send()
    assert jobs.WORKER not in app.extensions


def test_somebody_without_a_password_cannot_sign_in(app, client):
    accounts.add("new@example.org", "New", [role("author")], by=None)

    for password in ("", "None", PASSWORD):
        assert sign_in(client, "new@example.org", password).status_code == 200


def test_a_byline_without_an_account_is_none_of_our_business(app):
    make_author()

    assert db.session.scalars(select(User)).all() == []
