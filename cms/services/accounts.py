"""Accounts: who may sign in, and with which roles. ``by`` is who does it; none is the operator at the command line."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import email_validator
from sqlalchemy.exc import IntegrityError

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import LANGUAGES, gettext, marked
from cms.models import Role, User
from cms.services import auditing, names, passwords, way_in
from cms.text.slug import fold_email

MOST_NAME_LETTERS = 120
MOST_EMAIL_LETTERS = 254
EMAIL_TAKEN = marked("Somebody has an account with this address already.")


def add(
    email: str,
    name: str,
    roles: Collection[Role],
    *,
    by: User | None,
    password: str | None = None,
    time_zone: str = "UTC",
) -> User:
    """A new account, flushed; without a password nobody can sign in until they choose one by a link."""
    email, name = checked_email(email), checked_name(name)
    if password is not None:
        passwords.check(password, email=email, name=name)
    hashed = passwords.hashed(password) if password is not None else None  # before the write lock
    _must_edit_people(by)
    _must_be_able_to_grant(roles, by)
    user = User(email=email, name=name, password=hashed, active=True, confirmed_at=clock.now())
    user.time_zone = checked_time_zone(time_zone)
    user.roles = list(roles)
    db.session.add(user)
    _flush_email()
    auditing.record("user.added", user, by=by, after={"roles": _names(roles)})
    return user


def change(user: User, *, by: User | None, **fields: Any) -> User:
    """Have another ``name``, ``email`` or ``time_zone``; another e-mail ends their sessions.

    Raises NotAllowed, InvalidChange naming the field.
    """
    _must_outrank(user, by)
    return _change(user, fields, by=by)


def change_own(user: User, *, name: str, time_zone: str, language: str | None = None) -> User:
    """Have this name, zone and language: what everybody may change about themselves. No language: the one they had.

    Raises InvalidChange naming the field.
    """
    fields = {"name": name, "time_zone": time_zone}
    return _change(user, fields if language is None else {**fields, "language": language}, by=user)


def _change(user: User, fields: Mapping[str, Any], *, by: User | None) -> User:
    checks = {
        "name": checked_name,
        "email": checked_email,
        "time_zone": checked_time_zone,
        "language": checked_language,
    }
    checked = {field: checks[field](value) for field, value in fields.items()}
    changed = sorted(field for field, value in checked.items() if getattr(user, field) != value)
    for field in changed:
        setattr(user, field, checked[field])
    if "email" in changed:
        # Whoever reads the mail of the old address must not get in by a link to a new password that went there.
        _end_sessions(user)
    _flush_email()
    if changed:
        # Names and addresses are personal: the log says that they changed, not to what.
        auditing.record("user.changed", user, by=by, after={"fields": changed})
    return user


def change_roles(user: User, roles: Collection[Role], *, by: User | None) -> User:
    """Have these roles and no others. Nobody gives what they lack; somebody keeps the keys."""
    before, after = _names(user.roles), _names(roles)
    if before == after:
        return user
    _must_outrank(user, by)
    _must_be_able_to_grant(roles, by)
    way_in.keep(roles_of=(user, roles))
    user.roles = list(roles)
    auditing.record("user.roles_changed", user, by=by, before={"roles": before}, after={"roles": after})
    return user


def deactivate(user: User, *, by: User | None) -> User:
    """Keep them out, from their next click on."""
    if not user.active:
        return user
    _must_outrank(user, by)
    way_in.keep(without=user)
    user.active = False
    _end_sessions(user)
    auditing.record("user.deactivated", user, by=by)
    return user


def activate(user: User, *, by: User | None) -> User:
    """Let them in again."""
    if user.active:
        return user
    _must_outrank(user, by)
    _must_be_able_to_grant(user.roles, by)
    user.active = True
    auditing.record("user.activated", user, by=by)
    return user


def set_password(user: User, password: str, *, by: User | None) -> User:
    """Have this password from now on, and be signed out everywhere."""
    passwords.check(password, email=user.email, name=user.name)
    hashed = passwords.hashed(password)
    _must_outrank(user, by)
    user.password = hashed
    _end_sessions(user)
    auditing.record("password.set", user, by=by)
    return user


def sign_out_everywhere(user: User, *, by: User | None) -> None:
    """End all their sessions, and make links to a new password that are on their way useless."""
    if by is None or by.id != user.id:
        _must_outrank(user, by)
    _end_sessions(user)
    auditing.record("user.signed_out_everywhere", user, by=by)


def remove_second_factor(user: User, *, by: User | None) -> None:
    """For somebody who lost their phone and their codes: the password alone lets them in again."""
    _must_outrank(user, by)
    user.tf_primary_method = user.tf_totp_secret = user.mf_recovery_codes = None
    auditing.record("second_factor.removed", user, by=by)


def delete(user: User, *, by: User | None) -> None:
    """Delete the account; what they wrote and their byline stay."""
    if by is not None and by.id == user.id:
        raise InvalidChange(gettext("You cannot delete your own account."))
    _must_outrank(user, by)
    way_in.keep(without=user)
    auditing.record("user.deleted", user, by=by, before={"roles": _names(user.roles)})
    db.session.delete(user)
    db.session.flush()


def checked_email(email: str) -> str:
    """The address as accounts are found by it. Raises InvalidChange."""
    try:
        parsed = email_validator.validate_email(email.strip(), check_deliverability=False, test_environment=False)
    except email_validator.EmailNotValidError as error:
        raise InvalidChange(gettext("This is not an e-mail address."), field="email") from error
    folded = fold_email(parsed.normalized)
    if len(folded) > MOST_EMAIL_LETTERS:
        raise InvalidChange(gettext("This address is too long."), field="email")
    return folded


def must_be_free(email: str, user: User | None = None) -> None:
    """Raises InvalidChange where an account other than ``user`` has this address."""
    if db.session.scalar(User.with_email(checked_email(email))) not in (None, user):
        raise InvalidChange(gettext(EMAIL_TAKEN), field="email")


def checked_name(name: str) -> str:
    return names.checked(name, MOST_NAME_LETTERS, missing=gettext("Type a name."))


def checked_time_zone(name: str) -> str:
    if name not in clock.time_zones():
        raise InvalidChange(gettext("Choose a time zone such as Europe/Berlin."), field="time_zone")
    return name


def checked_language(code: str) -> str:
    if code and code not in LANGUAGES:
        raise InvalidChange(gettext("Choose one of the list."), field="language")
    return code


def _flush_email() -> None:
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError as error:
        raise InvalidChange(gettext(EMAIL_TAKEN), field="email") from error


def _end_sessions(user: User) -> None:
    user.fs_uniquifier = uuid.uuid4().hex


def _must_edit_people(by: User | None) -> None:
    if by is not None and not by.may("user.edit"):
        raise NotAllowed(gettext("You may not change people."))


def _must_outrank(user: User, by: User | None) -> None:
    # Whoever sets a password or an address can become that person.
    _must_edit_people(by)
    if by is not None and not by.can_grant(user.roles):
        raise NotAllowed(gettext("You may not change somebody who may do more than you."))


def _must_be_able_to_grant(roles: Collection[Role], by: User | None) -> None:
    if by is not None and not by.can_grant(roles):
        raise NotAllowed(gettext("You cannot give somebody more rights than you have."))


def _names(roles: Collection[Role]) -> list[str]:
    return sorted(role.name for role in roles)
