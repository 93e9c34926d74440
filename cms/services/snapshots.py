"""The text of a post or a page as revisions hold it: field by field, checked, compared and merged."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext, number
from cms.models import Page, Post, Revision, Tag
from cms.services import links, series, tagging, translating

TEXTS = ("title", "slug", "body", "meta_title", "meta_description", "raw_html")
TIMES = ("published_at", "unpublish_at")
FIELDS: dict[type, tuple[str, ...]] = {
    Post: (
        *TEXTS,
        *TIMES,
        "excerpt",
        "cover_id",
        "canonical_url",
        "is_featured",
        "comments_open",
        "language",
        "translation_of_id",
        "series",
        "tags",
        "authors",
    ),
    Page: (*TEXTS, *TIMES, "menu_position"),
}
LISTS = frozenset({"tags", "authors"})
ELSEWHERE = LISTS | {"series"}  # what other tables keep
LENGTHS = {
    "title": 200,
    "slug": 200,
    "excerpt": 1000,
    "meta_title": 200,
    "meta_description": 500,
    "canonical_url": 500,
    "body": 2_000_000,
}


class Add(tuple):
    """Items to add to a list, in ``change_live``."""


class Remove(tuple):
    """Items to take out of a list, in ``change_live``."""


def snapshot(subject: Post | Page) -> dict[str, Any]:
    """The newest text: the draft, or what readers see where there is none."""
    return snapshot_at(subject, subject.version)


def snapshot_at(subject: Post | Page, version: int | None) -> dict[str, Any]:
    """The text at one version: tags by their names of today, fields that came into being since as the row has them."""
    return text_of(subject, db.session.scalar(Revision.at_version(subject, version or 0)), version)


def text_of(subject: Post | Page, revision: Revision | None, version: int | None) -> dict[str, Any]:
    """The same for whoever has the revision of that version at hand."""
    row = of_row(subject)
    text = {**row, **(revision.snapshot if revision is not None else {})}
    if version == (subject.live_version or subject.version):
        # The pairs know best, whatever was renamed; the order is that of whoever typed them.
        if "tags" in text:
            place = {_sameness(name): number for number, name in enumerate(text["tags"])}
            text["tags"] = sorted(row["tags"], key=lambda name: place.get(_sameness(name), len(place)))
        if "series" in text:
            text["series"] = row["series"]
        return text
    if text.get("tags"):
        text["tags"] = tagging.current_names(text["tags"])
    if text.get("series"):
        text["series"] = series.current_title(text["series"])
    return text


def when(value: str | None) -> datetime | None:
    """A time out of a snapshot."""
    return datetime.fromisoformat(value) if value else None


def merged(base: Mapping[str, Any], live: Mapping[str, Any], draft: Mapping[str, Any]) -> dict[str, Any]:
    """``draft`` where it differs from ``base``, else ``live``; lists item by item."""
    result = {}
    for name in {**live, **draft}:
        if draft.get(name) == base.get(name):
            result[name] = live.get(name)
        elif name == "tags":
            old, ours = base.get(name) or [], draft.get(name) or []
            kept = [item for item in live.get(name) or [] if item in ours or item not in old]
            result[name] = kept + [item for item in ours if item not in kept and item not in old]
        else:
            result[name] = draft.get(name)
    if "raw_html" in result:  # how a text is read goes with the text
        origin = live if draft.get("body") == base.get("body") else draft
        result["raw_html"] = origin.get("raw_html", False)
    return result


def of_row(subject: Post | Page) -> dict[str, Any]:
    """The text that readers see, or would."""
    fields: dict[str, Any] = {}
    for name in FIELDS[type(subject)]:
        if name == "tags":
            fields[name] = [tag.name for tag in subject.tags] if subject.id is not None else []
        elif name == "authors":
            fields[name] = [author.id for author in subject.authors] if subject.id is not None else []
        elif name == "series":
            fields[name] = subject.series.title if subject.series is not None else ""
        else:
            fields[name] = _plain(getattr(subject, name))
    return _with_defaults(fields)


def _with_defaults(fields: dict[str, Any]) -> dict[str, Any]:
    """A row that was never flushed has None where the column has a default."""
    defaults = {"is_featured": False, "raw_html": False, "comments_open": True}
    for name, value in fields.items():
        if value is None and name in defaults:
            fields[name] = defaults[name]
        elif value is None and (name in LENGTHS or name == "language"):
            fields[name] = ""
    return fields


def live_times(subject: Post | Page) -> dict[str, Any]:
    """When readers see it, as a snapshot says it."""
    return {name: _plain(getattr(subject, name)) for name in TIMES}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def resolved(text: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``changes`` with every ``Add`` and ``Remove`` turned into the whole list that it makes of ``text``."""
    whole: dict[str, Any] = {}
    for name, value in changes.items():
        have = list(text.get(name) or []) if name in LISTS else []
        if isinstance(value, Add):
            same = {_sameness(item) for item in have}
            value = have + [item for item in value if _sameness(item) not in same]
        elif isinstance(value, Remove):
            unwanted = {_sameness(item) for item in value}
            value = [item for item in have if _sameness(item) not in unwanted]
        whole[name] = value
    return whole


def _sameness(item: Any) -> Any:
    return Tag.slug_of(item) if isinstance(item, str) else item


def _original(subject: Post, wanted_id: int | None) -> int | None:
    original = translating.original_of(subject, wanted_id)
    if original is None and wanted_id is not None and translating.belongs_to(subject, wanted_id):
        raise InvalidChange(
            gettext("That one is not another post, or it is a translation of this one."), field="translation_of_id"
        )
    return original


def checked(subject: Post | Page, changes: Mapping[str, Any]) -> dict[str, Any]:
    """``changes`` as a snapshot holds them. Raises InvalidChange naming the first field that does not fit."""
    fields: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in FIELDS[type(subject)]:
            raise InvalidChange(gettext("There is no field “%(name)s”.", name=name), field=name)
        if name == "tags":
            value = tagging.clean_names(value or [])
        elif name == "authors":
            value = list(dict.fromkeys(int(item) for item in value or []))
        elif name == "series":
            value = series.clean_title(value or "")
        elif name == "language":
            value = translating.checked_language(value)
        elif name == "translation_of_id":
            value = _original(subject, int(value) if value else None)
        elif name in LENGTHS:
            value = (value or "").replace("\x00", "�").replace("\r\n", "\n")
            if name != "body":
                value = value.strip()
            if len(value) > LENGTHS[name]:
                raise InvalidChange(
                    gettext(
                        "At most %(most)s letters; these are %(these)s.",
                        most=number(LENGTHS[name]),
                        these=number(len(value)),
                    ),
                    field=name,
                )
        if name == "canonical_url":
            links.checked_whole(value, field=name)
        if name == "raw_html":
            value = bool(value)
        fields[name] = _plain(value)
    if any(name in fields for name in TIMES):
        times = {name: when(fields[name]) if name in fields else getattr(subject, name) for name in TIMES}
        check_times(times["published_at"], times["unpublish_at"])
    return fields


def check_times(begins: datetime | None, ends: datetime | None) -> None:
    """Raises InvalidChange where the end is no later than the beginning."""
    if begins and ends and ends <= begins:
        raise InvalidChange(gettext("The end must come after the beginning."), field="unpublish_at")
