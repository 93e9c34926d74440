"""The history of one record: who did what to it and when, field by field, from the audit log and the revisions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import chain, zip_longest
from os.path import commonprefix
from typing import Any

from flask import abort, current_app, request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from cms.admin import comparing, words
from cms.admin.ids import record_id
from cms.admin.lookup import VIEWS
from cms.db import Base, db
from cms.language import gettext
from cms.models import AuditEntry, Revision
from cms.models.publishable import Publishable

ACTS_A_PAGE = 20
LETTERS_BEFORE = 80  # of what two long texts begin with alike
MOST_LETTERS = 400  # of a text in the comparison; the page of the revision has all of it


@dataclass(frozen=True)
class Act:
    """Something that was done to the record; ``address`` leads to all of it, where this person may see that."""

    at: datetime
    who: str
    words: str
    changes: list[tuple[str, str, str]]
    address: str = ""
    entry: int | None = None  # its number in the audit log, or among the versions
    version: int | None = None
    begins: bool = False  # before it there was nothing


@dataclass(frozen=True)
class Place:
    """Where a page ends: the last entry and the last version that were shown. By times, acts of one time were lost."""

    entry: int | None = None
    version: int | None = None

    def after(self, acts: Iterable[Act]) -> "Place":
        """The place behind ``acts``, which were shown from here on."""
        entry, version = self.entry, self.version
        for act in acts:
            entry, version = act.entry or entry, act.version or version
        return Place(entry, version)

    def __str__(self) -> str:
        return f"{self.entry or ''}-{self.version or ''}"


def place_in(text: str) -> Place | None:
    """The place in an address, or none: a broken one begins at the newest."""
    entry, dash, version = text.partition("-")
    place = Place(record_id(entry), record_id(version))
    return place if dash and str(place) == text and place != Place() else None


def words_of(entry: AuditEntry) -> str:
    """``post.published`` of a post as words: Published; what is about a part of it has the part: Password set."""
    return words.act(entry.action, entry.subject_type)


class Remembering:
    """The page of ``CmsModelView`` that tells what was done to one row."""

    history_template = "admin/model/history.html"

    @expose("/history/")
    def history_view(self) -> str:
        """Newest first, a page at a time; ``before`` is the place that an earlier page ended at."""
        row = self.one_or_404(request.args.get("id"))
        if not (self.can_edit and self.may_edit(row)):
            abort(403)
        before = place_in(request.args.get("before", ""))
        place = before or Place()
        # Each has an order of its own, which a clock that was put back may contradict.
        acts = list(merge(_entries(row, place), _revisions(row, place), key=lambda act: act.at, reverse=True))
        shown = acts[:ACTS_A_PAGE]
        return self.render(
            self.history_template,
            model=row,
            acts=shown,
            earlier=str(place.after(shown)) if len(acts) > ACTS_A_PAGE else None,
            first=before is None,
        )


def _entries(row: Any, before: Place) -> list[Act]:
    query = AuditEntry.about(row.__tablename__, row.id).limit(ACTS_A_PAGE + 1)
    if before.entry is not None:
        query = query.where(AuditEntry.id < before.entry)
    entries = list(db.session.scalars(query))
    states = [_states(entry, type(row)) for entry in entries]
    names = comparing.Names(chain.from_iterable(states))
    return [
        Act(
            entry.at,
            entry.actor_name,
            words_of(entry),
            _shortened(comparing.changes(*pair, names)),
            _details(AuditEntry, entry.id),
            entry=entry.id,
            begins=_begins(entry),
        )
        for entry, pair in zip(entries, states, strict=True)
    ]


def _begins(entry: AuditEntry) -> bool:
    return entry.action.endswith((".created", ".added"))


def _states(entry: AuditEntry, model: type[Base]) -> tuple[comparing.State, comparing.State]:
    before, after = comparing.states_of(entry)
    return ({}, comparing.chosen(after, model)) if _begins(entry) else (before, after)


def _revisions(row: Any, before: Place) -> list[Act]:
    if not isinstance(row, Publishable):
        return []
    query = Revision.of(row).options(joinedload(Revision.user)).limit(ACTS_A_PAGE + 2)
    if before.version is not None:
        query = query.where(Revision.version < before.version)
    found = list(db.session.scalars(query))
    names = comparing.Names(revision.snapshot for revision in found)
    return [
        Act(
            revision.updated_at,
            str(revision.user or gettext("the system")),
            gettext(
                "%(what)s, version %(number)s",
                what=revision.label or words.said(revision.kind.value),
                number=revision.version,
            ),
            _shortened(comparing.changes(*comparing.between(earlier, revision, type(row)), names)),
            _details(Revision, revision.id),
            version=revision.version,
            begins=earlier is None,
        )
        for revision, earlier in zip_longest(found, found[1:])
        if earlier is not None or len(found) <= ACTS_A_PAGE + 1
    ]


def _details(model: type[Base], number: int) -> str:
    """The page of an entry or a revision, for those who may enter its list."""
    view = current_app.extensions[VIEWS][model]
    return view.get_url(f"{view.endpoint}.details_view", id=number) if view.is_accessible() else ""


def _shortened(changes: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [(name, *_where_they_differ(was, became)) for name, was, became in changes]


def _where_they_differ(was: str, became: str) -> tuple[str, str]:
    """Both texts from shortly before their first difference, so that what changed is seen of long ones too."""
    if isinstance(was, Markup) or isinstance(became, Markup):
        return was, became
    is_long = max(len(was), len(became)) > MOST_LETTERS
    alike = len(commonprefix((was, became))) if is_long else 0  # noqa: RUF071 (letter by letter is what is wanted)
    start = max(0, alike - LETTERS_BEFORE)
    return _short(was, start), _short(became, start)


def _short(text: str, start: int) -> str:
    told = text[start : start + MOST_LETTERS]
    return f"{'… ' if start else ''}{told.strip()}{' …' if start + MOST_LETTERS < len(text) else ''}" if told else ""
