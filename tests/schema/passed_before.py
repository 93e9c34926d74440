"""What has passed over the same code is not tried again: for a proof of hours that was cut off half way.

``-p tests.schema.passed_before`` loads it. CMS_PROOF_PASSED names a file: the digest of the code, then a line a test.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

CODE = ("cms", "migrations", "tests")
PASSED = pytest.StashKey[list[str]]()


def digest(folder: Path) -> str:
    """Of all Python that a proof runs."""
    files = sorted(path for name in CODE for path in (folder / name).rglob("*.py"))
    parts = [part for path in files for part in (str(path.relative_to(folder)).encode(), path.read_bytes())]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


class Notes:
    """Writes down what passed, its teardown too: in the process that hands out tests, not in those that run them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.called: set[str] = set()

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["passed"] = node.config.stash[PASSED]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.called.add(report.nodeid)
        elif report.when == "teardown" and report.passed and report.nodeid in self.called:
            with self.path.open("a") as file:
                file.write(f"{report.nodeid}\n")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.stash[PASSED] = config.workerinput["passed"]
        return
    path, code = Path(os.environ["CMS_PROOF_PASSED"]), digest(config.rootpath)
    lines = path.read_text().splitlines() if path.exists() else []
    if lines[:1] != [code]:
        if lines:
            raise pytest.UsageError(f"The code has changed since {path} was written: begin anew, without RESUME=1.")
        path.write_text(f"{code}\n")
    config.stash[PASSED] = lines[1:]
    config.pluginmanager.register(Notes(path))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    passed = set(config.stash[PASSED])
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in passed])
    items[:] = [item for item in items if item.nodeid not in passed]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.stash[PASSED]:
        session.exitstatus = pytest.ExitCode.OK  # all of them had passed
