"""Being somebody, and sending forms as a browser does: with the token of the session."""

import re
import time
from typing import Any

from flask.testing import FlaskClient

from cms.models import User
from tests.factories import PASSWORD


def signed_in(client: FlaskClient, user: User) -> FlaskClient:
    """The client as ``user``, without the walk through the sign-in page."""
    uniquifier = user.fs_uniquifier
    with client.session_transaction("/login") as session:
        session.update(_user_id=uniquifier, _fresh=True, fs_paa=time.time(), fs_cc="set")
    return client


def token_for(client: FlaskClient, page: str = "/login") -> str:
    """The CSRF token that a form on ``page`` carries."""
    html = client.get(page).text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html) or re.search(r'value="([^"]+)"[^>]*csrf', html)
    assert found, html
    return found.group(1)


def submit(client: FlaskClient, page: str, data: dict[str, Any] | None = None, *, to: str | None = None) -> Any:
    """Send the form of ``page`` (to another address where ``to`` says so)."""
    return client.post(to or page, data={"csrf_token": token_for(client, page), **(data or {})})


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> Any:
    """Through the sign-in page, as people do."""
    return submit(client, "/login", {"email": email, "password": password})
