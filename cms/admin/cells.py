"""One field of one row, changed where it stands in the list: fields that are safe to change by themselves.

A script puts the form into the cell. Without one it is a page of its own, and a switch is a button of the list's form.
"""

from collections.abc import Collection
from typing import Any

from flask import Response, abort, get_template_attribute, json, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.helpers import get_form_data
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError
from wtforms import BooleanField, Field, Form

from cms.admin.converting import CmsForm
from cms.admin.door import is_for_a_script
from cms.admin.outcomes import tell_done
from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext


def text_of(field: Field) -> str:
    """What ``field`` holds, as a form sends it."""
    if isinstance(field, BooleanField):
        return "yes" if field.data else ""
    return str(field._value()).replace("\r\n", "\n")


class Cells:
    """The part of ``CmsModelView`` that changes single fields: those of ``column_editable_list``."""

    column_editable_list: Collection[str]  # fields of the form: texts, numbers and switches

    # Flask-Admin would make a form for each row; ours is made when somebody asks for it.
    def get_list_form(self) -> type[Form]:
        return CmsForm

    def list_form(self, obj: Any = None) -> None:
        return None

    def may_change(self, row: Any) -> bool:
        """Whether this person may change such fields of this very row, which they see."""
        return self.can_edit and self.may_edit(row) and getattr(row, "deleted_at", None) is None

    def is_switch(self, name: str) -> bool:
        """Whether the field has two states, so that one press changes it."""
        return getattr(self._edit_form_class, name).field_class is BooleanField

    def change_cell(self, form: Form, row: Any, name: str) -> None:
        """Give ``row`` what ``form`` says, which has this one field. A view with a ``change`` of its own says how."""
        self.change(form, row)

    @expose("/ajax/update/", methods=("GET", "POST"))
    def ajax_update(self) -> ResponseReturnValue:
        """The form of one field; what was saved comes back as the cell, or leads back to the list."""
        name = request.args.get("column", "")
        if name not in self.column_editable_list:
            abort(404)
        row = self.one_or_404(request.args.get("id"))
        if not self.may_change(row):
            abort(403)
        number, kind = row.id, type("CellForm", (CmsForm,), {name: getattr(self._edit_form_class, name)})
        form, seen = kind(get_form_data(), obj=row), request.values.get("seen", "")
        if request.method == "GET":
            seen = text_of(kind(obj=row)[name])
        elif self.validate_form(form):
            was = text_of(kind(obj=row)[name])
            if self.attempt(lambda: self._change_cell(row, form, kind, name, seen) or True, form, row=row):
                return self._changed(row, name, was, text_of(kind(obj=row)[name]))
            row = self.get_one(number)
            if row is None:
                abort(404)
            seen = text_of(kind(obj=row)[name])  # whoever saves again has been told
        return self._cell_page(row, name, form, seen)

    def _change_cell(self, row: Any, form: Form, kind: type[Form], name: str, seen: str) -> None:
        """Raises InvalidChange when the field is not what the person saw, nor what they want."""
        held = select(self.model).where(self._key == row.id).with_for_update()
        if db.session.scalar(held.execution_options(populate_existing=True)) is None:
            raise StaleDataError("It is gone.")
        theirs, mine = text_of(kind(obj=row)[name]), text_of(form[name])
        if theirs == mine:
            return
        if theirs != seen.replace("\r\n", "\n"):
            raise InvalidChange(_overtaken(theirs), field=name)
        self.change_cell(form, row, name)

    def _changed(self, row: Any, name: str, was: str, became: str) -> ResponseReturnValue:
        label, value = self.get_column_name(name), self._cell_value(row, name)
        if not is_for_a_script():
            words = gettext("“%(row)s” is saved. %(field)s: %(value)s.", row=row, field=label, value=value)
            tell_done(words, self.person)
            return redirect(self._return_url())
        cell = get_template_attribute("admin/model/cell.html", "cell")
        answer = {
            "cell": cell(self, row, name, label, value, self._return_url(), was=was, became=became),
            "said": gettext("Saved. %(field)s: %(value)s.", field=label, value=value),
        }
        return Response(json.dumps(answer), mimetype="application/json")

    def _cell_value(self, row: Any, name: str) -> Any:
        return self._get_list_value(None, row, name, self.column_formatters, self.column_type_formatters)

    def _cell_page(self, row: Any, name: str, form: Form, seen: str) -> ResponseReturnValue:
        page = self.render(
            "admin/model/cell_form.html",
            model=row,
            form=form,
            field=form[name],
            seen=seen,
            label=self.get_column_name(name),
            return_url=self._return_url(),
        )
        return page, 422 if request.method == "POST" else 200


def _overtaken(theirs: str) -> str:
    if not theirs:
        return gettext("Somebody emptied this in the meantime. Save again to put yours in its place.")
    return gettext(
        "Somebody made this “%(theirs)s” in the meantime. Save again to put yours in its place.", theirs=theirs
    )
