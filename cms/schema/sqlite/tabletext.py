"""The text of a table as SQLite keeps it, cut into columns and constraints and put together again word for word.

SQLite's grammar: https://www.sqlite.org/lang_createtable.html. A text is what sqlite_master says: SQLite has read it
before, so nothing here looks for mistakes in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from cms.schema.errors import SchemaError
from cms.schema.sqlite.clauses import RULES, Clause, Rule, clauses, rule_of, span_of_type
from cms.schema.sqlite.tokens import BLANKS, ends_line, in_quotes, joined, outer, spoken, spoken_tokens

OF_A_TABLE = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}  # a column of such a name stands in quotes


@dataclass
class Item:
    """What stands between two commas. SQLite takes two constraints of a table without one, too."""

    text: str
    comma: bool = True


class TableText:
    """A CREATE TABLE, to be changed piece by piece; ``str`` gives the text. Columns are named in any case of letters.

    Raises SchemaError where there is no such column or constraint.
    """

    def __init__(self, head: str, items: list[Item], tail: str) -> None:
        self.head, self.items, self.tail = head, items, tail
        self.dropped: list[str] = []

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises SchemaError for a virtual table, which is none of ours to change."""
        body = next((token for token in outer(text) if token.text[0] == "("), None)
        if body is None or re.match(r"\s*CREATE\s+VIRTUAL\b", text, re.IGNORECASE):
            raise SchemaError(f"This is no table that could be made anew: {' '.join(text.split())[:100]}")
        inner, items, begin = body.text[1:-1], [], 0
        for token in outer(inner):
            if token.text == ",":
                items.append(Item(inner[begin : token.start]))
                begin = token.end
        items.append(Item(inner[begin:]))
        apart = items[:1]
        for item in items[1:]:
            apart += side_by_side(item)
        return cls(text[: body.start + 1], apart, text[body.end - 1 :])

    def __str__(self) -> str:
        return f"{self.head}{self.body()}{self.tail}"

    def body(self) -> str:
        return "".join(f"{',' * (number > 0 and item.comma)}{item.text}" for number, item in enumerate(self.items))

    # What it says

    @property
    def name(self) -> str:
        return outer(self.head.removesuffix("("))[-1].name

    @property
    def columns(self) -> list[str]:
        return [outer(item.text)[0].name for item in self.items if is_column(item) or item is self.items[0]]

    def definition_of(self, column: str) -> str:
        """All that is said of it, its name included."""
        return self.items[self.place(column)].text.strip(BLANKS)

    def kind_of(self, column: str) -> str:
        """The type, '' where there is none."""
        text = self.items[self.place(column)].text
        start, end = span_of_type(text)
        return text[start:end]

    def default_of(self, column: str) -> str | None:
        """The default as SQL; None where there is none."""
        found = self.clause(column, "DEFAULT")
        return spoken(self.items[self.place(column)].text, found.tokens[1:]) if found else None

    def not_null(self, column: str) -> bool:
        return self.clause(column, "NOT") is not None

    def generated_of(self, column: str) -> str | None:
        """GENERATED ALWAYS AS (..) VIRTUAL, or None for a column that is written."""
        found = self.clause(column, "GENERATED") or self.clause(column, "AS")
        return spoken(self.items[self.place(column)].text, found.tokens) if found else None

    def collation_of(self, column: str) -> str | None:
        found = self.clause(column, "COLLATE")
        return found.tokens[1].name if found else None

    def rules(self) -> list[Rule]:
        return [rule for _, _, rule in self.placed_rules()]

    def rules_beside(self) -> list[Rule]:
        """Those that stand in no column."""
        return [rule for place, _, rule in self.placed_rules() if place >= len(self.columns)]

    # Changing it

    def add_column(self, definition: str) -> None:
        """Behind the last column."""
        self.put_in(len(self.columns), definition)

    def drop_column(self, column: str) -> None:
        """With all constraints that name it."""
        self.drop_rules(lambda rule: rule.about(column))
        place = self.place(column)
        self.dropped.append(self.columns[place])
        self.take_out(place)

    def add_rule(self, text: str) -> None:
        self.put_in(len(self.items), text)

    def drop_rules(self, wanted: Callable[[Rule], bool]) -> list[Rule]:
        """Those that went."""
        gone = []
        while found := next((one for one in self.placed_rules() if wanted(one[2])), None):
            place, clause, rule = found
            if place < len(self.columns):
                self.cut(place, clause)
            else:
                self.take_out(place)
            gone.append(rule)
        return gone

    def set_kind(self, column: str, kind: str) -> None:
        item = self.items[self.place(column)]
        start, end = span_of_type(item.text)
        item.text = joined(f"{item.text[:start]}{' ' * (start == end)}", kind, item.text[end:])

    def set_null(self, column: str, *, allowed: bool) -> None:
        if self.not_null(column) == allowed:
            for kind in ("NOT", "NULL"):
                self.replace(column, kind, None)
            if not allowed:
                self.replace(column, "NOT", "NOT NULL")

    def set_default(self, column: str, default: str | None) -> None:
        if self.default_of(column) != default:
            self.replace(column, "DEFAULT", f"DEFAULT {default}" if default is not None else None)

    def set_collation(self, column: str, collation: str | None) -> None:
        if self.collation_of(column) != collation:
            said = f"COLLATE {in_quotes(collation)}" if collation is not None else None
            self.replace(column, "COLLATE", said)

    def set_generated(self, column: str, how: str | None) -> None:
        for kind in ("GENERATED", "AS"):
            self.replace(column, kind, None)
        self.replace(column, "GENERATED", how)

    def called(self, name: str) -> str:
        """The text of the same table under a name that needs no quotes; what named itself names its columns alone."""
        old, body = outer(self.head.removesuffix("("))[-1], self.body()
        for table, point in reversed([*pairwise(spoken_tokens(body))]):
            if point.text == "." and table.name.lower() == self.name.lower():
                body = joined(body[: table.start], body[point.end :])
        return f"{joined(self.head[: old.start], name, self.head[old.end :])}{body}{self.tail}"

    # How

    def place(self, column: str) -> int:
        for place, name in enumerate(self.columns):
            if name.lower() == column.lower():
                return place
        raise SchemaError(f"There is no column {self.name}.{column}.")

    def clause(self, column: str, kind: str) -> Clause | None:
        return next((one for one in clauses(self.items[self.place(column)].text, 1) if one.kind == kind), None)

    def replace(self, column: str, kind: str, text: str | None) -> None:
        place = self.place(column)
        item, old = self.items[place], self.clause(column, kind)
        if old is not None and text is not None:
            item.text = joined(item.text[: old.start], text, item.text[old.end :])
        elif old is not None:
            self.cut(place, old)
        elif text is not None:
            end = outer(item.text)[-1].end
            item.text = joined(item.text[:end], f" {text}", item.text[end:])

    def cut(self, place: int, clause: Clause) -> None:
        item = self.items[place]
        before = item.text[: clause.start].rstrip(BLANKS)
        item.text = joined(before + ends_line(before), item.text[clause.end :])

    def take_out(self, place: int) -> None:
        gone = self.items.pop(place)
        if place < len(self.items):
            self.items[place].comma = gone.comma
        else:
            left, end = self.items[-1], gone.text[len(gone.text.rstrip(BLANKS)) :]
            left.text = left.text.rstrip(BLANKS) + (ends_line(left.text.rstrip(BLANKS)) or end)

    def put_in(self, place: int, text: str) -> None:
        if place < len(self.items):
            self.items.insert(place, Item(f"\n\t{text}"))
            self.items[place + 1].comma = True
            return
        last = self.items[-1]
        short = last.text.rstrip(BLANKS)
        end = last.text[len(short) :]
        last.text = short + ends_line(short)
        self.items.append(Item(f" \n\t{text}{end}"))

    def placed_rules(self) -> Iterator[tuple[int, Clause, Rule]]:
        columns = self.columns
        for place, item in enumerate(self.items):
            own = columns[place : place + 1]
            for clause in clauses(item.text, len(own)):
                if clause.kind in RULES:
                    yield place, clause, rule_of(clause, item.text, own, columns)


def is_column(item: Item) -> bool:
    return outer(item.text)[0].word not in OF_A_TABLE


def side_by_side(item: Item) -> list[Item]:
    """The constraints of a table that stand there without a comma between them."""
    if is_column(item):
        return [item]
    starts = [one.start for one in clauses(item.text, 0)][1:]
    cuts = [0, *starts, len(item.text)]
    return [Item(item.text[begin:end], begin == 0) for begin, end in pairwise(cuts)]
