"""Imports a folder of Markdown posts. A second run changes nothing but what was changed in the files since."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cms.db import db
from cms.errors import InvalidChange
from cms.models import Author, Media, Post, Redirect, RedirectOrigin, Revision, RevisionKind, Status, Tag, User
from cms.models.redirect import path_hash
from cms.services import addresses, auditing, bylines, media, publishing, redirecting, revising, settings
from cms.services.importing import drafts, ledger, sources
from cms.services.importing.assets import Assets
from cms.services.importing.drafts import Draft
from cms.services.importing.front_matter import BrokenFile
from cms.services.importing.ledger import Ledger
from cms.services.importing.sources import Plan, Site
from cms.transactions import in_transaction

CHUNK = 25
Progress = Callable[[int, int], None]  # done, of how many


@dataclass
class Known:
    """What an earlier import made of a file."""

    post_id: int
    version: int
    slug: str
    digest: str


@dataclass
class Chunk:
    """What one transaction did: added to the ledger once it is committed."""

    report: Ledger = field(default_factory=Ledger)
    authors: dict[str, int] = field(default_factory=dict)


def run(
    path: Path,
    *,
    fallback: User | None = None,
    old_site: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Ledger:
    """Import what is in ``path``; with ``dry_run`` only say what would come of it. Commits by itself, in chunks.

    ``fallback`` signs posts that name no author; links that find nothing here lead to ``old_site``, where it is given.
    Raises CmsError when there is nothing to import.
    """
    report = Ledger()
    fallback_id = fallback.id if fallback is not None else None
    site, zone = Site.at(path), settings.read().zone
    known = _known()
    plan = sources.plan(site, {label: item.slug for label, item in known.items()}, report)
    plan.book.old_site = old_site.rstrip("/")
    assets = Assets(site.root, report, dry_run)
    authors: dict[str, int] = {}
    counted: set[str] = set()
    for start in range(0, len(plan.sources), CHUNK):
        ready = []
        for source in plan.sources[start : start + CHUNK]:
            try:
                ready.append(drafts.make(source, plan, assets, zone, report))
            except BrokenFile as broken:
                report.skip(source.name, broken.line, broken.reason)
            except InvalidChange as error:
                report.skip(source.name, 1, str(error))
        db.session.rollback()  # what was read so far must not keep the next transaction from the write lock

        def work(ready: Sequence[Draft] = ready, authors: dict[str, int] = authors) -> Chunk:
            return _write(ready, plan, known, dict(authors), fallback_id, counted if dry_run else None)

        chunk = _unwritten(work) if dry_run else in_transaction(work)
        authors |= chunk.authors
        _add(report, chunk.report)
        if progress is not None:
            progress(min(start + CHUNK, len(plan.sources)), len(plan.sources))
    if not dry_run and (report.made or report.changed):
        in_transaction(lambda: _remember(report, site) and None)
    return report


def _unwritten(work: Callable[[], Chunk]) -> Chunk:
    try:
        return work()
    finally:
        db.session.rollback()


def _remember(report: Ledger, site: Site) -> bool:
    counts = {name: getattr(report, name) for name in ("found", "made", "changed", "unchanged", "skipped")}
    auditing.record("import.finished", by=None, after=counts, label=f"Markdown, {site.posts.name}", subject_type="post")
    return True


def _known() -> dict[str, Known]:
    """By label, what earlier imports made, so that neither a new slug nor a new title makes a post twice."""
    rows = db.session.execute(
        select(Revision.post_id, Revision.version, Revision.label, Revision.snapshot_zlib)
        .where(Revision.label.startswith(sources.LABEL, autoescape=True), Revision.post_id.is_not(None))
        .order_by(Revision.id)
        .execution_options(yield_per=200)
    )
    found = {}
    for post_id, version, label, snapshot in rows:
        text = Revision(snapshot_zlib=snapshot).snapshot
        found[label] = Known(post_id, version, text["slug"], _digest(text))
    return found


COMPARED = ("title", "body", "excerpt", "meta_description", "canonical_url", "is_featured", "comments_open", "tags")
COMPARED += ("authors", "cover_id", "published_at", "raw_html")


def _digest(fields: dict[str, Any]) -> str:
    plain = {name: fields.get(name) for name in COMPARED}
    for name, value in plain.items():
        if isinstance(value, datetime):
            plain[name] = value.isoformat()
    return hashlib.sha256(auditing.canonical(plain)).hexdigest()


def _write(
    ready: Sequence[Draft],
    plan: Plan,
    known: dict[str, Known],
    authors: dict[str, int],
    fallback_id: int | None,
    counted: set[str] | None,
) -> Chunk:
    """``counted`` remembers what a dry run would have made by now; None in a real one."""
    dry_run = counted is not None
    chunk = Chunk(authors=authors)
    _find_authors(ready, plan, chunk, dry_run=dry_run)
    _count_tags(ready, chunk.report, counted)
    for draft in ready:
        name = draft.source.name
        fields = {**draft.fields, "published_at": draft.published_at}
        fields["authors"] = [authors[slug] for slug in draft.people]
        if not fields["authors"] and fallback_id is not None:
            fields["authors"] = [_author_of(fallback_id, dry_run=dry_run)]
        fields["cover_id"] = _media(draft, chunk.report, counted)
        try:
            with db.session.begin_nested():
                slug = _save(draft, fields, known.get(draft.source.label), chunk.report, dry_run=dry_run)
        except InvalidChange as error:
            chunk.report.skip(name, 1, str(error))
            continue
        if slug is not None and draft.published_at is not None:
            _redirect(draft, f"{addresses.PREFIX[Post]}{slug}", chunk.report, dry_run=dry_run)
    return chunk


def _save(draft: Draft, fields: dict[str, Any], before: Known | None, report: Ledger, *, dry_run: bool) -> str | None:
    """Make or change the post; its slug now, or None when it was skipped."""
    name = draft.source.name
    post = db.session.get(Post, before.post_id) if before is not None else None
    if post is None or before is None:
        if not dry_run:
            post = Post(title="", slug="", version=0)
            revising.save(
                post,
                {**fields, "slug": draft.source.slug},
                by=None,
                kind=RevisionKind.IMPORTED,
                label=draft.source.label,
            )
            if draft.published_at is not None:
                publishing.publish(post, by=None, at=draft.published_at)
        report.made += 1
        return post.slug if post is not None else draft.source.slug
    if _digest(fields) == before.digest:
        report.unchanged += 1
        return post.slug
    reason = _why_not(post, before)
    if reason:
        report.skip(name, 1, f"the file has changed, but {reason}")
        return None
    if not dry_run:
        revising.save(post, fields, by=None, kind=RevisionKind.IMPORTED, label=draft.source.label)
        if draft.published_at is not None:
            publishing.publish(post, by=None, at=draft.published_at)
        elif post.status is Status.PUBLISHED:
            revising.put_live(post, by=None)
            publishing.withdraw(post, by=None)
    report.changed += 1
    return post.slug


def _why_not(post: Post, before: Known) -> str | None:
    if post.deleted_at is not None:
        return "the post is in the trash here"
    if post.status is Status.WITHDRAWN:
        return "the post was withdrawn here"
    if post.version != before.version:
        return "the post was edited here since"
    return None


def _find_authors(ready: Sequence[Draft], plan: Plan, chunk: Chunk, *, dry_run: bool) -> None:
    wanted = list(dict.fromkeys(slug for draft in ready for slug in draft.people))
    chunk.report.authors.update(wanted)
    missing = [slug for slug in wanted if slug not in chunk.authors]
    if not missing:
        return
    found = db.session.execute(select(Author.slug, Author.id).where(Author.slug.in_(missing)))
    chunk.authors |= dict(found.all())
    for slug in missing:
        if slug not in chunk.authors:
            chunk.authors[slug] = _renamed(slug) or _make_author(slug, plan, chunk, dry_run=dry_run)


def _renamed(slug: str) -> int | None:
    prefix = addresses.PREFIX[Author]
    target = redirecting.target_of(prefix + slug)
    return db.session.scalar(select(Author.id).where(Author.slug == target.removeprefix(prefix))) if target else None


def _make_author(slug: str, plan: Plan, chunk: Chunk, *, dry_run: bool) -> int:
    chunk.report.authors_made += 1
    if dry_run:
        return -len(chunk.authors) - 1
    return bylines.make(plan.people.get(slug) or sources.readable(slug), slug=slug).id


def _author_of(user_id: int, *, dry_run: bool) -> int:
    found = db.session.scalar(select(Author.id).where(Author.user_id == user_id))
    if found is not None or dry_run:
        return found or -1
    return bylines.of(db.session.get_one(User, user_id)).id


def _count_tags(ready: Sequence[Draft], report: Ledger, counted: set[str] | None) -> None:
    slugs = {Tag.slug_of(name) for draft in ready for name in draft.fields["tags"]}
    report.tags |= slugs
    new = slugs - set(db.session.scalars(select(Tag.slug).where(Tag.slug.in_(slugs)))) - (counted or set())
    report.tags_made += len(new)
    if counted is not None:
        counted |= new


def _media(draft: Draft, report: Ledger, counted: set[str] | None) -> int | None:
    """Rows for all pictures of the post; the id of its cover."""
    rows: dict[str, int] = {}
    hashes = [item.sha256 for item in draft.pictures]
    if hashes:
        rows = dict(db.session.execute(select(Media.sha256, Media.id).where(Media.sha256.in_(hashes))).all())
    for item in draft.pictures:
        if item.sha256 in rows:
            continue
        if counted is not None:
            rows[item.sha256] = -1
            report.media_made += item.sha256 not in counted
            counted.add(item.sha256)
            continue
        report.media_made += 1
        alt, caption = draft.alt.get(item.sha256, ("", ""))
        rows[item.sha256] = media.keep(item, by=None, alt=alt[:500], caption=caption[:1000]).id
    return rows[draft.cover.sha256] if draft.cover is not None else None


def _redirect(draft: Draft, new: str, report: Ledger, *, dry_run: bool) -> None:
    """Lead the old addresses to the post, but for those that somebody has led elsewhere."""
    hashes = {path_hash(old): old for old in dict.fromkeys(draft.source.old_paths)}
    have = dict(
        db.session.execute(
            select(Redirect.path_hash, Redirect.target).where(Redirect.path_hash.in_(hashes))
        ).all()
    )  # fmt: skip
    for digest, old in hashes.items():
        if len(old) > 1000:
            report.note(ledger.REDIRECT, draft.source.name, 1, "an old address of more than 1000 letters")
        elif digest not in have:
            report.redirects_made += 1
            if not dry_run:
                redirecting.moved(old, new, origin=RedirectOrigin.IMPORTED)
        elif have[digest] != new:
            report.note(ledger.REDIRECT, draft.source.name, 1, f"{old} leads to {have[digest]} here, and goes on to")


def _add(report: Ledger, part: Ledger) -> None:
    for name in (
        "made",
        "changed",
        "unchanged",
        "skipped",
        "media_made",
        "tags_made",
        "authors_made",
        "redirects_made",
    ):
        setattr(report, name, getattr(report, name) + getattr(part, name))
    report.tags |= part.tags
    report.authors |= part.authors
    report.notes += part.notes
