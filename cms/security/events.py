"""Who signed in and out and whose password changed, for the audit log."""

from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, after_this_request
from flask_login import user_logged_out
from flask_security.signals import password_changed, password_reset, tf_disabled, tf_profile_changed, user_authenticated

from cms.db import db
from cms.models import User
from cms.services import auditing

NO_SIGN_IN = {"change"}  # changing one's password renews the session


def signed_in(_app: Flask, user: User, authn_via: Sequence[str] = (), **_: Any) -> None:
    if not NO_SIGN_IN & set(authn_via or ()):
        _record("sign_in", user)


def signed_out(_app: Flask, user: User | None = None, **_: Any) -> None:
    if user is not None and user.is_authenticated:
        _record("sign_out", user)


def changed_password(_app: Flask, user: User, **_: Any) -> None:
    _record("password.changed", user)


def reset_password(_app: Flask, user: User, **_: Any) -> None:
    _record("password.reset", user)


def changed_second_factor(_app: Flask, user: User, **_: Any) -> None:
    _record("second_factor.set", user)


def dropped_second_factor(_app: Flask, user: User, **_: Any) -> None:
    _record("second_factor.removed", user)


def _record(action: str, user: User) -> None:
    user = db.session.get(User, user.id) or user  # never the proxy of the current user
    auditing.record(action, user, by=user)
    after_this_request(commit_afterwards)


def commit_afterwards(response: Response) -> Response:
    """Flask-Security's views commit only some of what they do."""
    db.session.commit()
    return response


def listen(app: Flask) -> None:
    """Hear of what happens to accounts in ``app``."""
    for signal, receiver in (
        (user_authenticated, signed_in),
        (user_logged_out, signed_out),
        (password_changed, changed_password),
        (password_reset, reset_password),
        (tf_profile_changed, changed_second_factor),
        (tf_disabled, dropped_second_factor),
    ):
        signal.connect(receiver, app)
