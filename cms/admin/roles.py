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
from cms.admin.fields import AtMost, Filled, no_nul
from cms.models import Role, User, UserRole
from cms.models.permission import PERMISSIONS
from cms.services import roles

# Rights are named SUBJECT.VERB: the heading that each subject's boxes stand under.
GROUPS = {
    "admin": "Admin",
    "post": "Posts",
    "page": "Pages",
    "tag": "Tags",
    "author": "Authors",
    "comment": "Comments",
    "media": "Media",
    "redirect": "Redirects",
    "setting": "Settings",
    "user": "People",
    "role": "Roles",
    "audit": "Audit log",
    "mail": "Outbox",
    "data": "Lists",
}


class RoleForm(CmsForm):
    """A name, a sentence, and rights."""

    name = StringField("Name", [Filled(), no_nul, AtMost(roles.MOST_NAME_LETTERS)], filters=[stripped])
    description = StringField("What it is for", [no_nul, AtMost(roles.MOST_DESCRIPTION_LETTERS)], filters=[stripped])
    permissions = ChecksField("Whoever has it may")


def rights_column(view: Any, context: Any, role: Role, name: str) -> str:
    return f"{len(role.permissions)} of {len(PERMISSIONS)}"


class RoleView(CmsModelView):
    """Roles. Nobody puts into one what they lack, and somebody always keeps the keys."""

    model = Role
    title = "Roles"
    address = "role"
    help = "What people may do. A change counts from their next click on."

    needs = "role.edit"

    column_list = ["name", "description", "permissions", "person_count"]
    column_labels = {"description": "What it is for", "permissions": "Rights", "person_count": "People"}
    column_formatters = {"permissions": rights_column}
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
        words = "has it" if one else "has one of these"
        many = "have it" if one else "have one of these"
        first = "and needs another one first." if one else "and needs another one first; such a role stays."
        return told(
            (
                people,
                f"person {words} {first}",
                f"people {many} {first.replace('needs', 'need')}",
                User,
                one and {"role": one.name},
            )
        )

    def remove(self, row: Role) -> None:
        roles.delete_role(row, by=self.person)


def _with_rights(form: Any, role: Role | None) -> Form:
    held = role.grants if role is not None else frozenset()
    form.permissions.choices = [
        Check(name, meaning, group=_heading(name))
        for name, meaning in PERMISSIONS.items()
        if name in held or current_user.may(name)
    ]
    return form


def _heading(permission: str) -> str:
    subject = permission.split(".")[0]
    return GROUPS.get(subject, subject.capitalize())
