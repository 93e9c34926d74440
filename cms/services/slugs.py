"""Slugs of posts and pages: one thing at each address, and none where the site itself has one."""

from sqlalchemy import select

from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext
from cms.models import Page, Post
from cms.services.addresses import RESERVED
from cms.text.slug import slugify

MOST_LETTERS = 190  # leaves room for the number that tells it from others
MOST_TRIES = 10_000
UNTITLED = "untitled"


def free(subject: Post | Page, wanted: str) -> str:
    """A slug made of ``wanted`` that nothing else has: with a number behind it where needed."""
    slug = slugify(wanted, max_length=MOST_LETTERS) or UNTITLED
    taken = _taken(type(subject), slug, subject.id)
    if slug not in taken:
        return slug
    for number in range(2, MOST_TRIES):
        if f"{slug}-{number}" not in taken:
            return f"{slug}-{number}"
    raise InvalidChange(gettext("Too many have this address. Choose another."), field="slug")


def _taken(model: type[Post] | type[Page], slug: str, own_id: int | None) -> set[str]:
    alike = select(model.slug).where((model.slug == slug) | model.slug.startswith(f"{slug}-", autoescape=True))
    if own_id is not None:
        alike = alike.where(model.id != own_id)
    with db.session.no_autoflush:
        taken = set(db.session.scalars(alike))
    return taken | RESERVED if model is Page else taken
