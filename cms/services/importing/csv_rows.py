"""Tags, redirects and people out of a CSV file: each row becomes something, changes something, or says what is wrong.

An empty cell leaves what is there as it is. A dry run does everything and is rolled back, so that it foretells the
real one.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from cms.db import Base, db
from cms.errors import CmsError, InvalidChange
from cms.language import gettext, marked, number
from cms.models import Redirect, RedirectOrigin, Role, Tag, User
from cms.services import accounts, auditing, inviting, mailing, redirecting, tagging

MOST_ROWS = 5_000
MOST_BYTES = 1_000_000

NO_ROLE = marked("no role")  # as the list of people says it

NEW, CHANGED, SAME, WRONG = marked("new"), marked("changed"), marked("unchanged"), marked("not taken")


@dataclass(frozen=True)
class Outcome:
    """What one row came to. ``line`` is where it stands in the file, the heading being line 1."""

    line: int
    label: str
    result: str
    message: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether nothing came of it; ``message`` says why."""
        return self.result == WRONG


@dataclass(frozen=True)
class Kind:
    """What rows of a file can become: by each column the names that its heading may have, then the deed itself."""

    model: type[Base]
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    take: Callable[[Mapping[str, str], User | None], tuple[str, str]]  # a label, and what it came to

    @property
    def example(self) -> str:
        return ",".join(self.columns)


