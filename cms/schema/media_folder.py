"""The files beside a database, into a backup and out of it again. None is ever deleted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tarfile import TarFile

from cms.schema import archive
from cms.schema.disk import ensure_room, listed, sync
from cms.schema.errors import SchemaError
from cms.schema.manifest import MEDIA, Manifest


def files(media: Path) -> Iterator[Path]:
    """All files below, in order, without those that a program is still writing: hidden ones."""
    for path in sorted(media.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(media).parts)
        if not hidden and path.is_file() and not path.is_symlink():
            yield path


def size_bytes(media: Path) -> int:
    total = 0
    for path in files(media):
        with suppress(FileNotFoundError):  # purged a moment ago
            total += path.stat().st_size
    return total


def save(writer: archive.Writer, media: Path) -> int:
    """Write each file below ``media`` as a member; gives their number."""
    count = 0
    for path in files(media):
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue  # purged a moment ago
        with source, writer.member(MEDIA + path.relative_to(media).as_posix()) as member:
            shutil.copyfileobj(source, member, archive.CHUNK)
        count += 1
    return count


def refuse_what_cannot_go(tar: TarFile, backup: Manifest, media: Path, *, replace: bool) -> None:
    """Raises SchemaError before anything was touched."""
    if backup.media_files is None:
        raise SchemaError("The backup was made without the media: restore the database alone.")
    needed_bytes, other = 0, []
    for name, place in places(backup, media):
        if not holds(place, backup.members[name]):
            needed_bytes += tar.getmember(name).size
            if place.exists():
                other.append(name.removeprefix(MEDIA))
    if other and not replace:
        raise SchemaError(f"The media folder has other files of the same name: {listed(other)}. Nothing was changed.")
    ensure_room(next(folder for folder in (media, *media.absolute().parents) if folder.exists()), needed_bytes)


def put(tar: TarFile, backup: Manifest, media: Path) -> None:
    """Write what is not there yet, each file whole or not at all; another of the same name is set aside."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for name, place in places(backup, media):
        if holds(place, backup.members[name]):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_name(f".{place.name}.{stamp}")
        with unfinished.open("wb") as file:
            shutil.copyfileobj(archive.content(tar, name), file, archive.CHUNK)
            file.flush()
            os.fsync(file.fileno())
        if place.exists():
            os.replace(place, place.with_name(f"{place.name}.replaced-{stamp}"))
        os.replace(unfinished, place)
        sync(place.parent)


def places(backup: Manifest, media: Path) -> Iterator[tuple[str, Path]]:
    """Each member and where it belongs. Raises SchemaError when that is not below ``media``."""
    for name in backup.members:
        if name.startswith(MEDIA):
            relative = PurePosixPath(name.removeprefix(MEDIA))
            if relative.is_absolute() or ".." in relative.parts:
                raise SchemaError(f"The backup has a file that belongs outside of the media folder: {name}.")
            yield name, media / relative


def holds(place: Path, sha256: str) -> bool:
    """Whether the file is there with exactly this content."""
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return archive.digest_of(file, place.stat().st_size) == sha256
