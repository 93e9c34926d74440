"""The only way from HTML somebody wrote to HTML we show: allow-lists, and what is left is Markup."""

import re
import secrets
from collections.abc import Mapping
from functools import partial
from urllib.parse import unquote

import nh3
from markupsafe import Markup, escape
from pygments.token import STANDARD_TYPES

# Ids made by the renderer carry this mark, which no writer can guess and no page shows;
# every other id gets USER_PREFIX, so that it cannot pose as one of ours or of the layout.
_MARK = f"own-{secrets.token_hex(8)}-"
USER_PREFIX = "user-"

_HEADINGS = {f"h{level}" for level in range(1, 7)}
_INLINE = "a abbr b bdi bdo br cite code del dfn em i ins kbd mark q s samp small span strong sub sup time u var wbr"
_BLOCKS = "blockquote dd details div dl dt figcaption figure hr li ol p pre ruby rt rp section summary ul"
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
_MEDIA = "audio img source track video"

# No "cite": nh3 does not read its address as one.
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"aria-label", "class", "href", "hreflang", "id", "rel"},
    "audio": {"loop", "muted", "preload", "src"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "figure": {"class"},
    "div": {"aria-label", "class", "id"},
    "img": {"alt", "height", "src", "width"},
    "input": {"checked", "class"},
    "ins": {"datetime"},
    "li": {"class", "id", "value"},
    "ol": {"class", "reversed", "start"},
    "p": {"id"},
    "pre": {"class"},
    "section": {"aria-label", "class", "id"},
    "source": {"src", "type"},
    "span": {"class", "id"},
    "sup": {"class"},
    "table": {"class"},
    "td": {"class", "colspan", "headers", "rowspan"},
    "th": {"class", "colspan", "headers", "rowspan"},
    "time": {"datetime"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "ul": {"class"},
    "video": {"height", "loop", "muted", "playsinline", "poster", "preload", "src", "width"},
} | {heading: {"id"} for heading in _HEADINGS}

_VALUES = {
    "a": {"role": {"doc-noteref", "doc-backlink"}},
    "div": {"role": {"region"}, "tabindex": {"0"}},
    "img": {"loading": {"lazy", "eager"}},
    "input": {"type": {"checkbox"}, "aria-label": {"Done", "To do"}},
    "pre": {"tabindex": {"0"}},
    "section": {"role": {"doc-endnotes"}},
    "th": {"scope": {"col", "row", "colgroup", "rowgroup"}},
}

_CLASSES = frozenset(STANDARD_TYPES.values()) | {
    "highlight",
    *("wide", "full"),
    *("heading", "anchor", "table", "align-left", "align-center", "align-right"),
    *("footnotes", "footnote", "footnote-ref", "footnote-back"),
    *("contains-task-list", "task-list-item", "task-list-item-checkbox"),
}
_LANGUAGE_CLASS = re.compile(r"language-[\w+#.-]{1,40}", re.ASCII)
_RELATIONS = {"author", "license", "me", "nofollow", "noopener", "noreferrer", "sponsored", "ugc"}

_FOR_POSTS = {
    "tags": {*_HEADINGS, "input", *f"{_INLINE} {_BLOCKS} {_TABLES} {_MEDIA}".split()},
    "clean_content_tags": {"script", "style", "template", "title", "noscript", "iframe", "object", "svg", "math"},
    "attributes": _ATTRIBUTES,
    "tag_attribute_values": _VALUES,
    "set_tag_attribute_values": {
        "input": {"disabled": ""},
        "video": {"controls": ""},
        "audio": {"controls": ""},
    },
    "url_schemes": {"http", "https", "mailto", "tel"},
    "link_rel": None,
}

_COMMENT_CLEANER = nh3.Cleaner(
    tags={"p", "br", "a", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li"},
    clean_content_tags=_FOR_POSTS["clean_content_tags"],
    attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow ugc noopener",
)

_INPUT = re.compile(r'<input(?: [a-z-]+="[^"]*")*>')

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_VOID = "area base br col embed hr img input link meta param source track wbr"
_CLOSED_BY_OTHERS = "p li dt dd tr td th thead tbody tfoot colgroup option rt rp"
_NEVER_NESTED = frozenset(f"{_VOID} {_CLOSED_BY_OTHERS}".split())
_MAX_TANGLE = 5_000_000


def own_id(name: str) -> str:
    """``name`` marked as an id of the renderer's own: ``clean_rendered`` lets it through unchanged."""
    return _MARK + name


def clean(html: str) -> Markup:
    """What a post may hold of ``html``. Its ids get a ``user-`` prefix; tangled HTML comes back as text."""
    return escape(html) if is_tangled(html) else clean_rendered(html, {})


def clean_rendered(html: str, anchors: Mapping[str, str]) -> Markup:
    """``clean`` for what the renderer made; ``anchors``: what writers link to (``#intro``) and its id by ``own_id``."""
    html = nh3.clean(html, attribute_filter=partial(_filter_attribute, anchors), **_FOR_POSTS)
    html = _INPUT.sub(_keep_checkbox, html)
    # The one h1 of a page is its title.
    return Markup(html.replace("<h1", "<h2").replace("</h1>", "</h2>"))  # noqa: S704 - just cleaned


def clean_comment(html: str) -> Markup:
    """What a stranger's comment may hold of ``html``: words, lists, quotes, code and links that vouch for nobody."""
    return escape(html) if is_tangled(html) else Markup(_COMMENT_CLEANER.clean(html))  # noqa: S704 - just cleaned


def is_tangled(html: str) -> bool:
    """Whether tags are left open in such numbers that cleaning would take minutes.

    nh3's time grows with the square of the depth (100,000 nested lists: two minutes), and each
    formatting tag left open is repeated in every later block.
    """
    open_tags: list[str] = []
    tangle = 0
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if not closing:
            tangle += len(open_tags)
            if tangle > _MAX_TANGLE:
                return True
            if name not in _NEVER_NESTED:
                open_tags.append(name)
        elif open_tags and open_tags[-1] == name:
            open_tags.pop()
    return False


def _filter_attribute(anchors: Mapping[str, str], tag: str, attribute: str, value: str) -> str | None:
    if attribute == "class":
        return " ".join(name for name in value.split() if _is_ours(name)) or None
    if attribute == "id":
        return _final_id(value)
    if attribute == "href" and value.startswith("#") and len(value) > 1:
        name = unquote(value[1:])
        return "#" + _final_id(anchors.get(name, name))
    if attribute == "rel":
        return " ".join(name for name in value.lower().split() if name in _RELATIONS) or None
    return value


def _is_ours(name: str) -> bool:
    return name in _CLASSES or _LANGUAGE_CLASS.fullmatch(name) is not None


def _final_id(name: str) -> str:
    if name.startswith(_MARK):
        return name.removeprefix(_MARK)
    return name if name.startswith(USER_PREFIX) else USER_PREFIX + name


def _keep_checkbox(match: re.Match[str]) -> str:
    return match[0] if ' type="checkbox"' in match[0] else ""
