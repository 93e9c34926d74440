"""How each part of a post's Markdown is written as HTML, where markdown-it's own way is not ours."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class, get_all_lexers

from cms.text import sanitize

MAX_HIGHLIGHTED_CHARS = 300_000  # A text's share of Pygments; code beyond it stays plain.
_BLOCK_COST = 200  # What starting a lexer weighs, in characters.

_FORMATTER = HtmlFormatter(nowrap=True)
_LEXERS = {alias: name for name, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases}
_PLAIN = {"", "text", "plain", "plaintext", "txt", "none"}

Tokens = Sequence[Token]
Environment = dict[str, Any]


def install(parser: MarkdownIt) -> None:
    """Makes ``parser`` write posts our way. Its environment may hold ``prefix`` and ``highlight_left``."""
    for rule in (
        *(fence, code_block, image, list_item_open, heading_open, heading_close),
        *(table_open, table_close, td_open, th_open),
        *(footnote_ref, footnote_block_open, footnote_block_close, footnote_open, footnote_anchor),
    ):
        parser.add_render_rule(rule.__name__, rule)


def fence(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    token = tokens[index]
    language = (token.info.split() or [""])[0].lower()
    code = _highlighted(token.content, language, environment)
    name = f' class="language-{escape(language)}"' if language else ""
    return f'<pre class="highlight" tabindex="0"><code{name}>{code}</code></pre>\n'


def code_block(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    # What scrolls must take the focus, or the keyboard cannot scroll it (WCAG 2.1.1).
    return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'


def _highlighted(code: str, language: str, environment: Environment) -> str:
    cost = len(code) + _BLOCK_COST
    if language in _PLAIN or language not in _LEXERS or cost > environment["highlight_left"]:
        return str(escape(code))
    environment["highlight_left"] -= cost
    return highlight(code, _lexer(language), _FORMATTER)


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer:
    return find_lexer_class(_LEXERS[language])(stripnl=False)


def image(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    token = tokens[index]
    token.attrSet("alt", self.renderInlineAsText(token.children, options, environment))
    token.attrSet("loading", "lazy")
    return self.renderToken(tokens, index, options, environment)


def list_item_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    item = self.renderToken(tokens, index, options, environment)
    if "checked" not in tokens[index].meta:
        return item
    state = 'aria-label="Done" checked' if tokens[index].meta["checked"] else 'aria-label="To do"'
    return f'{item}<input class="task-list-item-checkbox" type="checkbox" {state} disabled> '


def heading_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    name = _own(tokens[index].meta["heading"].id, environment)
    return f'<div class="heading"><{tokens[index].tag} id="{name}">'


def heading_close(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    # The link stands beside the heading, so that the heading's name is its text alone, and has
    # no text of its own (the style sheet draws the mark), so that feeds show none.
    heading = tokens[index].meta["heading"]
    label = f"Link to this section: {escape(heading.text)}".removesuffix(": ")
    link = f'<a class="anchor" href="#{_own(heading.id, environment)}" aria-label="{label}"></a>'
    return f"</{tokens[index].tag}>{link}</div>\n"


def table_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return '<div class="table" role="region" aria-label="Table" tabindex="0">\n<table>\n'


def table_close(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return "</table>\n</div>\n"


def td_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return f"<td{_alignment(tokens[index])}>"


def th_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return f'<th scope="col"{_alignment(tokens[index])}>'


def _alignment(token: Token) -> str:
    # markdown-it writes style="text-align:right", which the content security policy forbids.
    side = str(token.attrGet("style") or "").removeprefix("text-align:")
    return f' class="align-{side}"' if side else ""


def footnote_ref(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    number, place = _note(tokens[index])
    target, name = _own(f"fn-{number}", environment), _own(f"fnref-{place}", environment)
    label = f'role="doc-noteref" aria-label="Footnote {number}"'
    return f'<sup class="footnote-ref"><a href="#{target}" id="{name}" {label}>{number}</a></sup>'


def footnote_block_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return '<section class="footnotes" role="doc-endnotes" aria-label="Footnotes">\n<ol>\n'


def footnote_block_close(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return "</ol>\n</section>\n"


def footnote_open(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    return f'<li id="{_own(f"fn-{_note(tokens[index])[0]}", environment)}" class="footnote">'


def footnote_anchor(self, tokens: Tokens, index: int, options, environment: Environment) -> str:
    _, place = _note(tokens[index])
    target = _own(f"fnref-{place}", environment)
    label = f'role="doc-backlink" aria-label="Back to reference {place}"'
    # U+FE0E keeps phones from drawing the arrow as an emoji.
    return f' <a class="footnote-back" href="#{target}" {label}>↩\ufe0e</a>'


def _note(token: Token) -> tuple[int, str]:
    number, repeat = token.meta["id"] + 1, token.meta.get("subId", 0)
    return number, f"{number}-{repeat + 1}" if repeat > 0 else str(number)


def _own(name: str, environment: Environment) -> str:
    return sanitize.own_id(environment["prefix"] + name)
