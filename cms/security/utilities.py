"""What Flask-Security asks us to do: send mail through our outbox, judge passwords by our rules."""

from typing import Any

from flask_security import MailUtil, PasswordUtil

from cms.models import User
from cms.services import mailing, passwords
from cms.text.slug import fold_email


class OutboxMailUtil(MailUtil):
    """Queues mail in the transaction of the request that asks for it."""

    def send_mail(self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, *_: Any, **__: Any):
        mailing.send(str(recipient), str(subject), body or "", secret="reset_link" in __)

    def normalize(self, email: str) -> str:
        return fold_email(super().normalize(email.strip()))

    def validate(self, email: str) -> str:
        return fold_email(super().validate(email.strip()))


class OurPasswordUtil(PasswordUtil):
    """The rules of ``cms.services.passwords``."""

    def normalize(self, password: str) -> str:
        return passwords.normalised(password)

    def validate(self, password: str, is_register: bool, **about: Any) -> tuple[list[str] | None, str]:
        user: User | None = about.get("user")
        complaint = passwords.complaint(password, email=user.email if user else "", name=user.name if user else "")
        return [complaint] if complaint else None, passwords.normalised(password)
