"""Ways through a table that an index gives in order: a page costs its own rows, wherever in the list it stands.

Where no index has both what is asked and its order, the newest ``MOST_LOOKED_THROUGH`` rows are looked through, and the
list says so. Nothing here counts or skips the rows of a whole table.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.sql.operators import custom_op

from cms import language
from cms.admin.places import Position, written
from cms.db import db

MOST_LOOKED_THROUGH = 1000
MOST_COUNTED = 10_000
MOST_COUNTED_NARROWED = 1000  # here each row counted is read, not only its entry in an index
MOST_COUNTED_BESIDE = 100  # and here several such numbers stand beside the choices of one page
MYSQL = ("mysql", "mariadb")


@dataclass(frozen=True)
class Path:
    """Rows in the order of ``value`` and ``key`` (or of ``key`` alone), as the index that finds ``where`` has them.

    ``key`` is the id of the list's model, or the column of a table of pairs that holds it. ``bounds`` are the least
    ``value`` and the first beyond, or None; paths that are no more than bounded alike are one path.
    """

    key: Any
    value: Any = None
    where: tuple[ColumnElement[bool], ...] = ()
    descending: bool = True
    bounds: tuple[Any, Any] | None = None
    index: str | None = None  # its name: left to themselves, planners take one that begins alike and read all of it

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """What holds for the rows on it."""
        if self.bounds is None:
            return self.where
        least, beyond = self.bounds
        upper = (self.value < beyond,) if beyond is not None else ()
        lower = (self.value >= least,) if least is not None else ()
        return (*lower, *upper, *self.where)

    def ids(self, limit: int) -> Select[Any]:
        """The first of its ids, as ``id``."""
        query = select(self.key.label("id")).where(*self.conditions)
        return self.hinted(query).order_by(*self.order()).limit(limit)

    def hinted(self, query: Select[Any]) -> Select[Any]:
        """``query`` with the index named."""
        return along(query, self.key.class_, self.index) if self.index is not None else query

    def order(self, *, reverse: bool = False) -> tuple[Any, ...]:
        # Where no two rows are alike the id decides nothing, and would keep MariaDB from the index.
        decides_alone = self.value is not None and self.value.property.columns[0].unique
        columns = [one for one in (self.value, None if decides_alone else self.key) if one is not None]
        descending = self.descending != reverse
        return tuple(column.desc() if descending else column.asc() for column in columns)

    def narrow(self, query: Select[Any], model: Any) -> Select[Any]:
        """``query`` over ``model``, along this path."""
        if self.key.class_ is not model:
            # The pairs are read first: left to itself, a planner may go through all rows of the list instead.
            query = query.select_from(self.key.class_.__table__.join(model.__table__, model.__table__.c.id == self.key))
            for name in MYSQL:
                query = query.prefix_with("STRAIGHT_JOIN", dialect=name)
        return self.hinted(query.where(*self.conditions))

    def has(self, key: Any) -> ColumnElement[bool]:
        """Whether the row of this id is on it, for a path through a table of pairs."""
        return select(self.key).where(self.key == key, *self.conditions).exists()

    def merged(self, other: "Path") -> "Path | None":
        """Both at once, where they bound the same order.

        One bound at each end: of several SQLite begins in its index at the first that it is told, not at the nearest.
        """
        if self.bounds is None or other.bounds is None or self.value is not other.value or self.where or other.where:
            return None
        least, beyond = (
            [one for one in both if one is not None] for both in zip(self.bounds, other.bounds, strict=True)
        )
        return replace(self, bounds=(max(least, default=None), min(beyond, default=None)))


@dataclass(frozen=True)
class Some:
    """Ids of a list's rows, found by other means: ``ids(limit)`` selects the first of them, as ``id``."""

    ids: Callable[[int], Select[Any]]
    most: int = MOST_LOOKED_THROUGH
    of: int | None = None  # among how many rows they were looked for, when there are more
    known: Sequence[Any] | None = None  # all of them, where they are at hand: nothing is asked again


Source = Path | Some


