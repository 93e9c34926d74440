"""Tags, redirects and people out of a CSV file."""

import io
import re

import pytest
from sqlalchemy import func, select

from cms.db import db
from cms.errors import InvalidChange
from cms.models import AuditEntry, Mail, Redirect, RedirectOrigin, Tag, User
from cms.services import redirecting
from cms.services.importing import csv_rows
from tests.admin.test_escalation import person_who_may
from tests.factories import make_tag, make_user
from tests.signing_in import signed_in

pytestmark = pytest.mark.usefixtures("unguarded")


def send(client, name, text, **more):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(f"/admin/{name}/import/", data={"file": (io.BytesIO(data), "some.csv"), **more})


def table(answer):
    """Line, label, result and reason of each row that the page shows."""
    cells = re.findall(r'<td data-label="\w+">(.*?)</td>', answer.text)
    rows = [re.sub("<[^>]*>", "", cell) for cell in cells]
    return [(int(line), label, result, why) for line, label, result, why in zip(*[iter(rows)] * 4, strict=True)]


def sent_again(answer):
    """The file, as the page that shows what would be done keeps it."""
    return re.search(r'name="data" value="([^"]*)"', answer.text)[1]


def go_on(client, name, answer):
    """Press the button of that page."""
    data = {"data": sent_again(answer), "act": "import"}
    assert client.post(f"/admin/{name}/import/", data=data).status_code == 302
    return client.get(f"/admin/{name}/")


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_tags_are_shown_first_and_then_made(client):
    make_tag("Flask", description="A framework")
    make_tag("sql", description="")
    signed_in(client, make_user("editor"))
    before = count(AuditEntry)
    text = "Name,Description\nFlask,A framework\nSQL,Tables\nPython,\n!!!,\n\n"

    answer = send(client, "tag", text)

    assert table(answer) == [
        (5, "!!!", "Not taken", "“!!!” has no letter or digit to make an address of."),
        (2, "Flask", "Unchanged", ""),
        (3, "SQL", "Changed", ""),
        (4, "Python", "New", ""),
    ]
    assert (count(Tag), count(AuditEntry)) == (2, before)
    assert "Import the rows that fit" in answer.text

    done = go_on(client, "tag", answer)

    assert "Imported: 1 new, 1 changed, 1 unchanged." in done.text
    assert "Not imported: 1 row with a mistake." in done.text
    assert {(tag.name, tag.description) for tag in db.session.scalars(select(Tag))} == {
        ("Flask", "A framework"),
        ("SQL", "Tables"),
        ("Python", ""),
    }
    assert count(AuditEntry) == before + 3  # renamed, edited, created
    again = send(client, "tag", text)
    assert {result for _, _, result, _ in table(again)} == {"Unchanged", "Not taken"}
    assert 'value="import"' not in again.text


def test_redirects_of_our_own_export_come_back(client):
    redirecting.moved("/old", "/new")
    signed_in(client, make_user("editor"))
    exported = client.get("/admin/redirect/export/csv/", buffered=True).data

    assert [row[1:3] for row in table(send(client, "redirect", exported))] == [("/old → /new", "Unchanged")]
    answer = send(client, "redirect", "from;to\n/a;/b\n/old;/newer\n/c;ftp://x\n/a;/b\nhttps://x.org/d;/e\n")
    assert [(line, result) for line, _, result, _ in table(answer)] == [
        (4, "Not taken"),
        (6, "Not taken"),
        (2, "New"),
        (3, "Changed"),
        (5, "Unchanged"),
    ]
    go_on(client, "redirect", answer)
    found = db.session.scalars(select(Redirect)).all()
    assert {str(one) for one in found} == {"/a → /b", "/old → /newer"}
    assert {one.origin for one in found} == {RedirectOrigin.IMPORTED}  # what moved "/old" did not lead it there


def test_people_are_made_with_roles(client):
    make_user("author", email="bob@example.org", name="Bob")
    admin = make_user("admin")
    signed_in(client, admin)
    text = (
        'E-mail,Name,Roles\nADA@example.org,Ada,editor\nbob@example.org,Robert,"author, editor"\n'
        "no address,Eve,author\ncarl@example.org,,king\n"
    )

    answer = send(client, "user", text)
    assert [(line, result) for line, _, result, _ in table(answer)] == [
        (4, "Not taken"),
        (5, "Not taken"),
        (2, "New"),
        (3, "Changed"),
    ]
    assert "There is no role “king”" in answer.text
    go_on(client, "user", answer)

    people = {user.email: user for user in db.session.scalars(select(User))}
    assert people["ada@example.org"].password is None
    assert [role.name for role in people["ada@example.org"].roles] == ["editor"]
    assert people["bob@example.org"].name == "Robert"
    assert {role.name for role in people["bob@example.org"].roles} == {"author", "editor"}
    assert count(Mail) == 0  # no mail server: each person's page gives a link


