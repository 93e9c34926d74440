"""The readers' search over 200,000 posts beside the same over 2,000: ``make bench-search``, with POSTS=20000 sooner.

Words, a tag and an author are planted, so that each question finds as many posts on both sites. Each is asked of both
in turn, and the ratio is that of the fastest quarter of each, so that neither the speed of the machine nor what else it
does matters; median and worst are told beside. A line is a miss when it takes more than ``MOST_TIMES`` the time, or
asks more than ``MOST_QUERIES``. What more than 1,000 posts have is bounded by design, and a small site has fewer posts
than are looked through: there ``BOUND_MS`` holds instead.
"""

import html
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event, select, update

from cms.db import db
from cms.models import Post, PostAuthor, PostTag, Tag
from cms.services import searching
from cms.services.seeding import bulk
from cms.text import markdown
from tests.benchmarks import running
from tests.benchmarks.running import say
from tests.conftest import make_app
from tests.factories import make_author, make_tag
from tests.mariadb import PrivateMariaDB

SMALL = 2000
LARGE = 200_000
MOST_QUERIES = 5
MOST_TIMES = 1.5
BOUND_MS = 400
NOISE_MS = 2.0  # what a median of some milliseconds may be off by
ROUNDS = 21
CHUNK = 100

# Of how many posts; each has all the words of its line.
PLANTED = {1: "A lanternfish was seen.", 100: "The cormorant stands. 海鸥飞翔。", 1000: "Where the kittiwake nests."}
FOUND_BY_FEW = {
    "a word of one post": "lanternfish",
    "a word of 100": "cormorant",
    "a word of 1,000": "kittiwake",
    "beginning of a word of 1,000": "kittiw",
    "a word of 100 and a common one": "the cormorant",
    "a word of 1,000 and common ones": "the where kittiwake",
    "a phrase of 100": '"the cormorant stands"',
    "a phrase of 1,000": '"where the kittiwake"',
    "Chinese, of 100": "海鸥飞翔",
    "a tag of 100": "tag:seabirds",
    "an author of 1,000": "author:bench-ada",
    "a tag and a common word": "the tag:seabirds",
    "a word that nobody has": "xyzzyplugh",
    "a mistyped word": "comorant",
    "a mistyped word beside a common one": "the kitiwake",
}
FOUND_BY_MANY = {
    "a word of all": "the",
    "a word of many": "harbour",
    "two words of many": "harbour window",
    "four words of many": "harbour window form garden",
    "beginning of many words": "th",
    "one letter": "a",
    "a phrase of common words": '"the quiet harbour"',
    "a phrase that common words never form": '"harbour the of and window"',
}


@dataclass(frozen=True)
class Line:
    """What one question took."""

    what: str
    small: list[float]
    large: list[float]
    queries: int
    found: str
    is_bounded: bool

    @property
    def ratio(self) -> float:
        return quick(self.large) / quick(self.small)

    @property
    def is_miss(self) -> bool:
        if self.is_bounded:
            takes_long = median(self.large) > BOUND_MS
        else:
            takes_long = quick(self.large) > quick(self.small) * MOST_TIMES + NOISE_MS
        return takes_long or self.queries > MOST_QUERIES

    def __str__(self) -> str:
        said = "MISS" if self.is_miss else "bounded" if self.is_bounded else ""
        times = " ".join(f"{median(took):>8.1f} {max(took):>8.1f}" for took in (self.small, self.large))
        return f"{self.what:<38} {self.found:>6} {times} {self.ratio:>6.2f} {self.queries:>7}  {said}".rstrip()


def quick(times: list[float]) -> float:
    """What the fastest quarter takes at most."""
    return quantiles(times, n=4)[0]


