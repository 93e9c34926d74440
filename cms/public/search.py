"""The search page: what was found, the best first, with the words that were looked for marked. At most five queries."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from sqlalchemy import CompoundSelect, literal, select, union_all

from cms.db import db
from cms.models import Author, Post, PostAuthor, PostTag, Tag
from cms.public import keyset
from cms.public.blueprint import bp
from cms.public.layout import here
from cms.services import answering, suggesting
from cms.services.answering import Answer
from cms.services.ranking import Ranked
from cms.text import marking, questions
from cms.text.marking import Part
from cms.text.tokens import Term

PLACE = re.compile(r"([0-9]{1,6})-(.+)")


@dataclass(frozen=True)
class Named:
    """A tag or an author."""

    name: str
    slug: str


@dataclass(frozen=True)
class Result:
    """One line of the page: what a byline says, the title and a passage in parts, and the tags that were looked for."""

    slug: str
    language: str
    listed_at: datetime
    word_count: int
    authors: Sequence[Named]
    title: Sequence[Part]
    passage: Sequence[Part]
    tags: Sequence[tuple[Named, Sequence[Part]]]


@dataclass(frozen=True)
class Page:
    """Part of what was found, the first of it counted from 1; the places of other parts, None where none is."""

    results: Sequence[Result]
    first: int = 0
    found: int = 0
    is_first: bool = True
    previous: str | None = None  # of a part that is not the first one
    next: str | None = None


@bp.get("/search")
def search() -> str:
    """The posts with all that ``?q=`` asks for. ``?after=`` goes on in them, ``?before=`` in older ones."""
    typed = " ".join(request.args.get("q", "").replace("\x00", " ").split())
    question = questions.read(typed)
    before = keyset.read_place(request.args.get("before"))
    sample = answering.sampled(answering.words_of(question), before) if question.all_terms else None
    answer = answering.answer(question, before, sample) if sample is not None else Answer([])
    suggestion = None
    if sample is not None and before is None:
        suggestion = suggesting.suggest(question, len(answer.ranked), sample)
    return render_template(
        "public/search.html",
        typed=typed[: questions.LONGEST],
        is_too_long=len(typed) > questions.LONGEST,
        question=question,
        page=_page(answer.ranked, question.terms),
        answer=answer,
        older=keyset.place(*answer.onward) if answer.onward is not None else None,
        before=keyset.place(*before) if before is not None else None,
        suggestion=suggestion,
        walked=answering.WALK,
    )


def _page(ranked: Sequence[Ranked], terms: Sequence[Term]) -> Page:
    size = here().settings.posts_per_page
    start = _start(ranked, request.args.get("after"))
    shown = ranked[start : start + size]
    return Page(
        _results([one.id for one in shown], terms, few=len(ranked) <= suggesting.FEW),
        first=start + 1,
        found=len(ranked),
        is_first=start == 0,
        previous=_place(ranked[start - size - 1]) if start > size else None,
        next=_place(shown[-1]) if len(ranked) > start + size else None,
    )


def _start(ranked: Sequence[Ranked], text: str | None) -> int:
    """How many stand before what follows on that place; 0 for a place that means nothing."""
    match = PLACE.fullmatch(text or "")
    known = keyset.read_place(match[2]) if match is not None else None
    if match is None or known is None:
        return 0
    last = Ranked(int(match[1]), *known)
    start = sum(one >= last for one in ranked)
    return start if start < len(ranked) else 0


def _place(one: Ranked) -> str:
    return f"{one.score}-{keyset.place(one.listed_at, one.id)}"


def _results(ids: Sequence[int], terms: Sequence[Term], *, few: bool) -> list[Result]:
    """The posts of these ids in their order. One query where there are ``few``, else one more for their texts."""
    if not ids:
        return []
    names = _names(ids).subquery("names")
    columns = [Post.id, Post.title, Post.slug, Post.language, Post.excerpt, Post.listed_at, Post.word_count]
    # Of many apart: with each author and tag of a post the database would send its text again.
    query = select(*columns, names, *([Post.body_html] if few else [])).where(Post.id.in_(ids), Post.visible())
    query = query.outerjoin(names, names.c.post_id == Post.id).order_by(names.c.place, names.c.name_slug)
    rows = db.session.execute(query).all()
    texts = {row.id: row.body_html for row in rows} if few else _texts(ids)
    posts = {row.id: row for row in rows}
    named: dict[tuple[int, str], list[Named]] = {}
    for row in rows:
        named.setdefault((row.id, row.kind), []).append(Named(row.name, row.name_slug))
    return [
        _result(posts[one], named.get((one, "author"), []), named.get((one, "tag"), []), texts[one], terms)
        for one in ids
        if one in posts
    ]


def _names(ids: Sequence[int]) -> CompoundSelect:
    """Tags and authors of these posts. By themselves: SQLite reads all tags of all posts for an outer join of two."""
    tags = select(
        PostTag.post_id, literal("tag").label("kind"), Tag.name, Tag.slug.label("name_slug"), literal(0).label("place")
    )
    authors = select(PostAuthor.post_id, literal("author"), Author.name, Author.slug, PostAuthor.position)
    return union_all(
        tags.join(Tag, Tag.id == PostTag.tag_id).where(PostTag.post_id.in_(ids)),
        authors.join(Author, Author.id == PostAuthor.author_id).where(PostAuthor.post_id.in_(ids)),
    )


def _texts(ids: Sequence[int]) -> dict[int, str]:
    return dict(db.session.execute(select(Post.id, Post.body_html).where(Post.id.in_(ids))).all())


def _result(row: Any, authors: Sequence[Named], tags: Sequence[Named], html: str, terms: Sequence[Term]) -> Result:
    passage = marking.passage(marking.plain(html), terms) if terms else []
    found = [(tag, marking.marked(tag.name, terms)) for tag in tags]
    return Result(
        row.slug,
        row.language,
        row.listed_at,
        row.word_count,
        authors,
        marking.marked(row.title, terms),
        passage or marking.marked(row.excerpt, terms),
        [(tag, parts) for tag, parts in found if any(part.is_found for part in parts)],
    )
