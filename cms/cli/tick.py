"""``flask tick``: do what is due, once. For cron, where no server of ours runs."""

import click
from flask.cli import with_appcontext

from cms.services import jobs

MOST_AT_ONCE = 1000


@click.command("tick")
@with_appcontext
def tick() -> None:
    """Do the jobs that are due: mails and the like."""
    done = jobs.run_due(MOST_AT_ONCE)
    click.echo(f"{done} job{'s' if done != 1 else ''} done.")
