"""Records for the palette. What it costs does not grow with the tables.

Beginnings of addresses, names and e-mails are looked up by their index; words of posts by the search index, the newest
matches; any part of a label among the newest thousand records, of those who see only their own among these.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_login import current_user
from sqlalchemy import Select, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, load_only

from cms.admin import badges, filters, paths
from cms.admin.lookup import VIEWS, starting
from cms.db import Base, db
from cms.language import gettext, marked
from cms.models import AuditEntry, Author, Comment, Media, Page, Post, PostAuthor, Role, Series, Tag, User, UserRole
from cms.services import newest_posts
from cms.text.excerpt import excerpt
from cms.text.slug import fold_email, slugify

NEWEST = 1000  # records of a table in which any part of a label is looked for
MOST_EACH_WAY = 20
MOST_BY_WORDS = 50
LEAST_LETTERS = 3
PATIENCE_SECONDS = 0.1
ENTRIES_READ = 60
BEGINS, HAS_WORD, ELSEWHERE = range(3)
_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class Found:
    """One line of the palette. ``act`` is what a script does in place of going to ``address``."""

    kind: str
    title: str
    hint: str = ""
    state: str = ""
    tone: str = ""
    address: str = ""
    act: str = ""
    keys: str = ""
    rank: int = ELSEWHERE
    always: bool = False  # never left out because there are many of its kind


@dataclass(frozen=True)
class Kind:
    """How records of ``model`` are found. ``begins`` are indexed columns, each with the folded form it is kept in."""

    name: str
    model: type[Base]
    parts: Sequence[InstrumentedAttribute[str]]
    begins: Sequence[tuple[InstrumentedAttribute[str], Callable[[str], str]]] = ()
    options: Sequence[Any] = ()
    along: Sequence[tuple[Any, Any]] = ()  # tables joined one by one: SQLite reads the whole of a joined pair of them
    hint: Callable[[Any], str] = lambda row: ""
    label: Callable[[Any], str] = str
    has_state: bool = False


def _slug(text: str) -> str:
    return slugify(text, max_length=100)


WRITTEN = ("status", "published_at", "unpublish_at", "deleted_at", "edited_at")
KINDS = (
    Kind(
        marked("Posts"),
        Post,
        parts=[Post.title],
        begins=[(Post.slug, _slug)],
        options=[
            load_only(Post.title, Post.created_by_id, *(getattr(Post, name) for name in WRITTEN)),
            contains_eager(Post.authors).load_only(Author.name, Author.user_id),
        ],
        along=[(PostAuthor, PostAuthor.post_id == Post.id), (Author, Author.id == PostAuthor.author_id)],
        hint=lambda post: ", ".join(author.name for author in post.authors[:2]),
        has_state=True,
    ),
    Kind(
        marked("Pages"),
        Page,
        parts=[Page.title],
        begins=[(Page.slug, _slug)],
        options=[load_only(Page.title, Page.slug, *(getattr(Page, name) for name in WRITTEN))],
        hint=lambda page: f"/{page.slug}",
        has_state=True,
    ),
    Kind(marked("Tags"), Tag, parts=[Tag.name], begins=[(Tag.slug, _slug)], options=[load_only(Tag.name)]),
    Kind(
        marked("Series"), Series, parts=[Series.title], begins=[(Series.slug, _slug)], options=[load_only(Series.title)]
    ),
    Kind(
        marked("Authors"), Author, parts=[Author.name], begins=[(Author.slug, _slug)], options=[load_only(Author.name)]
    ),
    Kind(
        marked("People"),
        User,
        parts=[User.name, User.email],
        begins=[(User.email, fold_email), (User.name, str)],
        options=[load_only(User.name, User.email, User.active), contains_eager(User.roles)],
        along=[(UserRole, UserRole.user_id == User.id), (Role, Role.id == UserRole.role_id)],
        hint=lambda user: user.email,
    ),
    Kind(
        marked("Media"),
        Media,
        parts=[Media.filename, Media.alt],
        options=[load_only(Media.filename, Media.alt, Media.uploaded_by_id, Media.deleted_at)],
        label=lambda media: media.filename,
        hint=lambda media: excerpt(media.alt, 60),
    ),
    Kind(
        marked("Comments"),
        Comment,
        parts=[Comment.name, Comment.body, Comment.email],
        options=[load_only(Comment.name, Comment.body, Comment.status, Comment.deleted_at)],
        label=lambda comment: excerpt(comment.body, 80) or gettext("An empty comment"),
        hint=lambda comment: comment.name,
        has_state=True,
    ),
)


def matching(text: str) -> list[Found]:
    """The records that fit ``text`` and that this person may open, kind by kind, newest first."""
    words = text.split()[:10]
    results = []
    for kind in KINDS:
        view = view_of(kind)
        if view is not None:
            results += [
                _found(kind, row, address, text) for row, address in _openable(view, _query(kind, view, text, words))
            ]
    return results


def recent(most: int) -> list[Found]:
    """What this person worked on last, as the audit log knows it; the newest posts for somebody who is new."""
    entries = select(AuditEntry.subject_type, AuditEntry.subject_id).where(AuditEntry.actor_id == current_user.id)
    places = dict.fromkeys(
        (kind, number)
        for kind, number in db.session.execute(entries.order_by(AuditEntry.id.desc()).limit(ENTRIES_READ))
        if number is not None
    )
    opened: dict[tuple[str, int], Found] = {}
    for kind in KINDS:
        name = kind.model.__tablename__
        ids = [number for subject, number in places if subject == name]
        view = view_of(kind) if ids else None
        if view is not None:
            rows = _openable(view, _these(kind, view, select(kind.model.id).where(kind.model.id.in_(ids))))
            opened |= {(name, row.id): _found(kind, row, address) for row, address in rows}
    return [opened[place] for place in places if place in opened][:most] or _newest_posts(most)


def view_of(kind: Kind) -> Any:
    """The view of these records, if this person may enter it."""
    view = current_app.extensions[VIEWS].get(kind.model)
    return view if view is not None and view.is_accessible() else None


def _newest_posts(most: int) -> list[Found]:
    kind = KINDS[0]
    view = view_of(kind)
    if view is None:
        return []
    newest = Post.edited_at.desc(), Post.id.desc()
    own = list(view.limits())
    ids = (_newest(kind, own) if own else select(Post.id)).where(Post.deleted_at.is_(None))
    rows = _these(kind, view, ids.with_only_columns(Post.id).order_by(None).order_by(*newest).limit(most))
    return [_found(kind, row, address) for row, address in _openable(view, rows.order_by(None).order_by(*newest))]


def _query(kind: Kind, view: Any, text: str, words: list[str]) -> Select[Any]:
    """The records that fit, newest first: found in each way, a bounded number of them."""
    key = kind.model.id
    own = list(view.limits())
    newest = _newest(kind, own).subquery()
    fits = [or_(*(filters.contains(newest.c[part.key], word) for part in kind.parts)) for word in words]
    if "deleted_at" in newest.c:
        fits.append(newest.c.deleted_at.is_(None))
    ways = [select(newest.c.id).where(*fits).order_by(newest.c.id.desc()).limit(MOST_EACH_WAY)]
    if not own:  # to find the few that are theirs among all that begin so could take reading them all
        for column, fold in kind.begins:
            if start := fold(text):
                ways.append(select(key).where(starting(column, start)).limit(MOST_EACH_WAY))
        if kind.model is Post and not _is_too_short(text):
            by_words, _ = newest_posts.with_words(text, MOST_BY_WORDS, seconds=PATIENCE_SECONDS)
            ways.append(select(key).where(key.in_(by_words)))
    # Each in brackets of its own: neither database orders or limits a part of a union otherwise.
    return _these(kind, view, union(*(select(way.subquery().c.id) for way in ways)))


def _is_too_short(text: str) -> bool:
    """Whether too many words of a language begin so: the search index takes 0.3 s over th, of half a million posts."""
    return len(text) < LEAST_LETTERS and text.isascii()


def _newest(kind: Kind, own: Sequence[paths.Source]) -> Select[Any]:
    """Ids and labels of the newest records; whether they may be seen is asked of those that fit, by ``_these``."""
    table, columns = kind.model.__table__, [kind.model.id, *kind.parts]
    if "deleted_at" in table.c:
        columns.append(kind.model.deleted_at)
    if not own:
        return select(*columns).order_by(kind.model.id.desc()).limit(NEWEST)
    found = own[0].ids(NEWEST).subquery("own")
    return _in_this_order(select(*columns), found.join(table, table.c.id == found.c.id))


def _these(kind: Kind, view: Any, ids: Any) -> Select[Any]:
    chosen, table = ids.subquery("chosen"), kind.model.__table__
    join = _joined(kind, chosen.join(table, table.c.id == chosen.c.id))
    query = _in_this_order(view.visible(select(kind.model)), join)
    return query.order_by(kind.model.id.desc()).options(*kind.options)


def _joined(kind: Kind, first: Any) -> Any:
    for model, condition in kind.along:
        first = first.outerjoin(model.__table__, condition)
    return first


def _in_this_order(query: Select[Any], join: Any) -> Select[Any]:
    """``query`` from ``join``, its first table first: MariaDB would go through all of the second in its order."""
    query = query.select_from(join)
    for name in ("mysql", "mariadb"):
        query = query.prefix_with("STRAIGHT_JOIN", dialect=name)
    return query


def _openable(view: Any, query: Select[Any]) -> Iterator[tuple[Any, str]]:
    """Each row with the address at which this person may open it; none of the trash.

    The trash is left out here: SQLite, told of it, would begin with an index of all that is not in it.
    """
    for row in db.session.scalars(query).unique():
        if getattr(row, "deleted_at", None) is not None:
            continue
        if view.can_edit and view.may_edit(row):
            yield row, view.get_url(f"{view.endpoint}.edit_view", id=row.id)
        elif view.can_view_details:
            yield row, view.get_url(f"{view.endpoint}.details_view", id=row.id)


def _found(kind: Kind, row: Any, address: str, text: str = "") -> Found:
    title, hint = kind.label(row), kind.hint(row)
    state = row.state if kind.has_state else ""
    return Found(
        gettext(kind.name),
        title,
        hint,
        state=gettext(state.capitalize()),
        tone=badges.MEANINGS.get(state, "plain") if state else "",
        address=address,
        rank=rank(text, title, hint),
    )


def begins(words: Sequence[str], part: str) -> bool:
    """Whether one of ``words`` begins with ``part``; where words have no blanks between them, whether it is in one."""
    return any(word.startswith(part) or (part in word and bool(_HAN.search(part))) for word in words)


def rank(text: str, title: str, *others: str) -> int:
    """How well ``title`` fits what was typed: it begins so, its words do, or something else fits."""
    wanted, name = text.casefold(), title.casefold()
    if name.startswith(wanted):
        return BEGINS
    words = [word for label in (name, *others) for word in label.casefold().split()]
    fits = all(begins(words, part) for part in wanted.split())
    return HAS_WORD if fits else ELSEWHERE
