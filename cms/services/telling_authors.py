"""Mail to whoever wrote a post when readers see a new comment on it."""

from flask import current_app
from sqlalchemy import select

from cms.db import db
from cms.language import gettext, marked, nearest, speaking
from cms.models import Author, Comment, Post, PostAuthor, User
from cms.services import addresses, jobs, mailing, site, subscribing
from cms.services.comment_words import quoted
from cms.services.jobs import Task
from cms.transactions import in_transaction

TEXT = marked(
    """%(begins)s%(title)s”:

%(said)s

Read it:
%(comment)s
"""
)
ANSWER = marked(
    """
Answer it:
%(answer)s
"""
)


def shown(comment: Comment, *, by: User | None) -> None:
    """Have the authors told of ``comment``, which readers see from now on, as ``by`` wanted: they know it already."""
    if site.current().settings.notify_authors:
        payload = {"comment": comment.id, "by": by.id if by is not None else None}
        jobs.enqueue("tell_authors", payload, run_at=subscribing.settled_at(comment))


@jobs.handles("tell_authors")
def tell_authors(task: Task) -> None:
    """Tell them once, if readers still see the comment and the settings still want it."""
    in_transaction(lambda: _tell(task))


def _tell(task: Task) -> None:
    job = jobs.held(task)
    comment = db.session.get(Comment, task.payload["comment"])
    settings = site.current().settings
    if job.done_count or comment is None or not comment.is_shown or not comment.post.is_public:
        return
    if not settings.notify_authors:
        return
    language = nearest(settings.language)
    for person in _authors(comment.post):
        if person.id not in (task.payload["by"], comment.user_id) and person.email != comment.email:
            with speaking(person.language or language):
                _write_to(person, comment)
    job.done_count = 1


def _authors(post: Post) -> list[User]:
    """Those of the byline who have an account; else whoever made the post."""
    named = (
        select(Author.user_id).join(PostAuthor, PostAuthor.author_id == Author.id).where(PostAuthor.post_id == post.id)
    )
    people = list(db.session.scalars(select(User).where(User.id.in_(named)).order_by(User.id)))
    if not people and post.created_by is not None:
        people = [post.created_by]
    return [person for person in people if person.active]


def _write_to(person: User, comment: Comment) -> None:
    url, post = current_app.config["SITE_URL"], comment.post
    text = gettext(
        TEXT,
        **quoted(comment.name, post.title, comment.body),
        comment=f"{url}{addresses.path_of_comment(post, comment.id)}",
    )
    if person.can_answer(comment):
        text += gettext(ANSWER, answer=f"{url}/admin/own_comment/answer/?id={comment.id}")
    mailing.send(person.email, gettext("A comment on your post: %(title)s", title=post.title), text)
