from sqlalchemy import select

from cms.db import db
from cms.models import Mail, MailStatus
from cms.services import jobs, mailing
from tests.factories import make_user
from tests.signing_in import signed_in, submit
from tests.smtp_server import mail_server

LIST = "/admin/mail/"


def test_a_test_mail_reaches_whoever_asks_for_it(app, client, monkeypatch):
    admin = signed_in(client, make_user("admin", email="root@example.org"))

    with mail_server() as server:
        monkeypatch.setitem(app.config, "MAIL_URL", server.url)
        assert submit(admin, LIST, to=f"{LIST}test/").status_code == 302
        jobs.run_due()

    assert b"root@example.org" in server.received[0]
    assert "Sent" in admin.get(LIST).text


def test_without_a_mail_server_mail_is_read_here(app, client):
    admin = signed_in(client, make_user("admin"))
    mail = mailing.send("ada@example.org", "<b>Hello</b>", "A text\n<script>alert(1)</script>")
    db.session.commit()
    jobs.run_due()
    db.session.rollback()

    page = admin.get(f"{LIST}details/?id={mail.id}").text
    assert "A text\n&lt;script&gt;" in page
    assert "No mail server is set" in admin.get(LIST).text
    assert db.session.scalars(select(Mail.status)).one() is MailStatus.KEPT


def test_the_outbox_is_only_read_and_only_by_those_who_may(app, client):
    mail = mailing.send("ada@example.org", "Hello", "Text")
    admin = signed_in(client, make_user("admin"))
    editor = signed_in(app.test_client(), make_user("editor"))
    db.session.commit()

    for path in (LIST, f"{LIST}details/?id={mail.id}", f"{LIST}export/csv/"):
        assert editor.get(path).status_code == 403
    assert submit(editor, "/change", to=f"{LIST}test/").status_code == 403
    for path in (f"{LIST}edit/?id={mail.id}", f"{LIST}new/", f"{LIST}delete/?id={mail.id}"):
        assert admin.get(path).status_code in (403, 404), path
    assert "A text" not in admin.get(f"{LIST}export/csv/", buffered=True).text
