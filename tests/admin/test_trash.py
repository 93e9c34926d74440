"""What lies in the trash is not published from there, by any button."""

from cms.db import db
from cms.models import AuditEntry
from tests.factories import make_page, make_post, make_user
from tests.signing_in import signed_in


def test_publishing_many_leaves_those_in_the_trash_out(unguarded, client):
    trashed, draft = make_post("draft", title="In the bin"), make_post("draft")
    trashed.trash()
    signed_in(client, make_user("editor"))

    answer = client.post("/admin/post/action/", data={"action": "publish", "rowid": [trashed.id, draft.id]})
    page = client.get(answer.location).text
    client.post(f"/admin/post/restore/?id={trashed.id}")

    assert "1 published." in page
    assert "In the bin" in page
    assert "Take it out of the trash before you publish it." in page
    assert (trashed.state, draft.state) == ("draft", "published")
    published = db.session.scalars(db.select(AuditEntry.subject_id).where(AuditEntry.action == "post.published")).all()
    assert published == [draft.id]
    assert client.get(f"/posts/{trashed.slug}").status_code == 404


def test_the_form_of_what_is_in_the_trash_offers_no_publishing(unguarded, client):
    signed_in(client, make_user("editor"))

    for thing, address in ((make_post(), "post"), (make_page(), "page")):
        form = f"/admin/{address}/edit/?id={thing.id}"
        before = client.get(form).text
        thing.trash()
        after = client.get(form).text

        for act in ("publish", "withdraw"):
            assert f'name="act" value="{act}"' in before
            assert f'name="act" value="{act}"' not in after
        assert 'name="act" value="save"' in after
        sent = client.post(form, data={"title": "x", "body": "y", "version": thing.version, "act": "publish"})
        assert sent.status_code == 422
        assert "out of the trash" in sent.text
        assert thing.state == "trashed"
