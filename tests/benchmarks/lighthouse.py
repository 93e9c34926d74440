"""Lighthouse on the pages that people of the admin look at all day: ``make lighthouse``. Needs Node 18 and npm.

A score counts the speed of the machine too, so run it when nothing else does.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cms import create_app
from cms.config import Settings
from cms.db import db
from cms.models import Post
from tests import browser_tools
from tests.browser.conftest import await_answer
from tests.factories import make_user
from tests.signing_in import signed_in

ROOT = Path(__file__).resolve().parent.parent.parent
LIGHTHOUSE = "lighthouse@12.8.2"  # the last that Node 18 runs
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95
TRIES = 4


@contextmanager
def served(instance: Path) -> Iterator[tuple[str, str, int]]:
    """A seeded site: its address, the cookie of an administrator, and the number of a post."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_"))}
    environ |= {"CMS_INSTANCE_PATH": str(instance), "CMS_PORT": str(port)}
    for command in (("db", "upgrade"), ("seed",)):
        flask = [sys.executable, "-m", "flask", "--app", "run.py", *command]
        subprocess.run(flask, cwd=ROOT, env=environ, check=True, capture_output=True)
    app = create_app(Settings.from_environ(environ, instance))
    with app.app_context():
        client = signed_in(app.test_client(), make_user("admin"))
        db.session.commit()
        session = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        post = db.session.scalars(db.select(Post.id).order_by(Post.id.desc())).first()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environ, **quiet) as server:
        try:
            await_answer(f"http://127.0.0.1:{port}/health/live")
            yield f"http://127.0.0.1:{port}", f"{session.key}={session.value}", post
        finally:
            server.terminate()


def scores(url: str, folder: Path, cookie: str, *options: str) -> dict[str, int]:
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    command = [
        *("npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", "--output-path=stdout"),
        *(f"--only-categories={','.join(CATEGORIES)}", f"--extra-headers={headers}"),
        *("--chrome-flags=--headless=new --no-sandbox --disable-gpu", *options),
    ]
    environ = {**os.environ, "CHROME_PATH": browser_tools.chromium() or ""}
    for _ in range(TRIES):  # now and then it misses the start of the page
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        if done.returncode == 0:
            break
    else:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    if found["finalDisplayedUrl"] != url:
        sys.exit(f"{url} led to {found['finalDisplayedUrl']}.")
    return {name: round(found["categories"][name]["score"] * 100) for name in CATEGORIES}


def main() -> None:
    reason = browser_tools.missing_reason() or (
        None if shutil.which("npx") else "npx is not installed (apt install npm)."
    )
    if reason:
        sys.exit(reason)
    low = 0
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "site") as (url, cookie, post):
        say(f"{'':<30}" + "".join(f"{name:>16}" for name in CATEGORIES))
        for path in ("/login", "/admin/", "/admin/post/", f"/admin/post/edit/?id={post}"):
            for form, options in (("desk", ("--preset=desktop",)), ("phone", ())):
                found = scores(url + path, Path(folder), "" if path == "/login" else cookie, *options)
                low += sum(score < LEAST for score in found.values())
                say(f"{path:<24}{form:<6}" + "".join(f"{score:>16}" for score in found.values()))
    if low:
        sys.exit(f"{low} below {LEAST}.")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
