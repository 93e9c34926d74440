"""Writing the search index anew, beside a site that goes on: in chunks, each committed with how far it has come.

Killed anywhere it goes on where it was; two at once share the work. What is saved meanwhile is indexed by its save.
"""

import time
from collections.abc import Iterator

from sqlalchemy import delete, exists, func, select

from cms.db import db, is_any
from cms.models import Job, JobStatus, Post
from cms.services import jobs, search_words, searching
from cms.services.jobs import Task
from cms.transactions import in_transaction

CHUNK = 100
TURN_SECONDS = 20  # then other jobs have theirs
PAUSE_SECONDS = 0.02  # between chunks, for whoever waits for SQLite's write lock
KIND = "rebuild_search"


def rebuild(*, anew: bool = False) -> Iterator[int]:
    """Index every post, and forget what is gone; after each committed chunk how many posts it had.

    Goes on where an earlier one stopped, unless ``anew``.
    """
    in_transaction(lambda: search_words.begin_round(anew=anew))
    while count := in_transaction(_chunk):
        yield count
        if searching.is_sqlite():
            time.sleep(PAUSE_SECONDS)
    while in_transaction(search_words.forget_some):
        pass
    in_transaction(_forget_lost)
    in_transaction(search_words.end_round)


def left(*, anew: bool = False) -> tuple[int, int]:
    """How many posts a rebuild that began now had to do, and after which one."""
    after = 0 if anew else search_words.reached() or 0
    return db.session.scalar(select(func.count()).select_from(Post).where(Post.id > after)) or 0, after


def where_needed() -> int:
    """At a start: write the index where posts have none, as a downgrade past it drops it; how many posts that were.

    One that an older release wrote still finds most: a job writes it anew while the site is up.
    """
    if searching.is_empty() or not is_any(select(Post.id)):
        return sum(rebuild(anew=True))
    if not search_words.is_of_this_form():
        in_transaction(_enqueue)
    return 0


def _enqueue() -> None:
    waits = select(Job.id).where(Job.kind == KIND, Job.status.in_([JobStatus.WAITING, JobStatus.RUNNING]))
    if not is_any(waits):
        jobs.enqueue(KIND, {})


@jobs.handles(KIND)
def do_rebuild(_task: Task) -> None:
    """For a while; another job goes on. An index that is of this form by now is left alone."""
    if search_words.is_of_this_form():
        return
    until = time.monotonic() + TURN_SECONDS
    for _ in rebuild():
        if time.monotonic() > until:
            # No turn of this one: so many would count as tries.
            in_transaction(lambda: jobs.enqueue(KIND, {}))
            return


def _chunk() -> int:
    reached = search_words.reached()
    if reached is None:  # another one came to the end
        return 0
    ids = list(db.session.scalars(select(Post.id).where(Post.id > reached).order_by(Post.id).limit(CHUNK)))
    if ids:
        searching.index_again(ids)
        search_words.reach(ids[-1])
    return len(ids)


def _forget_lost() -> int:
    """Take posts out of the index that are no more. On MariaDB a foreign key has done so."""
    if not searching.is_sqlite():
        return 0
    search = searching.as_table()
    gone = ~exists().where(Post.id == searching.key_of(search))
    return db.session.execute(delete(search).where(gone)).rowcount
