"""The HTML of posts and pages, made anew from the text, in chunks. The search index: ``rebuilding``."""

from collections.abc import Iterator

from sqlalchemy import Select, func, select

from cms.db import db
from cms.models import Page, Post
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
