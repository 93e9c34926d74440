import pytest

from cms.db import db
from cms.errors import InvalidChange
from cms.models import Redirect
from cms.services import redirecting

pytestmark = pytest.mark.usefixtures("app")


def by_hand(path, target):
    redirect = Redirect()
    redirecting.set_by_hand(redirect, path, target)
    db.session.add(redirect)
    db.session.flush()
    return redirect


def leads():
    db.session.flush()
    return {redirect.path: redirect.target for redirect in db.session.scalars(db.select(Redirect))}


def test_moves_make_no_chain():
    redirecting.moved("/a", "/b")
    redirecting.moved("/b", "/c")

    assert leads() == {"/a": "/c", "/b": "/c"}


def test_going_back_makes_no_loop():
    redirecting.moved("/a", "/b")
    redirecting.moved("/b", "/a")

    assert leads() == {"/b": "/a"}


def test_addresses_differ_by_accents_and_case():
    redirecting.moved("/café", "/new")

    assert redirecting.target_of("/café") == "/new"
    assert redirecting.target_of("/cafe") is None
    assert redirecting.target_of("/Café") is None


@pytest.mark.parametrize(
    ("path", "target", "field"),
    [
        ("no-slash", "/x", "path"),
        ("//evil.example", "/x", "path"),
        ("/a?b", "/x", "path"),
        ("/a", "javascript:alert(1)", "target"),
        ("/a", "//evil.example", "target"),
        ("/a", "", "target"),
        ("/a", "/a", "target"),
        ("/taken", "/y", "path"),
        ("/b", "/taken", "target"),
    ],
)
def test_what_could_never_work_is_refused(path, target, field):
    by_hand("/taken", "/x")

    with pytest.raises(InvalidChange) as refused:
        redirecting.set_by_hand(Redirect(), path, target)

    assert refused.value.field == field


def test_a_redirect_by_hand_takes_earlier_ones_along():
    by_hand("/a", "/b")
    by_hand("/b", "https://example.org/")

    assert leads() == {"/a": "https://example.org/", "/b": "https://example.org/"}
