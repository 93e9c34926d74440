"""Posts whose words changed by something else than a save of theirs: a few are indexed at once, many by jobs."""

from collections.abc import Iterator, Sequence

from cms.services import jobs, searching
from cms.services.jobs import Task
from cms.transactions import in_transaction

MOST_AT_ONCE = 200
CHUNK = 100
POSTS_A_JOB = 2000  # so that a job ends well within its lease


def reindex(post_ids: Sequence[int]) -> None:
    """Have search find these posts by the words they have now, in the caller's transaction or soon after it."""
    if len(post_ids) <= MOST_AT_ONCE:
        for chunk in _parts(post_ids, CHUNK):
            searching.index_again(chunk)
        return
    for part in _parts(post_ids, POSTS_A_JOB):
        jobs.enqueue("reindex", {"posts": list(part)})


@jobs.handles("reindex")
def do_reindex(task: Task) -> None:
    """Each chunk in a transaction of its own: nobody who saves a post waits long."""
    for chunk in _parts(task.payload["posts"], CHUNK):
        in_transaction(lambda chunk=chunk: searching.index_again(chunk))


def _parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
