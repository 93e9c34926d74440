"""Of naughty input: the message stands beside its field, and what was taken is there to the letter."""

import re

import pytest

from cms.db import db
from cms.models import Author, Page, Post, Tag, User
from cms.services import mailing, setting_up
from tests.admin.test_naughty_everywhere import MAKE, Fields
from tests.factories import make_user
from tests.naughty import NAUGHTY, live_parts
from tests.signing_in import sign_in, signed_in, submit

# Each another way to be lost or to come alive; test_naughty_everywhere sends all of them through every field.
TELLING = (
    *("script", "quotes", "entities", "right to left", "emoji", "combining", "null", "controls", "newlines"),
    *("only spaces", "only invisible", "not unicode", "wildcards"),
)
# Of these fields nothing is folded or taken apart: what is typed is what is kept.
KEPT = {
    "post": ("title", "body", "excerpt", "meta_title", "meta_description"),
    "page": ("title", "body", "meta_title", "meta_description"),
    "tag": ("name", "description"),
    "author": ("name", "bio"),
    "role": ("description",),
    "user": ("name",),
}
NEW = {
    "post": (Post, {"title": "A title", "body": "Words."}),
    "page": (Page, {"title": "A title", "body": "Words."}),
    "tag": (Tag, {"name": "A tag", "description": ""}),
    "author": (Author, {"name": "Somebody", "bio": ""}),
}


def shown(client, address):
    page = Fields()
    page.feed(client.get(address).text)
    return page


class Texts(Fields):
    """Only what is text: a picker's choices stand beside a hidden field of the same name."""

    def handle_starttag(self, tag, attributes):
        if tag != "option":
            super().handle_starttag(tag, attributes)


def letters(text: object) -> str:
    """Without blanks: those at the ends are cut off, and how lines end is the browser's business."""
    return "".join(str(text).split())


def assert_kept_or_told(client, answer, name, typed, address):
    assert answer.status_code in (302, 422), (name, answer.status_code)
    assert live_parts(answer.text) == []
    if answer.status_code == 422:
        assert f'id="{name}-error"' in answer.text, (name, re.findall(r'id="([\w-]+-error)"', answer.text))
    else:
        page = Texts()
        page.feed(client.get(address()).text)
        assert letters(page.values[name]) == letters(typed), name


@pytest.mark.parametrize("kind", TELLING)
@pytest.mark.parametrize("table", KEPT)
def test_a_record_that_is_edited_keeps_it_or_says_why_not_beside_the_field(client, table, kind):
    signed_in(client, make_user("admin"))
    address = f"/admin/{table}/edit/?id={MAKE[table]().id}"
    for name in KEPT[table]:
        sent = {**shown(client, address).values, name: NAUGHTY[kind], "act": "save"}
        assert_kept_or_told(client, client.post(address, data=sent), name, NAUGHTY[kind], lambda: address)


@pytest.mark.parametrize("kind", TELLING)
@pytest.mark.parametrize("table", NEW)
def test_a_new_record_keeps_it_or_says_why_not_beside_the_field(client, table, kind):
    signed_in(client, make_user("admin"))
    model, filled = NEW[table]
    for name in filled:
        answer = submit(client, f"/admin/{table}/new/", {**filled, name: NAUGHTY[kind], "act": "save"})
        newest = db.session.scalar(db.select(db.func.max(model.id)))
        assert_kept_or_told(client, answer, name, NAUGHTY[kind], lambda: f"/admin/{table}/edit/?id={newest}")  # noqa: B023
        if answer.status_code == 302:
            db.session.execute(db.delete(model).where(model.id == newest))


@pytest.mark.parametrize("kind", TELLING)
def test_a_new_person_keeps_it_or_is_told_why_not_beside_the_field(client, kind):
    signed_in(client, make_user("admin"))
    role = db.session.scalar(db.select(User)).roles[0].id
    good = {"name": "Zoë", "email": "zoe@example.org", "roles": [role], "time_zone": "UTC"}
    for name in ("name", "email"):
        answer = submit(client, "/admin/user/new/", {**good, name: NAUGHTY[kind]})
        newest = db.session.scalar(db.select(db.func.max(User.id)))
        assert_kept_or_told(client, answer, name, NAUGHTY[kind], lambda: f"/admin/user/edit/?id={newest}")  # noqa: B023
        assert not mailing.can_send()
        if answer.status_code == 302:
            good["email"] = "other@example.org"


@pytest.mark.parametrize("kind", NAUGHTY)
def test_a_password_at_the_set_up_opens_the_account_or_is_refused_beside_its_field(app, client, kind):
    link, password = setting_up.offer_link(), NAUGHTY[kind]
    typed = {"title": "Harbour", "name": "Ada", "email": "ada@example.org"}

    answer = submit(client, link, {**typed, "password": password, "password_again": password})

    assert answer.status_code in (302, 422)
    assert live_parts(answer.text) == []
    if answer.status_code == 422:
        assert 'id="password-error"' in answer.text
        assert len(letters(password)) < 10 or letters(password)[:500] not in letters(answer.text)
        for name, value in typed.items():
            assert f'value="{value}"' in answer.text, name
    else:
        assert sign_in(app.test_client(), "ada@example.org", password).status_code == 302
