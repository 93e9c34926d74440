"""The readers' door: pages, feeds, sitemap, search and comments. No script, no cookie, no session."""

from flask import Flask

from cms.public import comments, feeds, layout, lists, media, posts, robots, search
from cms.public.blueprint import bp

# Naming them keeps the import of each module whose routes the blueprint holds.
VIEWS = (comments, feeds, lists, media, posts, robots, search)


def register_public(app: Flask) -> None:
    """Open the door. Call it after ``register_security``, whose session the comment form does without."""
    layout.register_layout(app)
    app.register_blueprint(bp)
    for view in comments.WITHOUT_SESSION:
        app.extensions["csrf"].exempt(view)
