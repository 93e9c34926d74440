"""Following every link of the public site, as a reader would who has all the time in the world."""

import re
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

LINKING = {"href", "src", "poster", "cite", "action"}
FEED = re.compile(
    r"<(?:loc|link|url|id|uri)>([^<]+)</|(?:href|url|xml:base)=\"([^\"]+)\"|\"(?:url|[a-z_]+_url)\":\"([^\"]+)\""
)
# Made by one view out of what pages show as well: so many of each, or the walk takes minutes.
SAMPLED = {"cards": re.compile(r"/cards/"), "feeds": re.compile(r"/(?:posts|tags|authors)/.*feed\.")}
SAMPLE = 20
NOT_FOLLOWED = ("/admin", "/login", "/static/")


class Page(HTMLParser):
    """The addresses that a page names, and the ids that one can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.ids: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        about = dict(attributes)
        for name in LINKING & about.keys():
            if not (tag == "form" and about.get("method") == "post"):
                self.addresses.add((about[name] or "").strip())
        for part in (about.get("srcset") or "").split(","):
            self.addresses.update(part.split()[:1])
        for name in ("id", "name"):
            self.ids.add(about.get(name) or "")
        if tag == "meta" and (about.get("content") or "").startswith(("http://", "https://")):
            self.addresses.add(about["content"] or "")


@dataclass
class Walk:
    """What was found: for each broken address where it stands, and how many pages of each kind were seen."""

    broken: dict[str, str] = field(default_factory=dict)
    visited: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    sampled: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in SAMPLED})

    def wants(self, address: str) -> bool:
        """Whether it is to be followed."""
        if address.startswith(NOT_FOLLOWED):
            return False
        for name, pattern in SAMPLED.items():
            if pattern.match(address):
                known = self.sampled[name]
                if len(known) < SAMPLE:
                    known.add(address)
                return address in known
        return True


def crawl(client: Any, start: list[str], site: str) -> Walk:
    """Every internal address that can be reached from ``start``, once, with the fragments that lead into it."""
    walk, ids, wanted = Walk(), {}, {}
    waiting = deque((address, "the beginning") for address in start)
    while waiting:
        whole, found_on = waiting.popleft()
        address, fragment = urldefrag(whole)
        if fragment:
            wanted.setdefault((address, fragment), found_on)
        if address in walk.visited:
            continue
        answer = client.get(address, buffered=True)
        walk.visited[address] = answer.status_code
        if answer.status_code in (301, 302, 303, 308):
            waiting.append((relative(urljoin(site + address, answer.location), site) or "", address))
            continue
        if answer.status_code != 200:
            walk.broken[address] = found_on
            continue
        kind = answer.mimetype
        walk.kinds[kind] = walk.kinds.get(kind, 0) + 1
        for name in addresses_in(answer, kind, address, ids):
            onward = relative(urljoin(site + address, name), site)
            if onward is not None and walk.wants(onward):
                waiting.append((onward, address))
    for (address, fragment), found_on in wanted.items():
        if address in ids and unquote(fragment) not in ids[address] and walk.visited.get(address) == 200:
            walk.broken[f"{address}#{fragment}"] = found_on
    return walk


def addresses_in(answer: Any, kind: str, address: str, ids: dict[str, set[str]]) -> set[str]:
    if kind == "text/html":
        page = Page(answer.text)
        ids[address] = page.ids
        return page.addresses
    if "xml" in kind or "json" in kind:
        return {one for found in FEED.findall(answer.text) for one in found if one.startswith(("http", "/"))}
    return set()


def relative(address: str, site: str) -> str | None:
    """The address from the slash on; None for one of another site, or none at all."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" != site:
        return None
    query = f"?{parts.query}" if parts.query else ""
    fragment = parts.fragment.partition(":~:")[0]  # what follows is for the browser: which words to show
    return f"{parts.path or '/'}{query}" + (f"#{fragment}" if fragment else "")
