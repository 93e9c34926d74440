"""Views of a list that people save under a name: search, filters and order, theirs alone."""

import html
import re
from threading import Barrier, Thread
from urllib.parse import urlencode

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from cms.db import db
from cms.errors import InvalidChange
from cms.models import ChoiceKind, ListChoice, User
from cms.services import list_choices
from cms.transactions import in_transaction
from tests.factories import make_comment, make_page, make_post, make_user
from tests.signing_in import signed_in, submit

LIST, VIEWS, DELETE = "/admin/post/", "/admin/post/views/", "/admin/post/views/delete/"


@pytest.fixture
def editor(client):
    editor = make_user("editor")
    signed_in(client, editor)
    return editor


def save(client, name, query="state=draft", **more):
    return submit(client, LIST, {"name": name, **more}, to=f"{VIEWS}?{query}")


def links(client, address=LIST):
    """The views above the list, with their addresses, and which of them is the current one."""
    page = client.get(address).text
    nav = re.search(r'<nav class="views".*?</nav>', page, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)"( aria-current="page")?>([^<]+)</a>', nav[0]) if nav else []
    current = [html.unescape(name) for _, is_current, name in found if is_current]
    return {html.unescape(name): html.unescape(href) for href, _, name in found}, current


def kept():
    rows = db.session.scalars(select(ListChoice).order_by(ListChoice.name))
    return {row.name: row.value for row in rows}


def test_a_view_stands_for_its_filters_which_are_folded_away(client, editor):
    make_post("draft", title="A lighthouse")
    save(client, "Drafts")

    narrowed, view = client.get(f"{LIST}?state=published").text, client.get(links(client)[0]["Drafts"]).text

    assert '<details class="filter-box" open>' in narrowed
    assert '<details class="filter-box">' in client.get(LIST).text
    assert "Change this view" in view
    assert '<details class="filter-box">' in view


def test_a_view_keeps_search_filters_and_order_and_opens_at_a_plain_address(client, editor):
    make_post("draft", title="A lighthouse")
    make_post("draft", title="Something else")
    make_post(title="Lighthouse, published")

    answer = save(client, "Lighthouses", "search=lighthouse&state=draft&sort=0&desc=1&after=7~x&page_size=50&utm=x")

    assert answer.status_code == 302
    assert kept() == {"Lighthouses": {"search": "lighthouse", "state": "draft", "sort": "title", "desc": "1"}}
    found, current = links(client)
    assert list(found) == ["All", "Lighthouses"]
    assert current == ["All"]
    page = client.get(found["Lighthouses"]).text
    assert "A lighthouse" in page
    assert page.count('class="row-title"') == 1
    assert 'aria-sort="descending"' in page
    assert links(client, found["Lighthouses"])[1] == ["Lighthouses"]
    assert answer.location.endswith(found["Lighthouses"])


def test_the_current_view_is_the_one_whose_list_is_shown_whatever_page_of_it(client, editor):
    save(client, "Drafts")
    save(client, "All drafts of a tag", "state=draft&search=x")

    assert links(client, f"{LIST}?state=draft&page_size=50")[1] == ["Drafts"]
    assert links(client, f"{LIST}?search=x&state=draft")[1] == ["All drafts of a tag"]
    assert links(client, f"{LIST}?state=published")[1] == []


def test_there_is_nothing_to_save_of_a_list_as_everybody_sees_it(client, editor):
    assert "Save this view" not in client.get(LIST).text
    assert "Save this view" in client.get(f"{LIST}?sort=0").text
    for query in (
        "",
        "state=nothing",
        "sort=1",
        "sort=99",
        "sort=x",
        f"sort={'9' * 5000}",
        "desc=1",
        "unknown=1",
        "search=+",
    ):
        answer = save(client, "Mine", query)
        assert answer.status_code == 422, query
        assert "There is nothing to save yet" in answer.text
    assert kept() == {}


WRONG_NAMES = {
    "": "Type a name",
    "   ": "Type a name",
    "\x00": "Type a name",
    "x" * 61: "At most 60 letters; these are 61",
}


