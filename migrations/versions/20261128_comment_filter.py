"""Give comments a filter that learns from moderators: when they decided, what it thought, and the clues it counts.

What moderators decided before is taken from the audit log, so that `flask comments relearn` can learn from it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "comment_filter"
down_revision = "posts_by_listing"
branch_labels = None
depends_on = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG_BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
PAIR_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_unicode_520_ci"}
DECIDED = (
    "(SELECT MAX(at) FROM audit_entry WHERE subject_type = 'comment' AND subject_id = comment.id"
    " AND actor_id IS NOT NULL AND action IN ('comment.approved', 'comment.held', 'comment.marked_spam'))"
)


def ascii_identity(length):
    collated = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return sa.String(length).with_variant(collated, "mysql", "mariadb")


def upgrade():
    op.create_table(
        "spam_clue",
        sa.Column("digest", ascii_identity(16), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.CheckConstraint("ham >= 0 AND spam >= 0", name=op.f("ck_spam_clue_counts")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spam_clue")),
        **PAIR_TABLE,
    )
    op.create_index(op.f("ix_spam_clue_seen_at"), "spam_clue", ["seen_at"])
    op.create_table(
        "spam_memory",
        sa.Column("key", ascii_identity(16), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("round", ascii_identity(8), nullable=False),
        sa.Column("relearned_to", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("ham >= 0 AND spam >= 0", name=op.f("ck_spam_memory_counts")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_spam_memory")),
        **PAIR_TABLE,
    )
    op.add_column("comment", sa.Column("decided_at", TIME, nullable=True))
    op.add_column("comment", sa.Column("spam_score", sa.SmallInteger(), nullable=True))
    op.add_column("comment", sa.Column("spam_reasons", sa.JSON(), nullable=True))
    op.add_column("comment", sa.Column("lesson", LONG_BLOB, nullable=True))
    op.fill("comment", {"decided_at": DECIDED})


def downgrade():
    op.drop_column("comment", "lesson")
    op.drop_column("comment", "spam_reasons")
    op.drop_column("comment", "spam_score")
    op.drop_column("comment", "decided_at")
    op.drop_table("spam_memory")
    op.drop_table("spam_clue")
