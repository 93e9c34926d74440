"""The machine's own Chromium, driven by Playwright, which never downloads one."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Playwright

WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NAMES = ("chromium-headless-shell", *WHOLE)  # the same engine without its windows takes the machine half the work
MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# A closed network refuses what Chromium asks of its makers at every start, many times over.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium(names: Sequence[str] = NAMES) -> str | None:
    found = next((path for name in names if (path := shutil.which(name))), None)
    return found or next((path for path in MAC_PATHS if Path(path).exists()), None)


def missing_reason() -> str | None:
    """Why there can be no browser test here; None when there can."""
    return None if chromium() else "Chromium is not installed (Debian: apt install chromium)."


def launch(playwright: Playwright) -> Browser:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to run as root with one
    return playwright.chromium.launch(executable_path=chromium(), headless=True, args=[*FLAGS, *sandbox])


# Only what is wrong comes back: all that axe finds well is so much that handing it over takes longer than the looking.
VIOLATIONS = """
(rules) => axe.run({resultTypes: ["violations"], ...(rules.length ? {runOnly: rules} : {})})
   .then(({violations}) => violations.map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 150)}`))
"""


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds wrong with ``page`` once loaded (by all rules or these): a rule and its first place."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE_SCRIPT}; 0")
    found: list[str] = page.evaluate(VIOLATIONS, list(rules))
    return found
