"""Roles in the admin: named sets of rights, each right a box to tick."""

from collections.abc import Sequence
from typing import Any

from flask_login import current_user
from sqlalchemy import select
from wtforms import Form, StringField

from cms.admin import paths
from cms.admin.base import CmsModelView
from cms.admin.checks import Check, ChecksField
from cms.admin.consequences import Consequence, told
from cms.admin.converting import CmsForm, stripped
from cms.admin.fields import AtMost, Filled, Free, no_nul
from cms.language import gettext, lazy, marked_plural
from cms.models import Role, User, UserRole
from cms.models.permission import PERMISSIONS
from cms.services import roles

# Rights are named SUBJECT.VERB: the heading that each subject's boxes stand under.
GROUPS = {
    "admin": lazy("Admin"),
    "post": lazy("Posts"),
    "page": lazy("Pages"),
    "tag": lazy("Tags and series"),
    "author": lazy("Authors"),
    "comment": lazy("Comments"),
    "media": lazy("Media"),
    "redirect": lazy("Redirects"),
    "setting": lazy("Settings"),
    "user": lazy("People"),
    "role": lazy("Roles"),
    "audit": lazy("Audit log"),
    "mail": lazy("Outbox"),
    "data": lazy("Lists"),
}


class RoleForm(CmsForm):
    """A name, a sentence, and rights."""

    name = StringField(
        lazy("Name"), [Filled(), no_nul, AtMost(roles.MOST_NAME_LETTERS), Free(roles.must_be_free)], filters=[stripped]
    )
    description = StringField(
        lazy("What it is for"), [no_nul, AtMost(roles.MOST_DESCRIPTION_LETTERS)], filters=[stripped]
    )
    permissions = ChecksField(lazy("Whoever has it may"))


def rights_column(view: Any, context: Any, role: Role, name: str) -> str:
    return gettext("%(number)s of %(all)s", number=len(role.permissions), all=len(PERMISSIONS))


def description_column(view: Any, context: Any, role: Role, name: str) -> str:
    """Those of the roles that a site begins with are ours to translate."""
    return gettext(role.description)


class RoleView(CmsModelView):
    """Roles. Nobody puts into one what they lack, and somebody always keeps the keys."""

    model = Role
    title = lazy("Roles")
    singular = lazy("role")
    address = "role"
    help = lazy("What people may do. A change counts from their next click on.")

    needs = "role.edit"

    column_list = ["name", "description", "permissions", "person_count"]
    column_labels = {
        "description": lazy("What it is for"),
        "permissions": lazy("Rights"),
        "person_count": lazy("People"),
    }
    column_formatters = {"permissions": rights_column, "description": description_column}
    column_sortable_list = ["name"]
    column_default_sort = "name"
    column_export_list = ["name", "description", "permissions"]
    form = RoleForm
    form_columns = ["name", "description", "permissions"]
    form_widget_args = {"permissions": {"required": True}}

    def get_list(self, *args: Any, **kwargs: Any) -> tuple[int | None, Any]:
        count, found = super().get_list(*args, **kwargs)
        numbers = paths.counted(UserRole.role_id, [role.id for role in found])
        for role in found:
            role.person_count = paths.told(numbers[role.id])
        return count, found

    def may_edit(self, row: Role) -> bool:
        return current_user.can_grant([row])

    def may_delete(self, row: Role) -> bool:
        return self.may_edit(row)

    def create_form(self, obj: Any = None) -> Form:
        return _with_rights(super().create_form(obj), None)

    def edit_form(self, obj: Role | None = None) -> Form:
        return _with_rights(super().edit_form(obj), obj)

    def make(self, form: Form) -> Role:
        return roles.add_role(
            form.name.data, form.permissions.data, description=form.description.data or "", by=self.person
        )

    def change(self, form: Form, row: Role) -> None:
        roles.change_role(
            row,
            form.permissions.data,
            name=form.name.data,
            description=form.description.data or "",
            by=self.person,
        )

    def goes_with(self, rows: Sequence[Role]) -> list[Consequence]:
        one = rows[0] if len(rows) == 1 else None
        people = select(UserRole.user_id).where(UserRole.role_id.in_([row.id for row in rows])).distinct()
        return told(
            (
                people,
                marked_plural(
                    "%(num)s person has it and needs another one first.",
                    "%(num)s people have it and need another one first.",
                )
                if one
                else marked_plural(
                    "%(num)s person has one of these and needs another one first; such a role stays.",
                    "%(num)s people have one of these and need another one first; such a role stays.",
                ),
                User,
                one and {"role": one.name},
            )
        )

    def remove(self, row: Role) -> None:
        roles.delete_role(row, by=self.person)


def _with_rights(form: Any, role: Role | None) -> Form:
    held = role.grants if role is not None else frozenset()
    form.permissions.choices = [
        Check(name, gettext(meaning), group=_heading(name))
        for name, meaning in PERMISSIONS.items()
        if name in held or current_user.may(name)
    ]
    return form


def _heading(permission: str) -> str:
    subject = permission.split(".")[0]
    return str(GROUPS.get(subject, subject.capitalize()))