class Site:
    """One of the two."""

    def __init__(self, folder: Path, url: str, posts: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.app: Flask = make_app(folder, url)
        self.statements = 0
        with self.app.app_context():
            if db.session.scalar(select(Post.id).limit(1)) is None:
                self._fill(posts)
            if db.session.scalar(select(Tag.id).where(Tag.slug == "seabirds")) is None:
                plant()
            event.listen(db.engine, "before_cursor_execute", self._count)
            db.session.remove()
            # As after `flask seed`: the last connection that closes moves SQLite's log into the file.
            db.engine.dispose()
        self.client = self.app.test_client()

    def _fill(self, posts: int) -> None:
        began = time.perf_counter()
        for _ in bulk.posts(posts):
            pass
        say(f"{posts:,} posts in {time.perf_counter() - began:.0f} s")

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


def plant() -> None:
    """Give as many posts of each site the same words, evenly over all years."""
    public = list(db.session.scalars(Post.published().with_only_columns(Post.id)))
    tag, author = make_tag("Seabirds"), make_author("Bench Ada")
    for number, line in PLANTED.items():
        chosen = public[:: len(public) // number][:number]
        for start in range(0, number, CHUNK):
            ids = chosen[start : start + CHUNK]
            added = {Post.body: Post.body + f"\n\n{line}\n", Post.body_html: Post.body_html + markdown.render(line)}
            db.session.execute(update(Post).where(Post.id.in_(ids)).values(added), execution_options=UNSEEN)
            listed = dict(db.session.execute(select(Post.id, Post.listed_at).where(Post.id.in_(ids))).all())
            if number == 100:
                db.session.add_all(PostTag(post_id=one, tag_id=tag.id, listed_at=listed[one]) for one in ids)
            if number == 1000:
                pairs = {"author_id": author.id, "position": 9}
                db.session.add_all(PostAuthor(post_id=one, listed_at=listed[one], **pairs) for one in ids)
            db.session.flush()
            searching.index_again(ids)
            db.session.commit()


UNSEEN = {"synchronize_session": False}


def measured(what: str, addresses: tuple[str, str], sites: tuple[Site, Site], *, is_bounded: bool) -> Line:
    for site, address in zip(sites, addresses, strict=True):
        site.ask(address)  # the first time costs what is kept afterwards
    times: tuple[list[float], list[float]] = ([], [])
    queries, pages = 0, ["", ""]
    for _ in range(ROUNDS):
        for place, (site, address) in enumerate(zip(sites, addresses, strict=True)):
            milliseconds, asked, pages[place] = site.ask(address)
            times[place].append(milliseconds)
            queries = max(queries, asked)
    small, large = (found_on(page) for page in pages)
    if not is_bounded:
        assert small == large, f"{what}: {small} and {large} found"
    return Line(what, *times, queries, large, is_bounded)


def found_on(page: str) -> str:
    """The last number of what the page says of them."""
    said = " ".join(re.findall(r'role="status">(.*?)</p>', page, re.DOTALL))
    numbers = re.findall(r"\b[0-9]{1,3}(?:,[0-9]{3})*\b", html.unescape(re.sub(r"<[^>]*>", "", said)))
    return numbers[-1] if numbers else "0"


def questions(sites: tuple[Site, Site]) -> Iterator[tuple[str, tuple[str, str], bool]]:
    for is_bounded, asked in ((False, FOUND_BY_FEW), (True, FOUND_BY_MANY)):
        for what, typed in asked.items():
            address = f"/search?{urlencode({'q': typed})}"
            yield what, (address, address), is_bounded
    first = f"/search?{urlencode({'q': 'kittiwake'})}"
    yield "the second page of 1,000", tuple(following(site, first) for site in sites), False  # type: ignore[misc]
    first = f"/search?{urlencode({'q': 'the'})}"
    yield "the second page of a word of all", tuple(following(site, first) for site in sites), True  # type: ignore[misc]


def following(site: Site, address: str) -> str:
    match = re.search(r'rel="next" href="([^"]+)"', site.ask(address)[2])
    assert match is not None, f"{address} has no second page"
    return html.unescape(match[1])


def compared(kind: str, posts: int, folder: Path) -> list[Line]:
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        names = [f"{kind}-{number}" for number in (SMALL, posts)]
        urls = ["sqlite:///bench.sqlite3"] * 2
        if kind == "mariadb":
            server = PrivateMariaDB(flags=("--innodb-buffer-pool-size=2G",), kept=folder / "mariadb")
            stack.enter_context(server)
            urls = [server.ensure_database(name.replace("-", "_")) for name in names]
        sizes = (SMALL, posts)
        sites = tuple(Site(folder / name, url, size) for name, url, size in zip(names, urls, sizes, strict=True))
        say(f"\n{kind:<38} {'':>6} {SMALL:>8,} {'worst':>8} {posts:>8,} {'worst':>8} {'ratio':>6} {'queries':>7}")
        lines = []
        for what, addresses, is_bounded in questions(sites):  # type: ignore[arg-type]
            lines.append(measured(what, addresses, sites, is_bounded=is_bounded))  # type: ignore[arg-type]
            say(str(lines[-1]))
        for site in sites:
            with site.app.app_context():
                db.engine.dispose()
        return lines


def summary(kind: str, lines: list[Line]) -> str:
    ratios = [line.ratio for line in lines if not line.is_bounded]
    return (
        f"{kind}: up to 1,000 matches take {median(ratios):.2f} times as long in the middle, {max(ratios):.2f} at most;"
        f" those beyond at most {max(median(line.large) for line in lines if line.is_bounded):.0f} ms;"
        f" {sum(line.is_miss for line in lines)} misses"
    )


def main() -> None:
    given = running.arguments(__doc__.partition(":")[0], LARGE).parse_args()
    missed, told = 0, []
    for kind, folder in running.each_database(given):
        lines = compared(kind, given.posts, folder)
        missed += sum(line.is_miss for line in lines)
        told.append(summary(kind, lines))
    say("\n" + "\n".join(told))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
