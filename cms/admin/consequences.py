"""What goes with a record that is deleted or put into the trash, told before it happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Select, select

from cms.admin import paths
from cms.admin.lookup import VIEWS
from cms.db import Base, db
from cms.models import Redirect
from cms.models.redirect import path_hash
from cms.services import addresses, overview


@dataclass(frozen=True)
class Consequence:
    """A sentence, and the list that shows of what. What ``asks`` is shown before even the trash takes a record."""

    words: str
    address: str = ""
    asks: bool = True


Question = tuple[Select[Any], str, str, type[Base] | None, Any]  # ids, words for one and for many, the list of them


def told(*questions: Question) -> list[Consequence]:
    """How many there are of each, where there are any: in one query, counted no further than is told.

    The list is linked where something narrows it to them, and the person may enter it.
    """
    counts = (overview.bounded(ids, paths.MOST_COUNTED_NARROWED) for ids, *_ in questions)
    numbers = db.session.execute(select(*counts)).one()
    return [
        Consequence(
            f"{paths.told(number)} {one if number == 1 else many}",
            list_of(model, **narrowed) if model is not None and narrowed else "",
        )
        for number, (_, one, many, model, narrowed) in zip(numbers, questions, strict=True)
        if number
    ]


def leading_to(rows: Sequence[Any]) -> Question:
    """The old addresses that lead to ``rows``."""
    places = [addresses.path_of(row) for row in rows]
    ids = select(Redirect.id).where(Redirect.target_hash.in_([path_hash(place) for place in places]))
    one, many = "old address leads nowhere any more.", "old addresses lead nowhere any more."
    return ids, one, many, Redirect, {"search": places[0]} if len(rows) == 1 else None


def list_of(model: type[Base], **narrowed: Any) -> str:
    """The list of ``model``, narrowed; empty for those who may not enter it."""
    view = current_app.extensions[VIEWS][model]
    return view.get_url(f"{view.endpoint}.index_view", **narrowed) if view.is_accessible() else ""


def page_of(row: Base) -> str:
    """The form of one record; empty for those who may not enter its list."""
    view = current_app.extensions[VIEWS][type(row)]
    return view.get_url(f"{view.endpoint}.edit_view", id=row.id) if view.is_accessible() else ""  # type: ignore[attr-defined]
