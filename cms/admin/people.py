"""People in the admin: who may sign in, and as what."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import defer
from wtforms import Form, SelectField, StringField

from cms.admin import filters
from cms.admin.badges import badge
from cms.admin.base import CmsModelView
from cms.admin.checks import Check, ChecksField
from cms.admin.consequences import Consequence, Instead, told
from cms.admin.converting import CmsForm, stripped
from cms.admin.fields import AtMost, Checked, Filled, Free, no_nul
from cms.admin.importing import Importing
from cms.admin.outcomes import tell_done
from cms.admin.paths import Path, index_of
from cms.admin.times import ZONES, shown
from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext, lazy, marked, marked_plural
from cms.models import Author, Comment, Post, PostAuthor, Role, User, UserRole
from cms.services import accounts, inviting

NO_MAIL = marked("No mail server is set. Give %(name)s this link to choose a password; it is shown only now: %(link)s")


class PersonForm(CmsForm):
    """An account. Passwords are chosen by the person, never here."""

    name = StringField(lazy("Name"), [Filled(), no_nul, AtMost(accounts.MOST_NAME_LETTERS)], filters=[stripped])
    email = StringField(
        lazy("E-mail"),
        [
            Filled(),
            no_nul,
            AtMost(accounts.MOST_EMAIL_LETTERS),
            Checked(accounts.checked_email),
            Free(accounts.must_be_free),
        ],
        filters=[stripped],
    )
    roles = ChecksField(lazy("Roles"), values_of=lambda roles: [str(role.id) for role in roles])
    time_zone = SelectField(lazy("Time zone"), choices=ZONES, default="UTC")


def roles_column(view: Any, context: Any, user: User, name: str) -> str:
    return roles_cell(view, context, user, name) or gettext("no role")


def roles_cell(view: Any, context: Any, user: User, name: str) -> str:
    """The same for a file: empty for nobody's roles, as the import reads it."""
    return ", ".join(sorted(role.name for role in user.roles))


def active_column(view: Any, context: Any, user: User, name: str) -> Markup:
    return badge("active" if user.active else "deactivated")


def since_column(view: Any, context: Any, user: User, name: str) -> Markup:
    return shown(user.created_at)


def has_role(name: str) -> Any:
    return User.id.in_(select(UserRole.user_id).join(Role, Role.id == UserRole.role_id).where(Role.name == name))


def path_of_active(value: str) -> Path:
    index = index_of(User.name, "active")
    return Path(User.id, User.name, (User.active == (value == "yes"),), descending=False, index=index)


def _of_role(name: str) -> Any:
    return UserRole.role_id == select(Role.id).where(Role.name == name).scalar_subquery()


