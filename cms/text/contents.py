"""The table of contents of a text, read out of its stored HTML."""

import re
from dataclasses import dataclass, field
from html import unescape

from cms.text.markdown import Heading

FEWEST = 3  # headings; with less of them one sees where everything is
_HEADING = re.compile(r'<div class="heading"><h([2-6]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Section:
    """A heading, and those one step below it."""

    heading: Heading
    parts: list[Heading] = field(default_factory=list)


def of(html: str) -> list[Section]:
    """The sections of a text and their parts; none of one that has few."""
    found = [
        Heading(int(level), text, unescape(anchor))
        for level, anchor, inner in _HEADING.findall(html)
        if (text := unescape(_TAG.sub("", inner)).strip())
    ]
    if len(found) < FEWEST:
        return []
    top = min(heading.level for heading in found)
    sections: list[Section] = []
    for heading in found:
        if heading.level == top or not sections:
            sections.append(Section(heading))
        elif heading.level == top + 1:
            sections[-1].parts.append(heading)
    return sections
