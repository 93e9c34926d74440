"""Erasing a person by their address, as the law lets them ask: account, comments, mails, their name in the log."""

from dataclasses import dataclass

from sqlalchemy import Text, and_, cast, delete, func, null, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from cms.db import db
from cms.models import AuditEntry, Comment, CommentSubscription, CommentVersion, Job, Mail, User
from cms.services import accounts, commenting, spam_filter
from cms.text.slug import fold_email

NOBODY = "Somebody"  # the name above a comment that stays


@dataclass(frozen=True)
class Person:
    """Where the site names somebody. ``byline`` is the author of their account, whose work stays under it."""

    email: str
    user: User | None
    byline: str
    comments: list[Comment]
    mails: ColumnElement[bool]
    acts: ColumnElement[bool]  # entries of the log that name them as who did it
    labels: ColumnElement[bool]  # entries of the log about their account or comments
    subscriptions: ColumnElement[bool]  # to answers, by mail
    jobs: ColumnElement[bool]  # what they began on many records at once, or others on what names their address

    def counts(self) -> dict[str, int]:
        """What there is of each, as rows."""
        return {
            "account": int(self.user is not None),
            "comment": len(self.comments),
            "mail": _count(Mail, self.mails),
            "subscription": _count(CommentSubscription, self.subscriptions),
            "log line": _count(AuditEntry, or_(self.acts, self.labels)),
        }


def look_up(email: str) -> Person:
    """All that names this address, in upper case or lower."""
    email = fold_email(email)
    user = db.session.scalar(User.with_email(email))
    by_address = AuditEntry.personal["email"].as_string() == email
    # Accounts of this address that were deleted before are known by what they did.
    numbers = {*db.session.scalars(select(AuditEntry.actor_id).where(by_address))} | ({user.id} if user else set())
    theirs = or_(func.lower(Comment.email) == email, Comment.user_id.in_(numbers))
    comments = list(db.session.scalars(select(Comment).where(theirs).order_by(Comment.id)))
    notices = [
        Mail.text.startswith(notice, autoescape=True)
        for comment in comments
        for notice in commenting.notices_of(comment)
    ]
    return Person(
        email=email,
        user=user,
        byline=user.author.name if user and user.author else "",
        comments=comments,
        mails=or_(func.lower(Mail.recipient) == email, *notices),
        subscriptions=func.lower(CommentSubscription.email) == email,
        acts=or_(by_address, AuditEntry.actor_id.in_(numbers)),
        jobs=and_(
            Job.kind.in_(("bulk", "undo")),
            or_(
                Job.payload["by"].as_integer().in_(numbers),
                func.lower(cast(Job.payload, Text)).contains(email, autoescape=True),
            ),
        ),
        labels=or_(_about("user", numbers), _about("comment", {comment.id for comment in comments})),
    )


def erase(person: Person, *, with_comments: bool = False) -> None:
    """Take them out of everything in use.

    Their comments stay without a name, unless ``with_comments`` deletes them. Posts and the byline above them stay:
    that is published work. Raises InvalidChange where nobody could let others in any more.
    """
    db.session.execute(delete(Mail).where(person.mails))
    db.session.execute(delete(Job).where(person.jobs).execution_options(synchronize_session=False))
    db.session.execute(delete(CommentSubscription).where(person.subscriptions))
    for comment in person.comments:
        # The filter knows nothing of them any more, nor learns it again.
        spam_filter.unlearn(comment)
        if with_comments:
            db.session.delete(comment)
        else:
            _take_name_off(comment)
    db.session.flush()
    if person.user is not None:
        accounts.delete(person.user, by=None)
    # The digest of what was personal stays, so that whoever checks the log finds it whole.
    db.session.execute(update(AuditEntry).where(person.acts).values(personal=null()))
    db.session.execute(update(AuditEntry).where(person.labels).values(subject_label=""))


def _take_name_off(comment: Comment) -> None:
    comment.name, comment.email, comment.website, comment.user_id = NOBODY, "", "", None
    comment.decided_at = comment.spam_score = comment.spam_reasons = None
    comment.form_token = None  # by which a browser could show that it is theirs
    db.session.execute(delete(CommentVersion).where(CommentVersion.comment_id == comment.id))


def _about(kind: str, numbers: set[int]) -> ColumnElement[bool]:
    return and_(AuditEntry.subject_type == kind, AuditEntry.subject_id.in_(numbers))


def _count(model: type[Mail] | type[AuditEntry] | type[CommentSubscription], condition: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(condition)) or 0
