"""Every text field of every form of the admin, found in the page itself, and of the set-up page."""

import io
from html.parser import HTMLParser
from typing import Any

import pytest
from PIL import Image

from cms.db import db
from cms.models import Redirect, Role, Tag
from cms.services import media, redirecting, setting_up
from tests.factories import make_author, make_comment, make_page, make_post, make_user
from tests.naughty import NAUGHTY, live_parts
from tests.signing_in import signed_in, submit

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
            self.values.setdefault(self._select, []).append(value)
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


@pytest.mark.parametrize("kind", NAUGHTY)
@pytest.mark.parametrize("table", MAKE)
def test_no_field_breaks_and_nothing_comes_alive(client, table, kind):
    signed_in(client, make_user("admin"))
    address = f"/admin/{table}/" + (f"edit/?id={MAKE[table]().id}" if MAKE[table] else "")
    page = Fields()
    page.feed(client.get(address).text)
    texts = [name for name in page.texts if name != "search"]
    assert texts

    for name in texts:
        sent = {**page.values, name: NAUGHTY[kind], "act": "save"}
        answer = client.post(address, data=sent)
        assert answer.status_code in (302, 422), (name, answer.status_code)
        assert live_parts(answer.text) == [], name
        if answer.status_code == 422 and len(NAUGHTY[kind]) < 1000:
            shown = Fields()
            shown.feed(answer.text)
            wanted = "".join(NAUGHTY[kind].split())
            kept = "".join(str(shown.values.get(name, "")).split())
            assert kept == wanted or "\x00" in wanted or not wanted.isprintable(), (name, kept)
        if answer.status_code == 302:
            page = Fields()  # what was taken is the new state, its version included
            page.feed(client.get(address).text)
    for shown in (f"/admin/{table}/", "/admin/", "/admin/audit/"):
        answer = client.get(shown)
        assert (answer.status_code, live_parts(answer.text)) == (200, []), shown


@pytest.mark.parametrize("kind", NAUGHTY)
def test_no_field_of_the_set_up_page_breaks(client, kind):
    link = setting_up.offer_link()
    good = {"title": "Harbour", "name": "Ada", "email": "ada@example.org"}

    for name in good:
        both = {"password": "short", "password_again": "short"}  # so that nothing is set up yet
        answer = submit(client, link, {**good, **both, name: NAUGHTY[kind]})
        assert (answer.status_code, live_parts(answer.text)) == (422, []), name
        assert good["email"] in answer.text or name == "email"
