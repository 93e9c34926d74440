"""What the comment filter thinks, in words: the score, and the words and facts that weighed most for and against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from markupsafe import Markup

from cms.language import gettext, ngettext, number
from cms.models import Comment
from cms.services import site, spam_memory
from cms.services.spam_filter import SPAM_FROM
from cms.services.spam_memory import LEAST_LEARNED

HAM_UP_TO = 20  # per cent: SpamBayes' own bound


@dataclass(frozen=True)
class Reason:
    """One clue: what it is, how it pulls (``+97``), and where it was seen."""

    what: str
    pull: str
    seen: str


@dataclass(frozen=True)
class Verdict:
    """``meaning`` is good, warn or bad, ``words`` what that is called."""

    score: str
    words: str
    meaning: str
    for_spam: list[Reason]
    against: list[Reason]


def shown(comment: Comment) -> Markup:
    """What stands below the state of a comment in the list."""
    verdict = explained(comment)
    if verdict is None:
        return Markup()
    return Markup(get_template_attribute("admin/comment/verdict.html", "short")(verdict))  # noqa: S704 (a template)


def explained(comment: Comment) -> Verdict | None:
    """What was thought of ``comment`` when it came in; None where the filter had learned too little, or was off."""
    score, kept = comment.spam_score, comment.spam_reasons
    if score is None or not isinstance(kept, dict):
        return None
    if score >= SPAM_FROM:
        words, meaning = gettext("Looks like spam"), "bad"
    elif score <= HAM_UP_TO:
        words, meaning = gettext("Looks fine"), "good"
    else:
        words, meaning = gettext("Not sure"), "warn"
    of = kept.get("of", [0, 0])
    reasons = [(one[2], _reason(one, of)) for one in kept.get("clues", ())]
    return Verdict(
        score=gettext("spam score %(number)s of 100", number=number(score)),
        words=words,
        meaning=meaning,
        for_spam=[reason for pull, reason in reasons if pull > 0],
        against=[reason for pull, reason in reasons if pull < 0],
    )


def learned() -> str:
    """What the filter does, or how much it has to learn yet."""
    what = site.here().settings.spam_filter
    if what == "off":
        return gettext("The spam filter is off.")
    known = spam_memory.learned()
    if not known.is_enough:
        return gettext(
            "The spam filter begins when it knows %(least)s good and %(least)s spam: so far %(ham)s and %(spam)s.",
            least=number(LEAST_LEARNED),
            ham=number(known.ham),
            spam=number(known.spam),
        )
    return {
        "hold": gettext("The spam filter holds what looks like spam."),
        "spam": gettext("The spam filter puts what looks like spam under Spam."),
        "show": gettext("The spam filter says what it thinks and decides nothing."),
    }[what]


def _reason(kept: Sequence[Any], of: Sequence[int]) -> Reason:
    kind, value, pull, ham, spam = kept
    seen = gettext(
        "in %(spam)s of %(all_spam)s spam, in %(ham)s of %(all_ham)s good",
        spam=number(spam),
        all_spam=number(of[1]),
        ham=number(ham),
        all_ham=number(of[0]),
    )
    return Reason(_what(kind, value), f"{pull:+d}".replace("-", "−"), seen)


def _what(kind: str, value: str) -> str:
    if kind == "name":
        return gettext("“%(word)s” in the name", word=value)
    if kind == "domain":
        return gettext("the site %(domain)s", domain=value)
    if kind == "mail":
        return gettext("an e-mail address at %(domain)s", domain=value) if value else gettext("no e-mail address")
    if kind == "website":
        return gettext("a website given") if value else gettext("no website given")
    if kind == "addresses":
        if value.isdigit():
            count = int(value)
            return (
                ngettext("%(num)s link in the text", "%(num)s links in the text", count)
                if count
                else gettext("no link in the text")
            )
        return gettext("%(range)s links in the text", range=value)
    return gettext("“%(name)s”", name=value)
