"""Remember for each person which columns a list shows, and the views of it that they keep under a name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "list_choices"
down_revision = "first"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "list_choice",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_name", text_in_bytes(40, charset="ascii", collation="ascii_bin"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("columns", "view", name="choicekind", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("name", text_in_bytes(60, charset="utf8mb4", collation="utf8mb4_bin"), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.CheckConstraint("(kind = 'view') = (name <> '')", name=op.f("ck_list_choice_named")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_list_choice_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "list_name", "kind", "name", name=op.f("pk_list_choice")),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_unicode_520_ci",
    )


def text_in_bytes(length, **how):
    """Compared byte by byte on every database."""
    return sa.String(length).with_variant(mysql.VARCHAR(length, **how), "mysql", "mariadb")


def downgrade():
    op.drop_table("list_choice")
