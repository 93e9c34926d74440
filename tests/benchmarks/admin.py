"""The admin over a million posts beside the same over a thousand: ``make bench-admin``, or with POSTS=100000 sooner.

Each address is asked of both sites in turn and their medians are compared, so that the speed of the machine does not
matter. A line is a miss when it takes more than ``MOST_TIMES`` the time, or a table more than ``MOST_QUERIES``; what
looks like one is asked ``ROUNDS_AGAIN`` times more, and that counts: another machine's work passes, a miss stays.
Where a page says that it looked through the newest rows only (pairs of filters, and searches that find more than is
looked through), a small site has fewer rows than that, and ``BOUND_MS`` holds instead; ``PALETTE_MS`` for the palette.
"""

import html
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event, func, select, update

from cms.admin.filters import Choice, Day, Filter, Period, Related
from cms.admin.lookup import VIEWS
from cms.db import db
from cms.models import AuditEntry, Comment, Mail, Media, Page, Post, Redirect, User
from cms.services import searching
from cms.services.seeding import bulk
from tests.admin.many_rows import fill
from tests.benchmarks import running
from tests.benchmarks.running import say
from tests.conftest import make_app
from tests.factories import make_user
from tests.mariadb import PrivateMariaDB
from tests.signing_in import signed_in

SMALL = 1000
LARGE = 1_000_000
MOST_QUERIES = 10
MOST_TIMES = 1.5
BOUND_MS = 400
PALETTE_MS = 100
NOISE_MS = 2.0  # what a median of some milliseconds may be off by
ROUNDS, ROUNDS_AGAIN = 7, 25
CHUNK = 5000
WHO = "bench@example.org"
# What `flask seed` makes none of, or few: one for every tenth post.
OTHERS = (Page, Media, Redirect, Mail, AuditEntry)
WORDS = {
    "that many have": "the",
    "of which nobody has one": "harbour lights",
    "that nobody has": "xyzzyplugh",
    "of one letter": "a",
    # `flask seed` writes no quokka, and no learning on any afternoon.
    "that the oldest have": "quokka",
    "of which the oldest have one": "harbour quokka",
    "that many have, but the oldest both": "afternoon learning",
}
OLDEST = 3
OLDEST_SAY = "Learning of a quokka in the harbour, on an afternoon."
# One in twenty people, which on a small site is less than a page of them.
DEACTIVATED = 30
# As many on both: those of a reader of `flask seed` are so few on a small site that a pair of filters leaves no page.
OFTEN, OFTEN_SAID = "often@example.org", 600


@dataclass(frozen=True)
class Question:
    """One address of the small site and one of the large one, where rows have other ids."""

    table: str
    what: str
    addresses: tuple[str, str]
    is_bounded: bool = False  # by design: it looks through a number of the newest rows that a small site has not got
    bound_ms: float = BOUND_MS


@dataclass(frozen=True)
class Line:
    """What one question took."""

    question: Question
    milliseconds: tuple[float, float]
    queries: int
    is_bounded: bool

    @property
    def ratio(self) -> float:
        return self.milliseconds[1] / self.milliseconds[0]

    @property
    def is_miss(self) -> bool:
        small, large = self.milliseconds
        most = max(self.question.bound_ms, small) if self.is_bounded else small * MOST_TIMES + NOISE_MS
        return large > most or (self.queries > MOST_QUERIES and bool(self.question.table))

    def __str__(self) -> str:
        small, large = self.milliseconds
        said = "MISS" if self.is_miss else "bounded" if self.is_bounded else ""
        asked = f"{self.question.table:<9} {self.question.what:<34}"
        return f"{asked} {small:>8.1f} {large:>8.1f} {self.ratio:>6.2f} {self.queries:>7}  {said}".rstrip()


