"""``flask search``: the index behind the site's search."""

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from cms.cli.doing import explained
from cms.cli.progress import progress_bar
from cms.db import db
from cms.models import Post
from cms.services import renewing

search = AppGroup("search", help="Look after the search index.")


@search.command("rebuild")
def rebuild() -> None:
    """Write the index of every post anew. The site can be searched all the while."""
    done = 0
    with explained(), progress_bar("Indexing") as progress:
        total = db.session.scalar(select(func.count()).select_from(Post)) or 0
        for count, _ in renewing.index():
            done += count
            if progress is not None:
                progress(done, total)
        lost = renewing.forget_lost()
    click.echo(f"Indexed {done} posts" + (f" and forgot {lost} that are gone." if lost else "."))
