"""How Flask-Security is set up."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

from flask import Flask

from cms.language import marked
from cms.services.passwords import LEAST_LETTERS
from cms.services.speaking import CATALOGS
from cms.text.slug import fold_email

# Twice the passes of what OWASP asks of argon2id with 19 MiB and one lane: about 40 ms on a machine of today.
ARGON2 = {"argon2__memory_cost": 19 * 1024, "argon2__time_cost": 4, "argon2__parallelism": 1}
ARGON2_IN_TESTS = {"argon2__memory_cost": 64, "argon2__time_cost": 1, "argon2__parallelism": 1}

MESSAGES = {
    "GENERIC_AUTHN_FAILED": (marked("That e-mail address and password do not belong together."), "error"),
    "INVALID_PASSWORD": (marked("That is not your password."), "error"),
    "PASSWORD_NOT_PROVIDED": (marked("Type your password."), "error"),
    "PASSWORD_IS_THE_SAME": (marked("Your new password must differ from the one you have."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (marked("The two passwords differ."), "error"),
    "EMAIL_NOT_PROVIDED": (marked("Type your e-mail address."), "error"),
    "INVALID_EMAIL_ADDRESS": (marked("This is not an e-mail address."), "error"),
    "UNAUTHENTICATED": (marked("Sign in to go on."), "info"),
    "REAUTHENTICATION_REQUIRED": (marked("Type your password once more to go on."), "info"),
    "REAUTHENTICATION_SUCCESSFUL": (marked("Thank you."), "success"),
    "PASSWORD_RESET_REQUEST": (
        marked("If %(email)s belongs to an account, a mail with a link to a new password is on its way."),
        "info",
    ),
    "PASSWORD_RESET_EXPIRED": (marked("That link is too old: it was good for %(within)s. Ask for a new one."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (
        marked("That link was used already or is not complete. Ask for a new one."),
        "error",
    ),
    "PASSWORD_RESET_NO_LOGIN": (marked("Your password is set. Sign in with it."), "success"),
    "PASSWORD_CHANGE": (marked("Your password is changed. Other devices are signed out."), "success"),
    "TWO_FACTOR_INVALID_TOKEN": (marked("That code is not the one shown now. Type the next one."), "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (marked("You are signed in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (marked("From now on you sign in with a code too."), "success"),
    "TWO_FACTOR_DISABLED": (marked("You sign in without a code again."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (marked("Sign in first."), "error"),
    "TWO_FACTOR_SETUP_EXPIRED": (marked("That took longer than %(within)s. Please begin again."), "error"),
    "INVALID_RECOVERY_CODE": (marked("That is none of your recovery codes, or it was used already."), "error"),
    "NO_RECOVERY_CODES_SETUP": (marked("You have no recovery codes yet."), "info"),
}


def options(app: Flask) -> dict[str, Any]:
    """The configuration keys of Flask-Security, all of them decided here."""
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],  # "plaintext" is among the defaults: such a row could sign in
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2_IN_TESTS if app.testing else ARGON2,
        "SECURITY_PASSWORD_NORMALIZE_FORM": "NFKC",
        "SECURITY_PASSWORD_LENGTH_MIN": LEAST_LETTERS,
        "SECURITY_USER_IDENTITY_ATTRIBUTES": [{"email": {"mapper": fold_email, "case_insensitive": False}}],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_JOIN_USER_ROLES": True,  # in the query that finds the person, with each request of somebody signed in
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_REGISTERABLE": False,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=24),
        "SECURITY_POST_LOGIN_VIEW": "/admin/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_POST_CHANGE_VIEW": "/change",
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CLI_USERS_NAME": None,  # their commands know nothing of our rules: see flask people
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_SCRIPT_NONCE_KEY": "csp_nonce",
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": marked("Choose a new password"),
        "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": marked("Your password was changed"),
        "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": marked("Your password was changed"),
        # What it says itself comes from its own catalog, what we say in its place from ours.
        "SECURITY_I18N_DOMAIN": "flask_security;messages",
        "SECURITY_I18N_DIRNAME": ["builtin", str(CATALOGS)],
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": False,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,  # who reads the mail would need no second factor
        "SECURITY_TOTP_ISSUER": "Lightblog",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [_key_for_recovery_codes(app.config["SECRET_KEY"])],
        **{f"SECURITY_MSG_{name}": message for name, message in MESSAGES.items()},
    }


def _key_for_recovery_codes(secret: str) -> bytes:
    """Their own key, made of the installation's secret: the database alone does not give them away."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"recovery codes\0" + secret.encode()).digest())
