"""One field that finds everything: the command palette, and the page of results for those without scripts."""

from dataclasses import asdict, dataclass
from typing import Any

from flask import Response, jsonify, request
from flask_admin import expose

from cms.admin import palette_actions, palette_records
from cms.admin.door import CmsView
from cms.admin.palette_records import Found
from cms.language import gettext, lazy, marked

LONGEST_QUERY = 200
MOST_IN_GROUP = 6
RECENT = marked("Recent")


@dataclass(frozen=True)
class Group:
    """Results of one kind, the best one first."""

    name: str
    results: list[Found]


class PaletteView(CmsView):
    """Finds records, lists, actions, settings and guides: each only where this person may open it."""

    title = lazy("Search")
    address = "search"

    def is_visible(self) -> bool:
        """It has its field at the top of every page, and so no line in the menu."""
        return False

    @expose("/")
    def index(self) -> str:
        """What the palette finds, as a page: the field at the top is an ordinary form."""
        text = asked()
        groups = [Group(group.name, [one for one in group.results if one.address]) for group in found(text)]
        groups = [group for group in groups if group.results]
        further = palette_actions.further(text) if text else []
        return self.render("admin/search.html", text=text, groups=groups, further=further)

    @expose("/find/")
    def find(self) -> Response:
        """The same for the palette."""
        text = asked()
        groups = found(text)
        return jsonify(
            count=sum(len(group.results) for group in groups),
            groups=[asdict(group) for group in groups],
            further=[asdict(one) for one in palette_actions.further(text)] if text else [],
        )


def asked() -> str:
    """What was typed, as far as anybody types."""
    return " ".join(request.args.get("q", "").replace("\x00", "")[:LONGEST_QUERY].split())


def found(text: str) -> list[Group]:
    """What fits ``text``, the group with the best one first; for no text what this person did last, and what to do."""
    if not text:
        groups = [Group(gettext(RECENT), palette_records.recent(MOST_IN_GROUP)), *_groups(palette_actions.first())]
        return [group for group in groups if group.results]
    groups = _groups([*palette_actions.matching(text), *palette_records.matching(text), *palette_actions.finer(text)])
    return sorted(groups, key=lambda group: min(one.rank for one in group.results))


def _groups(results: list[Found]) -> list[Group]:
    """In the order in which the kinds come; within one the best first, as given where they are equal."""
    kinds: dict[str, list[Found]] = {}
    for one in results:
        kinds.setdefault(one.kind, []).append(one)
    return [Group(kind, _best(kind, ones)) for kind, ones in kinds.items()]


def _best(kind: str, results: list[Found]) -> list[Found]:
    most: Any = None if all(one.always for one in results) else MOST_IN_GROUP
    return sorted(results, key=lambda one: one.rank)[:most]
