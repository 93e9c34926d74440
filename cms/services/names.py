"""Names of one line, as people type them."""

from cms.errors import InvalidChange
from cms.language import gettext, number


def checked(name: str, most: int, *, missing: str) -> str:
    """``name`` on one line, as it is kept. Raises InvalidChange for the field ``name``, ``missing`` for none."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise InvalidChange(missing, field="name")
    if len(name) > most:
        raise InvalidChange(
            gettext("At most %(most)s letters; these are %(these)s.", most=most, these=number(len(name))), field="name"
        )
    return name
