"""The languages that pages are written in, and how each writes texts, times and numbers.

Texts are named by their English: ``gettext("Save")`` where a request says it, ``lazy("Save")`` where a module does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import flask_babel
from babel import dates, numbers
from babel.support import NullTranslations
from flask import g
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

ENGLISH, CHINESE = "en", "zh-Hans"  # as HTML and accounts name them
LANGUAGES = {ENGLISH: "English", CHINESE: "简体中文"}  # each by its own name, so that whoever needs it can read it

# What says of a code that its Chinese is written in other characters than ours.
TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})

# As Babel names them. Flask-Admin and Flask-Security call their Chinese so, and one name must find all catalogs.
LOCALES = {ENGLISH: "en", CHINESE: "zh_Hans_CN"}

# CLDR's English puts the month first; ours is that of Europe.
PATTERNS = {
    "en": {
        "day": "d MMM y",
        "whole day": "d MMMM y",
        "day and time": "d MMM y, HH:mm",
        "whole day and time": "d MMMM y, HH:mm",
        "month": "MMMM y",
        "month alone": "MMMM",
        "month in short": "MMM",
        "day of month": "d MMM",
        "weekday": "EEE",
        "time": "HH:mm",
    },
    "zh_Hans_CN": {
        "day": "y年M月d日",
        "whole day": "y年M月d日",
        "day and time": "y年M月d日 HH:mm",
        "whole day and time": "y年M月d日 HH:mm",
        "month": "y年M月",
        "month alone": "M月",
        "month in short": "M月",
        "day of month": "M月d日",
        "weekday": "EEE",
        "time": "HH:mm",
    },
}


class Lazy(LazyString):
    """A text that is translated when it is read. Escaped like any other: that of Flask-Babel claims to be HTML."""

    def __html__(self) -> Markup:
        return escape(str(self))


class Spoken(NamedTuple):
    """The language of a request: its name as Babel has it, and its texts."""

    locale: str
    texts: NullTranslations


def spoken() -> Spoken:
    """Asked of Flask-Babel once a request: it finds its way there anew for each text, and a page has hundreds."""
    try:
        return g.spoken
    except AttributeError:
        texts = flask_babel.get_translations()
        g.spoken = Spoken(str(flask_babel.get_locale() or LOCALES[ENGLISH]), texts)
        return g.spoken
    except RuntimeError:  # no app at all
        return Spoken(LOCALES[ENGLISH], NullTranslations())


def forget() -> None:
    """Ask again, since the language has changed."""
    if g:
        g.pop("spoken", None)


def gettext(text: str, /, **values: Any) -> str:
    """``text`` in the language of this request; ``%(name)s`` in it stands for a value. Nothing stays nothing."""
    if not text:
        return text
    said = spoken().texts.gettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, count: int, /, **values: Any) -> str:
    """The form that suits ``count``; ``%(num)s`` in it is the number, written as the language does."""
    return spoken().texts.ngettext(one, many, count) % {"num": number(count), **values}


def pgettext(context: str, text: str, /) -> str:
    """``gettext`` of a word that other languages have several of: ``context`` says which is meant."""
    return spoken().texts.pgettext(context, text)


def lazy(text: str) -> Any:
    """``text`` for a table that is made at import: read by each request in its own language."""
    return Lazy(gettext, text)


def lazy_pgettext(context: str, text: str) -> Any:
    """The same for ``pgettext``."""
    return Lazy(pgettext, context, text)


def marked(text: str) -> str:
    """``text`` as it is, told to the catalogs: for English that is kept or compared, and said by ``gettext`` later."""
    return text


def marked_plural(one: str, many: str) -> tuple[str, str]:
    """The same for the two forms that ``ngettext`` chooses from."""
    return one, many


def locale() -> str:
    """The name of the language as Babel has it."""
    return spoken().locale


def code() -> str:
    """The same as HTML has it."""
    return CHINESE if locale() == LOCALES[CHINESE] else ENGLISH


def nearest(wanted: str) -> str:
    """The language of ours that is nearest to a code such as ``zh-CN``: all Chinese reads ours, all else English."""
    return CHINESE if wanted.replace("_", "-").lower().split("-")[0] == "zh" else ENGLISH


def is_spoken(wanted: str) -> bool:
    """Whether a request speaks the language of such a code. Our Chinese is not that of Taiwan."""
    parts = wanted.replace("_", "-").lower().split("-")
    return parts[0] == code().split("-")[0] and TRADITIONAL.isdisjoint(parts)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say what is inside in this language, whoever asks: for mails, and for pages that others will read."""
    forget()
    try:
        with flask_babel.force_locale(LOCALES.get(language, LOCALES[ENGLISH])):
            yield
    finally:
        forget()


def number(value: int | float) -> str:
    """1,234 or 0.5"""
    return numbers.format_decimal(value, locale=locale())


def when(time: datetime | date, form: str) -> str:
    """``time`` in its own zone, written in one of the ``PATTERNS``."""
    write = dates.format_datetime if isinstance(time, datetime) else dates.format_date
    return write(time, PATTERNS[locale()][form], locale=locale())


def lasting(delta: timedelta) -> str:
    """1 day, 24 hours: roughly, in one unit."""
    return dates.format_timedelta(delta, threshold=1, locale=locale())


def joined(parts: list[str]) -> str:
    """Sentences one after the other: Chinese has no blank between them."""
    return ("" if code() == CHINESE else " ").join(parts)
