"""Mail: written with the act it tells of, sent by a job once that act is committed."""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import current_app

from cms import clock
from cms.db import db
from cms.language import marked
from cms.models import Mail, MailStatus
from cms.services import jobs
from cms.services.jobs import GiveUp, Task
from cms.transactions import in_transaction

TIMEOUT_SECONDS = 30
NOT_KEPT = marked("(This text held a link that opens an account. It is not kept once the mail is sent.)")


class WholeListHeaders(EmailPolicy):
    """Leaves the headers of lists on one line: Python would else write a long address in them as encoded words, in
    which no mail program looks for one."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower().startswith("list-"):
            return f"{name}: {value}{self.linesep}"
        return super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower().startswith("list-"):
            return self.fold(name, value).encode()
        return super().fold_binary(name, value)


def send(to: str, subject: str, text: str, *, secret: bool = False, headers: Mapping[str, str] | None = None) -> Mail:
    """Write a mail in the caller's transaction; it leaves after the commit. A secret text is not kept when sent.

    ``headers`` go beside the usual ones: those of a list, such as List-Unsubscribe.
    """
    mail = Mail(
        recipient=to[:254],
        subject=" ".join(subject.split())[:300],
        text=text.replace("\x00", ""),
        headers=dict(headers) if headers else None,
    )
    db.session.add(mail)
    db.session.flush()
    jobs.enqueue("mail", {"mail": mail.id, "secret": secret})
    return mail


def can_send() -> bool:
    """Whether a mail server is set; without one mail stays in the outbox."""
    return bool(current_app.config["MAIL_URL"])


@jobs.handles("mail")
def deliver(task: Task) -> None:
    """Send one mail, or keep it in the outbox where no mail server is set."""
    mail = db.session.get(Mail, task.payload["mail"])
    if mail is None or mail.status in (MailStatus.SENT, MailStatus.KEPT):
        return
    mail_id, message = mail.id, None if not can_send() else _message(mail)
    db.session.rollback()  # no transaction waits for a mail server
    if message is None:
        in_transaction(lambda: _mark(mail_id, MailStatus.KEPT))
        return
    try:
        _hand_over(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        _failed(mail_id, f"{code} {reason.decode('utf-8', 'replace')}", for_good=code >= 500 or task.is_last_try)
        if code >= 500:
            raise GiveUp(f"The mail server refused the address: {code}.") from None
        raise
    except Exception as error:
        _failed(mail_id, str(error) or type(error).__name__, for_good=task.is_last_try)
        raise
    in_transaction(lambda: _mark(mail_id, MailStatus.SENT, forget_text=bool(task.payload.get("secret"))))


def _message(mail: Mail) -> EmailMessage:
    sender = current_app.config["MAIL_FROM"]
    message = EmailMessage(policy=WholeListHeaders())
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = formatdate(mail.created_at.timestamp())
    message["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    for name, value in (mail.headers or {}).items():
        message[name] = value
    message.set_content(mail.text)
    return message


def _hand_over(message: EmailMessage) -> None:
    url = urlsplit(current_app.config["MAIL_URL"])
    tls = "implicit" if url.scheme == "smtps" else parse_qs(url.query).get("tls", ["none"])[0]
    host = url.hostname or ""
    context = ssl.create_default_context()
    if tls == "implicit":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, url.port or (587 if tls == "starttls" else 25), timeout=TIMEOUT_SECONDS)
    with server:
        if tls == "starttls":
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _failed(mail_id: int, reason: str, *, for_good: bool) -> None:
    status = MailStatus.FAILED if for_good else MailStatus.WAITING
    in_transaction(lambda: _mark(mail_id, status, error=reason[:1000]))


def _mark(mail_id: int, status: MailStatus, *, error: str = "", forget_text: bool = False) -> None:
    mail = db.session.get(Mail, mail_id)
    if mail is None:
        return
    mail.status, mail.error = status, error
    if status is MailStatus.SENT:
        mail.sent_at = clock.now()
    if forget_text:
        mail.text = NOT_KEPT
