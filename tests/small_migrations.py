"""A history of two small migrations, run by the project's own env.py."""

import shutil
from pathlib import Path

HOME = Path(__file__).parent.parent / "migrations"

REVISION = """
import time

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}
branch_labels = None
depends_on = None


def upgrade():
    op.create_table({table!r}, sa.Column("id", sa.Integer, primary_key=True))
    time.sleep({seconds})


def downgrade():
    op.drop_table({table!r})
"""


def make_migrations(folder: Path, *, seconds: float = 0) -> Path:
    """A folder for ``migrate.directory`` with revisions ``one`` and ``two``, each of which takes ``seconds``."""
    migrations = folder / "migrations"
    shutil.copytree(HOME, migrations, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    add_revision(migrations, "one", after=None, seconds=seconds)
    add_revision(migrations, "two", after="one", seconds=seconds)
    return migrations


def add_revision(migrations: Path, revision: str, *, after: str | None, seconds: float = 0) -> None:
    (migrations / "versions").mkdir(exist_ok=True)
    text = REVISION.format(revision=revision, down_revision=after, table=f"table_{revision}", seconds=seconds)
    (migrations / "versions" / f"20260101_{revision}.py").write_text(text)
