"""What in the HTML of a page of a theme would not work, or would not be allowed."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from cms.services.theming.requirements import PARTS

MOST_REQUESTS = 3  # the page, its style sheet and its icon, before pictures
_LOADING = {
    "img": ("src", "srcset"),
    "link": ("href",),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "form": ("action",),
    "use": ("href",),
}
_LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch", "manifest"}
_OUTSIDE = re.compile(r"(https?:)?//", re.IGNORECASE)


class _Page(HTMLParser):
    """Counts and notes while it reads."""

    def __init__(self, own: str) -> None:
        super().__init__()
        self.own, self.found, self.headings, self.requests = own, [], 0, 1

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.headings += tag == "h1"
        if tag == "script" and given.get("type") != "application/ld+json":
            self.found.append("there is a <script>; public pages carry none")
        if tag == "style" or "style" in given:
            self.found.append(f"<{tag}> has styles of its own, which browsers are told to refuse: use the style sheet")
        handlers = [name for name in given if name.startswith("on")]
        if handlers:
            self.found.append(f"<{tag} {handlers[0]}> is a script; public pages carry none")
        if given.get("href", "").lower().startswith("javascript:"):
            self.found.append("a link is a script; public pages carry none")
        relations = set(given.get("rel", "").split())
        if tag == "link" and not relations & _LOADED_LINKS:
            return
        self.requests += tag == "link"
        for name in _LOADING.get(tag, ()):
            if _OUTSIDE.match(given.get(name, "")) and not given[name].startswith(f"{self.own}/"):
                self.found.append(f"<{tag}> asks for an address outside: {given[name][:80]}")


def faults(html: str, own: str) -> Iterator[str]:
    """What is wrong with the page; ``own`` is where the site is."""
    page = _Page(own)
    page.feed(html)
    yield from dict.fromkeys(page.found)
    if page.headings != 1:
        yield f"there are {page.headings} <h1>; one names the page" if page.headings else "there is no <h1>"
    if page.requests > MOST_REQUESTS:
        yield f"it takes {page.requests} requests before any picture; {MOST_REQUESTS} are the most"
    for pattern, fault in PARTS:
        if not re.search(pattern, html):
            yield fault
