"""Which files a folder of Markdown has, and under which addresses their posts were and will be found."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from cms.db import db
from cms.errors import CmsError
from cms.models import Author, Post
from cms.services import addresses
from cms.services.importing import front_matter, ledger, links
from cms.services.importing.front_matter import BrokenFile, Document
from cms.services.importing.ledger import Ledger
from cms.services.importing.links import AddressBook
from cms.text.slug import slugify

LABEL = "Imported from "
POSTS_FOLDERS = ("posts", "_posts", "content/posts", "content/post", "content/blog", "blog")
ENDINGS = (".md", ".markdown", ".mdown")
NOT_POSTS = {"readme", "_index", "license", "changelog", "contributing"}
AUTHOR_FILES = ("_data/authors.yml", "_data/authors.yaml", "data/authors.yml", "data/authors.yaml", "authors.yml")
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-(.+)", re.DOTALL)


@dataclass(frozen=True)
class Site:
    """A folder with posts in it, and the folder that its addresses begin at."""

    root: Path
    posts: Path

    @classmethod
    def at(cls, path: Path) -> "Site":
        """Raises CmsError where there is nothing to import."""
        path = path.resolve()
        if not path.is_dir():
            raise CmsError(f"There is no folder {path}.")
        for name in POSTS_FOLDERS:
            if (path / name).is_dir():
                return cls(path, path / name)
        if not any(path.rglob("*.md")) and not any(path.rglob("*.markdown")):
            raise CmsError(f"There is no Markdown file in {path}.")
        above = path.parent.parent if path.parent.name == "content" else path.parent
        return cls(above if path.name in {Path(name).name for name in POSTS_FOLDERS} else path, path)

    def files(self) -> list[Path]:
        """The posts in the order of their names."""
        found = (path for path in self.posts.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
        return sorted(path for path in found if path.stem.lower() not in NOT_POSTS)

    def people(self) -> dict[str, str]:
        """The names of authors by slug, where a data file has them."""
        for name in AUTHOR_FILES:
            path = self.root / name
            if path.is_file():
                try:
                    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
                except (OSError, ValueError, yaml.YAMLError) as error:
                    raise CmsError(f"{path} cannot be read: {error}") from error
                return dict(_names(entries))
        return {}


def _names(entries: Any) -> Iterator[tuple[str, str]]:
    for slug, entry in (entries if isinstance(entries, dict) else {}).items():
        name = entry.get("name") or entry.get("full_name") if isinstance(entry, dict) else entry
        if isinstance(name, str):
            yield str(slug).lower(), name


@dataclass
class Source:
    """One file, before its text is looked at."""

    path: Path
    name: str  # as reports and revisions call it
    slug: str
    day: date | None  # of the file's name
    old_paths: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return label_of(self.name)


def label_of(name: str) -> str:
    """``name`` as a revision's label remembers it: a long one is told apart by its digest."""
    most = 200 - len(LABEL)
    return LABEL + (
        name if len(name) <= most else f"{name[: most - 17]} {hashlib.sha256(name.encode()).hexdigest()[:16]}"
    )


@dataclass
class Plan:
    """All files that can be read, and where everything is now."""

    sources: list[Source] = field(default_factory=list)
    book: AddressBook = field(default_factory=AddressBook)
    people: dict[str, str] = field(default_factory=dict)


