"""What forms say and offer: the summary of a refused one, ways to make what is missing, the address under a title."""

import io
import re
from typing import Any

import pytest
from markupsafe import Markup, escape
from PIL import Image
from wtforms import FieldList, Form, FormField, StringField
from wtforms.validators import InputRequired

from cms.admin.summary import Problem, problems
from cms.db import db
from cms.models import Author, Media, Post, Redirect, Role
from cms.services import media, redirecting, revising
from tests.factories import make_page, make_post, make_series, make_tag, make_user
from tests.signing_in import signed_in, submit, token_for

NEW = "/admin/post/new/"


@pytest.fixture(autouse=True)
def media_folder(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path / "media"))


@pytest.fixture
def picture_bytes():
    buffer = io.BytesIO()
    Image.new("RGB", (80, 40), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def edit(post: Post) -> str:
    return f"/admin/post/edit/?id={post.id}"


def asked_by_a_picker(client, page, data):
    """Send the form of ``page`` as the script of a picker does."""
    return client.post(
        page, data={"csrf_token": token_for(client, page), **data}, headers={"Accept": "application/json"}
    )


def summary(page: str) -> tuple[str, dict[str, str]]:
    """The heading of the summary and its links, by what they lead to. Each leads to something on the page."""
    box = re.search(r"<div[^>]*data-summary>.*?</div>", page, re.DOTALL)
    assert box, page
    assert 'role="alert"' in box[0]
    assert 'tabindex="-1"' in box[0]
    links = dict(re.findall(r'<a href="#([^"]+)">(.*?)</a>', box[0], re.DOTALL))
    assert all(f'id="{field_id}"' in page for field_id in links)
    heading = re.search(r"<h2[^>]*>(.*?)</h2>", box[0])[1]
    return heading, {field_id: Markup(words).striptags() for field_id, words in links.items()}


def test_a_refused_form_says_how_much_needs_a_look_and_leads_to_each(client):
    signed_in(client, make_user("editor"))

    answer = submit(client, NEW, {"title": "t" * 300, "meta_title": "m" * 201, "canonical_url": "u" * 501})

    assert answer.status_code == 422
    assert summary(answer.text) == (
        "Nothing is saved yet: 3 things need a look",
        {
            "title": "Title: At most 200 letters; these are 300.",
            "meta_title": "Title for search engines: At most 200 letters; these are 201.",
            "canonical_url": "First published at: At most 500 letters; these are 501.",
        },
    )
    assert "<title>Not saved: New post" in answer.text
    assert re.search(r'<details class="panel" open>\s*<summary><h2>Search engines', answer.text)


def test_a_form_that_was_not_refused_says_nothing(client):
    signed_in(client, make_user("editor"))

    page = client.get(NEW).text

    assert "data-summary" not in page
    assert "Not saved" not in page.partition("</title>")[0]
    assert re.search(r'<details class="panel">\s*<summary><h2>Search engines', page)


def test_what_only_the_services_refuse_is_in_the_summary_too(client):
    make_tag("Boats")
    signed_in(client, make_user("editor"))

    heading, links = summary(submit(client, "/admin/tag/new/", {"name": "boats"}).text)

    assert heading == "Nothing is saved yet: 1 thing needs a look"
    assert list(links) == ["name"]


@pytest.mark.parametrize(
    ("address", "data", "wrong"),
    [
        ("user", {"name": "", "email": "ada(at)example.org"}, {"name", "email"}),
        ("author", {"name": "", "website": "example.org"}, {"name", "website"}),
        ("redirect", {"path": "old", "target": "new"}, {"path", "target"}),
        ("tag", {"name": "!!!", "description": "d" * 1001}, {"name", "description"}),
        ("series", {"title": "!!!", "description": "d" * 1001}, {"title", "description"}),
        ("user", {"name": "", "email": "TAKEN@example.org"}, {"name", "email"}),
        ("redirect", {"path": "/taken", "target": "new"}, {"path", "target"}),
        ("tag", {"name": "#Taken", "description": "d" * 1001}, {"name", "description"}),
        ("series", {"title": "Taken", "description": "d" * 1001}, {"title", "description"}),
        ("role", {"name": "Taken", "description": "d" * 201}, {"name", "description"}),
        (
            "post",
            {
                "title": "t" * 300,
                "canonical_url": "example.org",
                "published_at": "2026-12-02T09:00",
                "unpublish_at": "2026-12-01T09:00",
            },
            {"title", "canonical_url", "unpublish_at"},
        ),
    ],
)
def test_one_press_names_all_that_is_wrong_and_keeps_what_was_typed(client, address, data, wrong):
    _take_names()
    signed_in(client, make_user("admin"))

    answer = submit(client, f"/admin/{address}/new/", data)

    assert answer.status_code == 422
    assert summary(answer.text)[1].keys() == wrong
    for name in wrong:
        assert f'id="{name}-error"' in answer.text
    assert all(str(escape(typed)) in answer.text for typed in data.values())


def _take_names() -> dict[str, Any]:
    rows = {
        "user": make_user("author", email="taken@example.org"),
        "redirect": Redirect(),
        "tag": make_tag("taken"),
        "series": make_series("Taken"),
        "role": Role(name="taken", permissions=[]),
    }
    redirecting.set_by_hand(rows["redirect"], "/taken", "/there")
    db.session.add_all(rows.values())
    db.session.commit()
    return rows


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("user", {"email": "Taken@example.org", "name": ""}),
        ("redirect", {"path": " /taken ", "target": "new"}),
        ("tag", {"name": "TAKEN", "description": "d" * 1001}),
        ("series", {"title": "taken!", "description": "d" * 1001}),
        ("role", {"name": "Taken", "description": "d" * 201}),
    ],
)
def test_what_has_a_name_is_never_told_that_the_name_is_taken(client, address, data):
    row = _take_names()[address]
    signed_in(client, make_user("admin"))
    wrong = list(data)[1]

    assert summary(submit(client, f"/admin/{address}/edit/?id={row.id}", data).text)[1].keys() == {wrong}

    righted = data | {wrong: "/elsewhere" if address == "redirect" else "Right"}
    if address == "user":
        righted |= {"roles": [str(role.id) for role in row.roles], "time_zone": "UTC"}
    assert submit(client, f"/admin/{address}/edit/?id={row.id}", righted).status_code == 302


