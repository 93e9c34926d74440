"""The blueprint of all public pages, and what their answers say to caches."""

from flask import Blueprint, Response, request

bp = Blueprint("public", __name__)


@bp.after_request
def revalidate(response: Response) -> Response:
    """Let browsers keep a page and ask whether it is still so; what a view says itself stands."""
    if "Cache-Control" in response.headers:
        return response
    response.headers["Cache-Control"] = "no-cache" if request.method in ("GET", "HEAD") else "no-store"
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed:
        response.add_etag()
        response.make_conditional(request)
    return response
