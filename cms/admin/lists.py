"""What a person makes of a list, and what stands beside its rows: columns, saved views, counts and years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import Select, and_, literal, select
from wtforms import StringField

from cms.admin import dates, paths
from cms.admin.converting import CmsForm
from cms.admin.dates import Hierarchy, Link
from cms.admin.filters import Choice, Period
from cms.db import db
from cms.language import gettext, lazy
from cms.models import ChoiceKind, ListChoice
from cms.services import list_choices

MOST_DIGITS = 4  # of the place of a column
ROWS = ("rows",)
Question = Any  # one value of a query, as select(...).scalar_subquery()


class ViewForm(CmsForm):
    """The name under which a view is saved; the service says what is wrong with it."""

    name = StringField(lazy("Name"))


@dataclass(frozen=True)
class Column:
    """One that a list may show."""

    name: str
    label: str
    is_shown: bool
    is_fixed: bool = False  # what a row is called: without it there would be no way to its page


class Lists:
    """The part of ``CmsModelView`` that knows what each person chose for the list."""

    column_more: Sequence[str] = ()  # columns that are there to be chosen, beside those of column_list
    has_list = True

    def get_list_columns(self) -> list[tuple[str, str]]:
        names = [*(self.column_list or self.scaffold_list_columns()), *self.column_more]
        return self.get_column_names(names, self.column_exclude_list)

    # What one may do
    @expose("/columns/", methods=("POST",))
    def columns_view(self) -> ResponseReturnValue:
        """Remembers which columns this person wants to see."""
        self._must_have_list()
        wanted = set(request.form.getlist("columns"))
        names = [name for place, (name, _) in enumerate(self._list_columns) if place == 0 or name in wanted]
        chosen = None if request.form.get("act") == "usual" or names == self._usual_columns() else names
        self.attempt(lambda: (list_choices.choose_columns(self.person, self.address, chosen), True))
        return redirect(self._return_url())

    @expose("/views/", methods=("POST",))
    def views_view(self) -> ResponseReturnValue:
        """Saves what the address says beyond this one, as a view of the list under the name typed."""
        self._must_have_list()
        form, arguments = ViewForm(request.form), self.kept(request.args)
        name = form.name.data or ""
        saved = self.attempt(lambda: (list_choices.save_view(self.person, self.address, name, arguments),), form)
        if saved is None:
            self._template_args["view_form"] = self._template_args["form"] = form
            return self.index_view(), 422
        (before,) = saved
        name = list_choices.checked_name(name)
        renamed = gettext("“%(before)s” is called “%(name)s” now.", before=before, name=name)
        flash(renamed if before else gettext("“%(name)s” is saved.", name=name), "success")
        return redirect(self.list_url(self.asked_by(arguments)))

    @expose("/views/delete/", methods=("POST",))
    def delete_view_view(self) -> ResponseReturnValue:
        """Deletes one of their views. The list stays narrowed as it is, so that the view can be saved again."""
        self._must_have_list()
        name = request.form.get("name", "")
        done = self.attempt(lambda: (list_choices.delete_view(self.person, self.address, name),))
        if done == (True,):
            flash(gettext("The view “%(name)s” is deleted. What it showed is still here.", name=name), "success")
        elif done is not None:
            flash(gettext("There is no view of this name any more."), "error")
        return redirect(self._return_url())

    def _must_have_list(self) -> None:
        if not self.has_list:
            abort(404)

    # What an address asks of the list, and what is kept of it
    def kept(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """What narrows and orders the list, of the arguments of an address; the order by the name of its column."""
        place = arguments.get("sort", "")
        is_place = place.isascii() and place.isdigit() and len(place) <= MOST_DIGITS
        column = self._get_column_by_idx(int(place)) if is_place else None
        return self._narrowing(arguments) | self._ordered(column and column[0], arguments.get("desc"))

    def asked_by(self, kept: Any) -> dict[str, str]:
        """The arguments for an address, of what was ``kept``. What the list does not know any more is left out."""
        if not isinstance(kept, Mapping):
            return {}
        order = self._ordered(kept.get("sort"), kept.get("desc"))
        if order:
            order["sort"] = str(self._column_places()[order["sort"]])
        return self._narrowing(kept) | order

    def _narrowing(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        given = ((flt, arguments.get(flt.name)) for flt in self._filters)
        found = {flt.name: value for flt, value in given if _is_text(value) and flt.fits(value)}
        search = arguments.get("search")
        if self._search_supported and _is_text(search) and (words := search.replace("\x00", "").strip()[:500]):
            found["search"] = words
        return found

    def _ordered(self, column: Any, descending: Any) -> dict[str, str]:
        names = self._column_places().keys() & self._sortable_columns.keys()
        if not isinstance(column, str) or column not in names:
            return {}
        return {"sort": column, "desc": "1"} if descending == "1" else {"sort": column}

    # What stands beside the rows
    def look_round(self, counted: Select[Any] | None, search: str | None, chosen: Sequence[Any]) -> int | None:
        """Ask all that stands beside the rows, in one query, for the template; what ``counted`` counts comes back."""
        questions: dict[Any, Question] = self._questions_of_choices(search, chosen) | self._questions_of_dates()
        if counted is not None:
            questions[ROWS] = counted.scalar_subquery()
        answers, choices = self._answered(questions)
        columns = self._columns(choices)
        here = self.asked_by(self.kept(request.args))
        views = [
            Link(one.name, self.list_url(asked), asked == here)
            for one in sorted(choices, key=lambda one: one.name.casefold())
            if one.kind is ChoiceKind.VIEW and (asked := self.asked_by(one.value))
        ]
        self._template_args.setdefault("view_form", None)
        self._template_args.update(
            list_columns=[(one.name, one.label) for one in columns if one.is_shown],
            column_places=self._column_places(),
            columns=columns,
            is_usual=[one.name for one in columns if one.is_shown] == self._usual_columns(),
            saved_views=views,
            whole_list=Link(gettext("All"), self.list_url({}), not here),
            filter_words={self._filters[index].name: self._filters[index].shown(value) for index, _, value in chosen},
            view_name=next((view.text for view in views if view.is_current), None),
            can_save=bool(here),
            here=here,
            choice_counts=self._counts(answers),
            hierarchies=self._hierarchies(answers),
        )
        return answers.get(ROWS)

    def _answered(self, questions: Mapping[Any, Question]) -> tuple[dict[Any, Any], list[Any]]:
        """The answers, and what this person chose for the list: rows of one query, each with all answers."""
        values = [one.label(f"fact_{place}") for place, one in enumerate(questions.values())]
        facts = select(*values, literal(1).label("none")).subquery("facts")
        theirs = and_(ListChoice.user_id == self.person.id, ListChoice.list_name == self.address)
        chosen = select(facts, ListChoice.kind, ListChoice.name, ListChoice.value)
        rows = db.session.execute(chosen.outerjoin_from(facts, ListChoice, theirs)).all()
        return dict(zip(questions, rows[0], strict=False)), [row for row in rows if row.kind is not None]

    # Columns
    def _columns(self, choices: Sequence[Any]) -> list[Column]:
        chosen = next((one.value for one in choices if one.kind is ChoiceKind.COLUMNS), None)
        shown = chosen if isinstance(chosen, list) else self._usual_columns()
        named = enumerate(self._list_columns)
        return [Column(name, label, place == 0 or name in shown, place == 0) for place, (name, label) in named]

    def _usual_columns(self) -> list[str]:
        return [name for name, _ in self._list_columns if name not in self.column_more]

    def _column_places(self) -> dict[str, int]:
        """Where each column stands among all of them, which is how an address names the one that orders the list."""
        return {name: place for place, (name, _) in enumerate(self._list_columns)}

    # Counts
    def _questions_of_choices(self, search: str | None, chosen: Sequence[Any]) -> dict[Any, Question]:
        """How many rows each choice would leave, unless something else narrows the list too, or the person's rights."""
        others = {self._filters[index].name for index, _, _ in chosen}
        questions: dict[Any, Question] = {}
        for flt in self._filters:
            if not isinstance(flt, Choice) or not flt.counted or search or others - {flt.name} or self.limits():
                continue
            ways = {value: flt.path_of(value) for value, _ in flt.choices}
            if None in ways.values() and paths.oldest_of(self._key, paths.MOST_LOOKED_THROUGH)[1]:
                continue  # without a path each count reads the whole table, which is large
            for value, path in ways.items():
                rows, key = self.get_query(), self._key
                if path is None:
                    rows = flt.narrow(rows, value)
                else:
                    rows, key = path.narrow(rows, self.model), path.key
                counted = paths.counting(rows, key, paths.MOST_COUNTED_BESIDE)
                questions["count", flt.name, value] = counted.scalar_subquery()
        return questions

    def _counts(self, answers: Mapping[Any, Any]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for question, number in answers.items():
            if question[0] == "count":  # a filter, and one of its choices
                found.setdefault(question[1], {})[question[2]] = paths.told(number, paths.MOST_COUNTED_BESIDE)
        return found

    # Years and months
    def _questions_of_dates(self) -> dict[Any, Question]:
        limits, found = self.limits(), {}
        few = limits[0].ids(getattr(limits[0], "most", paths.MOST_LOOKED_THROUGH)) if limits else None
        for period, chosen in self._periods():
            asked = dates.questions(period, self.listed(self.get_query()), self._key, chosen, few=few)
            found.update({("date", period.name, name): question for name, question in asked.items()})
        return found

    def _hierarchies(self, answers: Mapping[Any, Any]) -> list[Hierarchy]:
        found = []
        for period, chosen in self._periods():
            theirs = {key[2]: answer for key, answer in answers.items() if key[:2] == ("date", period.name)}
            found.append(dates.hierarchy(period, theirs, chosen, self.changed_url))
        return [one for one in found if one is not None]

    def _periods(self) -> list[tuple[Period, str]]:
        """Each date by which the list goes, and what is chosen of it."""
        if "deleted_at" in self.model.__table__.c and self.listed(select(self._key)).whereclause is None:
            return []  # the trash, which no index has by another time than that of throwing away
        found = [(flt, request.args.get(flt.name, "")) for flt in self._filters if isinstance(flt, Period)]
        return [(period, value if period.fits(value) else "") for period, value in found]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""
