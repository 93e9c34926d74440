"""SQL as it is spelt: its names, where it may be cut, and what a raw statement does as far as its first words tell."""

from __future__ import annotations

import re

TEXT = r"'(?:[^'\\]|''|\\.)*'"
QUOTED = r"`(?:[^`]|``)+`"
NAME = rf'(?:{QUOTED}|"(?:[^"]|"")+"|[^\s`"(),;.]+)'  # an identifier, in quotes or not
PLACE = rf"{NAME}(?:\s*\.\s*{NAME})?"  # of a table, with its database or without
READING = {"SELECT", "SHOW", "PRAGMA", "EXPLAIN", "DESCRIBE", "DESC", "VALUES"}
WRITING = {"INSERT", "UPDATE"}
DESTROYING = {"DELETE", "REPLACE", "TRUNCATE", "DROP"}
DEFINING = {"CREATE", "ALTER", "RENAME"}
EXECUTED = re.compile(r"/\*M?!\d*(.*?)\*/", re.DOTALL)
NOISE = re.compile(rf"({QUOTED})|/\*.*?\*/|--[^\n]*|#[^\n]*|{TEXT}", re.DOTALL)
SUBJECT = re.compile(r"\b(TABLE|INDEX|TRIGGER|VIEW)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL)


def unquoted(name: str) -> str:
    """The identifier itself."""
    sign = name[:1]
    return name[1:-1].replace(sign * 2, sign) if sign in ("`", '"') else name


def cut(text: str, at: str) -> list[str]:
    """The pieces of ``text`` between the signs ``at`` that stand in no bracket, text or name."""
    pieces, depth, start = [], 0, 0
    for found in re.finditer(rf"{TEXT}|{QUOTED}|[()]|{at}", text, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if found[0] == at and depth == 0:
            pieces.append(text[start : found.start()].strip())
            start = found.end()
    return [piece for piece in (*pieces, text[start:].strip()) if piece]


def bare(statement: str) -> str:
    """The statement without comments and quoted texts; MySQL executes what stands in ``/*! */``."""
    return NOISE.sub(lambda found: found[1] or " ", EXECUTED.sub(r" \1 ", statement)).strip()


def verb(statement: str) -> str:
    """What the statement does, looking behind the queries that a WITH puts in front of it."""
    words = bare(statement)
    if words.upper().startswith("WITH"):
        while (shorter := re.sub(r"\([^()]*\)", " ", words)) != words:
            words = shorter
        found = re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|REPLACE)\b", words, re.IGNORECASE)
    else:
        found = re.match(r"\w+", words)
    return found[0].upper() if found else ""


def destroys(statement: str) -> bool:
    """Whether rows may be gone after it: DELETE, DROP and their like, wherever they stand."""
    does, words = verb(statement), bare(statement)
    if does == "ALTER":
        return re.search(r"\bDROP\b", words, re.IGNORECASE) is not None
    return does in DESTROYING or re.match(r"CREATE\s+OR\s+REPLACE\s+TABLE\b", words, re.IGNORECASE) is not None


def subjects(statement: str) -> list[str]:
    """The tables that a statement about the schema is about."""
    found = SUBJECT.search(bare(statement))
    if found is None:
        return []
    kind, rest = found[1].upper(), found[2]
    if kind in ("INDEX", "TRIGGER") and (of := re.search(rf"\bON\s+({NAME})", rest, re.IGNORECASE)):
        return [unquoted(of[1])]
    listed = cut(rest, ",") if verb(statement) == "DROP" else [rest]
    return [unquoted(name[0]) for one in listed if (name := re.match(NAME, one))]


def written(statement: str) -> list[str] | None:
    """The tables whose rows an INSERT, UPDATE or DELETE writes; None where its first words do not tell."""
    does, words = verb(statement), bare(statement).rstrip("; \n")
    found = re.search(rf"\b{does}\b(.*)", outside_of_brackets(words), re.IGNORECASE | re.DOTALL) if does else None
    if found is None or ";" in words:
        return None
    rest = re.sub(
        r"^\s*((LOW_PRIORITY|HIGH_PRIORITY|DELAYED|IGNORE|QUICK|OR\s+\w+)\s+)*", "", found[1], flags=re.IGNORECASE
    )
    if does == "INSERT":
        return tables_in([re.sub(r"^INTO\s+", "", rest, flags=re.IGNORECASE)])
    if does == "UPDATE":
        listed = re.split(r"\bSET\b", rest, maxsplit=1, flags=re.IGNORECASE)[0]
        return (
            None if "(" in listed else tables_in(re.split(r",|\bSTRAIGHT_JOIN\b|\bJOIN\b", listed, flags=re.IGNORECASE))
        )
    if does == "DELETE" and (only := re.match(rf"FROM\s+({PLACE})\s*(WHERE\b|ORDER\b|LIMIT\b|$)", rest, re.IGNORECASE)):
        return tables_in([only[1]])
    return None


def tables_in(listed: list[str]) -> list[str] | None:
    """The table that each piece begins with, behind the name of its database if that is said."""
    found = [re.match(rf"\s*({PLACE})", one) for one in listed]
    return [unquoted(re.findall(NAME, one[1])[-1]) for one in found if one] if all(found) else None


def outside_of_brackets(words: str) -> str:
    """The statement with an empty bracket in place of each; a name in quotes is left alone."""
    pieces, depth = [], 0
    for found in re.finditer(rf"{QUOTED}|[()]|.", words, re.DOTALL):
        depth -= found[0] == ")"
        if depth == 0:
            pieces.append(found[0])
        depth += found[0] == "("
    return "".join(pieces)


def changed(statement: str) -> list[str]:
    """The tables that may look otherwise behind a statement, under their names before and behind it."""
    words, does = bare(statement), verb(statement)
    if does == "RENAME":
        return [unquoted(one) for one in re.findall(NAME, words)[2:] if one.upper() != "TO"]
    renamed = re.search(rf"\bRENAME\s+(?:TO\s+|AS\s+)?({NAME})\s*$", words, re.IGNORECASE) if does == "ALTER" else None
    return [*subjects(statement), *([unquoted(renamed[1])] if renamed else [])]
