"""What a supervisor or a load balancer asks: does the process live, may it get requests?"""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from cms.language import marked
from cms.schema.starting import SchemaState, revision_state

bp = Blueprint("health", __name__, url_prefix="/health")


@bp.get("/live")
def live() -> Response:
    """The process answers; nothing else is asked, so that a slow database gets no worker killed."""
    return Response("ok", mimetype="text/plain")


@bp.get("/ready")
def ready() -> tuple[Response, int]:
    """200 when the database answers and its schema is the one of this code, else 503 with the reason."""
    try:
        state = revision_state()
    except SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", error)  # here and not in the answer: it names hosts and accounts
        return jsonify(ready=False, reason="The database does not answer."), 503
    reason = reason_of(state)
    if reason:
        return jsonify(ready=False, reason=reason, schema=state.current, wanted=state.heads), 503
    return jsonify(ready=True, schema=state.current), 200


def reason_of(state: SchemaState) -> str:
    """Why this code should not serve a database in this state; empty when it should."""
    if state.cut_off:  # the revision may be the wanted one, half way from or to another
        return state.cut_off
    if state.unknown:
        return marked("The schema is newer than this code.")
    return "" if state.at_head else marked("The schema is not at head: run flask db upgrade.")


@bp.after_request
def never_cached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def register_health(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["cms.not_ready"] = lambda: reason_of(revision_state())
