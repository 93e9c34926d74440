"""What can be made anew from the text at any time: the HTML of posts and pages, and the search index. In chunks."""

from collections.abc import Iterator

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import defer, selectinload

from cms.db import db
from cms.models import Page, Post
from cms.services import searching
from cms.text.markdown import RENDERER_VERSION
from cms.transactions import in_transaction

CHUNK = 100


def waiting(model: type[Post] | type[Page], *, everything: bool = False, after: int = 0) -> int:
    """How many have HTML of another renderer, or with ``everything`` how many there are, after this id."""
    chosen = _chosen(model, everything=everything, after=after)
    return db.session.scalar(select(func.count()).select_from(chosen.order_by(None).subquery())) or 0


def render(model: type[Post] | type[Page], *, everything: bool = False, after: int = 0) -> Iterator[tuple[int, int]]:
    """Render bodies again; after each committed chunk how many it had and the id it ended at, to go on from."""
    while True:
        count, last = in_transaction(lambda after=after: _render_chunk(model, everything, after))
        if last is None:
            return
        yield count, last
        after = last


def _render_chunk(model: type[Post] | type[Page], everything: bool, after: int) -> tuple[int, int | None]:
    chosen = _chosen(model, everything=everything, after=after).order_by(model.id).limit(CHUNK)
    # Locked, since whoever saves in between would otherwise lose against us or we against them.
    found = list(db.session.scalars(chosen.with_for_update()))
    for subject in found:
        subject.render()
    db.session.flush()
    last = found[-1].id if found else None
    db.session.expunge_all()
    return len(found), last


def _chosen(model: type[Post] | type[Page], *, everything: bool, after: int) -> Select[tuple[Post]]:
    chosen = select(model).where(model.id > after)
    return chosen if everything else chosen.where(model.renderer_version != RENDERER_VERSION)


def index(*, after: int = 0) -> Iterator[tuple[int, int]]:
    """Write the search index anew; after each committed chunk how many posts it had and the id it ended at."""
    while True:
        count, last = in_transaction(lambda after=after: _index_chunk(after))
        if last is None:
            return
        yield count, last
        after = last


def index_if_empty() -> int:
    """Write the search index anew where posts have none: a downgrade past it drops it. Returns how many it had to."""
    if searching.is_empty() and db.session.scalar(select(Post.id).limit(1)) is not None:
        return sum(count for count, _ in index())
    return 0


def forget_lost() -> int:
    """Take posts out of the search index that are no more; how many there were."""
    table, key = ("post_search", "rowid") if db.engine.dialect.name == "sqlite" else ("post_search", "post_id")

    def work() -> int:
        lost = text(f"SELECT {key} FROM {table} WHERE {key} NOT IN (SELECT id FROM post)")  # noqa: S608 (two constants)
        ids = list(db.session.scalars(lost))
        for start in range(0, len(ids), CHUNK):
            searching.forget(ids[start : start + CHUNK])
        return len(ids)

    return in_transaction(work)


def _index_chunk(after: int) -> tuple[int, int | None]:
    options = (selectinload(Post.tags), defer(Post.body_html))
    found = list(
        db.session.scalars(select(Post).where(Post.id > after).order_by(Post.id).limit(CHUNK).options(*options))
    )
    searching.index_many(
        (post.id, searching.words_of(post.title, post.excerpt, (tag.name for tag in post.tags), post.body))
        for post in found
    )
    last = found[-1].id if found else None
    db.session.expunge_all()
    return len(found), last
