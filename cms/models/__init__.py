"""What there is, and what each thing can do: a file a model."""

from cms.models.audit_entry import AuditEntry
from cms.models.author import Author
from cms.models.comment import Comment, CommentStatus
from cms.models.comment_subscription import CommentSubscription
from cms.models.comment_version import CommentVersion
from cms.models.job import Job, JobStatus
from cms.models.list_choice import ChoiceKind, ListChoice
from cms.models.mail import Mail, MailStatus
from cms.models.media import Media
from cms.models.page import Page
from cms.models.post import Post, PostAuthor, PostTag
from cms.models.publishable import Status
from cms.models.rate_limit import RateLimit
from cms.models.redirect import Redirect, RedirectOrigin
from cms.models.revision import Revision, RevisionKind
from cms.models.series import Series, SeriesPart
from cms.models.setting import Setting
from cms.models.site_state import SiteChange, SiteState
from cms.models.spam_clue import SpamClue, SpamMemory
from cms.models.tag import Tag
from cms.models.user import Role, User, UserRole

__all__ = [
    "AuditEntry",
    "Author",
    "ChoiceKind",
    "Comment",
    "CommentStatus",
    "CommentSubscription",
    "CommentVersion",
    "Job",
    "JobStatus",
    "ListChoice",
    "Mail",
    "MailStatus",
    "Media",
    "Page",
    "Post",
    "PostAuthor",
    "PostTag",
    "RateLimit",
    "Redirect",
    "RedirectOrigin",
    "Revision",
    "RevisionKind",
    "Role",
    "Series",
    "SeriesPart",
    "Setting",
    "SiteChange",
    "SiteState",
    "SpamClue",
    "SpamMemory",
    "Status",
    "Tag",
    "User",
    "UserRole",
]
