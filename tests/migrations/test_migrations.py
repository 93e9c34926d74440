"""The structure goes up and down on both databases, and agrees with the models."""

import logging
import shutil
from pathlib import Path

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import func, inspect, select, text

from cms.db import MIGRATIONS, db
from cms.models import Comment, Post, PostTag, Role
from cms.models.permission import ROLES
from cms.schema.names import is_ours
from cms.schema.verify import contents
from tests.conftest import make_app
from tests.factories import make_comment, make_post

REBUILD = '''
"""Widen the title, which on SQLite means a new table in place of the old one."""

import sqlalchemy as sa
from alembic import op

revision = "widen"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("post") as batch:
        batch.alter_column("title", type_=sa.String(300), existing_type=sa.String(200), existing_nullable=False)


def downgrade():
    with op.batch_alter_table("post") as batch:
        batch.alter_column("title", type_=sa.String(200), existing_type=sa.String(300), existing_nullable=False)
'''

FAILS_HALF_WAY = '''
"""Change something, then fail."""

import sqlalchemy as sa
from alembic import op

revision = "fails"
down_revision = "{head}"


def upgrade():
    op.add_column("post", sa.Column("subtitle", sa.String(10)))
    op.execute("UPDATE comment SET body = 'gone'")
    op.execute("SELECT * FROM a_table_that_is_not_there")


def downgrade():
    op.drop_column("post", "subtitle")
'''


@pytest.fixture
def own_app(own_database, tmp_path):
    """An app whose structure a test may change."""
    app = make_app(tmp_path, own_database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def migrations_with(tmp_path: Path, source: str) -> str:
    """A copy of our migrations with one more on top."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    (folder / "versions" / "29991231_one_more.py").write_text(source.replace("{head}", head))
    return str(folder)


def tables() -> set[str]:
    """The tables of the application, without the journal and what was kept."""
    names = inspect(db.engine).get_table_names()
    return {name for name in names if not is_ours(name) and not name.startswith(("sqlite_", "post_search_"))}


def cells():
    with db.engine.connect() as connection:
        return contents(connection, leave_out=lambda name: is_ours(name) or name.startswith("post_search"))


def test_the_models_and_the_newest_structure_agree(own_app):
    flask_migrate.check()


def test_every_revision_goes_down_to_nothing_and_up_again(own_app):
    full = tables()
    assert {"post", "post_tag", "post_author", "revision", "post_search"} <= full

    for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions():
        flask_migrate.downgrade(revision=script.down_revision or "base")
        flask_migrate.upgrade(revision=script.revision)
        flask_migrate.downgrade(revision=script.down_revision or "base")
    assert tables() == set()
    flask_migrate.upgrade()

    assert tables() == full
    flask_migrate.check()


def test_a_filled_database_goes_down_to_nothing_and_comes_back_with_every_cell(own_app):
    make_comment(make_post(tags=["One", "Two"]))
    db.session.commit()
    db.session.remove()
    before = cells()
    assert before["post_tag"].rows == 2

    flask_migrate.downgrade(revision="base")
    assert tables() == set()
    flask_migrate.upgrade()

    assert cells() == before
    flask_migrate.check()


def test_every_table_has_a_primary_key_and_every_foreign_key_says_what_happens_on_delete(own_app):
    inspector = inspect(db.engine)
    for table in tables() - {"post_search"}:
        assert inspector.get_pk_constraint(table)["constrained_columns"], table
        for key in inspector.get_foreign_keys(table):
            # MariaDB does not report RESTRICT, which is what it does by itself.
            expected = key["options"].get("ondelete") or "RESTRICT"
            assert expected in {"CASCADE", "SET NULL", "RESTRICT"}, (table, key["name"])
            assert key["name"], table
    assert inspector.get_pk_constraint("post_tag")["constrained_columns"] == ["post_id", "tag_id"]
    assert inspector.get_pk_constraint("post_author")["constrained_columns"] == ["post_id", "author_id"]
    assert inspector.get_pk_constraint("user_role")["constrained_columns"] == ["user_id", "role_id"]


def test_the_roles_that_the_migration_makes_are_those_of_the_code(own_app):
    made = {role.name: role.grants for role in db.session.scalars(select(Role))}

    assert made == {name: permissions for name, (_, permissions) in ROLES.items()}


def test_rebuilding_a_table_keeps_what_hangs_on_it(own_app, tmp_path):
    post = make_post(tags=["One", "Two"])
    make_comment(post)
    db.session.commit()
    db.session.remove()
    folder = migrations_with(tmp_path, REBUILD)

    for move in (flask_migrate.upgrade, lambda directory: flask_migrate.downgrade(directory=directory)):
        move(directory=folder)
        assert db.session.scalar(select(func.count(Comment.id))) == 1
        assert db.session.scalar(select(func.count()).select_from(PostTag)) == 2
        db.session.remove()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_on_sqlite_a_migration_that_fails_leaves_nothing_behind(own_app, tmp_path, database_kind):
    if database_kind != "sqlite":
        pytest.skip("MariaDB commits at each change of structure: there the run is resumed (tests/schema)")
    make_comment(make_post())
    db.session.commit()
    db.session.remove()

    with pytest.raises(Exception, match="a_table_that_is_not_there"):
        flask_migrate.upgrade(directory=migrations_with(tmp_path, FAILS_HALF_WAY))

    assert "subtitle" not in {column["name"] for column in inspect(db.engine).get_columns("post")}
    assert db.session.scalar(select(Comment.body)) != "gone"


def test_migrating_leaves_the_loggers_alone(own_app: Flask):
    mine = logging.getLogger("somebody.else")

    flask_migrate.downgrade()
    flask_migrate.upgrade()

    assert not mine.disabled
    assert not own_app.logger.disabled


def test_deleting_a_post_takes_its_pairs_and_comments_along(own_app):
    post = make_post(tags=["One"])
    make_comment(post)
    db.session.commit()

    db.session.delete(db.session.get_one(Post, post.id))
    db.session.commit()

    assert db.session.scalar(select(func.count(Comment.id))) == 0
    assert db.session.scalar(select(func.count()).select_from(PostTag)) == 0
