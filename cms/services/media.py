"""Media: takes in pictures and files, keeps each content once, and knows their addresses."""

import hashlib
import io
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import current_app
from sqlalchemy import Select, or_, select, union
from sqlalchemy.exc import IntegrityError

from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, number
from cms.models import Media, Page, Post, User
from cms.services import auditing, pictures, storage

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 64
MOST_READ = 2000  # texts, on the question where a picture is shown

# What may lie in the library beside pictures: extension, content type and how its bytes begin.
FILES: dict[str, tuple[str, re.Pattern[bytes]]] = {
    "pdf": ("application/pdf", re.compile(rb"%PDF-")),
    "mp3": ("audio/mpeg", re.compile(rb"ID3|\xff[\xe2-\xff]")),
    "m4a": ("audio/mp4", re.compile(rb".{4}ftyp(M4A|M4B|mp4|iso)", re.DOTALL)),
    "ogg": ("audio/ogg", re.compile(rb"OggS")),
    "mp4": ("video/mp4", re.compile(rb".{4}ftyp", re.DOTALL)),
    "webm": ("video/webm", re.compile(rb"\x1a\x45\xdf\xa3")),
}
SAME_AS = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "m4v": "mp4", "oga": "ogg", "ogv": "ogg"}
ACCEPTED = (*pictures.CONTENT_TYPES, *FILES)


@dataclass(frozen=True)
class Prepared:
    """A file that was looked through, and how to store it. ``content`` is None while it lies in ``file``."""

    sha256: str
    filename: str
    extension: str
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    content: bytes | None
    file: IO[bytes] | None = None

    @property
    def path(self) -> str:
        return f"{self.sha256[:2]}/{self.sha256}.{self.extension}"


def add(source: bytes | IO[bytes], filename: str, *, by: User | None) -> Media:
    """Take in a file: decode it, store it, and give its row, flushed. The same content gives the same row.

    Slow: a view that is in a hurry for the lock calls ``prepared`` before and ``keep`` under it.
    Raises InvalidChange, NotAllowed.
    """
    with prepared(source, filename) as found:
        return keep(found, by=by)


@contextmanager
def prepared(source: bytes | IO[bytes], filename: str, *, mend_name: bool = False) -> Iterator[Prepared]:
    """Decode and check ``source``, which takes its time, before any lock is needed.

    ``mend_name`` takes a picture for what its bytes are, whatever its name says. Raises InvalidChange.
    """
    filename = Path(filename.replace("\\", "/")).name.replace("\x00", "").strip()[-200:] or "file"
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    extension = SAME_AS.get(extension, extension)
    if extension in ("svg", "svgz"):
        raise InvalidChange(gettext("SVG pictures can carry scripts. Save it as PNG or WebP instead."), field="file")
    if extension not in ACCEPTED:
        raise InvalidChange(
            gettext("Files of this kind are not taken. Take one of %(kinds)s.", kinds=", ".join(ACCEPTED)), field="file"
        )
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    if extension in pictures.CONTENT_TYPES:
        yield _picture(_limited(stream), filename, extension, mend_name=mend_name)
        return
    with tempfile.TemporaryFile() as file:  # not in the media folder: who only looks leaves no trace there
        yield _file(stream, file, filename, extension)


def keep(found: Prepared, *, by: User | None, alt: str = "", caption: str = "") -> Media:
    """The row of what was prepared, flushed, its file stored before it. Raises NotAllowed, InvalidChange."""
    if by is not None and not by.may("media.upload"):
        raise NotAllowed(gettext("You may not upload media."))
    store(found)
    media = db.session.scalar(Media.with_sha256(found.sha256))
    if media is None:
        media = _row(found, by)
    media.restore()
    describe(media, alt=media.alt or alt, caption=media.caption or caption)
    db.session.flush()
    return media


def store(found: Prepared) -> None:
    """Have its bytes in the media folder."""
    place = storage.current()
    if place.size_bytes(found.path) == found.size_bytes:
        return
    source = io.BytesIO(found.content) if found.content is not None else found.file
    if source is not None:
        with place.writing() as file:
            source.seek(0)
            shutil.copyfileobj(source, file, CHUNK_BYTES)
            place.keep(file, found.path)


def describe(media: Media, *, alt: str, caption: str, credit: str | None = None) -> None:
    """Have these words. Raises InvalidChange for too many of them."""
    for field, words, most in (("alt", alt, 500), ("caption", caption, 1000), ("credit", credit, 200)):
        if words is None:
            continue
        words = " ".join(words.replace("\x00", "").split())
        if len(words) > most:
            raise InvalidChange(
                gettext("At most %(most)s letters; these are %(these)s.", most=number(most), these=number(len(words))),
                field=field,
            )
        setattr(media, field, words)


def trash(media: Media, *, by: User | None) -> None:
    """Take it out of the library; pages that show it go on showing it. Raises NotAllowed."""
    _ask(media, by)
    if media.deleted_at is None:
        media.trash()
        auditing.record("media.trashed", media, by=by)


def restore(media: Media, *, by: User | None) -> None:
    """Put it back into the library. Raises NotAllowed."""
    _ask(media, by)
    if media.deleted_at is not None:
        media.restore()
        auditing.record("media.restored", media, by=by)


