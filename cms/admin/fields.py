"""Form fields of this house: times in the person's zone, tags as words, records by lookup. All work without script."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from flask import url_for
from flask_admin.form import RenderTemplateWidget
from markupsafe import Markup
from wtforms import Field, HiddenField, IntegerField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, StopValidation
from wtforms.widgets import TextArea, TextInput, html_params

from cms.admin import times
from cms.admin.ids import record_id
from cms.admin.lookup import Lookup
from cms.errors import InvalidChange
from cms.language import gettext, lazy, number
from cms.services import series, tagging, translating

LONGEST_TEXT = 4_000_000  # letters: four bytes each fill a MEDIUMTEXT

_TAG = re.compile(r'\s*"([^"]*)"\s*(?=[,;\n\r\t]|$)|([^,;\n\r\t]+)')


class Filled(InputRequired):
    """Something other than blanks must stand here."""

    def __call__(self, form: Any, field: Field) -> None:
        if not field.raw_data or not str(field.raw_data[0]).strip():
            field.errors[:] = []
            raise ValidationError(gettext("Fill this in."))


def at_most(letters: int, these: int) -> str:
    return gettext("At most %(most)s letters; these are %(these)s.", most=number(letters), these=number(these))


class AtMost:
    """No more letters than the database keeps."""

    def __init__(self, letters: int) -> None:
        self.letters = letters

    def __call__(self, form: Any, field: Field) -> None:
        length = len(field.data or "")
        if length > self.letters:
            raise ValidationError(at_most(self.letters, length))


class Checked:
    """What a service would refuse of this value alone, said together with what else the form has to say."""

    def __init__(self, check: Callable[..., object]) -> None:
        self.check = check

    def __call__(self, form: Any, field: Field) -> None:
        if field.errors or not field.data:
            return
        try:
            self._ask(form, field.data)
        except InvalidChange as error:
            raise ValidationError(str(error)) from None

    def _ask(self, form: Any, value: str) -> None:
        self.check(value)


class Free(Checked):
    """The same of a value that another row may have already: ``check`` gets the row of the form, or None, as well."""

    def _ask(self, form: Any, value: str) -> None:
        self.check(value, form._obj)


def no_nul(form: Any, field: Field) -> None:
    """PostgreSQL, C programs and some browsers stop at it; nobody types it."""
    if isinstance(field.data, str) and "\x00" in field.data:
        raise ValidationError(gettext("There is a character here that cannot be kept (NUL). Type this part anew."))


def in_one_line(value: str | None) -> str | None:
    """``value`` with its line breaks as blanks."""
    return " ".join(line.strip() for line in value.splitlines()) if value else value


# The arguments of a text of one line that may be long: all of it is seen, and Enter saves as in any field of one line.
WRAPPING = {"widget": TextArea(), "filters": [in_one_line], "render_kw": {"rows": 3, "data-one-line": True}}


def drawn(field: Field, **kwargs: Any) -> Any:
    """The field as HTML. Flask-Admin's inline forms are templates, which have escaped what they show, given as text."""
    html = field(**kwargs)
    return Markup(html) if isinstance(field.widget, RenderTemplateWidget) else html  # noqa: S704


class VersionField(HiddenField):
    """The version that the person saw before them."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = record_id(valuelist[0]) if valuelist else None


class WholeNumberField(IntegerField):
    """A whole number. What is none stays to be seen, which a browser's own field would empty, and is said once."""

    widget = TextInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"render_kw": {"inputmode": "numeric"}, **kwargs})

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(gettext("Type a whole number, such as 3.")) from None

    def pre_validate(self, form: Any) -> None:
        if self.process_errors and self.raw_data and self.raw_data[0]:
            raise StopValidation()


class UtcDateTimeField(Field):
    """Date and time, typed in the person's own zone, aware UTC as data. An untouched one keeps its seconds."""

    widget = TextInput()
    widget.input_type = "datetime-local"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typed: str | None = None

    def _value(self) -> str:
        return self.typed if self.typed is not None else times.typed(self.data)

    @property
    def zone(self) -> str:
        """The name of the zone, to be shown beside the field."""
        return str(times.zone())

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.typed = str(valuelist[0]).strip()
        if self.typed == times.typed(self.object_data):
            self.data = self.object_data
            return
        self.data = None
        if self.typed:
            try:
                self.data = times.read(self.typed)
            except (ValueError, OverflowError):
                raise ValueError(gettext("Choose a day and a time, such as 2026-11-24 09:00.")) from None


class EnumField(SelectField):
    """One member of an enum."""

    def __init__(self, *args: Any, enum: Any, **kwargs: Any) -> None:
        by_value = {member.value: member for member in enum}

        def coerce(value: Any) -> Any:
            return by_value.get(value, value) if isinstance(value, str) else value

        choices = [(member.value, lazy(member.value.replace("_", " ").capitalize())) for member in enum]
        super().__init__(*args, coerce=coerce, choices=choices, **kwargs)

    def iter_choices(self) -> Any:
        chosen = getattr(self.data, "value", self.data)
        for value, label in self.choices:
            yield value, label, value == chosen, {}

    def pre_validate(self, form: Any) -> None:
        if not hasattr(self.data, "value"):
            raise ValidationError(gettext("Choose one of the list."))


def quoted(name: str) -> str:
    """A tag as it stands among others: in quotes when a comma in it would tear it apart."""
    return f'"{name}"' if re.search(r"[,;]", name) and '"' not in name else name


