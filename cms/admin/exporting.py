"""Lists as files: CSV, JSON and XLSX, made row by row, so that memory does not grow with the list."""

import csv
import json
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from itertools import chain
from typing import IO, Any

from flask import Response, stream_with_context
from markupsafe import Markup
from xlsxwriter import Workbook

from cms import clock
from cms.admin import paths
from cms.db import db

ROWS_AT_ONCE = 200
MOST_ROWS = 200_000
MOST_LETTERS_A_CELL = 32_767  # Excel's own limit
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_AS_THEY_ARE = (bool, int, float)

# What a spreadsheet would take for a formula, or hide one behind.
_FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@|%]|^[\t\r\n]")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")


class Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def harmless(value: Any) -> str:
    """``value`` as text that no spreadsheet runs."""
    text = plain(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class Exporting:
    """The export of ``CmsModelView``: what search and filters leave of the visible rows, in the order of the list."""

    export_types = ["csv", "json", "xlsx"]

    def exported(self, export_type: str) -> Response:
        """All rows of the list as it is narrowed now, at most MOST_ROWS, in a file of this type."""
        arguments = self._get_list_extra_args()
        column = self._get_column_by_idx(arguments.sort)
        query = self.whole_list(column[0] if column else None, arguments.sort_desc, arguments.search, arguments.filters)
        rows = self._rows(query)
        titles = [str(title) for _, title in self._export_columns]
        write, kind = FORMATS[export_type]
        name = f"{self.endpoint.removeprefix('admin_')}-{clock.now():%Y-%m-%d}.{export_type}"
        # JSON is for programs: there a field is called as everywhere, whatever the list calls it.
        heads = [name for name, _ in self._export_columns] if export_type == "json" else titles
        parts = write(heads, rows)
        first = next(parts)  # what goes wrong so far is still an error page, and no half of a file
        return Response(
            stream_with_context(chain([first], parts)),
            mimetype=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )

    def _rows(self, query: Any) -> Iterator[list[Any]]:
        """A few at a time by their ids, whose list is small: over a cursor that is still open MariaDB could ask
        for nothing that the rows need. Who is gone meanwhile is left out."""
        key = self._key
        ids = list(db.session.scalars(query.with_only_columns(key, maintain_column_froms=True).limit(MOST_ROWS)))
        chosen = self.get_query().options(*self.list_options)
        for start in range(0, len(ids), ROWS_AT_ONCE):
            part = ids[start : start + ROWS_AT_ONCE]
            rows = {row.id: row for row in db.session.scalars(paths.among(chosen, key, part))}
            yield from (self._exported_cells(rows[number]) for number in part if number in rows)

    def _exported_cells(self, row: Any) -> list[Any]:
        return [self.export_value(row, name) for name, _ in self._export_columns]

    def export_value(self, row: Any, name: str) -> Any:
        """The value of one cell: by ``column_formatters_export``, else the plain attribute."""
        formatter = (self.column_formatters_export or {}).get(name)
        return formatter(self, None, row, name) if formatter else getattr(row, name)


def _csv(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(heads)
    for row in rows:
        yield writer.writerow([harmless(value) for value in row])


def _json(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    """A list of objects, a line each. Nothing is made harmless: programs run no formulas."""
    before = "[\n"
    for row in rows:
        cells = dict(zip(heads, map(_for_json, row), strict=True))
        yield before + json.dumps(cells, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _for_json(value: Any) -> Any:
    if value is None or isinstance(value, KEPT_AS_THEY_ARE):
        return value
    if isinstance(value, list | tuple):
        return [_for_json(item) for item in value]
    return plain(value)


def _xlsx(heads: list[str], rows: Iterator[list[Any]]) -> Iterator[bytes]:
    """A sheet whose cells are texts and numbers, never formulas or links, whatever they begin with."""
    with tempfile.TemporaryFile() as file:
        _write_sheet(file, heads, rows)
        file.seek(0)
        while part := file.read(1 << 16):
            yield part


def _write_sheet(file: IO[bytes], heads: list[str], rows: Iterator[list[Any]]) -> None:
    with Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, head in enumerate(heads):
            sheet.write_string(0, column, head, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, column, value.replace(tzinfo=None))  # in UTC, as in the other files
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, plain(value)[:MOST_LETTERS_A_CELL])


FORMATS = {"csv": (_csv, "text/csv"), "json": (_json, "application/json"), "xlsx": (_xlsx, XLSX)}