@dataclass
class Listing:
    """One page of a list, and what a pager wants of it."""

    rows: list[Any] = field(default_factory=list)
    previous: str | None = None  # where the pages beside it begin: ``before`` and ``after`` of the address
    next: str | None = None
    count: int = 0
    counted_all: bool = True
    looked_through: int | None = None  # how many rows, when there are more that were not looked at

    @property
    def is_all(self) -> bool:
        """Whether there is no other page."""
        return self.previous is None and self.next is None

    @property
    def total(self) -> str:
        """How many there are in all, in words: 1,234 or 10,000+."""
        return language.number(self.count) if self.counted_all else f"{language.number(self.count)}+"


def index_of(column: Any, *before: str) -> str | None:
    """The name of the index over the columns ``before`` and ``column``, in this order; more may follow the id."""
    names = [*before, column.key]
    for index in column.class_.__table__.indexes:
        columns = [one.name for one in index.columns]
        if columns == names or columns[: len(names) + 1] == [*names, "id"]:
            return index.name
    return None


def merged(ways: Iterable[Path]) -> list[Path]:
    """The same ways, those that bound the same order made one: the two ends of a range."""
    done: list[Path] = []
    for way in ways:
        for place, other in enumerate(done):
            if (both := other.merged(way)) is not None:
                done[place] = both
                break
        else:
            done.append(way)
    return done


def newest_of(parts: Iterable[Select[Any]], limit: int) -> Select[Any]:
    """The highest of the ids (``id``) that ``parts`` select, each of which has its own limit."""
    # Each in brackets of its own: neither database orders or limits a part of a union otherwise.
    found = union(*(select(part.subquery().c.id) for part in parts)).subquery()
    return select(found.c.id).order_by(found.c.id.desc()).limit(limit)


def smallest(sources: Sequence[Source], model: Any) -> Source:
    """The one with the fewest rows, no further than would be looked through; of large ones rather one of pairs."""
    if len(sources) == 1:
        return sources[0]
    counts = [_count(source.ids(MOST_LOOKED_THROUGH + 1)).scalar_subquery() for source in sources]
    sizes = db.session.execute(select(*counts)).one()

    def size(pair: tuple[Source, int]) -> tuple[int, bool]:
        return pair[1], isinstance(pair[0], Path) and pair[0].key.class_ is model

    return min(zip(sources, sizes, strict=True), key=size)[0]


def found(source: Source) -> tuple[list[Any], int | None]:
    """The first ids of ``source``, and how many were looked through when there are more."""
    if isinstance(source, Path):
        source = Some(source.ids)
    ids = list(source.known if source.known is not None else db.session.scalars(source.ids(source.most + 1)))
    return ids[: source.most], source.most if len(ids) > source.most else source.of


def among(query: Select[Any], key: Any, ids: list[Any]) -> Select[Any]:
    """``query`` with only the rows of ``ids``, each found by its id."""
    return by_key(query.where(key.in_(ids) if ids else false()), key.class_)


def along(query: Select[Any], model: Any, index: str) -> Select[Any]:
    """``query`` reading the table of ``model`` along ``index``."""
    for name in MYSQL:
        query = query.with_hint(model.__table__, f"FORCE INDEX ({index})", dialect_name=name)
    return query.with_hint(model.__table__, f"INDEXED BY {index}", dialect_name="sqlite")


def by_key(query: Select[Any], model: Any) -> Select[Any]:
    """``query`` finding the rows of ``model`` by their ids: what else is asked of them leads no way."""
    for name in MYSQL:
        query = query.with_hint(model.__table__, "FORCE INDEX (PRIMARY)", dialect_name=name)
    return query.with_hint(model.__table__, "NOT INDEXED", dialect_name="sqlite")


