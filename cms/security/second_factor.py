"""Setting up a second factor: whoever mistypes the code goes on with the key that they have scanned."""

from functools import wraps

from flask import Flask, g, render_template, session
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import Security


def keep_the_key(app: Flask, security: Security) -> None:
    """Flask-Security begins anew with another key when the code was not right."""
    check = app.view_functions["security.two_factor_setup_validate"]

    @wraps(check)
    def checked(token: str) -> ResponseReturnValue:
        answer = check(token)
        form = g.pop("code_form", None)
        if form is None or not form.code.errors:
            return answer
        session.pop("_flashes", None)  # the form says it
        shown = security.totp_factory.fetch_setup_values(form.tf_totp_secret, current_user)
        return render_template(
            "security/two_factor_setup.html",
            two_factor_verify_code_form=form,
            chosen_method=form.primary_method,
            state_token=token,
            authr_qrcode=shown["image"],
            authr_key=shown["key"],
        )

    app.view_functions["security.two_factor_setup_validate"] = checked
