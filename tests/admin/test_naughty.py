"""Naughty input through every text field of every form of the admin, found in the page itself, and of the set-up page.

Each request fills all fields at once, each with something else, and each next one moves all by one field, so that every
field meets every text, on one of the two databases. What is refused is told beside its field; without it the same form
is taken.
"""

import io
import re
from html.parser import HTMLParser
from itertools import cycle
from typing import Any

import pytest
from PIL import Image

from cms.admin.lookup import VIEWS
from cms.db import db
from cms.models import Author, Page, Post, Redirect, Role, Tag, User
from cms.services import mailing, media, redirecting, setting_up
from tests.factories import make_author, make_comment, make_page, make_post, make_user
from tests.naughty import NAUGHTY, each_in_each, live_parts
from tests.signing_in import sign_in, signed_in, submit

SEARCHES = ("q", "search")  # of the bar and of a list; what they take is tested below
TEXT_INPUTS = {"text", "email", "url", "search", "number", "datetime-local", "password"}


class Fields(HTMLParser):
    """The fields of a page's forms as a browser would send them, and which of them take text."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self.texts: list[str] = []
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        about = dict(attributes)
        name, kind, value = about.get("name") or "", about.get("type") or "text", about.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in about:
            chosen = self.values.setdefault(self._select, [])
            if isinstance(chosen, list):  # else a picker's choices, which stand beside a hidden field of the same name
                chosen.append(value)
        elif tag == "textarea" and name:
            self._textarea = name
            self.values[name] = ""
            self.texts.append(name)
        elif tag == "input" and name and kind not in ("submit", "file"):
            if kind in TEXT_INPUTS:
                self.texts.append(name)
            if kind not in ("checkbox", "radio"):
                self.values[name] = value
            elif "checked" in about:
                self.values.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data


def make_picture():
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    return media.add(file.getvalue(), "teal.png", by=None)


def make_redirect():
    redirect = Redirect()
    redirecting.set_by_hand(redirect, "/old", "/new")
    db.session.add(redirect)
    db.session.flush()
    return redirect


def make_role():
    role = Role(name="helper", description="", permissions=["admin.enter"])
    db.session.add(role)
    db.session.flush()
    return role


def make_a_tag():
    tag = Tag(name="Tag", slug="tag")
    db.session.add(tag)
    db.session.flush()
    return tag


MAKE = {
    "post": make_post,
    "page": make_page,
    "media": make_picture,
    "comment": lambda: make_comment(make_post()),
    "tag": make_a_tag,
    "author": make_author,
    "redirect": make_redirect,
    "user": make_user,
    "role": make_role,
    "setting": None,
}


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
# What no browser sends, but a program does.
UNDECODABLE = {"surrogate": b"\xed\xa0\x80", "not utf-8": b"\xff\xfe"}


def fields_of(html: str) -> Fields:
    page = Fields()
    page.feed(html)
    return page


def letters(text: object) -> str:
    """Without blanks: those at the ends are cut off, and how lines end is the browser's business."""
    return "".join(str(text).split())


def sent_and_told(client, address: str, base: dict[str, Any], typed: dict[str, str]) -> dict[str, str]:
    """Send ``typed`` over ``base``: what is refused is told beside its field; the rest, which this gives, is taken."""
    answer = client.post(address, data={**base, **typed, "act": "save"})
    while answer.status_code == 422:  # what a form refuses comes first, what the services refuse next
        assert live_parts(answer.text) == []
        shown = fields_of(answer.text).values
        for name, text in typed.items():
            if len(text) < 1000 and text.isprintable():
                assert letters(shown.get(name, "")) == letters(text), name
        refused = [name for name in typed if f'id="{name}-error"' in answer.text]
        assert refused, re.findall(r'id="([\w-]+-error)"', answer.text)
        typed = {name: text for name, text in typed.items() if name not in refused}
        answer = client.post(address, data={**base, **typed, "act": "save"})
    assert answer.status_code == 302, answer.status_code
    return typed


@pytest.mark.parametrize("table", MAKE)
def test_every_field_keeps_it_or_says_why_not_beside_itself(unguarded, client, table, database_kind):
    signed_in(client, make_user("admin"))
    address = f"/admin/{table}/" + (f"edit/?id={MAKE[table]().id}" if MAKE[table] else "")
    page = fields_of(client.get(address).text)
    begun, names = page.values, [name for name in page.texts if name not in SEARCHES]
    assert names

    for filling in each_in_each(names, database_kind):
        versions = {name: page.values[name] for name in ("version",) if name in page.values}
        taken = sent_and_told(client, address, {**begun, **versions}, filling)

        answer = client.get(address)
        assert (answer.status_code, live_parts(answer.text)) == (200, [])
        page = fields_of(answer.text)
        for name in KEPT.get(table, ()):
            assert name not in taken or letters(page.values[name]) == letters(taken[name]), name
        answer = client.get(f"/admin/{table}/")
        assert (answer.status_code, live_parts(answer.text)) == (200, [])
    for elsewhere in ("/admin/", "/admin/audit/", "/admin/revision/"):
        answer = client.get(elsewhere)
        assert (answer.status_code, live_parts(answer.text)) == (200, []), elsewhere


@pytest.mark.parametrize("table", NEW)
def test_a_new_record_keeps_it_or_says_why_not_beside_the_field(unguarded, client, table, database_kind):
    signed_in(client, make_user("admin"))
    model, filled = NEW[table]
    for filling in each_in_each(list(filled), database_kind):
        taken = sent_and_told(client, f"/admin/{table}/new/", filled, filling)

        newest = db.session.scalar(db.select(db.func.max(model.id)))
        page = fields_of(client.get(f"/admin/{table}/edit/?id={newest}").text)
        for name in taken:
            assert letters(page.values[name]) == letters(taken[name]), name
        db.session.execute(db.delete(model).where(model.id == newest))


