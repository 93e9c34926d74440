"""Finding one record among many by typing: the answers to the pickers of forms and filters."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import current_app, url_for
from flask_admin.model.ajax import AjaxModelLoader
from sqlalchemy import ColumnElement, Select, and_, false, or_, select, union

from cms.admin import paths
from cms.admin.ids import record_id, record_ids
from cms.db import Base, db

VIEWS = "cms.admin_views"  # the extension that holds, for each model, the view that knows who may see its rows
MOST_FOUND = 50
MOST_SKIPPED = 500
MOST_LOOKED_AT = 5000


def indexed(column: Any) -> bool:
    """Whether an index begins with ``column``."""
    table = column.class_.__table__
    return bool(table.c[column.key].unique) or any(index.columns[0].name == column.key for index in table.indexes)


def starting(column: Any, text: str) -> ColumnElement[bool]:
    """Whether ``column`` begins with ``text``, as an index finds it: on SQLite in the cases that people write."""
    kind = column.type.dialect_impl(db.session.get_bind().dialect)
    if getattr(kind, "charset", None) == "ascii" and not text.isascii():
        return false()  # MariaDB refuses to compare the two
    if db.session.get_bind().dialect.name != "sqlite":
        return column.startswith(text, autoescape=True)
    ways = {text, text.lower(), text.capitalize(), text.title(), text.upper()}
    return or_(*(and_(column >= way, column < f"{way}\U0010ffff") for way in sorted(ways)))


class Lookup(AjaxModelLoader):
    """Records of ``model`` whose ``fields`` contain what was typed. ``label`` says how one is called.

    ``only`` narrows them for everybody; the view of the model, where it has one, narrows them for this person.
    ``picture`` gives the address of a small picture, ``about`` what pickers are told of one beside that; ``making`` are
    the words for making a new one.
    """

    def __init__(
        self,
        name: str,
        model: type[Base],
        fields: Sequence[str],
        *,
        label: Callable[[Any], str] = str,
        only: Callable[[], ColumnElement[bool]] | None = None,
        picture: Callable[[Any], str] | None = None,
        about: Callable[[Any], Sequence[str]] | None = None,
        making: str = "",
    ) -> None:
        super().__init__(name, {})
        self.model, self.fields, self.label, self.only = model, tuple(fields), label, only
        self.picture, self.about, self.making = picture, about, making

    def format(self, model: Any) -> tuple[Any, str] | None:
        return (model.id, self.label(model)) if model is not None else None

    def choice(self, row: Any) -> tuple[Any, ...]:
        """What a picker is told of ``row``: id, label, the address of a picture if it has one, ``about``."""
        picture = (self.picture(row),) if self.picture is not None else ()
        return (row.id, self.label(row), *picture, *(self.about(row) if self.about is not None else ()))

    @property
    def making_address(self) -> str | None:
        """Where this person makes a new one while choosing; None where that is not offered or not theirs to do."""
        view = self._view
        if not self.making or view is None or not view.can_create:
            return None
        return url_for(f"{view.endpoint}.create_view")

    def get_one(self, pk: Any) -> Any:
        number, query = record_id(pk), self._query()
        if number is None:
            return None
        if query.whereclause is None:
            return db.session.get(self.model, number)  # which asks nothing when a row of the list has it
        return db.session.scalar(query.where(self.model.id == number))

    def get_many(self, pks: Sequence[Any]) -> list[Any]:
        """Those of these ids that there are, in the order given. One query."""
        numbers = record_ids(pks)
        if not numbers:
            return []
        with db.session.no_autoflush:
            found = {row.id: row for row in db.session.scalars(self._query().where(self.model.id.in_(numbers)))}
        return [found[number] for number in numbers if number in found]

    def get_list(self, term: str | None, offset: int = 0, limit: int = 10) -> list[Any]:
        """Those with each word typed in a field, by the first field: of the newest, and of those that begin so.

        Whoever sees few of many gets them from among their own.
        """
        words = (term or "").replace("\x00", "").split()[:10]
        first, wanted = getattr(self.model, self.fields[0]), min(max(limit or 10, 1), MOST_FOUND)
        offset = min(max(offset or 0, 0), MOST_SKIPPED)
        query = self._query()
        for word in words:
            query = query.where(
                or_(*(getattr(self.model, field).icontains(word, autoescape=True) for field in self.fields))
            )
        query = query.order_by(first, self.model.id).offset(offset).limit(wanted)
        looked_at = self._looked_at(" ".join(words))
        if looked_at is not None:
            some = looked_at.subquery("looked_at")
            query = query.select_from(some.join(self.model.__table__, self.model.__table__.c.id == some.c.id))
            query = paths.by_key(query, self.model)
        return list(db.session.scalars(query))

    def _looked_at(self, text: str) -> Select[Any] | None:
        """The ids of a part of the table that is the same size however large that is; None where an index leads."""
        own = self._view.limits() if self._view is not None else ()
        if own:
            return own[0].ids(MOST_LOOKED_AT)
        if not text:
            return None
        key = self.model.id
        newest = select(key.label("id")).order_by(key.desc()).limit(MOST_LOOKED_AT).subquery()
        beginnings = [
            select(key.label("id")).where(starting(getattr(self.model, field), text)).limit(MOST_SKIPPED).subquery()
            for field in self.fields
            if indexed(getattr(self.model, field))
        ]
        return union(*(select(part.c.id) for part in (newest, *beginnings)))

    def _query(self) -> Select[Any]:
        query = select(self.model) if self._view is None else self._view.visible(select(self.model))
        return query.where(self.only()) if self.only is not None else query

    @property
    def _view(self) -> Any:
        return current_app.extensions[VIEWS].get(self.model)
