"""A backup: the database and, if asked for, the media in one sealed file that was read back before it got its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Engine

from cms.schema import archive, manifest, media_folder, snapshots
from cms.schema.disk import beside, ensure_room, in_words, sync
from cms.schema.errors import SchemaError
from cms.schema.manifest import Manifest


@dataclass(frozen=True)
class BackUp:
    """A backup that was made and checked."""

    path: Path
    size_bytes: int
    manifest: Manifest


def back_up(engine: Engine, path: Path, *, media: Path | None = None) -> BackUp:
    """Write the database behind ``engine`` to ``path``, a new file for its owner alone, while the site goes on.

    On SQLite the digests are those of the copy itself. MariaDB's snapshot cannot be shared with its dump: tables that
    nobody wrote to meanwhile have a digest, the others are named in ``manifest.moved``. Raises SchemaError.
    """
    path = Path(path).absolute()
    if path.exists():
        raise SchemaError(f"{path} is there already. Nothing was overwritten.")
    with in_words("The backup was not made"), beside(path) as folder:
        ensure_room(
            path.parent, snapshots.database_bytes(engine) + (media_folder.size_bytes(media) if media is not None else 0)
        )
        unfinished = folder / "backup.tar"
        with open(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            writer = archive.Writer(file)
            written = write(engine, writer, folder, media)
            writer.seal()
            if hasattr(os, "posix_fadvise"):  # Linux: read it back from the disk, not from memory
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if manifest.check(unfinished) != written:
            raise SchemaError("The backup does not read back as it was written. Look at the disk.")
        os.replace(unfinished, path)
        sync(path.parent)
        return BackUp(path, path.stat().st_size, written)


def write(engine: Engine, writer: archive.Writer, folder: Path, media: Path | None) -> Manifest:
    kind = snapshots.kind_of(engine)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    write_database = snapshots.write_sqlite if kind == "sqlite" else snapshots.write_mariadb
    with writer.member(manifest.DATABASES[kind]) as member:
        snapshot = write_database(engine, member, folder)
    # After the database: a file is stored before the row that names it, so that no row is saved without its file.
    count = None if media is None else media_folder.save(writer, media)
    written = Manifest(
        made_at=made_at,
        engine=kind,
        heads=snapshot.heads,
        tables=snapshot.tables,
        moved=snapshot.moved,
        longest_statement_bytes=snapshot.longest_statement_bytes,
        media_files=count,
        members=dict(writer.members),
    )
    with writer.member(manifest.NAME) as member:
        member.write(written.as_json())
    return written
