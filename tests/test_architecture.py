"""The import rule of the house, read from the source: imports point down, never up, never sideways between doors."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from cms.services.snapshots import FIELDS, LISTS

ROOT = Path(__file__).resolve().parent.parent

# From the top down. A module may import what stands in a lower row; rows marked closed, not even their own.
LAYERS: list[tuple[str, tuple[str, ...]]] = [
    ("factory", ("cms",)),
    (
        "doors",
        (
            "cms.admin",
            "cms.public",
            "cms.cli",
            "cms.security",
            "cms.setting_up",
            "cms.health",
            "cms.error_pages",
            "cms.headers",
            "cms.config",
            "cms.keys",
            "cms.logs",
            "cms.variables",
        ),
    ),
    ("services", ("cms.services",)),
    ("models", ("cms.models",)),
    ("database", ("cms.db", "cms.transactions")),
    ("leaves", ("cms.text", "cms.clock", "cms.errors", "cms.garbage", "cms.language", "cms.url_rules")),
]
# Beside the layers: knows Alembic, nothing of the blog; who starts or watches the app may ask it.
SCHEMA = "cms.schema"
MAY_ASK_SCHEMA = ("cms", "cms.health", "cms.cli", "cms.schema")
# Not doors of anybody: read by the factory alone, and may share with each other.
FRAME = {"cms.config", "cms.keys", "cms.variables"}


def part_of(module: str) -> tuple[int, str] | None:
    """The row and the name of the part of the house that ``module`` belongs to."""
    best: tuple[int, str] | None = None
    for row, (_, parts) in enumerate(LAYERS):
        for part in parts:
            inside = module == part or (part != "cms" and module.startswith(f"{part}."))
            if inside and (best is None or len(part) > len(best[1])):
                best = (row, part)
    return best


def complaint(importer: str, imported: str) -> str | None:
    """Why ``importer`` may not import ``imported``; None when it may."""
    if imported == SCHEMA or imported.startswith(f"{SCHEMA}."):
        allowed = any(importer == name or importer.startswith(f"{name}.") for name in MAY_ASK_SCHEMA if name != "cms")
        return None if allowed or importer == "cms" else f"{importer} may not ask {imported}"
    if importer == SCHEMA or importer.startswith(f"{SCHEMA}."):
        return f"{importer} knows the blog: {imported}"
    here, there = part_of(importer), part_of(imported)
    if here is None or there is None:
        return f"{importer} -> {imported}: no place in the house"
    if there[1] == "cms.config" and here[1] not in {"cms", *FRAME}:
        return f"{importer} reads {imported}: ask current_app.config"
    if there[0] < here[0]:
        return f"{importer} -> {imported} points up"
    beside = there[0] == here[0] and here[1] != there[1]
    if beside and LAYERS[here[0]][0] == "doors" and not {here[1], there[1]} <= FRAME:
        return f"{importer} -> {imported}: a door imports a door"
    if beside and LAYERS[here[0]][0] == "leaves":
        return f"{importer} -> {imported}: a leaf imports a leaf"
    return None


def imports_of(source: str, module: str, *, is_package: bool) -> Iterator[tuple[str, int]]:
    """Each module of cms that ``source`` imports, with its line; those under TYPE_CHECKING are left out."""
    tree = ast.parse(source)
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name.split(".")[0] == "cms")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".") if is_package else module.split(".")[:-1]
                base = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
            if base.split(".")[0] == "cms":
                for alias in node.names:
                    whole = f"{base}.{alias.name}"
                    path = ROOT / whole.replace(".", "/")
                    yield (whole if path.is_dir() or path.with_suffix(".py").is_file() else base), node.lineno


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / "cms").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def test_imports_point_down_and_never_sideways_between_doors():
    complaints = [
        f"{path.relative_to(ROOT)}:{line}: {problem}"
        for module, path in modules()
        for imported, line in imports_of(path.read_text(), module, is_package=path.name == "__init__.py")
        if (problem := complaint(module, imported))
    ]

    assert complaints == []


def test_imports_stand_at_the_top_of_their_file():
    inside = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for _, path in modules()
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert inside == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("cms.public.posts", "cms.admin.views"),
        ("cms.admin.views", "cms.cli"),
        ("cms.models.post", "cms.services.publishing"),
        ("cms.models.post", "cms.admin"),
        ("cms.services.publishing", "cms.public"),
        ("cms.db", "cms.models"),
        ("cms.text.slug", "cms.db"),
        ("cms.text.slug", "cms.clock"),
        ("cms.public.posts", "cms.config"),
        ("cms.schema.journal", "cms.models"),
        ("cms.models.post", "cms.schema"),
        ("cms.admin.views", "cms"),
    ],
)
def test_the_rule_refuses(importer, imported):
    assert complaint(importer, imported)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("cms", "cms.config"),
        ("cms", "cms.admin"),
        ("cms.admin.views", "cms.services.publishing"),
        ("cms.admin.views", "cms.models"),
        ("cms.services.publishing", "cms.models.post"),
        ("cms.models.post", "cms.db"),
        ("cms.models.post", "cms.text.slug"),
        ("cms.health", "cms.schema.starting"),
    ],
)
def test_the_rule_allows(importer, imported):
    assert complaint(importer, imported) is None


def test_templates_never_switch_escaping_off():
    offenders = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file()
        and path.suffix != ".txt"  # a mail in plain text has nothing to escape
        and ("|safe" in path.read_text().replace(" ", "") or "autoescape false" in path.read_text())
    ]

    assert offenders == []


# Who writes the text of posts and pages beside ``revising``: the verbs of the models, and what these say of themselves.
# ``seeding/bulk.py`` is the other exception: it inserts whole rows, each with its revision, by statements of its own.
WRITERS_OF_TEXT = ("cms.services.revising", "cms.models.")
OTHER_TARGETS = {
    ("cms.admin.authors", "row.slug"),  # an author's
    ("cms.services.tagging", "tag.slug"),
    ("cms.services.series", "series.title"),
    ("cms.services.series", "series.slug"),
    ("cms.services.accounts", "setattr(user, ...)"),
    ("cms.services.media", "setattr(media, ...)"),
    ("cms.services.importing.markdown_folder", "setattr(report, ...)"),
    # Times: the verbs win, and their services write them into the revision.
    ("cms.services.publishing", "subject.published_at"),
    ("cms.services.seeding.site", "post.unpublish_at"),
}


def writes_of_text(source: str) -> Iterator[tuple[str, int]]:
    """What in ``source`` gives a value to a field of a post's or a page's text, past ``revising``; with its line."""
    # Tags and authors are read-only there; they are written by two verbs.
    fields = {name for names in FIELDS.values() for name in names} - LISTS
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr in fields:
            yield ast.unparse(node), node.lineno
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, first = ast.unparse(node.func).rpartition(".")[2], ast.unparse(node.args[0])
        if called == "setattr" and not (isinstance(node.args[1], ast.Constant) and node.args[1].value not in fields):
            yield f"setattr({first}, ...)", node.lineno
        if called in ("set_tags", "set_authors"):
            yield f"{called}({first})", node.lineno
        if called in ("insert", "update") and first.removesuffix(".__table__").rpartition(".")[2] in ("Post", "Page"):
            yield f"{called}({first})", node.lineno


def test_nobody_but_revising_writes_the_text_of_posts_and_pages():
    found = [
        (module, target, line)
        for module, path in modules()
        if not module.startswith(WRITERS_OF_TEXT) and not module.startswith(SCHEMA)
        for target, line in writes_of_text(path.read_text())
    ]

    assert [
        f"{module}:{line}: {target}" for module, target, line in found if (module, target) not in OTHER_TARGETS
    ] == []
    assert {(module, target) for module, target, _ in found} == OTHER_TARGETS


@pytest.mark.parametrize(
    "line",
    [
        "post.title = 'x'",
        "post.version, page.body = 1, 'x'",
        "setattr(post, 'title', 'x')",
        "setattr(post, name, 'x')",
        "post.excerpt += 'x'",
        "post.set_tags([])",
        "db.session.execute(update(Post).values(title='x'))",
        "db.session.execute(db.insert(Page.__table__), rows)",
    ],
)
def test_the_guard_of_the_text_sees(line):
    assert list(writes_of_text(line))


@pytest.mark.parametrize("line", ["post.version = 1", "title = post.title", "setattr(post, 'is_pinned', True)"])
def test_the_guard_of_the_text_lets_pass(line):
    assert list(writes_of_text(line)) == []
