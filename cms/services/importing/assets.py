"""The pictures and files beside an imported text: found, checked once, and laid into the media folder."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cms.errors import InvalidChange
from cms.services import media
from cms.services.importing import ledger
from cms.services.importing.ledger import Ledger
from cms.services.media import Prepared

SITE_FOLDERS = ("", "static", "public", "src", "assets")


@dataclass
class Assets:
    """The files below ``root``, the folder of the old site; none outside it is ever opened."""

    root: Path
    ledger: Ledger
    dry_run: bool
    known: dict[Path, Prepared | None] = field(default_factory=dict)  # None: refused

    def find(self, address: str, source: Path, name: str, line: int) -> Prepared | None:
        """What the path ``address`` of the file ``source`` stands for; a missing or refused one is reported."""
        path = self._locate(address, source)
        if path is None:
            self.ledger.pictures_missing.add(address)
            self.ledger.note(ledger.PICTURE_MISSING, name, line, address)
            return None
        if path not in self.known:
            self.known[path] = self._take_in(path, name, line)
        elif self.known[path] is None:
            self.ledger.note(ledger.PICTURE_REFUSED, name, line, f"{address}: refused, as said before")
        return self.known[path]

    def _locate(self, address: str, source: Path) -> Path | None:
        for place in self._places(address, source):
            try:
                path = place.resolve()
                if path.is_relative_to(self.root) and path.is_file():
                    return path
            except (OSError, ValueError):  # a name too long, or with a NUL
                continue
        return None

    def _places(self, address: str, source: Path) -> Iterable[Path]:
        relative = address.lstrip("/")
        if not address.startswith("/"):
            yield source.parent / relative
        for folder in SITE_FOLDERS:
            yield self.root / folder / relative

    def _take_in(self, path: Path, name: str, line: int) -> Prepared | None:
        try:
            with path.open("rb") as file, media.prepared(file, path.name, mend_name=True) as found:
                if not self.dry_run:
                    media.store(found)
                # Its bytes lie in the folder now; holding all of them would fill the memory.
                taken = replace(found, content=None, file=None)
        except (InvalidChange, OSError) as error:
            self.ledger.note(ledger.PICTURE_REFUSED, name, line, f"{path.relative_to(self.root)}: {error}")
            return None
        self.ledger.pictures.add(str(path))
        return taken
