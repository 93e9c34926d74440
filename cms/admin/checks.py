"""Several of a short list, each a box to tick with a sentence of what it means."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import Markup
from wtforms import Field, ValidationError
from wtforms.widgets import html_params

from cms.language import gettext


class Check(NamedTuple):
    """One box: its value in the form, its name, what it means, and the heading it stands under."""

    value: str
    label: str
    help: str = ""
    group: str = ""


class ChecksWidget:
    """A group of boxes, one a line, under their headings where they have any."""

    def __call__(self, field: "ChecksField", **kwargs: Any) -> Markup:
        kwargs.pop("required", None)  # of one box; here it only says that the group is no optional one
        group = html_params(id=field.id, role="group", aria_label=field.label.text, class_="checks", **kwargs)
        parts = [
            _under(heading, Markup("").join(_box(field, check) for check in checks))
            for heading, checks in groupby(field.choices, key=lambda check: check.group)
        ]
        return Markup("<div {}>{}</div>").format(Markup(group), Markup("").join(parts))  # noqa: S704 (html_params escapes)


def _box(field: "ChecksField", check: Check) -> Markup:
    box = Markup(
        '<label class="check"><input type="checkbox" name="{}" value="{}"{}>'
        ' <span>{}</span> <span class="muted">{}</span></label>'
    )
    ticked = Markup(" checked") if check.value in field.data else ""
    return box.format(field.name, check.value, ticked, check.label, check.help)


def _under(heading: str, boxes: Markup) -> Markup:
    if not heading:
        return boxes
    return Markup('<fieldset class="check-group"><legend>{}</legend><div>{}</div></fieldset>').format(heading, boxes)


class ChecksField(Field):
    """Data: the values that are ticked, in the order of the list. ``choices`` are given when the form is made."""

    widget = ChecksWidget()

    def __init__(self, label: Any, choices: Sequence[Check] = (), values_of: Any = list, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.choices = list(choices)
        self.values_of = values_of
        self.data: list[str] = []

    def process_data(self, value: Iterable[Any] | None) -> None:
        self.data = self.values_of(value or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = list(dict.fromkeys(valuelist))

    def pre_validate(self, form: Any) -> None:
        known = {check.value for check in self.choices}
        if not known.issuperset(self.data):
            raise ValidationError(gettext("One of these cannot be chosen any more. Look again and save."))
