"""A Python that has everything imported and forks for each command, which then costs a tenth of a start.

It is for tests that want the process of a command, its working folder, variables and exit code, and not its start. The
commands come as lines of JSON on its standard input; it has no threads, so that a fork is safe.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

HOME = Path(__file__).resolve().parent.parent


class WarmPython:
    """``python`` in ``home``, the folder of a whole project; ``run`` is like ``subprocess.run([python, ...])``."""

    def __init__(self, python: Path | str = sys.executable, home: Path = HOME) -> None:
        self.home = home
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("CMS_", "FLASK_"))}
        self.process = subprocess.Popen(
            [python, __file__, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.communicate()

    def run(
        self, *arguments: str, cwd: Path, env: Mapping[str, str], typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """``python ARGUMENTS``, which begin with ``-m MODULE`` or with the name of a script in ``cwd``."""
        with tempfile.TemporaryDirectory() as folder:
            pipes = [Path(folder) / name for name in ("in", "out", "err")]
            pipes[0].write_text(typed)
            code = self.wait(self._fork(arguments, cwd, env, pipes))
            return subprocess.CompletedProcess(arguments, code, pipes[1].read_text(), pipes[2].read_text())

    def start(self, *arguments: str, cwd: Path, env: Mapping[str, str], output: Path) -> int:
        """The same without waiting: the process id. All that it says goes to ``output``; ``wait`` must follow."""
        return self._fork(arguments, cwd, env, [Path(os.devnull), output, output])

    def wait(self, process: int) -> int:
        """The exit code, once it has ended."""
        return self._ask({"wait": process})

    def _fork(self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], pipes: Sequence[Path]) -> int:
        pipes_as_text = [str(pipe) for pipe in pipes]
        return self._ask({"fork": {"argv": arguments, "cwd": str(cwd), "env": dict(env), "pipes": pipes_as_text}})

    def _ask(self, command: dict[str, Any]) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def become(argv: Sequence[str], cwd: str, env: dict[str, str], pipes: Sequence[str]) -> None:
    """Go on as a Python that was started so."""
    for number, (path, how) in enumerate(
        zip(pipes, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2), strict=True)
    ):
        os.dup2(os.open(path, how, 0o600), number)
    os.chdir(cwd)
    # What a file of the environment's own sets at the start of Python is set by now, and not in ``env``.
    found = {name: value for name, value in os.environ.items() if name.startswith("FLASK_")}
    os.environ.clear()
    os.environ.update(found | env)
    if argv[0] == "-m":
        sys.path[0] = cwd
        sys.argv = list(argv[1:])
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(cwd, argv[0]).parent)
        sys.argv = list(argv)
        runpy.run_path(argv[0], run_name="__main__")


def forked(command: dict[str, Any]) -> int:
    """The process that runs it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            become(**command)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
            if code and not isinstance(end.code, int):
                print(end.code, file=sys.stderr)  # noqa: T201 (as Python itself does)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return child


def answer(fork: dict[str, Any] | None = None, wait: int = 0) -> int:
    return forked(fork) if fork else os.waitstatus_to_exitcode(os.waitpid(wait, 0)[1])


def main(home: str) -> None:
    sys.path[0] = home
    import flask.cli  # noqa: F401

    from cms import garbage

    garbage.keep_what_is_there()  # or each fork looks through all of it, and so copies it

    for line in iter(sys.stdin.readline, ""):
        os.write(1, f"{answer(**json.loads(line))}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
