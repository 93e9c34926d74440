"""Acts on many rows: on those ticked at once, on everything that a list's search and filters leave by a job."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, flash, g, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from sqlalchemy import Select, func, select

from cms.admin import paths
from cms.admin.consequences import Consequence, Instead
from cms.admin.ids import record_ids
from cms.admin.lookup import VIEWS
from cms.admin.outcomes import done_words, tell_done, tell_left
from cms.admin.rows import MOST_SELECTED
from cms.db import db
from cms.errors import CmsError
from cms.language import ENGLISH, code, gettext, lazy, ngettext
from cms.models import Job, User
from cms.services import batches, jobs, undoing
from cms.services.batches import Outcome, Progress
from cms.services.jobs import Task
from cms.services.undoing import Acts

UNSEEN = lazy("not there any more, or not yours.")
LOST_RIGHT = lazy("You may not do this any more.")
REMOVING = frozenset({"delete", "trash"})
OF_THE_FORM = frozenset({"csrf_token", "rowid", "action", "url", "everything", "confirmed"})


@dataclass(frozen=True)
class Running:
    """The job within which a view is asked. ``known`` is what the view knew when it began."""

    progress: Progress
    known: list[int] | None


def running() -> Running | None:
    """None in an ordinary request."""
    return g.get("cms_bulk")


class Bulk:
    """The part of ``CmsModelView`` that acts on many rows. An act calls ``each``, which a job may call again."""

    trashes: bool
    asking: Collection[str] = REMOVING  # acts before which is told what they do beside themselves

    def goes_with(self, rows: Sequence[Any]) -> list[Consequence]:
        """What is lost or stays behind when ``rows`` go: told by the page that asks first."""
        return []

    def stays(self, rows: Sequence[Any]) -> list[Consequence]:
        """What one might think goes with ``rows``, and does not."""
        return []

    def instead_of_deleting(self, rows: Sequence[Any]) -> Instead | None:
        """What whoever is about to delete ``rows`` may want to do in its stead."""
        return None

    def told_before(self, name: str, rows: Sequence[Any]) -> list[Consequence]:
        """What the act of this name, one of ``asking``, does to ``rows`` beside itself."""
        return self.goes_with(rows)

    def known(self, search: str) -> list[int] | None:
        """Rows that the search finds by what acts change, such as their order: looked up once, as the job begins."""
        return None

    @property
    def acts_over_all(self) -> bool:
        """Whether acts are offered over everything that matches: by a job, along the numbers of the rows."""
        return self._key.type.python_type is int

    def get_actions_list(self) -> tuple[list[Any], dict[Any, Any]]:
        actions, questions = super().get_actions_list()
        return [
            (name, gettext("Trash") if name == "delete" and self.trashes else words) for name, words in actions
        ], questions

    # What matches
    def matching(self) -> Select[Any]:
        """The visible rows that search and filters of the address leave, all of them."""
        asked = self._narrowing(request.args)
        chosen = [(place, one.label, asked[one.name]) for place, one in enumerate(self._filters) if one.name in asked]
        return self.narrowed(asked.get("search"), chosen)

    def narrowed_words(self) -> list[str]:
        """The same in words, one for each of them."""
        asked = self._narrowing(request.args)
        words = [
            gettext("%(what)s: %(value)s", what=one.label, value=one.shown(asked[one.name]))
            for one in self._filters
            if one.name in asked
        ]
        return words + ([gettext("Search: “%(text)s”", text=asked["search"])] if "search" in asked else [])

    # Acts
    @expose("/action/", methods=("POST",))
    def action_view(self) -> ResponseReturnValue:
        """A bulk act on the rows selected, or on all that match; one that takes something along asks first."""
        name, ids = request.form.get("action", ""), request.form.getlist("rowid")
        handler, title, question = self._actions_data.get(name, (None, "", None))
        if handler is None or not self.is_action_allowed(name):
            abort(403)
        title = gettext("Trash") if name == "delete" and self.trashes else str(title)
        if request.form.get("everything") == "yes" and self.acts_over_all:
            return self._act_on_all(name, title)
        if not record_ids(ids):
            flash(gettext("Select something first."), "error")
        elif request.form.get("confirmed") != "yes" and (page := self._asked_first(name, title, question, ids)):
            return page
        else:
            response = handler(ids)
            if response is not None:
                return response
        return redirect(self._return_url())

    def _asked_first(self, name: str, title: str, question: str | None, ids: Sequence[Any]) -> str | None:
        if not question and name not in self.asking:
            return None
        rows = self.selected(ids)
        goes = self.told_before(name, rows) if name in self.asking and rows else []
        if not question and not any(one.asks for one in goes):
            return None
        if name in REMOVING and self.trashes:
            question = ngettext("Put this into the trash?", "Put these %(num)s into the trash?", len(rows))
        return self._confirm_page(str(question or title), name, title, rows, rows=rows, goes_with=goes)

    def _confirm_page(
        self, question: str, name: str, title: str, concerned: Sequence[Any], *, looked_at: int = 0, **arguments: Any
    ) -> str:
        """``looked_at`` is how many of them were, where that is not all."""
        kept = {
            key: value
            for key, value in request.form.items()
            if key not in ("csrf_token", "rowid", "confirmed", "action")
        }
        return self.render(
            "admin/model/confirm.html",
            action=name,
            question=question,
            title=title,
            final=self.final_words(concerned, and_more=looked_at > 0) if name in REMOVING else "",
            stays=self.stays(concerned) if name in REMOVING else [],
            instead=self.instead_of_deleting(concerned) if name in REMOVING else None,
            looked_at=looked_at,
            undoable=name not in REMOVING or self.deletes_undoably,
            kept=kept,
            return_url=self._return_url(),
            **arguments,
        )

    def _act_on_all(self, name: str, title: str) -> ResponseReturnValue:
        query = self.matching()
        count = paths.count(query, self._key, paths.MOST_COUNTED)
        if count == 0:
            flash(gettext("Nothing matches any more."), "error")
            return redirect(self._return_url())
        if request.form.get("confirmed") != "yes":
            told = paths.told(count, paths.MOST_COUNTED)
            goes, rows = [], []
            if name in self.asking:
                some = query.options(*self.list_options).order_by(self._key).limit(MOST_SELECTED)
                rows = list(db.session.scalars(some).unique())
                goes = self.told_before(name, rows)
            noun = self.name.lower()
            verb = f"{title}:" if " " in title else title  # Trash all 12; Add tags: all 12
            all_of_them = gettext("%(verb)s all %(number)s", verb=verb, number=told)
            return self._confirm_page(
                gettext("%(verb)s all %(number)s %(nouns)s that match?", verb=verb, number=told, nouns=noun)
                if count > 1
                else gettext("%(verb)s the one that matches?", verb=verb),
                name,
                all_of_them if count > 1 else title,
                rows,
                rows=[],
                goes_with=goes,
                narrowed=self.narrowed_words(),
                looked_at=len(rows) if len(rows) < count else 0,
            )
        job = self._begin(name, title, count)
        db.session.commit()
        return redirect(self.get_url("admin_job.job_view", number=job.id))

    def _begin(self, name: str, title: str, count: int) -> Job:
        asked, person = self._narrowing(request.args), self.person
        job = jobs.enqueue(
            "bulk",
            {
                "by": person.id,
                "list": self.address,
                "action": name,
                "title": gettext("%(what)s: %(value)s", what=title, value=self.name.lower()),
                "language": code(),
                "narrowed": self.narrowed_words(),
                "asked": asked,
                "form": {key: value for key, value in request.form.items() if key not in OF_THE_FORM},
                # What is made from now on was not meant.
                "upto": db.session.scalar(select(func.max(self._key))) or 0,
                "known": self.known(asked["search"]) if "search" in asked else None,
                "entries_after": undoing.newest_entry(),
            },
        )
        job.total_count = count if count <= paths.MOST_COUNTED else None  # else the job counts
        db.session.flush()
        return job

    def each(self, ids: Sequence[Any], act: Callable[[Any], object], done: str) -> None:
        """Do ``act`` to each selected row that this person may see; say how many were ``done``, and why others not."""
        job = running()
        if job is not None:
            job.progress.words = done
            self._attempt_each(ids, act, job.progress, alone=True)
            return
        outcome = Outcome()

        def all_of_them() -> bool:
            outcome.done = 0
            outcome.left.clear()
            self._attempt_each(ids, act, outcome, alone=False)
            return True

        if self.attempt(all_of_them) is None:
            return
        if outcome.done:
            tell_done(done_words(outcome.done, done), self.person)
        tell_left(outcome)

    def _attempt_each(self, ids: Sequence[Any], act: Callable[[Any], object], outcome: Outcome, *, alone: bool) -> None:
        rows = self.selected(ids)
        for row in rows:
            outcome.attempt(row.id, str(row), lambda row=row: act(row), alone=alone)
        if unseen := len(record_ids(ids)) - len(rows):
            outcome.leave(str(UNSEEN), count=unseen)

    @action("delete", lazy("Delete"), lazy("Delete these?"))
    def action_delete(self, ids: Sequence[Any]) -> None:
        def delete(row: Any) -> None:
            if not self.may_delete(row):
                raise CmsError(gettext("You may not delete this."))
            self.remove(row)

        self.each(ids, delete, gettext("put into the trash") if self.trashes else gettext("deleted"))


# The jobs
@contextmanager
def acting(task: Task) -> Iterator[User | None]:
    """Be in a request of whoever began the job, with their filters and form, as views want it; anew for each chunk.

    None is given where the account is gone. What the person may do now is asked, not what they could do then.
    """
    asked, form, path = task.payload.get("asked"), task.payload.get("form"), f"/admin/{task.payload['list']}/action/"
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    entries: dict[str, Any] = {
        "cms.request": {"id": f"job-{task.id}"}
    }  # by which the entries of the audit log are found again
    entries["HTTP_ACCEPT_LANGUAGE"] = task.payload.get("language", ENGLISH)  # for those who chose none
    with app.app_context():
        requested = app.test_request_context(
            path, method="POST", query_string=asked, data=form, environ_overrides=entries
        )
        with requested:
            user = db.session.get(User, task.payload["by"])
            if user is not None:
                session["_user_id"] = user.fs_uniquifier
            db.session.rollback()  # a chunk takes the write lock with its first statement
            yield user


@jobs.handles("bulk")
def do_bulk(task: Task) -> None:
    """The act on all that match, a chunk at a time along the numbers of the rows."""

    def step() -> bool:
        with acting(task):
            return batches.step(task, _act_on_some)

    batches.run(step)


def _act_on_some(job: Job, progress: Progress) -> bool:
    view = view_at(job.payload["list"])
    name = job.payload["action"]
    if view is None or name not in view._actions_data:
        progress.stopped = gettext("This release does not know the act any more.")
        return False
    if not (view.is_accessible() and view.is_action_allowed(name)):
        progress.stopped = str(LOST_RIGHT)
        return False
    g.cms_bulk = Running(progress, job.payload.get("known"))
    key = view._key
    left = view.matching().where(key > progress.at, key <= job.payload["upto"])
    left = left.with_only_columns(key, maintain_column_froms=True).order_by(None)
    if job.total_count is None:
        job.total_count = db.session.scalar(select(func.count()).select_from(left.subquery())) or 0
    ids = list(db.session.scalars(left.order_by(key).limit(batches.CHUNK)))
    if ids:
        view._actions_data[name][0](ids)
        progress.at = ids[-1]
        job.done_count += len(ids)
    return len(ids) == batches.CHUNK


@jobs.handles("undo")
def do_undo(task: Task) -> None:
    """Undoing what a job did, a chunk of its entries at a time."""

    def step() -> bool:
        with acting(task) as user:
            return batches.step(task, lambda job, progress: _undo_some(job, progress, user))

    batches.run(step)


def _undo_some(job: Job, progress: Progress, user: User | None) -> bool:
    if user is None or not user.may("admin.enter"):
        progress.stopped = str(LOST_RIGHT)
        return False
    acts = Acts.read(job.payload["acts"])
    entries = list(db.session.scalars(acts.entries(progress.at or None).limit(batches.CHUNK)))
    if entries:
        progress.words = gettext("put back as it was") if len(entries) == 1 else gettext("put back as they were")
        undoing.undo(entries, by=user, outcome=progress)
        progress.at = entries[-1].id
        job.done_count += len(entries)
    return len(entries) == batches.CHUNK


def view_at(address: str) -> Any:
    """The list at /admin/ADDRESS/, or None."""
    return next((view for view in current_app.extensions[VIEWS].values() if view.address == address), None)
