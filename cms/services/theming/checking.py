"""What is wrong with a theme, before anybody wears it: each page is rendered with made-up posts and looked through."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app, g
from jinja2 import TemplateError, Undefined, nodes

from cms.language import nearest, speaking
from cms.services.site import Site
from cms.services.theming import made_up, samples, stylesheets, themes
from cms.services.theming.markup import faults
from cms.services.theming.requirements import BLOCKS, CODE_GROUND, CONTRASTS
from cms.services.theming.samples import Sample
from cms.services.theming.themes import BrokenTheme, Theme
from cms.services.theming.wearing import THEMED, ThemedEnvironment, place_of, told, wearing
from cms.text import colours

MOST_PROBLEMS = 40
OF_OURS = "cms.theme_samples"  # the extension that holds what our own templates make of the samples
_OUTSIDE = re.compile(r"""@import|url\(\s*["']?(?!data:|#)[^)"']*""", re.IGNORECASE)
_UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE)


def problems(name: str) -> list[str]:
    """What is wrong with the theme of this name, a line each; empty when it can be worn. Raises InvalidChange."""
    try:
        theme = themes.get(name)
    except BrokenTheme as error:
        return error.problems
    found: dict[str, None] = {}
    for part in (_styles, _templates, _pages):
        found.update(dict.fromkeys(part(theme)))
    return list(found)[:MOST_PROBLEMS]


def _styles(theme: Theme) -> Iterator[str]:
    missing = [file for file in theme.css if not theme.path_of(file).is_file()]
    yield from (f"{file}: there is no such file in the theme, and none in cms/static." for file in missing)
    if missing:
        return
    for file in theme.css:
        if theme.path_of(file).is_relative_to(theme.folder):
            css = theme.path_of(file).read_text("utf-8")
            for found in _OUTSIDE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
                yield f"{file}: {found.strip()[:60]} asks for a further file, which costs a request or is refused."
    size = len(stylesheets.of(theme).zipped)
    if size > stylesheets.MOST_BYTES:
        yield f"css: {size:,} bytes over the wire; {stylesheets.MOST_BYTES:,} are the most."
    named = colours.named(stylesheets.source(theme))
    for scheme in theme.schemes:
        yield from (f"css, {scheme}: {line}" for line in contrasts(named[scheme]))


def contrasts(named: dict[str, str]) -> Iterator[str]:
    """What is missing among the colours of one scheme, or hard to read on another of them."""
    wanted = [*CONTRASTS]
    if CODE_GROUND in named:
        code = sorted(name for name in named if name.startswith("code-") and name != CODE_GROUND)
        wanted += [(name, (CODE_GROUND,), colours.TEXT_RATIO) for name in code]
    for name in sorted({name for one, grounds, _ in wanted for name in (one, *grounds)} - named.keys()):
        yield f"the colour --{name} is not named, or not as # and digits."
    for name, grounds, ratio in wanted:
        for ground in grounds:
            if name in named and ground in named:
                found = colours.contrast(named[name], named[ground])
                if found < ratio:
                    cut = f"{int(found * 100) / 100:.2f}"  # 4.499 is no 4.50
                    yield f"--{name} on --{ground} has a contrast of {cut}; {ratio:g} is the least."


def _templates(theme: Theme) -> Iterator[str]:
    ours = Path(current_app.root_path).parent / "templates"
    for name in sorted(theme.templates):
        if name.startswith(THEMED) and not (ours / name).is_file():
            yield f"{name}: there is no such template to stand in for. Parts of your own go into another folder."
        if _UNESCAPED.search((theme.folder / name).read_text("utf-8")):
            yield f"{name}: switches escaping off, so that a reader's words could be code."
    with wearing(theme, strictly=True):
        for name in sorted(theme.templates):
            try:
                current_app.jinja_env.get_template(f"themes/{theme.name}/{name}")
            except TemplateError as error:
                yield f"{name}{_line(error)}: {error.message or type(error).__name__}"
        for name, blocks in BLOCKS.items():
            there = _blocks(theme, name)
            yield from (f"{name}: the block “{block}” is missing." for block in blocks if block not in there)


def _blocks(theme: Theme, name: str) -> set[str]:
    """The blocks of a template and of those that it extends; all where it cannot be read, which is said elsewhere."""
    environment, found, parent = current_app.jinja_env, set(), None
    for _ in range(9):
        place = place_of(name, parent)
        try:
            assert environment.loader is not None
            source = environment.loader.get_source(environment, place)[0]
            tree = environment.parse(source)
        except TemplateError:
            return {block for blocks in BLOCKS.values() for block in blocks}
        found |= {block.name for block in tree.find_all(nodes.Block)}
        extended = next(iter(tree.find_all(nodes.Extends)), None)
        if extended is None or not isinstance(extended.template, nodes.Const):
            break
        name, parent = extended.template.value, place
    return found


class Noted(Undefined):
    """What a template asks for and nobody hands over: noted, and empty on the page."""

    __slots__ = ()

    def _note(self) -> str:
        if not isinstance(self._undefined_obj, dict):  # a key is asked for to see whether it is there
            g.unknown.add(self._undefined_message)
        return ""

    def __str__(self) -> str:
        return self._note()

    def __iter__(self) -> Iterator[Any]:
        self._note()
        return iter(())

    def __bool__(self) -> bool:
        self._note()
        return False


def _pages(theme: Theme) -> Iterator[str]:
    """Every page of the theme: whether it renders, with what it is given, into what browsers and readers need."""
    for sample in samples.pages():
        html, unknown, error = rendered(theme, sample)
        forgiven, is_beyond_ours = _faults_of_ours().get(str(sample), (set(), False))
        if theme.name != themes.DEFAULT:
            if is_beyond_ours:
                continue
            unknown -= forgiven
        yield from (f"{sample}: {line}." for line in sorted(unknown))
        if error is not None:
            yield f"{sample}{_line(error)}: {type(error).__name__}: {error}"
        else:
            yield from (f"{sample}: {fault}." for fault in faults(html, current_app.config["SITE_URL"]))


def _faults_of_ours() -> dict[str, tuple[set[str], bool]]:
    """What our own templates ask of a made-up page in vain, and whether they break on it: no other theme is blamed."""
    found: dict[str, tuple[set[str], bool]] = current_app.extensions.setdefault(OF_OURS, {})
    if not found:
        for sample in samples.pages():
            _, unknown, error = rendered(themes.default(), sample)
            found[str(sample)] = unknown, error is not None
    return found


def rendered(theme: Theme, sample: Sample, site: Site | None = None) -> tuple[str, set[str], Exception | None]:
    """The page, what it asked for in vain, and what stopped it; of the made-up site where none is given."""
    error: Exception | None = None
    unknown: set[str] = set()
    html, site = "", site or made_up.site()
    with (
        current_app.test_request_context(sample.address),
        told(site=site, unknown=unknown),
        wearing(theme, strictly=True),
    ):
        try:
            with speaking(nearest(site.settings.language)):
                words = dict(sample.words)
                current_app.update_template_context(words)
                html = _environment().get_template(sample.template).render(words)
        except Exception as stopped:
            error = stopped
    return html, unknown, error


def _environment() -> ThemedEnvironment:
    """The one of the app, in which what is unknown is noted."""
    if "checking_environment" not in g:
        g.checking_environment = current_app.jinja_env.overlay(undefined=Noted)
    environment: ThemedEnvironment = g.checking_environment
    return environment


def _line(error: BaseException) -> str:
    """Where in a template it happened, as the end of its name."""
    if getattr(error, "lineno", None):
        return f", line {error.lineno}"  # type: ignore[attr-defined]
    trace, found = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(".html"):
            found = f", {Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno}"
        trace = trace.tb_next
    return found
