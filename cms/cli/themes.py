"""``flask theme``: which themes there are, what is wrong with one, and to have one."""

import click
from flask.cli import AppGroup

from cms.cli.doing import do, explained
from cms.services import settings
from cms.services.theming import activating, advising, checking, themes
from cms.services.theming.themes import BrokenTheme

theme = AppGroup("theme", help="Look after the themes of the public site.")


@theme.command("list")
def list_themes() -> None:
    """Name the themes there are; the one that readers see has a star."""
    with explained():
        worn = settings.read().theme
    for name in themes.names():
        mark = "*" if name == worn else " "
        try:
            about = themes.get(name)
        except BrokenTheme:
            click.echo(f"{mark} {name:<16} cannot be read: flask theme check {name}")
        else:
            click.echo(f"{mark} {name:<16} {about.title} {about.version}: {about.description}")


@theme.command("check")
@click.argument("name")
def check(name: str) -> None:
    """Say what NAME lacks: every page of it is rendered and looked through. Ends with 1 when there is anything.

    What it had better do besides is said as advice, and is no reason to refuse it.
    """
    with explained():
        found = checking.problems(name)
        advice = [] if found else advising.advice(name)
    for line in found:
        click.echo(line)
    if found:
        raise click.ClickException(f"{len(found)} {'thing' if len(found) == 1 else 'things'} to mend in {name}.")
    click.echo(f"{name} is complete.")
    for line in advice:
        click.echo(f"Advice: {line}")


@theme.command("use")
@click.argument("name")
def use(name: str) -> None:
    """Have readers see NAME from now on; one that is not complete is refused."""
    do(lambda: activating.change({"theme": name}, by=None))
    click.echo(f"Readers see {themes.get(name).title} now.")
