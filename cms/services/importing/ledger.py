"""What an import found and did: counts, and a note with file and line for whatever is not as it was."""

from dataclasses import dataclass, field

SKIPPED = "skipped"
FRONT_MATTER = "front matter"
FIELD_LEFT = "front matter that has no place here"
PICTURE_MISSING = "picture missing"
PICTURE_REFUSED = "picture refused"
MARK_KEPT = "template mark not understood, kept as text"
MARK_MEANT = "template marks meant to be read, as text"
LEADS_NOWHERE = "link to a page that was not imported"
NOT_SHOWN = "HTML that is kept but not shown"
LEFT_OUT = "left out"
REPLACED = "replaced"
REDIRECT = "redirect"
# What is said of single files, always; the rest is counted, and listed on demand.
ALWAYS_LISTED = (SKIPPED, FRONT_MATTER, MARK_KEPT, REDIRECT)


@dataclass(frozen=True)
class Note:
    """One thing to know, and where it stands in the source."""

    kind: str
    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass
class Ledger:
    """What came of an import. The counts are of posts unless named otherwise."""

    found: int = 0
    made: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    media_made: int = 0
    tags_made: int = 0
    authors_made: int = 0
    redirects_made: int = 0
    tags: set[str] = field(default_factory=set)  # slugs
    authors: set[str] = field(default_factory=set)
    pictures: set[str] = field(default_factory=set)  # files found
    pictures_missing: set[str] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)

    def note(self, kind: str, file: str, line: int, text: str) -> None:
        self.notes.append(Note(kind, file, line, text))

    def skip(self, file: str, line: int, reason: str) -> None:
        self.skipped += 1
        self.note(SKIPPED, file, line, reason)

    @property
    def imported(self) -> int:
        """Posts that are here now."""
        return self.made + self.changed + self.unchanged

    def of_kind(self, kind: str) -> list[Note]:
        return [note for note in self.notes if note.kind == kind]
