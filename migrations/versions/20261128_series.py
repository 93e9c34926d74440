"""Let posts be parts of a series, in an order, so that readers find what came before and what goes on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "series"
down_revision = "reply_mail"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_unicode_520_ci"}


def upgrade():
    slug = mysql.VARCHAR(150, charset="utf8mb4", collation="utf8mb4_bin")
    op.create_table(
        "series",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.String(150), nullable=False),
        sa.Column("slug", sa.String(150).with_variant(slug, "mysql", "mariadb"), nullable=False),
        sa.Column("description", sa.String(1000), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
        sqlite_autoincrement=True,
        **TABLE,
    )
    op.create_index(op.f("ix_series_title"), "series", ["title"])
    op.create_table(
        "series_part",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("series_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("ck_series_part_position")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_series_part_post_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_series_part_series_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_series_part")),
        **TABLE,
    )
    op.create_index(
        op.f("ix_series_part_series_id_position_post_id"), "series_part", ["series_id", "position", "post_id"]
    )


def downgrade():
    op.drop_table("series_part")
    op.drop_table("series")
