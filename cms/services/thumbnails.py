"""Small pictures of large ones, for lists and pickers: made when first asked for, kept beside what they show."""

import threading
from pathlib import Path

from cms.models import Media
from cms.services import media, pictures, storage

SIDE_PIXELS = 320  # four times what lists show: pickers show more, and some screens have two pixels for one
FOLDER = ".thumbnails"  # hidden: backups leave out what can be made again
MAKING = threading.BoundedSemaphore(2)  # of the threads of a process: the others go on serving


class Busy(Exception):
    """Others are being made: take the whole picture."""


def url_of(picture: Media) -> str:
    """The address of a small one, without the host; of the picture itself when that is small."""
    if max(picture.width or 0, picture.height or 0) <= SIDE_PIXELS:
        return media.url_of(picture)
    return f"/media/thumbnails/{picture.path}.webp"


def kept(path: str) -> Path:
    """Where the WebP of the picture stored as ``path`` lies, made now if it was not yet.

    Raises Busy, and OSError or ValueError when that cannot be read.
    """
    folder, name = storage.current(), f"{FOLDER}/{path}.webp"
    if not folder.has(name):
        if not MAKING.acquire(blocking=False):
            raise Busy
        try:
            with folder.open(path) as whole, folder.writing() as file:
                file.write(pictures.small(whole, SIDE_PIXELS))
                folder.keep(file, name)
        finally:
            MAKING.release()
    return folder.place(name)
