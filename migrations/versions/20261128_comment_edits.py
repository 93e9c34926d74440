"""Let those who wrote a comment change it for some minutes, and keep for moderators what it said before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "comment_edits"
down_revision = "comment_filter"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


def upgrade():
    op.add_column("comment", sa.Column("edited_at", TIME, nullable=True))
    op.add_column("comment", sa.Column("edits", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "comment_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("website", sa.String(500), nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.Column("replaced_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_comment_version_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_version")),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_unicode_520_ci",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_comment_version_comment_id_id"), "comment_version", ["comment_id", "id"])


def downgrade():
    op.drop_table("comment_version")
    op.drop_column("comment", "edits")
    op.drop_column("comment", "edited_at")
