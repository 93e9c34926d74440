"""A history with each operation that a script can hold, both ways, over filled tables."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.schema.workbench import Revision

START = Revision(
    "start",
    None,
    up="""
op.create_table(
    "author",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=100), nullable=False),
    sa.Column("mail", sa.String(length=100), nullable=True),
    sa.PrimaryKeyConstraint("id", name="pk_author"),
)
op.create_table(
    "post",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("title", sa.String(length=100), nullable=False),
    sa.Column("body", sa.Text(), nullable=True),
    sa.Column("slug", sa.String(length=60), nullable=False),
    sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
    sa.Column("price", sa.Float(), nullable=True),
    sa.Column("rank", sa.Integer(), nullable=True),
    sa.Column("author_id", sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(["author_id"], ["author.id"], name="fk_post_author_id", ondelete="SET NULL"),
    sa.PrimaryKeyConstraint("id", name="pk_post"),
    sa.UniqueConstraint("slug", name="uq_post_slug"),
)
op.create_index("ix_post_rank", "post", ["rank"], unique=False)
op.create_table(
    "comment",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("post_id", sa.Integer(), nullable=False),
    sa.Column("words", sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_comment_post_id", ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("id", name="pk_comment"),
)
op.create_table(
    "tag",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_tag"),
)
op.create_table(
    "post_tag",
    sa.Column("post_id", sa.Integer(), nullable=False),
    sa.Column("tag_id", sa.Integer(), nullable=False),
    sa.Column("position", sa.Integer(), server_default="0", nullable=False),
    sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_post_tag_post_id", ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_post_tag_tag_id", ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("post_id", "tag_id", name="pk_post_tag"),
)
""",
    down="""
op.drop_table("post_tag")
op.drop_table("tag")
op.drop_table("comment")
op.drop_table("post")
op.drop_table("author")
""",
)

ROWS = [
    *(f"INSERT INTO author VALUES ({n}, 'Author {n}', 'a{n}@example.org')" for n in range(1, 5)),
    *(
        f"INSERT INTO post VALUES ({n}, 'Title {n}', 'Body {n}', 'slug-{n}', {n * 10}, {n}.25, {n % 3}, {n % 4 + 1})"
        for n in range(1, 13)
    ),
    *(f"INSERT INTO comment VALUES ({n}, {n % 12 + 1}, 'Words {n}')" for n in range(1, 13)),
    *(f"INSERT INTO tag VALUES ({n}, 'Tag {n}')" for n in range(1, 4)),
    *(f"INSERT INTO post_tag VALUES ({n}, {n % 3 + 1}, {n})" for n in range(1, 10)),
]


@dataclass(frozen=True)
class Chapter:
    """A revision, and what is written while the database is above it and below it."""

    revision: Revision
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    ours: bool = False  # has operations that plain Alembic does not know


COLUMNS = Chapter(
    Revision(
        "columns",
        "start",
        up="""
op.add_column("post", sa.Column("subtitle", sa.String(length=50), nullable=True))
op.add_column("post", sa.Column("views", sa.Integer(), server_default="7", nullable=False))
op.drop_column("post", "body")
with op.batch_alter_table("post") as batch_op:
    batch_op.drop_constraint("uq_post_slug", type_="unique")
    batch_op.drop_column("slug")
op.drop_index("ix_post_rank", table_name="post")
op.drop_column("post", "rank")
op.alter_column(
    "author", "mail", new_column_name="address", existing_type=sa.String(length=100), existing_nullable=True
)
""",
        down="""
op.alter_column(
    "author", "address", new_column_name="mail", existing_type=sa.String(length=100), existing_nullable=True
)
op.add_column("post", sa.Column("rank", sa.Integer(), nullable=True))
op.create_index("ix_post_rank", "post", ["rank"], unique=False)
with op.batch_alter_table("post") as batch_op:
    batch_op.add_column(sa.Column("slug", sa.String(length=60), nullable=False, server_default="none"))
    batch_op.create_unique_constraint("uq_post_slug", ["slug"])
op.add_column("post", sa.Column("body", sa.Text(), nullable=True))
op.drop_column("post", "views")
op.drop_column("post", "subtitle")
""",
    ),
    above=[
        "UPDATE post SET subtitle = 'A subtitle', views = id * 2",
        "DELETE FROM post WHERE id = 3",
        "INSERT INTO post (id, title, hits, views) VALUES (3, 'Born above', 1, 2)",
    ],
    below=[
        "UPDATE post SET body = 'Written below' WHERE id < 3",
        "DELETE FROM post WHERE id = 4",
        "INSERT INTO post (id, title, slug, hits) VALUES (4, 'Born below', 'four', 1)",
    ],
)

FOREIGN_COLUMN = Chapter(
    Revision(
        "foreigncolumn",
        "columns",
        up="""
with op.batch_alter_table("post") as batch_op:
    batch_op.drop_constraint("fk_post_author_id", type_="foreignkey")
    batch_op.drop_column("author_id")
with op.batch_alter_table("comment") as batch_op:
    batch_op.add_column(sa.Column("author_id", sa.Integer(), nullable=True))
    batch_op.create_foreign_key("fk_comment_author_id", "author", ["author_id"], ["id"], ondelete="SET NULL")
""",
        down="""
with op.batch_alter_table("comment") as batch_op:
    batch_op.drop_constraint("fk_comment_author_id", type_="foreignkey")
    batch_op.drop_column("author_id")
with op.batch_alter_table("post") as batch_op:
    batch_op.add_column(sa.Column("author_id", sa.Integer(), nullable=True))
    batch_op.create_foreign_key("fk_post_author_id", "author", ["author_id"], ["id"], ondelete="SET NULL")
""",
    ),
    above=["UPDATE comment SET author_id = 2 WHERE id < 6"],
    below=["UPDATE post SET author_id = 1 WHERE id = 6"],
)

TABLES = Chapter(
    Revision(
        "tables",
        "foreigncolumn",
        up="""
op.create_table(
    "category",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=60), nullable=False),
    sa.Column("parent_id", sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name="fk_category_parent_id", ondelete="SET NULL"),
    sa.PrimaryKeyConstraint("id", name="pk_category"),
    sa.UniqueConstraint("name", name="uq_category_name"),
)
op.create_table(
    "post_category",
    sa.Column("post_id", sa.Integer(), nullable=False),
    sa.Column("category_id", sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_post_category_category_id", ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_post_category_post_id", ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("post_id", "category_id", name="pk_post_category"),
)
op.create_index("ix_post_category_category_id", "post_category", ["category_id"], unique=False)
op.drop_table("post_tag")
op.drop_table("tag")
op.rename_table("comment", "remark")
""",
        down="""
op.rename_table("remark", "comment")
op.create_table(
    "tag",
    sa.Column("id", sa.Integer(), nullable=False),
    sa.Column("name", sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_tag"),
)
op.create_table(
    "post_tag",
    sa.Column("post_id", sa.Integer(), nullable=False),
    sa.Column("tag_id", sa.Integer(), nullable=False),
    sa.Column("position", sa.Integer(), server_default="0", nullable=False),
    sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_post_tag_post_id", ondelete="CASCADE"),
    sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_post_tag_tag_id", ondelete="CASCADE"),
    sa.PrimaryKeyConstraint("post_id", "tag_id", name="pk_post_tag"),
)
op.drop_table("post_category")
op.drop_table("category")
""",
    ),
    above=[
        "INSERT INTO category VALUES (1, 'One', NULL)",
        "INSERT INTO category VALUES (2, 'Two', 1)",
        "INSERT INTO post_category VALUES (1, 1)",
        "INSERT INTO post_category VALUES (2, 2)",
        "DELETE FROM post WHERE id = 5",
    ],
    below=["DELETE FROM post WHERE id = 2", "INSERT INTO tag VALUES (9, 'Nine')"],
)

CONSTRAINTS = Chapter(
    Revision(
        "constraints",
        "tables",
        up="""
op.create_index("ix_post_title", "post", ["title"], unique=False)
with op.batch_alter_table("author") as batch_op:
    batch_op.create_unique_constraint("uq_author_name", ["name"])
with op.batch_alter_table("post") as batch_op:
    batch_op.add_column(sa.Column("category_id", sa.Integer(), nullable=True))
    batch_op.create_foreign_key("fk_post_category_id", "category", ["category_id"], ["id"], ondelete="SET NULL")
with op.batch_alter_table("remark") as batch_op:
    batch_op.drop_constraint("fk_comment_post_id", type_="foreignkey")
with op.batch_alter_table("category") as batch_op:
    batch_op.drop_constraint("uq_category_name", type_="unique")
""",
        down="""
with op.batch_alter_table("category") as batch_op:
    batch_op.create_unique_constraint("uq_category_name", ["name"])
with op.batch_alter_table("remark") as batch_op:
    batch_op.create_foreign_key("fk_comment_post_id", "post", ["post_id"], ["id"], ondelete="CASCADE")
with op.batch_alter_table("post") as batch_op:
    batch_op.drop_constraint("fk_post_category_id", type_="foreignkey")
    batch_op.drop_column("category_id")
with op.batch_alter_table("author") as batch_op:
    batch_op.drop_constraint("uq_author_name", type_="unique")
op.drop_index("ix_post_title", table_name="post")
""",
    ),
    above=["UPDATE post SET category_id = 1 WHERE id < 7"],
    below=["INSERT INTO author (id, name, address) VALUES (8, 'Eight', 'Street 8')"],
)

TYPES = Chapter(
    Revision(
        "types",
        "constraints",
        up="""
with op.batch_alter_table("post") as batch_op:
    batch_op.alter_column(
        "hits",
        existing_type=sa.Integer(),
        type_=sa.BigInteger(),
        existing_nullable=False,
        existing_server_default=sa.text("'0'"),
    )
    batch_op.alter_column("price", existing_type=sa.Float(), type_=sa.Integer(), existing_nullable=True)
with op.batch_alter_table("remark") as batch_op:
    batch_op.alter_column("words", existing_type=sa.String(length=200), type_=sa.Text(), existing_nullable=False)
with op.batch_alter_table("author") as batch_op:
    batch_op.alter_column("address", existing_type=sa.String(length=100), nullable=False, server_default="nobody")
""",
        down="""
with op.batch_alter_table("author") as batch_op:
    batch_op.alter_column(
        "address",
        existing_type=sa.String(length=100),
        nullable=True,
        server_default=None,
        existing_server_default=sa.text("'nobody'"),
    )
with op.batch_alter_table("remark") as batch_op:
    batch_op.alter_column("words", existing_type=sa.Text(), type_=sa.String(length=200), existing_nullable=False)
with op.batch_alter_table("post") as batch_op:
    batch_op.alter_column("price", existing_type=sa.Integer(), type_=sa.Float(), existing_nullable=True)
    batch_op.alter_column(
        "hits",
        existing_type=sa.BigInteger(),
        type_=sa.Integer(),
        existing_nullable=False,
        existing_server_default=sa.text("'0'"),
    )
""",
    ),
    above=["UPDATE post SET price = 40 WHERE id = 7", "UPDATE remark SET words = 'Longer' WHERE id = 8"],
    below=["UPDATE post SET price = 41.25 WHERE id = 9"],
)

DATA = Chapter(
    Revision(
        "data",
        "types",
        up="""
op.add_column("post", sa.Column("summary", sa.String(length=200), nullable=True))
op.execute("UPDATE post SET hits = hits + 10")
op.bulk_insert(
    sa.table("category", sa.column("id", sa.Integer), sa.column("name", sa.String)),
    [{"id": 50, "name": "Fifty"}, {"id": 51, "name": "Fifty-one"}],
)
op.create_index("ix_post_summary", "post", ["summary"], unique=False)
""",
        down="""
op.drop_index("ix_post_summary", table_name="post")
op.execute("UPDATE post SET hits = hits - 10")
op.drop_column("post", "summary")
""",
    ),
    above=["UPDATE post SET summary = 'By hand' WHERE id = 10"],
    below=["INSERT INTO post (id, title) VALUES (60, 'Sixty')"],
)

FILLED = Chapter(
    Revision(
        "filled",
        "data",
        up="""
op.add_column("post", sa.Column("teaser", sa.String(length=200), nullable=True))
op.fill("post", {"teaser": "substr(title, 1, 5)"})
op.create_index("ix_post_teaser", "post", ["teaser"], unique=False)
op.set_aside("remark", "id > 9")
""",
        down="""
op.bring_back("remark")
op.drop_index("ix_post_teaser", table_name="post")
op.drop_column("post", "teaser")
""",
    ),
    above=["UPDATE post SET teaser = 'By hand' WHERE id = 10"],
    below=["INSERT INTO post (id, title) VALUES (61, 'Sixty-one')"],
    ours=True,
)

REST = Chapter(
    Revision(
        "rest",
        "filled",
        up="""
op.create_index("ix_category_parent_id_name", "category", ["parent_id", "name"], unique=True)
with op.batch_alter_table("author") as batch_op:
    batch_op.create_check_constraint("ck_author_name", "name <> 'nobody'")
with op.batch_alter_table("post") as batch_op:
    batch_op.alter_column(
        "hits",
        existing_type=sa.BigInteger(),
        existing_nullable=False,
        existing_server_default=sa.text("'0'"),
        server_default="3",
    )
op.execute("UPDATE post SET hits = hits + 1", execution_options={"runs": "once"})
op.create_index("ix_post_category_post_id", "post_category", ["post_id"], unique=False)
with op.batch_alter_table("post_category") as batch_op:
    batch_op.drop_constraint("pk_post_category", type_="primary")
    batch_op.create_primary_key("pk_post_category", ["category_id", "post_id"])
with op.batch_alter_table("remark") as batch_op:
    batch_op.alter_column("words", existing_type=sa.Text(), existing_nullable=False, comment="What was said")
""",
        down="""
with op.batch_alter_table("remark") as batch_op:
    batch_op.alter_column(
        "words", existing_type=sa.Text(), existing_nullable=False, comment=None, existing_comment="What was said"
    )
with op.batch_alter_table("post_category") as batch_op:
    batch_op.drop_constraint("pk_post_category", type_="primary")
    batch_op.create_primary_key("pk_post_category", ["post_id", "category_id"])
op.drop_index("ix_post_category_post_id", table_name="post_category")
with op.batch_alter_table("post") as batch_op:
    batch_op.alter_column(
        "hits",
        existing_type=sa.BigInteger(),
        existing_nullable=False,
        existing_server_default=sa.text("'3'"),
        server_default="0",
    )
with op.batch_alter_table("author") as batch_op:
    batch_op.drop_constraint("ck_author_name", type_="check")
op.drop_index("ix_category_parent_id_name", table_name="category")
""",
    ),
    above=["INSERT INTO post (id, title) VALUES (62, 'Three hits')"],
    below=["INSERT INTO post_category VALUES (1, 2)"],
    ours=True,
)

# What stands in the way of going all the way down: `slug` is unique there, and those born above have none.
MAKE_WAY = ["DELETE FROM post WHERE id IN (3, 60, 62)"]

HISTORY = [COLUMNS, FOREIGN_COLUMN, TABLES, CONSTRAINTS, TYPES, DATA, FILLED, REST]