@pytest.mark.parametrize(("name", "words"), WRONG_NAMES.items(), ids=["none", "blank", "nul", "long"])
def test_a_name_that_cannot_be_is_said_beside_the_field_and_stays_typed(client, editor, name, words):
    make_post("draft", title="Still shown")

    answer = save(client, name)

    assert answer.status_code == 422
    field = re.search(r'<input id="view-name"[^>]*>', answer.text)[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="view-name-help view-name-error"' in field
    assert f'value="{name}"' in field or name == "\x00"
    assert words in re.search(r'id="view-name-error">(.*?)</ul>', answer.text, re.DOTALL)[1]
    assert '<details class="drop" data-drop open>' in answer.text
    assert "<title>Not saved: " in answer.text
    assert "Still shown" in answer.text  # the list is there, narrowed as before
    assert f'action="{VIEWS}?state=draft"' in answer.text
    assert kept() == {}


def test_a_filter_that_does_not_fit_is_said_once(client, editor):
    answer = save(client, "", "state=draft&tag=x")

    assert answer.text.count("nothing to filter") == 1


@pytest.mark.parametrize("name", ["x" * 60, "日" * 60, "😀" * 60, "Zoë’s & <b>“mine”</b>", "عربي", "100 %_", "a'b\"c"])
def test_any_words_can_be_a_name(client, editor, name):
    assert save(client, f"  {name} ").status_code == 302

    found, _ = links(client)
    assert name in found
    assert submit(client, LIST, {"name": name, "url": LIST}, to=DELETE).status_code == 302
    assert kept() == {}


def test_the_same_name_in_whatever_case_is_given_to_the_newer_view(client, editor):
    save(client, "drafts")

    save(client, "Drafts", "state=published")

    assert kept() == {"Drafts": {"state": "published"}}


def test_the_same_view_under_another_name_is_renamed(client, editor):
    save(client, "Drafts")

    page = submit_and_follow(client, "My drafts", "state=draft")

    assert kept() == {"My drafts": {"state": "draft"}}
    assert "“Drafts” is called “My drafts” now." in page


def submit_and_follow(client, name, query):
    return client.get(save(client, name, query).location).text


def test_a_view_that_took_the_name_of_another_leaves_the_first_alone(client, editor):
    save(client, "One", "state=draft")
    save(client, "Two", "state=published")

    save(client, "Two", "state=draft")

    assert kept() == {"One": {"state": "draft"}, "Two": {"state": "draft"}}
    assert links(client, f"{LIST}?state=draft")[1] == ["One", "Two"]


def test_a_view_is_deleted_from_its_own_page_and_what_it_showed_stays(client, editor):
    save(client, "Drafts")
    page = client.get(f"{LIST}?state=draft").text
    assert 'name="name" value="Drafts">Delete view' in page

    answer = submit(client, LIST, {"name": "Drafts", "url": f"{LIST}?state=draft"}, to=DELETE)

    assert answer.location.endswith("?state=draft")
    assert kept() == {}
    assert "The view “Drafts” is deleted" in client.get(answer.location).text
    submit(client, LIST, {"name": "Drafts", "url": LIST}, to=DELETE)
    assert "There is no view of this name any more." in client.get(LIST).text


def test_there_are_at_most_twenty_views_of_a_list(client, editor):
    for number in range(list_choices.MOST_VIEWS):
        list_choices.save_view(editor, "post", f"View {number}", {"search": f"{number}"})

    answer = save(client, "One more")

    assert answer.status_code == 422
    assert "You have 20 views of this list" in answer.text
    assert 'value="One more"' in answer.text
    assert save(client, "View 7", "state=published").status_code == 302
    list_choices.save_view(editor, "comment", "Another list", {"status": "held"})
    assert len(kept()) == 21


# Whose they are
def test_nobody_sees_or_deletes_the_views_of_another(client, editor):
    make_comment(make_post())
    save(client, "Secret")
    assert "Secret" in client.get(LIST).text
    signed_in(client, make_user("admin"))

    assert "Secret" not in client.get(f"{LIST}?state=draft").text
    submit(client, LIST, {"name": "Secret", "url": LIST}, to=DELETE)
    assert kept() == {"Secret": {"state": "draft"}}
    assert save(client, "Secret", "state=published").status_code == 302
    assert len(db.session.scalars(select(ListChoice)).all()) == 2


def test_a_view_belongs_to_its_list(client, editor):
    make_page()
    save(client, "Drafts")

    assert links(client, "/admin/page/") == ({}, [])
    submit(client, "/admin/page/", {"name": "Drafts"}, to="/admin/page/views/delete/")
    assert kept() == {"Drafts": {"state": "draft"}}


def test_a_saved_view_shows_no_row_that_its_person_may_not_see(client):
    make_post("draft", title="Of somebody else")
    author = make_user("author")
    make_post("draft", title="Mine", by=author)
    signed_in(client, author)
    save(client, "Drafts")

    page = client.get(links(client)[0]["Drafts"]).text

    assert "Mine" in page
    assert "Of somebody else" not in page


def test_without_the_token_of_the_form_nothing_is_saved_or_deleted(client, editor):
    save(client, "Drafts")

    assert client.post(f"{VIEWS}?state=published", data={"name": "Forged"}).status_code == 400
    assert client.post(DELETE, data={"name": "Drafts"}).status_code == 400
    assert list(kept()) == ["Drafts"]


# What is kept outlives what it names
@pytest.mark.parametrize(
    ("value", "address"),
    [
        ({"state": "draft", "gone": "1"}, "?state=draft"),
        ({"state": "no such state", "search": "x"}, "?search=x"),
        ({"sort": "body", "desc": "1", "search": "x"}, "?search=x"),
        ({"sort": "edited_at", "desc": "1"}, "?sort=5&desc=1"),
        ({"state": ["draft"], "tag": 7, "search": {"a": "b"}, "author": "3"}, "?author=3"),
        ({"search": "a&b=c #é"}, "?search=a%26b%3Dc+%23%C3%A9"),
    ],
)
def test_an_address_has_only_what_the_list_knows(client, editor, value, address):
    choice = ListChoice(user_id=editor.id, list_name="post", kind=ChoiceKind.VIEW, name="Old", value=value)
    db.session.add(choice)

    found, _ = links(client)

    assert found["Old"] == LIST + address
    assert client.get(found["Old"]).status_code == 200


@pytest.mark.parametrize("value", [[], "state=draft", None, 7, {}, {"gone": "1"}], ids=str)
def test_a_view_of_which_nothing_is_left_is_not_shown(client, editor, value):
    choice = ListChoice(user_id=editor.id, list_name="post", kind=ChoiceKind.VIEW, name="Old", value=value)
    db.session.add(choice)

    assert "Old" not in links(client)[0]


@pytest.mark.parametrize(
    "name", ["endpoint", "export_type", "_external", "_scheme", "_anchor", "self", "values", "x y&z"]
)
def test_no_name_of_an_argument_breaks_the_list_or_is_lost_on_its_links(client, editor, name):
    make_post("draft", title="Still shown")
    save(client, "Drafts")

    answer = client.get(LIST, query_string={name: "ftp", "state": "draft", "in": "x"})

    assert answer.status_code == 200
    assert "Still shown" in answer.text
    chip = re.search(r'<a class="chip" href="([^"]+)">State: Draft', answer.text)
    assert html.unescape(chip[1]) == f"{LIST}?{urlencode({name: 'ftp'})}"


# What the database itself refuses
@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"kind": "columns"}, {"kind": "other"}, {"user_id": 0}],
    ids=lambda wrong: "-".join(map(str, *[wrong.items()])),
)
def test_the_database_keeps_the_rules_too(app, wrong):
    person = make_user()
    values = {"user_id": person.id, "list_name": "post", "kind": "view", "name": "One", "value": "{}"} | wrong
    columns = ", ".join(values)

    with pytest.raises((IntegrityError, OperationalError)), db.session.begin_nested():
        db.session.execute(text(f"INSERT INTO list_choice ({columns}) VALUES (:{', :'.join(values)})"), values)


def test_two_windows_that_save_at_once_come_to_no_more_than_there_may_be(app):
    person = make_user()
    number = person.id
    db.session.execute(
        insert(ListChoice),
        [
            {"user_id": number, "list_name": "post", "kind": ChoiceKind.VIEW, "name": f"{place}", "value": {"a": "b"}}
            for place in range(list_choices.MOST_VIEWS - 1)
        ],
    )
    db.session.commit()
    db.session.remove()
    ready, refused = Barrier(4), []

    def save_one(name):
        with app.app_context():
            ready.wait()
            try:
                in_transaction(
                    lambda: list_choices.save_view(db.session.get_one(User, number), "post", name, {"search": name})
                )
            except InvalidChange as error:
                refused.append(str(error))
            db.session.remove()

    threads = [Thread(target=save_one, args=(f"Window {place}",)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(kept()) == list_choices.MOST_VIEWS
    assert len(refused) == 3
