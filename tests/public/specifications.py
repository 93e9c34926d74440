"""What a feed and JSON-LD may hold, from the specifications: each function tells what is wrong, in words.

Atom is RFC 4287, RSS 2.0 stands at rssboard.org, JSON Feed 1.1 at jsonfeed.org, the words of JSON-LD at schema.org.
Parsers forgive all this, so that another program which reads a feed shows little.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

ATOM = "{http://www.w3.org/2005/Atom}"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(\w{3}, )?\d\d? \w{3} \d{4} \d\d:\d\d(:\d\d)? ([+-]\d{4}|GMT|UTC?)")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;.*)?")

# Elements by how often they may stand in theirs: exactly once, at most once, as often as they like.
ATOM_FEED = (
    {"id", "title", "updated"},
    {"generator", "icon", "logo", "rights", "subtitle"},
    {"author", "category", "contributor", "link", "entry"},
)
ATOM_ENTRY = (
    {"id", "title", "updated"},
    {"content", "published", "rights", "source", "summary"},
    {"author", "category", "contributor", "link"},
)
ATOM_PERSON = ({"name"}, {"uri", "email"}, set())
RSS_CHANNEL = (
    {"title", "link", "description"},
    {"language", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate", "generator", "docs", "cloud"}
    | {"ttl", "image", "rating", "textInput", "skipHours", "skipDays"},
    {"category", "item"},
)
RSS_ITEM = (
    set(),
    {"title", "link", "description", "author", "comments", "enclosure", "guid", "pubDate", "source"},
    {"category"},
)


def is_whole(address: str | None) -> bool:
    """Whether it is an absolute IRI, such as ids and links of feeds are."""
    parts = urlsplit(address or "")
    return bool(parts.scheme and (parts.netloc or parts.path)) and not re.search(r"[\s<>\"{}|\\^`]", address or "")


def _counted(element: ET.Element, rules: tuple[set[str], set[str], set[str]], namespace: str) -> Iterator[str]:
    once, at_most, any_number = rules
    own = [child.tag.removeprefix(namespace) for child in element if child.tag.startswith("{") == bool(namespace)]
    for name, number in Counter(own).items():
        if name not in once | at_most | any_number:
            yield f"<{name}> is nothing that may stand there"
        elif number > 1 and name not in any_number:
            yield f"<{name}> stands there {number} times"
    yield from (f"<{name}> is missing" for name in sorted(once - set(own)))


def _twice(kind: str, ids: list[str | None]) -> Iterator[str]:
    yield from (f"{kind} {one} is that of {number}" for one, number in Counter(ids).items() if number > 1)


# Atom
def of_atom(data: bytes) -> list[str]:
    feed = ET.fromstring(data)
    if feed.tag != f"{ATOM}feed":
        return [f"the root is {feed.tag}"]
    entries = feed.findall(f"{ATOM}entry")
    found = [*_counted(feed, ATOM_FEED, ATOM), *_atom_parts(feed)]
    if not any(link.get("rel") == "self" for link in feed.findall(f"{ATOM}link")):
        found.append("no link leads to the feed itself")
    for entry in entries:
        found += [*_counted(entry, ATOM_ENTRY, ATOM), *_atom_parts(entry)]
        if feed.find(f"{ATOM}author") is None and entry.find(f"{ATOM}author") is None:
            found.append("an entry has no author, and the feed none for it")
        content = entry.find(f"{ATOM}content")
        if content is None and not any(_rel(link) == "alternate" for link in entry.findall(f"{ATOM}link")):
            found.append("an entry has neither content nor a link to it")
    return found + list(_twice("the id", [entry.findtext(f"{ATOM}id") for entry in entries]))


def _rel(link: ET.Element) -> str:
    return link.get("rel", "alternate")


def _atom_parts(element: ET.Element) -> Iterator[str]:
    language = element.get("{http://www.w3.org/XML/1998/namespace}lang", "en")
    if not LANGUAGE.fullmatch(language):
        yield f"xml:lang {language!r} is no language"
    for name in ("updated", "published"):
        for date in element.findall(f"{ATOM}{name}"):
            if not RFC_3339.fullmatch(date.text or ""):
                yield f"<{name}> {date.text!r} is no date of RFC 3339"
    for one in element.findall(f"{ATOM}id"):
        if not is_whole(one.text):
            yield f"<id> {one.text!r} is no whole IRI"
    for name in ("title", "subtitle", "summary", "rights", "content"):
        for text in element.findall(f"{ATOM}{name}"):
            if text.get("type", "text") not in ("text", "html", "xhtml") or (len(text) and text.get("type") != "xhtml"):
                yield f"<{name}> has elements within, or a type that is none"
    for name in ("author", "contributor"):
        for person in element.findall(f"{ATOM}{name}"):
            yield from _counted(person, ATOM_PERSON, ATOM)
            if not (person.findtext(f"{ATOM}name") or "").strip():
                yield f"an {name} has no name"
            if (uri := person.findtext(f"{ATOM}uri")) is not None and not is_whole(uri):
                yield f"the <uri> {uri!r} is no whole IRI"
    for category in element.findall(f"{ATOM}category"):
        if not category.get("term") or not is_whole(category.get("scheme", "urn:x")):
            yield "a category has no term, or a scheme that is no whole IRI"
    links = element.findall(f"{ATOM}link")
    for link in links:
        if not is_whole(link.get("href")) or not MEDIA_TYPE.fullmatch(link.get("type", "a/b")):
            yield f"a link leads nowhere or to no type: {link.attrib}"
        if not link.get("length", "0").isdigit():
            yield f"the length of a link is {link.get('length')!r}"
    alternates = [(link.get("type"), link.get("hreflang")) for link in links if _rel(link) == "alternate"]
    yield from _twice("the alternate link", [str(one) for one in alternates])


# RSS
def of_rss(data: bytes) -> list[str]:
    rss = ET.fromstring(data)
    channels = rss.findall("channel")
    if (rss.tag, rss.get("version"), len(channels)) != ("rss", "2.0", 1):
        return ["it is no <rss version='2.0'> with one channel"]
    (channel,) = channels
    found = list(_counted(channel, RSS_CHANNEL, ""))
    found += [f"<{name}> says nothing" for name in RSS_CHANNEL[0] if not (channel.findtext(name) or "").strip()]
    if not LANGUAGE.fullmatch(channel.findtext("language", "en")):
        found.append("<language> is none")
    if [link.get("rel") for link in channel.findall(f"{ATOM}link")].count("self") != 1:
        found.append("no link leads to the feed itself")
    items = channel.findall("item")
    for place in (channel, *items):
        found += _rss_parts(place)
    for item in items:
        found += _counted(item, RSS_ITEM, "")
        if not any((item.findtext(name) or "").strip() for name in ("title", "description")):
            found.append("an item has neither title nor description")
    return found + list(_twice("the guid", [item.findtext("guid") for item in items]))


def _rss_parts(place: ET.Element) -> Iterator[str]:
    for name in ("pubDate", "lastBuildDate"):
        for date in place.findall(name):
            if not RFC_822.fullmatch(date.text or "") or parsedate_to_datetime(date.text or "").tzinfo is None:
                yield f"<{name}> {date.text!r} is no date of RFC 822"
    for link in place.findall("link"):
        if urlsplit(link.text or "").scheme not in ("http", "https") or not is_whole(link.text):
            yield f"<link> {link.text!r} is no whole address"
    for guid in place.findall("guid"):
        if guid.get("isPermaLink", "true") != "false" and urlsplit(guid.text or "").scheme not in ("http", "https"):
            yield f"<guid> {guid.text!r} is no address, and does not say so"
    for enclosure in place.findall("enclosure"):
        about = enclosure.attrib
        if not (about.get("length", "").isdigit() and MEDIA_TYPE.fullmatch(about.get("type", ""))):
            yield f"an enclosure lacks length or type: {about}"
        if urlsplit(about.get("url", "")).scheme not in ("http", "https"):
            yield f"an enclosure is nowhere: {about}"
    for category in place.findall("category"):
        if not (category.text or "").strip():
            yield "a category says nothing"


# JSON Feed
def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and is_whole(value)


def _is_author(value: Any) -> bool:
    known = {"name": _is_text, "url": _is_address, "avatar": _is_address}
    return isinstance(value, dict) and bool(value) and all(name in known and known[name](value[name]) for name in value)


def _is_attachment(value: Any) -> bool:
    return isinstance(value, dict) and _is_address(value.get("url")) and _is_text(value.get("mime_type"))


def _all(rule: Any) -> Any:
    return lambda value: isinstance(value, list) and all(map(rule, value))


def _like(pattern: re.Pattern[str]) -> Any:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


JSON_FEED = {
    "version": lambda value: value == "https://jsonfeed.org/version/1.1",
    **dict.fromkeys(("title", "description", "user_comment"), _is_text),
    **dict.fromkeys(("home_page_url", "feed_url", "next_url", "icon", "favicon"), _is_address),
    "authors": _all(_is_author),
    "language": _like(LANGUAGE),
    "expired": lambda value: isinstance(value, bool),
    "items": lambda value: isinstance(value, list),
}
JSON_ITEM = {
    **dict.fromkeys(("id", "content_html", "content_text", "title", "summary"), _is_text),
    **dict.fromkeys(("url", "external_url", "image", "banner_image"), _is_address),
    **dict.fromkeys(("date_published", "date_modified"), _like(RFC_3339)),
    "authors": _all(_is_author),
    "tags": _all(_is_text),
    "language": _like(LANGUAGE),
    "attachments": _all(_is_attachment),
}


def of_json(data: bytes) -> list[str]:
    feed = json.loads(data)
    found = [f"{name} is missing" for name in ("version", "title", "items") if name not in feed]
    found += _named(feed, JSON_FEED)
    items = feed.get("items", [])
    for item in items:
        found += _named(item, JSON_ITEM)
        if not item.get("id"):
            found.append("an item has no id")
        if not ("content_html" in item or "content_text" in item):
            found.append("an item has no content")
    return found + list(_twice("the id", [item.get("id") for item in items]))


def _named(thing: dict[str, Any], rules: dict[str, Any]) -> Iterator[str]:
    for name, value in thing.items():
        if name in rules:
            if not rules[name](value):
                yield f"{name} cannot be {value!r}"
        elif not name.startswith("_"):
            yield f"{name} is nothing of JSON Feed"


FEEDS = {"atom": of_atom, "rss": of_rss, "json": of_json}

# JSON-LD: of each type what it adds to the one that it is a kind of, and what each property takes.
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "Thing": (
        "",
        {"name": "text", "url": "address", "description": "text", "image": "ImageObject", "sameAs": "address"}
        | {"mainEntityOfPage": "address", "potentialAction": "SearchAction"},
    ),
    "CreativeWork": (
        "Thing",
        {"headline": "text", "datePublished": "date", "dateModified": "date", "author": "Person Organization"}
        | {"publisher": "Organization", "inLanguage": "language", "isPartOf": "CreativeWork", "hasPart": "CreativeWork"}
        | {"keywords": "text", "position": "number", "workTranslation": "CreativeWork"}
        | {"translationOfWork": "CreativeWork", "mainEntity": "Thing"},
    ),
    "BlogPosting": ("CreativeWork", {"wordCount": "number"}),
    "CreativeWorkSeries": ("CreativeWork", {}),
    "WebSite": ("CreativeWork", {}),
    "ProfilePage": ("CreativeWork", {}),
    "ImageObject": ("CreativeWork", {"width": "number", "height": "number", "caption": "text"}),
    "Person": ("Thing", {}),
    "Organization": ("Thing", {}),
    "SearchAction": ("Thing", {"target": "EntryPoint", "query-input": "text"}),
    "EntryPoint": ("Thing", {"urlTemplate": "text"}),
    "BreadcrumbList": ("Thing", {"itemListElement": "ListItem"}),
    "ListItem": ("Thing", {"item": "address", "position": "number"}),
}
# What search engines ask of a type before they show it: developers.google.com/search/docs/appearance/structured-data
ASKED = {
    "BlogPosting": {"headline", "image", "datePublished", "dateModified", "author"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    "ProfilePage": {"mainEntity"},
    "WebSite": {"name", "url"},
    "ImageObject": {"url"},
    "Person": {"name"},
    "Organization": {"name"},
    "CreativeWorkSeries": {"name"},
}


def of_json_ld(thing: dict[str, Any]) -> list[str]:
    """What is wrong with a block as it stands in a page."""
    if thing.get("@context") != "https://schema.org":
        return [f"the words are of {thing.get('@context')!r}"]
    return list(_node({name: value for name, value in thing.items() if name != "@context"}, is_whole_node=True))


def _lineage(kind: str) -> Iterator[str]:
    while kind:
        yield kind
        kind = KINDS[kind][0]


def _node(node: dict[str, Any], wanted: str = "Thing", *, is_whole_node: bool = False) -> Iterator[str]:
    """A node of a type, or but the id of one told elsewhere, perhaps with its name."""
    kind = node.get("@type")
    if kind is None:
        if is_whole_node or not node.keys() <= {"@id", "name"} or not is_whole(node.get("@id")):
            yield f"{node} has neither a type nor an id"
        return
    if kind not in KINDS:
        yield f"{kind} is no type of schema.org that is known here"
        return
    if not set(wanted.split()) & set(_lineage(kind)):
        yield f"a {kind} where a {wanted} is wanted"
    if "@id" in node and not is_whole(node["@id"]):
        yield f"the id {node['@id']!r} of a {kind} is no whole IRI"
    properties = {name: takes for ancestor in _lineage(kind) for name, takes in KINDS[ancestor][1].items()}
    for name in sorted(node.keys() - properties.keys() - {"@type", "@id"}):
        yield f"a {kind} has no {name}"
    for name in sorted(ASKED.get(kind, set()) - node.keys()):
        if not (kind == "BlogPosting" and wanted == "CreativeWork"):  # one of another page, named in passing
            yield f"a {kind} lacks {name}"
    for name in node.keys() & properties.keys():
        values = node[name] if isinstance(node[name], list) else [node[name]]
        if not values:
            yield f"{name} of a {kind} is empty"
        for value in values:
            yield from _value(f"{name} of a {kind}", value, properties[name])


def _value(where: str, value: Any, takes: str) -> Iterator[str]:
    tests: dict[str, Any] = {
        "text": lambda: isinstance(value, str) and value.strip(),
        "address": lambda: isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and is_whole(value),
        "date": lambda: isinstance(value, str) and RFC_3339.fullmatch(value),
        "number": lambda: type(value) is int and value >= 0,
        "language": lambda: isinstance(value, str) and LANGUAGE.fullmatch(value),
    }
    if takes in tests:
        if not tests[takes]():
            yield f"{where} cannot be {value!r}"
    elif isinstance(value, dict):
        yield from _node(value, takes)
    else:
        yield f"{where} cannot be {value!r}"
