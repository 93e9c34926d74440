"""``flask search``: the index behind the site's search."""

import click
from flask.cli import AppGroup

from cms.cli.doing import explained
from cms.cli.progress import progress_bar
from cms.services import rebuilding

search = AppGroup("search", help="Look after the search index.")


@search.command("rebuild")
@click.option("--anew", is_flag=True, help="From the first post on, even where an earlier run stopped on its way.")
def rebuild(anew: bool) -> None:
    """Write the index of every post anew. The site can be used all the while; stopped or killed, it goes on later."""
    done = 0
    try:
        with explained(), progress_bar("Indexing") as progress:
            total, after = rebuilding.left(anew=anew)
            if after:
                click.echo(f"Going on after post {after}, where an earlier run stopped.", err=True)
            for count in rebuilding.rebuild(anew=anew):
                done += count
                if progress is not None:
                    progress(done, max(total, done))
    except KeyboardInterrupt:
        click.echo(f"Stopped after {done} posts. The next run goes on from there.")
        raise click.Abort from None
    click.echo(f"Indexed {done} posts.")
