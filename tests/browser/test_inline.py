"""Delete with its question, a bulk act, and a form within a form, clicked under the strict CSP in a fresh copy."""

import re
import signal
import subprocess
import threading
from collections import deque

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import await_answer
from tests.cli.test_db_commands import flask, fresh_copy, plain_environ, said, warm_in  # noqa: F401 (a fixture)
from tests.mariadb import free_port

PASSWORD = "a heron in the harbour"
MODEL = '''"""Polls, and the choices in them."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from cms.db import TABLE, BigId, Identified, db


class Poll(Identified, db.Model):
    """A question."""

    question: Mapped[str] = mapped_column(String(200))

    choices: Mapped[list["Choice"]] = relationship(back_populates="poll", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.question


class Choice(Identified, db.Model):
    """One of its answers."""

    __table_args__ = (Index(None, "poll_id"), TABLE)

    poll_id: Mapped[int] = mapped_column(BigId, ForeignKey("poll.id", ondelete="CASCADE"))
    words: Mapped[str] = mapped_column(String(200))

    poll: Mapped[Poll] = relationship(back_populates="choices")

    def __str__(self) -> str:
        return self.words
'''
VIEW = '''"""Polls in the admin."""

from cms.admin.base import CmsModelView
from cms.models.poll import Choice, Poll


class PollView(CmsModelView):
    """Polls with their choices in one form."""

    model = Poll
    title = "Polls"
    address = "poll"
    needs = "page.edit"

    column_list = ["question"]
    form_columns = ["question"]
    inline_models = [(Choice, {"form_columns": ["id", "words"]})]
'''


@pytest.fixture(scope="module")
def polls(fresh_copy, database_kind, request):  # noqa: F811
    """The address of a served copy that has polls, on each database."""
    variables = {}
    if database_kind == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        variables["CMS_DATABASE_URL"] = server.create_database(f"polls_{free_port()}")
    models, admin = fresh_copy / "cms" / "models", fresh_copy / "cms" / "admin"
    if not (models / "poll.py").exists():
        (models / "poll.py").write_text(MODEL)
        (admin / "polls.py").write_text(VIEW)
        with (models / "__init__.py").open("a") as file:
            file.write("from cms.models.poll import Choice, Poll\n")
        menu = (admin / "__init__.py").read_text()
        menu = menu.replace(
            "from cms.admin.posts import", "from cms.admin.polls import PollView\nfrom cms.admin.posts import"
        )
        (admin / "__init__.py").write_text(menu.replace("(PostView, ", "(PollView, PostView, "))
    has_migration = list(fresh_copy.glob("migrations/versions/*add_polls*"))
    with warm_in(fresh_copy) as warm:
        for arguments in (
            ("db", "upgrade"),
            *([] if has_migration else [("db", "migrate", "-m", "Add polls"), ("db", "upgrade")]),
            ("people", "add", "ada@example.org", "--role", "admin", "--password-stdin"),
        ):
            done = flask(warm, *arguments, typed=f"{PASSWORD}\n", **variables)
            assert done.returncode == 0, said(done)
    port = free_port()
    server = subprocess.Popen(
        [fresh_copy / ".venv" / "bin" / "python", "run.py"],
        cwd=fresh_copy,
        env={**plain_environ(), **variables, "CMS_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        printed = ""
        while "Ctrl-C" not in printed:
            line = server.stdout.readline()
            assert line, printed
            printed += line
        threading.Thread(target=deque, args=(server.stdout, 0), daemon=True).start()
        await_answer(f"http://127.0.0.1:{port}/health/live")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        server.stdout.close()


@pytest.fixture
def admin(polls, page):
    """The page, signed in; its console stays silent, or the fixture ``page`` fails."""
    policy = page.goto(f"{polls}/login").headers["content-security-policy"]
    assert "unsafe" not in re.search(r"script-src[^;]*", policy)[0]
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/admin/$"))
    return page


def save(page):
    page.get_by_role("main").get_by_role("button", name=re.compile("^Save")).first.click()


def make_poll(page, polls, question, *choices):
    page.goto(f"{polls}/admin/poll/new/")
    page.get_by_label("Question").fill(question)
    for words in choices:
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator("[data-inline-row]").last.get_by_role("textbox").fill(words)
    save(page)
    expect(page.get_by_role("main")).to_contain_text(question)


def test_rows_within_a_form_are_added_and_removed_and_the_log_knows_which(polls, admin):
    page = admin
    page.goto(f"{polls}/admin/poll/new/")
    page.get_by_label("Question").fill("Tea or coffee?")
    for words in ("Tea", "Mistake", "Coffee"):
        page.get_by_role("button", name="Add", exact=True).click()
        page.locator("[data-inline-row]").last.get_by_role("textbox").fill(words)
    page.locator("[data-inline-row]").nth(1).get_by_role("button", name="Remove").click()
    save(page)

    page.get_by_role("link", name="Tea or coffee?").first.click()
    rows = page.locator("[data-inline-row]")
    expect(rows).to_have_count(2)
    assert sorted(field.input_value() for field in rows.get_by_role("textbox").all()) == ["Coffee", "Tea"]
    number = next(place for place in range(2) if rows.nth(place).get_by_role("textbox").input_value() == "Coffee")
    rows.nth(number).get_by_label("Remove when saved").check()
    save(page)

    page.get_by_role("link", name="Tea or coffee?").first.click()
    expect(page.locator("[data-inline-row]")).to_have_count(1)
    page.get_by_role("link", name="History").click()
    edited = page.get_by_role("row", name=re.compile("Choices")).first
    expect(edited).to_contain_text("Coffee")


def test_one_is_deleted_only_after_its_question(polls, admin):
    page = admin
    make_poll(page, polls, "Keep me?", "Yes")
    page.get_by_role("link", name="Keep me?").first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("^Delete")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Keep me?")
    page.get_by_role("link", name="Keep it").click()
    page.goto(f"{polls}/admin/poll/")
    page.get_by_role("link", name="Keep me?").first.click()
    page.get_by_role("main").get_by_role("link", name=re.compile("^Delete")).click()
    page.get_by_role("main").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("main")).to_contain_text("is deleted")
    page.goto(f"{polls}/admin/poll/")
    expect(page.get_by_role("link", name="Keep me?")).to_have_count(0)


def test_many_are_deleted_by_a_bulk_act_after_its_question(polls, admin):
    page = admin
    for question in ("First of many", "Second of many", "Third of many"):
        make_poll(page, polls, question)
    page.goto(f"{polls}/admin/poll/")
    for question in ("First of many", "Third of many"):
        page.get_by_label(f"Select {question}").check()
    expect(page.locator("[data-selected]")).to_have_text("2 selected")
    page.locator("[data-bulk]").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Delete these?")
    page.get_by_role("main").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("main")).to_contain_text("2 deleted.")
    expect(page.get_by_role("link", name=re.compile("of many"))).to_have_text(["Second of many"])
