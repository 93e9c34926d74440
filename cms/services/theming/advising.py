"""What a theme had better do, though it can be worn without: say in which language people wrote (WCAG 3.1.2).

Each page is rendered for a site in a language that the pages do not speak, so that our words are in another one than
those of people.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from cms.services import settings
from cms.services.site import Site
from cms.services.theming import made_up, samples, themes
from cms.services.theming.checking import rendered
from cms.services.theming.samples import Sample
from cms.services.theming.themes import Theme

ELSEWHERE = "fr"  # the pages do not speak it themselves: round a text in it their words are English
WRITTEN = ("title", "name", "excerpt", "description", "caption", "credit", "body_html", "bio_html")
NAMED = 3  # of the texts of a page
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_SILENT = {"title", "script", "style", "textarea"}  # what stands there is no text of the page


def advice(name: str) -> list[str]:
    """What had better be done about the theme of this name, a line each. Raises InvalidChange, BrokenTheme."""
    theme, site = themes.get(name), _site()
    everywhere = {text for text, _ in _written(_round(site), ELSEWHERE)}
    told: set[tuple[str, str]] = set()
    found = []
    for sample in samples.pages():
        texts = dict.fromkeys(_unmarked(theme, sample, site))
        if theme.name != themes.DEFAULT and texts:
            ours = set(_unmarked(themes.default(), sample, site))  # no other theme is blamed for that
            texts = {text: None for text in texts if text not in ours}
        new = {("" if text in everywhere else sample.template, text): text for text in texts}
        names = [f"“{text}”" for place, text in new.items() if place not in told]
        told.update(new)
        if names:
            some = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
            found.append(f"{sample}: nothing says in which language people wrote {some}; written_in() does.")
    return found


def _site() -> Site:
    """The made-up site, in a language that its pages do not speak."""
    site = made_up.site()
    values = {name: getattr(site.settings, name) for name in settings.OPTIONS}
    return replace(site, settings=settings.SiteSettings({**values, "language": ELSEWHERE}))


def _unmarked(theme: Theme, sample: Sample, site: Site) -> Iterator[str]:
    """What people wrote and the page gives out to be in another language; nothing of a page that breaks."""
    html, _, error = rendered(theme, sample, site)
    if error is not None:
        return
    languages: dict[str, set[str]] = {}
    for text, language in [*_written(_round(site), ELSEWHERE), *_written(sample.words, ELSEWHERE)]:
        languages.setdefault(text, set()).add(language)
    for text, language in _Voices(html).heard:
        if language not in languages.get(text, {language}):
            yield text


def _round(site: Site) -> list[SimpleNamespace]:
    """What people wrote that stands round every page."""
    about = SimpleNamespace(title=site.settings.title, description=site.settings.tagline, body_html=site.footer)
    names = [*(item.title for item in site.menu), *(link.label for link in site.elsewhere)]
    return [about, *(SimpleNamespace(title=name) for name in names)]


def _written(thing: Any, language: str) -> Iterator[tuple[str, str]]:
    """The texts of people in what a view hands over, each with its language; those with no letter are nobody's."""
    if isinstance(thing, Mapping):
        thing = list(thing.values())
    if isinstance(thing, list | tuple):
        for one in thing:
            yield from _written(one, language)
    elif isinstance(thing, SimpleNamespace):
        language = getattr(thing, "language", "") or language
        for name, value in vars(thing).items():
            if name in WRITTEN and isinstance(value, str):
                texts = [text for text, _ in _Voices(value).heard] if isinstance(value, Markup) else [value]
                yield from ((text, language) for text in texts if re.search(r"[^\W\d_]", text))
            else:
                yield from _written(value, ELSEWHERE)


class _Voices(HTMLParser):
    """Each text of a page, with the language that it is said to be in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = [("", "")]
        self.heard: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append((tag, dict(attributes).get("lang") or self.open[-1][1]))

    def handle_endtag(self, tag: str) -> None:
        if tag in (opened for opened, _ in self.open[1:]):
            while self.open.pop()[0] != tag:
                pass  # what has no end of its own ends with what it stands in

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and self.open[-1][0] not in _SILENT:
            self.heard.append((text, self.open[-1][1]))
