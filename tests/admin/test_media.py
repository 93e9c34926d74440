"""The media library and the redirects, as editors meet them."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from cms.db import db
from cms.models import AuditEntry, Media, Redirect, RedirectOrigin
from cms.services import media, redirecting, settings, thumbnails
from tests.factories import make_post, make_user
from tests.signing_in import signed_in, submit, token_for


@pytest.fixture(autouse=True)
def media_folder(app, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path / "media"))


def picture(colour="teal", size=(80, 40)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def upload(client, *files, **fields):
    data = {"files": [(io.BytesIO(content), name) for name, content in files], **fields}
    return submit(client, "/admin/media/new/", data)


def all_media() -> list[Media]:
    return list(db.session.scalars(select(Media).order_by(Media.id)))


def test_an_author_uploads_a_picture_with_its_words(app, client):
    author = make_user("author")
    signed_in(client, author)

    answer = upload(client, ("cat.png", picture()), alt="A cat", caption="It sleeps.")

    (item,) = all_media()
    assert answer.status_code == 302
    assert (item.filename, item.alt, item.caption, item.uploaded_by_id) == ("cat.png", "A cat", "It sleeps.", author.id)
    assert media.path_of(item).is_file()
    assert [entry.action for entry in db.session.scalars(AuditEntry.about("media", item.id))] == ["media.added"]
    page = client.get(answer.location)
    assert media.url_of(item) in page.text
    assert "A cat" in page.text


def test_several_files_come_at_once_and_a_bad_one_stops_no_other(app, client):
    signed_in(client, make_user("author"))

    answer = upload(
        client, ("a.png", picture("red")), ("b.svg", b"<svg/>"), ("c.pdf", b"%PDF-1.7"), ("d.png", b"no picture")
    )

    assert answer.status_code == 302
    assert [item.filename for item in all_media()] == ["a.png", "c.pdf"]
    page = client.get("/admin/media/").text
    assert "2 files are in the library" in page
    assert "b.svg: SVG pictures can carry scripts" in page
    assert "d.png: This is not a picture" in page


def test_lists_and_pickers_show_small_pictures_and_texts_get_the_whole(app, client):
    signed_in(client, make_user("author"))
    upload(client, ("large.png", picture(size=(2000, 1000))))
    (item,) = all_media()
    whole, small = media.url_of(item), thumbnails.url_of(item)

    image = f'<img class="thumbnail" src="{small}" alt="" width="64" height="32" loading="lazy">'
    assert image in client.get("/admin/media/").text
    lookup = client.get("/admin/post/ajax/lookup/?name=cover").json
    assert lookup == [[item.id, "large.png", small, "", "", whole]]
    assert client.get(small, buffered=True).content_type == "image/webp"


def test_what_cannot_be_taken_is_said_beside_the_field_and_words_are_kept(app, client):
    signed_in(client, make_user("author"))

    answer = upload(client, ("a.svg", b"<svg/>"), alt="A very long description")

    assert answer.status_code == 422
    assert "SVG pictures can carry scripts" in answer.text
    assert "A very long description" in answer.text
    assert all_media() == []


def test_no_file_at_all_is_said_to_be_so(app, client):
    signed_in(client, make_user("author"))

    assert "Choose a file." in upload(client, alt="x").text


def test_one_description_does_not_stand_under_several_pictures(app, client):
    signed_in(client, make_user("author"))

    answer = upload(client, ("a.png", picture("red")), ("b.png", picture("blue")), alt="Both")

    assert answer.status_code == 422
    assert all_media() == []


def test_the_same_picture_again_is_the_one_there_is(app, client):
    signed_in(client, make_user("author"))
    upload(client, ("a.png", picture()))

    assert upload(client, ("b.png", picture())).status_code == 302
    assert len(all_media()) == 1


def test_authors_see_and_change_their_own_uploads_and_editors_all(app, client):
    author, other, editor = make_user("author"), make_user("author"), make_user("editor")
    mine = media.add(picture("red"), "mine.png", by=author)
    theirs = media.add(picture("blue"), "theirs.png", by=other)

    signed_in(client, author)
    page = client.get("/admin/media/").text
    assert "mine.png" in page
    assert "theirs.png" not in page
    assert client.get(f"/admin/media/edit/?id={theirs.id}").status_code == 404
    token = token_for(client, "/admin/media/")
    assert client.post("/admin/media/delete/", data={"csrf_token": token, "id": theirs.id}).status_code == 404
    assert submit(client, f"/admin/media/edit/?id={mine.id}", {"alt": "Red"}).status_code == 302
    assert mine.alt == "Red"

    signed_in(client, editor)
    assert "theirs.png" in client.get("/admin/media/").text
    assert submit(client, f"/admin/media/edit/?id={theirs.id}", {"alt": "Blue", "credit": "Me"}).status_code == 302
    assert (theirs.alt, theirs.credit) == ("Blue", "Me")


def test_one_uploads_wherever_other_things_are_made_new(app, client):
    signed_in(client, make_user("author"))

    pages = [client.get(address).text for address in ("/admin/media/", "/admin/media/new/")]

    assert re.search(r'<a class="button button-main" href="/admin/media/new/[^"]*">Upload</a>', pages[0])
    assert re.search(r"<h1[^>]*>\s*Upload\s*</h1>", pages[1])
    assert all("New upload" not in page for page in pages)


def test_what_is_put_into_the_trash_says_where_it_is_shown_and_comes_back(app, client):
    signed_in(client, make_user("editor"))
    item = media.add(picture(), "a.png", by=None)
    make_post(title="The shower", cover_id=item.id)

    assert "The shower" in client.get(f"/admin/media/edit/?id={item.id}").text
    question = client.get(f"/admin/media/delete/?id={item.id}")
    assert "“The shower” goes on showing it." in question.text
    token = token_for(client, f"/admin/media/delete/?id={item.id}")
    client.post("/admin/media/delete/", data={"csrf_token": token, "id": item.id, "confirmed": "yes"})
    assert item.deleted_at is not None
    assert "a.png" not in client.get("/admin/media/?flt").text.partition("<tbody>")[2]
    assert "a.png" in client.get("/admin/media/?status=trashed").text.partition("<tbody>")[2]
    client.post("/admin/media/restore/", data={"csrf_token": token, "id": item.id})
    assert item.deleted_at is None


def test_a_redirect_is_made_and_changed_by_hand(app, client):
    signed_in(client, make_user("editor"))

    assert submit(client, "/admin/redirect/new/", {"path": "/old", "target": "/new"}).status_code == 302

    row = db.session.scalars(select(Redirect)).one()
    assert (row.path, row.target, row.origin) == ("/old", "/new", RedirectOrigin.MANUAL)
    assert submit(client, f"/admin/redirect/edit/?id={row.id}", {"path": "/old", "target": "/newer"}).status_code == 302
    assert redirecting.target_of("/old") == "/newer"
    assert "/newer" in client.get("/admin/redirect/").text


@pytest.mark.parametrize(
    ("path", "target", "says"),
    [
        ("old", "/new", "Begin with a slash"),
        ("/old?x=1", "/new", "Begin with a slash"),
        ("/old", "new", "Give an address"),
        ("/old", "//evil.example", "Give an address"),
        ("/old", "javascript:alert(1)", "Give an address"),
        ("/same", "/same", "lead to itself"),
        ("/taken", "/new", "There is one already"),
        ("", "/new", ""),
    ],
)
def test_a_redirect_that_could_not_work_is_refused_beside_its_field(app, client, path, target, says):
    signed_in(client, make_user("editor"))
    taken = Redirect()
    redirecting.set_by_hand(taken, "/taken", "/somewhere")
    db.session.add(taken)

    answer = submit(client, "/admin/redirect/new/", {"path": path, "target": target})

    assert answer.status_code == 422
    assert says in answer.text
    assert "field-wrong" in answer.text
    assert len(db.session.scalars(select(Redirect)).all()) == 1


def test_authors_have_nothing_to_do_with_redirects(app, client):
    signed_in(client, make_user("author"))

    assert client.get("/admin/redirect/").status_code == 403


def test_pictures_are_decoded_before_the_write_lock_is_taken(app):
    assert app.view_functions["admin_media.create_view"].starts_reading


def test_a_picture_that_another_author_has_sent_before_is_no_dead_end(app, client):
    signed_in(client, make_user("author"))
    upload(client, ("cat.png", picture()))
    signed_in(client, make_user("author"))

    answer = upload(client, ("mine.png", picture()))

    assert answer.status_code == 302
    assert client.get(answer.location).status_code == 200
    assert len(all_media()) == 1


def test_a_logo_is_not_thrown_away_without_a_word(client):
    signed_in(client, make_user("admin"))
    logo, other = (media.add(picture(colour), f"{colour}.png", by=None) for colour in ("teal", "red"))
    settings.change({"logo": logo.id}, by=None)

    assert "The site has it as its logo" in client.get(f"/admin/media/delete/?id={logo.id}").text
    assert "The site has it as its logo" not in client.get(f"/admin/media/delete/?id={other.id}").text
