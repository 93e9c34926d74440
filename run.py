"""Lightblog. ``python run.py`` serves the site; ``run:app`` is the app for ``flask`` and for other WSGI servers."""

import sys

if sys.version_info < (3, 11):
    sys.exit(f"Lightblog needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

import signal

if __name__ == "__main__":  # before the slow imports, so that a Ctrl-C at any moment ends without a traceback
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

import os
import socket
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy.exc import DBAPIError

from cms import create_app, garbage
from cms.db import db
from cms.errors import CmsError
from cms.schema.starting import SchemaError, bring_to_head
from cms.services import jobs, rebuilding, setting_up


def main() -> None:
    """Make everything ready, say where the site is, and serve until a signal comes."""
    try:
        app = create_app()
        address = free_address(app.config["HOST"], app.config["PORT"])
        check_writable(Path(app.config["INSTANCE_PATH"]))
        with app.app_context():
            set_up_path = prepare_database()
        announce(app, set_up_path)
        serve(app, address)
    except CmsError as error:
        sys.exit(f"Lightblog cannot start. {error}")


def free_address(host: str, port: int) -> str:
    """The IP address to listen on, once it is certain that nobody else does. Raises CmsError."""
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise CmsError(f"It cannot listen on {host}, port {port}: {error.strerror}. Try make run PORT=...") from error
    return str(place[0])


def check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CmsError(f"It cannot write to {folder}: {error.strerror}.") from error


def prepare_database() -> str | None:
    """Bring the schema to head; the path of the set-up link while there is no administrator. Raises CmsError."""
    try:
        db.engine.connect().close()
    except DBAPIError as error:
        reason = error.orig.args[-1] if error.orig and error.orig.args else error
        raise CmsError(f"The database {db.engine.url!r} cannot be reached: {reason}") from error
    try:
        bring_to_head()
        rebuilding.where_needed()
        return setting_up.offer_link()
    except SchemaError as error:
        raise CmsError(str(error)) from error
    finally:
        db.session.remove()
        db.engine.dispose()  # the workers are forked off this process, and a connection cannot be shared


def announce(app: Flask, set_up_path: str | None) -> None:
    site = app.config["SITE_URL"]
    print(f"Lightblog is at {site}/")
    if set_up_path:
        print(f"Nobody runs it yet. Set it up here, once: {site}{set_up_path}")
    print("Ctrl-C stops it.", flush=True)


def serve(app: Flask, address: str) -> None:
    server = Granian(
        "run:app",
        address=address,
        port=app.config["PORT"],
        interface=Interfaces.WSGI,
        workers=app.config["WORKERS"],
        blocking_threads=app.config["THREADS"],
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
        # No handlers of its own: what it says goes through those of cms.logs.
        log_dictconfig={"incremental": True, "handlers": {}, "loggers": {"_granian": {"propagate": True}}},
    )

    @server.on_startup
    def stop_with_the_terminal() -> None:
        if sys.stdin is not None and sys.stdin.isatty():  # without one a HUP asks for fresh workers
            signal.signal(signal.SIGHUP, server.signal_handler_interrupt)

    try:
        server.serve(target_loader=worker_app, wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:
            raise


def worker_app() -> Flask:
    """What each server process runs: an app with connections of its own, and the thread that takes jobs."""
    # A fork inherits the parent's handlers, which would leave a worker deaf until granian sets its own.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.setpgid(0, 0)  # a terminal's Ctrl-C reaches the parent alone, which then stops the workers in order
    app = create_app()
    # At the end of a child process multiprocessing runs its own finalizers, and no atexit ones.
    Finalize(None, jobs.start_worker(app).stop, exitpriority=1)
    garbage.keep_what_is_there()
    return app


if __name__ == "__main__":
    main()
elif __name__ != "__mp_main__":  # that is how a worker imports this file where processes are not forked
    try:
        app = create_app()
    except CmsError as error:
        sys.exit(f"Lightblog cannot start. {error}")
