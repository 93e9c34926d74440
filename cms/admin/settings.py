"""The settings of the site: one page, made of ``cms.services.settings.OPTIONS``, and how the site would look."""

from itertools import groupby
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from wtforms import BooleanField, Form, SelectField, StringField, TextAreaField

from cms.admin import setting_preview
from cms.admin.base import CmsModelView
from cms.admin.converting import CmsForm
from cms.admin.failures import add_error
from cms.admin.fields import LookupField, WholeNumberField
from cms.admin.lookups import PICTURES
from cms.admin.times import ZONES
from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext, lazy, marked
from cms.models import Media, Page, Setting
from cms.services import settings
from cms.services.options import Option
from cms.services.settings import OPTIONS
from cms.services.theming import activating, choosing, stylesheets, themes
from cms.text.colours import DARK, LIGHT, as_hex, named
from cms.transactions import start_writing, starts_reading

MOST_PAGES = 300


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
    if option.kind == "theme":
        return SelectField(label, choices=theme_choices, validate_choice=False, **about)
    if option.kind == "page":
        return SelectField(label, choices=page_choices, validate_choice=False, coerce=as_typed, **about)
    if option.kind == "picture":
        return LookupField(label, lookup=PICTURES, **about)
    return (TextAreaField if option.kind in ("long_text", "links") else StringField)(label, **about)


def theme_choices() -> list[tuple[str, str]]:
    words = marked("%(theme)s: %(about)s")
    return [
        (theme.name, gettext(words, theme=theme.title, about=gettext(theme.description)))
        for theme in themes.all_themes()
    ]


def page_choices() -> list[tuple[str, Any]]:
    """The newest posts, or a page that readers can see."""
    shown = db.session.execute(Page.published().with_only_columns(Page.id, Page.title).limit(MOST_PAGES))
    return [("", gettext("The newest posts")), *((str(number), title) for number, title in shown)]


def as_typed(value: Any) -> str:
    return "" if value is None else str(value)


SettingsForm = type("SettingsForm", (CmsForm,), {name: field_of(option) for name, option in OPTIONS.items()})

# Where something always stands, if only "The newest posts".
NEVER_EMPTY = {
    name for name, option in OPTIONS.items() if option.kind == "page" or (option.default and option.kind != "yes_no")
}

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

    form_ajax_refs = {"logo": PICTURES}

    @starts_reading
    @expose("/", methods=("GET", "POST"))
    def index_view(self) -> ResponseReturnValue:
        """The form of all settings."""
        if request.method == "GET":
            return self.page(SettingsForm(data=shown(settings.read())))
        form = SettingsForm(request.form)
        if not self.is_fit(form):
            return self.page(form), 422
        start_writing()  # another theme was looked through before, which takes its time
        if not self.attempt(lambda: settings.change(typed(form), by=self.person) or True, form):
            return self.page(form), 422
        flash(gettext("The settings are saved."), "success")
        return redirect(self.get_url(".index_view"))

    @starts_reading
    @expose("/preview/", methods=("GET", "POST"))
    def preview(self) -> ResponseReturnValue:
        """The site as it would look: with what the form holds, or as it is in the theme of ``?theme=``."""
        if request.method == "GET" or "title" not in request.form:
            chosen = {"theme": request.values.get("theme", settings.read().theme)}
        else:
            form = SettingsForm(request.form)
            if not self.is_fit(form, strictly=False):
                return self.page(form), 422
            chosen = typed(form)
        try:
            new = settings.checked(chosen)
        except InvalidChange as error:
            flash(str(error), "error")
            return redirect(self.get_url(".index_view"))
        back = self.get_url(".index_view")
        return setting_preview.answer(new, chosen, page=request.values.get("shown", ""), back=back)

    def get_one(self, id: Any) -> None:
        """No setting has a page of its own."""

    def is_fit(self, form: Form, *, strictly: bool = True) -> bool:
        """Whether each option takes what is typed; says beside its field what does not fit.

        ``strictly`` looks through a theme that is new; a preview shows what there is of it.
        """
        wrong = {name: str(field.process_errors[0]) for name, field in form._fields.items() if field.process_errors}
        settings.checked(typed(form), wrong)
        if strictly and not wrong:
            try:
                activating.complete(typed(form))
            except InvalidChange as error:
                wrong["theme"] = str(error)
        for name, words in wrong.items():
            form[name].errors = []
            add_error(form, name, words)
        return not wrong

    def page(self, form: Form) -> str:
        return self.render(
            "admin/setting/index.html", form=form, groups=GROUPS, never_empty=NEVER_EMPTY, notes=notes(form)
        )


def shown(now: settings.SiteSettings) -> dict[str, Any]:
    """The settings as the form has them: a row in place of its id."""
    return {**now, "logo": db.session.get(Media, now.logo) if now.logo is not None else None}


def typed(form: Form) -> dict[str, Any]:
    """What the form holds, as options take it."""
    return {**form.data, "logo": form.data["logo"].id if form.data["logo"] is not None else None}


def notes(form: Form) -> dict[str, tuple[str, str]]:
    """What stands beside a colour: the colour itself, and how well it is read on the ground of the theme."""
    found = {}
    try:
        theme = themes.get(form["theme"].data or "")
        for name, scheme in (("accent", LIGHT), ("accent_dark", DARK)):
            colour = as_hex(form[name].data or "") or named(stylesheets.source(theme))[scheme].get("accent", "")
            if colour and not form[name].errors:
                ratio = choosing.contrast_of(theme, scheme, colour)
                words = gettext("%(ratio)s to 1 on the ground of %(theme)s", ratio=ratio, theme=theme.title)
                found[name] = (colour, words)
    except (InvalidChange, OSError):
        return {}
    return found
