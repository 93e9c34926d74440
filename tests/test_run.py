import ast
import os
import pty
import re
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mariadb import free_port

HOME = Path(__file__).parent.parent
PATIENCE_SECONDS = 60


@pytest.fixture
def port():
    return free_port()


def fresh(folder, port):
    """What a server with an instance folder of its own finds in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
    return {**kept, "CMS_INSTANCE_PATH": str(folder / "instance"), "CMS_PORT": str(port)}


@pytest.fixture
def environ(tmp_path, port):
    return fresh(tmp_path, port)


@contextmanager
def running(environ):
    """``python run.py`` once it serves; whatever the test leaves running is ended."""
    process = subprocess.Popen(
        [sys.executable, "run.py"], cwd=HOME, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        wait_until_it_serves(process, environ["CMS_PORT"])
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def wait_until_it_serves(process, port, host="127.0.0.1"):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"run.py ended with {process.returncode}: {process.communicate()}")
        try:
            return ask(port, "/health/ready", host)
        except OSError:
            time.sleep(0.05)
    pytest.fail("run.py does not serve")


def ask(port, path, host="127.0.0.1"):
    with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=10) as response:
        return response.read().decode()


@pytest.fixture
def refusal(warm_python):
    """What a start that must fail says on its standard error."""

    def run(environ, *command):
        done = (
            subprocess.run(command, cwd=HOME, env=environ, text=True, capture_output=True, timeout=PATIENCE_SECONDS)
            if command
            else warm_python.run("run.py", cwd=HOME, env=environ)
        )
        assert done.returncode == 1, done
        assert "http://" not in done.stdout
        return done.stderr

    return run


@dataclass
class Start:
    """What one start of the server said and did until a signal ended it."""

    printed: str
    errors: str
    code: int
    seconds: float  # until it served
    is_gone: bool  # nobody listens any more
    secrets: str
    stranger: int = 0  # the answer to a guessed link
    beside: str = ""  # what a second server on the same port said


@pytest.fixture(scope="module")
def two_starts(tmp_path_factory, warm_python):
    """The first on an empty folder, ended by SIGTERM, and the next one, ended by SIGINT."""
    folder, starts = tmp_path_factory.mktemp("starts"), []
    environ = fresh(folder, free_port())
    for number in (signal.SIGTERM, signal.SIGINT):
        began, about = time.monotonic(), {"is_gone": False}
        with running(environ) as process:
            seconds = time.monotonic() - began
            if starts:
                with pytest.raises(urllib.error.HTTPError) as answer:
                    ask(environ["CMS_PORT"], "/setup/guessed")
                with answer.value as refused:
                    about["stranger"] = refused.code
                about["beside"] = warm_python.run("run.py", cwd=HOME, env=environ).stderr
            process.send_signal(number)
            printed, errors = process.communicate(timeout=PATIENCE_SECONDS)
        try:
            ask(environ["CMS_PORT"], "/health/live")
        except OSError as error:
            about["is_gone"] = "refused" in str(error)
        secrets = (folder / "instance" / "secrets.json").read_text()
        starts.append(Start(printed, errors, process.returncode, seconds, secrets=secrets, **about))
    return starts


def test_a_first_start_prints_a_set_up_link_and_a_stranger_gets_404(two_starts):
    first, second = two_starts

    assert re.search(r"http://127\.0\.0\.1:\d+(/setup/\S+)", first.printed), first.printed
    assert second.stranger == 404


@pytest.mark.parametrize("start", [0, 1], ids=["SIGTERM", "SIGINT"])
def test_a_signal_stops_the_server_cleanly(two_starts, start):
    stopped = two_starts[start]

    assert stopped.code == 0
    assert "Traceback" not in stopped.errors
    assert "error" not in stopped.errors.lower()
    assert stopped.is_gone


def test_a_second_start_is_ready_in_seconds_and_keeps_the_site(two_starts):
    first, second = two_starts

    assert second.seconds < 15
    assert "upgrad" in first.errors
    assert "upgrad" not in second.errors
    assert second.secrets == first.secrets


def test_a_second_server_does_not_share_the_port_of_the_first(two_starts):
    assert one_line(two_starts[1].beside, "already in use")


def test_control_c_on_a_terminal_stops_the_server_and_its_workers_cleanly(environ, port):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(HOME)
        os.execve(sys.executable, [sys.executable, "run.py"], environ)
    printed = b""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while b"Ctrl-C" not in printed and time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            printed += os.read(terminal, 4096)

    os.write(terminal, b"\x03")  # at once: the workers are only starting
    _, status = os.waitpid(child, 0)
    os.close(terminal)

    assert os.waitstatus_to_exitcode(status) == 0
    assert b"Traceback" not in printed
    with pytest.raises(OSError, match="refused"):
        ask(port, "/health/live")


def test_two_first_starts_at_once_on_one_instance_both_serve(environ):
    other = {**environ, "CMS_PORT": str(free_port())}

    with running(environ), running(other):
        assert ask(environ["CMS_PORT"], "/health/live") == ask(other["CMS_PORT"], "/health/live") == "ok"


def test_a_port_in_use_is_said_in_one_line(environ, port, refusal):
    with socket.create_server(("127.0.0.1", port)):
        said = refusal(environ)

    assert said == (
        f"Lightblog cannot start. It cannot listen on 127.0.0.1, port {port}: Address already in use. "
        "Try make run PORT=...\n"
    )


def test_an_unknown_host_is_said_in_one_line(environ, refusal):
    assert one_line(refusal({**environ, "CMS_HOST": "no-such-host.invalid"}), "no-such-host.invalid")


def test_an_instance_folder_that_cannot_be_made_is_said_in_one_line(environ, tmp_path, refusal):
    (tmp_path / "file").write_text("in the way")

    assert one_line(refusal({**environ, "CMS_INSTANCE_PATH": str(tmp_path / "file" / "instance")}), "Not a directory")


def test_an_instance_folder_that_cannot_be_written_is_said_in_one_line(environ, tmp_path, refusal):
    (tmp_path / "instance").mkdir(mode=0o500)
    command = [sys.executable, "run.py"]
    if os.geteuid() == 0:  # whom modes do not bind; the same root without that privilege is like anybody else
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to take that from it")
        command = ["setpriv", "--bounding-set=-dac_override", *command]

    assert one_line(refusal(environ, *command), "Permission denied")


@pytest.fixture
def make():
    """``make`` in this very copy, where all is installed: it must have nothing to do but to run."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    stamp = HOME / ".venv" / "made"
    if not stamp.exists() or stamp.stat().st_mtime < (HOME / "requirements.txt").stat().st_mtime:
        pytest.skip("make would install first: its stamp is older than requirements.txt")
    return ["make", "--no-print-directory", "run"]


