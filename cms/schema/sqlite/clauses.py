"""What is said of a column or of a table: its type, its constraints, and which columns these name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cms.schema.sqlite.tokens import Token, in_quotes, outer, separated, spoken, spoken_tokens, words_of

BEGINS = {
    *("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "REFERENCES"),
    *("NOT", "NULL", "DEFAULT", "COLLATE", "GENERATED", "AS"),
}
RULES = {
    "PRIMARY": "PRIMARY KEY",
    "UNIQUE": "UNIQUE",
    "CHECK": "CHECK",
    "FOREIGN": "FOREIGN KEY",
    "REFERENCES": "FOREIGN KEY",  # in a column
}


@dataclass(frozen=True)
class Clause:
    """One thing said of a column or a table: NOT NULL, DEFAULT .., CONSTRAINT x CHECK (..)."""

    kind: str  # the first word behind its name: NOT, NULL, DEFAULT, CHECK, ..
    name: str | None
    tokens: tuple[Token, ...]  # without CONSTRAINT and the name
    start: int

    @property
    def end(self) -> int:
        return self.tokens[-1].end


@dataclass(frozen=True)
class Rule:
    """A constraint, whether it stands in a column or by itself. ``text`` is how it would stand by itself.

    ``columns`` of a CHECK are all that it names, ``condition`` is its bracket. ``parent_columns`` are empty where the
    parent's primary key is meant, ``on_delete`` and ``on_update`` where nothing is said.
    """

    kind: str  # "PRIMARY KEY", "UNIQUE", "CHECK" or "FOREIGN KEY"
    name: str | None
    columns: tuple[str, ...]
    text: str
    parent: str = ""
    parent_columns: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""
    condition: str = ""

    def about(self, column: str) -> bool:
        return column.lower() in map(str.lower, self.columns)

    def same(self, other: Rule) -> bool:
        """Whether it says what ``other`` says, whatever its name and whatever happens to the rows that it points to."""
        if self.kind == "CHECK" and other.kind == "CHECK":
            named = self.name is not None and self.name == other.name
            return named or words_of(self.condition) == words_of(other.condition)
        return (self.kind, *map(str.lower, self.columns)) == (other.kind, *map(str.lower, other.columns))


def clauses(text: str, skip: int) -> list[Clause]:
    """What is said of a column, ``skip`` being 1 for its name, or of a table (0)."""
    found: list[list[Token]] = []
    before = [Token("", 0), Token("", 0)]
    for number, token in enumerate(here := outer(text)):
        following = here[number + 1].word if number + 1 < len(here) else ""
        current = found[-1][0].word if found else ""
        named = current == "CONSTRAINT" and len(found[-1]) < 3 and token.word != "CONSTRAINT"
        if number < skip:
            continue
        if token.word in BEGINS and not named and not goes_on(token.word, before[-1].word, following, found):
            found.append([])
        if found:
            found[-1].append(token)
        before.append(token)
    return [clause_of(one) for one in found]


def goes_on(word: str, last: str, following: str, found: list[list[Token]]) -> bool:
    """Whether a word that may begin a clause belongs to the one that it stands in."""
    if word == "NOT":
        return following == "DEFERRABLE"
    if word in ("NULL", "DEFAULT"):  # NOT NULL, DEFAULT NULL, ON DELETE SET NULL, SET DEFAULT
        return last in ("NOT", "SET", "DEFAULT")
    if word == "REFERENCES":
        return bool(found) and any(token.word == "FOREIGN" for token in found[-1])
    if word == "GENERATED":
        return following != "ALWAYS"
    return word == "AS" and last == "ALWAYS"


def clause_of(found: list[Token]) -> Clause:
    if found[0].word != "CONSTRAINT":
        return Clause(found[0].word, None, tuple(found), found[0].start)
    rest = tuple(found[2:]) or tuple(found)  # SQLite takes a name without anything behind it
    return Clause(rest[0].word, found[1].name, rest, found[0].start)


def span_of_type(text: str) -> tuple[int, int]:
    """Where the type of a column stands, or would stand."""
    here, said = outer(text), clauses(text, 1)
    kind = [token for token in here[1:] if not said or token.start < said[0].start]
    return (kind[0].start, kind[-1].end) if kind else (here[0].end, here[0].end)


def rule_of(clause: Clause, text: str, own: list[str], columns: list[str]) -> Rule:
    """``own`` holds the column that the constraint stands in, if it does in one."""
    kind, said = RULES[clause.kind], clause.tokens
    bracket = next((token for token in said if token.text[0] == "("), None)
    words = " ".join(token.word for token in said)
    alone, listed, parent, parents = spoken(text, said), own, "", []
    if kind == "CHECK":
        listed = columns_in(bracket.text if bracket else "", columns)
    elif not own:
        listed = listed_in(bracket)
    elif kind == "FOREIGN KEY":
        alone = f"FOREIGN KEY ({in_quotes(own[0])}) {alone}"
    else:
        alone = f"{kind} ({in_quotes(own[0])})"
    if kind == "FOREIGN KEY":
        behind = said[[token.word for token in said].index("REFERENCES") + 1 :]
        parent = behind[0].name
        parents = listed_in(behind[1]) if len(behind) > 1 and behind[1].text[0] == "(" else []
    name = f"CONSTRAINT {in_quotes(clause.name)} " if clause.name is not None else ""
    return Rule(
        kind,
        clause.name,
        tuple(listed),
        name + alone,
        parent,
        tuple(parents),
        *(action(words, event) if parent else "" for event in ("DELETE", "UPDATE")),
        condition=bracket.text if bracket and kind == "CHECK" else "",
    )


def action(words: str, event: str) -> str:
    """What a foreign key does when its parent is deleted or updated; '' where nothing is said."""
    *_, last = ["", *re.findall(rf"ON {event} (CASCADE|RESTRICT|NO ACTION|SET NULL|SET DEFAULT)", words)]
    return last


def listed_in(bracket: Token | None) -> list[str]:
    """The columns between brackets, with a comma between them."""
    return [outer(one)[0].name for one in separated(bracket.text[1:-1])] if bracket else []


def columns_in(expression: str, columns: list[str]) -> list[str]:
    """The columns that an expression names: no texts, no functions, no table in front of a point."""
    seen = spoken_tokens(expression)
    following = [*(token.text for token in seen[1:]), ""]
    names = {
        token.name.lower()
        for token, then in zip(seen, following, strict=True)
        if token.text[0] != "'" and then not in ("(", ".")
    }
    return [column for column in columns if column.lower() in names]
