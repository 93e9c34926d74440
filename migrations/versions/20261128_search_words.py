"""Keep the words of the search index in a table, for help with mistyped ones, and how far its rebuild has come.

Both are derived like ``post_search``, whose name they bear as a prefix: hidden from autogenerate and from `verify`.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "search_words"
down_revision = "language"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "ascii", "mysql_collate": "ascii_bin"}


def word():
    """Compared byte by byte on every database."""
    return sa.String(80).with_variant(mysql.VARCHAR(80, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


def upgrade():
    op.create_table(
        "post_search_word",
        sa.Column("word", word(), nullable=False),
        sa.Column("skeleton", word(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_post_search_word")),
        **OPTIONS,
    )
    op.create_index(op.f("ix_post_search_word_skeleton"), "post_search_word", ["skeleton"])
    op.create_index(op.f("ix_post_search_word_round"), "post_search_word", ["round"])
    op.create_table(
        "post_search_state",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reached", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_search_state")),
        **OPTIONS,
    )


def downgrade():
    op.drop_table("post_search_state")
    op.drop_table("post_search_word")