def leading_nowhere(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """``condition`` as one that SQLite looks for in no index: it takes NULL for rare, and then reads all rows."""
    if db.session.get_bind().dialect.name != "sqlite":
        return condition
    return UnaryExpression(condition.self_group(), operator=custom_op("+"), type_=Boolean())


def oldest_of(key: Any, most: int) -> tuple[Any, bool]:
    """The lowest id of the newest ``most`` rows, and whether there are older ones."""
    newest = select(key.label("id")).order_by(key.desc()).limit(most + 1).subquery()
    lowest, number = db.session.execute(select(func.min(newest.c.id), func.count())).one()
    return lowest if lowest is not None else 0, number > most


def count(query: Select[Any], key: Any, most: int) -> int:
    """How many rows, no further than one more than ``most``."""
    return db.session.scalar(counting(query, key, most)) or 0


def counting(query: Select[Any], key: Any, most: int) -> Select[Any]:
    """What asks for their number, no further than one more than ``most``."""
    return _count(query.with_only_columns(key, maintain_column_froms=True).order_by(None).limit(most + 1))


def counted(column: Any, values: Sequence[Any]) -> dict[Any, int]:
    """How many rows have each of ``values`` in ``column``, no further than ``told`` tells. One query."""
    if not values:
        return {}
    some = {value: select(column).where(column == value).limit(MOST_COUNTED_NARROWED + 1) for value in values}
    numbers = db.session.execute(select(*(_count(rows).scalar_subquery() for rows in some.values()))).one()
    return dict(zip(some, numbers, strict=True))


def told(number: int, most: int = MOST_COUNTED_NARROWED) -> str:
    """A number that was not counted further than ``most``."""
    return language.number(number) if number <= most else f"{language.number(most)}+"


def _count(ids: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(ids.subquery())


def page(query: Select[Any], path: Path, model: Any, position: Position, size: int) -> Listing:
    """The page at ``position`` of ``query`` over ``model``, along ``path``."""
    found = _fetched(query, path, model, position, size + 1)
    more = len(found) > size
    if not position.is_end and not found and not position.backwards:
        return page(query, path, model, Position(backwards=True), size)  # what came after is gone
    if not position.is_end and position.backwards and not more:
        return page(query, path, model, Position(), size)  # a first page is a whole one
    found = found[:size]
    if position.backwards:
        found.reverse()
    has_previous = more if position.backwards else not position.is_end
    has_next = more if not position.backwards else not position.is_end
    places = [written(value, key) for _, value, key in (found[0], found[-1])] if found else ["", ""]
    return Listing(
        [row for row, _, _ in found],
        previous=places[0] if has_previous and found else None,
        next=places[1] if has_next and found else None,
    )


def _fetched(query: Select[Any], path: Path, model: Any, position: Position, most: int) -> list[tuple[Any, Any, Any]]:
    """Rows with the value and the key of their place, in the direction in which they are read."""
    value = path.value if path.value is not None else literal(None)
    query = query.add_columns(value, path.key).order_by(None).order_by(*path.order(reverse=position.backwards))
    found: list[tuple[Any, Any, Any]] = []
    for condition in _parts(path, position):
        # Before the ends of a range: SQLite begins in its index at the first of several bounds that it is told.
        part = path.narrow(query.where(condition) if condition is not None else query, model)
        found += [tuple(row) for row in db.session.execute(part.limit(most - len(found))).unique()]
        if len(found) >= most:
            break
    return found


def _parts(path: Path, position: Position) -> Iterator[ColumnElement[bool] | None]:
    """What lies beyond ``position``, in order. Each part is one stretch of the index; NULL is lower than any value."""
    if position.is_end:
        yield None
        return
    down = path.descending != position.backwards
    beyond = path.key < position.key if down else path.key > position.key
    if path.value is None:
        yield beyond
    elif position.value is None:
        yield and_(path.value.is_(None), beyond)
        if not down:
            yield path.value.is_not(None)
    else:
        yield _beyond(path, position, down)
        if down and path.value.property.columns[0].nullable:
            yield path.value.is_(None)


def _beyond(path: Path, position: Position, down: bool) -> ColumnElement[bool]:
    value, key = literal(position.value, path.value.type), literal(position.key, path.key.type)
    if db.session.get_bind().dialect.name == "sqlite":
        here, there = tuple_(path.value, path.key), tuple_(value, key)
        return here < there if down else here > there
    # MariaDB finds no way through an index by a comparison of rows, but by this.
    further = path.value < value if down else path.value > value
    return or_(further, and_(path.value == value, path.key < key if down else path.key > key))
