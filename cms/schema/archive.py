"""The one file of a backup: a tar that `tar` alone can open, sealed by a digest of every byte before its end."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cms.schema.errors import SchemaError

CHUNK = 1024 * 1024
SEAL = "SEAL"


@dataclass
class Member:
    """What is written into one member: counted and hashed on its way."""

    file: BinaryIO
    size: int = 0
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.sha256.update(data)
        return self.file.write(data)


@dataclass
class Writer:
    """Members one after the other, of lengths that need not be known before; then ``seal``."""

    file: BinaryIO
    members: dict[str, str] = field(default_factory=dict)  # name -> sha256 in hexadecimal

    @contextmanager
    def member(self, name: str) -> Iterator[Member]:
        start = self.file.tell()
        self.file.write(bytes(len(header(name, 0))))
        member = Member(self.file)
        yield member
        self.file.write(padding(member.size))
        end = self.file.tell()
        self.file.seek(start)
        self.file.write(header(name, member.size))
        self.file.seek(end)
        self.members[name] = member.sha256.hexdigest()

    def seal(self) -> None:
        """Close the archive, and see to it that it lies on the disk."""
        self.file.flush()
        self.file.seek(0)
        self.file.write(ending(digest_of(self.file, os.fstat(self.file.fileno()).st_size)))
        self.file.flush()
        os.fsync(self.file.fileno())


def header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def ending(digest: str) -> bytes:
    seal = digest.encode()
    return header(SEAL, len(seal)) + seal + padding(len(seal)) + bytes(2 * tarfile.BLOCKSIZE)


ENDING_BYTES = len(ending("0" * 64))


def digest_of(file: BinaryIO, size: int) -> str:
    """The sha256 of the next ``size`` bytes; of fewer when the file ends before."""
    digest = hashlib.sha256()
    while size > 0 and (data := file.read(min(CHUNK, size))):
        digest.update(data)
        size -= len(data)
    return digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The tar at ``path``, once its seal was found to be right: not one byte has changed. Raises SchemaError."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest = digest_of(file, size - ENDING_BYTES)
            if size < ENDING_BYTES or file.read() != ending(digest):
                raise SchemaError(f"{path} is no whole backup: it was cut short, changed, or is something else.")
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:") as tar:
                yield tar
    except (tarfile.TarError, EOFError) as error:
        raise SchemaError(f"{path} is no backup: {error}") from error
    except OSError as error:
        if error.filename is None or Path(error.filename) != path:
            raise
        raise SchemaError(f"{path} cannot be read: {error.strerror}.") from error


def content(tar: tarfile.TarFile, name: str) -> BinaryIO:
    """The bytes of one member, to be read to its end. Raises SchemaError when there is none."""
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise SchemaError(f"{tar.name} is no backup of this kind: it has no {name}.")
    return file  # type: ignore[return-value]