class Site:
    """One of the two, with somebody signed in who may do everything."""

    def __init__(self, folder: Path, url: str, posts: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.app: Flask = make_app(folder, url)
        self.statements = 0
        with self.app.app_context():
            if db.session.scalar(select(func.count(User.id)).where(User.email == WHO)) == 0:
                self._fill(posts)
            self.client = signed_in(self.app.test_client(), db.session.scalars(User.with_email(WHO)).one())
            event.listen(db.engine, "before_cursor_execute", self._count)
            db.session.remove()

    def _fill(self, posts: int) -> None:
        began = time.perf_counter()
        for _ in bulk.posts(posts):
            pass
        say(f"{posts:,} posts with all that hangs on them in {time.perf_counter() - began:.0f} s")
        for model in OTHERS:
            for start in range(0, posts // 10, CHUNK):
                fill(model, min(CHUNK, posts // 10 - start))
                db.session.expunge_all()
        fill(User, DEACTIVATED, active=False)
        comments = db.session.scalar(select(func.count(Comment.id))) or 0
        some = Comment.id % max(1, comments // OFTEN_SAID) == 0
        db.session.execute(
            update(Comment).where(some).values(email=OFTEN), execution_options={"synchronize_session": False}
        )
        oldest = db.session.scalars(select(Post.id).order_by(Post.id).limit(OLDEST))
        searching.index_many([(number, searching.words_of("", [], [], "", OLDEST_SAY)) for number in oldest])
        make_user("admin", email=WHO)  # last: who is there says that all is
        db.session.commit()
        db.session.remove()
        # As after `flask seed`: the last connection that closes moves SQLite's log into the file.
        db.engine.dispose()

    def _count(self, *_about: Any) -> None:
        self.statements += 1

    def ask(self, address: str) -> tuple[float, int, str]:
        """Milliseconds, queries, and the page."""
        with self.app.app_context():  # of the client; the request has its own
            self.statements = 0
            began = time.perf_counter()
            answer = self.client.get(address)
            took = (time.perf_counter() - began) * 1000
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return took, self.statements, answer.text


def questions(sites: tuple[Site, Site]) -> Iterator[Question]:
    """Each list with its orders, filters, pairs of filters and searches; its forms and lookups; then other pages."""
    for view in sites[1].app.extensions[VIEWS].values():
        if view.has_list:
            yield from of_list(view, sites)
        yield from of_forms(view, sites)
    yield Question("", "/admin/", ("/admin/", "/admin/"), is_bounded=True)
    for text in ("harbour", "harb", "quokka", "afternoon learning"):
        address = f"/admin/search/find/?{urlencode({'q': text})}"
        yield Question("", f"palette: {text}", (address, address), is_bounded=True, bound_ms=PALETTE_MS)
    address = "/admin/search/?q=harbour"
    yield Question("", "palette, its page", (address, address), is_bounded=True, bound_ms=PALETTE_MS)


def of_list(view: Any, sites: tuple[Site, Site]) -> Iterator[Question]:
    def question(what: str, *asked: dict[str, str]) -> Question:
        """``asked`` is one for both, or one for each."""
        both = asked if len(asked) == 2 else asked * 2
        return Question(
            view.address, what, tuple(f"/admin/{view.address}/?{urlencode(one)}".rstrip("?") for one in both)
        )

    yield question("first page", {})
    yield question("last page", {"last": "1"})
    names = [name for name, _ in view._list_columns]
    for name in view._sortable_columns:
        place = str(names.index(name))
        yield question(f"by {name}", {"sort": place})
        yield question(f"by {name}, down", {"sort": place, "desc": "1"})
        yield question(f"by {name}, last page", {"sort": place, "last": "1"})
    narrowed: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    for flt in view._filters:
        for what, *values in values_of(view, flt, sites):
            both = ({flt.name: values[0]}, {flt.name: values[1]})
            narrowed.setdefault(flt.name, both)
            yield question(f"{flt.name}: {what}", *both)
    for one, other in combinations(narrowed, 2):
        yield question(
            f"{one} and {other}",
            *(mine | theirs for mine, theirs in zip(narrowed[one], narrowed[other], strict=True)),
        )
    if view._search_supported:
        for what, text in WORDS.items():
            yield question(f"search for what {what}", {"search": text})


def values_of(view: Any, flt: Filter, sites: tuple[Site, Site]) -> Iterator[tuple[str, str, str]]:
    """What to narrow by: in words, and for each site."""
    if isinstance(flt, Choice):
        yield from ((label, value, value) for value, label in flt.choices)
    elif isinstance(flt, Related):
        for what, wanted in (("first", func.min), ("last", func.max)):
            yield what, *(str(id_of(site, flt.lookup.model, wanted)) for site in sites)
    elif isinstance(flt, Period):
        yield from ((value, value, value) for value in ("2024", "2025-03"))
    elif isinstance(flt, Day):
        day = "2026-06-03" if flt.end else "2025-03-03"  # a small site too has more than a page between the two
        yield day, day, day
    else:
        column = getattr(view.model, flt.name, None)
        for text in ("author", "contributor") if column is None else (OFTEN,):
            yield text, text, text


def of_forms(view: Any, sites: tuple[Site, Site]) -> Iterator[Question]:
    if view.needs_edit != "" and "id" in view.model.__table__.c:
        ids = [id_of(site, view.model, func.max) for site in sites]
        if all(ids):
            yield Question(view.address, "edit", tuple(f"/admin/{view.address}/edit/?id={one}" for one in ids))
    for lookup in view._form_ajax_refs.values():
        for text in ("ha", "xyzzyplugh"):
            address = f"/admin/{view.address}/ajax/lookup/?{urlencode({'name': lookup.name, 'query': text})}"
            yield Question(view.address, f"look up {lookup.name}, {text}", (address, address), is_bounded=True)


def id_of(site: Site, model: Any, wanted: Any) -> int | None:
    with site.app.app_context():
        found = db.session.scalar(select(wanted(model.id)))
        db.session.remove()
        return found


def measured(question: Question, sites: tuple[Site, Site], rounds: int = ROUNDS) -> Line:
    for site, address in zip(sites, question.addresses, strict=True):
        site.ask(address)  # the first time costs what is kept afterwards
    times: tuple[list[float], list[float]] = ([], [])
    queries, page = 0, ""
    for _ in range(rounds):
        for site, address, took in zip(sites, question.addresses, times, strict=True):
            milliseconds, queries, page = site.ask(address)
            took.append(milliseconds)
    said = "were looked through" in html.unescape(page) or "These are the newest" in page
    is_bounded = said or question.is_bounded
    return Line(question, (median(times[0]), median(times[1])), queries, is_bounded)


def compared(kind: str, posts: int, folder: Path, only: str) -> list[Line]:
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        names = [f"{kind}-{number}" for number in (SMALL, posts)]
        urls = ["sqlite:///bench.sqlite3"] * 2
        if kind == "mariadb":
            server = PrivateMariaDB(flags=("--innodb-buffer-pool-size=2G",), kept=folder / "mariadb")
            stack.enter_context(server)
            urls = [server.ensure_database(name.replace("-", "_")) for name in names]
        small, large = (
            Site(folder / name, url, number) for name, url, number in zip(names, urls, (SMALL, posts), strict=True)
        )
        sites = (small, large)
        say(f"{kind:<9} {'':<34} {SMALL:>8,} {posts:>8,} {'ratio':>6} {'queries':>7}")
        lines = []
        for question in questions(sites):
            if only in question.table or only in question.what:
                line = measured(question, sites)
                lines.append(measured(question, sites, ROUNDS_AGAIN) if line.is_miss else line)
                say(str(lines[-1]))
        for site in sites:
            with site.app.app_context():
                db.engine.dispose()
        return lines


def summary(kind: str, lines: list[Line]) -> str:
    ratios = [line.ratio for line in lines if not line.is_bounded] or [0.0]
    bounded = max((line.milliseconds[1] for line in lines if line.is_bounded), default=0)
    return (
        f"{kind}: {len(lines)} questions of at most {max(line.queries for line in lines)} queries; "
        f"{median(ratios):.2f} times as long in the middle and {max(ratios):.2f} at most; "
        f"bounded ones at most {bounded:.0f} ms; {sum(line.is_miss for line in lines)} misses"
    )


def main() -> None:
    parser = running.arguments(__doc__.partition(":")[0], LARGE)
    parser.add_argument("--only", default="", help="What the table or the question has in its name.")
    given = parser.parse_args()
    missed = 0
    for kind, folder in running.each_database(given):
        lines = compared(kind, given.posts, folder, given.only)
        missed += sum(line.is_miss for line in lines)
        say(summary(kind, lines))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
