import email
import email.policy
import logging

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import Job, JobStatus, MailStatus
from cms.services import jobs, mailing
from tests.mariadb import free_port
from tests.smtp_server import mail_server


@pytest.fixture
def server(app, monkeypatch):
    with mail_server() as running:
        monkeypatch.setitem(app.config, "MAIL_URL", running.url)
        yield running


def send(*args, **kwargs):
    mail = mailing.send(*args, **kwargs)
    db.session.commit()
    return mail


def work():
    done = jobs.run_due()
    db.session.rollback()  # the next look sees what the worker committed
    return done


def test_a_mail_reaches_the_server_whole(server):
    mail = send("zoë@example.org", "Grüße\nBcc: evil@example.org", "Ein Satz — 中文 😀\n.\nnoch einer\n")

    assert work() == 1
    [text] = server.received
    message = email.message_from_bytes(text, policy=email.policy.default)
    assert message["To"] == "zoë@example.org"
    assert message["Subject"] == "Grüße Bcc: evil@example.org"
    assert message["Bcc"] is None
    assert message.get_content().replace("\r\n", "\n") == "Ein Satz — 中文 😀\n.\nnoch einer\n"
    assert mail.status is MailStatus.SENT
    assert mail.sent_at is not None
    assert any(line.startswith("AUTH") for line in server.said)


@pytest.mark.parametrize("to", ["ada@example.org", "zoë@example.org"])
def test_headers_of_a_list_reach_the_server_on_one_line_however_long(server, to):
    address = f"<https://example.org/{'long' * 40}>"
    send(
        to,
        "Hello",
        "Text",
        headers={"List-Unsubscribe": address, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )

    assert work() == 1
    lines = server.received[0].decode().split("\r\n")

    assert f"List-Unsubscribe: {address}" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


def test_a_mail_leaves_only_after_the_commit_and_only_once(app, server):
    mailing.send("a@example.org", "Never", "said")
    db.session.rollback()
    send("a@example.org", "Once", "said")

    assert [work(), work()] == [1, 0]
    assert len(server.received) == 1


def test_without_a_mail_server_mail_stays_in_the_outbox(app):
    mail = send("a@example.org", "Hello", "Text")

    work()

    assert mail.status is MailStatus.KEPT
    assert mail.text == "Text"


def test_a_link_that_opens_an_account_is_not_kept_once_it_is_sent(server):
    mail = send("a@example.org", "Hello", "https://example.org/reset/token", secret=True)

    work()

    assert "token" in server.received[0].decode()
    assert "token" not in mail.text


def test_a_mail_server_that_is_away_is_asked_again_later(app, monkeypatch, travel, caplog):
    travel(hours=0)
    monkeypatch.setitem(app.config, "MAIL_URL", f"smtp://127.0.0.1:{free_port()}")
    mail = send("a@example.org", "Private subject", "Private text")
    with caplog.at_level(logging.DEBUG):
        assert [work(), work()] == [1, 0]
    assert mail.status is MailStatus.WAITING
    assert "refused" in mail.error
    assert "Private" not in caplog.text
    assert "a@example.org" not in caplog.text

    with mail_server() as running:
        monkeypatch.setitem(app.config, "MAIL_URL", running.url)
        travel(minutes=2)
        work()

    assert mail.status is MailStatus.SENT
    assert mail.error == ""


def test_an_address_that_does_not_exist_is_not_tried_again(server):
    server.refuses = "550 no such person"
    mail = send("gone@example.org", "Hello", "Text")

    work()

    assert mail.status is MailStatus.FAILED
    assert "no such person" in mail.error
    assert db.session.scalars(select(Job)).one().status is JobStatus.FAILED


def test_a_mailbox_that_is_full_for_now_is_tried_again(server, travel):
    travel(hours=0)
    server.refuses = "452 try later"
    mail = send("full@example.org", "Hello", "Text")
    work()
    assert mail.status is MailStatus.WAITING

    server.refuses = ""
    travel(minutes=2)
    work()

    assert mail.status is MailStatus.SENT
