"""Flask-Security's forms, with a limit on tries, and with all hashing done before SQLite's write lock is taken.

Their views are marked ``starts_reading``; each form calls ``start_writing`` when its slow work is over.
"""

from typing import Any

from flask import after_this_request, g, session
from flask_login import current_user
from flask_security import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    MfRecoveryForm,
    ResetPasswordForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.utils import get_message
from passlib.exc import UnknownHashError
from sqlalchemy import inspect

from cms.db import db
from cms.models import User
from cms.security import limits
from cms.security.events import commit_afterwards
from cms.services import auditing
from cms.text.slug import fold_email
from cms.transactions import start_writing


class SignInForm(LoginForm):
    """E-mail and password."""

    def validate(self, **kwargs: Any) -> bool:
        email = fold_email(self.email.data or "")
        sentence = limits.refusal("sign in", email, limits.OF_ONE_ACCOUNT, limits.OF_ONE_ADDRESS)
        if sentence:
            self.form_errors.append(sentence)
            return False
        try:
            fits = super().validate(**kwargs)
        except UnknownHashError:  # what is stored is no argon2id: nobody signs in with it
            fits = self._refuse()
        stored = _stored_hash(self.user) if fits else None
        stronger = self.user.password if fits and self.user.password != stored else None
        start_writing()
        if self.user is not None:
            # Under the lock: they may have been deactivated, or have changed their password, in the meantime.
            self.user = db.session.get(User, inspect(self.user).identity[0])
        if fits and (self.user is None or not self.user.active or self.user.password != stored):
            fits = self._refuse()
        after_this_request(commit_afterwards)
        if fits:
            self.user.password = stronger or stored
            limits.clear("sign in", email, limits.OF_ONE_ACCOUNT)
        elif email and self.password.data:
            auditing.record("sign_in.failed", self.user, by=None, subject_type="user")
        return fits

    def _refuse(self) -> bool:
        self.form_errors.append(get_message("GENERIC_AUTHN_FAILED")[0])
        return False


def _stored_hash(user: User) -> str:
    """What the database holds, though checking a password may just have made a stronger hash of it."""
    changed = inspect(user).attrs.password.history.deleted
    return changed[0] if changed else user.password


class VerifyAgainForm(VerifyForm):
    """The password once more, before something that matters."""

    def validate(self, **kwargs: Any) -> bool:
        sentence = limits.refusal("verify", str(session.get("_user_id")), limits.OF_ONE_ACCOUNT, limits.OF_ONE_ADDRESS)
        if sentence:
            self.form_errors.append(sentence)
            return False
        fits = super().validate(**kwargs)
        start_writing()
        return fits


class ForgottenForm(ForgotPasswordForm):
    """Who asks for a mail with a link to a new password. The answer never says whether there is such an account."""

    def validate(self, **kwargs: Any) -> bool:
        email = fold_email(self.email.data or "")
        sentence = limits.refusal("forgotten", email, limits.MAILS_TO_ONE_ACCOUNT, limits.MAILS_FROM_ONE_ADDRESS)
        if sentence:
            self.form_errors.append(sentence)
            return False
        fits = super().validate(**kwargs)
        if fits:
            start_writing()
            after_this_request(commit_afterwards)
        return fits


class NewPasswordForm(ResetPasswordForm):
    """A new password, by the link of a mail."""

    def validate(self, **kwargs: Any) -> bool:
        return _then_write(super().validate(**kwargs))


class ChangedPasswordForm(ChangePasswordForm):
    """A new password for somebody who knows the old one."""

    def validate(self, **kwargs: Any) -> bool:
        sentence = limits.refusal("change", str(session.get("_user_id")), limits.OF_ONE_ACCOUNT, limits.OF_ONE_ADDRESS)
        if sentence:
            self.form_errors.append(sentence)
            return False
        return _then_write(super().validate(**kwargs))


def _then_write(fits: bool) -> bool:
    # The views hash the new password before their first statement, so before the lock.
    if fits:
        start_writing()
    return fits


class CodeForm(TwoFactorVerifyCodeForm):
    """The code of an authenticator app."""

    def validate(self, **kwargs: Any) -> bool:
        g.code_form = self  # shown again with its key where one is being set up
        return not _too_many_codes(self, self.user) and super().validate(**kwargs)


class RecoveryCodeForm(MfRecoveryForm):
    """One of the codes kept for the day the phone is lost."""

    def validate(self, **kwargs: Any) -> bool:
        return not _too_many_codes(self, self.user) and super().validate(**kwargs)


def _too_many_codes(form: Any, user: User) -> bool:
    who = str(user.id if user is not None else current_user.id)
    sentence = limits.refusal("code", who, limits.OF_ONE_ACCOUNT, limits.OF_ONE_ADDRESS)
    if sentence:
        form.code.errors = [sentence]
    return sentence is not None
