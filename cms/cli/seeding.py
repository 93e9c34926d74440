"""``flask seed``: a site to develop with."""

from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import with_appcontext

from cms.cli.doing import explained
from cms.cli.progress import progress_bar
from cms.services.seeding import bulk, site

HERE = ("localhost", "127.0.0.1", "::1")


@click.command("seed")
@click.option(
    "--posts", type=click.IntRange(1, 5_000_000), metavar="N", help="Only N short posts, fast: to measure with."
)
@click.option("--yes", is_flag=True, help="Also where the site is in use.")
@with_appcontext
def seed(posts: int | None, yes: bool) -> None:
    """Fill a development site: people of every role, posts in every state, comments, pictures.

    Everybody gets the same password, which is printed: never do this to a site that others can reach.
    """
    with explained():
        if posts is not None:
            refuse_unless(yes or not is_production() or site.has_no_posts())
            seed_many(posts)
            return
        refuse_unless(yes or site.is_empty())
        made = site.make()
    click.echo(f"Made {made.posts} posts, {made.pages} pages, {made.comments} comments and {made.pictures} pictures.")
    if made.people:
        click.echo(f"These people can sign in with the password “{site.PASSWORD}”:")
        for person in made.people:
            click.echo(f"  {person}")


def refuse_unless(allowed: bool) -> None:
    if not allowed:
        raise click.ClickException("This site is in use. Use an empty one, or say --yes if you know what you do.")


def is_production() -> bool:
    """Whether others than this machine are meant to reach it."""
    address = urlsplit(current_app.config["SITE_URL"])
    return address.scheme == "https" or address.hostname not in HERE


def seed_many(posts: int) -> None:
    done = 0
    with progress_bar("Seeding") as progress:
        for done in bulk.posts(posts):
            if progress is not None:
                progress(done, posts)
    click.echo(f"Made {done:,} posts.")
