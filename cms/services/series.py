"""Series of posts: finding them by what people type, beginning new ones, renaming, and the order of their parts."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext
from cms.models import Post, Series, SeriesPart, User
from cms.services import addresses, auditing, redirecting

LONGEST_TITLE = 150
MOST_PARTS = 500  # a page in the admin shows them all in their order


def clean_title(title: str) -> str:
    """``title`` without blanks too many; empty means no series. Raises InvalidChange for what cannot be one."""
    title = " ".join(title.replace("\x00", "").split())
    if len(title) > LONGEST_TITLE:
        raise InvalidChange(
            gettext("The title of a series has at most %(most)s letters.", most=LONGEST_TITLE), field="series"
        )
    if title and not Series.slug_of(title):
        raise InvalidChange(
            gettext("“%(name)s” has no letter or digit to make an address of.", name=title), field="series"
        )
    return title


def find_or_make(title: str, *, by: User | None) -> Series | None:
    """The series of this title, a new one where none is; a renamed one by its old title too. None for no title.

    Raises NotAllowed when a new one is needed and ``by`` may not begin any; ``None`` may.
    """
    title = clean_title(title)
    if not title:
        return None
    found = _found(title)
    if found is not None:
        return found
    if by is not None and not by.may("tag.add"):
        raise NotAllowed(
            gettext("You may not begin a new series. Choose another for “%(name)s”.", name=title), field="series"
        )
    return _make(title)


def current_title(title: str) -> str:
    """What this series is called now; as given where there is none yet."""
    found = _found(title) if title else None
    return found.title if found is not None else title


def begin(title: str) -> Series:
    """A new series of this title, even where an earlier one was renamed. Raises InvalidChange if it is taken."""
    title = clean_title(title)
    if not title:
        raise InvalidChange(gettext("Give the series a title."), field="title")
    must_be_free(title)
    series = _make(title)
    redirecting.end(addresses.path_of(series))
    return series


def must_be_free(title: str, series: Series | None = None) -> None:
    """Raises InvalidChange where a series other than ``series`` has this title, or the address of it."""
    if series is not None and title == series.title:
        return
    with db.session.no_autoflush:
        other = db.session.scalar(Series.titled(title))
    if other is not None and other is not series:
        raise InvalidChange(gettext("There is a series “%(name)s” already.", name=other.title), field="title")


def rename(series: Series, title: str, *, by: User | None) -> None:
    """Give it another title; its old address leads to the new one. Raises InvalidChange if that title is taken."""
    title = clean_title(title)
    if not title:
        raise InvalidChange(gettext("Give the series a title."), field="title")
    must_be_free(title, series)
    slug = series.slug if title == series.title else Series.slug_of(title)
    before, old = {"title": series.title, "slug": series.slug}, addresses.path_of(series)
    after = {"title": title, "slug": slug}
    if before == after:
        return
    series.title, series.slug, series.updated_at = title, slug, clock.now()
    if before["slug"] != slug:
        redirecting.moved(old, addresses.path_of(series))
    auditing.record("series.renamed", series, by=by, before=before, after=after)


def add(post: Post, series: Series | None) -> None:
    """Make ``post`` the last part of ``series``, or part of none; one that is part of it keeps its place."""
    if series is None or (post.part is not None and post.part.series_id == series.id):
        post.join(series)
        return
    # A locking read: whoever adds another one at the same time waits, and both get a place of their own.
    parts = select(func.count(), func.max(SeriesPart.position)).where(SeriesPart.series_id == series.id)
    number, last = db.session.execute(parts.with_for_update()).one()
    if number >= MOST_PARTS:
        raise InvalidChange(gettext("A series has at most %(most)s parts.", most=MOST_PARTS), field="series")
    post.join(series, position=0 if last is None else last + 1)


def order_of(series: Series) -> list[int]:
    """The ids of its posts in their order, whatever their state."""
    parts = select(SeriesPart.post_id).where(SeriesPart.series_id == series.id)
    return list(db.session.scalars(parts.order_by(SeriesPart.position, SeriesPart.post_id)))


def put_in_order(series: Series, post_ids: Sequence[int], *, by: User | None) -> bool:
    """Have the posts named stand in this order, in the places that they hold now; whether that changed anything.

    Those that are not named keep their places, so that whoever sees a few of the parts moves only these.
    """
    if by is not None and not by.may("tag.edit"):
        raise NotAllowed(gettext("You may not change the order of a series."))
    found = select(SeriesPart).where(SeriesPart.series_id == series.id)
    parts = list(db.session.scalars(found.order_by(SeriesPart.position, SeriesPart.post_id).with_for_update()))
    before = [part.post_id for part in parts]
    wanted = [number for number in dict.fromkeys(post_ids) if number in before]
    onward = iter(wanted)
    after = [next(onward) if number in wanted else number for number in before]
    if before == after:
        return False
    place = {number: position for position, number in enumerate(after)}
    for part in parts:
        part.position = place[part.post_id]
    series.updated_at = clock.now()
    auditing.record("series.ordered", series, by=by, before={"parts": before}, after={"parts": after})
    return True


def _found(title: str) -> Series | None:
    slug = Series.slug_of(title)
    with db.session.no_autoflush:
        series = db.session.scalar(Series.at(slug))
        if series is None:
            prefix = addresses.PREFIX[Series]
            became = redirecting.target_of(prefix + slug)
            series = db.session.scalar(Series.at(became.removeprefix(prefix))) if became else None
    return series


def _make(title: str) -> Series:
    series = Series(title=title, slug=Series.slug_of(title))
    try:
        with db.session.begin_nested():
            db.session.add(series)
    except IntegrityError:
        # Somebody made it since we looked. A locking read sees theirs: the snapshot of this transaction would not.
        return db.session.scalars(Series.at(series.slug).with_for_update(read=True)).one()
    return series
