"""The address of a list: what it says of search, filters, order and place, and those of the same list with others."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import flash, request
from flask_admin.model.base import ViewArgs

from cms.admin import filters
from cms.admin.ids import page_number
from cms.language import gettext

OWN_ARGUMENTS = frozenset({"page", "page_size", "sort", "desc", "search", "after", "before", "last"})
PLACES = ("after", "before", "last")


class PlacedArgs(ViewArgs):
    """Knows the place in the list too. What is cloned of it, for another order or size, begins at the first page."""

    place: dict[str, str]


class ListAddress:
    """The part of ``CmsModelView`` that reads the address of its list, and makes addresses of it."""

    def init_search(self) -> bool:
        return bool(self.column_searchable_list)

    def get_filters(self) -> list[filters.Filter]:
        made: list[filters.Filter] = []
        for wanted in self.column_filters or ():
            if isinstance(wanted, filters.Filter):
                made.append(wanted)
            else:
                made += filters.of_column(getattr(self.model, wanted), self.get_column_name(wanted))
        return made

    def _refresh_filters_cache(self) -> None:
        self._filters = self.get_filters()
        self._filter_groups = self._filter_args = None

    def _get_list_extra_args(self) -> ViewArgs:
        names = {flt.name for flt in self._filters}
        known = OWN_ARGUMENTS | names
        arguments = PlacedArgs(
            page_size=page_number(request.args.get("page_size")),
            sort=request.args.get("sort", None, type=int),
            sort_desc=1 if request.args.get("desc") == "1" else None,
            search=(request.args.get("search") or "").strip()[:500] or None,
            filters=self._get_list_filter_args(),
            extra_args={key: value for key, value in request.args.items() if key not in known},
        )
        arguments.place = {name: request.args[name] for name in PLACES if request.args.get(name)}
        return arguments

    def _get_list_url(self, view_args: ViewArgs) -> str:
        """The address of a list, with its place when it is the one that is shown."""
        own = {
            "sort": view_args.sort,
            "desc": 1 if view_args.sort_desc else None,
            "search": view_args.search,
            "page_size": self.get_safe_page_size(view_args.page_size) if view_args.page_size else None,
        }
        arguments = {**own, **view_args.extra_args, **self._get_filters(view_args.filters)}
        arguments |= getattr(view_args, "place", None) or {}
        return self.list_url({name: str(value) for name, value in arguments.items() if value is not None})

    def list_url(self, arguments: Mapping[str, str]) -> str:
        """The list with these arguments, and no other."""
        # Not as arguments of get_url, which has names of its own: ?endpoint=x would be taken for one.
        return _with_arguments(self.get_url(f"{self.endpoint}.index_view"), arguments)

    def export_url(self, export_type: str) -> str:
        """The list as it is narrowed and sorted now, as a file."""
        return _with_arguments(self.get_url(".export", export_type=export_type), request.args)

    def changed_url(self, **changes: str | None) -> str:
        """This list from its first page on with other arguments; None takes one away, as what does not fit."""
        left_out = {flt.name for flt in self._filters if not flt.fits(request.args.get(flt.name, ""))}
        kept = {name: value for name, value in request.args.items() if name not in {*left_out, *PLACES, "page"}}
        return self.list_url({name: value for name, value in {**kept, **changes}.items() if value is not None})

    place_url = changed_url  # another page of this list: ``after``, ``before`` or ``last``; none is the first

    def _get_list_filter_args(self) -> list[tuple[int, str, str]]:
        chosen = []
        for index, flt in enumerate(self._filters):
            value = request.args.get(flt.name, "")
            if not value:
                continue
            if flt.fits(value):
                chosen.append((index, flt.label, value))
            else:
                words = gettext(
                    "“%(value)s” is nothing to filter %(what)s by.", value=value[:60], what=flt.label.lower()
                )
                flash(words, "error")
        return chosen

    def _get_filters(self, chosen: Any) -> dict[str, Any]:
        return {self._filters[index].name: value for index, _, value in chosen or ()}


def _with_arguments(address: str, arguments: Mapping[str, str]) -> str:
    return f"{address}?{urlencode(arguments)}" if arguments else address
