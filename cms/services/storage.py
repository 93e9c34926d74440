"""Where the bytes of media lie: one interface, behind it a folder. Names are content addresses and never change."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import current_app

UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Folder:
    """Files below ``root``, each written whole or not at all."""

    root: Path

    @contextmanager
    def writing(self) -> Iterator[IO[bytes]]:
        """A file that is gone afterwards unless ``keep`` gave it a name."""
        folder = self.root / UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            try:
                yield file
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(file.name)

    def keep(self, file: IO[bytes], name: str) -> None:
        """Give a file of ``writing`` its name, safe from a power cut from then on."""
        place = self.place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.flush()
        os.fsync(file.fileno())
        os.chmod(file.name, 0o644)
        os.replace(file.name, place)
        for folder in (place.parent, self.root):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)  # else the name can be lost though the bytes are not
            finally:
                os.close(descriptor)

    def has(self, name: str) -> bool:
        return self.place(name).is_file()

    def size_bytes(self, name: str) -> int | None:
        """None when there is no such file."""
        with suppress(FileNotFoundError):
            return self.place(name).stat().st_size
        return None

    def open(self, name: str) -> IO[bytes]:
        """The bytes. Raises FileNotFoundError."""
        return self.place(name).open("rb")

    def delete(self, name: str) -> None:
        self.place(name).unlink(missing_ok=True)

    def place(self, name: str) -> Path:
        """Where it lies on this machine."""
        return self.root / name


def current() -> Folder:
    """The storage of this installation."""
    return Folder(Path(current_app.config["MEDIA_PATH"]))
