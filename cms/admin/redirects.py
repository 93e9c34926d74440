"""Redirects in the admin: old addresses and where they lead."""

from collections.abc import Sequence
from typing import Any

from wtforms import Form

from cms.admin import times
from cms.admin.base import CmsModelView
from cms.admin.consequences import Consequence
from cms.admin.importing import Importing
from cms.db import db
from cms.models import Redirect, RedirectOrigin
from cms.services import auditing, redirecting


def origin_column(view: Any, context: Any, row: Redirect, name: str) -> str:
    return {"moved": "A change of address", "manual": "By hand", "imported": "An import"}[row.origin.value]


def time_column(view: Any, context: Any, row: Redirect, name: str) -> Any:
    return times.shown(row.created_at)


class RedirectView(Importing, CmsModelView):
    """Old addresses. Those of posts, pages and tags that moved make themselves."""

    model = Redirect
    title = "Redirects"
    address = "redirect"
    help = "Old addresses and where they lead now. Whatever changes its address here gets one by itself."
    empty = "No redirect yet. Changing the address of something that was public makes one."

    needs = "redirect.edit"

    column_list = ["path", "target", "origin", "created_at"]
    column_labels = {"path": "Old address", "target": "Leads to", "origin": "Made by", "created_at": "Made"}
    column_formatters = {"origin": origin_column, "created_at": time_column}
    column_sortable_list = ["created_at"]
    column_default_sort = ("created_at", True)
    column_searchable_list = ["path", "target"]
    column_filters = ["origin"]
    column_export_list = ["path", "target", "origin", "created_at"]
    column_descriptions = {
        "path": "Of this site, from its slash on: /old/address",
        "target": "Of this site (/new/address), or a whole one (https://…).",
    }
    form_columns = ["path", "target"]

    def make(self, form: Form) -> Redirect:
        row = Redirect()
        redirecting.set_by_hand(row, form.path.data or "", form.target.data or "")
        db.session.add(row)
        db.session.flush()
        self.record("created", row, after=self.facts(row))
        return row

    def change(self, form: Form, row: Redirect) -> None:
        before = self.facts(row)
        redirecting.set_by_hand(row, form.path.data or "", form.target.data or "")
        before, after = auditing.changed(before, self.facts(row))
        if after:
            row.origin = RedirectOrigin.MANUAL
            self.record("edited", row, before=before, after=after)
        db.session.flush()

    def goes_with(self, rows: Sequence[Redirect]) -> list[Consequence]:
        which = rows[0].path if len(rows) == 1 else "one of these addresses"
        return [Consequence(f"Whoever follows a link to {which} will find nothing.")]
