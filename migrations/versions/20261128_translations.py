"""Say of a post in which language it is, and of which one it is a translation, so that readers find theirs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "translations"
down_revision = "series"
branch_labels = None
depends_on = None


def upgrade():
    code = sa.String(20).with_variant(mysql.VARCHAR(20, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
    op.add_column("post", sa.Column("language", code, server_default="", nullable=False))
    op.add_column("post", sa.Column("translation_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.create_index(op.f("ix_post_translation_of_id"), "post", ["translation_of_id"])
    with op.batch_alter_table("post") as batch:
        batch.create_foreign_key(
            op.f("fk_post_translation_of_id"), "post", ["translation_of_id"], ["id"], ondelete="SET NULL"
        )


def downgrade():
    with op.batch_alter_table("post") as batch:
        batch.drop_constraint(op.f("fk_post_translation_of_id"), type_="foreignkey")
    op.drop_index(op.f("ix_post_translation_of_id"), "post")
    op.drop_column("post", "translation_of_id")
    op.drop_column("post", "language")
