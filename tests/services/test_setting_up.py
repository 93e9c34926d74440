import threading

import pytest
from sqlalchemy import select

from cms.db import db
from cms.errors import NotAllowed
from cms.models import AuditEntry, Setting, User
from cms.services import setting_up, settings
from cms.transactions import in_transaction
from tests.factories import make_user

ANSWERS = {"title": "Ada's log", "name": "Ada", "email": "ada@example.org", "password": "a fine long sentence"}


def offered():
    return setting_up.offer_link().removeprefix("/setup/")


def test_the_link_sets_the_site_up_once(app):
    token = offered()

    user = setting_up.set_up(token, **ANSWERS)
    db.session.commit()

    assert user.may("user.edit")
    assert user.author.name == "Ada"
    assert settings.read().title == "Ada's log"
    assert not setting_up.is_open(token)
    assert setting_up.offer_link() is None
    assert [entry.action for entry in db.session.scalars(select(AuditEntry))][-1] == "site.set_up"


def test_only_the_newest_link_works_and_the_database_does_not_hold_it(app):
    old, new = offered(), offered()

    assert not setting_up.is_open(old)
    assert setting_up.is_open(new)
    assert new not in str(db.session.scalars(select(Setting.value)).all())


@pytest.mark.parametrize("token", ["", "guess", "é" * 40, "\x00", "0" * 64])
def test_a_guess_opens_nothing(app, token):
    offered()

    assert not setting_up.is_open(token)
    with pytest.raises(NotAllowed):
        setting_up.set_up(token, **ANSWERS)


def test_a_link_is_shut_as_soon_as_there_is_an_admin(app):
    token = offered()
    make_user("admin")

    assert not setting_up.is_open(token)
    with pytest.raises(NotAllowed):
        setting_up.set_up(token, **ANSWERS)


def test_a_link_is_offered_again_when_the_only_admin_is_deactivated(app):
    make_user("admin", active=False)
    make_user("editor")
    db.session.commit()

    assert setting_up.offer_link() is not None


def test_of_two_who_use_the_link_at_once_one_wins(app):
    token = offered()
    start, refused = threading.Barrier(2), []

    def go(number):
        answers = {**ANSWERS, "email": f"ada{number}@example.org"}
        start.wait()
        with app.app_context():
            try:
                in_transaction(lambda: setting_up.set_up(token, **answers))
            except NotAllowed:
                refused.append(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert len(db.session.scalars(select(User)).all()) == 1
