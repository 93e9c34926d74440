"""Going up and down in the schema without loss. Knows Alembic, nothing of the blog."""