class TagsField(StringField):
    """Names of tags, with commas between; a script makes them pieces that one can pick. Data: a list of names."""

    def __init__(self, *args: Any, lookup: Lookup, create: Any = lambda: True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lookup, self.may_create, self.typed = lookup, create, None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return ", ".join(quoted(name) for name in self.data or [])

    def __call__(self, **kwargs: Any) -> Markup:
        attributes = {
            "data_tags": url_for(".ajax_lookup", name=self.lookup.name),
            "data_create": "yes" if self.may_create() else "no",
            "autocomplete": "off",
        }
        return super().__call__(**{**attributes, **kwargs})

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.typed = ", ".join(valuelist)
        found = [one or other for text in valuelist for one, other in _TAG.findall(text)]
        try:
            self.data = tagging.clean_names(name.replace("\x00", "") for name in found)
        except InvalidChange as error:
            raise ValueError(str(error)) from None


class SeriesField(StringField):
    """The title of one series; a script lets one find it by typing. Data: the title, empty for none."""

    def __init__(self, *args: Any, lookup: Lookup, create: Any = lambda: True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lookup, self.may_create = lookup, create

    def __call__(self, **kwargs: Any) -> Markup:
        attributes = {
            "data_tags": url_for(".ajax_lookup", name=self.lookup.name),
            "data_create": "yes" if self.may_create() else "no",
            "data_single": "yes",
            "autocomplete": "off",
        }
        return super().__call__(**{**attributes, **kwargs})

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.data = valuelist[0]
        try:
            self.data = series.clean_title(self.data)
        except InvalidChange as error:
            raise ValueError(str(error)) from None


class LanguageField(SelectField):
    """One of the languages that a post can be in, each by its own name; empty is that of the site."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = sorted(((translating.name_of(code), code) for code in translating.LANGUAGES), key=_unaccented)
        choices = [("", lazy("That of the site")), *((code, f"{name} ({code})") for name, code in names)]
        super().__init__(*args, choices=choices, **kwargs)

    def iter_choices(self) -> Any:
        for value, label in self.choices:
            yield value, label, value == (self.data or ""), {}

    def pre_validate(self, form: Any) -> None:
        if (self.data or "") not in dict(self.choices):
            raise ValidationError(gettext("Choose a language of the list."))


def _unaccented(pair: tuple[str, str]) -> str:
    return unicodedata.normalize("NFKD", pair[0]).casefold()


class LookupWidget:
    """A list holding what is chosen; a script lets one find more by typing. Below it the picture that is chosen."""

    def __call__(self, field: "LookupField", **kwargs: Any) -> Markup:
        attributes = {"id": field.id, "name": field.name, "data_lookup": field.address, **kwargs}
        if field.multiple:
            attributes["multiple"] = True
        # A list with nothing chosen sends nothing at all: the hidden field tells "none" from "unchanged".
        none = Markup('<input type="hidden" name="{}" value="">').format(field.name) if field.multiple else ""
        rows = [] if field.multiple else [Markup('<option value="">{}</option>').format(gettext("None"))]
        for row in field.chosen:
            value, label, *picture = field.lookup.choice(row)
            about = html_params(value=value, selected=True, **({"data_picture": picture[0]} if picture else {}))
            rows.append(Markup("<option {}>{}</option>").format(Markup(about), label))  # noqa: S704 (html_params escapes)
        select = Markup("<select {}>{}</select>").format(Markup(html_params(**attributes)), Markup("").join(rows))  # noqa: S704
        return none + select + self._picture(field) + self._making(field)

    def _picture(self, field: "LookupField") -> Markup:
        if field.multiple or field.lookup.picture is None:
            return Markup("")
        shown = field.lookup.picture(field.data) if field.data is not None else None
        frame = Markup('<p class="chosen-picture" id="{}-picture"{}>{}</p>')
        picture = Markup('<img src="{}" alt="">').format(shown) if shown else ""
        return frame.format(field.id, "" if shown else Markup(" hidden"), picture)

    def _making(self, field: "LookupField") -> Markup:
        address = field.lookup.making_address
        if address is None:
            return Markup("")
        link = Markup(
            '<p class="field-act"><a href="{}" target="_blank" rel="noopener" data-make>{}'
            '<span class="unseen"> {}</span></a></p>'
        )
        return link.format(address, field.lookup.making, gettext("(opens a new tab)"))


class LookupField(Field):
    """One record of another table, found by lookup."""

    widget = LookupWidget()
    multiple = False

    def __init__(self, label: str | None = None, validators: Any = None, *, lookup: Lookup, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.lookup = lookup

    @property
    def address(self) -> str:
        return url_for(".ajax_lookup", name=self.lookup.name)

    @property
    def chosen(self) -> Sequence[Any]:
        return [self.data] if self.data is not None else []

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        wanted = [value for value in valuelist if value]
        kept = self.object_data
        if wanted and kept is not None and str(kept.id) == wanted[0]:
            return  # it may be one that this person could not choose
        self.data = self.lookup.get_one(wanted[0]) if wanted else None
        if wanted and self.data is None:
            raise ValueError(gettext("That one is not there any more. Choose another."))


class LookupListField(LookupField):
    """Records of another table in the order chosen."""

    multiple = True

    @property
    def chosen(self) -> Sequence[Any]:
        return self.data or []

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        wanted = [part for value in valuelist for part in str(value).split(",") if part.strip()]
        self.data = self.lookup.get_many(wanted)
        if len(self.data) < len(set(wanted)):
            raise ValueError(gettext("One of these is not there any more. It was left out; look again and save."))
