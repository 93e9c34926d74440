"""The secrets of one installation: made at the first start, kept in ``instance/secrets.json``, never defaulted."""

from __future__ import annotations

import json
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Any

from cms.errors import CmsError

FILE_NAME = "secrets.json"


def installation_secrets(instance_path: Path) -> dict[str, Any]:
    """SECRET_KEY, SECURITY_PASSWORD_SALT and SECURITY_TOTP_SECRETS, the same for every process that asks."""
    path = instance_path / FILE_NAME
    try:
        if not path.exists():
            make(path)
        close_to_others(path)
        return read(path)
    except OSError as error:
        raise CmsError(f"The secrets in {path} cannot be read or written: {error.strerror}.") from error


def make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mkstemp makes mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(new_secrets(), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike rename it never replaces: of two first starts, one wins and both read its file
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def new_secrets() -> dict[str, Any]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SECURITY_PASSWORD_SALT": secrets.token_urlsafe(32),
        "SECURITY_TOTP_SECRETS": {"1": secrets.token_urlsafe(32)},
    }


def close_to_others(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def read(path: Path) -> dict[str, Any]:
    kinds = {name: type(value) for name, value in new_secrets().items()}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        whole = all(isinstance(found[name], kind) and found[name] for name, kind in kinds.items())
    except (ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise CmsError(f"{path} is damaged: put back a copy, or remove it, which signs everybody out for good.")
    return {name: found[name] for name in kinds}