def url_of(media: Media | Prepared) -> str:
    """Its public address, without the host."""
    return f"/media/{media.path}"


def path_of(media: Media) -> Path:
    """Where its bytes lie on this machine."""
    return storage.current().place(media.path)


def used_in(media: Media, *, most: int = 20) -> list[Post | Page]:
    """Posts and pages whose live text shows it; at most ``most`` of each.

    All those with it as their cover, and of the newest ``MOST_READ`` texts those that name it: no index knows what a
    text shows.
    """
    places: list[Post | Page] = []
    for model in (Post, Page):
        newest = select(model.id, model.body).order_by(model.id.desc()).limit(MOST_READ).subquery()
        ways = [select(newest.c.id).where(newest.c.body.contains(media.sha256, autoescape=True))]
        if model is Post:
            ways.append(select(Post.id).where(Post.cover_id == media.id).order_by(Post.id.desc()).limit(most))
        # Each in brackets of its own: neither database limits a part of a union otherwise.
        ids = union(*(select(way.subquery().c.id) for way in ways)).subquery()
        shown = select(model).where(model.id.in_(select(ids.c.id))).order_by(model.id.desc()).limit(most)
        places += db.session.scalars(shown)
    return places


def naming(model: type[Post] | type[Page], pictures: Sequence[Media]) -> Select[tuple[int]]:
    """The ids of those of the newest ``MOST_READ`` whose live text shows one of ``pictures``."""
    newest = select(model.id, model.body).order_by(model.id.desc()).limit(MOST_READ).subquery()
    return select(newest.c.id).where(or_(*(newest.c.body.contains(one.sha256, autoescape=True) for one in pictures)))


def _ask(media: Media, by: User | None) -> None:
    if by is not None and not by.can_edit_media(media):
        raise NotAllowed(gettext("You may change your own uploads only."))


def _picture(content: bytes, filename: str, extension: str, *, mend_name: bool) -> Prepared:
    known = _known(hashlib.sha256(content).hexdigest(), filename, extension)
    if known is not None:
        return known
    picture = pictures.reencode(io.BytesIO(content))
    if picture.extension != extension:
        if not mend_name:
            raise InvalidChange(
                gettext(
                    "Its name ends in .%(ending)s, but it is a %(kind)s picture.",
                    ending=extension,
                    kind=picture.extension.upper(),
                ),
                field="file",
            )
        filename = f"{filename.rpartition('.')[0]}.{picture.extension}"
    return Prepared(
        sha256=hashlib.sha256(picture.content).hexdigest(),
        filename=filename,
        extension=picture.extension,
        content_type=pictures.CONTENT_TYPES[picture.extension],
        size_bytes=len(picture.content),
        width=picture.width,
        height=picture.height,
        content=picture.content,
    )


def _known(sha256: str, filename: str, extension: str) -> Prepared | None:
    """What we stored ourselves once, sent again: it is clean already, and another round would make it another file."""
    media = db.session.scalar(Media.with_sha256(sha256).where(Media.extension == extension))
    if media is None or not storage.current().has(media.path):
        return None
    return Prepared(
        sha256, filename, extension, media.content_type, media.size_bytes, media.width, media.height, content=None
    )


def _file(stream: IO[bytes], file: IO[bytes], filename: str, extension: str) -> Prepared:
    content_type, beginning = FILES[extension]
    digest, size_bytes, head = hashlib.sha256(), 0, b""
    while chunk := stream.read(CHUNK_BYTES):
        head = head or chunk[:HEAD_BYTES]
        size_bytes += len(chunk)
        if size_bytes > _most_bytes():
            raise _too_heavy()
        digest.update(chunk)
        file.write(chunk)
    if not beginning.match(head):
        raise InvalidChange(
            gettext("Its name ends in .%(ending)s, but it is something else.", ending=extension), field="file"
        )
    return Prepared(digest.hexdigest(), filename, extension, content_type, size_bytes, None, None, None, file)


def _limited(stream: IO[bytes]) -> bytes:
    content = stream.read(_most_bytes() + 1)
    if len(content) > _most_bytes():
        raise _too_heavy()
    if not content:
        raise InvalidChange(gettext("The file is empty."), field="file")
    return content


def _most_bytes() -> int:
    return current_app.config["MAX_UPLOAD_MB"] * 1024 * 1024


def _too_heavy() -> InvalidChange:
    return InvalidChange(
        gettext("A file has at most %(most)s MB.", most=current_app.config["MAX_UPLOAD_MB"]), field="file"
    )


def _row(found: Prepared, by: User | None) -> Media:
    media = Media(
        sha256=found.sha256,
        filename=found.filename,
        extension=found.extension,
        content_type=found.content_type,
        size_bytes=found.size_bytes,
        width=found.width,
        height=found.height,
        uploaded_by_id=by.id if by is not None else None,
        alt="",
        caption="",
    )
    try:
        with db.session.begin_nested():
            db.session.add(media)
    except IntegrityError:
        # Somebody sent the same a moment ago. A locking read sees theirs: the snapshot of this transaction would not.
        return db.session.scalars(Media.with_sha256(found.sha256).with_for_update(read=True)).one()
    auditing.record("media.added", media, by=by)
    return media
