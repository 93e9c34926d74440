"""The admin's own scripts as one file: modules of a few lines each are good to read, and a request each to load.

Nothing is minified, and no tool is needed: each module becomes a function that gives what it exports, in an order in
which what is imported comes first. It knows the two forms of ``import`` and ``export`` that our modules have.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, url_for

from cms.language import ENGLISH, code, gettext, ngettext

FIRST = "admin"  # the module that starts the others
ADDRESS = "/assets/admin.js"
A_YEAR_SECONDS = 31_536_000
_IMPORT = re.compile(r'^import (\{ \w+(?:, \w+)* \}) from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function (\w+)|const (\w+))", re.MULTILINE)
_LATER = re.compile(r'import\("\./(\w+)\.js"\)')
_TEXT = re.compile(r'\bn?gettext\("([^"\\]*)"(?:, "([^"\\]*)")?')


@dataclass(frozen=True)
class Bundle:
    """The one script, and a word that changes with it."""

    text: str
    digest: str


@lru_cache(maxsize=1)
def bundle(folder: Path, here: str) -> Bundle:
    """``FIRST`` and all that it imports. What is loaded later stays by itself, at the address ``here``."""
    done: dict[str, str] = {}

    def add(name: str) -> None:
        source = (folder / f"{name}.js").read_text()
        for _, imported in _IMPORT.findall(source):
            if imported not in done:
                add(imported)
        done[name] = as_function(name, source, here)

    add(FIRST)
    text = "".join(done.values())
    return Bundle(text, hashlib.sha256(text.encode()).hexdigest()[:12])


def as_function(name: str, source: str, here: str) -> str:
    """One module. Raises ValueError for a form of import or export that it does not know."""
    exported = [function or constant for function, constant in _EXPORT.findall(source)]
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = of_\2;" + "\n", source))
    body = _LATER.sub(rf'import("{here}\1.js")', body)
    if re.search(r"^(import|export)\b", body, re.MULTILINE):
        raise ValueError(f"{name}.js imports or exports in a way that cms/admin/scripts.py does not know.")
    return f"const of_{name} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


@lru_cache(maxsize=1)
def said(folder: Path) -> frozenset[tuple[str, str]]:
    """What the scripts say, in English: a text, and its form for many where it has two."""
    return frozenset(texts for path in folder.glob("*.js") for texts in _TEXT.findall(path.read_text()))


def texts() -> dict[str, str] | None:
    """The same in the language of this page, by the English (of two forms that for many); none when that is English."""
    if code() == ENGLISH:
        return None
    return {many or one: _translated(one, many) for one, many in sorted(said(_folder()))}


def _translated(one: str, many: str) -> str:
    return ngettext(one, many, 2, num="%(num)s") if many else gettext(one)


def _folder() -> Path:
    return Path(current_app.static_folder or "") / "admin"


def _current() -> Bundle:
    return bundle(_folder(), url_for("static", filename="admin/"))


def answer() -> Response:
    """The script, which a browser need not ask for again: its address changes with it."""
    response = Response(_current().text, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR_SECONDS}, immutable"
    return response


def address() -> str:
    return f"{ADDRESS}?v={_current().digest}"


def register_scripts(app: Flask) -> None:
    app.add_url_rule(ADDRESS, "admin_scripts", answer)
    app.add_template_global(address, "admin_scripts")
    app.add_template_global(texts, "script_texts")
