"""Settings: the only reader of the environment, and of ``cms.env`` in the instance folder."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from cms.keys import installation_secrets
from cms.variables import VARIABLES, ConfigError, Variable, database_url

MEBIBYTE = 1024 * 1024
HOME = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Each name is a Flask configuration key: ``app.config.from_object(settings)``."""

    INSTANCE_PATH: str
    SECRET_KEY: str = field(repr=False)
    SECURITY_PASSWORD_SALT: str = field(repr=False)
    SECURITY_TOTP_SECRETS: dict[str, str] = field(repr=False)

    DATABASE_URL: str = field(repr=False)
    HOST: str
    PORT: int
    WORKERS: int
    THREADS: int
    SITE_URL: str
    HSTS_DAYS: int
    TRUSTED_PROXIES: int
    MAIL_URL: str = field(repr=False)
    MAIL_FROM: str
    MEDIA_PATH: str
    AUTOMATIC_BACKUPS: int
    MAX_UPLOAD_MB: int
    LOG_FORMAT: str
    LOG_LEVEL: str

    TESTING: bool = False
    MAX_FORM_MEMORY_SIZE: int = 16 * MEBIBYTE  # Flask's 500 kB would lose a long post: admin forms are multipart
    WTF_CSRF_ENABLED: bool = True
    WTF_CSRF_TIME_LIMIT: int | None = None  # an hour would lose a long edit; the token still ends with the session
    SESSION_COOKIE_HTTPONLY: bool = True
    SESSION_COOKIE_SAMESITE: str = "Lax"
    REMEMBER_COOKIE_HTTPONLY: bool = True
    REMEMBER_COOKIE_SAMESITE: str = "Lax"
    REMEMBER_COOKIE_DURATION: timedelta = timedelta(days=30)

    @property
    def MAX_CONTENT_LENGTH(self) -> int:
        return max(self.MAX_UPLOAD_MB * MEBIBYTE, self.MAX_FORM_MEMORY_SIZE) + MEBIBYTE  # room for the other fields

    @property
    def PREFERRED_URL_SCHEME(self) -> str:
        return urlsplit(self.SITE_URL).scheme

    @property
    def SESSION_COOKIE_SECURE(self) -> bool:
        return self.PREFERRED_URL_SCHEME == "https"

    @property
    def REMEMBER_COOKIE_SECURE(self) -> bool:
        return self.SESSION_COOKIE_SECURE

    @classmethod
    def from_environ(
        cls,
        environ: Mapping[str, str] = os.environ,
        instance_path: str | Path | None = None,
    ) -> Self:
        """Variables win over ``cms.env``. Makes the secrets at the first start. Raises CmsError in one line."""
        folder = HOME / (instance_path or environ.get("CMS_INSTANCE_PATH") or "instance")
        given = {**from_file(folder / "cms.env"), **from_variables(environ)}
        values = {variable.name.removeprefix("CMS_"): read(variable, given) for variable in VARIABLES}
        values["INSTANCE_PATH"] = str(folder)
        values["DATABASE_URL"] = named("CMS_DATABASE_URL", database_url, values["DATABASE_URL"], folder)
        values["MEDIA_PATH"] = str(folder / values["MEDIA_PATH"])
        values["SITE_URL"] = values["SITE_URL"] or listening_address(values["HOST"], values["PORT"])
        return cls(**values, **installation_secrets(folder))

    @classmethod
    def for_tests(cls, instance_path: str | Path, **overrides: Any) -> Self:
        """The defaults in a folder of their own, whatever the environment says; overrides are named like the fields."""
        if "DATABASE_URL" in overrides:
            overrides["DATABASE_URL"] = database_url(overrides["DATABASE_URL"], Path(instance_path))
        return replace(cls.from_environ({}, instance_path), **{"TESTING": True, **overrides})


def from_variables(environ: Mapping[str, str]) -> dict[str, str]:
    given = {name: value for name, value in environ.items() if name.startswith("CMS_")}
    return refuse_unknown(
        {name: value for name, value in given.items() if not name.startswith("CMS_TEST_")},
        "",
    )


def from_file(path: Path) -> dict[str, str]:
    """What ``cms.env`` says, a NAME=value a line; an absent file says nothing."""
    given = {}
    try:
        with path.open(encoding="utf-8") as file:
            for binding in parse_stream(file):
                if binding.error or (binding.key and binding.value is None):
                    raise ConfigError(f"{path}, line {binding.original.line}: this is not NAME=value.")
                if binding.key:
                    given[binding.key] = binding.value
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not written in UTF-8.") from error
    if "CMS_INSTANCE_PATH" in given:
        raise ConfigError(f"CMS_INSTANCE_PATH in {path}: it says where this file is, so set it in the environment.")
    return refuse_unknown(given, f" in {path}")


def refuse_unknown(given: dict[str, str], where: str) -> dict[str, str]:
    known = [variable.name for variable in VARIABLES]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(f"{name}{where} is not a setting." + (f" Did you mean {near[0]}?" if near else ""))
    return given


def read(variable: Variable, given: Mapping[str, str]) -> Any:
    value = given.get(variable.name, "").strip() or variable.default
    return named(variable.name, variable.read, value) if value else ""


def named(name: str, reader: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return reader(*arguments)
    except ConfigError as error:
        raise ConfigError(f"{name} {error}.") from error


def listening_address(host: str, port: int) -> str:
    """Where a person on this machine finds the server: no browser opens 0.0.0.0."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"
