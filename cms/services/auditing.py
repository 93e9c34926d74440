"""The audit log: one entry an act, written in the act's own transaction."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from flask import has_request_context, request

from cms.db import Base, db
from cms.models import AuditEntry, User


def record(
    action: str,
    subject: Base | None = None,
    *,
    by: User | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    label: str | None = None,
    subject_type: str | None = None,
) -> AuditEntry:
    """Remember that ``by`` (none: the site itself) did ``action``, and the fields that it changed.

    ``subject`` must have been flushed. A field that is a secret must never be among ``before`` and ``after``.
    """
    personal = _personal(by)
    entry = AuditEntry(
        actor_id=by.id if by is not None else None,
        action=action,
        subject_type=subject_type or (subject.__tablename__ if subject is not None else "site"),
        subject_id=getattr(subject, "id", None),
        subject_label=(label if label is not None else str(subject) if subject is not None else "")[:200],
        request_id=request_id(),
        before=canonical(before) if before is not None else None,
        after=canonical(after) if after is not None else None,
        personal=personal,
        personal_digest=hashlib.sha256(canonical(personal)).hexdigest() if personal else "",
    )
    db.session.add(entry)
    return entry


def request_id() -> str:
    """What the entries of this request have in common; empty outside of one."""
    return request.environ.get("cms.request", {}).get("id", "") if has_request_context() else ""


def canonical(fields: Mapping[str, Any]) -> bytes:
    """The one JSON form of ``fields`` that digests are made of."""
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return text.encode("utf-8", "surrogatepass")


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only the fields that differ, as they were and as they are."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def _personal(by: User | None) -> dict[str, Any] | None:
    personal: dict[str, Any] = {}
    if by is not None:
        personal.update(name=by.name, email=by.email)
    if has_request_context() and by is not None:
        personal["address"] = request.remote_addr
    return personal or None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset | tuple):
        return sorted(value)
    return str(value)
