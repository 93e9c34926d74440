"""Lists as files: what the filter shows, in the order of the list, in three forms."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from cms.admin import exporting
from cms.models import CommentStatus
from tests.factories import make_author, make_comment, make_post, make_user
from tests.signing_in import signed_in

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DANGEROUS = ['=HYPERLINK("http://example.org")', "@cmd", "+1+1", "-2+3", "\t=1", "|calc", "%0A", "http://example.org"]


@pytest.fixture
def posts(client):
    author = make_author("Ünal, the 2nd")
    for day, title in enumerate(DANGEROUS, start=1):
        make_post(title=title, authors=[author.id], at=datetime(2026, 1, day, 9, 30, tzinfo=UTC), tags=["a", "b"])
    make_post("draft", title="A draft")
    signed_in(client, make_user("editor"))


def file(client, kind, query="state=published"):
    answer = client.get(f"/admin/post/export/{kind}/?{query}", buffered=True)
    assert answer.status_code == 200
    assert re.fullmatch(
        rf'attachment; filename="post-\d{{4}}-\d\d-\d\d\.{kind}"', answer.headers["Content-Disposition"]
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return answer


def sheet(answer):
    """The cells of the only sheet: texts as they are, numbers as such; no formula anywhere."""
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert not [
            name for name in book.namelist() if "external" in name.lower() or ("rels" in name and "sheet" in name)
        ]
        root = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not list(root.iter(f"{SHEET}f"))
    return [
        [
            "".join(text.text or "" for text in cell.iter(f"{SHEET}t"))
            if cell.get("t") == "inlineStr"
            else float(cell.findtext(f"{SHEET}v") or "nan")
            for cell in row
        ]
        for row in root.iter(f"{SHEET}row")
    ]


def test_json_has_each_field_by_its_name_and_as_it_is(client, posts):
    answer = file(client, "json")

    found = json.loads(answer.text)
    assert answer.mimetype == "application/json"
    assert {one["title"] for one in found} == {title.strip() for title in DANGEROUS}
    first = next(one for one in found if one["title"] == "@cmd")
    assert (first["authors"], first["tags"], first["state"]) == (["Ünal, the 2nd"], ["a", "b"], "published")
    assert first["published_at"] == "2026-01-02T09:30:00+00:00"
    assert isinstance(first["word_count"], int)


def test_xlsx_holds_texts_and_numbers_and_never_a_formula(client, posts):
    heads, *rows = sheet(file(client, "xlsx"))

    by_title = {row[0]: row for row in rows}
    assert heads[:2] == ["Title", "Address"]
    assert by_title.keys() == {title.strip() for title in DANGEROUS}
    row = dict(zip(heads, by_title["@cmd"], strict=True))
    assert row["Authors"] == "Ünal, the 2nd"
    assert row["Words"] > 0
    assert row["Published"] == pytest.approx(46024 + 9.5 / 24)  # days since 1900, as Excel counts


def test_csv_makes_harmless_what_a_spreadsheet_would_run(client, posts):
    answer = file(client, "csv")

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    titles = {row[0] for row in rows[1:]}
    assert len(titles) == len(DANGEROUS)
    assert all(not re.match(r"[=+\-@|%\t]", title) for title in titles)


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_a_file_has_the_order_of_the_list_and_what_the_filter_shows(client, posts, kind):
    def titles(query):
        answer = file(client, kind, query)
        if kind == "json":
            return [one["title"] for one in json.loads(answer.text)]
        rows = sheet(answer) if kind == "xlsx" else list(csv.reader(io.StringIO(answer.text)))
        return [row[0].removeprefix("'") for row in rows[1:]]

    assert titles("state=draft") == ["A draft"]
    assert titles("state=trashed") == []
    up = titles("state=published&sort=0")
    assert len(up) == len(DANGEROUS)
    assert up == titles("state=published&sort=0&desc=1")[::-1]


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_each_list_can_be_exported(client, kind):
    make_comment(make_post(tags=["one"]), CommentStatus.APPROVED, body="Of a reader")
    signed_in(client, make_user("admin"))

    for name in ("post", "page", "comment", "media", "tag", "author", "redirect", "user", "role", "mail", "audit"):
        answer = client.get(f"/admin/{name}/export/{kind}/", buffered=True)
        assert answer.status_code == 200, name
        assert answer.data
        if kind == "json":
            assert isinstance(json.loads(answer.text), list)


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_a_file_of_many_parts_has_each_row_once_and_whole(client, monkeypatch, kind):
    monkeypatch.setattr(exporting, "ROWS_AT_ONCE", 7)
    authors = [make_author(f"Author {number}").id for number in range(3)]
    titles = [f"Post {number:02}" for number in range(30)]
    for number, title in enumerate(titles):
        make_post(title=title, tags=["a", f"tag {number}"], authors=authors)
    signed_in(client, make_user("editor"))

    answer = client.get(f"/admin/post/export/{kind}/", buffered=True)

    if kind == "json":
        found = [(row["title"], row["tags"]) for row in json.loads(answer.text)]
    else:
        heads, *rows = csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))) if kind == "csv" else sheet(answer)
        found = [(row[heads.index("Title")], row[heads.index("Tags")].split(", ")) for row in rows]
    expected = [(title, {"a", f"tag {number}"}) for number, title in enumerate(titles)]
    assert [(title, set(tags)) for title, tags in reversed(found)] == expected


def test_what_goes_wrong_before_the_first_row_is_no_file(app, client, monkeypatch):
    make_post()
    signed_in(client, make_user("editor"))
    monkeypatch.setattr(app, "testing", False)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(exporting, "plain", lambda value: 1 / 0)

    answer = client.get("/admin/post/export/xlsx/", buffered=True)

    assert answer.status_code == 500
    assert "Content-Disposition" not in answer.headers


def test_a_long_export_takes_few_queries_and_no_row_twice(client, count_queries):
    for number in range(30):
        make_post(title=f"Post {number}", tags=["a"])
    signed_in(client, make_user("editor"))
    client.get("/admin/post/export/json/", buffered=True)
    answers = []

    queries = count_queries(lambda: answers.append(client.get("/admin/post/export/json/", buffered=True)))

    assert len({one["slug"] for one in json.loads(answers[0].text)}) == 30
    assert len(queries) <= 12


def test_the_list_offers_the_three_kinds_with_what_is_narrowed(client, posts):
    page = client.get("/admin/post/?state=published").text

    assert re.findall(r'href="/admin/post/export/(\w+)/\?state=published"', page) == ["csv", "xlsx", "json"]
