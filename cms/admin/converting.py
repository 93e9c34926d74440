"""From the columns of a model to the fields of its form."""

from typing import Any

from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.form import BaseForm
from flask_admin.model.form import converts
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from cms.admin.fields import (
    LONGEST_TEXT,
    AtMost,
    EnumField,
    Filled,
    LookupField,
    LookupListField,
    UtcDateTimeField,
    WholeNumberField,
    no_nul,
)
from cms.language import lazy


def stripped(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


class CmsForm(BaseForm):
    """The base of all forms. Protection against forged requests is global, not here."""


class CmsModelConverter(AdminModelConverter):
    """Plain fields that need no script, with limits in words. Relations are found by lookup alone."""

    def _model_select_field(self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any) -> Any:
        lookup = self.view._form_ajax_refs.get(prop.key)
        if lookup is None:
            raise LookupError(f"{type(self.view).__name__}: give form_ajax_refs a lookup for “{prop.key}”.")
        kwargs.pop("allow_blank", None)
        return (LookupListField if multiple else LookupField)(**_worded(kwargs), lookup=lookup)

    def _get_label(self, name: str, field_args: Any) -> Any:
        """That of the list, else the name in words: Flask-Admin forgets the second where a list labels others."""
        return super()._get_label(name, field_args) or self.view.prettify_name(name)

    @converts("String")
    def conv_String(self, column: Any, field_args: Any, **extra: Any) -> Any:
        limit = AtMost(column.type.length or LONGEST_TEXT)
        return StringField(**_text(column, field_args, limit, strip=True))

    @converts("Text", "cms.db.LongText")
    def conv_Text(self, column: Any, field_args: Any, **extra: Any) -> Any:
        return TextAreaField(**_text(column, field_args, AtMost(column.type.length or LONGEST_TEXT)))

    @converts("sqlalchemy.sql.sqltypes.Enum")
    def convert_enum(self, column: Any, field_args: Any, **extra: Any) -> Any:
        return EnumField(**_worded(field_args), enum=column.type.enum_class)

    @converts("cms.db.UtcDateTime")
    def conv_time(self, column: Any, field_args: Any, **extra: Any) -> Any:
        return UtcDateTimeField(**_worded(field_args))

    @converts("Boolean")
    def conv_Boolean(self, field_args: Any, **extra: Any) -> Any:
        return BooleanField(**_worded(field_args))

    @converts("Integer", "BigInteger", "SmallInteger")
    def handle_integer_types(self, column: Any, field_args: Any, **extra: Any) -> Any:
        field_args = _worded(field_args)
        field_args["validators"].append(NumberRange(-(2**31), 2**31 - 1, lazy("Choose a smaller number.")))
        return WholeNumberField(**field_args)


def _text(column: Any, field_args: Any, limit: AtMost, *, strip: bool = False) -> dict[str, Any]:
    field_args = _worded(field_args)
    field_args["validators"] += [no_nul, limit]
    if strip:
        field_args["filters"] = [*field_args.get("filters", []), stripped]
    if column.nullable:
        field_args["filters"] = [*field_args.get("filters", []), lambda text: text or None]
    return field_args


def _worded(field_args: Any) -> dict[str, Any]:
    field_args = dict(field_args)
    field_args["validators"] = [
        Filled() if isinstance(rule, InputRequired) and not isinstance(rule, Filled) else rule
        for rule in field_args.get("validators", [])
    ]
    return field_args
