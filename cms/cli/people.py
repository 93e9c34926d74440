"""``flask people``: accounts, for operators. What they do is remembered as done by the system."""

import sys

import click
from flask.cli import AppGroup
from sqlalchemy import select

from cms.cli.doing import do, explained
from cms.db import db
from cms.errors import CmsError
from cms.models import Role, User
from cms.schema import forgetting
from cms.schema.commands.group import ask, backup_folder, say, yes_option
from cms.schema.errors import counted
from cms.schema.starting import engine
from cms.services import accounts, erasing, passwords

people = AppGroup("people", help="Add people, and change what they may do.")

from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@people.command("add")
@click.argument("email")
@click.option("--role", "role_names", multiple=True, required=True, help="A role, such as admin; may be repeated.")
@click.option("--name", default="", help="As shown to others; made of the address when left out.")
@from_stdin
def add(email: str, role_names: tuple[str, ...], name: str, password_stdin: bool) -> None:
    """Add somebody with this e-mail address."""
    name = name or email.partition("@")[0]
    password = asked_password(password_stdin, email=email, name=name)
    user = do(lambda: accounts.add(email, name, roles_named(role_names), password=password, by=None))
    click.echo(f"Added {user.email} as {', '.join(role_names)}.")


@people.command("list")
def list_people() -> None:
    """Show everybody: address, roles, and whether the account is active."""
    found = do(lambda: db.session.scalars(select(User).order_by(User.email)).all())
    widest = max((len(user.email) for user in found), default=0)
    for user in found:
        roles = ", ".join(sorted(role.name for role in user.roles)) or "no role"
        click.echo(f"{user.email:<{widest}}  {roles}{'' if user.active else '  (deactivated)'}")
    if not found:
        click.echo("There is nobody yet.")


@people.command("role")
@click.argument("email")
@click.argument("role_names", metavar="ROLE...", nargs=-1, required=True)
def change_role(email: str, role_names: tuple[str, ...]) -> None:
    """Give somebody this role (or these) in place of what they have."""
    user = do(lambda: accounts.change_roles(person(email), roles_named(role_names), by=None))
    click.echo(f"{user.email} is now {', '.join(role_names)}.")


@people.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Keep somebody out. Nothing of theirs is deleted."""
    user = do(lambda: accounts.deactivate(person(email), by=None))
    click.echo(f"{user.email} cannot sign in any more.")


@people.command("activate")
@click.argument("email")
def activate(email: str) -> None:
    """Let somebody in again."""
    user = do(lambda: accounts.activate(person(email), by=None))
    click.echo(f"{user.email} may sign in again.")


@people.command("password")
@click.argument("email")
@from_stdin
def change_password(email: str, password_stdin: bool) -> None:
    """Set somebody's password. They are signed out everywhere."""
    name = do(lambda: person(email)).name
    password = asked_password(password_stdin, email=email, name=name)
    user = do(lambda: accounts.set_password(person(email), password, by=None))
    click.echo(f"{user.email} has a new password.")


@people.command("erase")
@click.argument("email")
@click.option("--with-comments", is_flag=True, help="Delete their comments too; else these stay without a name.")
@yes_option
def erase(email: str, with_comments: bool, yes: bool) -> None:
    """Erase somebody: account, mails, name and address everywhere, also in what is put aside (flask db kept).

    What they published stays, with its byline.
    """
    with explained():
        known = erasing.look_up(email)
        email, byline = known.email, known.byline
        found = [counted(count, what) for what, count in known.counts().items() if count]
        found += [trace.sentence() for trace in forgetting.mentions(db.session.connection(), email)]
        db.session.rollback()
        if not found:
            raise CmsError(f"Nothing here names {email}.")
        for line in found:
            click.echo(line)
        ask(f"Erase {email} for good?", yes)
        with forgetting.alone(engine(), say):
            do(lambda: erase_everywhere(email, with_comments=with_comments))
    click.echo(f"{email} is erased.")
    if byline:
        click.echo(f"The byline {byline} stays, with what is published under it: see Authors in the admin.")
    if backups := sum(1 for file in backup_folder().glob("*") if file.is_file()):
        click.echo(f"{counted(backups, 'file')} in {backup_folder()} may still hold them: delete those in time.")


def erase_everywhere(email: str, *, with_comments: bool) -> None:
    person, connection = erasing.look_up(email), db.session.connection()
    for comment in person.comments:
        forgetting.empty_cells_of(connection, "comment", "id", comment.id)
    erasing.erase(person, with_comments=with_comments)
    forgetting.erase_mentions(connection, email)


def person(email: str) -> User:
    user = db.session.scalar(User.with_email(email))
    if user is None:
        raise CmsError(f"There is nobody with the address {email}.")
    return user


def roles_named(names: tuple[str, ...]) -> list[Role]:
    roles = {role.name: role for role in db.session.scalars(select(Role).order_by(Role.name))}
    for name in names:
        if name not in roles:
            raise CmsError(f"There is no role {name}. There are: {', '.join(roles)}.")
    return [roles[name] for name in dict.fromkeys(names)]


def asked_password(from_stdin: bool, *, email: str, name: str) -> str:
    """The password, typed twice on a terminal until it is a good one, or the first line of standard input."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    while True:
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        complaint = passwords.complaint(password, email=email, name=name)
        if complaint is None:
            return password
        click.echo(complaint, err=True)
