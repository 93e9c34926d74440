"""What the comment filter knows: how often each clue stood in spam and in ham.

It is kept under digests that are keyed by the site's secret: what one stands for is known only with the clue at hand.
Lessons say what was learned from one comment, so that taking it back takes exactly that off again.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import case, delete, func, literal_column, select
from sqlalchemy.dialects import mysql, sqlite

from cms import clock
from cms.db import db
from cms.models import SpamClue, SpamMemory
from cms.services import jobs
from cms.services.jobs import Task
from cms.text.spam import Clue, Seen
from cms.transactions import in_transaction

LEAST_LEARNED = 20  # comments of either kind: before that the filter decides nothing
MOST_CLUES = 100_000  # rows kept; the rarest and oldest beyond go
LOOK_EVERY = 100  # comments learned: then the rows are counted
DIGITS, DIGEST = 16, 8  # of a digest, written and as bytes
HAM, SPAM = b"h", b"s"  # how a lesson begins
HEAD = 5  # bytes: the kind, and the round


@dataclass(frozen=True)
class Learned:
    """How many comments of either kind it knows."""

    ham: int
    spam: int

    @property
    def is_enough(self) -> bool:
        return min(self.ham, self.spam) >= LEAST_LEARNED


def learned() -> Learned:
    """What it knows under the secret of this site. One query."""
    row = db.session.execute(select(SpamMemory.ham, SpamMemory.spam).where(SpamMemory.key == memory_key())).first()
    return Learned(*row) if row is not None else Learned(0, 0)


def seen(clues: Sequence[Clue]) -> dict[Clue, Seen]:
    """How often each of ``clues`` stood in comments of either kind. One query."""
    by_digest = {digest(clue): clue for clue in clues}
    counts = {row.digest: Seen(row.ham, row.spam) for row in db.session.execute(_rows(by_digest))}
    return {clue: counts.get(key, Seen(0, 0)) for key, clue in by_digest.items()}


def lesson(clues: Sequence[Clue], *, is_spam: bool, round: str) -> bytes:
    """What a comment of these clues teaches: its kind, the ``round`` in which that is learned, and their digests."""
    digests = sorted(digest(clue) for clue in clues)
    return (SPAM if is_spam else HAM) + bytes.fromhex(round + "".join(digests))


def count(off: Sequence[bytes | None], on: Sequence[bytes]) -> None:
    """Count some lessons off and others on; those of an earlier round count for nothing any more.

    Rows are met in the order of their keys, the memory last: who decides at the same moment waits in the same order.
    """
    counts: Counter[tuple[str, bytes]] = Counter()
    totals: Counter[bytes] = Counter()
    known = bytes.fromhex(current_round())
    for lessons, sign in ((off, -1), (on, 1)):
        for lesson in lessons:
            if lesson is None or lesson[1:HEAD] != known:
                continue
            kind, keys = lesson[:1], lesson[HEAD:]
            totals[kind] += sign
            for start in range(0, len(keys), DIGEST):
                counts[keys[start : start + DIGEST].hex(), kind] += sign
    groups: dict[tuple[int, int], list[str]] = {}
    for key in sorted({key for key, _ in counts}):
        more = counts[key, HAM], counts[key, SPAM]
        if any(more):
            groups.setdefault(more, []).append(key)
    for (ham, spam_), keys in groups.items():
        _upsert(SpamClue, "digest", keys, ham, spam_, seen_at=clock.now())
    if any(totals.values()):
        _upsert(SpamMemory, "key", [memory_key()], totals[HAM], totals[SPAM], round=current_round())
    if on:
        now = learned()
        if (now.ham + now.spam) % LOOK_EVERY < len(on):
            jobs.enqueue("forget_clues", {})


def digest(clue: Clue) -> str:
    """What stands for ``clue`` in the table."""
    return _keyed(f"clue\0{clue.kind}\0{clue.value}")


def _keyed(text: str) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:DIGITS]


def memory_key() -> str:
    """The key of what was learned under the secret of this site."""
    return _keyed("memory")


def current_round() -> str:
    """Which lessons count: a rebuild begins another round. The first is the same for two who begin at once."""
    known = db.session.scalar(select(SpamMemory.round).where(SpamMemory.key == memory_key()))
    return known or _keyed("round")[:8]


def _rows(digests: Iterable[str]) -> Any:
    return select(SpamClue.digest, SpamClue.ham, SpamClue.spam).where(SpamClue.digest.in_(sorted(digests)))


def _upsert(
    model: type[SpamClue] | type[SpamMemory],
    key: str,
    keys: list[str],
    ham: int,
    spam_: int,
    **new: Any,
) -> None:
    """Add to both counts of these rows, never to below nothing: a row may have been forgotten in between."""
    table = model.__table__
    rows = [{key: one, "ham": max(ham, 0), "spam": max(spam_, 0), **new} for one in keys]
    # Numbers of ours stand in the text: drivers then send all rows at once, and the statement is compiled once.
    values: dict[str, Any] = {}
    for name, by in (("ham", ham), ("spam", spam_)):
        if by:
            counted = table.c[name] + literal_column(str(by))
            values[name] = case((counted > literal_column("0"), counted), else_=literal_column("0"))
    if db.session.get_bind().dialect.name == "sqlite":
        insert = sqlite.insert(table)
        values |= {"seen_at": insert.excluded.seen_at} if "seen_at" in new else {}
        statement: Any = insert.on_conflict_do_update(index_elements=[key], set_=values)
    else:
        insert = mysql.insert(table)
        values |= {"seen_at": insert.inserted.seen_at} if "seen_at" in new else {}
        statement = insert.on_duplicate_key_update(values)
    db.session.execute(statement, rows)


@jobs.handles("forget_clues")
def forget_clues(task: Task) -> None:
    """Keep the table within its bound: of what stands beyond it the rarest go first, and of those the oldest."""
    while in_transaction(forget_some):
        pass


def forget_some(most: int = MOST_CLUES, at_once: int = 1000) -> int:
    """Delete at most ``at_once`` of the rows beyond ``most``; how many went."""
    beyond = (db.session.scalar(select(func.count()).select_from(SpamClue)) or 0) - most
    if beyond <= 0:
        return 0
    rarest = select(SpamClue.digest).order_by(SpamClue.ham + SpamClue.spam, SpamClue.seen_at, SpamClue.digest)
    keys = sorted(db.session.scalars(rarest.limit(min(beyond, at_once))))
    db.session.execute(delete(SpamClue).where(SpamClue.digest.in_(keys)).execution_options(synchronize_session=False))
    return len(keys)
