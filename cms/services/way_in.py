"""Somebody must be able to let others in: the rule that the last administrator stays one."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext
from cms.models import Role, User, UserRole

KEYS = frozenset({"admin.enter", "user.edit", "role.edit"})


def is_kept() -> bool:
    """Whether an active person may let others in."""
    return bool(_keepers(_grants(), lock=False))


def keep(
    *,
    without: User | None = None,
    roles_of: tuple[User, Collection[Role]] | None = None,
    permissions_of: tuple[Role, Collection[str]] | None = None,
) -> None:
    """Make sure that a person keeps the keys after the change that the arguments tell of. Raises InvalidChange.

    Locks the roles until the end of the transaction, so that of two such changes at once the second sees the first.
    """
    # Locking reads see what others have committed, whatever snapshot this transaction has.
    grants = _grants(lock=True)
    before = _keepers(grants, lock=True)
    if permissions_of is not None:
        grants[permissions_of[0].id] = frozenset(permissions_of[1])
    after = _keepers(grants, lock=True) if permissions_of is not None else set(before)
    if without is not None:
        after.discard(without.id)
    if roles_of is not None:
        user, roles = roles_of
        may = frozenset[str]().union(*(grants.get(role.id, frozenset()) for role in roles))
        if not may >= KEYS:
            after.discard(user.id)
    if before and not after:
        raise InvalidChange(
            gettext("Nobody could let others in any more. Give somebody else the role of an admin first.")
        )


def _grants(*, lock: bool = False) -> dict[int, frozenset[str]]:
    query = select(Role.id, Role.permissions).order_by(Role.id)
    rows = db.session.execute(query.with_for_update() if lock else query)
    return {role_id: frozenset(permissions) for role_id, permissions in rows}


def _keepers(grants: Mapping[int, frozenset[str]], *, lock: bool) -> set[int]:
    query = (
        select(User.id, UserRole.role_id)
        .join(UserRole, UserRole.user_id == User.id)
        .where(User.active.is_(True), UserRole.role_id.in_([role for role, may in grants.items() if may & KEYS]))
        .order_by(User.id)
    )
    may: dict[int, frozenset[str]] = {}
    for user_id, role_id in db.session.execute(query.with_for_update() if lock else query):
        may[user_id] = may.get(user_id, frozenset()) | grants[role_id]
    return {user_id for user_id, granted in may.items() if granted >= KEYS}
