"""Themes: folders of templates and styles. Ours lie in templates/themes, a site's own in themes beside its database."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app, g

from cms.errors import InvalidChange
from cms.language import gettext, marked
from cms.text.colours import SCHEMES

DEFAULT = "lantern"
# What our own say of themselves, for the catalogs.
OURS = (
    marked("One calm column, set like a book: for texts that are read to their end."),
    marked("A front page of bold headlines in columns: for sites with much to tell at once."),
)
ABOUT = "theme.toml"
NAME = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
KNOWN = "cms.themes"  # the extension that holds those this process has read, with what their files looked like


@dataclass(frozen=True)
class Theme:
    """One theme. ``css`` are its files in their order, each of its own folder or else of cms/static."""

    name: str
    title: str
    description: str
    version: str
    schemes: tuple[str, ...]
    css: tuple[str, ...]
    folder: Path
    templates: frozenset[str]

    def path_of(self, file: str) -> Path:
        """Where a file of its styles lies."""
        own = self.folder / file
        return own if own.is_file() else Path(current_app.static_folder or "") / file


class BrokenTheme(InvalidChange):
    """A theme whose theme.toml does not say what it must. ``problems`` are lines for whoever wrote it."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__(gettext("The theme “%(name)s” cannot be read.", name=name), field="theme")
        self.problems = problems


def places() -> tuple[Path, Path]:
    """Where themes lie: the site's own first, so that one of the same name stands for ours."""
    return Path(current_app.instance_path) / "themes", Path(current_app.root_path).parent / "templates" / "themes"


def names() -> list[str]:
    """Of all there are, broken ones too, by name."""
    found = {path.parent.name for place in places() for path in place.glob(f"*/{ABOUT}")}
    return sorted(name for name in found if NAME.fullmatch(name))


def all_themes() -> list[Theme]:
    """Those that can be read, the default one first."""
    found = []
    for name in names():
        try:
            found.append(get(name))
        except BrokenTheme:
            continue
    return sorted(found, key=lambda theme: (theme.name != DEFAULT, theme.title.casefold()))


def get(name: str) -> Theme:
    """The theme of this name. Raises InvalidChange where there is none, BrokenTheme where it cannot be read.

    Read once, and again when something in its folder has changed.
    """
    folder = next(
        (place / name for place in places() if NAME.fullmatch(name) and (place / name / ABOUT).is_file()), None
    )
    if folder is None:
        raise InvalidChange(gettext("There is no theme “%(name)s”.", name=name), field="theme")
    known = current_app.extensions.setdefault(KNOWN, {})
    stamp = (folder, stamp_of(folder))
    if name not in known or known[name][0] != stamp:
        known[name] = stamp, read(folder)
    return known[name][1]


def stamp_of(folder: Path) -> tuple[int, int]:
    """Another whenever a file in the folder is; looked at once a request. Ours change with a release alone."""
    if not folder.is_relative_to(places()[0]) and not current_app.debug:
        return 0, 0
    looked_at: dict[Path, tuple[int, int]] = g.setdefault("theme_stamps", {})
    if folder not in looked_at:
        times = [path.stat().st_mtime_ns for path in (folder, *folder.rglob("*"))]
        looked_at[folder] = max(times), len(times)
    return looked_at[folder]


def default() -> Theme:
    return get(DEFAULT)


def read(folder: Path) -> Theme:
    """The theme in ``folder``. Raises BrokenTheme."""
    try:
        about = tomllib.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BrokenTheme(folder.name, [f"{ABOUT}: {error}"]) from error
    problems = list(_problems(about))
    if problems:
        raise BrokenTheme(folder.name, problems)
    templates = (path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return Theme(
        name=folder.name,
        title=about["name"],
        description=about["description"],
        version=str(about["version"]),
        schemes=tuple(about["schemes"]),
        css=tuple(about["css"]),
        folder=folder,
        templates=frozenset(templates),
    )


def _problems(about: dict[str, Any]) -> list[str]:
    problems = [
        f"{ABOUT}: {name} is missing (a text)."
        for name in ("name", "description", "version")
        if not isinstance(about.get(name), str) or not about[name].strip()
    ]
    schemes, css = about.get("schemes"), about.get("css")
    if not isinstance(schemes, list) or not schemes or any(scheme not in SCHEMES for scheme in schemes):
        problems.append(f'{ABOUT}: schemes must be ["light", "dark"], or one of the two.')
    if not isinstance(css, list) or not css or not all(isinstance(file, str) for file in css):
        problems.append(f'{ABOUT}: css must name the files of the style sheet, as in css = ["tokens.css", "own.css"].')
    elif any(".." in Path(file).parts or file.startswith("/") or not file.endswith(".css") for file in css):
        problems.append(f"{ABOUT}: css names files that end in .css, inside the theme or of cms/static.")
    problems += [f"{ABOUT}: {name} is not known." for name in about.keys() - {*_KEYS}]
    return problems


_KEYS = ("name", "description", "version", "schemes", "css")
