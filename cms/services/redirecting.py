"""Redirects: old addresses go on working, without chains and without loops."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from cms.db import db
from cms.errors import InvalidChange
from cms.language import gettext
from cms.models import Redirect, RedirectOrigin
from cms.models.redirect import path_hash


def moved(old: str, new: str, *, origin: RedirectOrigin = RedirectOrigin.MOVED) -> None:
    """Lead from path ``old`` to path ``new``; what led to ``old`` follows, what led away from ``new`` ends."""
    if old == new:
        return
    end(new)
    for earlier in db.session.scalars(Redirect.to(old)):
        earlier.lead(earlier.path, new)
    redirect = db.session.scalar(Redirect.at(old))
    if redirect is None:
        redirect = Redirect(origin=origin)
        db.session.add(redirect)
    redirect.lead(old, new)
    db.session.flush()


def end(path: str) -> None:
    """Lead nowhere from ``path`` any more: something stands there again."""
    db.session.execute(delete(Redirect).where(Redirect.path_hash == path_hash(path)))


def checked_path(path: str) -> str:
    """``path`` as something to lead on from. Raises InvalidChange."""
    path = path.strip()
    if not path.startswith("/") or path.startswith("//") or "?" in path or "#" in path:
        raise InvalidChange(
            gettext("Begin with a slash and leave out the site's name, ? and #: /old/address"), field="path"
        )
    return path


def must_be_free(path: str, redirect: Redirect | None = None) -> None:
    """Raises InvalidChange where a redirect other than ``redirect`` leads on from ``path``."""
    with db.session.no_autoflush:
        other = db.session.scalar(Redirect.at(checked_path(path)))
    if other is not None and other is not redirect:
        raise InvalidChange(gettext("There is one already, leading to %(target)s.", target=other.target), field="path")


def checked_target(target: str) -> str:
    """``target`` as something to lead to. Raises InvalidChange."""
    target = target.strip()
    if not target.startswith(("/", "https://", "http://")) or target.startswith("//"):
        raise InvalidChange(
            gettext("Give an address of this site (/new/address) or a whole one (https://…)."), field="target"
        )
    return target


def set_by_hand(redirect: Redirect, path: str, target: str) -> None:
    """Fill ``redirect`` with what an admin typed. Raises InvalidChange for what could never work."""
    path, target = checked_path(path), checked_target(target)
    if path == target:
        raise InvalidChange(gettext("This would lead to itself."), field="target")
    must_be_free(path, redirect)
    with db.session.no_autoflush:
        onward = db.session.scalar(Redirect.at(target))
    if onward is not None:
        raise InvalidChange(
            gettext("That address itself leads on to %(target)s: name that one.", target=onward.target), field="target"
        )
    redirect.lead(path, target)
    with db.session.no_autoflush:
        for earlier in db.session.scalars(Redirect.to(path)):
            if earlier is not redirect:
                earlier.lead(earlier.path, target)


def target_of(path: str) -> str | None:
    """Where ``path`` leads now, if anywhere."""
    return targets_of([path]).get(path)


def targets_of(paths: Iterable[str]) -> dict[str, str]:
    """Where those of these paths lead that lead anywhere. One query."""
    hashes = {path_hash(path): path for path in paths}
    led = select(Redirect.path_hash, Redirect.target).where(Redirect.path_hash.in_(hashes))
    return {hashes[found]: target for found, target in db.session.execute(led)} if hashes else {}
