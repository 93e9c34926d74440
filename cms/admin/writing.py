"""What the tables of posts and pages share: drafts, buttons, conflicts and bulk acts, all through the services."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import defer
from wtforms import Form

from cms import clock
from cms.admin import badges, failures, filters, previewing, times, writing_form
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, Question, leading_to, told
from cms.admin.paths import Path, index_of
from cms.models import Page, Post, Revision, Status
from cms.services import addresses, publishing, revising, snapshots

STATES = ("draft", "scheduled", "published", "expired", "withdrawn", "trashed")
COMPARED = ("title", "slug", "body", "excerpt", "tags", "meta_title", "meta_description")


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
    choices = [(state, "In the trash" if state == "trashed" else state.capitalize()) for state in STATES]
    return filters.Choice(
        "state",
        "State",
        choices,
        lambda state: in_state(model, state),
        lambda state: path_of_state(model, state),
        counted=True,
    )


def changes_filter(model: type[Post] | type[Page]) -> filters.Choice:
    return filters.Choice(
        "changes",
        "Changes",
        [("waiting", "Waiting to be published")],
        lambda _: model.live_version.is_not(None) & (model.live_version != model.version),
    )


def state_column(view: Any, context: Any, row: Post | Page, name: str) -> Any:
    waits = Markup(' <span class="badge badge-info">Changes waiting</span>') if row.has_draft else ""
    return badges.badge(row.state) + waits


def time_column(view: Any, context: Any, row: Any, name: str) -> Any:
    return times.shown(getattr(row, name))


class WritingView(CmsModelView):
    """A table of texts that go from draft to published."""

    trashes = True
    preview_template = ""
    column_sortable_list = ["title", "published_at", "edited_at"]
    column_default_sort = ("edited_at", True)
    column_more: Sequence[str] = ["created_at"]
    column_formatters = {
        "state": state_column,
        "published_at": time_column,
        "edited_at": time_column,
        "created_at": time_column,
    }
    column_labels = {"state": "State", "published_at": "Published", "edited_at": "Changed", "created_at": "Begun"}

    @property
    def list_options(self) -> Sequence[Any]:
        return [defer(self.model.body), defer(self.model.body_html)]

    def listed(self, query: Any) -> Any:
        return query if request.args.get("state") == "trashed" else query.where(self.model.deleted_at.is_(None))

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
        ids, what = [row.id for row in rows], "it" if len(rows) == 1 else "them"
        public = sum(row.is_public for row in rows)
        found = []
        if public:
            many = f"Readers of the {public:,} that are public are told that they are gone."
            one = "Readers are told that it is gone."
            found.append(Consequence(one if len(rows) == 1 else many, asks=False))
        found += told(*self.goes_with_all(ids, rows[0] if len(rows) == 1 else None), leading_to(rows))
        column = Revision.post_id if self.model is Post else Revision.page_id
        kept = told(
            (
                select(Revision.id).where(column.in_(ids)),
                f"version is kept with {what}.",
                f"versions are kept with {what}.",
                None,
                None,
            )
        )
        return found + [replace(one, asks=False) for one in kept]

    def goes_with_all(self, ids: Sequence[int], one: Any) -> list[Question]:
        """What else goes with the rows of these ids, which are that of ``one`` where there is one."""
        return []

    def put_back(self, row: Any) -> None:
        publishing.restore(row, by=self.person)

    def conflict(self, form: Form | None, row: Any) -> None:
        """Put their text beside the form, which keeps yours and may now be saved knowingly."""
        if row is None or form is None:
            super().conflict(form, row)
            return
        theirs = snapshots.snapshot(row)
        form.version.data = row.version
        mine = writing_form.typed(form, row)
        self._template_args["theirs"] = [
            (form._fields[name].label.text, ", ".join(theirs[name]) if name == "tags" else theirs[name])
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

    # What the buttons say
    def may_publish(self, row: Any) -> bool:
        """Whether this person may publish ``row``, or a new one."""
        raise NotImplementedError

    def publish_words(self, row: Any) -> str:
        if row is not None and row.state in ("published", "scheduled"):
            return "Publish changes" if row.state == "published" else "Schedule"
        return "Publish"

    def created_message(self, row: Any) -> str:
        return self.saved_message(row)

    def saved_message(self, row: Any) -> str:
        if row.state == "scheduled":
            return f"“{row}” is scheduled for {times.exact(row.published_at)}."
        if row.has_draft:
            return "Your changes are saved. Readers see them once you publish."
        return f"“{row}” is saved. It is {row.state}."

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        return self.get_url(".edit_view", id=model.id)

    @expose("/preview/<int:number>")
    def preview(self, number: int) -> ResponseReturnValue:
        """The newest text as a reader would see it."""
        row = self.one_or_404(number)
        edit_url = self.get_url(".edit_view", id=row.id) if self.can_edit and self.may_edit(row) else None
        return previewing.answer(self.preview_template, row, edit_url=edit_url, list_url=self.get_url(".index_view"))

    # Bulk acts
    @action("publish", "Publish")
    def publish_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.publish(row, by=self.person), "published")

    @action("withdraw", "Withdraw")
    def withdraw_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.withdraw(row, by=self.person), "withdrawn")

    @action("trash", "Trash")
    def trash_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.trash(row, by=self.person), "put into the trash")

    @action("restore", "Restore")
    def restore_selected(self, ids: Sequence[Any]) -> None:
        self.each(ids, lambda row: publishing.restore(row, by=self.person), "taken out of the trash")

    action_disallowed_list = ["delete"]

    def get_actions_list(self) -> tuple[list[Any], dict[Any, Any]]:
        """In the trash one can restore; elsewhere everything else."""
        actions, questions = super().get_actions_list()
        trash = request.args.get("state") == "trashed"
        return [(name, words) for name, words in actions if (name == "restore") == trash], questions


def _lines(value: Any) -> Any:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value or ""
