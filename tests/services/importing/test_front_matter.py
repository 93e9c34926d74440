from datetime import date
from zoneinfo import ZoneInfo

import pytest

from cms.services.importing import front_matter
from cms.services.importing.front_matter import BrokenFile, moment, parse, written_day

UTC, BERLIN, AUCKLAND = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Auckland")


def test_fields_and_text_come_apart_and_lines_are_those_of_the_file():
    document = parse("---\ntitle: One\ntags: [a, b]\n---\n\nFirst line.\n")

    assert document.fields == {"title": "One", "tags": ["a", "b"]}
    assert document.body == "\nFirst line.\n"
    assert document.first_line == 5
    assert document.line_of("tags") == 3


def test_windows_line_ends_and_a_byte_order_mark_are_no_matter(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes(b"\xef\xbb\xbf---\r\ntitle: One\r\n---\r\nText\r\n")

    document = front_matter.read(path)

    assert (document.fields, document.body) == ({"title": "One"}, "Text\n")


def test_front_matter_may_be_toml_or_missing():
    assert parse('+++\ntitle = "One"\n+++\nText').fields == {"title": "One"}
    assert parse("Just text.\n").body == "Just text.\n"
    assert parse("---\ntitle: Only this\n---").body == ""


def test_a_rule_in_the_text_does_not_end_the_front_matter_twice():
    assert parse("---\ntitle: One\n---\nText\n\n---\n\nMore\n").body == "Text\n\n---\n\nMore\n"


def test_a_tab_that_yaml_refuses_is_read_as_a_space_and_said():
    document = parse("---\ntitle: One\nauthors:\n- melody\t\t\n---\nText\n")

    assert document.fields["authors"] == ["melody"]
    assert [line for line, _ in document.mended] == [4]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('---\ntitle: One\nexcerpt: "no end\n---\nText\n', 4),
        ("---\ntitle: [1, 2\n---\nText\n", 3),
        ("---\ntitle: One\n  bad: indent\n---\n", 3),
        ("---\n- just\n- a list\n---\nText\n", 2),
        ("---\ntitle: never closed\n\nText\n", 1),
        ("---\ndate: 2016-02-31\n---\nText\n", 2),
        ("+++\ntitle = \n+++\nText\n", 2),
        ("---\ntitle: !!python/object/apply:os.system ['true']\n---\n", 2),
    ],
)
def test_broken_front_matter_says_where(text, line):
    with pytest.raises(BrokenFile) as broken:
        parse(text)

    assert broken.value.line in (line, line - 1)
    assert broken.value.reason


def test_other_encodings_are_named_with_their_line(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes("---\ntitle: One\n---\nCafé\n".encode("latin-1"))

    with pytest.raises(BrokenFile, match="UTF-8") as broken:
        front_matter.read(path)
    assert broken.value.line == 4


@pytest.mark.parametrize("zone", [UTC, BERLIN, AUCKLAND, ZoneInfo("America/Los_Angeles"), ZoneInfo("Etc/GMT+12")])
@pytest.mark.parametrize(
    "value",
    [date(2016, 3, 4), "2016-03-04", "2016-03-04T00:00:00.000Z", "2016-03-04 00:00:00 -4", "2016-03-04T00:00:00"],
)
def test_a_bare_date_is_shown_as_the_day_that_stands_there(value, zone):
    assert moment(value, zone).astimezone(zone).date() == date(2016, 3, 4)
    assert written_day(value) == date(2016, 3, 4)


def test_a_time_with_a_zone_is_that_moment():
    assert moment("2016-03-04T10:00:00-05:00", BERLIN).astimezone(UTC).isoformat() == "2016-03-04T15:00:00+00:00"
    assert moment("2016-03-04 9:00:00 -5", BERLIN).astimezone(UTC).isoformat() == "2016-03-04T14:00:00+00:00"


def test_a_time_without_a_zone_is_the_sites():
    assert moment("2016-03-04T10:00:00", BERLIN).astimezone(UTC).hour == 9


@pytest.mark.parametrize("value", ["soon", "", None, 7, "2016-13-01", ["2016-03-04"], "2016-03-04: x"])
def test_what_is_no_date_gives_none(value):
    assert moment(value, UTC) is None
