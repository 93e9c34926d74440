"""Pictures and files: content-addressed, so that a browser asks for each but once."""

import re
from pathlib import Path

from flask import Response, abort, redirect, send_file, url_for

from cms.public.blueprint import bp
from cms.public.layout import static_url
from cms.services import pictures, storage, thumbnails
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
    return _for_ever(path, kind or "application/octet-stream", parts[2], as_attachment=kind is None)


@bp.get("/media/thumbnails/<path:name>.webp")
def thumbnail(name: str) -> Response:
    """A small one of a picture; the picture itself while it cannot be made."""
    parts = PATH.fullmatch(name)
    if parts is None or parts[3] not in pictures.CONTENT_TYPES or not storage.current().has(name):
        abort(404)
    try:
        return _for_ever(thumbnails.kept(name), "image/webp", f"{parts[2]}-small")
    except (thumbnails.Busy, OSError, ValueError):
        response = redirect(url_for("public.media", name=name), 302)
        response.headers["Cache-Control"] = "no-store"
        return response


def _for_ever(path: Path, content_type: str, etag: str, *, as_attachment: bool = False) -> Response:
    response = send_file(
        path,
        mimetype=content_type,
        as_attachment=as_attachment,
        download_name=path.name,
        conditional=True,
        etag=etag,
        max_age=A_YEAR_SECONDS,
    )
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # feed readers show our pictures
    return response


@bp.get("/favicon.ico")
def favicon() -> Response:
    """For browsers that ask without being told."""
    return redirect(static_url("favicon.svg"), 302)
