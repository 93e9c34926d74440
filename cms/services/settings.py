"""The settings of the site: which there are, and what they are now. What one of them takes: ``options.py``."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext, marked
from cms.models import Setting, User
from cms.services import auditing, site_changes
from cms.services.options import Option
from cms.services.theming import choosing, themes

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
            "theme",
            marked("Theme"),
            themes.DEFAULT,
            marked("How every public page looks. One that is not complete is refused, with what it lacks."),
            "theme",
            marked("Look"),
        ),
        Option(
            "logo",
            marked("Logo"),
            None,
            marked("Stands in place of the title, which those who do not see it hear. At most 48 pixels high."),
            "picture",
            marked("Look"),
        ),
        Option(
            "accent",
            marked("Accent colour"),
            "",
            marked("Of links and buttons, such as #0b5d63. Empty: the theme's own."),
            "colour",
            marked("Look"),
        ),
        Option(
            "accent_dark",
            marked("Accent colour in the dark"),
            "",
            marked("The same where a reader's device is dark, such as #6cc4c6. Empty: the theme's own."),
            "colour",
            marked("Look"),
        ),
        Option(
            "home",
            marked("Home page"),
            None,
            marked(
                "What stands at the address of the site. With a page there, the posts are at /posts/, first in the menu"
                " unless a link of the menu leads there."
            ),
            "page",
            marked("Home and menus"),
        ),
        Option(
            "menu_links",
            marked("Links in the menu"),
            "",
            marked(
                "One a line: words, a bar, an address, as in “Newsletter | https://example.org/news”. They come after"
                " the pages of the menu; a further bar and a number say another place, counted as that of pages is."
            ),
            "links",
            marked("Home and menus"),
            most=4000,
        ),
        Option(
            "menu_lists",
            marked("Archive, series, tags and search in the menu"),
            True,
            marked("They stand at its end; series once there is one."),
            "yes_no",
            marked("Home and menus"),
        ),
        Option(
            "social_links",
            marked("Elsewhere"),
            "",
            marked("Your accounts at other places, one a line: “Mastodon | https://example.social/@you”."),
            "links",
            marked("Home and menus"),
            most=4000,
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
            "notify_authors",
            marked("Tell authors"),
            True,
            marked("By mail, when readers see a new comment on a post of theirs."),
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


def checked(values: Mapping[str, Any], problems: dict[str, str] | None = None) -> SiteSettings:
    """All settings with these ``values`` in place of what they are, none of it stored.

    What does not fit raises InvalidChange naming its field; with ``problems`` it is put there instead, all of it.
    """
    fitting, was = {}, read()
    for name, value in values.items():
        try:
            if name not in OPTIONS:
                raise InvalidChange(gettext("There is no setting “%(name)s”.", name=name), field=name)
            fitting[name] = OPTIONS[name].checked(value)
        except InvalidChange as error:
            if problems is None:
                raise
            problems[name] = str(error)
    new = SiteSettings({**was, **fitting})
    for name, words in choosing.problems(new, was).items():
        if problems is None:
            raise InvalidChange(words, field=name)
        problems.setdefault(name, words)
    return new


def change(values: Mapping[str, Any], *, by: User | None) -> None:
    """Have these values. Raises NotAllowed, InvalidChange naming the first field that does not fit."""
    if by is not None and not by.may("setting.edit"):
        raise NotAllowed(gettext("You may not change the settings."))
    was, new = read(), checked(values)
    before, after = auditing.changed({name: was[name] for name in values}, {name: new[name] for name in values})
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
