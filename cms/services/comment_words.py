"""What readers type into the comment form: tidied, and what is wrong with it in their own terms."""

import re
import unicodedata
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cms.language import gettext, marked, number
from cms.text.excerpt import excerpt
from cms.text.slug import fold_email

LONGEST = {"name": 80, "email": 254, "website": 500, "body": 10_000}
BEGINS = marked("%(name)s wrote under “")  # by which a mail about a comment is found again
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Words:
    """What a reader typed, tidied. ``parent_id`` is the comment that it answers."""

    name: str = ""
    email: str = ""
    website: str = ""
    body: str = ""
    parent_id: int | None = None
    wants_mail: bool = False  # of answers to it

    def tidied(self) -> "Words":
        website = _line(self.website)
        if website and "://" not in website and "." in website:
            website = f"https://{website}"
        body = self.body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd").strip()
        return replace(self, name=_line(self.name), email=fold_email(_line(self.email)), website=website, body=body)


def quoted(name: str, title: str, body: str) -> dict[str, str]:
    """What each mail about a comment begins with: who wrote it, under which post, and what."""
    return {"begins": gettext(BEGINS, name=name), "title": title, "said": excerpt(body, 1000)}


def problems(words: Words) -> dict[str, str]:
    """What is wrong with tidied ``words``, by field, in the reader's terms."""
    found = {}
    for field, most in LONGEST.items():
        length = len(getattr(words, field))
        if length > most:
            found[field] = gettext(
                "At most %(most)s letters; these are %(these)s.", most=number(most), these=number(length)
            )
    if not is_visible(words.name):
        found["name"] = gettext("Say who you are; any name will do.")
    if words.email and not EMAIL.fullmatch(words.email):
        found["email"] = gettext("Give an address such as you@example.org, or none.")
    elif words.wants_mail and not words.email:
        found["email"] = gettext("Give an address for the mail about answers, or ask for none.")
    if words.website and not _is_website(words.website):
        found["website"] = gettext("Give an address such as https://example.org, or none.")
    if not is_visible(words.body):
        found["body"] = gettext("Write something first.")
    return found


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "\ufffd").split())


def is_visible(text: str) -> bool:
    """Whether a reader would see anything of it."""
    return any(unicodedata.category(char)[0] not in "ZC" for char in text)


def _is_website(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"']", text)
    except ValueError:
        return False
