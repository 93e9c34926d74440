"""What a password must be, and how it is kept."""

import re
import unicodedata

from flask_security import hash_password

from cms.errors import InvalidChange
from cms.language import gettext, number
from cms.text.slug import fold

LEAST_LETTERS = 10
MOST_LETTERS = 1000  # hashing a whole book would keep the server busy
LEAST_DIFFERENT = 5

# Guessed first everywhere, with any digits and signs round them.
COMMON_WORDS = """
password passwort motdepasse contraseña senha passw passwordpassword pass secret admin administrator root user login
welcome willkommen bienvenue letmein letmeinplease iloveyou iloveu changeme changemenow default test testtest testing
qwerty qwertz azerty qwertyuiop qwertzuiop azertyuiop qwertyqwerty asdfghjkl asdfghjklö zxcvbnm abcdefghij abcdefgh
abcdefghijklmnopqrstuvwxyz abc abcabc abcd princess sunshine football baseball dragon monkey shadow master superman
batman trustno trustnoone whatever starwars computer internet michael jordan hello helloworld freedom ninja mustang
lightblog wordpress blog website qqwweerrtt qweasdzxc
"""
COMMON = frozenset(COMMON_WORDS.split())
ROWS = ("01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p")


def normalised(password: str) -> str:
    """The one form of what different keyboards send for the same password."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())


def complaint(password: str, *, email: str = "", name: str = "") -> str | None:
    """Why this is no good password for the person; None when it is one."""
    password = normalised(password)
    if len(password) < LEAST_LETTERS:
        return gettext("Use at least %(least)s letters; a sentence is easy to remember.", least=LEAST_LETTERS)
    if len(password) > MOST_LETTERS:
        return gettext("Use at most %(most)s letters.", most=number(MOST_LETTERS))
    folded = fold(password)
    letters = _letters(folded)
    owned = {fold(email), *map(_letters, (fold(name), fold(email), fold(email).partition("@")[0]))} - {""}
    if folded in owned or letters in owned:
        return gettext("This is too close to your name or your e-mail address. Choose something else.")
    if letters in COMMON or len(set(folded)) < LEAST_DIFFERENT or any(_stands_in(folded, row) for row in ROWS):
        return gettext("This is among the first that anybody would guess. Choose something else.")
    return None


def check(password: str, *, email: str = "", name: str = "", field: str = "password") -> None:
    """Raises InvalidChange for a password that is no good one."""
    reason = complaint(password, email=email, name=name)
    if reason:
        raise InvalidChange(reason, field=field)


def hashed(password: str) -> str:
    """As it is kept: argon2id. Slow by design (40 ms), so call it before SQLite's write lock is taken."""
    return hash_password(normalised(password))


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)


def _stands_in(password: str, row: str) -> bool:
    return password in row * 2 or password in row[::-1] * 2
