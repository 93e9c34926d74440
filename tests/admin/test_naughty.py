"""What no text field of a page could send, but a program does; test_naughty_everywhere has the rest."""

import pytest

from cms.admin.lookup import VIEWS
from tests.factories import make_author, make_comment, make_page, make_post, make_tag, make_user
from tests.signing_in import signed_in, submit, token_for

STRINGS = {
    "sql": "'; DROP TABLE post; -- %s %(x)s :name ?",
    "surrogate": b"\xed\xa0\x80",
    "not utf-8": b"\xff\xfe",
    "spaces": "   \t\u3000 ",
    "formula": "=1+1",
    "long words": "日本語 " * 20_000,
}
FORMS = {
    "post": ["title", "body", "slug", "excerpt", "tags", "meta_title", "meta_description", "canonical_url"],
    "page": ["title", "body", "slug", "meta_title", "meta_description", "menu_position"],
    "tag": ["name", "description"],
    "author": ["name", "slug", "bio", "website"],
}
NEW = "/admin/{}/new/"
FILLED = {"title": "A title", "body": "Text.", "name": "A name", "act": "save"}


def no_live_script(html: str) -> bool:
    return "<script>alert" not in html and "<img src=x" not in html


@pytest.mark.parametrize("kind", STRINGS)
@pytest.mark.parametrize("table", FORMS)
def test_every_field_takes_or_refuses_it_in_words(client, table, kind):
    made = {"post": make_post, "page": make_page, "tag": make_tag, "author": make_author}[table]()
    version = getattr(made, "version", None)
    signed_in(client, make_user("editor"))
    address = f"/admin/{table}/edit/?id={made.id}"
    token = token_for(client, address)
    everywhere = dict.fromkeys(FORMS[table], STRINGS[kind])
    for to, typed in [(address, {field: STRINGS[kind]}) for field in FORMS[table]] + [(NEW.format(table), everywhere)]:
        data = {**FILLED, "csrf_token": token, "version": version, **typed}
        answer = client.post(to, data={key: value for key, value in data.items() if value is not None})
        assert answer.status_code in (302, 422), (typed.keys(), to)
        if answer.status_code == 422:
            assert "field-errors" in answer.text or "message-bad" in answer.text, (typed.keys(), to)
            assert no_live_script(answer.text)
        elif to == address and version is not None:
            version = made.version
    for page in (address, f"/admin/{table}/", "/admin/", "/admin/revision/"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert no_live_script(answer.text)


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


@pytest.mark.parametrize("kind", STRINGS)
def test_search_takes_it(client, kind):
    signed_in(client, make_user("admin"))
    words = STRINGS[kind][:2000]
    for table in ("post", "page", "tag", "author", "audit"):
        assert client.get(f"/admin/{table}/", query_string={"search": words}).status_code == 200
    for name in ("action", "type"):
        assert client.get("/admin/audit/", query_string={name: words}).status_code == 200


@pytest.mark.parametrize("text", ["日本語", "é' OR 1=1", "%_\\", "🏳️‍🌈", "9" * 30, "ß\u0130"])
def test_every_search_filter_and_lookup_takes_what_no_column_holds(app, client, text):
    person = make_user("admin")
    comment = make_comment(make_post(by=person, tags=["Flask"]))
    signed_in(client, person)
    for view in app.extensions[VIEWS].values():
        names = ["search", "sort", "page", "page_size", *(each.name for each in view._filters)]
        for name in names:
            answer = client.get(f"/admin/{view.address}/", query_string={name: text})
            assert answer.status_code == 200, (view.address, name)
        for lookup in view._form_ajax_refs.values():
            words = {"name": lookup.name, "query": text, "offset": text, "limit": text}
            assert client.get(f"/admin/{view.address}/ajax/lookup/", query_string=words).status_code == 200
        for name in ("edit", "delete", "details"):
            answer = client.get(f"/admin/{view.address}/{name}/", query_string={"id": text})
            assert answer.status_code == 404, (view.address, name)
    assert comment.is_shown
