from cms.text import contents, markdown


def outline(text: str) -> list[tuple[str, list[str]]]:
    sections = contents.of(str(markdown.render(text, prefix="p1-")))
    return [(one.heading.text, [part.text for part in one.parts]) for one in sections]


def test_sections_hold_their_parts_and_nothing_deeper():
    text = "## One & *two*\n\na\n\n### Part\n\n#### Deep\n\n## `<b>`\n\nb"

    assert outline(text) == [("One & two", ["Part"]), ("<b>", [])]


def test_a_text_that_begins_deep_or_has_few_headings():
    assert outline("### First\n\n## Second\n\n### Third") == [("First", []), ("Second", ["Third"])]
    assert outline("## One\n\n## Two") == []
    assert outline("") == []


def test_each_one_leads_to_its_heading():
    html = str(markdown.render("## Größe\n\n## Größe\n\n## 你好", prefix="p1-"))

    anchors = [section.heading.id for section in contents.of(html)]

    assert len(set(anchors)) == 3
    assert all(f'id="{anchor}"' in html for anchor in anchors)


def test_headings_in_code_are_none():
    assert outline('```html\n<div class="heading"><h2 id="x">no</h2>\n```\n\n## a\n\n## b') == []
