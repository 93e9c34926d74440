"""The one way by which any door changes a post or a page: ``save`` writes a revision, ``put_live`` shows one.

A post that was never public equals its newest revision. One that was keeps the text readers saw, and a newer draft
lives in its revisions alone until it is published.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from cms import clock
from cms.db import db
from cms.errors import NotAllowed, StaleChange
from cms.language import gettext
from cms.models import Author, Media, Page, Post, Revision, RevisionKind, Status, User
from cms.services import addresses, bylines, redirecting, searching, series, slugs, snapshots, tagging, translating
from cms.text import markdown
from cms.text.excerpt import word_count

JOIN_WITHIN = timedelta(minutes=10)

STATE = ("version", "live_version", "status", "deleted_at", *snapshots.TIMES)


def create(model: type[Post] | type[Page], changes: Mapping[str, Any], *, by: User | None) -> Post | Page:
    """A new draft holding ``changes``, flushed, with its first revision and, unless told, the byline of ``by``.

    Raises InvalidChange, NotAllowed.
    """
    if model is Post and by is not None and not changes.get("authors"):
        changes = {**changes, "authors": [bylines.of(by).id]}
    # Columns get their defaults at the flush; who may edit it is asked before.
    subject = model(title="", slug="", version=0, status=Status.DRAFT, created_by_id=by.id if by is not None else None)
    return save(subject, changes, by=by)


def save(
    subject: Post | Page,
    changes: Mapping[str, Any],
    *,
    by: User | None,
    seen_version: int | None = None,
    kind: RevisionKind = RevisionKind.SAVED,
    label: str = "",
) -> Post | Page:
    """Write ``changes`` as the newest revision; readers see them only if they never saw anything yet.

    ``changes`` maps names of ``FIELDS`` to values: tags a list of names, authors a list of ids, times aware.
    ``seen_version`` is what the person had before them: StaleChange if somebody saved since.
    Raises InvalidChange, NotAllowed.
    """
    hold(subject)
    if by is not None:
        _ask(subject, changes, by)
    if seen_version is not None and seen_version != subject.version:
        raise StaleChange(
            gettext("Somebody else saved this in the meantime. Compare their text with yours, then save again.")
        )
    before = snapshots.snapshot(subject) if subject.id is not None else snapshots.of_row(subject)
    after = {**before, **snapshots.checked(subject, changes)}
    if "slug" in changes or not after["slug"]:
        after["slug"] = slugs.free(subject, after["slug"] or after["title"])
    if by is not None:
        after["raw_html"] = reads_html(after["body"], before, by=by)
    if subject.id is not None and after == before and kind is RevisionKind.SAVED:
        return subject
    if subject.live_version is None:
        _apply(subject, after, by=by)
    _write(subject, after, by=by, kind=kind, label=label)
    return subject


def reads_html(body: str, before: Mapping[str, Any], *, by: User) -> bool:
    """Whether HTML in ``body`` counts as such once ``by`` saves it over the snapshot ``before``.

    Whose text it is decides that: nobody says so of a text that they did not write.
    """
    return by.may("post.html") if body != before["body"] else before["raw_html"]


def change_live(subject: Post | Page, changes: Mapping[str, Any], *, by: User | None) -> None:
    """Change what readers see and the draft alike, without publishing the rest of the draft: for inline and bulk acts.

    A list may be changed by ``{"tags": Add([...])}`` or ``Remove([...])``, which leaves its other items alone.
    Raises NotAllowed, InvalidChange.
    """
    hold(subject)
    if by is not None:
        _ask(subject, changes, by)
        if isinstance(subject, Post) and subject.live_version is not None and not by.can_publish(subject):
            raise NotAllowed(gettext("Only those who may publish this post may change what readers see."))
    if not subject.has_draft:
        save(subject, snapshots.resolved(snapshots.snapshot(subject), changes), by=by)
        if subject.live_version is not None:
            put_live(subject, by=by)
        return
    draft = snapshots.snapshot(subject)
    live = {**snapshots.snapshot_at(subject, subject.live_version), **snapshots.live_times(subject)}
    live |= snapshots.checked(subject, snapshots.resolved(live, changes))
    _apply(subject, live, by=by)
    shown = _write(subject, live, by=by, kind=RevisionKind.PUBLISHED)
    subject.live_version = shown.version
    draft |= snapshots.checked(subject, snapshots.resolved(draft, changes))
    _write(subject, draft, by=by, kind=RevisionKind.SAVED, base_version=shown.version)


def hold(subject: Post | Page) -> None:
    """Keep others from changing it until the end of the transaction. Raises StaleDataError when one already did.

    Not every act moves the version, and a transaction of MariaDB goes on seeing what was there at its first look.
    """
    if subject.id is None:
        return
    model = type(subject)
    columns = [getattr(model, name) for name in STATE]
    row = db.session.execute(select(*columns).where(model.id == subject.id).with_for_update()).one_or_none()
    if row is None or tuple(row) != tuple(getattr(subject, name) for name in STATE):
        raise StaleDataError(f"Somebody else changed {model.__tablename__} {subject.id}.")


def remember_times(subject: Post | Page, live: Revision | None = None) -> None:
    """Write into the revision that went live the times that a verb has set on the row; a newer draft keeps its own.

    Where none is live the row equals the newest one. Who has that revision at hand gives it.
    """
    if live is None:
        live = db.session.scalars(Revision.at_version(subject, subject.live_version or subject.version)).one()
    live.snapshot = live.snapshot | snapshots.live_times(subject)


def put_live(subject: Post | Page, *, by: User | None) -> Revision:
    """Copy the newest revision to the row that readers see, merging by field with what went live since it was begun.

    Returns the revision that is live now.
    """
    head = db.session.scalars(Revision.at_version(subject, subject.version)).one()
    if subject.live_version == head.version:
        return head
    text = snapshots.text_of(subject, head, head.version)
    if subject.live_version is not None and head.base_version not in (None, subject.live_version):
        base = snapshots.snapshot_at(subject, head.base_version)
        live = snapshots.snapshot_at(subject, subject.live_version)
        text = snapshots.merged(base, live, text)
    if subject.live_version is not None:  # else the row equals the newest revision already
        if text["slug"] != subject.slug:
            text["slug"] = slugs.free(subject, text["slug"])  # somebody may have taken it since the draft was written
        _apply(subject, text, by=by)
    if text != head.snapshot or head.kind is RevisionKind.NAMED:
        head = _write(subject, text, by=by, kind=RevisionKind.PUBLISHED)
    else:
        head.kind, head.updated_at = RevisionKind.PUBLISHED, clock.now()
    subject.live_version = head.version
    subject.updated_at = clock.now()
    return head


def show_version(subject: Post | Page, version: int | None, *, by: User | None) -> None:
    """Have readers see the text of an earlier version; what is newer waits as a draft. None: none was shown yet."""
    if version == subject.live_version:
        return
    if version is not None:
        text = snapshots.snapshot_at(subject, version)
        if text["slug"] != subject.slug:
            text["slug"] = slugs.free(subject, text["slug"])
        _apply(subject, text, by=by)
    subject.live_version, subject.updated_at = version, clock.now()


def _ask(subject: Post | Page, changes: Mapping[str, Any], by: User) -> None:
    if isinstance(subject, Page):
        if not by.may("page.edit"):
            raise NotAllowed(gettext("You may not edit pages."))
        return
    if not by.can_edit(subject):
        raise NotAllowed(gettext("Only its author or an editor may change this post."))
    if "authors" in changes and not by.may("post.edit.any"):
        own = [author.id for author in subject.authors] if subject.id is not None else [bylines.of(by).id]
        if list(changes["authors"]) != own:
            raise NotAllowed(gettext("Only an editor may change who wrote a post."), field="authors")
    if changes.get("translation_of_id") and not by.may("post.edit.any"):
        original = db.session.get(Post, changes["translation_of_id"])
        known = snapshots.snapshot(subject)["translation_of_id"] if subject.id is not None else None
        if original is not None and original.id != known and not by.has_written(original):
            raise NotAllowed(
                gettext("Only an editor may name the post of somebody else as the original."), field="translation_of_id"
            )


def _apply(subject: Post | Page, text: Mapping[str, Any], *, by: User | None) -> None:
    """Make the row equal ``text``, and with it the HTML, the pairs, the search index and the old address."""
    old_slug, was_public = subject.slug, subject.was_public
    for name in snapshots.FIELDS[type(subject)]:
        if name in snapshots.TIMES:
            setattr(subject, name, snapshots.when(text[name]))
        elif name not in snapshots.ELSEWHERE and name != "translation_of_id":
            setattr(subject, name, text[name])
    subject.updated_at = clock.now()
    subject.render()
    subject.relist()
    if isinstance(subject, Post):
        _apply_to_post(subject, text, by=by)
    if was_public and old_slug != subject.slug:
        redirecting.moved(addresses.path_of(subject, old_slug), addresses.path_of(subject))


def _apply_to_post(post: Post, text: Mapping[str, Any], *, by: User | None) -> None:
    post.word_count = word_count(markdown.plain(post.body))
    if post.cover_id is not None and db.session.get(Media, post.cover_id) is None:
        post.cover_id = None  # purged since the revision was written
    if post.id is None:
        post.version, post.live_version = 0, None
        # Said once, or each is asked of the database after the flush.
        post.tag_links, post.author_links, post.part, post.translation_of_id = [], [], None, None
        db.session.add(post)
    post.set_tags(tagging.find_or_make(text["tags"], by=by))
    post.set_authors(_authors(text["authors"]))
    series.add(post, series.find_or_make(text["series"], by=by))
    db.session.flush()
    translating.join(post, text["translation_of_id"])
    searching.index(post)


def _authors(ids: list[int]) -> list[Author]:
    found = (
        {author.id: author for author in db.session.scalars(select(Author).where(Author.id.in_(ids)))} if ids else {}
    )
    return [found[number] for number in ids if number in found]


def _write(
    subject: Post | Page,
    text: dict[str, Any],
    *,
    by: User | None,
    kind: RevisionKind,
    label: str = "",
    base_version: int | None = None,
) -> Revision:
    """Add ``text`` as the newest revision, or join it to the one the same person wrote a moment ago."""
    db.session.add(subject)
    db.session.flush()
    head = db.session.scalar(Revision.at_version(subject, subject.version)) if subject.version else None
    now = clock.now()
    subject.version += 1
    subject.edited_at = now
    joins = (
        head is not None
        and kind is head.kind is RevisionKind.SAVED
        and not label
        and not head.label
        and head.version != subject.live_version
        and head.user_id == (by.id if by is not None else None)
        and now - head.created_at < JOIN_WITHIN
        and base_version is None
    )
    if joins:
        revision = head
    else:
        revision = Revision(
            post_id=subject.id if isinstance(subject, Post) else None,
            page_id=subject.id if isinstance(subject, Page) else None,
            kind=kind,
            label=label,
            user_id=by.id if by is not None else None,
            created_at=now,
            base_version=base_version or _base_of(subject, head),
        )
        db.session.add(revision)
    revision.version, revision.updated_at, revision.snapshot = subject.version, now, text
    db.session.flush()
    return revision


def _base_of(subject: Post | Page, head: Revision | None) -> int | None:
    """A draft goes on from what its predecessor was begun from; the first one from what readers see."""
    if head is not None and subject.live_version is not None and head.version != subject.live_version:
        return head.base_version
    return subject.live_version
