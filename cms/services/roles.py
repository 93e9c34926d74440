"""Roles: named sets of permissions. Nobody can put into one what they lack."""

from collections.abc import Collection

from sqlalchemy import select

from cms.db import db, is_any
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext
from cms.models import Role, User, UserRole
from cms.models.permission import PERMISSIONS
from cms.services import auditing, remaking, way_in
from cms.text.slug import fold

MOST_NAME_LETTERS = 40
MOST_DESCRIPTION_LETTERS = 200


def add_role(name: str, permissions: Collection[str], *, by: User | None, description: str = "") -> Role:
    """A new role, flushed. Raises NotAllowed, InvalidChange naming the field."""
    _must_edit_roles(by)
    wanted = _checked_permissions(permissions, frozenset(), by)
    role = Role(name=_checked_name(name), description=_checked_description(description), permissions=wanted)
    db.session.add(role)
    db.session.flush()
    auditing.record("role.added", role, by=by, after={"permissions": wanted})
    return role


def change_role(
    role: Role,
    permissions: Collection[str] | None = None,
    *,
    by: User | None,
    name: str | None = None,
    description: str | None = None,
) -> Role:
    """Have these permissions, name or description; what is left out stays. Somebody keeps the keys."""
    _must_edit_roles(by)
    if by is not None and not by.can_grant([role]):
        raise NotAllowed(gettext("You may not change a role that may do more than you."))
    before = {"name": role.name, "description": role.description, "permissions": sorted(role.permissions)}
    if permissions is not None:
        wanted = _checked_permissions(permissions, role.grants, by)
        if wanted != before["permissions"]:
            way_in.keep(permissions_of=(role, wanted))
            role.permissions = wanted
    if name is not None and name != role.name:
        role.name = _checked_name(name, role)
    if description is not None:
        role.description = _checked_description(description)
    db.session.flush()
    after = {"name": role.name, "description": role.description, "permissions": sorted(role.permissions)}
    before, after = auditing.changed(before, after)
    if after:
        auditing.record("role.changed", role, by=by, before=before, after=after)
    return role


def delete_role(role: Role, *, by: User | None) -> None:
    """Delete a role that nobody has."""
    _must_edit_roles(by)
    if by is not None and not by.can_grant([role]):
        raise NotAllowed(gettext("You may not delete a role that may do more than you."))
    if is_any(select(UserRole).where(UserRole.role_id == role.id)):
        raise InvalidChange(gettext("People have the role %(name)s. Give them another one first.", name=role.name))
    before = {"permissions": sorted(role.permissions)} | remaking.kept(role)
    auditing.record("role.deleted", role, by=by, before=before)
    db.session.delete(role)
    db.session.flush()


def _must_edit_roles(by: User | None) -> None:
    if by is not None and not by.may("role.edit"):
        raise NotAllowed(gettext("You may not change roles."))


def _checked_permissions(wanted: Collection[str], had: frozenset[str], by: User | None) -> list[str]:
    for permission in wanted:
        if permission not in PERMISSIONS:
            raise InvalidChange(gettext("There is no permission %(name)s.", name=permission), field="permissions")
    lacking = set(wanted) - had - by.permissions if by is not None else set()
    if lacking:
        words = gettext(", ").join(
            gettext("“%(name)s”", name=gettext(PERMISSIONS[permission])) for permission in sorted(lacking)
        )
        raise NotAllowed(gettext("You cannot give what you may not do yourself: %(rights)s.", rights=words))
    return sorted(set(wanted))


def must_be_free(name: str, role: Role | None = None) -> None:
    """Raises InvalidChange where a role other than ``role`` is called so."""
    if db.session.scalar(Role.named(fold(name))) not in (None, role):
        raise InvalidChange(gettext("There is a role of this name already."), field="name")


def _checked_name(name: str, role: Role | None = None) -> str:
    name = fold(name)
    if not name or len(name) > MOST_NAME_LETTERS:
        raise InvalidChange(gettext("Type a name of at most %(most)s letters.", most=MOST_NAME_LETTERS), field="name")
    must_be_free(name, role)
    return name


def _checked_description(description: str) -> str:
    description = " ".join(description.replace("\x00", "").split())
    if len(description) > MOST_DESCRIPTION_LETTERS:
        raise InvalidChange(gettext("At most %(most)s letters.", most=MOST_DESCRIPTION_LETTERS), field="description")
    return description
