"""What waits for this person, as a number beside its place in the menu."""

from typing import Any, NamedTuple

from flask import current_app, g
from sqlalchemy import select

from cms.admin.lookup import VIEWS
from cms.db import Base, db
from cms.language import gettext
from cms.models import Comment, Mail, MailStatus
from cms.services import overview

MOST_TOLD = 99


class Waiting(NamedTuple):
    """``number`` is at most MOST_TOLD and a plus; ``words`` say of what, for those who do not see where it stands."""

    number: str
    words: str


def waiting(item: Any) -> Waiting | None:
    """What waits behind an item of the menu; None for nothing. One query a page, however long the menu is."""
    if "cms_waiting" not in g:
        g.cms_waiting = _count()
    return g.cms_waiting.get(getattr(item, "_view", None))


def _count() -> dict[Any, Waiting]:
    asked: dict[type[Base], tuple[Any, str]] = {
        Comment: (Comment.waiting().with_only_columns(Comment.id).order_by(None), gettext("held")),
        Mail: (select(Mail.id).where(Mail.status == MailStatus.FAILED), gettext("failed")),
    }
    views = [view for model in asked if (view := current_app.extensions[VIEWS][model]).is_accessible()]
    if not views:
        return {}
    counts = (overview.bounded(asked[view.model][0], MOST_TOLD) for view in views)
    numbers = db.session.execute(select(*counts)).one()
    return {
        view: Waiting(overview.told(number, most=MOST_TOLD), asked[view.model][1])
        for view, number in zip(views, numbers, strict=True)
        if number
    }