def test_a_new_person_keeps_it_or_is_told_why_not_beside_the_field(unguarded, client, database_kind):
    signed_in(client, make_user("admin"))
    role = db.session.scalar(db.select(User)).roles[0].id
    for count, filling in enumerate(each_in_each(["name", "email"], database_kind)):
        good = {"name": "Zoë", "email": f"zoe{count}@example.org", "roles": [role], "time_zone": "UTC"}
        taken = sent_and_told(client, "/admin/user/new/", good, filling)

        newest = db.session.scalar(db.select(db.func.max(User.id)))
        page = fields_of(client.get(f"/admin/user/edit/?id={newest}").text)
        for name in taken:
            assert letters(page.values[name]) == letters(taken[name]), name
        assert not mailing.can_send()


@pytest.mark.parametrize("table", ["post", "page", "tag", "author"])
def test_bytes_that_are_no_text_break_nothing(unguarded, client, table):
    signed_in(client, make_user("editor"))
    address = f"/admin/{table}/edit/?id={MAKE[table]().id}"
    names = [name for name in fields_of(client.get(address).text).texts if name not in SEARCHES]
    for kind in UNDECODABLE.values():
        for typed in ({name: kind} for name in names):
            base = fields_of(client.get(address).text).values
            answer = client.post(address, data={**base, **typed, "act": "save"})
            assert answer.status_code in (302, 422), typed
        answer = client.post(f"/admin/{table}/new/", data={**dict.fromkeys(names, kind), "act": "save"})
        assert answer.status_code in (302, 422)
    assert client.get(f"/admin/{table}/").status_code == 200


def test_no_field_of_the_set_up_page_breaks(client, database_kind):
    link = setting_up.offer_link()
    good = {"title": "Harbour", "name": "Ada", "email": "ada@example.org"}
    both = {"password": "short", "password_again": "short"}  # so that nothing is set up yet

    for filling in each_in_each(list(good), database_kind):
        answer = submit(client, link, {**good, **both, **filling})
        assert (answer.status_code, live_parts(answer.text)) == (422, [])
        shown = fields_of(answer.text).values
        for name, text in filling.items():
            if len(text) < 1000 and text.isprintable():
                assert letters(shown[name]) == letters(text), name


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


@pytest.mark.parametrize("field", ["title", "slug", "meta_title", "excerpt", "canonical_url", "meta_description"])
def test_too_long_a_text_is_said_beside_its_field_and_kept(client, field):
    signed_in(client, make_user("editor"))
    text = "y" * 1500

    answer = submit(client, "/admin/post/new/", {"title": "T", "body": "B", field: text})

    assert answer.status_code == 422
    assert "letters; these are 1,500." in answer.text
    assert f'id="{field}-error"' in answer.text
    assert text in answer.text


def test_a_nul_is_said_beside_its_field(client):
    signed_in(client, make_user("editor"))

    for field in ("title", "body"):
        answer = submit(client, "/admin/post/new/", {"title": "T", "body": "B", field: "a\x00b"})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text


def test_a_megabyte_of_text_is_kept_to_the_letter(client):
    post = make_post("draft")
    signed_in(client, make_user("editor"))
    body = "Wörter 日本 🙂 " * 60_000

    submit(client, f"/admin/post/edit/?id={post.id}", {"title": "Big", "body": body, "version": post.version})

    assert post.body == body
    assert len(body.encode()) > 1_000_000


def test_search_takes_it(client, database_kind):
    """Every second text on each database."""
    signed_in(client, make_user("admin"))
    for words in [*(text[:2000] for text in NAUGHTY.values()), *UNDECODABLE.values()][database_kind == "mariadb" :: 2]:
        for table in ("post", "page", "tag", "author", "audit"):
            assert client.get(f"/admin/{table}/", query_string={"search": words}).status_code == 200
        for name in ("action", "type"):
            assert client.get("/admin/audit/", query_string={name: words}).status_code == 200


ODD = ["日本語", "é' OR 1=1", "%_\\", "🏳️‍🌈", "9" * 30, "ß\u0130"]


@pytest.mark.parametrize("turn", range(len(ODD)))
def test_every_search_filter_and_lookup_takes_what_no_column_holds(app, client, turn, database_kind):
    """Each takes all of them, every second one on SQLite and the others on MariaDB."""
    texts = cycle([*ODD[turn:], *ODD[:turn]])
    halves = cycle([database_kind == "sqlite", database_kind != "sqlite"][:: -1 if turn % 2 else 1])
    person = make_user("admin")
    comment = make_comment(make_post(by=person, tags=["Flask"]))
    signed_in(client, person)
    for view in app.extensions[VIEWS].values():
        names = ["search", "sort", "page", "page_size", *(each.name for each in view._filters)]
        for name, text, is_ours in zip(names, texts, halves, strict=False):
            if is_ours:
                answer = client.get(f"/admin/{view.address}/", query_string={name: text})
                assert answer.status_code == 200, (view.address, name, text)
        text = next(texts)
        for lookup in view._form_ajax_refs.values():
            words = {"name": lookup.name, "query": text, "offset": text, "limit": text}
            assert client.get(f"/admin/{view.address}/ajax/lookup/", query_string=words).status_code == 200
        for name in ("edit", "delete", "details"):
            answer = client.get(f"/admin/{view.address}/{name}/", query_string={"id": text})
            assert answer.status_code == 404, (view.address, name, text)
    assert comment.is_shown
