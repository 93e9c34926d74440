"""Rows by the hundred for lists: with values that are equal, that differ in case or accents alone, and with none."""

import zlib
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from markupsafe import Markup
from sqlalchemy import insert

from cms.db import db
from cms.models import (
    AuditEntry,
    Author,
    Comment,
    CommentStatus,
    Mail,
    Media,
    Page,
    Post,
    Redirect,
    Revision,
    Role,
    Status,
    Tag,
    User,
)
from cms.models.redirect import path_hash
from tests.factories import make_post

NAMES = ["Ada", "ada", "Ádá", "Zoë ~ 7~", "100 %_", "日本", "A & B"]
BEGINNING = datetime(2025, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
numbers = count(1)


def name_of(number: int) -> str:
    return NAMES[number % len(NAMES)]


def time_of(number: int) -> datetime:
    """Five days in March, each of many rows."""
    return BEGINNING + timedelta(days=number * 7 % 5)


def time_or_none(number: int) -> datetime | None:
    return None if number % 3 == 0 else time_of(number)


def fill(model: type[Any], how_many: int, **fields: Any) -> list[int]:
    """That many more rows of ``model``; their ids in the order made. ``fields`` are those of all of them."""
    rows = [{**ROWS[model](next(numbers)), **fields} for _ in range(how_many)]
    if model in (Post, Page):  # listed while published and not in the trash
        rows = [{**row, "listed_at": None if row.get("deleted_at") else row["published_at"]} for row in rows]
    if model is Revision:
        subject = make_post()
        rows = [{**row, "post_id": subject.id, "version": place} for place, row in enumerate(rows, start=10)]
    if model is Comment:
        subject = make_post()
        rows = [{**row, "post_id": subject.id} for row in rows]
    before = db.session.scalar(db.select(db.func.max(model.id))) or 0
    db.session.execute(insert(model), rows)
    db.session.commit()
    return list(db.session.scalars(db.select(model.id).where(model.id > before).order_by(model.id)))


def _post(number: int) -> dict[str, Any]:
    return {
        "title": name_of(number),
        "slug": f"post-{number}",
        "body": "x",
        "status": Status.PUBLISHED,
        "published_at": time_or_none(number),
        "edited_at": time_of(number // 2),
        "live_version": 1,
    }


def _page(number: int) -> dict[str, Any]:
    return {**_post(number), "slug": f"page-{number}", "menu_position": None if number % 2 else number % 4}


def _media(number: int) -> dict[str, Any]:
    return {
        "sha256": f"{number:064x}",
        "filename": name_of(number),
        "extension": "pdf",
        "content_type": "application/pdf",
        "size_bytes": 1,
        "created_at": time_of(number),
    }


def _comment(number: int) -> dict[str, Any]:
    return {
        "name": name_of(number),
        "body": "x",
        "body_html": Markup(),
        "status": CommentStatus.APPROVED,
        "created_at": time_of(number),
    }


def _redirect(number: int) -> dict[str, Any]:
    path, target = f"/old/{number}", f"/new/{number}"
    return {
        "path": path,
        "path_hash": path_hash(path),
        "target": target,
        "target_hash": path_hash(target),
        "created_at": time_of(number),
    }


def _user(number: int) -> dict[str, Any]:
    return {"email": f"row{number}@example.org", "name": name_of(number), "created_at": time_of(number)}


def _entry(number: int) -> dict[str, Any]:
    return {"action": "post.published", "subject_type": "post", "subject_label": "One", "at": time_of(number)}


ROWS = {
    Post: _post,
    Page: _page,
    Media: _media,
    Comment: _comment,
    Tag: lambda number: {"name": name_of(number), "slug": f"tag-{number}"},
    Author: lambda number: {"name": name_of(number), "slug": f"author-{number}"},
    Redirect: _redirect,
    User: _user,
    Role: lambda number: {"name": f"role {number}", "permissions": []},
    Mail: lambda number: {"recipient": "x@example.org", "subject": "One", "text": "", "created_at": time_of(number)},
    AuditEntry: _entry,
    Revision: lambda number: {"created_at": time_of(number), "snapshot_zlib": zlib.compress(b"{}")},
}
