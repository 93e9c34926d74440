"""One text in several languages: which post is a translation of which, and in which languages a post can be.

All of a group name one original, which names nobody: so a group is found in one look, whoever asks.
"""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from sqlalchemy import select

from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext
from cms.models import Post

# Codes of BCP 47, by the names that their readers give them. Another one is typed nowhere: ask for it.
LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "en-GB", "en-US", "eo", "es", "es-MX", "et", "eu"),
    *("fa", "fi", "fr", "fr-CA", "ga", "gl", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "ko", "lt"),
    *("lv", "mk", "ms", "nb", "nl", "nn", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta"),
    *("th", "tr", "uk", "ur", "vi", "zh-CN", "zh-TW"),
)


@lru_cache(maxsize=128)
def name_of(code: str) -> str:
    """What its speakers call a language: Deutsch, 简体中文; the code itself where nobody knows it."""
    try:
        locale = Locale.parse(code.replace("-", "_"))
        name = locale.get_display_name(locale) or code
    except (ValueError, UnknownLocaleError):
        return code
    return name[:1].upper() + name[1:]


def checked_language(code: str) -> str:
    """``code`` as it is kept. Raises InvalidChange for one that is not on the list."""
    code = (code or "").strip()
    if code and code not in LANGUAGES:
        raise InvalidChange(gettext("Choose a language of the list."), field="language")
    return code


def original_of(post: Post, wanted_id: int | None) -> int | None:
    """The original of the group that ``wanted_id`` belongs to; none where that is the post itself, or gone."""
    if wanted_id is None or wanted_id == post.id:
        return None
    found = db.session.execute(select(Post.id, Post.translation_of_id).where(Post.id == wanted_id)).one_or_none()
    original = found and (found.translation_of_id or found.id)
    return original if original != post.id else None


def belongs_to(post: Post, other_id: int) -> bool:
    """Whether the other one is ``post`` itself, or a translation of it."""
    other = select(Post.id).where(Post.id == other_id, Post.translation_of_id == post.id)
    return other_id == post.id or db.session.scalar(other) is not None


def join(post: Post, wanted_id: int | None) -> None:
    """Make ``post`` a translation of that one; what was a translation of ``post`` follows it. Flushed before."""
    post.translate(original_of(post, wanted_id))
