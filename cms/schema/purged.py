"""The file with what a purge takes away: gzipped lines of JSON, of which anything can be written back by hand."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from cms.schema import structure
from cms.schema.disk import beside, ensure_room, in_words, sync
from cms.schema.errors import SchemaError
from cms.schema.kept import CELLS, Holding
from cms.schema.names import is_ours
from cms.schema.snapshots import heads_of
from cms.schema.structure import quoted
from cms.schema.verify import any_text

FORMAT = 1
ROWS_AT_ONCE = 500


def dump(connection: Connection, found: list[Holding], folder: Path) -> Path:
    """Write all of ``found`` to a new file in ``folder``, for its owner alone, and read it back. Raises SchemaError."""
    with in_words("The dump was not written, and nothing was destroyed"):
        folder.mkdir(parents=True, exist_ok=True)
        ensure_room(folder, sum(one.size_bytes for one in found))
        path = folder / f"purged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.jsonl.gz"
        with beside(path) as private:
            unfinished = private / path.name
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with gzip.open(file, "wt", encoding="ascii") as lines, any_text(connection):
                    written = [write(line, lines) for line in described(connection, found)]
                file.flush()
                os.fsync(file.fileno())
            if sum(1 for _ in read(unfinished)) != written.count("row"):
                raise SchemaError("The dump does not read back as it was written. Nothing was destroyed.")
            os.replace(unfinished, path)
            sync(folder)
    return path


def write(line: dict[str, Any], lines: Any) -> str:
    lines.write(json.dumps(line) + "\n")
    return next(iter(line))


def described(connection: Connection, found: list[Holding]) -> Iterator[dict[str, Any]]:
    yield {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "database": connection.dialect.name,
        "heads": heads_of(connection),
    }
    for one in found:
        tables = structure.read(connection, lambda name, one=one: name not in one.places)
        for place, table in tables.items():
            yield {"thing": {**one.as_json(), "table": place, "extra": one.thing.extra, "lines": table.lines}}
            columns = list(table.columns)
            where = ""
            if one.thing.kind in CELLS:
                # With its key, or all of the row where there is none, so that one can tell whose the cell was.
                beside_it = table.primary_key or [column for column in columns if not is_ours(column)]
                columns = [*beside_it, one.thing.kept_name]
                where = f" WHERE {quoted(one.thing.kept_name)} IS NOT NULL"
            sql = f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(place)}{where}"
            count = 0
            options = {"no_parameters": True, "yield_per": ROWS_AT_ONCE}
            for row in connection.exec_driver_sql(sql, execution_options=options):
                yield {"row": {name: as_json(value) for name, value in zip(columns, row, strict=True)}}
                count += 1
            yield {"rows": count}


def read(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row of the dump at ``path`` with the thing that it belongs to. Raises SchemaError unless it is whole."""
    thing: dict[str, Any] = {}
    count: int | None = None
    with gzip.open(path, "rt", encoding="ascii") as lines:
        try:
            for number, text in enumerate(lines):
                line = json.loads(text)
                if number == 0:
                    if line["format"] > FORMAT:
                        raise SchemaError(f"{path} was made by a newer release.")
                elif "thing" in line:
                    thing, count = line["thing"], 0
                elif "row" in line:
                    count = (count or 0) + 1
                    yield thing, {name: from_json(value) for name, value in line["row"].items()}
                elif line["rows"] != count:
                    raise SchemaError(f"{path} lacks rows of {thing.get('name')}.")
                else:
                    count = None
        except (EOFError, OSError, ValueError, KeyError) as error:
            raise SchemaError(f"{path} is damaged: {error}") from error
    if count is not None:
        raise SchemaError(f"{path} ends too early.")


def as_json(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, timedelta):
        return {"time": [value.days, value.seconds, value.microseconds]}
    return value


def from_json(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    readers = {
        "bytes": base64.b64decode,
        "decimal": Decimal,
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": lambda parts: timedelta(*parts),
    }
    return readers[kind](text)
