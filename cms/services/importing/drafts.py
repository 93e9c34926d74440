"""From one file to the fields of a post: text translated, pictures taken in, nothing written to the database yet."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from cms.errors import InvalidChange
from cms.services import media, tagging
from cms.services.importing import front_matter, ledger
from cms.services.importing.assets import Assets
from cms.services.importing.front_matter import Document
from cms.services.importing.ledger import Ledger
from cms.services.importing.links import Rewriter
from cms.services.importing.marks import Translator
from cms.services.importing.sources import Plan, Source, people_of, words_of
from cms.services.media import Prepared
from cms.text import markdown

USED = {
    *("title", "date", "slug", "draft", "published", "tags", "categories", "authors", "author", "featured", "comments"),
    *("excerpt", "description", "summary", "image", "hero", "cover", "images"),
    *("image_alt", "image_caption", "image_figcaption"),
    *("redirect_from", "aliases", "permalink", "canonical_url", "canonical"),
    *("layout", "type"),  # how the old site drew it
}
_MARKDOWN_PICTURE = re.compile(r"!\[((?:\\.|[^\]\\])*)\]\(/media/\w\w/(\w{64})\.", re.DOTALL)
_HTML_PICTURE = re.compile(r"""<img\b[^>]*?\bsrc=["']/media/\w\w/(\w{64})\.[^>]*?\balt=(["'])(.*?)\2""", re.DOTALL)
IN_PICTURE = ("image", "hero", "cover", "images")


@dataclass
class Draft:
    """What a post is to hold. Authors and cover are not rows yet."""

    source: Source
    fields: dict[str, Any]  # of ``revising.save``
    people: list[str]  # slugs
    cover: Prepared | None
    pictures: list[Prepared]
    alt: dict[str, tuple[str, str]]  # alternative text and caption of a picture, by sha256
    published_at: datetime | None  # none: it stays a draft


def make(source: Source, plan: Plan, assets: Assets, zone: ZoneInfo, report: Ledger) -> Draft:
    """The post in ``source``. Raises BrokenFile, InvalidChange."""
    document = front_matter.read(source.path)
    fields = document.fields
    for line, what in document.mended:
        report.note(ledger.FRONT_MATTER, source.name, line, what)
    for name, value in fields.items():
        if name not in USED and value not in (None, "", []):
            line = document.line_of(name)
            report.note(ledger.FIELD_LEFT, source.name, line, f"{name[:40]}: {' '.join(str(value).split())[:80]}")
    pictures: dict[str, Prepared] = {}

    def find(address: str, line: int) -> str | None:
        found = assets.find(address, source.path, source.name, line)
        if found is None:
            return None
        pictures[found.sha256] = found
        return media.url_of(found)

    def note(kind: str, line: int, text: str) -> None:
        report.note(kind, source.name, line, text)

    translated = Translator(fields, plan.people, note).translate(document.body, document.first_line)
    body = Rewriter(plan.book, find, note).rewrite(translated).replace("\x00", "�").strip("\n") + "\n"
    if not body.strip():
        raise InvalidChange("it has no text")
    cover = _cover(document, find, pictures)
    alt = (
        {cover.sha256: (_line(fields, "image_alt"), _line(fields, "image_caption", "image_figcaption"))}
        if cover
        else {}
    )
    for words, sha256 in _described(body):
        alt.setdefault(sha256, (words, ""))
    is_draft = fields.get("draft") is True or fields.get("published") is False
    excerpt = _line(fields, "excerpt", "summary", "description")
    description = _line(fields, "description")
    return Draft(
        source=source,
        fields={
            "title": _cut(_line(fields, "title") or source.slug.replace("-", " ").capitalize(), 200, "title", note),
            "body": body,
            "excerpt": _cut(excerpt, 1000, "excerpt", note),
            "meta_description": "" if description == excerpt else _cut(description, 500, "description", note),
            "canonical_url": _canonical(fields),
            "is_featured": fields.get("featured") is True,
            "comments_open": fields.get("comments") is not False,
            "tags": tagging.clean_names(words_of(fields, "tags", "categories")),
            "raw_html": True,  # shown as far as cleaning lets it
        },
        people=[slug for slug, _ in people_of(fields)],
        cover=cover,
        pictures=list(pictures.values()),
        alt=alt,
        published_at=None if is_draft else _date(source, document, zone, note),
    )


def _described(body: str) -> Iterator[tuple[str, str]]:
    """The alternative text of each picture in a text, and its sha256."""
    for words, sha256 in _MARKDOWN_PICTURE.findall(body):
        yield " ".join(unescape(re.sub(r"\\(.)", r"\1", words, flags=re.DOTALL)).split()), sha256
    for sha256, _, words in _HTML_PICTURE.findall(body):
        yield " ".join(unescape(words).split()), sha256


def _cover(document: Document, find: Any, pictures: Mapping[str, Prepared]) -> Prepared | None:
    for name in IN_PICTURE:
        value = document.fields.get(name)
        value = value[0] if isinstance(value, list) and value else value
        value = value.get("src") or value.get("url") if isinstance(value, dict) else value
        if isinstance(value, str) and value.strip() and "://" not in value:
            value = value.strip()
            url = find(value if value.startswith((".", "/")) else f"/{value}", document.line_of(name))
            found = next((item for item in pictures.values() if media.url_of(item) == url), None)
            if found is not None and found.width is not None:
                return found
    return None


def _date(source: Source, document: Document, zone: ZoneInfo, note: Any) -> datetime:
    value = document.fields.get("date")
    moment = front_matter.moment(value, zone)
    if moment is None and value not in (None, ""):
        note(ledger.FRONT_MATTER, document.line_of("date"), f"the date “{value}” is none; the file's name decides")
    if moment is None:
        moment = front_matter.moment(source.day, zone)
    if moment is None:
        note(ledger.FRONT_MATTER, 1, "no date, neither here nor in the file's name; the file's own time decides")
        moment = datetime.fromtimestamp(source.path.stat().st_mtime, UTC).replace(microsecond=0)
    return moment.astimezone(UTC)


def _canonical(fields: Mapping[str, Any]) -> str:
    value = str(fields.get("canonical_url") or fields.get("canonical") or "")
    return value if value.startswith(("https://", "http://")) and len(value) <= 500 else ""


def _line(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that says something, as one line of plain text."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int | float) and str(value).strip():
            return " ".join(unescape(markdown.plain(str(value)) or str(value)).replace("\x00", "").split())
    return ""


def _cut(text: str, most: int, name: str, note: Any) -> str:
    if len(text) <= most:
        return text
    note(ledger.LEFT_OUT, 1, f"the end of the {name}, which has more than {most} letters")
    return text[: most - 1].rstrip() + "…"
