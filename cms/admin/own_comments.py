"""Comments under a person's own posts: to read and to answer, for those who do not moderate."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g
from flask_admin.model.template import BaseListRowAction
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import defer, joinedload

from cms import clock
from cms.admin import filters, paths
from cms.admin.answers import Answering
from cms.admin.comments import excerpt_column, latest, on_post, post_column, time_column
from cms.admin.lookup import VIEWS
from cms.admin.lookups import POSTS
from cms.admin.paths import MOST_LOOKED_THROUGH, Some, Source, index_of
from cms.admin.read_only import ReadOnlyView
from cms.db import db
from cms.language import gettext, lazy
from cms.models import Comment, Post
from cms.services import overview

MOST_POSTS = 5000  # the newest of their own, which are looked at
# No index has the comments of many posts by time. Where there are too many to read them all, the newest are looked for
# within so many days: the few that hold enough.
DAYS_BACK = (3, 20, 120, 700)


def shown_to_readers() -> ColumnElement[bool]:
    condition = Comment.shown().whereclause
    assert condition is not None
    return condition


def body_column(view: Any, context: Any, comment: Comment, name: str) -> Any:
    text = excerpt_column(view, context, comment, name) or gettext("An empty comment")
    address = view.answer_url(comment.id, context["return_url"])
    return Markup('<a class="row-title" href="{}">{}</a>').format(address, text)


class AnswerAction(BaseListRowAction):
    """The way to the answer, and from there back to this page of the list."""

    def render(self, context: Any, row_id: Any, row: Comment) -> Any:
        link = self._resolve_symbol(context, "row_actions.link")
        return link(self, context["admin_view"].answer_url(row_id, context["return_url"]))


class OwnCommentView(Answering, ReadOnlyView):
    """What readers see under the posts of this person, who answers it. Moderators have their own list."""

    model = Comment
    stands_for_model = False
    title = lazy("Comments on your posts")
    singular = lazy("comment")
    address = "own_comment"
    help = lazy("What readers said under your posts, once it is shown to all.")
    empty = lazy("No comment on your posts yet. What readers write under them will be here once it is shown.")

    needs = "post.publish"
    can_view_details = False

    column_list = ["body", "name", "post", "created_at"]
    column_labels = {"body": lazy("Comment"), "created_at": lazy("Written")}
    column_sortable_list = ["name", "created_at"]
    column_default_sort = ("created_at", True)
    column_searchable_list = ["body", "name"]
    column_export_list = ["id", "post", "name", "body", "created_at"]
    column_formatters = {"body": body_column, "post": post_column, "created_at": time_column}
    column_filters = [
        filters.Related("post", lazy("Post"), POSTS, on_post, lambda number: latest(on_post(number), "post_id")),
        *filters.days("", lazy("Written"), Comment.created_at),
    ]
    column_extra_row_actions = [AnswerAction(lazy("Answer"))]
    form_ajax_refs = {"post": POSTS}
    row_options = [
        defer(Comment.email, raiseload=True),
        joinedload(Comment.post).load_only(Post.title, Post.slug, Post.created_by_id),
    ]
    list_options = [defer(Comment.body_html), *row_options]

    def is_visible(self) -> bool:
        """Moderators have these among all others."""
        return not current_user.may("comment.moderate")

    def answer_url(self, number: Any, return_url: str) -> str:
        return self.get_url(f"{self.endpoint}.answer_view", id=number, url=return_url)

    # Which comments?
    def visible(self, query: Select[Any]) -> Select[Any]:
        own = Post.written_by(self.person).with_only_columns(Post.id).where(Post.id == Comment.post_id)
        return query.where(shown_to_readers(), own.exists())

    def listed(self, query: Select[Any]) -> Select[Any]:
        return query.where(shown_to_readers())

    def limits(self) -> Sequence[Source]:
        if "cms_own_comments" not in g:
            g.cms_own_comments = self._newest(MOST_LOOKED_THROUGH + 1)
        known = g.cms_own_comments
        chosen = select(Comment.id.label("id")).order_by(Comment.id.desc())
        return [Some(lambda limit: chosen.where(Comment.id.in_(known[:limit])), known=known)]

    def new_ones(self, since: datetime) -> Select[tuple[int]]:
        """The ids of what others have said since then."""
        others = Comment.user_id.is_distinct_from(self.person.id)
        return self._under_their_posts(Comment.created_at >= since, others)

    def _newest(self, most: int) -> list[int]:
        """The ids of the newest, at most so many, newest first. One query, or three where there are more."""
        everything = self._under_their_posts()
        found = list(db.session.scalars(everything.limit(most)))
        if len(found) == most:
            now = clock.now()
            ages = [self._under_their_posts(Comment.created_at >= now - timedelta(days=days)) for days in DAYS_BACK]
            counts = db.session.execute(select(*(overview.bounded(one, most - 1) for one in ages))).one()
            enough = next((one for one, count in zip(ages, counts, strict=True) if count == most), everything)
            newest = enough.order_by(Comment.created_at.desc(), Comment.id.desc())
            found = list(db.session.scalars(newest.limit(most)))
        return sorted(found, reverse=True)

    def _under_their_posts(self, *conditions: ColumnElement[bool]) -> Select[tuple[int]]:
        """Their ids, post by post, each along the index of its comments by time."""
        posts = current_app.extensions[VIEWS][Post].own_ids(MOST_POSTS).subquery("own")
        table = Comment.__table__
        query = select(Comment.id).select_from(posts.join(table, table.c.post_id == posts.c.id))
        for name in paths.MYSQL:
            query = query.prefix_with("STRAIGHT_JOIN", dialect=name)
        along = paths.along(query, Comment, index_of(Comment.created_at, "post_id", "status"))
        return along.where(shown_to_readers(), *conditions)
