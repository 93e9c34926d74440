"""The jobs that a person began from a list: how far they are, what came of them, and undoing it."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.helpers import get_redirect_target
from flask_login import current_user
from sqlalchemy import select

from cms import clock
from cms.admin.bulk import view_at
from cms.admin.door import CmsView
from cms.admin.ids import LARGEST_ID, record_id
from cms.admin.outcomes import done_words, tell_done, tell_left
from cms.db import db
from cms.language import code, gettext, joined, lazy, number
from cms.models import Job, JobStatus, User
from cms.services import batches, jobs, undoing
from cms.services.batches import Left, Outcome, Progress
from cms.services.undoing import Acts

KINDS = ("bulk", "undo")
JOBS_A_PAGE = 30
NOTHING_LEFT = lazy("There is nothing left to undo. It is possible for a day, and once.")


@dataclass(frozen=True)
class Told:
    """A job as its page tells of it."""

    job: Job
    progress: Progress

    @property
    def id(self) -> int:
        return self.job.id

    @property
    def title(self) -> str:
        return self.job.payload["title"]

    @property
    def narrowed(self) -> list[str]:
        return self.job.payload.get("narrowed", [])

    @property
    def begun(self) -> datetime:
        return self.job.created_at

    @property
    def is_over(self) -> bool:
        return self.job.status in (JobStatus.DONE, JobStatus.FAILED)

    @property
    def is_stopping(self) -> bool:
        return bool(self.job.payload.get("stop"))

    @property
    def state(self) -> str:
        """In a word, as a badge has it: one that has its turn again soon is running too."""
        if self.job.status is JobStatus.DONE:
            return "stopped" if self.progress.stopped else "done"
        if self.job.status is JobStatus.FAILED:
            return "failed"
        return "running" if self.looked_at or self.job.status is JobStatus.RUNNING else "waiting"

    @property
    def looked_at(self) -> int:
        return self.job.done_count

    @property
    def total(self) -> int | None:
        return None if self.job.total_count is None else max(self.job.total_count, self.looked_at)

    @property
    def words(self) -> str:
        """How far it is, or what came of it."""
        if not self.is_over:
            if self.job.error and self.job.status is JobStatus.WAITING:
                return gettext(
                    "Something went wrong; it is tried again. %(count)s are looked at so far.",
                    count=number(self.looked_at),
                )
            if self.total is None:
                return gettext("It begins in a moment.")
            return gettext("%(number)s of %(all)s", number=number(self.looked_at), all=number(self.total))
        parts = [done_words(self.progress.done, self.progress.words or gettext("done"))]
        if left_out := self.progress.left_out:
            parts.append(gettext("%(count)s left out.", count=number(left_out)))
        if self.job.status is JobStatus.FAILED:
            parts.append(gettext("Then something went wrong, again and again. What is done is done."))
        elif self.progress.stopped:
            why = f"{self.progress.stopped[0].lower()}{self.progress.stopped[1:]}"
            parts.append(gettext("Then it ended: %(why)s", why=why))
        if self.total is not None and (rest := self.total - self.looked_at):
            if self.progress.stopped or self.job.status is JobStatus.FAILED:
                parts.append(gettext("The other %(count)s are as they were.", count=number(rest)))
            else:
                words = gettext(
                    "The other %(count)s are as they were: they did not match any more, or are not yours.",
                    count=number(rest),
                )
                parts.append(words)
        return joined(parts)

    @property
    def left(self) -> list[tuple[str, Left, list[tuple[str, str]]]]:
        """Each reason with how many were left out for it, and the first records as this person may see them now."""
        view = view_at(self.job.payload["list"])
        numbers = [number for left in self.progress.left.values() for number in left.some]
        names: dict[int, str] = {}
        if view is not None and view.is_accessible():
            names = {row.id: str(row) for row in view.selected(numbers)}

        def shown(number: int) -> tuple[str, str]:
            if number not in names:
                return f"#{number}", ""
            return names[number], view.get_url(f"{view.endpoint}.edit_view", id=number) if view.can_edit else ""

        return [
            (f"{reason[0].upper()}{reason[1:]}", left, [shown(number) for number in left.some])
            for reason, left in self.progress.left.items()
        ]

    @property
    def list_address(self) -> str:
        view = view_at(self.job.payload["list"])
        if view is None or not view.is_accessible():
            return ""
        return view.list_url(view.asked_by(self.job.payload.get("asked", {})))

    @property
    def undo_until(self) -> datetime:
        return (self.job.finished_at or clock.now()) + undoing.WITHIN

    @property
    def can_be_undone(self) -> bool:
        is_bulk = self.job.kind == "bulk" and "undone_by" not in self.job.payload
        if not (is_bulk and self.is_over and self.progress.done and clock.now() < self.undo_until):
            return False
        return undoing.is_any(acts_of(self.job))


class JobsView(CmsView):
    """A person's own: nobody undoes by a button what somebody else did."""

    title = lazy("Jobs")
    address = "job"

    @property
    def person(self) -> User:
        return current_user._get_current_object()

    @expose("/")
    def index(self) -> str:
        """The newest first; ``before`` goes on from one."""
        before = record_id(request.args.get("before")) or LARGEST_ID
        theirs = Job.payload["by"].as_integer() == self.person.id
        query = select(Job).where(Job.kind.in_(KINDS), theirs, Job.id < before).order_by(Job.id.desc())
        found = list(db.session.scalars(query.limit(JOBS_A_PAGE + 1)))
        shown = [Told(job, batches.progress_of(job)) for job in found[:JOBS_A_PAGE]]
        return self.render(
            "admin/job/index.html", jobs=shown, earlier=shown[-1].id if len(found) > JOBS_A_PAGE else None
        )

    @expose("/<int:number>/")
    def job_view(self, number: int) -> str:
        """How far it is; or what was done, what was left out and why, and the way back."""
        return self.render("admin/job/job.html", job=self._told(number))

    @expose("/<int:number>/state/")
    def state_view(self, number: int) -> ResponseReturnValue:
        """How far it is, for the script of its page."""
        job = self._told(number)
        return jsonify(is_over=job.is_over, looked_at=job.looked_at, total=job.total, words=job.words)

    @expose("/<int:number>/stop/", methods=("POST",))
    def stop_view(self, number: int) -> ResponseReturnValue:
        """Has it end after the step at hand; what is done stays done, and can be undone."""
        job = self._own(number, lock=True)
        if not Told(job, batches.progress_of(job)).is_over:
            batches.stop(job)
        db.session.commit()
        return redirect(self.get_url(".job_view", number=number))

    @expose("/undo/", methods=("POST",))
    def undo_view(self) -> ResponseReturnValue:
        """Undoes what a message or the page of a job tells of; by a job what a job did."""
        if request.form.get("job"):
            return self._undo_job(record_id(request.form["job"]) or 0)
        first, _, last = request.form.get("acts", "").partition("-")
        acts = undoing.told_by(self.person, record_id(first) or 0, record_id(last) or 0)
        entries = list(db.session.scalars(acts.entries().limit(undoing.MOST_AT_ONCE))) if acts is not None else []
        back = get_redirect_target() or self.get_url("admin.index")
        if not entries:
            flash(str(NOTHING_LEFT), "error")
            return redirect(back)
        outcome = Outcome()
        undoing.undo(entries, by=self.person, outcome=outcome)
        db.session.commit()
        if outcome.done:
            many = gettext("Undone: %(count)s put back.", count=number(outcome.done))
            tell_done(gettext("Undone.") if len(entries) == 1 else many, self.person)
        tell_left(outcome)
        return redirect(back)

    def _undo_job(self, number: int) -> ResponseReturnValue:
        job = self._own(number, lock=True)
        told = Told(job, batches.progress_of(job))
        if not told.can_be_undone:
            db.session.rollback()
            flash(str(NOTHING_LEFT), "error")
            return redirect(self.get_url(".job_view", number=number))
        undo = jobs.enqueue(
            "undo",
            {
                "by": self.person.id,
                "list": job.payload["list"],
                "asked": job.payload["asked"],
                "title": gettext("Undo: %(what)s", what=told.title[:1].lower() + told.title[1:]),
                "acts": acts_of(job).kept(),
                "language": code(),
            },
        )
        undo.total_count = told.progress.done
        db.session.flush()
        job.payload = {**job.payload, "undone_by": undo.id}
        address = self.get_url(".job_view", number=undo.id)
        db.session.commit()
        return redirect(address)

    def _told(self, number: int) -> Told:
        job = self._own(number)
        return Told(job, batches.progress_of(job))

    def _own(self, number: int, *, lock: bool = False) -> Job:
        query = select(Job).where(Job.id == number, Job.kind.in_(KINDS)) if number <= LARGEST_ID else None
        job = db.session.scalar(query.with_for_update() if lock else query) if query is not None else None
        if job is None or job.payload.get("by") != self.person.id:
            abort(404)
        return job


def acts_of(job: Job) -> Acts:
    """What a bulk job did, up to now."""
    return Acts(job.payload["by"], f"job-{job.id}", job.payload["entries_after"], undoing.newest_entry())
