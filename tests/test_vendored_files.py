"""What others made lies here unchanged, says where it comes from, and can be made anew."""

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "cms" / "static"
ASSETS = ROOT / "cms" / "assets"
VENDORED = sorted(path for path in (STATIC / "vendor").iterdir() if path.is_dir())
DIGEST = re.compile(r"^([0-9a-f]{64})  (\S+)", re.MULTILINE)


def folder_of(name, version):
    """Of a package @somebody/thing: somebody-thing-VERSION."""
    return f"{name.removeprefix('@').replace('/', '-')}-{version}"


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.name)
def test_each_file_is_the_one_of_its_notice(folder):
    noted = {name: digest for digest, name in DIGEST.findall((folder / "NOTICE").read_text())}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    del there["NOTICE"]

    assert "LICENSE" in there
    assert noted == there


def test_the_build_is_of_the_versions_that_lie_here():
    package = json.loads((ASSETS / "package.json").read_text())
    lock = (ASSETS / "package-lock.json").read_text()
    locked = json.loads(lock)["packages"]

    assert {folder_of(*each) for each in package["dependencies"].items()} == {folder.name for folder in VENDORED}
    for name, version in package["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert f"static/vendor/{folder_of(name, version)}/" in package["scripts"]["build"]
    assert all("integrity" in entry for path, entry in locked.items() if path)
    assert "resolved" not in lock
    assert "registry" not in lock


def test_our_own_scripts_and_templates_use_no_jquery():
    own = [path for path in STATIC.rglob("*.js") if "vendor" not in path.parts]
    own += [path for path in (ROOT / "templates").rglob("*") if path.is_file()]
    assert len(own) > 50

    using = [
        path.name for path in own if re.search(r"\bjquery\b|(?<![\w$])\$\(|(?<![\w$])\$\.", path.read_text(), re.I)
    ]

    assert using == []
