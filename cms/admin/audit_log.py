"""The audit log in the admin, to read: who did what to what."""

from typing import Any

from sqlalchemy.orm import defer

from cms.admin import comparing, filters, words
from cms.admin.read_only import ReadOnlyView
from cms.admin.writing import time_column
from cms.language import lazy
from cms.models import AuditEntry


def action_column(view: Any, context: Any, entry: AuditEntry, name: str) -> str:
    """``post.published`` as words: Post published."""
    return words.act(entry.action)


class AuditView(ReadOnlyView):
    """Entries are only ever added."""

    model = AuditEntry
    title = lazy("Audit log")
    address = "audit"
    singular = lazy("entry")
    help = lazy("Who did what, and when. Entries are only ever added.")
    empty = lazy("Nothing has been done yet.")

    needs = "audit.view"

    column_list = ["action", "subject_label", "actor_name", "at"]
    column_labels = {
        "action": lazy("What"),
        "subject_label": lazy("To what"),
        "actor_name": lazy("Who"),
        "at": lazy("When"),
    }
    column_formatters = {"action": action_column, "at": time_column}
    column_sortable_list = ["at"]
    column_default_sort = ("id", True)
    column_searchable_list = ["subject_label", "action"]
    column_export_list = ["at", "action", "subject_type", "subject_id", "subject_label", "actor_id", "actor_name"]
    column_filters = [
        filters.Filter("action", lazy("What"), lambda text: filters.contains(AuditEntry.action, text)),
        filters.Filter("type", lazy("Kind of thing"), lambda text: filters.contains(AuditEntry.subject_type, text)),
        *filters.of_column(AuditEntry.at, lazy("When")),
    ]
    details_template = "admin/audit/details.html"
    list_options = [defer(AuditEntry.before), defer(AuditEntry.after)]

    def details_of(self, row: AuditEntry) -> dict[str, Any]:
        changes = comparing.changes(*comparing.states_of(row))
        return {
            "changes": changes,
            "action_words": words.act(row.action),
            "subject_words": words.plain(row.subject_type),
        }