class PeopleView(Importing, CmsModelView):
    """People. Nobody changes somebody who may do more than they themselves."""

    model = User
    title = lazy("People")
    address = "user"
    singular = lazy("person")
    help = lazy("Who may sign in, and what they may do. The names under posts are authors, and outlive accounts.")

    needs = "user.edit"

    column_list = ["name", "email", "roles", "active", "created_at"]
    column_labels = {"email": lazy("E-mail"), "active": lazy("State"), "created_at": lazy("Since")}
    column_formatters = {"roles": roles_column, "active": active_column, "created_at": since_column}
    column_formatters_export = {"roles": roles_cell}
    column_sortable_list = ["name", "email", "created_at"]
    column_default_sort = "name"
    column_searchable_list = ["name", "email"]
    column_export_list = ["name", "email", "roles", "active", "created_at"]
    column_filters = [
        filters.Choice(
            "active",
            lazy("State"),
            [("yes", lazy("Active")), ("no", lazy("Deactivated"))],
            lambda value: User.active == (value == "yes"),
            path_of_active,
        ),
        filters.Filter("role", lazy("Role"), has_role, lambda name: Path(UserRole.user_id, where=(_of_role(name),))),
    ]
    form = PersonForm
    form_columns = ["name", "email", "roles", "time_zone"]
    form_widget_args = {"roles": {"required": True}, "time_zone": {"required": True}}
    list_options = [defer(User.password), defer(User.tf_totp_secret), defer(User.mf_recovery_codes)]
    edit_template = "admin/user/edit.html"

    def may_edit(self, row: User) -> bool:
        return current_user.can_grant(row.roles)

    def may_delete(self, row: User) -> bool:
        return row.id != current_user.id and self.may_edit(row)

    def create_form(self, obj: Any = None) -> Form:
        return self._with_roles(super().create_form(obj), None)

    def edit_form(self, obj: User | None = None) -> Form:
        return self._with_roles(super().edit_form(obj), obj)

    def _with_roles(self, form: Any, user: User | None) -> Form:
        held = user.roles if user is not None else []
        form.roles.choices = [
            Check(str(role.id), role.name, gettext(role.description))
            for role in db.session.scalars(select(Role).order_by(Role.name))
            if role in held or current_user.can_grant([role])
        ]
        return form

    def make(self, form: Form) -> User:
        user = accounts.add(
            form.email.data, form.name.data, _roles(form), by=self.person, time_zone=form.time_zone.data
        )
        user.one_time_link = inviting.invite(user, by=self.person)
        return user

    def created_message(self, row: User) -> str:
        if row.one_time_link:
            return gettext(NO_MAIL, name=row.name, link=row.one_time_link)
        return gettext("%(name)s is added. A mail with a link to choose a password is on its way.", name=row.name)

    def change(self, form: Form, row: User) -> None:
        # The roles first: what they ask is asked of the person as they were.
        accounts.change_roles(row, _roles(form), by=self.person)
        accounts.change(row, name=form.name.data, email=form.email.data, time_zone=form.time_zone.data, by=self.person)

    def remove(self, row: User) -> None:
        accounts.delete(row, by=self.person)

    def goes_with(self, rows: Sequence[User]) -> list[Consequence]:
        return [
            Consequence(gettext("The account: name, address, password, second factor, roles and views of lists.")),
            Consequence(gettext("They are signed out everywhere, at once.")),
        ]

    def stays(self, rows: Sequence[User]) -> list[Consequence]:
        numbers = [row.id for row in rows]
        authors = list(db.session.scalars(select(Author.id).where(Author.user_id.in_(numbers))))
        return [
            *told(
                (
                    select(PostAuthor.post_id).where(PostAuthor.author_id.in_(authors)).distinct(),
                    marked_plural("%(num)s post under their name.", "%(num)s posts under their name."),
                    Post,
                    {"author": authors[0]} if len(authors) == 1 else None,
                ),
                (
                    select(Comment.id).where(Comment.user_id.in_(numbers)),
                    marked_plural("%(num)s comment that they wrote.", "%(num)s comments that they wrote."),
                    None,
                    None,
                ),
            ),
            Consequence(gettext("Their byline, pages and pictures, and what the audit log says of them.")),
        ]

    def instead_of_deleting(self, rows: Sequence[User]) -> Instead | None:
        if not any(row.active for row in rows):
            return None
        words = gettext("Deactivating keeps them out as well, deletes nothing, and can be taken back at any time.")
        return Instead("deactivate", gettext("Deactivate instead"), words)

    def handle_view_exception(self, exc: Exception, form: Form | None = None) -> bool:
        if isinstance(exc, InvalidChange) and exc.field is None and form is not None and "roles" in form:
            exc.field = "roles"
        return super().handle_view_exception(exc, form)

    @expose("/access/", methods=("POST",))
    def access_view(self) -> ResponseReturnValue:
        """Lets somebody in or keeps them out, ends their sessions, or gives them a new link to a password."""
        user = self.one_or_404(request.args.get("id"))
        act, said = ACTS.get(request.form.get("act", ""), (None, ""))
        if act is None:
            abort(400)
        if not self.may_edit(user):
            abort(403)
        number, name = user.id, user.name
        done = self.attempt(lambda: (act(user, by=self.person),), row=user)
        if done is not None:
            link = done[0] if isinstance(done[0], str) else None
            if link:
                flash(gettext(NO_MAIL, name=name, link=link), "success")
            else:
                tell_done(gettext(said, name=name), self.person)
        return redirect(self.get_url(".edit_view", id=number))

    @action("deactivate", lazy("Deactivate"), lazy("Keep these people out? They are signed out at once."))
    def deactivate_selected(self, ids: list[str]) -> None:
        self.each(ids, lambda user: accounts.deactivate(user, by=self.person), gettext("deactivated"))

    @action("activate", lazy("Activate"))
    def activate_selected(self, ids: list[str]) -> None:
        self.each(ids, lambda user: accounts.activate(user, by=self.person), gettext("activated"))


ACTS = {
    "activate": (accounts.activate, marked("%(name)s may sign in again.")),
    "deactivate": (accounts.deactivate, marked("%(name)s is deactivated and signed out.")),
    "sign_out": (accounts.sign_out_everywhere, marked("%(name)s is signed out everywhere.")),
    "invite": (inviting.invite, marked("A mail with a link to a new password is on its way to %(name)s.")),
    "remove_second_factor": (
        accounts.remove_second_factor,
        marked("%(name)s signs in by password alone again."),
    ),
}


def _roles(form: Form) -> list[Role]:
    numbers = [int(value) for value in form.roles.data]
    return list(db.session.scalars(select(Role).where(Role.id.in_(numbers)).order_by(Role.name)))
