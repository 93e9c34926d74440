"""What a backup says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tarfile import TarFile
from typing import Any, Self

from cms.schema import archive
from cms.schema.errors import SchemaError
from cms.schema.verify import TableContent

FORMAT = 1  # raise it with the shape of the manifest, and with the way in which cms.schema.verify makes digests
NAME = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "mariadb": "database.sql", "mysql": "database.sql"}
MEDIA = "media/"


@dataclass(frozen=True)
class Manifest:
    """The first member to look at: where the backup comes from and what must be found after a restore."""

    made_at: str  # UTC, ISO 8601
    engine: str  # sqlite, mariadb, mysql
    heads: tuple[str, ...]  # revisions of Alembic
    tables: dict[str, TableContent]  # our own and kept ones too
    moved: tuple[str, ...]  # tables that were written to meanwhile: saved as they were at one moment, without a digest
    longest_statement_bytes: int  # of the SQL; a server takes no longer one than its max_allowed_packet
    media_files: int | None  # None: the media were not asked for
    members: dict[str, str]  # the sha256 of each other member
    format: int = FORMAT

    @property
    def database(self) -> str:
        return DATABASES[self.engine]

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Raises SchemaError when it is of a newer release; ValueError, KeyError or TypeError when it is none."""
        given: dict[str, Any] = json.loads(text)
        if given["format"] > FORMAT:
            raise SchemaError("The backup was made by a newer release: restore it with that one.")
        tables = {name: TableContent(**content) for name, content in given.pop("tables").items()}
        manifest = cls(**given, tables=tables)
        return replace(manifest, heads=tuple(manifest.heads), moved=tuple(manifest.moved))


@contextmanager
def checked(path: Path) -> Iterator[tuple[TarFile, Manifest]]:
    """The backup at ``path``, open, each member compared with its sha256. Raises SchemaError."""
    with archive.opened(path) as tar:
        try:
            manifest = Manifest.from_json(archive.content(tar, NAME).read())
        except (ValueError, KeyError, TypeError) as error:
            raise SchemaError(f"{path} is no backup of this kind: its {NAME} cannot be understood.") from error
        found = {
            member.name: archive.digest_of(archive.content(tar, member.name), member.size)
            for member in tar
            if member.name not in (NAME, archive.SEAL)
        }
        if found != manifest.members or manifest.database not in found:
            wrong = sorted(name for name, _ in found.items() ^ manifest.members.items()) or [manifest.database]
            raise SchemaError(f"{path} does not hold what its {NAME} says: {', '.join(sorted(set(wrong))[:5])}.")
        yield tar, manifest


def check(path: Path) -> Manifest:
    """Read the whole backup at ``path`` and say what it holds. Raises SchemaError unless all of it is as written."""
    with checked(path) as (_, manifest):
        return manifest
