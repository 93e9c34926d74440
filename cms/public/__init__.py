"""The readers' door: pages, feeds, sitemap, search and comments. No script, no session, and no cookie but for those who
have just written a comment."""

from flask import Flask

from cms.public import (
    cards,
    comment_mail,
    comments,
    feeds,
    layout,
    lists,
    media,
    own_comments,
    posts,
    robots,
    search,
    series,
    stylesheets,
)
from cms.public.blueprint import bp

# Naming them keeps the import of each module whose routes the blueprint holds.
VIEWS = (cards, comment_mail, comments, feeds, lists, media, own_comments, posts, robots, search, series, stylesheets)


def register_public(app: Flask) -> None:
    """Open the door. Call it after ``register_security``, whose session the comment form does without."""
    layout.register_layout(app)
    app.register_blueprint(bp)
    app.add_template_global(stylesheets.address, "stylesheet")
    app.add_template_global(stylesheets.known_address, "known_stylesheet")
    for door in (comments, own_comments, comment_mail):
        for view in door.WITHOUT_SESSION:
            app.extensions["csrf"].exempt(view)
