"""Tell readers by mail of answers to their comments, once they have confirmed it, with a way out in each mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "reply_mail"
down_revision = "comment_edits"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade():
    op.create_table(
        "comment_subscription",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("asked_at", TIME, nullable=True),
        sa.Column("confirmed_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_comment_subscription_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_subscription")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_comment_subscription_comment_id")),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_unicode_520_ci",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_comment_subscription_email"), "comment_subscription", ["email"])
    op.create_index(
        op.f("ix_comment_subscription_confirmed_at_created_at"), "comment_subscription", ["confirmed_at", "created_at"]
    )
    op.add_column("comment", sa.Column("told_at", TIME, nullable=True))
    op.add_column("mail", sa.Column("headers", sa.JSON(), nullable=True))


def downgrade():
    op.drop_column("mail", "headers")
    op.drop_column("comment", "told_at")
    op.drop_table("comment_subscription")
