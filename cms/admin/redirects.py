"""Redirects in the admin: old addresses and where they lead."""

from collections.abc import Sequence
from typing import Any

from wtforms import Form

from cms.admin import times
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence
from cms.admin.fields import Checked, Free
from cms.admin.importing import Importing
from cms.db import db
from cms.language import gettext, lazy
from cms.models import Redirect, RedirectOrigin
from cms.services import auditing, redirecting

ORIGINS = {"moved": lazy("A change of address"), "manual": lazy("By hand"), "imported": lazy("An import")}


def origin_column(view: Any, context: Any, row: Redirect, name: str) -> str:
    return str(ORIGINS[row.origin.value])


def time_column(view: Any, context: Any, row: Redirect, name: str) -> Any:
    return times.shown(row.created_at)


class RedirectView(Importing, CmsModelView):
    """Old addresses. Those of posts, pages and tags that moved make themselves."""

    model = Redirect
    title = lazy("Redirects")
    singular = lazy("redirect")
    address = "redirect"
    help = lazy("Old addresses and where they lead now. Whatever changes its address here gets one by itself.")
    empty = lazy("No redirect yet. Changing the address of something that was public makes one.")

    needs = "redirect.edit"

    column_list = ["path", "target", "origin", "created_at"]
    column_labels = {
        "path": lazy("Old address"),
        "target": lazy("Leads to"),
        "origin": lazy("Made by"),
        "created_at": lazy("Made"),
    }
    column_formatters = {"origin": origin_column, "created_at": time_column}
    column_editable_list = ["target"]
    column_sortable_list = ["created_at"]
    column_default_sort = ("created_at", True)
    column_searchable_list = ["path", "target"]
    column_filters = ["origin"]
    column_export_list = ["path", "target", "origin", "created_at"]
    column_descriptions = {
        "path": lazy("Of this site, from its slash on: /old/address"),
        "target": lazy("Of this site (/new/address), or a whole one (https://…)."),
    }
    form_columns = ["path", "target"]
    form_args = {
        "path": {"validators": [Checked(redirecting.checked_path), Free(redirecting.must_be_free)]},
        "target": {"validators": [Checked(redirecting.checked_target)]},
    }

    def make(self, form: Form) -> Redirect:
        row = Redirect()
        redirecting.set_by_hand(row, form.path.data or "", form.target.data or "")
        db.session.add(row)
        db.session.flush()
        self.record("created", row, after=self.facts(row))
        return row

    def change(self, form: Form, row: Redirect) -> None:
        self._lead(row, form.path.data or "", form.target.data or "")

    def change_cell(self, form: Form, row: Redirect, name: str) -> None:
        self._lead(row, row.path, form.target.data or "")

    def _lead(self, row: Redirect, path: str, target: str) -> None:
        before = self.facts(row)
        redirecting.set_by_hand(row, path, target)
        before, after = auditing.changed(before, self.facts(row))
        if after:
            row.origin = RedirectOrigin.MANUAL
            self.record("edited", row, before=before, after=after)
        db.session.flush()

    def goes_with(self, rows: Sequence[Redirect]) -> list[Consequence]:
        if len(rows) == 1:
            words = gettext("Whoever follows a link to %(path)s will find nothing.", path=rows[0].path)
        else:
            words = gettext("Whoever follows a link to one of these addresses will find nothing.")
        return [Consequence(words)]