def test_make_run_takes_port_and_host(environ, make):
    port = free_port()
    del environ["CMS_PORT"]
    environ["HOST"] = "a-machine.invalid"  # as some shells export it; only the command line counts
    command = [*make, f"PORT={port}", "HOST=127.0.0.2"]
    process = subprocess.Popen(
        command, cwd=HOME, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
    )
    try:
        wait_until_it_serves(process, port, "127.0.0.2")
        with pytest.raises(OSError, match="refused"):
            ask(port, "/health/live")  # on 127.0.0.1 nobody listens
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)


def test_make_run_without_port_and_host_does_as_the_environment_says(environ, port, make):
    process = subprocess.Popen(
        make, cwd=HOME, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
    )
    try:
        wait_until_it_serves(process, port)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)


def test_a_database_that_cannot_be_reached_is_said_in_one_line_without_its_password(environ, refusal):
    said = refusal({**environ, "CMS_DATABASE_URL": f"mysql://me:hunter2@127.0.0.1:{free_port()}/blog"})

    assert one_line(said, "cannot be reached")
    assert "hunter2" not in said


def test_a_wrong_setting_is_said_in_one_line_by_every_command(environ, refusal):
    wrong = {**environ, "CMS_PORT": "eighty"}

    for command in ((), (sys.executable, "-m", "flask", "--app", "run.py", "routes")):
        assert one_line(refusal(wrong, *command), "CMS_PORT must be a whole number")


def test_a_database_of_a_newer_release_is_said_in_one_line(environ, tmp_path, refusal, warm_python):
    assert warm_python.run("-m", "flask", "db", "upgrade", cwd=HOME, env=environ).returncode == 0
    with closing(sqlite3.connect(tmp_path / "instance" / "cms.sqlite3")) as database:
        database.execute("UPDATE alembic_version SET version_num = 'later'")
        database.commit()

    assert one_line(refusal(environ), "The database is at later, which this release does not know")


def test_flask_finds_the_app_from_any_subfolder_with_no_variable_set(environ, warm_python):
    environ.pop("FLASK_APP", None)

    for folder in (".", "cms", "cms/services", "migrations/versions", "templates", "tests"):
        done = warm_python.run("-m", "flask", "db", "heads", cwd=HOME / folder, env=environ)
        assert "(head)" in done.stdout, done


def test_a_python_that_is_too_old_is_said_in_one_line(environ, refusal):
    old = "import runpy, sys; sys.version_info = (3, 8, 10); sys.path.insert(0, '.'); runpy.run_path('run.py')"

    assert one_line(refusal(environ, sys.executable, "-c", old), "Lightblog needs Python 3.11 or newer")
    ast.parse((HOME / "run.py").read_text(), feature_version=(3, 8))


def one_line(said, words):
    return words in said and said.count("\n") == 1 and "Traceback" not in said
