"""``flask db kept``, ``purge`` and ``forget``: what was put aside instead of dropped."""

from __future__ import annotations

import json

import click

from cms.schema import kept, moving, own_tables, purging
from cms.schema.commands.group import adding, ask, backup_folder, json_option, say, yes_option
from cms.schema.disk import readable_size
from cms.schema.errors import SchemaError
from cms.schema.lock import only_one
from cms.schema.starting import engine


@adding("kept")
@json_option
def list_kept(as_json: bool) -> None:
    """List what downgrades (and upgrades) put aside instead of dropping it."""
    with engine().connect() as connection:
        found = kept.everything(connection)
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], indent=1))
    else:
        click.echo("\n".join(listing(found)) or "Nothing is put aside.")


def listing(found: list[kept.Holding]) -> list[str]:
    rows = [
        (
            str(one.thing.id),
            one.thing.kind,
            one.name,
            f"{one.rows:,}",
            readable_size(one.size_bytes),
            f"{one.age_days:.1f}",
            f"{one.thing.way} through {one.thing.revision}",
        )
        for one in found
    ]
    if not rows:
        return []
    table = [("id", "kind", "what", "rows", "size", "days", "put aside by"), *rows]
    widths = [max(len(row[number]) for row in table) for number in range(7)]
    shown = []
    for row in table:
        cells = (f"{cell:{way}{width}}" for cell, way, width in zip(row, "><<>>><", widths, strict=True))
        shown.append("  ".join(cells).rstrip())
    return shown


@adding("purge")
@click.option("--older-than", "older_than", required=True, metavar="AGE", help="As 90d or 12h; 0d means all of it.")
@click.option("--allow-blocking", is_flag=True, help="Let steps run that keep writers waiting.")
@yes_option
def purge(older_than: str, allow_blocking: bool, yes: bool) -> None:
    """Destroy for good what was put aside longer ago than AGE, after writing it to a file.

    But for this and flask db forget, which erases a person and writes no file, no command destroys what is put aside.
    """
    least = purging.age(older_than)
    with engine().connect() as connection:
        found = purging.due(connection, least)
        gone = purging.leftovers(connection, least)
    if not found and not gone:
        click.echo(f"Nothing was put aside longer ago than {older_than}.")
        return
    for line in [*listing(found), *purging.losses(found)]:
        click.echo(line)
    if found:
        ask(f"Destroy these {len(found)} for good?", yes)
    numbers = [one.thing.id for one in found if one.thing.id is not None]
    purging.purge(engine(), [*numbers, *gone], backup_folder(), say, allow_blocking=allow_blocking)


@adding("forget")
@click.argument("table")
@click.argument("column")
@click.argument("value")
@yes_option
def forget(table: str, column: str, value: str, yes: bool) -> None:
    """Erase rows of TABLE with this VALUE in COLUMN from what is put aside, as when a person asks for it.

    They are destroyed, and no file is written: that they are nowhere any more is the purpose. Backups and what a purge
    wrote are not looked into. What is in use is not touched: the application erases that.
    """
    with engine().connect() as connection:
        found = kept.traces(connection, table, column, value)
    if not found:
        click.echo(f"Nothing put aside holds such a row of {table}.")
        return
    for trace in found:
        click.echo(trace.sentence())
    ask("Destroy this for good?", yes)
    with engine().connect() as connection, only_one(connection, say=say):
        connection.rollback()
        cut_off = own_tables.unfinished(connection)
        if cut_off is not None:
            raise SchemaError(moving.cut_off(cut_off))
        erased = kept.erase(connection, table, column, value)
        connection.commit()
    click.echo(f"Erased: {sum(trace.rows for trace in erased)}.")
