"""What the forms of posts and pages share: the newest text goes in, and what ``revising`` wants comes out."""

import re
from types import SimpleNamespace
from typing import Any

from wtforms import Field, StringField, TextAreaField, ValidationError
from wtforms.widgets import TextArea

from cms.admin.converting import CmsForm
from cms.admin.fields import AtMost, UtcDateTimeField, VersionField, in_one_line, no_nul
from cms.errors import InvalidChange
from cms.language import lazy
from cms.models import Page, Post, User
from cms.services import revising, slugs, snapshots
from cms.text.slug import slugify

MARKDOWN_HELP = lazy(
    "Markdown: **bold**, *italic*, # heading, - list, > quote, [words](https://address), ![picture](address)"
)

RECORDS = ("cover", "translation_of")  # fields that hold a record, of which a revision keeps the id


def text(name: str) -> list[Any]:
    """The rules for a text of ``snapshots.FIELDS``."""
    return [no_nul, AtMost(snapshots.LENGTHS[name])]


class WritingForm(CmsForm):
    """Title, text, address, times and what search engines read."""

    title = StringField(lazy("Title"), text("title"), widget=TextArea(), filters=[in_one_line])  # long ones wrap
    body = TextAreaField(lazy("Text"), text("body"), description=MARKDOWN_HELP)
    slug = StringField(lazy("Address"), text("slug"), description=lazy("Made from the title unless you choose one."))
    published_at = UtcDateTimeField(
        lazy("Publish at"), description=lazy("Empty: when you publish. A time to come schedules it.")
    )
    unpublish_at = UtcDateTimeField(lazy("Take off the site at"))
    meta_title = StringField(lazy("Title for search engines"), text("meta_title"))
    meta_description = TextAreaField(lazy("Description for search engines"), text("meta_description"))
    version = VersionField()

    def validate_unpublish_at(self, field: Field) -> None:
        """Its name is what WTForms looks for."""
        try:
            snapshots.check_times(self.published_at.data, field.data)
        except InvalidChange as error:
            raise ValidationError(str(error)) from None


def shown(subject: Post | Page) -> SimpleNamespace:
    """The newest text of ``subject`` as a form shows it."""
    fields: dict[str, Any] = snapshots.snapshot(subject)
    for name in snapshots.TIMES:
        fields[name] = snapshots.when(fields[name])
    return SimpleNamespace(**fields, id=subject.id, version=subject.version)


def is_made_of_title(form: WritingForm) -> bool:
    """Whether the slug in ``form`` is the one that its title gives, with or without a number behind it."""
    slug = (form.slug.data or "").strip()
    made = slugify(form.title.data or "", max_length=slugs.MOST_LETTERS) or slugs.UNTITLED
    return not slug or re.sub(r"-\d+$", "", slug) == made or slug == made


def as_typed(form: WritingForm, subject: Post | Page, *, by: User) -> dict[str, Any]:
    """The snapshot that ``form`` would make of ``subject``, for a preview. Raises InvalidChange for a text too long.

    Another field that does not fit stays as it was: it has its own words once the form is saved.
    """
    before = snapshots.snapshot(subject) if subject.id is not None else snapshots.of_row(subject)
    form.validate()
    after = dict(before)
    for name, value in typed(form, subject if subject.id is not None else None).items():
        wrong = form._fields[name.removesuffix("_id")].errors
        try:
            if wrong:
                raise InvalidChange(str(wrong[0]), field=name)
            after |= snapshots.checked(subject, {name: value})
        except InvalidChange:
            if name == "body":
                raise
    after["raw_html"] = revising.reads_html(after["body"], before, by=by)
    return after


def typed(form: WritingForm, subject: Post | Page | None) -> dict[str, Any]:
    """What was typed, as changes for ``revising``. An untouched address stays as it is, however it came to be."""
    changes: dict[str, Any] = {}
    for name, field in form._fields.items():
        if name in RECORDS:
            changes[f"{name}_id"] = field.data.id if field.data is not None else None
        elif name == "authors":
            changes["authors"] = [author.id for author in field.data or []]
        elif name in snapshots.FIELDS[type(subject) if subject is not None else form.subject_model]:
            changes[name] = field.data
    if subject is not None and changes.get("slug") == snapshots.snapshot(subject)["slug"]:
        del changes["slug"]
    return changes
