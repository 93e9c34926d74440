"""The door of the first minutes: a page that only the link printed at the start opens."""

from flask import Blueprint, Flask, abort, redirect, render_template, request
from flask_security import login_user

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext
from cms.services import rate_limiting, setting_up
from cms.transactions import start_writing, starts_reading

TRIES, SECONDS = 30, 600
FIELDS = ("title", "name", "email", "password")

bp = Blueprint("setting_up", __name__)


@bp.get("/setup/<token>")
def form(token: str):
    """The form, for whoever has the link while nobody runs the site."""
    check_link(token)
    return show({}, {})


@bp.post("/setup/<token>")
@starts_reading
def set_up(token: str):
    """Make the first administrator, sign them in, and show them the dashboard."""
    address = rate_limiting.network(request.remote_addr)
    if not rate_limiting.allow("set up", address, most=TRIES, seconds=SECONDS):
        abort(429)
    check_link(token)
    typed = {field: request.form.get(field, "") for field in FIELDS}
    errors = setting_up.complaints(**typed)
    if request.form.get("password_again", "") != typed["password"] and "password" not in errors:
        errors["password_again"] = gettext("The two passwords differ.")
    if errors:
        return show(typed, errors)
    start_writing()
    try:
        user = setting_up.set_up(token, **typed)
    except InvalidChange as error:
        db.session.rollback()
        return show(typed, {error.field or "title": str(error)})
    except NotAllowed:
        abort(404)
    login_user(user, authn_via=["setup"])
    db.session.commit()
    return redirect("/admin/")


def check_link(token: str) -> None:
    if not setting_up.is_open(token):
        abort(404)


def show(typed: dict[str, str], errors: dict[str, str]):
    page = render_template("security/set_up.html", typed=typed, errors=errors)
    return page, 422 if errors else 200


def register_setting_up(app: Flask) -> None:
    app.register_blueprint(bp)
