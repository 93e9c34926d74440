"""The first minutes of a site: one link, one administrator."""

import hashlib
import hmac
import secrets

from sqlalchemy import delete, select

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext
from cms.models import Role, Setting, User
from cms.models.permission import ROLES
from cms.services import accounts, auditing, bylines, passwords, settings, way_in
from cms.transactions import in_transaction

TOKEN = "setup.token"  # noqa: S105 (the name of a row, no secret; no option of cms.services.settings)


def offer_link() -> str | None:
    """``/setup/TOKEN`` while nobody can let others in, else None. Only this newest link works. Commits."""
    return in_transaction(_offer)


def _offer() -> str | None:
    db.session.execute(delete(Setting).where(Setting.name == TOKEN))
    if way_in.is_kept():
        return None
    token = secrets.token_urlsafe(32)
    db.session.add(Setting(name=TOKEN, value=_digest(token)))
    return f"/setup/{token}"


def is_open(token: str) -> bool:
    """Whether this token sets the site up."""
    kept = db.session.scalar(select(Setting.value).where(Setting.name == TOKEN))
    return _fits(token, kept) and not way_in.is_kept()


def complaints(*, title: str, name: str, email: str, password: str) -> dict[str, str]:
    """What is wrong with each field of the set-up form."""
    found = {}
    for check, value in (
        (lambda text: _checked_title(text), title),
        (accounts.checked_name, name),
        (accounts.checked_email, email),
        (lambda text: passwords.check(text, email=email, name=name), password),
    ):
        try:
            check(value)
        except InvalidChange as error:
            found[error.field or "title"] = str(error)
    return found


def set_up(token: str, *, title: str, name: str, email: str, password: str) -> User:
    """Make the first administrator and name the site. Of two at once one wins, the other gets NotAllowed."""
    for field, complaint in complaints(title=title, name=name, email=email, password=password).items():
        raise InvalidChange(complaint, field=field)
    hashed = passwords.hashed(password)  # before the write lock
    _claim(token)
    user = accounts.add(email, name, [_admin_role()], by=None)
    user.password = hashed
    bylines.of(user)
    settings.change({"title": _checked_title(title)}, by=user)
    auditing.record("site.set_up", user, by=user)
    return user


def _claim(token: str) -> None:
    # A locking read: the second of two waits here, and then finds the row gone.
    kept = db.session.scalar(select(Setting.value).where(Setting.name == TOKEN).with_for_update())
    if not _fits(token, kept) or way_in.is_kept():
        raise NotAllowed(gettext("This link has been used."))
    db.session.execute(delete(Setting).where(Setting.name == TOKEN))


def _admin_role() -> Role:
    description, permissions = ROLES["admin"]
    role = db.session.scalar(Role.named("admin")) or Role(name="admin", description=description, permissions=[])
    if not role.grants >= way_in.KEYS:
        role.permissions = sorted(permissions)
    db.session.add(role)
    return role


def _checked_title(title: str) -> str:
    if not title.strip("\x00 \t\r\n"):
        raise InvalidChange(gettext("Name your site. You can change it later."), field="title")
    return str(settings.OPTIONS["title"].checked(title))


def _fits(token: str, kept: str | None) -> bool:
    return hmac.compare_digest(_digest(token), kept or "")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
