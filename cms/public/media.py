"""Pictures and files: content-addressed, so that a browser asks for each but once."""

import re

from flask import Response, abort, redirect, send_file

from cms.public.blueprint import bp
from cms.public.layout import static_url
from cms.services import pictures, storage
from cms.services.media import FILES

CONTENT_TYPES = pictures.CONTENT_TYPES | {extension: kind for extension, (kind, _) in FILES.items()}
A_YEAR_SECONDS = 31_536_000
PATH = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})\.([a-z0-9]{1,10})", re.ASCII)


@bp.get("/media/<path:name>")
def media(name: str) -> Response:
    """The bytes; what is neither picture, sound, film nor PDF is for keeping, not for opening here."""
    parts = PATH.fullmatch(name)
    path = storage.current().place(name) if parts else None
    if parts is None or path is None or not path.is_file():
        abort(404)
    kind = CONTENT_TYPES.get(parts[3])
    response = send_file(
        path,
        mimetype=kind or "application/octet-stream",
        as_attachment=kind is None,
        download_name=path.name,
        conditional=True,
        etag=parts[2],
        max_age=A_YEAR_SECONDS,
    )
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # feed readers show our pictures
    return response


@bp.get("/favicon.ico")
def favicon() -> Response:
    """For browsers that ask without being told."""
    return redirect(static_url("favicon.svg"), 302)
