"""Every `flask db` command, as an operator types it: in a fresh copy, from a subfolder, with no variable set."""

import os
import re
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from cms.db import MIGRATIONS
from tests.warm import WarmPython

ROOT = Path(__file__).resolve().parent.parent.parent
HEAD = ScriptDirectory(str(MIGRATIONS)).get_current_head()


@pytest.fixture(scope="module")
def fresh_copy(tmp_path_factory) -> Path:
    """What a clone holds: the files that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    folder = tmp_path_factory.mktemp("clone")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    give_it_a_venv(folder)
    return folder


@pytest.fixture(scope="module")
def warm(fresh_copy: Path) -> Iterator[WarmPython]:
    with warm_in(fresh_copy) as python:
        yield python


def warm_in(folder: Path) -> WarmPython:
    """The Python of a fresh copy, which knows the app as the copy is now."""
    return WarmPython(folder / ".venv" / "bin" / "python", folder)


def give_it_a_venv(folder: Path) -> None:
    """What `make` would make, but for the installing: the packages of this venv are lent."""
    venv.create(folder / ".venv", with_pip=False)
    here = Path(sysconfig.get_path("purelib"))
    (there,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    (there / "lent.pth").write_text(f"{here}\n")
    find_app = re.search(r"^FIND_APP := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    (there / "flask_app.pth").write_text(find_app[1])


def plain_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_"))}


def flask(
    warm: WarmPython, *arguments: str, sub: str = "cms/models", typed: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    (warm.home / sub).mkdir(exist_ok=True, parents=True)
    env = {**plain_environ(), **variables}
    return warm.run("-m", "flask", *arguments, cwd=warm.home / sub, env=env, typed=typed)


def said(result: subprocess.CompletedProcess[str]) -> str:
    return result.stdout + result.stderr


def test_a_command_finds_the_app_by_itself_when_python_has_only_started(fresh_copy):
    command = [fresh_copy / ".venv" / "bin" / "python", "-m", "flask", "db", "heads"]

    done = subprocess.run(
        command, cwd=fresh_copy / "templates", env=plain_environ(), capture_output=True, text=True, check=True
    )

    assert f"{HEAD} (head)" in done.stdout


def test_all_commands_work_in_a_fresh_copy_from_a_subfolder(fresh_copy, warm):
    def ok(*arguments: str, **variables: str) -> str:
        result = flask(warm, "db", *arguments, **variables)
        assert result.returncode == 0, said(result)
        assert "Traceback" not in said(result)
        return said(result)

    assert "cms.sqlite3" not in os.listdir(fresh_copy / "instance")
    ok("upgrade")
    assert (fresh_copy / "instance" / "cms.sqlite3").is_file()
    assert f"{HEAD} (head)" in ok("current")
    assert f"{HEAD} (head)" in ok("heads")
    assert "first structure" in ok("history")
    assert f"Rev: {HEAD} (head)" in ok("show", "head")
    ok("branches")
    ok("check")
    ok("lint")
    assert "Nothing is put aside" in ok("kept")
    assert f"revision {HEAD}" in ok("verify")
    assert "- table post\n" in ok("diff", "head", "base")
    scripts = set((fresh_copy / "migrations" / "versions").glob("*.py"))
    again = ok("migrate", "-m", "nothing to do")
    assert "nothing to migrate" in again
    assert set((fresh_copy / "migrations" / "versions").glob("*.py")) == scripts

    ok("revision", "-m", "left", "--rev-id", "left")
    ok("revision", "-m", "right", "--rev-id", "right", "--head", HEAD, "--splice")
    assert "left" in ok("heads")
    ok("merge", "heads", "-m", "together", "--rev-id", "together")
    assert "together (head)" in ok("heads")
    assert "import sqlalchemy" in ok("edit", "together", EDITOR="cat")
    ok("upgrade")
    ok("downgrade", HEAD)
    ok("stamp", "together")
    assert "together" in ok("current")
    ok("stamp", HEAD)
    # SQLite adds a foreign key by making the table anew, as it finds it there: `translations` has no SQL without one.
    assert "CREATE TABLE post" in ok("upgrade", "base:series", "--sql")


def test_init_says_that_the_folder_exists_already(fresh_copy, warm):
    result = flask(warm, "db", "init")

    assert result.returncode != 0
    assert "already exists" in said(result)
    assert "Traceback" not in said(result)
    assert not (fresh_copy / "cms" / "models" / "migrations").exists()


def test_the_shell_has_everything_at_hand(warm):
    question = "print(app.name, 'post' in db.metadata.tables, Post.__name__, AuditEntry.__name__, Revision.__name__)\n"

    result = flask(warm, "shell", sub="templates", typed=question)

    assert "cms True Post AuditEntry Revision" in result.stdout, said(result)
