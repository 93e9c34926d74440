"""The settings of the site: one page, made of ``cms.services.settings.OPTIONS``."""

from itertools import groupby
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField

from cms.admin.base import CmsModelView
from cms.admin.converting import CmsForm
from cms.admin.failures import add_error
from cms.admin.fields import WholeNumberField
from cms.admin.times import ZONES
from cms.errors import InvalidChange
from cms.language import gettext, lazy
from cms.models import Setting
from cms.services import settings
from cms.services.settings import OPTIONS, Option


class TypedNumberField(WholeNumberField):
    """A whole number; what was typed instead of one stays for the person to see, and the option refuses it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = valuelist[0] if valuelist else None


def field_of(option: Option) -> Any:
    label, about = lazy(option.label), {"description": lazy(option.help)}
    if option.kind == "yes_no":
        return BooleanField(label, **about)
    if option.kind == "whole_number":
        return TypedNumberField(label, **about)
    if option.kind == "choice":
        return SelectField(
            label, choices=[(value, lazy(words)) for value, words in option.choices], validate_choice=False, **about
        )
    if option.kind == "time_zone":
        return SelectField(label, choices=ZONES, validate_choice=False, **about)
    return (TextAreaField if option.kind == "long_text" else StringField)(label, **about)


SettingsForm = type("SettingsForm", (CmsForm,), {name: field_of(option) for name, option in OPTIONS.items()})

NEVER_EMPTY = {name for name, option in OPTIONS.items() if option.default and option.kind != "yes_no"}

GROUPS = [
    (lazy(group), [option.name for option in options])
    for group, options in groupby(OPTIONS.values(), key=lambda option: option.group)
]


class SettingsView(CmsModelView):
    """What admins may change about the site: one form for all, also for those that have no row yet."""

    model = Setting
    title = lazy("Settings")
    address = "setting"
    needs = "setting.edit"
    needs_create = needs_edit = needs_delete = ""  # of a single row; a setting is never made, and only ever changed
    has_list = False
    can_export = False
    form = SettingsForm
    form_columns = list(OPTIONS)

    @expose("/", methods=("GET", "POST"))
    def index_view(self) -> ResponseReturnValue:
        """The form of all settings."""
        if request.method == "GET":
            return self.page(SettingsForm(data=settings.read()))
        form = SettingsForm(request.form)
        if not (self.is_fit(form) and self.attempt(lambda: settings.change(form.data, by=self.person) or True, form)):
            return self.page(form), 422
        flash(gettext("The settings are saved."), "success")
        return redirect(self.get_url(".index_view"))

    def get_one(self, id: Any) -> None:
        """No setting has a page of its own."""

    def is_fit(self, form: Form) -> bool:
        """Whether each option takes what is typed; says beside its field what does not fit."""
        for name, option in OPTIONS.items():
            try:
                option.checked(form[name].data)
            except InvalidChange as error:
                form[name].errors = []
                add_error(form, name, str(error))
        return not form.errors

    def page(self, form: Form) -> str:
        return self.render("admin/setting/index.html", form=form, groups=GROUPS, never_empty=NEVER_EMPTY)