def test_no_browser_stops_at_the_first_empty_field(client):
    signed_in(client, make_user("admin"))

    for address in ("user/new", "author/new", "redirect/new", "tag/new", "role/new", "media/new", "setting", "account"):
        page = client.get(f"/admin/{address}/").text
        form = page[page.index('class="record-form"') :]
        stopping = [
            tag
            for tag in re.findall(r"<(?:input|textarea|select)[^>]* required\b[^>]*>", form)
            if 'type="file"' not in tag
        ]
        assert stopping == [], address
    assert 'aria-required="true"' in client.get("/admin/user/new/").text


def test_what_concerns_no_field_stands_in_the_summary_and_not_on_the_next_page(client):
    post = make_post(title="Ours", body="As it was.")
    seen = post.version
    revising.save(post, {"body": "What the other one wrote."}, by=make_user("editor"))
    signed_in(client, make_user("editor"))

    page = submit(client, edit(post), {"title": "Ours", "body": "What I wrote.", "version": seen}).text

    assert summary(page) == ("Nothing is saved yet: 1 thing needs a look", {})
    assert page.count("Somebody else saved this in the meantime.") == 1
    assert "Somebody else saved" not in client.get("/admin/").text


@pytest.mark.parametrize(
    ("address", "data", "field"),
    [
        ("/admin/setting/", {"posts_per_page": "many"}, "posts_per_page"),
        ("/admin/media/new/", {}, "files"),
        ("/admin/user/new/", {"name": "", "email": "nobody"}, "name"),
        ("/admin/author/new/", {"name": "x", "website": "example.org"}, "website"),
    ],
)
def test_every_form_of_the_admin_has_one(client, address, data, field):
    signed_in(client, make_user("admin"))

    answer = submit(client, address, data)

    assert answer.status_code == 422
    assert field in summary(answer.text)[1]


def test_so_have_the_forms_of_an_account(client):
    signed_in(client, make_user("editor"))

    page = submit(client, "/change", {"password": "", "new_password": "short", "new_password_confirm": "other"}).text

    box = re.search(r'<div class="notes" role="alert">.*?</ul>', page, re.DOTALL)[0]
    links = re.findall(r'href="#([^"]+)"', box)
    assert f"{len(links)} thing" in box
    assert links
    assert all(f'id="{field_id}"' in page for field_id in links)


def test_rows_of_a_form_within_a_form_are_told_apart():
    class Choice(Form):
        words = StringField("Words", [InputRequired("Fill this in.")])

    class ChoiceList(FieldList):
        form = Choice  # as Flask-Admin's own has it: a class

    class Poll(Form):
        question = StringField("Question", [InputRequired("Fill this in.")])
        choices = ChoiceList(FormField(Choice), "Choices", min_entries=2)

    form = Poll()
    form.validate()
    form.form_errors = ["A poll needs two choices."]

    assert problems(form) == [
        Problem("A poll needs two choices."),
        Problem("Fill this in.", "Question", "question"),
        Problem("Fill this in.", "Choices 1, Words", "choices-0-words"),
        Problem("Fill this in.", "Choices 2, Words", "choices-1-words"),
    ]


