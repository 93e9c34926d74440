"""Which rows a person sees: the list, its count, a single row, bulk acts and exports all pass through ``visible``."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import abort, request
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from cms.admin import filters, paths, places
from cms.admin.ids import record_id, record_ids
from cms.admin.lookup import Lookup, indexed, starting
from cms.admin.paths import Path, Some, Source, index_of
from cms.admin.places import Position
from cms.db import Base, db

MOST_SELECTED = 500
MOST_SEARCHED = 5000  # the newest rows, in lists that have no index of words

Asked = Sequence[tuple[tuple[int, str, str], Path | None]]  # the filters chosen, each with its path


class Rows:
    """The reading half of ``CmsModelView``."""

    model: type[Base]
    stands_for_model = True  # to it lookups, links and the palette go; not to a second view of the same model
    # What to load with the rows of a list, and with a single one; bodies are deferred here.
    list_options: Sequence[Any] = ()
    row_options: Sequence[Any] = ()

    def visible(self, query: Select[Any]) -> Select[Any]:
        """``query`` with only the rows that this person may see."""
        return query

    def listed(self, query: Select[Any]) -> Select[Any]:
        """``query`` as the list begins: what is hidden from it until a filter asks for it."""
        return query

    def search(self, query: Select[Any], text: str) -> Select[Any]:
        """``query`` with only the rows in which each word of ``text`` is found."""
        for word in text.split()[:10]:
            query = query.where(or_(*(self._contains(name, word) for name in self.column_searchable_list)))
        return query

    def search_among(self, query: Select[Any], ids: Sequence[Any], text: str) -> Select[Any]:
        """The same as ``search`` for those who see few rows: ``query`` will have none but ``ids``."""
        return self.search(query, text)

    def _contains(self, name: str, word: str) -> Any:
        relation, _, rest = name.partition(".")
        attribute = getattr(self.model, relation)
        if not rest:
            return filters.contains(attribute, word)
        inside = filters.contains(getattr(attribute.property.mapper.class_, rest), word)
        return attribute.any(inside) if attribute.property.uselist else attribute.has(inside)

    # The list
    def get_query(self) -> Select[Any]:
        return self.visible(select(self.model))

    def has_none(self) -> bool:
        """Whether this person could find no row however they filter: not in the trash either."""
        return not db.session.scalar(select(self.get_query().with_only_columns(self._key).exists()))

    def narrowed(self, search: str | None, chosen: Any) -> Select[Any]:
        """The visible rows that search and filters leave, unordered and without options: all of them."""
        query = self.listed(self.get_query())
        if search and self._search_supported:
            query = self.search(query, search.replace("\x00", ""))
        for index, _, value in chosen or ():
            query = self._filters[index].narrow(query, value)
        return query

    def get_list(
        self,
        page: int | None,
        sort_column: Any,
        sort_desc: Any,
        search: str | None,
        filters: Any,
        execute: bool = True,
        page_size: int | None = None,
    ) -> tuple[int | None, Any]:
        """A page of the rows; the pager finds the rest of ``Listing`` among the arguments of the template."""
        order = self.order(sort_column, sort_desc)
        asked = self._asked(filters)
        searched = search.replace("\x00", "") if search and self._search_supported else None
        path = self._walked(order, sort_column, searched, asked)
        most, looked_through = paths.MOST_COUNTED if path is order else paths.MOST_COUNTED_NARROWED, None
        query = self.listed(self.get_query())
        if path is None:
            path = replace(order, index=None)  # the ids lead to the rows
            query, looked_through = self._looked_through(order, searched, asked)
        at, size = self._position(path), page_size or self.page_size
        found = paths.page(query.options(*self.list_options), path, self.model, at, size)
        counted = None if found.is_all else paths.counting(path.narrow(query, self.model), path.key, most)
        number = self.look_round(counted, searched, [one for one, _ in asked])
        number = len(found.rows) if number is None else number
        found.count, found.counted_all, found.looked_through = min(number, most), number <= most, looked_through
        self._template_args["listing"] = found
        return found.count, found.rows

    def whole_list(self, sort_column: Any, sort_desc: Any, search: str | None, chosen: Any) -> Select[Any]:
        """All that search and filters leave of the visible rows, in the order in which the list shows them."""
        order = self.order(sort_column, sort_desc)
        path = self._walked(order, sort_column, search if self._search_supported else None, self._asked(chosen))
        if path is None:
            return self.narrowed(search, chosen).order_by(*order.order())
        return path.narrow(self.listed(self.get_query()), self.model).order_by(*path.order())

    def _asked(self, chosen: Any) -> Asked:
        return [(one, self._filters[one[0]].path_of(one[2])) for one in chosen or ()]

    def _walked(self, order: Path, sort_column: Any, search: str | None, asked: Asked) -> Path | None:
        """The path that has all that is asked in its order; None when there is none."""
        if search or self.limits():
            return None
        if not asked:
            return order
        ways = paths.merged(path for _, path in asked if path is not None)
        if len(ways) != 1 or any(path is None for _, path in asked):
            return None
        path = ways[0]
        if sort_column is None:
            return path
        return replace(path, descending=order.descending) if path.value is order.value else None

    def _looked_through(self, order: Path, search: str | None, asked: Asked) -> tuple[Select[Any], int | None]:
        """The newest rows of what asks most, tested by all else; and of how many they are the newest, if not all."""
        sources: list[Source] = list(self.limits())
        theirs_alone = bool(sources)
        if search and not theirs_alone:
            # Nothing else knows who has the words without reading each row.
            sources = [self.found_by(search)]
        else:
            sources += map(self._without_hidden, paths.merged(path for _, path in asked if path is not None))
        source = paths.smallest(sources, self.model) if sources else self._newest()
        ids, bounded = paths.found(source)
        query = self.listed(self.get_query())
        if search and theirs_alone:
            query = self.search_among(query, ids, search)
        for one, path in asked:
            if path is None or path.key.class_ is self.model:
                query = self._filters[one[0]].narrow(query, one[2])
            else:
                query = query.where(path.has(self._key))
        return paths.among(query, self._key, ids), bounded

    def _without_hidden(self, path: Path) -> Path:
        """``path`` past what the list hides, which would else take the place of rows that it shows."""
        if path.key.class_ is not self.model:
            return path  # a table of pairs does not know
        hidden = self.listed(select(self._key)).whereclause
        return path if hidden is None else replace(path, where=(*path.where, hidden))

    def _position(self, path: Path) -> Position:
        try:
            if request.args.get("after"):
                return places.read(request.args["after"], path.key, path.value, backwards=False)
            if request.args.get("before"):
                return places.read(request.args["before"], path.key, path.value, backwards=True)
        except (ValueError, OverflowError):
            return Position()
        return Position(backwards=request.args.get("last") == "1")

    # What an index finds
    def limits(self) -> Sequence[Source]:
        """The rows of ``visible``, newest first, where it leaves this person few of many."""
        return ()

    def found_by(self, text: str) -> Some:
        """The rows that have ``text``: of the newest, and of those that begin with it by an index."""
        oldest, bounded = paths.oldest_of(self._key, MOST_SEARCHED)
        words = text.split()

        def ids(limit: int) -> Select[Any]:
            found = self.search(select(self._key.label("id")), text)
            hidden = self.listed(select(self._key)).whereclause
            if hidden is not None:
                found = found.where(paths.leading_nowhere(hidden))
            newest = paths.by_key(found.where(self._key >= oldest), self.model)
            parts = [newest.order_by(self._key.desc()).limit(limit)]
            for column in self._indexed() if bounded and words else ():
                parts.append(found.where(starting(column, words[0])).limit(limit))
            return paths.newest_of(parts, limit)

        return Some(ids, of=MOST_SEARCHED if bounded else None)

    def _indexed(self) -> list[Any]:
        """The columns of the search with which an index begins."""
        columns = [getattr(self.model, name) for name in self.column_searchable_list or () if "." not in name]
        return [column for column in columns if indexed(column)]

    def _newest(self) -> Some:
        """What the list begins with when nothing is asked, if that is the newest; else the last that were made."""
        usual = self.order(None, None)
        way = usual if usual.descending else Path(self._key)
        ids = self.listed(select(self._key.label("id"))).order_by(*way.order())
        return Some(way.hinted(ids).limit)

    def order(self, sort_column: Any, sort_desc: Any) -> Path:
        """The order of a column, or the view's own; ties by id, so that no row is on two pages."""
        value, descending = self._sortable_columns.get(sort_column), bool(sort_desc)
        if value is None:
            default = self.column_default_sort or (self._primary_key, True)
            name, descending = (default, False) if isinstance(default, str) else default
            value = getattr(self.model, name)
        return Path(
            self._key,
            None if value is self._key else value,
            descending=descending,
            index=index_of(value, "deleted_at") or index_of(value),
        )

    @property
    def _key(self) -> InstrumentedAttribute[Any]:
        return getattr(self.model, self._primary_key)

    # Single rows
    def get_one(self, id: Any) -> Any:
        """The row, if there is one and this person may see it."""
        key = self._id_of(id)
        if key is None:
            return None
        return db.session.scalar(self.get_query().where(self._key == key).options(*self.row_options))

    def one_or_404(self, id: Any) -> Any:
        """The row; what is not there and what may not be seen look alike."""
        row = self.get_one(id)
        if row is None:
            abort(404)
        return row

    def selected(self, ids: Sequence[Any]) -> list[Any]:
        """The rows of a bulk act that this person may see, in the order selected."""
        numbers = record_ids(ids)[:MOST_SELECTED]
        query = self.get_query().where(self._key.in_(numbers)).options(*self.row_options)
        found = {row.id: row for row in db.session.scalars(query).unique()} if numbers else {}
        return [found[number] for number in numbers if number in found]

    def _id_of(self, id: Any) -> Any:
        if isinstance(id, list | tuple):
            id = id[0] if id else None
        if self._key.type.python_type is str:
            return id if isinstance(id, str) and "\x00" not in id and len(id) <= 200 else None
        return record_id(id)

    # Lookups
    def _create_ajax_loader(self, name: str, options: dict[str, Any]) -> Lookup:
        remote = getattr(self.model, name).property.mapper.class_
        options = dict(options)
        return Lookup(name, options.pop("model", remote), options.pop("fields"), **options)

    def lookup_of(self, name: str | None) -> Lookup:
        """The lookup of this name."""
        lookups = self._form_ajax_refs
        lookup = lookups.get(name or "") or next((one for one in lookups.values() if one.name == name), None)
        if lookup is None:
            abort(404)
        return lookup
