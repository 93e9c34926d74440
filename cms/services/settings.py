"""The settings of the site: which there are, and what they are now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import delete, select

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, marked, number
from cms.models import Setting, User
from cms.services import auditing, site_changes


@dataclass(frozen=True)
class Option:
    """One setting: ``kind`` is text, long_text, whole_number, yes_no, choice or time_zone."""

    name: str
    label: str
    default: Any
    help: str = ""
    kind: str = "text"
    group: str = marked("Site")
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0  # of a number; of the letters of a text
    most: int = 500

    def checked(self, value: Any) -> Any:
        """``value`` as it is stored. Raises InvalidChange naming the field."""
        if self.kind == "yes_no":
            return bool(value)
        if self.kind == "whole_number":
            try:
                whole = int(value)
            except (TypeError, ValueError):
                whole = self.least - 1
            if not self.least <= whole <= self.most:
                raise InvalidChange(
                    gettext("Choose a whole number from %(least)s to %(most)s.", least=self.least, most=self.most),
                    field=self.name,
                )
            return whole
        text = str(value or "").replace("\x00", "").strip()
        if self.kind == "choice" and text not in dict(self.choices):
            raise InvalidChange(gettext("Choose one of the list."), field=self.name)
        if self.kind == "time_zone" and text not in available_timezones():
            raise InvalidChange(gettext("Choose a time zone such as Europe/Berlin."), field=self.name)
        if len(text) < self.least:
            raise InvalidChange(gettext("Fill this in."), field=self.name)
        if len(text) > self.most:
            raise InvalidChange(
                gettext("At most %(most)s letters; these are %(these)s.", most=self.most, these=number(len(text))),
                field=self.name,
            )
        return text


OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option(
            "title",
            marked("Site title"),
            "Lightblog",
            marked("Stands at the top of every page and in feeds."),
            least=1,
            most=120,
        ),
        Option("tagline", marked("Tagline"), "", marked("A few words on what the site is about."), most=300),
        Option(
            "language",
            marked("Language"),
            "en",
            marked(
                "Of the site's texts, as a code such as en, de or zh-CN."
                " The words round them are Chinese for zh, else English."
            ),
            most=20,
        ),
        Option(
            "time_zone", marked("Time zone"), "UTC", marked("Dates on public pages are shown in it."), kind="time_zone"
        ),
        Option(
            "footer",
            marked("Footer"),
            "",
            marked("Shown at the foot of every page. Markdown."),
            kind="long_text",
            most=2000,
        ),
        Option(
            "posts_per_page",
            marked("Posts on a page"),
            10,
            marked("In lists and feeds."),
            "whole_number",
            marked("Reading"),
            least=1,
            most=50,
        ),
        Option(
            "comments_open",
            marked("Comments"),
            True,
            marked("Readers may comment on posts that allow it."),
            "yes_no",
            marked("Comments"),
        ),
        Option(
            "moderation",
            marked("Moderation"),
            "first",
            marked("Which comments wait for a moderator."),
            "choice",
            marked("Comments"),
            (
                ("all", marked("Every comment waits")),
                ("first", marked("A person's first comment waits")),
                ("none", marked("None waits")),
            ),
        ),
        Option(
            "comments_per_hour",
            marked("Comments an hour"),
            10,
            marked("The most that one address may write in an hour."),
            "whole_number",
            marked("Comments"),
            least=1,
            most=1000,
        ),
        Option(
            "notify_moderators",
            marked("Tell moderators"),
            True,
            marked("By mail, when a comment waits."),
            "yes_no",
            marked("Comments"),
        ),
        Option(
            "spam_filter",
            marked("Spam filter"),
            "hold",
            marked(
                "It learns from what moderators approve and mark as spam, and says why it takes a comment for spam."
                " Until it knows 20 of each it decides nothing."
            ),
            "choice",
            marked("Comments"),
            (
                ("hold", marked("Hold what looks like spam")),
                ("spam", marked("Put what looks like spam under Spam")),
                ("show", marked("Only say what it thinks")),
                ("off", marked("Off")),
            ),
        ),
        Option(
            "comment_edit_minutes",
            marked("Minutes to change a comment"),
            5,
            marked("For so long a reader may change or take back what they just wrote; 0 for never."),
            "whole_number",
            marked("Comments"),
            most=60,
        ),
        Option(
            "reply_mail",
            marked("Mail on answers"),
            True,
            marked("Readers may ask for a mail when somebody answers their comment. Each confirms it by mail first."),
            "yes_no",
            marked("Comments"),
        ),
    )
}


class SiteSettings(dict[str, Any]):
    """All settings by name, as attributes too: ``site.title``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self["time_zone"])


def read() -> SiteSettings:
    """All settings: what admins chose, else the default. One query."""
    chosen = dict(db.session.execute(select(Setting.name, Setting.value)).all())
    return SiteSettings({name: chosen.get(name, option.default) for name, option in OPTIONS.items()})


def change(values: Mapping[str, Any], *, by: User | None) -> None:
    """Have these values. Raises NotAllowed, InvalidChange naming the first field that does not fit."""
    if by is not None and not by.may("setting.edit"):
        raise NotAllowed(gettext("You may not change the settings."))
    checked = {}
    for name, value in values.items():
        if name not in OPTIONS:
            raise InvalidChange(gettext("There is no setting “%(name)s”.", name=name), field=name)
        checked[name] = OPTIONS[name].checked(value)
    was = read()
    before, after = auditing.changed({name: was[name] for name in checked}, checked)
    for name, value in after.items():
        if value == OPTIONS[name].default:
            db.session.execute(delete(Setting).where(Setting.name == name))
            site_changes.touch(f"setting:{name}")
            continue
        setting = db.session.get(Setting, name) or Setting(name=name)
        setting.value, setting.updated_at = value, clock.now()
        db.session.add(setting)
    if after:
        auditing.record("setting.changed", by=by, before=before, after=after, subject_type="setting")
