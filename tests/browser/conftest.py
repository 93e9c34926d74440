"""Real server processes and a real Chromium."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import browser_tools
from tests.mariadb import free_port
from tests.required import skip_or_fail
from tests.waiting import until
from tests.warm import WarmPython

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Site:
    """A site that is being served: its address, the link to set it up, and how to run its commands."""

    url: str
    set_up_url: str
    flask: Callable[..., str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    reason = browser_tools.missing_reason()
    if reason:
        skip_or_fail("browser", reason)
    with sync_playwright() as playwright:
        browser = browser_tools.launch(playwright)
        # Beside other tests a page takes its time; nothing waits this long unless it fails.
        expect.set_options(timeout=20_000)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor with a clean slate, whose console must stay silent."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [line for line in complaints if not is_expected(line)] == []


def is_expected(line: str) -> bool:
    """A page that answers 404 on purpose says so in the console, and signing out what it cleared; scripts must not."""
    return "Failed to load resource" in line or line.startswith("Clear-Site-Data header")


@pytest.fixture(scope="module")
def served(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """`python run.py` in a folder of its own, forked off a warm Python: a fresh site that nobody has set up."""
    instance = tmp_path_factory.mktemp(f"served_{database_kind}")
    url = "sqlite:///cms.sqlite3"
    if database_kind == "mariadb":
        url = request.getfixturevalue("mariadb_server").create_database(f"served_{time.monotonic_ns()}")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_"))}
    environ |= {"CMS_INSTANCE_PATH": str(instance), "CMS_DATABASE_URL": url}

    warm: WarmPython = request.getfixturevalue("warm_python")

    def flask(*arguments: str, typed: str = "") -> str:
        done = warm.run("-m", "flask", "--app", "run.py", *arguments, cwd=ROOT, env=environ, typed=typed)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    server, said = started(warm, environ, instance / "said.log")
    port = environ["CMS_PORT"]
    try:
        link = re.search(r"http://\S+/setup/\S+", said)
        await_answer(f"http://127.0.0.1:{port}/health/live")
        yield Site(f"http://127.0.0.1:{port}", link[0] if link else "", flask)
    finally:
        os.kill(server, signal.SIGINT)
        assert warm.wait(server) == 0


def started(warm: WarmPython, environ: dict[str, str], log: Path) -> tuple[int, str]:
    """The process of the server, and what it said, on a port that ``environ`` has afterwards."""
    for _ in range(3):  # on another port where somebody was faster
        environ["CMS_PORT"] = str(free_port())
        log.write_text("")
        server = warm.start("run.py", cwd=ROOT, env=environ, output=log)
        until(lambda: re.search(r"Ctrl-C|cannot start|Traceback", log.read_text()), "a server that runs")
        said = log.read_text()
        if "Ctrl-C" in said:
            return server, said
        warm.wait(server)
        if "already in use" not in said:
            break
    pytest.fail(f"the server did not start: {said}")


def await_answer(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
