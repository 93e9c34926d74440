"""requirements.txt names what we import, pinned, each with its reason."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"(?P<name>[\w-]+)(\[[\w,-]+\])?==(?P<version>[\w.]+) +# (?P<reason>\S.*)")
# Never imported by name: SQLAlchemy takes the driver by the address of the database.
NOT_IMPORTED = {"pymysql"}


def folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed() -> dict[str, str]:
    """Names and versions, line by line; each line has a reason."""
    found = {}
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            parts = LINE.fullmatch(line)
            assert parts, line
            found[folded(parts["name"])] = parts["version"]
    return found


def imported() -> set[str]:
    """The packages that the CMS imports, as the index calls them."""
    modules = set()
    for path in (*(ROOT / "cms").rglob("*.py"), *(ROOT / "migrations").rglob("*.py"), ROOT / "run.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                modules.add(node.module.split(".")[0])
    packages = packages_distributions()
    foreign = modules - set(sys.stdlib_module_names) - {"cms"}
    return {folded(packages[module][0]) for module in foreign}


def test_what_is_imported_is_listed_and_what_is_listed_is_imported():
    assert imported() | NOT_IMPORTED == set(listed())


def test_the_versions_are_those_that_are_installed():
    assert listed() == {name: version(name) for name in listed()}
