"""Remember for each person in which language they read the admin; empty is what their browser asks for."""

import sqlalchemy as sa
from alembic import op

revision = "language"
down_revision = "list_choices"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("user", sa.Column("language", sa.String(20), server_default="", nullable=False))


def downgrade():
    op.drop_column("user", "language")
