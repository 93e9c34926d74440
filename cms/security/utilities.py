"""What Flask-Security asks us to do: send mail through our outbox, judge passwords by our rules."""

from typing import Any

from flask import current_app, render_template
from flask_security import MailUtil, PasswordUtil

from cms.language import gettext, lasting, speaking
from cms.models import User
from cms.services import mailing, passwords
from cms.services.speaking import of_person
from cms.text.slug import fold_email

SUBJECTS = {
    "reset_instructions": "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET",
    "reset_notice": "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE",
    "change_notice": "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE",
}


class OutboxMailUtil(MailUtil):
    """Queues mail in the transaction of the request that asks for it."""

    def send_mail(
        self, template: str, subject: str, recipient: Any, sender: Any, body: str | None, *_: Any, **about: Any
    ) -> None:
        name = template.rpartition("/")[2]
        if name in SUBJECTS:
            # In the language of whoever gets it. Who asks for it may be anybody, and sees no page in that.
            with speaking(of_person(about.get("user"))):
                subject = gettext(current_app.config[SUBJECTS[name]])
                about["within"] = lasting(current_app.config["SECURITY_RESET_PASSWORD_WITHIN"])
                body = render_template(f"security/email/{name}.txt", **about)
        mailing.send(str(recipient), str(subject), body or "", secret="reset_link" in about)

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
