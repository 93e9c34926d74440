"""``flask comments``: the filter of comments."""

import click
from flask.cli import AppGroup

from cms.cli.doing import explained
from cms.cli.progress import progress_bar
from cms.services import relearning, spam_memory

comments = AppGroup("comments", help="Look after the filter of comments.")


@comments.command("relearn")
def relearn() -> None:
    """Teach the filter anew from all that moderators decided. Killed, it goes on where it was."""
    done = 0
    with explained(), progress_bar("Learning") as progress:
        if relearning.is_begun():
            click.echo("Going on where the last time ended.")
        total = relearning.left()
        for taught in relearning.relearn():
            done += taught
            if progress is not None:
                progress(done, max(total, done))
        known = spam_memory.learned()
    click.echo(f"Learned {known.ham} good comments and {known.spam} of spam.")
    if not known.is_enough:
        click.echo(f"It decides nothing before it knows {spam_memory.LEAST_LEARNED} of each.")