def plan(site: Site, known_slugs: dict[str, str], report: Ledger) -> Plan:
    """Look through all front matter once. ``known_slugs`` are those of earlier imports, by ``label_of`` the file."""
    result = Plan(people=site.people())
    taken = _taken_slugs()
    files = site.files()
    stems = {slugify(_words(path), 190) for path in files}
    hosts: Counter[str] = Counter()
    for path in files:
        report.found += 1
        name = path.relative_to(site.posts).as_posix()
        try:
            document = front_matter.read(path)
        except BrokenFile as broken:
            report.skip(name, broken.line, broken.reason)
            continue
        source = _source(path, name, document, known_slugs.get(label_of(name)), taken)
        new = f"{addresses.PREFIX[Post]}{source.slug}"
        source.old_paths = [old for old in source.old_paths if _claim(result.book, old, new, source, report)]
        result.sources.append(source)
        result.book.tags.update(slugify(tag, 100) for tag in words_of(document.fields, "tags", "categories"))
        for slug, person in people_of(document.fields):
            result.book.authors[slug] = f"{addresses.PREFIX[Author]}{slug}"
            result.people.setdefault(slug, person or readable(slug))
        hosts.update(links.hosts_in(document.body, stems))
    if hosts and hosts.most_common(1)[0][1] > 1:
        result.book.hosts.add(hosts.most_common(1)[0][0])
    return result


def _source(path: Path, name: str, document: Document, known: str | None, taken: set[str]) -> Source:
    dated = _DATED.fullmatch(_stem(path))
    day = _day(dated) if dated else None
    wanted = str(document.fields.get("slug") or _words(path))
    slug = known or _free(slugify(wanted, max_length=190) or "untitled", taken)
    return Source(path, name, slug, day, old_paths=list(_old_paths(document.fields, day, _words(path), slug)))


def _old_paths(fields: dict[str, Any], day: date | None, words: str, slug: str) -> Iterator[str]:
    permalink = fields.get("permalink")
    if isinstance(permalink, str) and permalink.startswith("/") and ":" not in permalink and "{" not in permalink:
        yield permalink
    written = front_matter.written_day(fields.get("date"))
    for date_of_it in dict.fromkeys(item for item in (day, written) if item is not None):
        for last in dict.fromkeys((words, words.lower(), slug)):
            yield f"/{date_of_it:%Y/%m/%d}/{last}/"
    for old in (*_listed(fields.get("redirect_from")), *_listed(fields.get("aliases"))):
        yield old if old.startswith("/") else f"/{old}"


def _claim(book: AddressBook, old: str, new: str, source: Source, report: Ledger) -> bool:
    if book.add_post(old, new):
        return True
    report.note(ledger.REDIRECT, source.name, 1, f"{old} is the address of another post already, and stays so")
    return False


def words_of(fields: dict[str, Any], *names: str) -> list[str]:
    """What several fields list together: tags and categories."""
    return [word for name in names for word in _listed(fields.get(name), by_blank=True)]


def people_of(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """Slug and (where it is said) name of each author, in order."""
    entries = fields.get("authors") or fields.get("author") or []
    people: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, dict):
            name = str(entry.get("name") or entry.get("full_name") or "")
            slug = slugify(str(entry.get("slug") or entry.get("id") or name), 100)
        else:
            text = str(entry).strip()
            slug = slugify(text, 100)
            name = text if " " in text else ""
        if slug:
            people.setdefault(slug, name)
    return list(people.items())


def readable(slug: str) -> str:
    """A name made of a slug that has its words apart; else the slug as it is."""
    return " ".join(word.capitalize() for word in slug.split("-")) if "-" in slug else slug


def _listed(value: Any, *, by_blank: bool = False) -> list[str]:
    if isinstance(value, str):
        value = value.split(",") if "," in value else value.split() if by_blank else [value]
    return [str(item).strip() for item in value or [] if str(item).strip()] if isinstance(value, list) else []


def _stem(path: Path) -> str:
    return path.parent.name if path.stem.lower() == "index" else path.stem  # Hugo's folders


def _words(path: Path) -> str:
    dated = _DATED.fullmatch(_stem(path))
    return dated[4] if dated else _stem(path)


def _day(dated: re.Match[str]) -> date | None:
    try:
        return date(int(dated[1]), int(dated[2]), int(dated[3]))
    except ValueError:
        return None


def _free(slug: str, taken: set[str]) -> str:
    number, candidate = 1, slug
    while candidate in taken:
        number += 1
        candidate = f"{slug}-{number}"
    taken.add(candidate)
    return candidate


def _taken_slugs() -> set[str]:
    return set(db.session.scalars(select(Post.slug)))