def read(kind: Kind, data: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows of the file with their lines, by our names of the columns. Raises InvalidChange."""
    if len(data) > MOST_BYTES:
        raise InvalidChange(gettext("At most %(most)s kB at a time: split the file.", most=number(MOST_BYTES // 1000)))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidChange(gettext("This is not text in UTF-8. Save it as “CSV UTF-8”.")) from error
    if "\x00" in text:
        raise InvalidChange(gettext("This is not a text file."))
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)  # Excel writes semicolons where the comma is for decimals
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        places = _places(kind, next(reader, []))
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = {name: cells[place].strip() for name, place in places.items() if place < len(cells)}
                row = dict.fromkeys(kind.needed, "") | row  # a line may end early
                rows.append((reader.line_num, {name: _without_guard(value) for name, value in row.items()}))
            if len(rows) > MOST_ROWS:
                raise InvalidChange(gettext("At most %(most)s rows at a time: split the file.", most=number(MOST_ROWS)))
    except csv.Error as error:
        raise InvalidChange(
            gettext("Line %(line)s cannot be read: %(why)s.", line=reader.line_num, why=error)
        ) from error
    if not rows:
        raise InvalidChange(gettext("There is no row under the heading."))
    return rows


def take(kind: Kind, rows: list[tuple[int, dict[str, str]]], *, by: User | None) -> list[Outcome]:
    """Do what each row says; one that cannot be done changes nothing and says why. The commit is the caller's."""
    outcomes = []
    for line, row in rows:
        try:
            with db.session.begin_nested():
                label, result = kind.take(row, by)
                db.session.flush()
            outcomes.append(Outcome(line, label, result))
        except CmsError as error:
            outcomes.append(Outcome(line, next(filter(None, row.values()), ""), WRONG, str(error)))
    return outcomes


def _places(kind: Kind, heads: list[str]) -> dict[str, int]:
    found = {" ".join(head.split()).casefold(): place for place, head in reversed(list(enumerate(heads)))}
    places = {
        name: found[known]
        for name, titles in kind.columns.items()
        for title in (name, *titles)
        for known in (title, gettext(title.capitalize()).casefold())  # as a list in this language heads its file
        if known in found
    }
    if missing := [name for name in kind.needed if name not in places]:
        words = gettext(
            "The first line names no column “%(name)s”. It should read: %(example)s",
            name=missing[0],
            example=kind.example,
        )
        raise InvalidChange(words)
    return places


def _without_guard(value: str) -> str:
    """Our own exports put an apostrophe before what a spreadsheet would run."""
    return value[1:] if value[:1] == "'" and value[1:2] in "=+-@|%" and len(value) > 1 else value


def _tag(row: Mapping[str, str], by: User | None) -> tuple[str, str]:
    name, described = row["name"], row.get("description")
    tag = db.session.scalar(Tag.named(name)) if name else None
    if tag is None:
        tag = tagging.make_anew(name)
        tag.description = _short(described or "", 1000, marked("description"))
        auditing.record("tag.created", tag, by=by, after={"name": tag.name, "description": tag.description})
        return tag.name, NEW
    before = {"name": tag.name, "description": tag.description}
    if name != tag.name:
        tagging.rename(tag, name, by=by)
    if described and described != tag.description:
        tag.description = _short(described, 1000, marked("description"))
        auditing.record(
            "tag.edited",
            tag,
            by=by,
            before={"description": before["description"]},
            after={"description": tag.description},
        )
    return tag.name, CHANGED if before != {"name": tag.name, "description": tag.description} else SAME


def _redirect(row: Mapping[str, str], by: User | None) -> tuple[str, str]:
    path, target = _short(row["path"], 1000, marked("path")), _short(row["target"], 1000, marked("target"))
    redirect = db.session.scalar(Redirect.at(path))
    if redirect is not None and redirect.target == target:
        return str(redirect), SAME
    before = {"target": redirect.target} if redirect is not None else None
    redirect = redirect or Redirect()
    redirect.origin = RedirectOrigin.IMPORTED
    redirecting.set_by_hand(redirect, path, target)
    db.session.add(redirect)
    db.session.flush()
    verb = "edited" if before else "created"
    auditing.record(f"redirect.{verb}", redirect, by=by, before=before, after={"path": path, "target": target})
    return str(redirect), CHANGED if before else NEW


def _person(row: Mapping[str, str], by: User | None) -> tuple[str, str]:
    email = accounts.checked_email(row["email"])
    roles = _roles(row.get("roles"))
    user = db.session.scalar(User.with_email(email))
    if user is None:
        name = row.get("name") or email.partition("@")[0]
        user = accounts.add(email, name, roles or [], by=by, time_zone=row.get("time_zone") or "UTC")
        if mailing.can_send():  # else a link would have to be shown to somebody: the page of the person does that
            inviting.invite(user, by=by)
        return email, NEW
    before = (user.name, user.time_zone, {role.id for role in user.roles})
    fields = {field: row[field] for field in ("name", "time_zone") if row.get(field)}
    accounts.change(user, by=by, **fields)
    if roles is not None:
        accounts.change_roles(user, roles, by=by)
    return email, CHANGED if before != (user.name, user.time_zone, {role.id for role in user.roles}) else SAME


def _roles(names: str | None) -> list[Role] | None:
    """The roles of a cell; none for one that leaves them as they are."""
    if not names or names.casefold() in (NO_ROLE, gettext(NO_ROLE)):
        return None
    known = {role.name: role for role in db.session.scalars(select(Role))}
    wanted = [name.strip().casefold() for name in names.replace(";", ",").split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in known]:
        raise InvalidChange(
            gettext(
                "There is no role “%(name)s”. There are: %(names)s.",
                name=unknown[0],
                names=gettext(", ").join(sorted(known)),
            )
        )
    return [known[name] for name in dict.fromkeys(wanted)]


def _short(value: str, most: int, what: str) -> str:
    if len(value) > most:
        raise InvalidChange(
            gettext(
                "The %(what)s has %(count)s letters; at most %(most)s fit.",
                what=gettext(what),
                count=number(len(value)),
                most=number(most),
            )
        )
    return value


KINDS: dict[type[Any], Kind] = {
    Tag: Kind(Tag, {"name": (), "description": ()}, ("name",), _tag),
    Redirect: Kind(
        Redirect, {"path": ("old address", "from"), "target": ("leads to", "to")}, ("path", "target"), _redirect
    ),
    User: Kind(
        User, {"email": ("e-mail",), "name": (), "roles": ("role",), "time_zone": ("time zone",)}, ("email",), _person
    ),
}
