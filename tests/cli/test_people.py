import contextvars

import pytest
from sqlalchemy import select

from cms.db import db
from cms.models import Mail, User
from cms.services import mailing
from tests.factories import PASSWORD, make_user
from tests.signing_in import sign_in


@pytest.fixture
def flask(app):
    """Run a command as an operator does, outside of the context and the session of the test."""

    def run(*arguments, typed=""):
        db.session.commit()
        result = contextvars.Context().run(app.test_cli_runner().invoke, args=arguments, input=typed)
        db.session.expire_all()
        return result

    return run


def person(email):
    return db.session.scalars(User.with_email(email)).one()


def test_an_operator_adds_the_first_admin_from_a_script(flask, client):
    result = flask("people", "add", "Ada@example.org", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n")

    assert result.exit_code == 0, result.output
    assert "Added ada@example.org as admin." in result.output
    assert PASSWORD not in result.output
    assert person("ada@example.org").name == "Ada"
    assert sign_in(client, "ada@example.org").status_code == 302


def test_a_password_is_asked_for_twice_and_until_it_is_a_good_one(flask):
    typed = f"short\nshort\n{PASSWORD}\nother\n{PASSWORD}\n{PASSWORD}\n"

    result = flask("people", "add", "ada@example.org", "--role", "editor", "--name", "Ada L", typed=typed)

    assert result.exit_code == 0, result.output
    assert "at least 10 letters" in result.output
    assert person("ada@example.org").name == "Ada L"


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (("add", "ada@example.org", "--role", "king", "--password-stdin"), PASSWORD, "There is no role king"),
        (("add", "no address", "--role", "admin", "--password-stdin"), PASSWORD, "not an e-mail address"),
        (("add", "ada@example.org", "--role", "admin", "--password-stdin"), "short", "at least 10 letters"),
        (("add", "known@example.org", "--role", "admin", "--password-stdin"), PASSWORD, "already"),
        (("role", "nobody@example.org", "editor"), "", "nobody with the address"),
        (("password", "nobody@example.org", "--password-stdin"), PASSWORD, "nobody with the address"),
        (("role", "known@example.org", "editor"), "", "Nobody could let others in"),
        (("deactivate", "known@example.org"), "", "Nobody could let others in"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(flask, arguments, typed, words):
    make_user("admin", email="known@example.org")

    result = flask("people", *arguments, typed=f"{typed}\n")

    assert result.exit_code == 1
    assert words in result.output
    assert "Traceback" not in result.output
    assert result.output.count("\n") == 1


def test_people_are_listed_with_their_roles(flask):
    assert "There is nobody yet." in flask("people", "list").output
    make_user("admin", email="ada@example.org")
    make_user("author", email="bob@example.org", active=False)
    make_user(None, email="eve@example.org")

    lines = flask("people", "list").output.splitlines()

    assert [line.split(maxsplit=1) for line in lines] == [
        ["ada@example.org", "admin"],
        ["bob@example.org", "author  (deactivated)"],
        ["eve@example.org", "no role"],
    ]


def test_roles_passwords_and_activity_change(flask, client):
    make_user("author", email="bob@example.org")

    assert flask("people", "role", "BOB@example.org", "editor", "contributor").exit_code == 0
    assert {role.name for role in person("bob@example.org").roles} == {"editor", "contributor"}
    assert flask("people", "password", "bob@example.org", "--password-stdin", typed="a fine new one\n").exit_code == 0
    assert sign_in(client, "bob@example.org", "a fine new one").status_code == 302
    assert flask("people", "deactivate", "bob@example.org").exit_code == 0
    assert client.get("/change").status_code == 302
    assert flask("people", "activate", "bob@example.org").exit_code == 0
    assert person("bob@example.org").active


def test_tick_does_what_is_due(flask):
    mailing.send("a@example.org", "Hello", "Text")

    assert flask("tick").output == "1 job done.\n"
    assert flask("tick").output == "0 jobs done.\n"
    assert db.session.scalars(select(Mail)).one().status.value == "kept"


def test_the_shell_has_the_models_at_hand(app):
    names = app.make_shell_context()

    assert {"app", "db", "Post", "User", "Tag", "Setting"} <= set(names)