# What the scripts are told
def test_a_refused_form_is_known_to_hold_what_is_saved_nowhere(client):
    post = make_post("draft", title="Draft")
    signed_in(client, make_user("editor"))

    assert 'data-guard="loaded"' in client.get(edit(post)).text
    assert 'data-guard="refused"' in submit(client, edit(post), {"title": "t" * 300}).text


def test_texts_are_kept_for_one_person_and_one_record(client):
    post, page, editor = make_post("draft"), make_page(), make_user("editor")
    signed_in(client, editor)

    for address, record in (
        (edit(post), f"post:{post.id}"),
        (f"/admin/page/edit/?id={page.id}", f"page:{page.id}"),
        (NEW, "post:new"),
    ):
        assert f'data-keep="{editor.id}:{record}"' in client.get(address).text


@pytest.mark.parametrize(
    ("state", "title", "slug", "follows"),
    [
        ("draft", "The first boat", "the-first-boat", True),
        ("draft", "The first boat", "the-first-boat-2", True),
        ("draft", "The first boat", "my-choice", False),
        ("draft", "", "untitled", True),
        ("published", "The first boat", "the-first-boat", False),
        ("withdrawn", "The first boat", "the-first-boat", False),
    ],
)
def test_an_address_follows_its_title_until_it_is_chosen_or_seen(client, state, title, slug, follows):
    post = make_post(state, title=title, slug=slug)
    signed_in(client, make_user("editor"))

    page = client.get(edit(post)).text

    assert ('data-follows="title"' in page) == follows
    assert re.search(rf"/posts/<strong[^>]*>{slug}</strong>", page)


def test_an_address_typed_into_a_refused_form_stays(client):
    signed_in(client, make_user("editor"))

    page = submit(client, NEW, {"title": "t" * 300, "slug": "my-choice"}).text

    assert 'data-follows="nothing"' in page
    assert 'value="my-choice"' in page


# Making what is missing while one chooses
def test_only_those_who_may_are_offered_a_new_author(client):
    signed_in(client, make_user("editor"))
    assert re.search(
        r'<a href="/admin/author/new/" target="_blank" rel="noopener" data-make>New author', client.get(NEW).text
    )

    signed_in(client, make_user("author"))
    page = client.get(NEW).text
    assert "New author" not in page
    assert 'href="/admin/media/new/"' in page


def test_a_picker_is_answered_with_the_new_author_and_no_page_tells_of_it(client):
    signed_in(client, make_user("editor"))

    answer = asked_by_a_picker(client, "/admin/author/new/", {"name": "Ada Lovelace"})

    author = db.session.scalars(db.select(Author).where(Author.name == "Ada Lovelace")).one()
    assert answer.json == [[author.id, "Ada Lovelace"]]
    assert "is saved" not in client.get("/admin/").text


def test_a_picker_is_answered_with_the_form_when_the_new_one_is_refused(client):
    signed_in(client, make_user("editor"))

    answer = asked_by_a_picker(client, "/admin/author/new/", {"name": ""})

    assert answer.status_code == 422
    assert summary(answer.text)[1] == {"name": "Name: Fill this in."}


def test_a_picker_of_pictures_gets_what_was_uploaded_with_its_address(client, picture_bytes):
    signed_in(client, make_user("author"))
    file = (io.BytesIO(picture_bytes), "boat.png")

    answer = asked_by_a_picker(client, "/admin/media/new/", {"files": file})

    picture = db.session.scalars(db.select(Media)).one()
    address = f"/media/{picture.path}"
    assert answer.json == [[picture.id, "boat.png", address, "", "", address]]
    assert client.get("/admin/post/ajax/lookup/?name=cover").json == answer.json
    assert "in the library" not in client.get("/admin/").text


def test_the_chosen_picture_is_shown_without_script(client, picture_bytes):
    signed_in(client, make_user("editor"))
    picture = media.add(picture_bytes, "boat.png", by=None)
    post = make_post("draft", cover_id=picture.id)

    page = client.get(edit(post)).text

    assert f'<p class="chosen-picture" id="cover-picture"><img src="/media/{picture.path}" alt=""></p>' in page
    assert '<p class="chosen-picture" id="cover-picture" hidden></p>' in client.get(NEW).text
