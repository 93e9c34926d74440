"""Nobody gets more than they were given: by bylines, roles, kept mail, or what a page lets slip."""

import io
import zipfile
from typing import Any

import pytest

from cms.admin.exporting import XLSX
from cms.db import db
from cms.errors import NotAllowed
from cms.models import AuditEntry, Mail, Post, Role, User
from cms.services import revising
from tests.admin.test_rights import lines, records
from tests.factories import make_author, make_post, make_user
from tests.signing_in import signed_in


def person_who_may(*rights: str) -> User:
    person = make_user(None)
    role = Role(name=f"role {person.id}", permissions=["admin.enter", *rights])
    db.session.add(role)
    person.roles.append(role)
    db.session.flush()
    return person


def test_an_author_who_names_somebody_else_as_author_of_a_new_post_is_its_author(unguarded, client):
    person, other = make_user("author"), make_author("Somebody else")
    signed_in(client, person)

    client.post("/admin/post/new/", data={"title": "Mine", "body": "x", "authors": [other.id], "created_by_id": 1})

    post = db.session.scalars(db.select(Post)).one()
    assert [author.user_id for author in post.authors] == [person.id]
    assert post.created_by_id == person.id
    with pytest.raises(NotAllowed):
        revising.create(Post, {"title": "x", "authors": [other.id]}, by=person)


def test_whoever_edits_authors_alone_cannot_make_others_posts_their_own(unguarded, client):
    theirs = make_post("draft", by=make_user("author"), title="Secret plans")
    author = theirs.authors[0]
    person = person_who_may("author.edit", "post.edit", "post.publish")
    owner = author.user_id
    signed_in(client, person)

    answer = client.post(
        f"/admin/author/edit/?id={author.id}", data={"name": author.name, "slug": author.slug, "user": person.id}
    )

    assert answer.status_code == 422
    assert author.user_id == owner
    assert client.get(f"/admin/post/edit/?id={theirs.id}").status_code == 404


def test_an_editor_links_an_author_to_an_account(unguarded, client):
    author, person = make_author("Guest"), make_user("author")
    signed_in(client, make_user("editor"))

    form = {"name": "Guest", "slug": author.slug, "user": person.id}
    answer = client.post(f"/admin/author/edit/?id={author.id}", data=form)

    assert answer.status_code == 302
    assert author.user_id == person.id


def test_whoever_edits_any_post_but_publishes_none_changes_nothing_that_readers_see(unguarded, client):
    post = make_post(tags=["Kept"])
    person = person_who_may("post.edit", "post.edit.any", "tag.add", "tag.edit")
    signed_in(client, person)

    client.post("/admin/post/action/", data={"action": "add_tags", "rowid": [post.id], "bulk_tags": "New"})
    client.post(f"/admin/tag/posts/?id={post.tags[0].id}", data={"act": "remove", "posts": [post.id]})

    assert [tag.name for tag in post.tags] == ["Kept"]


def test_nobody_gives_a_role_what_they_lack(unguarded, client):
    person = person_who_may("role.edit", "user.edit")
    admin, own = db.session.scalars(db.select(Role).where(Role.name == "admin")).one(), person.roles[0]
    signed_in(client, person)
    rights = [*own.permissions, "setting.edit"]

    new = client.post("/admin/role/new/", data={"name": "more", "permissions": rights})
    changed = client.post(f"/admin/role/edit/?id={own.id}", data={"name": own.name, "permissions": rights})
    given = client.post(
        f"/admin/user/edit/?id={person.id}",
        data={"name": "Me", "email": person.email, "roles": [own.id, admin.id], "time_zone": "UTC"},
    )

    assert [answer.status_code for answer in (new, changed, given)] == [422, 422, 422]
    assert "setting.edit" not in own.permissions
    assert person.roles == [own]


def test_a_link_to_a_new_password_in_the_outbox_is_not_shown_to_whoever_may_do_less(unguarded, client):
    admin, reader = make_user("admin"), person_who_may("mail.view")
    mails = [Mail(recipient=to, subject="Hello", text="/reset/SECRET") for to in (admin.email, reader.email)]
    db.session.add_all(mails)
    db.session.flush()
    pages = [f"/admin/mail/details/?id={mail.id}" for mail in mails]

    signed_in(client, reader)
    assert ["SECRET" in client.get(page).text for page in pages] == [False, True]
    signed_in(client, make_user("admin"))
    assert "SECRET" in client.get(pages[0]).text
    assert mails[0].text == "/reset/SECRET"


def words_of(answer) -> str:
    """What a page or a file says, unpacked."""
    if answer.mimetype != XLSX:
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def test_no_page_export_log_or_audit_entry_holds_what_opens_an_account(unguarded, client, caplog):
    secret: dict[str, Any] = {
        "fs_uniquifier": "uniquifier-of-somebody",
        "tf_totp_secret": "totp-of-somebody",
        "mf_recovery_codes": ["code-of-somebody"],
        "tf_primary_method": "authenticator",
    }
    person, admin = make_user("editor", **secret), make_user("admin")
    hashed = person.password
    make = records(admin) | {"person": lambda: person.id}
    signed_in(client, admin)
    known: dict[str, int] = {}

    def fill(text: str) -> str:
        for name in [name for name in make if f"{{{name}}}" in text]:
            known.setdefault(name, make[name]())
            text = text.replace(f"{{{name}}}", str(known[name]))
        return text

    form = {"name": "Changed", "email": person.email, "roles": [person.roles[0].id], "time_zone": "Europe/Berlin"}
    assert client.post(f"/admin/user/edit/?id={person.id}", data=form).status_code == 302
    client.post(f"/admin/user/access/?id={person.id}", data={"act": "deactivate"})
    pages = [fill(address) for method, address, _, _ in lines() if method == "GET"]
    entries = [f"/admin/audit/details/?id={number}" for number in db.session.scalars(db.select(AuditEntry.id))]
    text = "".join(words_of(client.get(page, buffered=True)) for page in (*pages, *entries)) + caplog.text

    assert person.email in text
    for word in (hashed, "uniquifier-of-", "totp-of-", "code-of-", admin.fs_uniquifier, person.fs_uniquifier):
        assert word not in text
    for entry in db.session.scalars(db.select(AuditEntry)):
        assert b"-of-somebody" not in (entry.before or b"") + (entry.after or b"")