def test_nobody_gives_what_they_lack_or_changes_who_may_do_more(client):
    admin = make_user("admin", email="root@example.org", name="Root")
    make_user("author", email="bob@example.org", name="Bob")
    plain = make_user(None, email="eve@example.org", name="Eve")
    signed_in(client, person_who_may("user.edit"))
    text = (
        "E-mail,Name,Roles\nnew@example.org,New,admin\nroot@example.org,Mallory,\neve@example.org,Eve,admin\n"
        "bob@example.org,Robert,author\nroot@example.org,,author\nother@example.org,Other,\n"
    )

    answer = send(client, "user", text)

    assert [(line, result) for line, _, result, _ in table(answer)] == [
        (2, "Not taken"),
        (3, "Not taken"),
        (4, "Not taken"),
        (5, "Not taken"),
        (6, "Not taken"),
        (7, "New"),
    ]
    before = count(User)
    go_on(client, "user", answer)
    assert count(User) == before + 1
    assert (admin.name, [role.name for role in admin.roles], plain.roles) == ("Root", ["admin"], [])
    assert db.session.scalar(User.with_email("bob@example.org")).name == "Bob"
    assert db.session.scalar(User.with_email("other@example.org")).roles == []


def test_an_empty_cell_leaves_what_is_there(client):
    bob = make_user("author", email="bob@example.org", name="Bob", time_zone="Europe/Berlin")
    tag = make_tag("Flask", description="A framework")
    signed_in(client, make_user("admin"))

    for roles in ("", "no role", "No role", " "):
        answer = send(client, "user", f"email,name,roles,time_zone\nbob@example.org,,{roles},\n")
        assert [row[2] for row in table(answer)] == ["Unchanged"], roles
        go = client.post("/admin/user/import/", data={"data": sent_again(answer), "act": "import"})
        assert go.status_code == 302
    answer = send(client, "tag", "name,description\nFlask,\n")
    assert [row[2] for row in table(answer)] == ["Unchanged"]

    assert [role.name for role in bob.roles] == ["author"]
    assert (bob.name, bob.time_zone, tag.description) == ("Bob", "Europe/Berlin", "A framework")


def test_people_of_our_own_export_come_back(client):
    make_user("author", email="bob@example.org")
    make_user(None, email="eve@example.org")
    signed_in(client, make_user("admin"))

    exported = client.get("/admin/user/export/csv/", buffered=True)

    assert "no role" not in exported.text
    assert "no role" in client.get("/admin/user/").text
    assert {row[2] for row in table(send(client, "user", exported.data))} == {"Unchanged"}


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("redirect", "path,target\n/old\n", "Give an address of this site"),
        ("redirect", "target,path\n/new\n", "Begin with a slash"),
        ("tag", "description,name\nOf nothing\n", "Give the tag a name"),
        ("user", "name,email\nBob\n", "not an e-mail address"),
    ],
)
def test_a_line_that_ends_early_says_what_is_missing(client, name, text, reason):
    signed_in(client, make_user("admin"))

    ((line, _, result, why),) = table(send(client, name, text))

    assert (line, result) == (2, "Not taken")
    assert reason in why


def test_a_file_of_which_nothing_can_be_taken_is_not_called_imported(client):
    signed_in(client, make_user("editor"))

    answer = send(client, "tag", "name\n!!!\n???\n", act="import")

    assert answer.status_code == 302
    page = client.get("/admin/tag/").text
    assert "Not imported: 2 rows with a mistake." in page
    assert "Imported:" not in page


def test_the_last_administrator_keeps_the_keys(client):
    admin = make_user("admin", email="root@example.org")
    signed_in(client, admin)

    answer = send(client, "user", "email,roles\nroot@example.org,author\n")

    assert table(answer)[0][2] == "Not taken"
    assert "Nobody could let others in any more" in answer.text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "Choose a file first"),
        ("name,description\n", "There is no row under the heading"),
        ("title\nx\n", "names no column “name”. It should read: name,description"),
        ("name\nMünchen\n".encode("latin-1"), "not text in UTF-8"),
        ("name\nx\x00y\n", "not a text file"),
        ("name\n" + "x\n" * 5001, "At most 5,000 rows"),
        ('name\n"' + "x" * 140_000 + '"\n', "cannot be read"),
    ],
)
def test_what_is_no_such_file_is_said_beside_the_field(client, data, words):
    signed_in(client, make_user("editor"))

    answer = send(client, "tag", data)

    assert answer.status_code == 422
    assert words in re.search(r'id="file-error">(.*?)</ul>', answer.text, re.DOTALL)[1]
    assert count(Tag) == 0


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(InvalidChange, match="At most 1,000 kB"):
        csv_rows.read(csv_rows.KINDS[Tag], b"name\n" + b"x" * 1_000_001)


def test_a_form_that_was_meddled_with_takes_nothing(client):
    signed_in(client, make_user("editor"))

    for data in ("", "no base64 !", "bmFtZQ=="):
        answer = client.post("/admin/tag/import/", data={"data": data, "act": "import"})
        assert answer.status_code == 422
    assert count(Tag) == 0


def test_html_in_a_file_is_text(client):
    signed_in(client, make_user("editor"))

    answer = send(client, "tag", "name\n<script>alert(1)</script>\n")

    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_the_lists_offer_it_to_those_who_may(client):
    signed_in(client, make_user("admin"))

    for name in ("tag", "redirect", "user"):
        assert f'href="/admin/{name}/import/"' in client.get(f"/admin/{name}/").text
    assert "/import/" not in client.get("/admin/post/").text
