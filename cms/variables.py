"""The variables that configure an installation: one table, and what each value must look like."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cms.errors import CmsError


class ConfigError(CmsError):
    """A setting that stops the start; the message names it and never shows its value, which may hold a password."""


def text(value: str) -> str:
    return value


def whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise ConfigError(f"must be a whole number from {least} to {most}")
        return int(value)

    return read


def one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise ConfigError(f"must be one of {', '.join(choices)}")
        return value.lower()

    return read


def site_address(value: str) -> str:
    """``https://example.org``, without a slash at the end."""
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise ConfigError("must be an address such as https://example.org, with nothing after the host name")
    return f"{parts.scheme}://{parts.netloc}"


def mail_server(value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parse_qs(parts.query).get("tls", ["none"])[0] not in (
        "none",
        "starttls",
        "implicit",
    ):
        raise ConfigError("must look like smtp://user:password@mail.example.org:587?tls=starttls")
    return value


def mail_sender(value: str) -> str:
    if "@" not in parseaddr(value)[1] or re.search(r"[\r\n]", value):
        raise ConfigError("must be an e-mail address such as blog@example.org or Our Blog <blog@example.org>")
    return value


def database_url(value: str, instance_path: Path) -> str:
    """The URL as SQLAlchemy wants it: PyMySQL with utf8mb4, or SQLite with a whole path."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError) as error:
        raise ConfigError("must be an address such as mysql://user:password@host/name") from error
    if url.drivername in ("mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"):
        if not url.database:
            raise ConfigError("must end with the name of a database, as in mysql://user:password@host/name")
        url = url.set(drivername="mysql+pymysql").update_query_dict({"charset": "utf8mb4"})
    elif url.drivername in ("sqlite", "sqlite+pysqlite"):
        if url.database in (None, "", ":memory:"):
            raise ConfigError("must name a file for SQLite, as in sqlite:///cms.sqlite3: memory is not shared")
        url = url.set(drivername="sqlite", database=str(instance_path / url.database))
    else:
        raise ConfigError("must begin with mysql://, mariadb:// or sqlite:///")
    return url.render_as_string(hide_password=False)


class Variable(NamedTuple):
    """One line of the table in the README; ``default`` is text as one would write it in ``cms.env``."""

    name: str
    read: Callable[[str], Any]
    default: str
    meaning: str


VARIABLES = (
    Variable("CMS_DATABASE_URL", text, "sqlite:///cms.sqlite3", "The database: `mysql://user:password@host/name` for MariaDB or MySQL, or an SQLite file, seen from the instance folder."),
    Variable("CMS_HOST", text, "127.0.0.1", "The address the server listens on; `0.0.0.0` for every one the machine has."),
    Variable("CMS_PORT", whole_number(1, 65535), "8000", "The port the server listens on."),
    Variable("CMS_WORKERS", whole_number(1, 64), "2", "Server processes."),
    Variable("CMS_THREADS", whole_number(1, 256), "4", "Threads in each server process."),
    Variable("CMS_SITE_URL", site_address, "", "The site's public address, for feeds, mail and canonical links; the one listened on when empty. With `https://` cookies are sent over TLS only."),
    Variable("CMS_HSTS_DAYS", whole_number(0, 3650), "365", "For how many days browsers are told to come by `https://` alone, once `CMS_SITE_URL` begins so; `0` tells them nothing."),
    Variable("CMS_TRUSTED_PROXIES", whole_number(0, 10), "0", "How many proxies stand in front and set `X-Forwarded-*`."),
    Variable("CMS_MAIL_URL", mail_server, "", "The mail server: `smtp://user:password@host:587?tls=starttls`, or `smtps://`. When empty, mail stays in the outbox of the admin."),
    Variable("CMS_MAIL_FROM", mail_sender, "Lightblog <lightblog@localhost>", "Who mail comes from."),
    Variable("CMS_MEDIA_PATH", text, "media", "The folder for pictures and files, seen from the instance folder."),
    Variable("CMS_AUTOMATIC_BACKUPS", whole_number(0, 10000), "5", "How many of the backups made before each upgrade and downgrade stay; `0` keeps all of them."),
    Variable("CMS_MAX_UPLOAD_MB", whole_number(1, 4096), "32", "The largest upload, in MiB."),
    Variable("CMS_LOG_FORMAT", one_of("auto", "json", "plain"), "auto", "`json`, `plain`, or `auto`: plain on a terminal, else JSON lines."),
    Variable("CMS_LOG_LEVEL", one_of("debug", "info", "warning", "error"), "info", "The least that is logged: `debug`, `info`, `warning` or `error`."),
    Variable("CMS_INSTANCE_PATH", text, "instance", "The instance folder, seen from the folder of `run.py`. From the environment only."),
)  # fmt: skip
