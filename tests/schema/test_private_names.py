"""cms.schema stands on what Alembic and SQLAlchemy promise; what it takes beyond that is said here."""

import ast
from pathlib import Path

SCHEMA = Path(__file__).parent.parent.parent / "cms" / "schema"

# A column that was in a table once lacks its inline foreign keys, and SQLAlchemy's copying has no public name.
ALLOWED = {("recording.py", "_copy")}


def private_names(path: Path) -> set[tuple[str, str]]:
    """Names with a leading underscore that ``path`` takes from somebody else's object or module."""
    tree = ast.parse(path.read_text())
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            mine = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls", "hashlib")
            if not mine and node.attr not in own:
                found.add((path.name, node.attr))
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("cms"):
            found |= {(path.name, alias.name) for alias in node.names if alias.name.startswith("_")}
    return found


def test_private_names_of_alembic_and_sqlalchemy_are_taken_in_one_file_only():
    found = set().union(*(private_names(path) for path in sorted(SCHEMA.rglob("*.py"))))

    assert found == ALLOWED
