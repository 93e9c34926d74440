"""The media library in the admin: pictures and files, what they are called, and where they are shown."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.helpers import get_form_data
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import FileStorage
from wtforms import Form, MultipleFileField, StringField, TextAreaField, ValidationError

from cms.admin import filters, times
from cms.admin.base import CmsModelView, as_choices
from cms.admin.consequences import Consequence, page_of, told
from cms.admin.converting import CmsForm
from cms.admin.door import is_for_a_script
from cms.admin.fields import AtMost, no_nul
from cms.admin.lookups import PICTURES
from cms.admin.paths import Path, Some, Source
from cms.admin.trashing import Trashing
from cms.db import db
from cms.errors import CmsError
from cms.language import Lazy, gettext, lazy, marked_plural, ngettext, number
from cms.models import Media, Page, Post, User
from cms.services import auditing, media, site, thumbnails
from cms.services.media import Prepared
from cms.transactions import start_writing, starts_reading

THUMBNAIL_PIXELS = 64
MOST_FILES = 50
MOST_PLACES = 10  # of a picture, told by name; and so many of several are looked for in all texts
MOST_OWN = 5000  # whoever sees their own uploads alone has the newest of them in the list


def _accepted() -> str:
    return gettext("Pictures and files: %(kinds)s.", kinds=", ".join(media.ACCEPTED))


class UploadForm(CmsForm):
    """One or several files at once."""

    files = MultipleFileField(lazy("Files"), description=Lazy(_accepted))
    alt = StringField(
        lazy("Alternative text"),
        [AtMost(500), no_nul],
        description=lazy("What the picture shows, for those who do not see it. Several files: one by one afterwards."),
    )
    caption = TextAreaField(lazy("Caption"), [AtMost(1000), no_nul])

    def validate_files(self, field: MultipleFileField) -> None:
        if not self.chosen:
            raise ValidationError(gettext("Choose a file."))
        if len(self.chosen) > MOST_FILES:
            raise ValidationError(
                gettext(
                    "At most %(most)s files at a time; these are %(these)s.", most=MOST_FILES, these=len(self.chosen)
                )
            )

    def validate_alt(self, field: StringField) -> None:
        if field.data and len(self.chosen) > 1:
            raise ValidationError(
                gettext("This would stand under each of the files. Describe them one by one afterwards.")
            )

    @property
    def chosen(self) -> list[FileStorage]:
        return [file for file in self.files.data or [] if isinstance(file, FileStorage) and file.filename]


def name_column(view: Any, context: Any, item: Media, name: str) -> Any:
    return Markup("{} {}").format(thumbnail(item), item.filename) if item.is_picture else item.filename


def thumbnail(item: Media) -> Markup:
    """A small picture, its sides in proportion."""
    scale = THUMBNAIL_PIXELS / max(item.width or 1, item.height or 1, THUMBNAIL_PIXELS)
    width, height = max(1, round((item.width or 1) * scale)), max(1, round((item.height or 1) * scale))
    return Markup('<img class="thumbnail" src="{}" alt="" width="{}" height="{}" loading="lazy">').format(
        thumbnails.url_of(item), width, height
    )


def size_column(view: Any, context: Any, item: Media, name: str) -> str:
    pixels = f"{item.width} × {item.height}, " if item.is_picture else ""
    return pixels + readable_size(item.size_bytes)


def readable_size(size_bytes: int) -> str:
    if size_bytes < 1_000_000:
        return f"{number(max(1, round(size_bytes / 1024)))} kB"
    return f"{size_bytes / 1_048_576:,.1f} MB"


def uploader_column(view: Any, context: Any, item: Media, name: str) -> str:
    return str(item.uploaded_by) if item.uploaded_by is not None else ""


def time_column(view: Any, context: Any, item: Media, name: str) -> Any:
    return times.shown(item.created_at)


def logo_among(rows: Sequence[Media]) -> list[Consequence]:
    """What readers lose when one of them is the logo of the site."""
    if site.here().settings.logo not in [row.id for row in rows]:
        return []
    return [Consequence(gettext("The site has it as its logo; its title will stand there."), "/admin/setting/")]


def of_kind(kind: str) -> ColumnElement[bool]:
    return Media.width.is_not(None) if kind == "picture" else Media.width.is_(None)


def in_state(state: str) -> ColumnElement[bool]:
    return Media.deleted_at.is_not(None) if state == "trashed" else Media.deleted_at.is_(None)


def path_of_state(state: str) -> Path:
    return Path(Media.id, Media.deleted_at if state == "trashed" else Media.created_at, (in_state(state),))


class MediaView(Trashing, CmsModelView):
    """Pictures and files: their own for those who may upload, all for those who may edit any."""

    model = Media
    title = lazy("Media")
    address = "media"
    singular = lazy("file")
    help = lazy("Pictures and files for posts and pages. The same file sent twice is kept once.")
    empty = lazy("Nothing here yet. Upload a picture to show it in a post.")

    needs = "media.upload"

    column_list = ["filename", "size", "alt", "uploaded_by", "created_at"]
    column_labels = {
        "filename": lazy("File"),
        "size": lazy("Size"),
        "alt": lazy("Alternative text"),
        "uploaded_by": lazy("Uploaded by"),
        "created_at": lazy("Uploaded"),
    }
    column_formatters = {
        "filename": name_column,
        "size": size_column,
        "uploaded_by": uploader_column,
        "created_at": time_column,
    }
    column_editable_list = ["alt"]
    column_sortable_list = ["filename", "created_at"]
    column_default_sort = ("created_at", True)
    column_searchable_list = ["filename", "alt", "caption", "credit"]
    column_export_list = ["filename", "content_type", "size_bytes", "width", "height", "alt", "caption", "credit"]
    column_filters = [
        filters.Choice("kind", lazy("Kind"), [("picture", lazy("Pictures")), ("file", lazy("Files"))], of_kind),
        filters.Choice(
            "status",
            lazy("State"),
            [("kept", lazy("In the library")), ("trashed", lazy("In the trash"))],
            in_state,
            path_of_state,
        ),
        *filters.days("", lazy("Uploaded"), Media.created_at),
    ]
    column_descriptions = {
        "alt": lazy("What the picture shows, for those who do not see it."),
        "credit": lazy("Whose work it is."),
    }
    form_columns = ["alt", "caption", "credit"]
    form_overrides = {"caption": TextAreaField}
    form_args = {"caption": {"validators": [no_nul, AtMost(1000)]}}
    create_template = "admin/media/upload.html"
    edit_template = "admin/media/edit.html"
    list_options = [joinedload(Media.uploaded_by)]

    @property
    def create_words(self) -> str:
        return gettext("Upload")

    def visible(self, query: Select[Any]) -> Select[Any]:
        person: User = self.person
        return query if person.may("media.edit.any") else query.where(Media.uploaded_by_id == person.id)

    def limits(self) -> Sequence[Source]:
        if self.person.may("media.edit.any"):
            return ()
        return [Some(Path(Media.id, where=(Media.uploaded_by_id == self.person.id,)).ids, most=MOST_OWN)]

    def may_edit(self, row: Media) -> bool:
        return self.person.can_edit_media(row)

    may_delete = may_edit

    @starts_reading
    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> ResponseReturnValue:
        """Takes in files. Pictures are decoded before the write lock is asked for: that takes its time."""
        if not self.can_create:
            abort(403)
        form = UploadForm(get_form_data())
        if request.method == "POST" and form.validate():
            kept = self._take_in(form)
            if kept and is_for_a_script():
                return as_choices([PICTURES.choice(row) for row in PICTURES.get_many([row.id for row in kept])])
            if len(kept) == 1 and self.get_one(kept[0].id) is not None:  # somebody else may have sent the same before
                return redirect(self.get_url(".edit_view", id=kept[0].id))
            if kept:
                return redirect(self.get_url(".index_view"))
        return self._form_page(self.create_template, form, None, None)

    def _take_in(self, form: UploadForm) -> list[Media]:
        """What could be kept; the others are named, each with its reason."""
        refused: list[str] = []
        with ExitStack() as open_files:
            found: list[Prepared] = []
            for file in form.chosen:
                try:
                    found.append(open_files.enter_context(media.prepared(file.stream, file.filename or "")))
                except CmsError as error:
                    refused.append(f"{file.filename}: {error}")
            start_writing()
            alt, caption = form.alt.data or "", form.caption.data or ""
            kept = self.attempt(lambda: [self._keep(item, alt, caption) for item in found], form) or []
        if kept:
            if not is_for_a_script():
                flash(
                    ngettext("%(num)s file is in the library.", "%(num)s files are in the library.", len(kept)),
                    "success",
                )
            for reason in refused:
                flash(reason, "error")
        elif refused:
            form.files.errors = [*form.files.errors, *refused]
        return kept

    def _keep(self, item: Prepared, alt: str, caption: str) -> Media:
        return media.keep(item, by=self.person, alt=alt, caption=caption)

    def change(self, form: Form, row: Media) -> None:
        self._describe(row, form.alt.data or "", form.caption.data or "", form.credit.data or "")

    def change_cell(self, form: Form, row: Media, name: str) -> None:
        self._describe(row, form.alt.data or "", row.caption, row.credit)

    def _describe(self, row: Media, alt: str, caption: str, credit: str) -> None:
        before = self.facts(row)
        media.describe(row, alt=alt, caption=caption, credit=credit)
        db.session.flush()
        before, after = auditing.changed(before, self.facts(row))
        if after:
            self.record("edited", row, before=before, after=after)

    def remove(self, row: Media) -> None:
        media.trash(row, by=self.person)

    def put_back(self, row: Media) -> None:
        media.restore(row, by=self.person)

    def goes_with(self, rows: Sequence[Media]) -> list[Consequence]:
        """Where they are shown: of one picture each place by name, of several how many."""
        logo = logo_among(rows)
        if len(rows) == 1:
            places = media.used_in(rows[0], most=MOST_PLACES)
            return logo + [
                Consequence(gettext("“%(name)s” goes on showing it.", name=place), page_of(place)) for place in places
            ]
        covers = select(Post.id).where(Post.cover_id.in_([row.id for row in rows]))
        return logo + told(
            (
                covers,
                marked_plural(
                    "%(num)s post goes on showing one as its cover.",
                    "%(num)s posts go on showing one as their cover.",
                ),
                None,
                None,
            ),
            (
                media.naming(Post, rows[:MOST_PLACES]),
                marked_plural(
                    "%(num)s post goes on showing one in its text.",
                    "%(num)s posts go on showing one in their text.",
                ),
                None,
                None,
            ),
            (
                media.naming(Page, rows[:MOST_PLACES]),
                marked_plural(
                    "%(num)s page goes on showing one in its text.",
                    "%(num)s pages go on showing one in their text.",
                ),
                None,
                None,
            ),
        )

    def _form_page(self, template: str, form: Any, row: Any, rules: Any) -> ResponseReturnValue:
        if row is not None:
            row.uses = [(str(place), page_of(place)) for place in media.used_in(row)]
            row.thumbnail, row.address, row.readable_size = (
                thumbnail(row),
                media.url_of(row),
                size_column(self, {}, row, ""),
            )
        return super()._form_page(template, form, row, rules)
