"""How a person wants a list of the admin: the columns that it shows, and views of it under names of their own."""

import unicodedata
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext
from cms.models import ChoiceKind, ListChoice, User
from cms.models.list_choice import MOST_NAME_LETTERS
from cms.services import names

MOST_VIEWS = 20  # of one list


def choose_columns(user: User, list_name: str, columns: Sequence[str] | None) -> None:
    """Show these columns of the list to this person from now on; None is what everybody else sees."""
    _lock(user)
    kept = db.session.scalar(ListChoice.of(user.id, list_name, ChoiceKind.COLUMNS).with_for_update())
    if columns is None:
        if kept is not None:
            db.session.delete(kept)
    elif kept is not None:
        kept.value = list(columns)
    else:
        chosen = ListChoice(user_id=user.id, list_name=list_name, kind=ChoiceKind.COLUMNS, value=list(columns))
        db.session.add(chosen)
    db.session.flush()


def save_view(user: User, list_name: str, name: str, arguments: Mapping[str, str]) -> str | None:
    """Keep what narrows and orders the list under ``name``, in the place of a view that is called so already.

    The same ``arguments`` under another name are the same view renamed: what comes back is how it was called before.
    Raises InvalidChange for the field ``name``.
    """
    name, value = checked_name(name), dict(arguments)
    if not value:
        raise InvalidChange(
            gettext("There is nothing to save yet. Search, filter or sort the list first."), field="name"
        )
    _lock(user)
    views = list(db.session.scalars(ListChoice.of(user.id, list_name, ChoiceKind.VIEW).with_for_update()))
    called_so = next((view for view in views if view.name.casefold() == name.casefold()), None)
    same = [view for view in views if view.value == value]
    before = None
    if called_so is not None:
        called_so.name, called_so.value = name, value
    elif len(same) == 1:
        before, same[0].name = same[0].name, name
    elif len(views) >= MOST_VIEWS:
        words = gettext(
            "You have %(most)s views of this list, which is all there is room for. Delete one first.", most=MOST_VIEWS
        )
        raise InvalidChange(words, field="name")
    else:
        db.session.add(ListChoice(user_id=user.id, list_name=list_name, kind=ChoiceKind.VIEW, name=name, value=value))
    db.session.flush()
    return before


def delete_view(user: User, list_name: str, name: str) -> bool:
    """Delete the view that is called exactly so; whether this person had it."""
    theirs = delete(ListChoice).where(
        ListChoice.user_id == user.id,
        ListChoice.list_name == list_name,
        ListChoice.kind == ChoiceKind.VIEW,
        ListChoice.name == name,
    )
    return bool(db.session.execute(theirs).rowcount)


def checked_name(name: str) -> str:
    """The name as it is kept. Raises InvalidChange."""
    return names.checked(
        unicodedata.normalize("NFC", name), MOST_NAME_LETTERS, missing=gettext("Type a name for this view.")
    )


def _lock(user: User) -> None:
    # One at a time: two windows of one person must not come to more views than there may be, nor write a row twice.
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
