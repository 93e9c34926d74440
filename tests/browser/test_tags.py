"""The picker of tags: a comma ends one, a pasted list becomes many, and nothing is lost unsaid. What a tag is about."""

import re

import pytest
from playwright.sync_api import expect

from cms.models.permission import ROLES

PASSWORD = "a heron in the harbour"
ADDRESSES = {"author": "author@example.org", "contributor": "contributor@example.org", "editor": "editor@example.org"}
CHOSEN = ".ts-control .item[data-value]"
PASTE = """
([field, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture(scope="module")
def people(served):
    assert "tag.add" in ROLES["author"][1]
    assert "tag.add" not in ROLES["contributor"][1]
    for role, address in ADDRESSES.items():
        served.flask("people", "add", address, "--role", role, "--password-stdin", typed=f"{PASSWORD}\n")


@pytest.fixture
def writing(served, people, page):
    """Begin a post as somebody of this role; gives the field of its tags."""

    def begin(role):
        page.goto(f"{served.url}/login?next=/admin/post/new/")
        page.get_by_label("E-mail").fill(ADDRESSES[role])
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile(r"^[^?]*/admin/"))
        page.goto(f"{served.url}/admin/post/new/")
        page.get_by_placeholder("Title", exact=True).fill(f"By one {role}")
        page.get_by_label(re.compile("^Text")).fill("Words.")
        return page.get_by_role("combobox", name=re.compile("^Tags"))

    return begin


def chosen(page):
    return [text.removesuffix("×").strip() for text in page.locator(CHOSEN).all_inner_texts()]


def paste(page, field, text):
    page.evaluate(PASTE, [field.element_handle(), text])


def test_a_comma_ends_a_tag_and_a_pasted_list_becomes_tags(writing, page):
    tags = writing("author")

    tags.press_sequentially("Harbour,low tide,")
    assert chosen(page) == ["Harbour", "low tide"]
    paste(page, tags, 'Boats; "Nets, old"\nharbour\n#Ropes')
    assert chosen(page) == ["Harbour", "low tide", "Boats", "Nets, old", "Ropes"]
    page.get_by_role("button", name="Save draft").click()

    page.wait_for_url(re.compile(r"/edit/"))
    assert sorted(chosen(page)) == ["Boats", "Harbour", "Nets, old", "Ropes", "low tide"]


def test_the_title_of_a_series_is_one_thing_with_its_commas(writing, page):
    writing("author")
    series = page.get_by_role("combobox", name=re.compile("^Series"))

    series.press_sequentially("Salt, tar and rope")
    series.press("Enter")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(re.compile(r"/edit/"))
    expect(page.locator(CHOSEN)).to_have_count(1)
    assert chosen(page) == ["Salt, tar and rope"]
    page.locator(".ts-control .item .remove").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".message-good")).to_be_visible()
    page.reload()

    assert chosen(page) == []


def test_whoever_may_make_no_tags_is_told_so_and_loses_none(writing, page, served):
    writing("author").press_sequentially("Known,")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(re.compile(r"/edit/"))
    page.context.clear_cookies()
    tags = writing("contributor")

    paste(page, tags, "known, Never seen")
    assert chosen(page)[-1] == "Never seen"
    tags.press_sequentially("half typed")
    page.get_by_label(re.compile("^Text")).click()
    assert chosen(page)[1:] == ["Never seen", "half typed"]
    page.get_by_role("button", name="Save draft").click()

    expect(page.locator("#tags-error")).to_contain_text("You may not make new tags")
    expect(page.locator(CHOSEN)).to_have_count(3)
    assert chosen(page)[1:] == ["Never seen", "half typed"]
    for wrong in ("Never seen", "half typed"):
        page.locator(".ts-control .item", has_text=wrong).locator(".remove").click()
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(re.compile(r"/edit/"))
    expect(page.locator(CHOSEN).first).to_be_visible()
    assert chosen(page) == ["Known"]


def test_enter_saves_what_a_tag_is_about_in_its_form_and_in_the_list(writing, page, served):
    writing("editor")
    page.goto(f"{served.url}/admin/tag/new/")
    page.get_by_label("Name").fill("Shells")
    about = page.get_by_label(re.compile("^Description"))
    about.fill("What the sea leaves behind. " * 5)
    about.press("Enter")
    expect(page.get_by_text("“Shells” is saved.")).to_be_visible()
    page.wait_for_load_state()

    row = page.get_by_role("row").filter(has_text="Shells")
    row.locator(".cell-change").click()
    row.get_by_role("textbox").fill("Found on the beach.")
    row.get_by_role("textbox").press("Enter")

    expect(row).to_contain_text("Found on the beach.")
    expect(row.get_by_role("textbox")).to_have_count(0)
