# Logging is the app's own: there is no logger section here, and env.py configures none.

[alembic]
# template used to generate migration files
# file_template = %%(rev)s_%%(slug)s
