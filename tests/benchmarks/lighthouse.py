"""Lighthouse on the pages that people of the admin look at all day, and on those of readers. Needs Node 18 and npm.

``make lighthouse`` is all of it, ``make lighthouse PAGES=public`` that of readers alone, with the best of three tries.

A score counts the speed of the machine too, so run it when nothing else does.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
ADMIN = CATEGORIES[:3]  # what is behind a sign-in is found by nobody
LEAST, LEAST_FOR_READERS = 95, 100
TRIES = 4
BEST_OF = 3
READERS = (
    "/",
    "/posts/three-parts-of-an-error-message",
    "/series/the-workshop-notes-on-writing",
    "/tags/writing",
    "/search",
)
FOUND = "/search?q=notebook"  # search engines are told to leave it alone


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


def scores(url: str, folder: Path, cookie: str, categories: Sequence[str], *options: str) -> dict[str, int]:
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
    command = [
        *("npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", "--output-path=stdout"),
        *(f"--only-categories={','.join(categories)}", f"--extra-headers={headers}"),
        *("--chrome-flags=--headless=new --no-sandbox --disable-gpu", *options),
    ]
    environ = {**os.environ, "CHROME_PATH": browser_tools.chromium(browser_tools.WHOLE) or ""}
    for _ in range(TRIES):  # now and then it misses the start of the page
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        if done.returncode == 0:
            break
    else:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    if found["finalDisplayedUrl"] != url:
        sys.exit(f"{url} led to {found['finalDisplayedUrl']}.")
    for audit in found["audits"].values():
        if audit["score"] is not None and audit["score"] < 1 and audit["scoreDisplayMode"] == "binary":
            say(f"    {audit['id']}: {audit['title']}")
    return {name: round(found["categories"][name]["score"] * 100) for name in categories}


def best(url: str, folder: Path, categories: Sequence[str], *options: str) -> dict[str, int]:
    """The scores of a page for readers: of each category the best of some tries, as many as are needed."""
    found = dict.fromkeys(categories, 0)
    for _ in range(BEST_OF):
        again = scores(url, folder, "", categories, *options)
        found = {name: max(found[name], again[name]) for name in categories}
        if min(found.values()) >= LEAST_FOR_READERS:
            break
    return found


def main() -> None:
    reason = browser_tools.missing_reason() or (
        None if shutil.which("npx") else "npx is not installed (apt install npm)."
    )
    if reason:
        sys.exit(reason)
    low = 0
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "site") as (url, cookie, post):
        say(f"{'':<46}" + "".join(f"{name:>16}" for name in CATEGORIES))
        pages = [(path, False) for path in (*READERS, FOUND)]
        if "public" not in sys.argv:
            pages += [(path, True) for path in ("/login", "/admin/", "/admin/post/", f"/admin/post/edit/?id={post}")]
        for path, is_admin in pages:
            for form, options in (("desk", ("--preset=desktop",)), ("phone", ())):
                if is_admin:
                    found = scores(url + path, Path(folder), "" if path == "/login" else cookie, ADMIN, *options)
                else:
                    found = best(url + path, Path(folder), ADMIN if path == FOUND else CATEGORIES, *options)
                low += sum(score < (LEAST if is_admin else LEAST_FOR_READERS) for score in found.values())
                say(f"{path[:38]:<40}{form:<6}" + "".join(f"{score:>16}" for score in found.values()))
    if low:
        sys.exit(f"{low} below {LEAST}, or {LEAST_FOR_READERS} for readers.")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
