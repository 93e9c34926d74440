"""What a database looks like, as lines that are compared with what the last run left.

MariaDB and MySQL: SHOW CREATE TABLE, the triggers, the views and the routines. SQLite: the texts that it keeps of
tables, indexes, triggers and views, piece by piece, so that neither blanks nor quotes nor comments count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sqlalchemy.engine import Connection

from cms.schema import structure
from cms.schema.sqlite.clauses import RULES, clauses
from cms.schema.sqlite.tabletext import TableText, is_column
from cms.schema.sqlite.tokens import outer, spoken_tokens
from cms.schema.statements import NAME, bare, unquoted
from cms.schema.structure import Table

# 1 had no triggers, and on SQLite neither CHECKs nor collations nor what an index is about; 2 had no views and routines
FORM = 3

PROGRAMS = ("view ", "procedure ", "function ")  # what their names begin with, where tables have theirs alone

Lines = dict[str, list[str]]


def lines(connection: Connection, leave_out: Callable[[str], bool]) -> Lines:
    """By table, in the form of today. What was kept is left out, as is a trigger that writes to what is left out."""
    sqlite = connection.dialect.name == "sqlite"
    tables = of_sqlite(connection, leave_out) if sqlite else structure.read(connection, leave_out)

    def shown(line: str) -> bool:
        return not any(leave_out(unquoted(word)) for word in re.findall(NAME, bare(line)))

    for name, line in triggers_of_sqlite(connection) if sqlite else triggers_of_mysql(connection):
        if name in tables and shown(line):
            tables[name].lines.append(line)
    programs = views_of_sqlite(connection) if sqlite else programs_of_mysql(connection)
    return structure.visible_lines(tables) | {name: [line] for name, line in programs if shown(line)}


def without_programs(found: Lines) -> Lines:
    """In the second form."""
    return {name: of_one for name, of_one in found.items() if not name.startswith(PROGRAMS)}


def lines_of_old(connection: Connection, leave_out: Callable[[str], bool]) -> Lines:
    """In the first form, to be compared with what an older release noted."""
    return structure.visible_lines(structure.read(connection, leave_out))


def of_sqlite(connection: Connection, leave_out: Callable[[str], bool]) -> dict[str, Table]:
    query = "SELECT type, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    tables = {name: Table(name) for name in structure.table_names(connection) if not leave_out(name)}
    for kind, name, text in connection.exec_driver_sql(query):
        if name in tables:
            tables[name].lines += [*lines_of_table(TableText.read(text))] if kind == "table" else [plain(text)]
    return tables


def lines_of_table(text: TableText) -> Iterator[str]:
    for number, item in enumerate(text.items):
        if number and not is_column(item):
            yield plain(item.text)
            continue
        name, said = outer(item.text)[0].name, clauses(item.text, 1)
        rules = [one for one in said if one.kind in RULES]
        whole = item.text
        for rule in reversed(rules):
            whole = whole[: rule.start] + " " + whole[rule.end :]
        yield f"`{name}` {plain(whole)}"
        yield from (f"`{name}`: {plain(item.text[rule.start : rule.end])}" for rule in rules)
    if options := plain(text.tail.lstrip(")")):
        yield options


def plain(text: str) -> str:
    """Word by word: names without quotes, a text as it is, no comments."""
    return " ".join(
        token.text if token.text[0] == "'" else token.name.lower() if token.word else token.name
        for token in spoken_tokens(text)
    )


def triggers_of_sqlite(connection: Connection) -> Iterator[tuple[str, str]]:
    query = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    for name, text in connection.exec_driver_sql(query).all():
        yield name, plain(text)


def triggers_of_mysql(connection: Connection) -> Iterator[tuple[str, str]]:
    query = (
        "SELECT event_object_table, trigger_name, action_timing, event_manipulation, action_statement "
        "FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY trigger_name"
    )
    for table, name, when, event, statement in connection.exec_driver_sql(query).all():
        yield table, f"TRIGGER `{name}` {when} {event} {' '.join(statement.split())}"


def views_of_sqlite(connection: Connection) -> Iterator[tuple[str, str]]:
    for name, text in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view'").all():
        yield f"view {name}", plain(text)


def programs_of_mysql(connection: Connection) -> Iterator[tuple[str, str]]:
    """Views, procedures and functions; a view's text names its database, which a restored one has another name for."""
    database = connection.exec_driver_sql("SELECT DATABASE()").scalar_one()
    views = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()"
    for name, text in connection.exec_driver_sql(views).all():
        yield f"view {name}", text.replace(f"`{database}`.", "")
    routines = """
        SELECT r.routine_type, r.routine_name, r.routine_definition, r.sql_data_access, r.security_type,
            (SELECT GROUP_CONCAT(COALESCE(p.parameter_mode, 'RETURNS'), ' ', COALESCE(p.parameter_name, ''), ' ',
                p.dtd_identifier ORDER BY p.ordinal_position SEPARATOR ', ')
            FROM information_schema.parameters p
            WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name
                AND p.routine_type = r.routine_type)
        FROM information_schema.routines r WHERE r.routine_schema = DATABASE()
    """
    for kind, name, text, access, security, parameters in connection.exec_driver_sql(routines).all():
        yield f"{kind.lower()} {name}", f"({parameters or ''}) {access} {security} {' '.join((text or '').split())}"
