"""The audit log in the admin, to read: who did what to what."""

from typing import Any

from sqlalchemy.orm import defer

from cms.admin import comparing, filters
from cms.admin.read_only import ReadOnlyView
from cms.admin.writing import time_column
from cms.models import AuditEntry


def action_column(view: Any, context: Any, entry: AuditEntry, name: str) -> str:
    """``post.published`` as words: Post published."""
    return entry.action.replace(".", " ").replace("_", " ").capitalize()


class AuditView(ReadOnlyView):
    """Entries are only ever added."""

    model = AuditEntry
    title = "Audit log"
    address = "audit"
    singular = "entry"
    help = "Who did what, and when. Entries are only ever added."
    empty = "Nothing has been done yet."

    needs = "audit.view"

    column_list = ["action", "subject_label", "actor_name", "at"]
    column_labels = {"action": "What", "subject_label": "To what", "actor_name": "Who", "at": "When"}
    column_formatters = {"action": action_column, "at": time_column}
    column_sortable_list = ["at"]
    column_default_sort = ("id", True)
    column_searchable_list = ["subject_label", "action"]
    column_export_list = ["at", "action", "subject_type", "subject_id", "subject_label", "actor_id", "actor_name"]
    column_filters = [
        filters.Filter("action", "What", lambda text: filters.contains(AuditEntry.action, text)),
        filters.Filter("type", "Kind of thing", lambda text: filters.contains(AuditEntry.subject_type, text)),
        *filters.of_column(AuditEntry.at, "When"),
    ]
    details_template = "admin/audit/details.html"
    list_options = [defer(AuditEntry.before), defer(AuditEntry.after)]

    def details_of(self, row: AuditEntry) -> dict[str, Any]:
        changes = comparing.changes(*comparing.states_of(row))
        return {"changes": changes, "action_words": action_column(self, None, row, "action")}
