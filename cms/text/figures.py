"""Figures: a picture alone in its paragraph, with a caption or wider than the text.

    ![What it shows](address "What is told below it"){.wide}

The title becomes the caption, in which marks and links work; ``{.wide}`` and ``{.full}`` break out of the column.
"""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_WIDTH = re.compile(r"\s*\{\s*\.(wide|full)\s*\}\s*")


def make(state: StateCore) -> None:
    """Has each such paragraph be a figure."""
    tokens: list[Token] = []
    place = 0
    while place < len(state.tokens):
        part = state.tokens[place : place + 3]
        figure = _figure(state, part) if part[0].type == "paragraph_open" and len(part) == 3 else None
        tokens += figure or part[:1]
        place += 3 if figure else 1
    state.tokens = tokens


def _figure(state: StateCore, paragraph: list[Token]) -> list[Token] | None:
    """The figure that ``paragraph`` is; None where it is an ordinary one."""
    opening, inline, _ = paragraph
    image, *rest = inline.children or [None]
    if image is None or image.type != "image" or any(token.type != "text" for token in rest):
        return None
    behind = "".join(token.content for token in rest)
    width = _WIDTH.fullmatch(behind)
    caption = str(image.attrs.pop("title", "")) if width or not behind.strip() else ""
    if not (width or caption):
        return None
    inline.children, inline.content = [image], ""
    figure = Token("figure_open", "figure", 1, block=True, level=opening.level, map=opening.map)
    if width:
        figure.attrSet("class", width[1])
    made = [figure, inline]
    if caption:
        words: list[Token] = []
        state.md.inline.parse(caption, state.md, state.env, words)
        made += [
            Token("figcaption_open", "figcaption", 1, block=True),
            Token("inline", "", 0, content=caption, children=words, block=True),
            Token("figcaption_close", "figcaption", -1, block=True),
        ]
    return [*made, Token("figure_close", "figure", -1, block=True, level=opening.level)]
