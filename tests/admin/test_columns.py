"""The columns of a list: what a person chooses is remembered for them alone."""

import re

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import ChoiceKind, ListChoice, User
from cms.services import list_choices
from tests.factories import make_post, make_tag, make_user
from tests.signing_in import signed_in, submit

LIST, COLUMNS = "/admin/post/", "/admin/post/columns/"
USUAL = ["title", "state", "authors", "tags", "published_at", "edited_at", "is_featured"]


@pytest.fixture
def editor(client):
    make_post(title="Hello", slug="hello")
    editor = make_user("editor")
    signed_in(client, editor)
    return editor


def shown(client, address=LIST):
    """The columns of the list, as its head has them."""
    return re.findall(r'<th scope="col" class="column-(\w+)"', client.get(address).text)


def choose(client, *columns, **more):
    return submit(client, LIST, {"columns": list(columns), "url": LIST, **more}, to=COLUMNS)


def kept():
    return list(db.session.scalars(select(ListChoice).where(ListChoice.kind == ChoiceKind.COLUMNS)))


def test_a_list_shows_the_columns_that_were_chosen_and_the_title_always(client, editor):
    answer = choose(client, "state", "slug")

    assert answer.status_code == 302
    assert answer.location.endswith(LIST)
    assert shown(client) == ["title", "state", "slug"]
    page = client.get(LIST).text
    assert re.search(r'<td class="column-slug" data-label="Address">\s*hello', page)
    assert re.search(r'value="title" checked disabled', page)
    assert re.search(r'value="slug" checked>', page)
    assert re.search(r'value="tags">', page)


def test_nothing_chosen_leaves_the_title(client, editor):
    choose(client)

    assert shown(client) == ["title"]


def test_the_usual_columns_come_back_and_nothing_is_kept_of_them(client, editor):
    assert shown(client) == USUAL
    assert "Show the usual ones" not in client.get(LIST).text
    choose(client, "state")
    assert "Show the usual ones" in client.get(LIST).text

    choose(client, "state", act="usual")

    assert shown(client) == USUAL
    assert kept() == []
    choose(client, "state")
    choose(client, *USUAL)
    assert shown(client) == USUAL
    assert kept() == []


def test_another_choice_takes_the_place_of_the_first(client, editor):
    choose(client, "state")
    choose(client, "tags")

    assert shown(client) == ["title", "tags"]
    assert [choice.value for choice in kept()] == [["title", "tags"]]


def test_a_column_that_the_list_does_not_have_is_not_kept(client, editor):
    choose(client, "state", "body", "password", "<script>", "\x00")

    assert [choice.value for choice in kept()] == [["title", "state"]]


@pytest.mark.parametrize(
    "value",
    [["title", "state", "gone_since"], ["state"], [], ["title", 7, None, {"a": 1}], {"state": True}, "state", None],
    ids=str,
)
def test_a_kept_choice_that_names_what_is_gone_still_shows_a_list(client, editor, value):
    choice = ListChoice(user_id=editor.id, list_name="post", kind=ChoiceKind.COLUMNS, name="", value=value)
    db.session.add(choice)

    columns = shown(client)

    known = value if isinstance(value, list) else USUAL
    assert columns == [name for name in USUAL if name == "title" or name in known]


def test_a_choice_is_for_one_list_and_one_person(client, editor):
    make_tag("Flask")
    choose(client, "state")

    assert shown(client, "/admin/tag/") == ["name", "post_count", "slug", "description"]
    signed_in(client, make_user("editor"))
    assert shown(client) == USUAL


def test_sorting_goes_by_the_column_and_not_by_its_place_on_the_page(client, editor):
    make_post(title="Another")
    choose(client, "edited_at")

    page = client.get(LIST).text

    assert re.search(r'class="column-edited_at">\s*<a href="/admin/post/\?sort=5', page)
    sorted_page = client.get(f"{LIST}?sort=5&desc=1").text
    assert re.search(r'class="column-edited_at" aria-sort="descending"', sorted_page)
    assert client.get(f"{LIST}?sort=0").text.index("Another") < client.get(f"{LIST}?sort=0").text.index("Hello")


def test_choosing_leads_back_to_the_list_as_it_was_and_to_no_other_site(client, editor):
    back = submit(client, LIST, {"columns": "state", "url": f"{LIST}?state=published&sort=0"}, to=COLUMNS)
    away = submit(client, LIST, {"columns": "state", "url": "https://evil.example/"}, to=COLUMNS)

    assert back.location.endswith(f"{LIST}?state=published&sort=0")
    assert "evil" not in away.location


def test_without_the_token_of_the_form_nothing_is_chosen(client, editor):
    assert client.post(COLUMNS, data={"columns": "state"}).status_code == 400
    assert client.get(COLUMNS).status_code == 405
    assert kept() == []


def test_what_somebody_chose_goes_with_their_account(client, editor):
    choose(client, "state")
    list_choices.save_view(editor, "post", "Drafts", {"state": "draft"})
    db.session.commit()

    db.session.delete(db.session.get_one(User, editor.id))
    db.session.commit()

    assert db.session.scalars(select(ListChoice)).all() == []
