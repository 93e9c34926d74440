"""The first page: what waits, what goes out next, what went wrong, and what happened lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_admin import expose
from flask_login import current_user
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import defer

from cms import clock
from cms.admin import times
from cms.admin.audit_log import action_column
from cms.admin.door import CmsIndexView
from cms.admin.lookup import VIEWS
from cms.admin.palette_actions import views
from cms.admin.paths import MOST_LOOKED_THROUGH, along, by_key, index_of
from cms.admin.writing import in_state, path_of_state
from cms.db import db
from cms.language import gettext, when
from cms.models import AuditEntry, Comment, Mail, Page, Post
from cms.services import overview

SHOWN = 5
ACTS_SHOWN, ACTS_LOOKED_AT = 8, 80
DAYS_AHEAD = 14
MOST_AHEAD = 60
WEEKS_BACK = 12
NEW_DAYS = 7
CHART_HEIGHT = 100  # in units of the drawing


@dataclass(frozen=True)
class Coming:
    """Something that the clock will do: ``verb`` is published or withdrawn."""

    at: datetime
    verb: str
    title: str
    address: str


@dataclass(frozen=True)
class Bars:
    """A small chart of numbers, the newest last: ``heights`` of at most CHART_HEIGHT."""

    title: str
    what: str  # is counted
    labels: list[str]
    numbers: list[str]
    heights: list[float]


class DashboardView(CmsIndexView):
    """What a person would ask first in the morning."""

    @expose("/")
    def index(self) -> str:
        return self.render(
            "admin/index.html",
            facts=self._facts(),
            days=self._days_ahead(),
            troubles=self._troubles(),
            acts=self._acts(),
            charts=list(self._charts()),
            **self._posts(),
        )

    def _facts(self) -> list[tuple[str, str, str]]:
        """How many wait: number, words and the list that shows them. All are counted by one query."""
        counted: list[tuple[Select[Any], str, str]] = []
        posts = _view(Post)
        if posts.is_accessible():
            kept = posts.visible(select(Post.id)).where(Post.deleted_at.is_(None))
            for word, query, narrowed in (
                (gettext("Drafts"), path_of_state(Post, "draft").narrow(kept, Post), {"state": "draft"}),
                (gettext("Scheduled"), path_of_state(Post, "scheduled").narrow(kept, Post), {"state": "scheduled"}),
                (gettext("Changes waiting"), by_key(kept.where(_waits()), Post), {"changes": "waiting"}),
            ):
                counted.append((query, word, posts.get_url(f"{posts.endpoint}.index_view", **narrowed)))
        comments = _view(Comment)
        if comments.is_accessible():
            held = Comment.waiting().with_only_columns(Comment.id).order_by(None)
            address = comments.get_url(f"{comments.endpoint}.index_view", status="held")
            counted.append((held, gettext("Comments held"), address))
        own = next((view for view in views() if view.endpoint == "admin_own_comment"), None)
        if own is not None:
            since = self._today() - timedelta(days=NEW_DAYS)
            address = own.get_url(f"{own.endpoint}.index_view", **{"from": since.date().isoformat()})
            counted.append((own.new_ones(since), gettext("New comments"), address))
        numbers = db.session.execute(select(literal(0), *(overview.bounded(query) for query, _, _ in counted))).one()
        return [
            (overview.told(number), word, address)
            for number, (_, word, address) in zip(numbers[1:], counted, strict=True)
        ]

    def _posts(self) -> dict[str, Any]:
        view = _view(Post)
        if not view.is_accessible():
            return {"may_write": False}
        posts = view.visible(select(Post)).where(Post.deleted_at.is_(None))
        newest = Post.edited_at.desc(), Post.id.desc()
        own = select(view.own_ids(MOST_LOOKED_THROUGH).subquery().c.id)
        return {
            "may_write": view.can_create,
            "drafts": _few(by_key(posts.where(in_state(Post, "draft"), Post.id.in_(own)), Post).order_by(*newest)),
            "changed": _few(by_key(posts.where(_waits()), Post).order_by(*newest)),
            "recent": _few(posts.order_by(*newest)),
        }

    def _days_ahead(self) -> list[tuple[datetime, list[Coming]]]:
        """Today and the days to come in the person's own zone, each with what the clock will do on it."""
        now, today = clock.now().astimezone(times.zone()), self._today()
        days = [today + timedelta(days=number) for number in range(DAYS_AHEAD)]
        coming = sorted(self._coming(now, today + timedelta(days=DAYS_AHEAD)), key=lambda one: one.at)
        return [(day, [one for one in coming if one.at.date() == day.date()]) for day in days] if coming else []

    def _today(self) -> datetime:
        """When it began where the person is."""
        return clock.now().astimezone(times.zone()).replace(hour=0, minute=0, second=0, microsecond=0)

    def _coming(self, now: datetime, end: datetime) -> Iterator[Coming]:
        for model in (Post, Page):
            view = _view(model)
            if not view.is_accessible():
                continue
            for column, verb in ((model.listed_at, "published"), (model.unpublish_at, "withdrawn")):
                query = select(model.id, model.title, column).where(model.listed_at.is_not(None))
                query = view.visible(query).where(column > now, column < end).order_by(column).limit(MOST_AHEAD)
                for number, title, at in db.session.execute(query):
                    address = view.get_url(f"{view.endpoint}.edit_view", id=number)
                    yield Coming(at.astimezone(times.zone()), verb, title, address)

    def _troubles(self) -> list[tuple[overview.Trouble, str]]:
        """What went wrong, each with the list that shows more; for those who run the site."""
        if not current_user.may("setting.edit"):
            return []
        mails = _view(Mail)
        failed = mails.get_url(f"{mails.endpoint}.index_view", status="failed") if mails.is_accessible() else ""
        return [(one, failed if one.about is Mail else "") for one in overview.troubles()]

    def _acts(self) -> list[tuple[str, AuditEntry]]:
        if not _view(AuditEntry).is_accessible():
            return []
        newest = select(AuditEntry).options(defer(AuditEntry.before), defer(AuditEntry.after))
        found = db.session.scalars(newest.order_by(AuditEntry.id.desc()).limit(ACTS_LOOKED_AT))
        acts = [entry for entry in found if not entry.action.startswith("sign_in")]  # the log itself has those
        return [(action_column(self, None, entry, "action"), entry) for entry in acts[:ACTS_SHOWN]]

    def _charts(self) -> Iterator[Bars]:
        today = self._today()
        monday = today - timedelta(days=today.weekday())
        starts = [monday + timedelta(weeks=number) for number in range(1 - WEEKS_BACK, 2)]
        if current_user.may("post.edit.any"):
            out = select(Post.id).where(Post.visible())
            yield _bars(
                gettext("Posts published by week"),
                gettext("Posts published"),
                starts,
                overview.by_week(out, Post.listed_at, starts),
            )
        if current_user.may("comment.moderate"):
            said = overview.shown_comments()
            yield _bars(
                gettext("Comments by week"),
                gettext("Comments"),
                starts,
                overview.by_week(said, Comment.created_at, starts),
            )


def _bars(title: str, what: str, starts: list[datetime], numbers: list[int]) -> Bars:
    most = max(*numbers, 1)
    return Bars(
        title,
        what,
        [when(start, "day of month") for start in starts[:-1]],
        [overview.told(number) for number in numbers],
        [round(number / most * CHART_HEIGHT, 1) for number in numbers],
    )


def _view(model: type[Any]) -> Any:
    return current_app.extensions[VIEWS][model]


def _waits() -> Any:
    """Of the posts that were changed last: no index knows which changes wait, and old ones have had their time."""
    newest = select(Post.id).where(Post.deleted_at.is_(None)).order_by(Post.edited_at.desc(), Post.id.desc())
    newest = along(newest, Post, index_of(Post.edited_at, "deleted_at")).limit(MOST_LOOKED_THROUGH).subquery()
    return Post.id.in_(select(newest.c.id)) & Post.live_version.is_not(None) & (Post.live_version != Post.version)


def _few(query: Select[Any]) -> list[Post]:
    return list(db.session.scalars(query.options(defer(Post.body), defer(Post.body_html)).limit(SHOWN)))
