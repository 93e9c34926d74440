"""``flask posts``: what operators do to all posts and pages."""

import click
from flask.cli import AppGroup

from cms.cli.doing import explained
from cms.cli.progress import progress_bar
from cms.models import Page, Post
from cms.services import renewing

posts = AppGroup("posts", help="Look after posts and pages.")


@posts.command("render")
@click.option("--all", "everything", is_flag=True, help="Every body, also those that this release has rendered.")
@click.option("--after", type=int, default=0, metavar="ID", help="Go on after this post, where an earlier run stopped.")
def render(everything: bool, after: int) -> None:
    """Make the HTML of posts and pages anew where an older release has made it. Can be stopped and run again."""
    rendered = {"posts": 0, "pages": 0}
    last = after
    try:
        with explained(), progress_bar("Rendering") as progress:
            total = renewing.waiting(Post, everything=everything, after=after)
            for count, reached in renewing.render(Post, everything=everything, after=after):
                rendered["posts"] += count
                last = reached
                if progress is not None:
                    progress(rendered["posts"], total)
            for count, _ in renewing.render(Page, everything=everything):
                rendered["pages"] += count
    except KeyboardInterrupt:
        go_on = f" --all --after {last}" if everything else ""
        click.echo(f"Stopped after {rendered['posts']} posts. Go on with: flask posts render{go_on}")
        raise click.Abort from None
    if not any(rendered.values()):
        click.echo("Every post and page has been rendered by this release. --all renders them again.")
    else:
        click.echo(f"Rendered {rendered['posts']} posts and {rendered['pages']} pages.")
