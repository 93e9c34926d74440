"""The door for accounts: signing in and out, passwords, second factors. Flask-Security does the work, by our rules."""

from typing import Any

from flask import Flask, Response, g, request
from flask_login import current_user
from flask_login.utils import _user_context_processor
from flask_security import Security, SQLAlchemyUserDatastore
from flask_wtf import CSRFProtect
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from cms import clock
from cms.db import db
from cms.models import Role, User, UserRole
from cms.security import events, forms, second_factor
from cms.security.options import options
from cms.security.utilities import OurPasswordUtil, OutboxMailUtil
from cms.transactions import starts_reading

PRIVATE = ("/admin", "/setup")

# Their forms do the slow work (hashing) and then take the write lock themselves.
SLOW_VIEWS = ("login", "verify", "forgot_password", "reset_password", "change_password")

csrf = CSRFProtect()


class People(SQLAlchemyUserDatastore):
    """Our accounts, as Flask-Security sees them."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> User | None:
        """With the roles, in one flat join: of the nested one SQLite reads everybody's roles for each request."""
        ((name, value),) = kwargs.items()
        column = getattr(User, name)
        query = (
            select(User)
            .outerjoin(UserRole, UserRole.user_id == User.id)
            .outerjoin(Role, Role.id == UserRole.role_id)
            .options(contains_eager(User.roles))
            .where(func.lower(column) == func.lower(value) if case_insensitive else column == value)
        )
        return db.session.scalars(query).unique().first()

    def mf_delete_recovery_code(self, user: User, idx: int) -> bool:
        """Use a code up. A new list: the session would not see the old one change, and the code would live on."""
        codes = user.mf_recovery_codes or []
        if not 0 <= idx < len(codes):
            return False
        self.mf_set_recovery_codes(user, [*codes[:idx], *codes[idx + 1 :]])
        return True


def register_security(app: Flask) -> None:
    """Accounts, and protection against forged requests for the whole app."""
    app.config.update(options(app))
    csrf.init_app(app)
    security = Security(
        app,
        People(db, User, Role),
        mail_util_cls=OutboxMailUtil,
        password_util_cls=OurPasswordUtil,
        login_form=forms.SignInForm,
        verify_form=forms.VerifyAgainForm,
        forgot_password_form=forms.ForgottenForm,
        reset_password_form=forms.NewPasswordForm,
        change_password_form=forms.ChangedPasswordForm,
        two_factor_verify_code_form=forms.CodeForm,
        mf_recovery_form=forms.RecoveryCodeForm,
    )
    security.datetime_factory = lambda: clock.now()
    security.want_json(lambda _request: False)
    # Only a session signs anybody in: no token in a header or an address does.
    security.login_manager.request_loader(lambda _request: None)
    _leave_readers_alone(app, security)
    for name in SLOW_VIEWS:
        starts_reading(app.view_functions[f"security.{name}"])
    second_factor.keep_the_key(app, security)
    events.listen(app)
    app.after_request(keep_private)


def _leave_readers_alone(app: Flask, security: Security) -> None:
    """Undo what looks up the person on every request: public pages know no session, and vary by no cookie."""
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    app.template_context_processors[None].remove(_user_context_processor)
    app.jinja_env.globals["current_user"] = current_user  # the same, but looked up when a template asks
    update_cookie = security.login_manager._update_remember_cookie
    after = app.after_request_funcs[None]
    after[after.index(update_cookie)] = lambda response: update_cookie(response) if "_login_user" in g else response


def keep_private(response: Response) -> Response:
    """Account and admin pages stay in no cache, and whoever signs out leaves nothing in the browser."""
    is_static = (request.endpoint or "").endswith("static")
    if (request.blueprint == "security" or request.path.startswith(PRIVATE)) and not is_static:
        response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "security.logout" and response.status_code == 302:
        response.headers["Clear-Site-Data"] = '"storage"'  # texts that were kept while they were typed
    return response
