"""How it reads what came of an act: what was done, with the button that undoes it, and what was left out."""

from flask import flash

from cms.language import gettext, number
from cms.models import User
from cms.services import auditing, undoing
from cms.services.batches import Outcome

NAMES_TOLD = 3
UNDO = "undo:"  # the category of a message with a button; what follows are the acts, as numbers of their entries


def done_words(count: int, done: str) -> str:
    """3 published."""
    return gettext("%(count)s %(done)s.", count=number(count), done=done)


def tell_done(words: str, by: User, *, is_final: bool = False) -> None:
    """Say what ``by`` just did; the message can undo it where that is possible. After the commit."""
    acts = undoing.of_request(by, auditing.request_id()) if not is_final else None
    flash(words, f"{UNDO}{acts.after + 1}-{acts.upto}" if acts is not None else "success")


def tell_left(outcome: Outcome) -> None:
    """Say what was left out, and why."""
    for reason, left in outcome.left.items():
        names = left.names[:NAMES_TOLD]
        which = gettext(", ").join(names)
        if names and left.count > len(names):
            which = gettext("%(names)s and %(count)s more", names=which, count=number(left.count - len(names)))
        count = number(left.count)
        if which:
            words = gettext("%(count)s left out (%(which)s): %(reason)s", count=count, which=which, reason=reason)
        else:
            words = gettext("%(count)s left out: %(reason)s", count=count, reason=reason)
        flash(words, "error")
