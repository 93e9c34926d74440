"""Tell by the index of the newest posts alone which of them have ended: search and lists read no whole posts for it."""

from alembic import op

revision = "posts_by_listing"
down_revision = "search_words"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(op.f("ix_post_listed_at_id_unpublish_at"), "post", ["listed_at", "id", "unpublish_at"])
    op.drop_index(op.f("ix_post_listed_at_id"), "post")


def downgrade():
    op.create_index(op.f("ix_post_listed_at_id"), "post", ["listed_at", "id"])
    op.drop_index(op.f("ix_post_listed_at_id_unpublish_at"), "post")
