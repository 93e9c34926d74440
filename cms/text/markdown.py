"""Markdown to the HTML we store: CommonMark with tables, task lists, footnotes, heading anchors and coloured code."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.footnote import footnote_plugin

from cms.text import figures, markdown_html, sanitize
from cms.text.slug import slugify

RENDERER_VERSION = 2  # Raise it with any change of the product: stored HTML of another version is rendered again.
LONGEST_LINK = 500  # letters of a heading that writers link to


@dataclass(frozen=True)
class Heading:
    """One heading as it stands on the page: ``level`` 2 to 6, ``id`` without the page's prefix."""

    level: int
    text: str
    id: str


def render(markdown: str, *, raw_html: bool = False, prefix: str = "") -> Markup:
    """Safe HTML of a post. HTML in it is text, or with ``raw_html`` cleaned; ``prefix`` keeps two posts' ids apart."""
    parser = _WITH_HTML if raw_html else _WITHOUT_HTML
    environment: dict[str, Any] = {"prefix": prefix, "highlight_left": markdown_html.MAX_HIGHLIGHTED_CHARS}
    html = parser.render(_encodable(markdown), environment)
    if raw_html and sanitize.is_tangled(html):
        return render(markdown, prefix=prefix)
    return sanitize.clean_rendered(html, _anchors(environment["headings"], prefix))


def _anchors(headings: list[Heading], prefix: str) -> dict[str, str]:
    """What writers link to: the id of a heading, or what other programs would make of its words, uncut."""
    own = {heading.id: sanitize.own_id(prefix + heading.id) for heading in headings}
    for heading in headings:
        own.setdefault(slugify(heading.text, max_length=LONGEST_LINK), own[heading.id])
    return own


def render_comment(text: str) -> Markup:
    """Safe HTML of a comment: paragraphs, emphasis, code, quotes, lists, links; a line break is one."""
    return sanitize.clean_comment(_FOR_COMMENTS.render(_encodable(text)))


def headings(markdown: str) -> list[Heading]:
    """The headings of ``markdown`` in order, for a table of contents."""
    environment: dict[str, Any] = {}
    _WITHOUT_HTML.parse(_encodable(markdown), environment)
    return environment["headings"]


@lru_cache(maxsize=4)  # one save asks for the words of a text up to five times
def plain(markdown: str) -> str:
    """The words alone, a line a block, without marks and tags: for excerpts, search and feeds."""
    lines = [_block_text(token) for token in _WITH_HTML.parse(_encodable(markdown), {})]
    return "\n".join(line for line in lines if line)


def _encodable(text: str) -> str:
    # Half a surrogate pair (JSON allows it) would stop nh3 and the database alike.
    return text.encode("utf-8", "replace").decode()


def _block_text(token: Token) -> str:
    if token.type == "inline":
        return _inline_text(token.children or []).strip()
    if token.type in {"fence", "code_block"}:
        return token.content.strip()
    if token.type == "html_block" and not sanitize.is_tangled(token.content):
        return unescape(nh3.clean(token.content, tags=set())).strip()
    return ""


def _inline_text(tokens: Sequence[Token]) -> str:
    words = []
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            words.append(token.content)
        elif token.type == "softbreak":
            words.append(" ")
        elif token.type == "hardbreak":
            words.append("\n")
        elif token.type == "image":
            words.append(_inline_text(token.children or []))
    return "".join(words)


def _name_headings(state: StateCore) -> None:
    """Puts the headings below the page's title, the highest used as h2 and no level left out; gives each an id."""
    found: list[Heading] = []
    highest = min((int(token.tag[1]) for token in state.tokens if token.type == "heading_open"), default=1)
    previous = 1
    used: set[str] = set()
    repeats: dict[str, int] = {}
    for number, token in enumerate(state.tokens):
        if token.type != "heading_open":
            continue
        level = previous = min(int(token.tag[1]) - highest + 2, previous + 1, 6)
        token.tag = state.tokens[number + 2].tag = f"h{level}"
        text = _inline_text(state.tokens[number + 1].children or []).strip()
        heading = Heading(level, text, _unused(_heading_id(text), used, repeats))
        used.add(heading.id)
        found.append(heading)
        token.meta["heading"] = state.tokens[number + 2].meta["heading"] = heading
    state.env["headings"] = found


def _heading_id(text: str) -> str:
    name = slugify(text)
    is_taken = name.startswith(("fn-", "fnref-", sanitize.USER_PREFIX))
    return f"section-{name}" if is_taken else name or "section"


def _unused(name: str, used: set[str], repeats: dict[str, int]) -> str:
    candidate = name
    while candidate in used:
        repeats[name] = repeats.get(name, 1) + 1
        candidate = f"{name}-{repeats[name]}"
    return candidate


def _for_posts(*, raw_html: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": raw_html, "tasklists": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin)
    parser.core.ruler.after("inline", "figures", figures.make)  # before footnotes are gathered: captions may have some
    parser.core.ruler.push("name_headings", _name_headings)
    markdown_html.install(parser)
    return parser


def _for_comments() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.disable(["heading", "lheading", "hr", "code", "reference", "image", "html_block", "html_inline"])
    return parser


_WITH_HTML = _for_posts(raw_html=True)
_WITHOUT_HTML = _for_posts(raw_html=False)
_FOR_COMMENTS = _for_comments()
