"""Series in the admin: their titles, and the order of their parts."""

from collections.abc import Sequence
from typing import Any

from flask import abort, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer
from wtforms import Form

from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence, leading_to, told
from cms.admin.fields import WRAPPING, Checked, Free
from cms.admin.ids import record_id
from cms.admin.lookup import VIEWS
from cms.admin.lookups import POSTS
from cms.admin.outcomes import tell_done
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, lazy, marked_plural
from cms.models import Post, Series, SeriesPart
from cms.services import revising, series


class SeriesView(CmsModelView):
    """Series. A new title leads the old address to the new one."""

    model = Series
    title = lazy("Series")
    singular = lazy("series")
    address = "series"
    help = lazy("Posts that are read one after the other.")
    empty = lazy("No series yet. They begin while you write: name one in the form of a post.")

    needs = "tag.edit"

    column_list = ["title", "part_count", "slug", "description"]
    column_labels = {"part_count": lazy("Parts"), "slug": lazy("Address")}
    column_editable_list = ["description"]
    column_sortable_list = ["title"]
    column_default_sort = "title"
    column_searchable_list = ["title", "slug"]
    column_export_list = ["title", "slug", "description"]
    form_columns = ["title", "description"]
    form_args = {
        "title": {"validators": [Checked(series.clean_title), Free(series.must_be_free)]},
        "description": WRAPPING,
    }
    form_ajax_refs = {"posts": POSTS}
    edit_template = "admin/series/edit.html"

    def get_list(self, *args: Any, **kwargs: Any) -> tuple[int | None, Any]:
        count, found = super().get_list(*args, **kwargs)
        numbers = _part_counts([row.id for row in found])
        for row in found:
            row.part_count = numbers.get(row.id, 0)
        return count, found

    def make(self, form: Form) -> Series:
        row = series.begin(form.title.data)
        row.description = form.description.data or ""
        self.record("created", row, after=self.facts(row))
        return row

    def change(self, form: Form, row: Series) -> None:
        series.rename(row, form.title.data, by=self.person)
        if (form.description.data or "") != row.description:
            before = row.description
            row.description = form.description.data or ""
            self.record("edited", row, before={"description": before}, after={"description": row.description})

    def change_cell(self, form: Form, row: Series, name: str) -> None:
        super().change(form, row)  # all but the title is a field like any other

    def handle_view_exception(self, exc: Exception, form: Form | None = None) -> bool:
        if isinstance(exc, InvalidChange) and exc.field == "series":
            exc.field = "title"
        return super().handle_view_exception(exc, form)

    def goes_with(self, rows: Sequence[Series]) -> list[Consequence]:
        parts = select(SeriesPart.post_id).where(SeriesPart.series_id.in_([row.id for row in rows]))
        one = rows[0] if len(rows) == 1 else None
        return told(
            (
                parts,
                marked_plural(
                    "%(num)s post is part of no series any more. The posts stay.",
                    "%(num)s posts are part of no series any more. The posts stay.",
                ),
                Post,
                one and {"series": one.id},
            ),
            leading_to(rows),
        )

    # The page of one series
    def _form_page(self, template: str, form: Any, row: Series | None, rules: Any) -> ResponseReturnValue:
        if row is not None:
            self._template_args["parts"] = list(db.session.scalars(self._parts_of(row)))
        return super()._form_page(template, form, row, rules)

    def _parts_of(self, row: Series) -> Select[Any]:
        """Those of its posts that this person sees, in their order."""
        query = self._posts.visible(select(Post)).where(Post.deleted_at.is_(None))
        query = query.join(SeriesPart, SeriesPart.post_id == Post.id).where(SeriesPart.series_id == row.id)
        return query.options(defer(Post.body), defer(Post.body_html)).order_by(SeriesPart.position, SeriesPart.post_id)

    @property
    def _posts(self) -> Any:
        return current_app.extensions[VIEWS][Post]

    @expose("/order/", methods=("POST",))
    def order_view(self) -> ResponseReturnValue:
        """Puts its parts into the order of the numbers typed, or moves one of them by one place."""
        row = self.one_or_404(request.args.get("id"))
        number = row.id
        before = [post.id for post in db.session.scalars(self._parts_of(row))]
        after = _ordered(before, request.form)
        moved = self.attempt(lambda: (series.put_in_order(row, after, by=self.person), True), row=row)
        if moved is not None and moved[0]:
            tell_done(gettext("The parts of “%(name)s” stand in their new order.", name=row.title), self.person)
        return redirect(self.get_url(".edit_view", id=number, _anchor="parts"))

    @expose("/posts/", methods=("POST",))
    def posts_view(self) -> ResponseReturnValue:
        """Adds posts at its end, or takes one out."""
        row = self.one_or_404(request.args.get("id"))
        act = request.form.get("act", "")
        if act not in ("add", "remove"):
            abort(400)
        title, number = row.title, row.id
        done = gettext("posts are part of it now") if act == "add" else gettext("posts were taken out")

        def put(post: Post) -> None:
            if not self._posts.may_edit(post):
                raise NotAllowed(gettext("You may not edit this post."))
            before = post.series.title if post.series is not None else ""
            if act == "remove" and before != title:
                return
            after = title if act == "add" else ""
            revising.change_live(post, {"series": after}, by=self.person)
            if before != after:
                self.record("edited", post, before={"series": before}, after={"series": after})

        wanted = [part for part in request.form.getlist("posts") if part]
        if wanted:
            self._posts.each(wanted, put, done)
        else:
            flash(gettext("Choose a post first."), "error")
        return redirect(self.get_url(".edit_view", id=number, _anchor="parts"))


def _ordered(before: list[int], typed: Any) -> list[int]:
    """The ids of ``before`` as the form wants them. Whoever gives a part the number of another puts it in its place."""
    places = {number: place for place, number in enumerate(before, 1)}
    chosen = record_id(typed.get("up")) or record_id(typed.get("down"))
    if chosen is not None:
        step = -1.5 if typed.get("up") else 1.5
        return sorted(before, key=lambda number: places[number] + (step if number == chosen else 0))

    def key(number: int) -> tuple[int, int, int]:
        place = places[number]
        wanted = record_id(typed.get(f"place-{number}")) or place
        return wanted, (wanted > place) - (wanted < place), place

    return sorted(before, key=key)


def _part_counts(ids: list[int]) -> dict[int, int]:
    """How many parts each has: few, since a series is bounded."""
    counted = select(SeriesPart.series_id, func.count()).where(SeriesPart.series_id.in_(ids))
    return dict(db.session.execute(counted.group_by(SeriesPart.series_id)).all()) if ids else {}
