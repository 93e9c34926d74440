"""``flask import``: bring in a blog that was written elsewhere."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from cms.cli.doing import explained
from cms.cli.progress import progress_bar
from cms.db import db
from cms.errors import CmsError
from cms.models import User
from cms.services.importing import ledger, markdown_folder
from cms.services.importing.ledger import Ledger

EXAMPLES = 3

importing = AppGroup("import", help="Bring in a blog that was written elsewhere.")


@importing.command("markdown")
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would come of it, and write nothing at all.")
@click.option("--author", "email", metavar="EMAIL", help="The account that signs posts which name no author.")
@click.option("--old-site", metavar="URL", default="", help="Where links and pictures lead that were not imported.")
@click.option("-v", "--verbose", is_flag=True, help="List every note, not the first few of each kind.")
def import_markdown(path: Path, dry_run: bool, email: str | None, old_site: str, verbose: bool) -> None:
    """Import the Markdown posts in PATH: a folder with posts/ and assets/, or the folder of the posts.

    A second run changes only what was changed in the files since. Ends with 1 when nothing could be imported.
    """
    if old_site and not old_site.startswith(("https://", "http://")):
        raise click.BadParameter("Give the whole address, from https:// on.", param_hint="--old-site")
    with explained(), progress_bar("Importing") as progress:
        how = {"fallback": person(email), "old_site": old_site, "dry_run": dry_run}
        report = markdown_folder.run(path, **how, progress=progress)
    show(report, dry_run=dry_run, verbose=verbose)
    if report.imported == 0:
        sys.exit(1)


def person(email: str | None) -> User | None:
    if email is None:
        return None
    user = db.session.scalar(User.with_email(email))
    if user is None:
        raise CmsError(f"Nobody here has the address {email}. flask people list shows who there is.")
    return user


def show(report: Ledger, *, dry_run: bool = False, verbose: bool = False) -> None:
    """Print the ledger."""
    will = "would be " if dry_run else ""
    rows = [
        ("Posts found", report.found, ""),
        (f"  {will}made", report.made, ""),
        (f"  {will}changed", report.changed, ""),
        ("  unchanged", report.unchanged, ""),
        (f"  {will}skipped", report.skipped, ""),
        ("Tags", len(report.tags), f"{report.tags_made} new"),
        ("Authors", len(report.authors), f"{report.authors_made} new"),
        ("Pictures and files found", len(report.pictures), f"{report.media_made} new in the library"),
        ("Pictures and files missing", len(report.pictures_missing), ""),
        ("Redirects", report.redirects_made, "new"),
    ]
    for label, number, more in rows:
        click.echo(f"{label:<28}{number:>7}{f'  {more}' if more else ''}")
    hidden = False
    for kind in dict.fromkeys(note.kind for note in report.notes):
        notes = report.of_kind(kind)
        shown = notes if verbose or kind in ledger.ALWAYS_LISTED else notes[:EXAMPLES]
        click.echo(f"\n{kind[0].upper()}{kind[1:]}: {len(notes)}")
        for note in shown:
            click.echo(f"  {note}")
        if len(shown) < len(notes):
            click.echo(f"  … and {len(notes) - len(shown)} more")
            hidden = True
    if hidden:
        click.echo("\n--verbose lists them all.")
    if dry_run:
        click.echo("\nNothing was written: this was a dry run.")
