"""The series there are, and one of them: its posts in their order."""

from flask import render_template, request
from sqlalchemy import func, select

from cms.db import db
from cms.language import gettext
from cms.models import Post, Series, SeriesPart
from cms.public import finding, keyset, structured
from cms.public.blueprint import bp
from cms.public.layout import absolute, here
from cms.public.lists import for_list

MOST_SERIES = 50
LONGEST_QUERY = 200


@bp.get("/series/")
def all_series() -> str:
    """The series that readers find posts in, by name, with how many parts each has; the next of them by ``?after=``."""
    after = request.args.get("after", "")[:LONGEST_QUERY]
    inside = select(SeriesPart.post_id).join(Post).where(SeriesPart.series_id == Series.id, Post.visible())
    parts = inside.with_only_columns(func.count()).scalar_subquery()
    query = select(Series, parts).where(inside.exists(), Series.slug > after).order_by(Series.slug)
    rows = db.session.execute(query.limit(MOST_SERIES + 1)).all()
    found = [(one, number) for one, number in rows[:MOST_SERIES]]
    onward = found[-1][0].slug if len(rows) > MOST_SERIES else None
    return render_template("public/all_series.html", all_series=found, onward=onward, is_first=not after)


@bp.get("/series/<slug>")
def series(slug: str) -> str:
    """The published posts of one series, from its first part on; later ones by ``?after=``."""
    found = finding.at(Series, slug)
    posts = parts_of(found)
    if not posts.items and posts.is_first:
        finding.hide_if_secret(found)
    about = found.description or gettext("The posts of the series “%(title)s”.", title=found.title)
    preview = structured.Preview("website", found.title, about, absolute("public.series", slug=found.slug))
    structure = structured.of_series(found, posts.items)
    return render_template("public/series.html", series=found, posts=posts, shared_as=preview, structure=structure)


def parts_of(found: Series) -> keyset.Slice[Post]:
    """The part of the list that this request asks for."""
    bound = keyset.after_number(request.args.get("after"), SeriesPart.position, SeriesPart.post_id)
    query = for_list(Post.published_in(found)).add_columns(SeriesPart.position)
    if bound is not None:
        query = query.where(bound)
    size = here().settings.posts_per_page
    rows = db.session.execute(query.limit(size + 1)).unique().all()
    more = rows[size - 1] if len(rows) > size else None
    onward = keyset.number_place(more.position, more.Post.id) if more is not None else None
    return keyset.Slice([row.Post for row in rows[:size]], onward, bound is None)
