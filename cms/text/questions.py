"""What a reader typed into the search: words, "phrases", begun words* and the filters ``tag:`` and ``author:``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cms.text import tokens
from cms.text.slug import slugify
from cms.text.tokens import Term

LONGEST = 200
MOST_FILTERS = 5
# As they are typed on a Chinese keyboard too, where the colon is a wide one.
NAMES = {"tag": "tag", "author": "author", "标签": "tag", "標籤": "tag", "作者": "author"}
# A phrase is taken whole: what looks like a filter inside it is none. "(?!/)" leaves addresses alone.
_PART = re.compile(rf"\"[^\"]*\"|(?<!\S)({'|'.join(NAMES)})[:：](?!/)(?:\"([^\"]*)\"|([^\s\"]+))", re.IGNORECASE)


@dataclass(frozen=True)
class Filter:
    """``tag:sea``: only posts with that tag, or of that author."""

    kind: str
    name: str

    @property
    def term(self) -> Term:
        return Term([tokens.of_name(self.kind, slugify(self.name))])


@dataclass(frozen=True)
class Question:
    """What to look for. ``words`` is what was typed beside the filters."""

    words: str
    terms: Sequence[Term]
    filters: Sequence[Filter]

    @property
    def all_terms(self) -> list[Term]:
        return [*(one.term for one in self.filters), *self.terms]

    def with_words(self, words: str) -> str:
        """The same to be typed with other words."""
        named = (f'{one.kind}:"{one.name}"' if " " in one.name else f"{one.kind}:{one.name}" for one in self.filters)
        return " ".join([words, *named]).strip()


def read(typed: str) -> Question:
    """Whatever was typed means something or nothing; nothing is an error."""
    filters: list[Filter] = []

    def take(match: re.Match[str]) -> str:
        kind, quoted, bare = match.groups()
        if kind is None:
            return match[0]
        found = Filter(NAMES[kind.lower()], " ".join((quoted if quoted is not None else bare).split()))
        if not slugify(found.name):
            return " "
        if found not in filters:
            filters.append(found)
        return " "

    words = _PART.sub(take, typed[:LONGEST])
    return Question(" ".join(words.split()), tokens.for_query(words), filters[:MOST_FILTERS])
