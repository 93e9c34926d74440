"""What goes with a record that is deleted or put into the trash, told before it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Select, select

from cms.admin import paths
from cms.admin.lookup import VIEWS
from cms.db import Base, db
from cms.language import marked_plural, ngettext
from cms.models import Redirect
from cms.models.redirect import path_hash
from cms.services import addresses, overview


@dataclass(frozen=True)
class Consequence:
    """A sentence, and the list that shows of what. What ``asks`` is shown before even the trash takes a record."""

    words: str
    address: str = ""
    asks: bool = True


@dataclass(frozen=True)
class Instead:
    """An act of the list that can be taken back, offered where deleting cannot: its name, and words that offer it."""

    action: str
    title: str
    words: str


Question = tuple[Select[Any], tuple[str, str], type[Base] | None, Any]  # ids, ``marked_plural``, the list of them


def told(*questions: Question) -> list[Consequence]:
    """How many there are of each, where there are any: in one query, counted no further than is told.

    The list is linked where something narrows it to them, and the person may enter it.
    """
    counts = (overview.bounded(ids, paths.MOST_COUNTED_NARROWED) for ids, *_ in questions)
    numbers = db.session.execute(select(*counts)).one()
    return [
        Consequence(
            ngettext(*words, number, num=paths.told(number)),
            list_of(model, **narrowed) if model is not None and narrowed else "",
        )
        for number, (_, words, model, narrowed) in zip(numbers, questions, strict=True)
        if number
    ]


def leading_to(rows: Sequence[Any]) -> Question:
    """The old addresses that lead to ``rows``."""
    places = [addresses.path_of(row) for row in rows]
    ids = select(Redirect.id).where(Redirect.target_hash.in_([path_hash(place) for place in places]))
    words = marked_plural("%(num)s old address leads nowhere any more.", "%(num)s old addresses lead nowhere any more.")
    return ids, words, Redirect, {"search": places[0]} if len(rows) == 1 else None


def list_of(model: type[Base], **narrowed: Any) -> str:
    """The list of ``model``, narrowed; empty for those who may not enter it."""
    view = current_app.extensions[VIEWS][model]
    return view.get_url(f"{view.endpoint}.index_view", **narrowed) if view.is_accessible() else ""


def page_of(row: Base) -> str:
    """The form of one record; empty for those who may not open it."""
    view = current_app.extensions[VIEWS][type(row)]
    if not (view.is_accessible() and view.can_edit and view.may_edit(row)):
        return ""
    return view.get_url(f"{view.endpoint}.edit_view", id=row.id)  # type: ignore[attr-defined]
