"""What a refused form says on top: each thing to look at, and where it stands."""

from collections.abc import Iterator
from typing import NamedTuple

from wtforms import Field, FieldList, Form, FormField


class Problem(NamedTuple):
    """One thing to look at. Without a field it concerns the form as a whole."""

    words: str
    label: str = ""
    field_id: str = ""


def problems(form: Form) -> list[Problem]:
    """What is wrong with ``form``: first as a whole, then field by field as they stand, forms within it included."""
    whole = [Problem(words) for words in form.form_errors if isinstance(words, str)]
    return whole + [problem for field in form for problem in _of(field)]


def _of(field: Field, row: str = "") -> Iterator[Problem]:
    label = f"{row}, {field.label.text}" if row else field.label.text
    if isinstance(field, FormField):  # its errors are those of its fields
        for inner in field.form:
            yield from _of(inner, row or label)
        return
    words = " ".join(error for error in field.errors if isinstance(error, str))
    if words:
        yield Problem(words, label, field.id)
    if isinstance(field, FieldList):
        for number, entry in enumerate(field.entries, 1):
            yield from _of(entry, f"{label} {number}")
