"""Tables to read: the audit log, revisions, the outbox."""

from cms.admin.base import CmsModelView


class ReadOnlyView(CmsModelView):
    """A table that nobody changes by hand: a list, and a page for each row."""

    needs_create = needs_edit = needs_delete = ""
    can_view_details = True
    form_columns: list[str] = []
    action_disallowed_list = ["delete"]

    def scaffold_form(self):  # type: ignore[no-untyped-def]
        return self.form_base_class
