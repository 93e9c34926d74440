"""Who enters: what every page of the admin shares, whatever it shows."""

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import AdminIndexView, BaseView
from flask_login import current_user


def may(permission: str) -> bool:
    """Whether the person of this request may enter the admin and has ``permission``."""
    person = current_user._get_current_object()  # once: each look through the proxy costs, and a page asks fifty times
    return person.is_authenticated and person.may("admin.enter") and person.may(permission)


def is_for_a_script() -> bool:
    """Whether a script asks, which has no use for a page when all went well."""
    return request.accept_mimetypes.best == "application/json"


class Guarded:
    """Closed to strangers, and to people without ``needs``."""

    needs = "admin.enter"

    def is_accessible(self) -> bool:
        return may(self.needs)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> ResponseReturnValue:
        """Strangers may sign in and go on; people who lack the right are told so."""
        if current_user.is_authenticated:
            abort(403)
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("security.login", next=wanted))

    def _run_view(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # Flask-Admin's own calls a view again, with other arguments, when it raises TypeError.
        return function(self, *args, **kwargs)


class CmsView(Guarded, BaseView):
    """A page of the admin that is no table of records. ``title`` and ``address`` say what it is called and where."""

    title = ""
    address = ""

    def __init__(self, category: str | None = None) -> None:
        super().__init__(self.title, category, endpoint=f"admin_{self.address}", url=self.address)


class CmsIndexView(Guarded, AdminIndexView):
    """The first page of the admin. Flask-Admin's own scripts and styles are not served: ours lie in /static."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.static_folder = None
