"""What people change about themselves: how they are called, and by which clock and in which language they read."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.helpers import get_form_data
from wtforms import SelectField, StringField

from cms.admin.converting import CmsForm, stripped
from cms.admin.door import CmsView
from cms.admin.fields import AtMost, Filled, no_nul
from cms.admin.saving import Saving
from cms.admin.times import ZONES
from cms.language import LANGUAGES, gettext, lazy
from cms.models import User
from cms.services import accounts, speaking


class AccountForm(CmsForm):
    """Their own name, zone and language."""

    name = StringField(
        lazy("Name"),
        [Filled(), no_nul, AtMost(accounts.MOST_NAME_LETTERS)],
        filters=[stripped],
        description=lazy("How others here see you. The name under your posts is that of the author."),
    )
    time_zone = SelectField(
        lazy("Time zone"),
        choices=ZONES,
        description=lazy("Times in the admin are shown, and those you type are read, in this zone."),
    )
    language = SelectField(
        lazy("Language"),
        choices=[("", lazy("What your browser asks for")), *LANGUAGES.items()],
        description=lazy("Of the admin, and of mails to you. The language of the site is one of its settings."),
    )


class AccountView(Saving, CmsView):
    """The page of whoever is signed in. E-mail and roles are for those who look after people."""

    model = User
    title = lazy("Your account")
    address = "account"

    def is_visible(self) -> bool:
        return False

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        """The form, and the ways to password and second factor."""
        form = AccountForm(get_form_data(), obj=self.person)
        if request.method == "POST" and form.validate() and self._save(form):
            speaking.switch(self.person)
            flash(gettext("Your account is saved."), "success")
            return redirect(self.get_url(".index"))
        return self.render("admin/account.html", form=form), 422 if request.method == "POST" else 200

    def _save(self, form: AccountForm) -> bool:
        chosen = {"name": form.name.data, "time_zone": form.time_zone.data, "language": form.language.data}
        return bool(self.attempt(lambda: accounts.change_own(self.person, **chosen), form))
