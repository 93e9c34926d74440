"""The base of every table of records in the admin. A view over it is a table of attributes."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import FormOpts
from flask_admin.helpers import get_redirect_target
from flask_admin.model.typefmt import BASE_FORMATTERS

from cms.admin import times
from cms.admin.bulk import Bulk
from cms.admin.cells import Cells
from cms.admin.converting import CmsForm, CmsModelConverter
from cms.admin.door import Guarded, is_for_a_script, may
from cms.admin.exporting import Exporting
from cms.admin.history import Remembering
from cms.admin.ids import record_id
from cms.admin.list_address import ListAddress
from cms.admin.lists import Lists
from cms.admin.outcomes import tell_done
from cms.admin.rows import Rows
from cms.admin.saving import Saving
from cms.db import Base, db
from cms.language import gettext, lazy, marked


def as_choices(choices: Sequence[tuple[Any, ...]]) -> Response:
    """``choices``, each as ``Lookup.choice`` gives it, for a picker."""
    return Response(json.dumps(choices), mimetype="application/json")


class CmsModelView(Guarded, Bulk, Cells, Lists, Rows, ListAddress, Saving, Exporting, Remembering, ModelView):
    """Knows who enters (``needs``), which rows exist for them (``visible``), the commit, the audit and how errors read.

    ``title`` names it in the menu, ``address`` stands in its URL (/admin/ADDRESS/; endpoint ``admin_ADDRESS``).
    """

    model: type[Base]
    title = ""
    address = ""
    singular = ""  # "post": for "New post"; made of the model's name unless told
    help = ""  # one line under the title
    empty: Any = lazy("There is nothing here yet.")

    # Rights: to enter, and where they differ to create, edit and delete; an empty text means nobody.
    needs = "admin.enter"
    needs_create: str | None = None
    needs_edit: str | None = None
    needs_delete: str | None = None
    action_needs: dict[str, str] = {}  # the right that a bulk act asks for beside that of each row

    form_base_class = CmsForm
    model_form_converter = CmsModelConverter
    column_auto_select_related = False
    column_display_actions = True
    column_formatters_export: dict[str, Any] = {}
    column_type_formatters = {
        **BASE_FORMATTERS,
        bool: lambda view, value, name: gettext("Yes") if value else gettext("No"),
        datetime: lambda view, value, name: times.shown(value),
    }
    can_view_details = False
    can_set_page_size = True
    page_size = 20
    page_size_options = (20, 50, 100)
    list_template = "admin/model/list.html"
    create_template = "admin/model/create.html"
    edit_template = "admin/model/edit.html"
    details_template = "admin/model/details.html"
    delete_template = "admin/model/delete.html"

    def __init__(self, category: str | None = None) -> None:
        self.singular = self.singular or lazy(self.model.__tablename__.replace("_", " "))
        super().__init__(
            self.model, db, name=self.title, category=category, endpoint=f"admin_{self.address}", url=self.address
        )

    def _prettify_name(self, name: str) -> Any:
        """A column or a field that no label names: read by each page in its own language."""
        return lazy(super()._prettify_name(name))

    prettify_name = _prettify_name  # as forms ask for it

    # What may this person do?
    @property
    def can_create(self) -> bool:
        return self._may(self.needs_create)

    @property
    def create_words(self) -> str:
        """What the button says that leads to the form for a new row, and the head of that form."""
        return gettext("New %(thing)s", thing=self.singular)

    @property
    def can_edit(self) -> bool:
        return self._may(self.needs_edit)

    @property
    def can_delete(self) -> bool:
        return self._may(self.needs_delete)

    @property
    def can_export(self) -> bool:
        return may("data.export")

    def _may(self, permission: str | None) -> bool:
        if permission == "":
            return False
        return may(self.needs if permission is None else permission)

    def may_edit(self, row: Any) -> bool:
        """Whether this person may edit this very row, which they see."""
        return True

    def may_delete(self, row: Any) -> bool:
        """Whether this person may delete this very row, or put it into the trash."""
        return True

    def details_of(self, row: Any) -> dict[str, Any]:
        """What the page of one row shows beside its columns."""
        return {}

    def is_action_allowed(self, name: str) -> bool:
        if name == "delete":
            return self.can_delete and super().is_action_allowed(name)
        return may(self.action_needs.get(name, self.needs)) and super().is_action_allowed(name)

    # Pages
    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> ResponseReturnValue:
        """A form for a new row."""
        if not self.can_create:
            abort(403)
        form = self.create_form()
        if self.validate_form(form):
            row = self.create_model(form)
            if row:
                if is_for_a_script():
                    return as_choices([(row.id, str(row))])
                tell_done(self.created_message(row), self.person)
                return redirect(self.get_save_return_url(row, is_created=True))
        return self._form_page(self.create_template, form, None, self._form_create_rules)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> ResponseReturnValue:
        """The form of one row."""
        row = self.one_or_404(request.args.get("id"))
        if not (self.can_edit and self.may_edit(row)):
            abort(403)
        form = self.edit_form(obj=row)
        if self.validate_form(form) and self.update_model(form, row):
            tell_done(self.saved_message(row), self.person)
            return redirect(self.get_save_return_url(row, is_created=False))
        if request.method == "POST":
            row = self.get_one(request.args.get("id"))  # what the refused change left of the old one is gone
        return self._form_page(self.edit_template, form, row, self._form_edit_rules)

    @expose("/details/")
    def details_view(self) -> ResponseReturnValue:
        """One row to read."""
        if not self.can_view_details:
            abort(404)
        row = self.one_or_404(request.args.get("id"))
        return self.render(
            self.details_template,
            model=row,
            details_columns=self._details_columns,
            get_value=self.get_detail_value,
            return_url=self._return_url(),
            **self.details_of(row),
        )

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> ResponseReturnValue:
        """Asks before it deletes, and says what goes with it; into the trash it asks only when something does."""
        row = self.one_or_404(request.values.get("id"))
        if not (self.can_delete and self.may_delete(row)):
            abort(403)
        if request.method == "GET" or (self.trashes and request.form.get("confirmed") != "yes"):
            goes = self.goes_with([row])
            if request.method == "GET" or any(one.asks for one in goes):
                return self.render(
                    self.delete_template,
                    model=row,
                    goes_with=goes,
                    stays=self.stays([row]),
                    instead=self.instead_of_deleting([row]),
                    final=self.final_words([row]),
                    return_url=self._return_url(),
                )
        name, is_final = str(row), bool(self.final_words([row]))
        if self.delete_model(row):
            words = marked("“%(name)s” is in the trash.") if self.trashes else marked("“%(name)s” is deleted.")
            tell_done(gettext(words, name=name), self.person, is_final=is_final)
        return redirect(self._return_url())

    @expose("/restore/", methods=("POST",))
    def restore_view(self) -> ResponseReturnValue:
        """Takes one row out of the trash."""
        row = self.one_or_404(request.values.get("id"))
        if not (self.trashes and self.can_delete and self.may_delete(row)):
            abort(403)
        name = str(row)
        if self.attempt(lambda: self.put_back(row) or True, row=row):
            tell_done(gettext("“%(name)s” is out of the trash.", name=name), self.person)
        return redirect(self._return_url())

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> ResponseReturnValue:
        """The list as a file."""
        if not self.can_export:
            abort(403)
        if export_type not in self.export_types:
            abort(404)
        return self.exported(export_type)

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> ResponseReturnValue:
        """Pairs of id and label for a picker."""
        lookup = self.lookup_of(request.args.get("name"))
        found = lookup.get_list(
            request.args.get("query"), record_id(request.args.get("offset")) or 0, record_id(request.args.get("limit"))
        )
        return as_choices([lookup.choice(row) for row in found])

    # Words and ways
    def created_message(self, row: Any) -> str:
        return gettext("“%(name)s” is saved.", name=row)

    def saved_message(self, row: Any) -> str:
        return gettext("“%(name)s” is saved.", name=row)

    def get_save_return_url(self, model: Any, is_created: bool = False) -> str:
        return self._return_url()

    def get_empty_list_message(self) -> str:
        return self.empty

    def _return_url(self) -> str:
        return get_redirect_target() or self.get_url(".index_view")

    def _form_page(self, template: str, form: Any, row: Any, rules: Any) -> ResponseReturnValue:
        page = self.render(
            template,
            model=row,
            form=form,
            form_opts=FormOpts(widget_args=self.form_widget_args, form_rules=rules),
            return_url=self._return_url(),
        )
        return page, 422 if request.method == "POST" else 200
