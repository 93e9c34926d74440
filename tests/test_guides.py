"""What README and the guides tell people to type is run here, as it stands there."""

import contextvars
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from cms.config import Settings
from cms.db import db
from tests import mariadb
from tests.conftest import make_app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "cms" / "help").glob("*.md"))]
OPERATOR = (ROOT / "cms" / "help" / "operator.md").read_text()
FLASK = "$ .venv/bin/flask "

POST = """---
title: An old post
date: 2019-03-04
tags: [old]
---
Some *words*.
"""


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every `flask` command of the guides, in their order, each once."""
    lines = [line for page in PAGES for block in blocks("console", page.read_text()) for line in block.splitlines()]
    return list(dict.fromkeys(line.removeprefix(FLASK) for line in lines if line.startswith(FLASK)))


def write_theme(folder: Path) -> None:
    """The theme of the extender's guide, as it stands there."""
    guide = (ROOT / "cms" / "help" / "extender.md").read_text()
    folder.mkdir(parents=True)
    for language, name in (("toml", "theme.toml"), ("css", "river.css"), ("jinja", "layout.html")):
        (content,) = blocks(language, guide)
        (folder / name).write_text(content)


@pytest.fixture
def own_app(own_database, tmp_path, monkeypatch):
    app = make_app(tmp_path / "instance", own_database)
    write_theme(tmp_path / "instance" / "themes" / "river")
    (tmp_path / "old-blog").mkdir()
    (tmp_path / "old-blog" / "2019-03-04-an-old-post.md").write_text(POST)
    monkeypatch.chdir(tmp_path)
    yield app
    with app.app_context():
        db.engine.dispose()


def test_every_flask_command_of_the_guides_works_in_their_order(own_app):
    assert len(commands()) > 12
    seed_last = sorted(commands(), key=lambda command: command.startswith("seed"))
    for command in seed_last:
        if command == "seed":  # for an empty site, as the guide says
            with own_app.app_context():
                for table in ("post_search", *(t.name for t in reversed(db.metadata.sorted_tables))):
                    if table not in ("site_state", "role", "setting"):
                        db.session.execute(db.text(f"DELETE FROM {table}"))
                db.session.commit()
                db.session.remove()
        run = contextvars.Context().run
        result = run(
            own_app.test_cli_runner().invoke, args=shlex.split(command), input="correct horse battery staple\n"
        )
        assert result.exit_code == 0, f"flask {command}\n{result.output}\n{result.exception!r}"


def test_every_make_target_of_the_guides_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?:`|[$&] |lightblog |^    )make ([a-z-]+)", page.read_text(), re.M)
    }

    assert {"run", "test", "install"} <= named <= targets


def test_every_file_that_a_guide_links_to_is_there():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#|/)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_database_of_the_guide_can_be_made_and_used(mariadb_server, tmp_path):
    (statements,) = blocks("sql", OPERATOR)
    (settings,) = [block for block in blocks("ini", OPERATOR) if "CMS_DATABASE_URL" in block]
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        for statement in filter(str.strip, statements.split(";")):
            cursor.execute(statement)
        cursor.execute("SELECT @@port")
        (port,) = cursor.fetchone()
    (tmp_path / "cms.env").write_text(settings.replace("@localhost/", f"@127.0.0.1:{port}/"))
    chosen = Settings.from_environ({}, tmp_path)
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        # The guide's account enters by the socket of one machine; the test's server listens on a port of its own.
        cursor.execute("RENAME USER lightblog@localhost TO lightblog@'127.0.0.1'")

    app = make_app(tmp_path, chosen.DATABASE_URL)
    with app.app_context():
        assert db.session.scalar(db.text("SELECT CURRENT_USER()")) == "lightblog@127.0.0.1"
        db.session.remove()
        db.engine.dispose()
    assert chosen.SESSION_COOKIE_SECURE
    assert chosen.TRUSTED_PROXIES == 1


def test_the_dump_of_the_guide_holds_the_site(mariadb_server, tmp_path):
    assert "mariadb-dump --single-transaction lightblog" in OPERATOR
    url = mariadb_server.create_database("dumped")
    app = make_app(tmp_path, url)
    with app.app_context():
        db.engine.dispose()
    program = mariadb.program("mariadb-dump", "mysqldump")
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@socket")
        (socket,) = cursor.fetchone()

    dump = subprocess.run(
        [program, "--no-defaults", "--single-transaction", f"--socket={socket}", "--user=root", "dumped"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "CREATE TABLE `post_tag`" in dump


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed (.ci/run installs it)")
def test_nginx_takes_the_configuration_of_the_guide(tmp_path):
    (server,) = blocks("nginx", OPERATOR)
    whole = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off; {server} }}"
    (tmp_path / "nginx.conf").write_text(whole.replace("listen 80;", "listen 127.0.0.1:18080;"))

    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed (.ci/run installs it)")
def test_systemd_takes_the_unit_of_the_guide(tmp_path):
    (unit,) = [block for block in blocks("ini", OPERATOR) if "[Service]" in block]
    executable = tmp_path / "python"
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    path = tmp_path / "lightblog.service"
    path.write_text(
        unit.replace("/srv/lightblog/site/.venv/bin/python", str(executable))
        .replace("/srv/lightblog/site", str(tmp_path))
        .replace("User=lightblog\nGroup=lightblog\n", "")
    )

    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True)

    complaints = [line for line in done.stderr.splitlines() if "lightblog.service" in line]
    assert complaints == []
