"""What the tables of posts and pages share: drafts, buttons, conflicts and bulk acts, all through the services."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import abort, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import defer
from wtforms import Form

from cms import clock
from cms.admin import badges, comparing, failures, filters, previewing, times, words, writing_form
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, Question, leading_to, told
from cms.admin.lookups import PICTURES
from cms.admin.paths import Path, index_of
from cms.admin.trashing import Trashing
from cms.errors import CmsError
from cms.language import gettext, lazy, lazy_pgettext, marked_plural, ngettext
from cms.models import Page, Post, Revision, Status
from cms.services import addresses, publishing, revising, snapshots
from cms.transactions import starts_reading

STATES = ("draft", "scheduled", "published", "expired", "withdrawn", "trashed")
COMPARED = (
    *("title", "slug", "body", "excerpt", "tags", "series", "language", "meta_title", "meta_description"),
    *("is_featured", "comments_open", "menu_position"),
)


def in_state(model: type[Post] | type[Page], state: str) -> Any:
    """The condition for one of ``Publishable.state``, in SQL."""
    now = clock.now()
    if state == "trashed":
        return model.deleted_at.is_not(None)
    kept = model.deleted_at.is_(None)
    if state in ("draft", "withdrawn"):
        return kept & (model.status == Status(state))
    shown = kept & (model.status == Status.PUBLISHED)
    if state == "scheduled":
        return shown & (model.published_at > now)
    if state == "expired":
        return shown & (model.published_at <= now) & (model.unpublish_at <= now)
    return shown & model.visible()


def path_of_state(model: type[Post] | type[Page], state: str) -> Path | None:
    """The same by an index: what comes or goes by the clock in the order of its time, else what was changed last."""
    condition = in_state(model, state)
    if state == "trashed":
        return Path(model.id, model.deleted_at, (condition,), index=index_of(model.deleted_at))
    if model is Page:
        return None  # not worth an index: pages are few
    if state == "scheduled":
        coming = model.listed_at > clock.now()
        return Path(model.id, model.listed_at, (coming, condition), index=index_of(model.listed_at))
    time = model.unpublish_at if state == "expired" else model.edited_at
    return Path(model.id, time, (condition,), index=index_of(time, "status", "deleted_at"))


def state_filter(model: type[Post] | type[Page]) -> filters.Choice:
    choices = [(state, lazy("In the trash") if state == "trashed" else lazy(state.capitalize())) for state in STATES]
    return filters.Choice(
        "state",
        lazy("State"),
        choices,
        lambda state: in_state(model, state),
        lambda state: path_of_state(model, state),
        counted=True,
    )


def changes_filter(model: type[Post] | type[Page]) -> filters.Choice:
    return filters.Choice(
        "changes",
        lazy("Changes"),
        [("waiting", lazy("Waiting to be published"))],
        lambda _: model.live_version.is_not(None) & (model.live_version != model.version),
    )


def state_column(view: Any, context: Any, row: Post | Page, name: str) -> Any:
    waits = Markup(' <span class="badge badge-info">{}</span>').format(gettext("Changes waiting"))
    return badges.badge(row.state) + (waits if row.has_draft else "")


def time_column(view: Any, context: Any, row: Any, name: str) -> Any:
    return times.shown(getattr(row, name))


class WritingView(Trashing, CmsModelView):
    """A table of texts that go from draft to published."""

    trash_filter = "state"
    preview_template = ""
    typed_template = ""  # of what stands in the form
    column_sortable_list = ["title", "published_at", "edited_at"]
    column_default_sort = ("edited_at", True)
    column_more: Sequence[str] = ["created_at"]
    column_formatters = {
        "state": state_column,
        "published_at": time_column,
        "edited_at": time_column,
        "created_at": time_column,
    }
    column_labels = {
        "state": lazy("State"),
        "published_at": lazy_pgettext("time", "Published"),
        "edited_at": lazy_pgettext("time", "Changed"),
        "created_at": lazy("Begun"),
    }

    @property
    def list_options(self) -> Sequence[Any]:
        return [defer(self.model.body), defer(self.model.body_html)]

    # Forms show the newest text, not the one that readers see.
    def edit_form(self, obj: Any = None) -> Form:
        return super().edit_form(obj=self.shown(obj))

    def shown(self, row: Any) -> Any:
        """``row`` as its form shows it."""
        return writing_form.shown(row)

    def make(self, form: Form) -> Any:
        row = revising.create(self.model, writing_form.typed(form, None), by=self.person)
        self.record("created", row, after={"title": row.title, "slug": row.slug})
        self.press(row)
        return row

    def change(self, form: Form, row: Any) -> None:
        before = snapshots.snapshot(row)
        revising.save(row, writing_form.typed(form, row), by=self.person, seen_version=form.version.data or 0)
        self.remember(row, before)
        self.press(row)

    def change_cell(self, form: Form, row: Any, name: str) -> None:
        """Readers see it at once, and a newer draft has it too."""
        was, value = getattr(row, name), form[name].data
        revising.change_live(row, {name: value}, by=self.person)
        self.record("edited", row, before={name: was}, after={name: value, "version": row.version})

    def remember(self, row: Any, before: dict[str, Any]) -> None:
        """Write into the audit log which fields changed; the texts themselves are in the revisions."""
        after = snapshots.snapshot(row)
        names = [name for name in after if after[name] != before.get(name)]
        if names:
            kept = [name for name in names if name != "body"]
            self.record(
                "edited",
                row,
                before={name: before.get(name) for name in kept} | {"fields": []},
                after={name: after[name] for name in kept} | {"fields": names, "version": row.version},
            )

    def press(self, row: Any) -> None:
        """Do what the button says: the text is saved either way."""
        button = request.form.get("act", "save")
        if button == "publish":
            publishing.publish(row, by=self.person)
        elif button == "withdraw":
            publishing.withdraw(row, by=self.person)

    def remove(self, row: Any) -> None:
        publishing.trash(row, by=self.person)

    def goes_with(self, rows: Sequence[Any]) -> list[Consequence]:
        """What readers lose, and the versions, which stay with it in the trash."""
        ids, one = [row.id for row in rows], len(rows) == 1
        public = sum(row.is_public for row in rows)
        found = []
        if public:
            words = gettext("Readers are told that it is gone.")
            if not one:
                words = ngettext(
                    "Readers of the %(num)s that are public are told that they are gone.",
                    "Readers of the %(num)s that are public are told that they are gone.",
                    public,
                )
            found.append(Consequence(words, asks=False))
        found += told(*self.goes_with_all(ids, rows[0] if one else None), leading_to(rows))
        column = Revision.post_id if self.model is Post else Revision.page_id
        kept = told(
            (
                select(Revision.id).where(column.in_(ids)),
                marked_plural("%(num)s version is kept with it.", "%(num)s versions are kept with it.")
                if one
                else marked_plural("%(num)s version is kept with them.", "%(num)s versions are kept with them."),
                None,
                None,
            )
        )
        return found + [replace(each, asks=False) for each in kept]

    def goes_with_all(self, ids: Sequence[int], one: Any) -> list[Question]:
        """What else goes with the rows of these ids, which are that of ``one`` where there is one."""
        return []

    def notes_of(self, row: Any) -> list[Consequence]:
        """What its form tells before a button is pressed."""
        return []

    def put_back(self, row: Any) -> None:
        publishing.restore(row, by=self.person)

    def conflict(self, form: Form | None, row: Any) -> None:
        """Put their text beside the form, which keeps yours and may now be saved knowingly."""
        if row is None or form is None or "version" not in form:
            super().conflict(form, row)
            return
        theirs = snapshots.snapshot(row)
        form.version.data = row.version
        mine = writing_form.typed(form, row)
        self._template_args["theirs"] = [
            (form._fields[name].label.text, comparing.words(theirs[name]))
            for name in COMPARED
            if name in form._fields and name in mine and _lines(mine[name]) != _lines(theirs[name])
        ]
        failures.tell(failures.STALE, form)

    def follows_title(self, row: Any, form: Form) -> bool:
        """Whether the address goes on changing with the title: no reader has seen it, and nobody chose another."""
        return (row is None or not row.was_public) and writing_form.is_made_of_title(form)

    @property
    def public_prefix(self) -> str:
        """What stands before the slug in the public address."""
        return current_app.config["SITE_URL"] + addresses.PREFIX[self.model]

    @property
    def picture_upload(self) -> str | None:
        """Where this person sends a picture for the text; None where that is not theirs to do."""
        return PICTURES.making_address

    # What the buttons say
    def may_publish(self, row: Any) -> bool:
        """Whether this person may publish ``row``, or a new one."""
        raise NotImplementedError

    def publish_words(self, row: Any) -> str:
        if row is not None and row.state in ("published", "scheduled"):
            return gettext("Publish changes") if row.state == "published" else gettext("Schedule")
        return gettext("Publish")

    def created_message(self, row: Any) -> str:
        return self.saved_message(row)

    def saved_message(self, row: Any) -> str:
        if row.state == "scheduled":
            return gettext("“%(name)s” is scheduled for %(time)s.", name=row, time=times.exact(row.published_at))
        if row.has_draft:
            return gettext("Your changes are saved. Readers see them once you publish.")
        return gettext("“%(name)s” is saved. It is %(state)s.", name=row, state=words.plain(row.state))

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        return self.get_url(".edit_view", id=model.id)

    @expose("/preview/<int:number>")
    def preview(self, number: int) -> ResponseReturnValue:
        """The newest text as a reader would see it."""
        row = self.one_or_404(number)
        edit_url = self.get_url(".edit_view", id=row.id) if self.can_edit and self.may_edit(row) else None
        return previewing.answer(self.preview_template, row, edit_url=edit_url, list_url=self.get_url(".index_view"))

    @starts_reading
    @expose("/preview/", methods=("POST",))
    def preview_typed(self) -> ResponseReturnValue:
        """What stands in the form, of the row ``id`` or of a new one, as a reader would see it. Nothing is saved."""
        row = self.one_or_404(request.args["id"]) if "id" in request.args else None
        if not (self.can_create if row is None else self.can_edit and self.may_edit(row)):
            abort(403)
        form = self.create_form() if row is None else self.edit_form(obj=row)
        try:
            text = writing_form.as_typed(form, self.model() if row is None else row, by=self.person)
        except CmsError as error:
            return {"error": str(error)}, 422
        return previewing.answer_typed(self.typed_template, self.model, text if row is not None else self.signed(text))

    def signed(self, text: dict[str, Any]) -> dict[str, Any]:
        """``text``, a new one, with the byline that it will have."""
        return text

    def _form_page(self, template: str, form: Any, row: Any, rules: Any) -> ResponseReturnValue:
        g.previews_typed = True
        return super()._form_page(template, form, row, rules)

    # Bulk acts
    @action("publish", lazy("Publish"))
    def publish_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.publish(row, by=self.person), gettext("published"))

    @action("withdraw", lazy("Withdraw"))
    def withdraw_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.withdraw(row, by=self.person), gettext("withdrawn"))

    @action("trash", lazy("Trash"))
    def trash_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.trash(row, by=self.person), gettext("put into the trash"))

    action_disallowed_list = ["delete"]


def _lines(value: Any) -> Any:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value or ""
