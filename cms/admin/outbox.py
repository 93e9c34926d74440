"""The outbox: what mail left, what waits, and what stays here because no mail server is set."""

from typing import Any

from flask import current_app, flash, redirect
from flask.typing import ResponseReturnValue
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import defer
from sqlalchemy.orm.attributes import set_committed_value

from cms.admin.badges import badge
from cms.admin.read_only import ReadOnlyView
from cms.admin.times import shown
from cms.db import db
from cms.language import gettext, lazy, lazy_pgettext, marked
from cms.models import Mail, User
from cms.services import mailing, site

NOT_FOR_YOU = lazy("(Only those who may change the account that this mail is for may read its text.)")
TEST_TEXT = marked(
    """This is a test from %(title)s (%(address)s).

It has reached you, so mail works.
"""
)


def status_column(view: Any, context: Any, mail: Mail, name: str) -> Markup:
    return badge(mail.status.value)


def time_column(view: Any, context: Any, mail: Mail, name: str) -> Markup:
    return shown(getattr(mail, name))


class OutboxView(ReadOnlyView):
    """Mails, newest first."""

    model = Mail
    title = lazy("Outbox")
    singular = lazy("mail")
    address = "mail"
    empty = lazy("No mail was written yet.")

    needs = "mail.view"

    column_list = ["subject", "recipient", "status", "created_at", "sent_at"]
    column_labels = {
        "created_at": lazy("Written"),
        "sent_at": lazy_pgettext("time", "Sent"),
        "error": lazy("What went wrong"),
    }
    column_formatters = {"status": status_column, "created_at": time_column, "sent_at": time_column}
    column_sortable_list = ["created_at"]
    column_default_sort = ("id", True)
    column_searchable_list = ["subject", "recipient"]
    column_filters = ["status"]
    column_details_list = ["recipient", "subject", "status", "created_at", "sent_at", "error"]
    column_formatters_detail = column_formatters
    column_export_list = ["created_at", "recipient", "subject", "status", "sent_at"]
    list_options = [defer(Mail.text)]
    list_template = "admin/mail/list.html"
    details_template = "admin/mail/details.html"

    @property
    def help(self) -> str:
        if mailing.can_send():
            return gettext("Mail comes from %(address)s.", address=current_app.config["MAIL_FROM"])
        return gettext("No mail server is set (CMS_MAIL_URL), so mail stays here to be read.")

    def details_of(self, row: Mail) -> dict[str, Any]:
        if not self._may_read(row):
            set_committed_value(row, "text", str(NOT_FOR_YOU))
        elif row.text == mailing.NOT_KEPT:
            set_committed_value(row, "text", gettext(mailing.NOT_KEPT))
        return {}

    def _may_read(self, mail: Mail) -> bool:
        """A link to a new password opens the account: whoever may do less must not find it here."""
        person: User = self.person
        recipient = db.session.scalar(User.with_email(mail.recipient))
        if recipient is not None and recipient.id == person.id:
            return True
        # An address that nobody has may be the former one of somebody who may do more.
        return person.may("user.edit") and (recipient is None or person.can_grant(recipient.roles))

    @expose("/test/", methods=("POST",))
    def test_view(self) -> ResponseReturnValue:
        """Writes a mail to whoever asks."""
        to = self.person.email
        text = gettext(TEST_TEXT, title=site.current().settings.title, address=current_app.config["SITE_URL"])
        mailing.send(to, gettext("A test mail"), text)
        db.session.commit()
        if mailing.can_send():
            words = gettext(
                "A test mail to %(address)s is on its way. Reload this page in a moment to see whether it left.",
                address=to,
            )
            flash(words, "success")
        else:
            flash(gettext("The test mail stays in this outbox: no mail server is set."), "success")
        return redirect(self.get_url(".index_view"))
