"""Authors, the audit log, revisions and the guides."""

from cms.db import db
from cms.models import AuditEntry, Author, Redirect, Revision
from cms.services import searching
from tests.factories import make_author, make_post, make_user
from tests.signing_in import signed_in, submit


def test_an_author_is_made_with_an_address_and_clean_html(client):
    signed_in(client, make_user("editor"))

    data = {"name": "Ada Lovelace", "bio": "First *programmer* <script>x</script>.", "website": "https://example.org"}
    submit(client, "/admin/author/new/", data)

    author = db.session.scalars(db.select(Author)).one()
    assert author.slug == "ada-lovelace"
    assert "<em>programmer</em>" in author.bio_html
    assert "<script>" not in author.bio_html


def test_an_author_who_moves_leaves_a_redirect(client):
    author = make_author("Ada")
    signed_in(client, make_user("editor"))

    submit(client, f"/admin/author/edit/?id={author.id}", {"name": "Ada", "slug": "countess", "bio": "", "website": ""})

    redirect = db.session.scalars(db.select(Redirect)).one()
    assert (redirect.path, redirect.target) == ("/authors/ada", "/authors/countess")


def test_posts_are_found_by_the_new_name_of_their_author_and_no_more_by_the_old(client):
    author = make_author("Ada King")
    post = make_post(title="Engines", authors=[author.id])
    signed_in(client, make_user("editor"))
    fine = {"name": "Ada Lovelace", "slug": "ada-king", "bio": "", "website": ""}

    submit(client, f"/admin/author/edit/?id={author.id}", fine)

    assert found("lovelace ") == found("author:lovelace") == found("author:ada-king") == [post.id]
    assert found('"ada king"') == []

    submit(client, f"/admin/author/delete/?id={author.id}", {"id": author.id})

    assert found("lovelace ") == found("author:ada-king") == []
    assert found("engines ") == [post.id]


def found(typed: str) -> list[int]:
    db.session.commit()  # MariaDB finds words once they are committed
    return [post.id for post in db.session.scalars(searching.find(typed))]


def test_what_is_wrong_with_an_author_is_said_beside_the_field(client):
    author, other = make_author("Ada"), make_author("Grace")
    person = make_user("author")
    other.user_id = person.id
    signed_in(client, make_user("editor"))
    fine = {"name": "Ada", "slug": author.slug, "bio": "", "website": ""}

    wrong = {"slug": other.slug, "website": "javascript:alert(1)", "name": " ", "user": person.id}
    for field, value in wrong.items():
        answer = submit(client, f"/admin/author/edit/?id={author.id}", {**fine, field: value})
        assert answer.status_code == 422, field
        assert f'id="{field}-error"' in answer.text, field


def test_deleting_an_author_keeps_the_posts(client):
    author = make_author("Ada")
    post = make_post(authors=[author.id])
    signed_in(client, make_user("editor"))
    address = f"/admin/author/delete/?id={author.id}"

    assert "1 post loses this name." in client.get(address).text
    submit(client, address, {"id": author.id})

    assert post.authors == []
    assert post.state == "published"


def test_the_audit_log_shows_field_by_field_and_changes_nothing(client):
    author = make_author("Ada")
    signed_in(client, make_user("admin"))
    submit(client, f"/admin/author/edit/?id={author.id}", {"name": "Grace", "slug": "ada", "bio": "", "website": ""})
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "author.edited")).one()

    page = client.get(f"/admin/audit/details/?id={entry.id}").text

    assert 'Ada</td><td dir="auto" data-label="After">Grace</td>' in page
    for address in ("new/", f"edit/?id={entry.id}", f"delete/?id={entry.id}"):
        assert client.get(f"/admin/audit/{address}").status_code == 403
        assert submit(client, "/admin/audit/", {"id": entry.id}, to=f"/admin/audit/{address}").status_code == 403


def test_a_revision_shows_what_changed_since_the_one_before(client):
    post = make_post(title="Before")
    signed_in(client, make_user("editor"))
    submit(client, f"/admin/post/edit/?id={post.id}", {"title": "After", "body": post.body, "version": post.version})
    newest = db.session.scalars(db.select(Revision).order_by(Revision.version.desc())).first()

    page = client.get(f"/admin/revision/details/?id={newest.id}").text

    assert f'Before</td><td dir="auto" data-label="{newest}">After</td>' in page


def test_the_guides_are_shown(client):
    signed_in(client, make_user("contributor"))

    page = client.get("/admin/help/").text

    assert "For editors" in page
    assert client.get("/admin/help/editor/").status_code == 200
    for name in ("none", "..%2f..%2fREADME", "editor.md"):
        assert client.get(f"/admin/help/{name}/").status_code == 404
