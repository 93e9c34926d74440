"""From a filter to the trash and back, for all that match: in Chromium, by keyboard, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests import browser_tools

PASSWORD = "correct horse battery staple"
EMAIL = "ada@example.org"
SMALL = """
all => all.map(one => [one.innerText || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => box.height && (box.height < 24 || box.width < 24)).map(([words]) => words)
"""


@pytest.fixture(scope="module")
def database_kind():
    """What a browser sees is the same on both databases; the job is tested on both elsewhere."""
    return "sqlite"


@pytest.fixture(scope="module")
def site(served):
    served.flask("seed")
    served.flask(
        "people", "add", EMAIL, "--name", "Ada Lovelace", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n"
    )
    return served


def complaints(page):
    page.wait_for_load_state()  # a heading can be read before the style sheet has given its button a size
    small = page.locator("main :is(button, input, summary, .job a, .goes-with a):visible").evaluate_all(SMALL)
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    boxes = [name for name in small if name not in ("rowid", "everything", "")]  # these have a cell or label around
    return [*browser_tools.violations(page), *boxes, *(["scrolls sideways"] if wide else [])]


def count(page):
    """How many the list says it has."""
    words = page.locator(".list-count").inner_text()
    return int(re.match(r"[\d,]+", words)[0].replace(",", ""))


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desk", "phone"])
def test_filter_select_all_that_match_trash_summary_undo(site, page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{site.url}/login?next=/admin/post/%3Fstate%3Dpublished")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"state=published"))
    matching = count(page)
    assert matching > 20  # more than a page has

    # Ticking a row brings the bar; only the whole page brings the offer of everything.
    everything = page.get_by_label(re.compile("Select everything that matches"))
    rows = page.get_by_role("checkbox", name=re.compile("^Select (?!all|everything)"))
    expect(everything).to_be_hidden()
    rows.first.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 selected")).to_be_visible()
    expect(everything).to_be_hidden()
    page.get_by_label("Select all of this page").filter(visible=True).focus()
    page.keyboard.press("Space")
    expect(everything).to_be_visible()
    everything.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text(f"Everything that matches is selected (all {matching})")).to_be_visible()
    assert complaints(page) == []
    rows.first.uncheck()
    expect(everything).to_be_hidden()
    rows.first.check()
    everything.check()
    page.get_by_role("button", name="Trash", exact=True).and_(page.locator(".bulk-bar button")).press("Enter")

    # It says what goes with them, and asks once.
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Trash all {matching} posts that match?")
    expect(page.get_by_text("State: Published")).to_be_visible()
    expect(page.get_by_text(re.compile("comments? (is|are) hidden"))).to_be_visible()
    assert complaints(page) == []
    page.get_by_role("button", name=f"Trash all {matching}").press("Enter")

    # The page of the job ends with the summary, without a reload.
    page.wait_for_url(re.compile(r"/admin/job/\d+/$"))
    expect(page.locator("[data-job-summary]")).to_have_text(f"{matching} put into the trash.")
    expect(page.locator("[data-job-said]")).to_have_text(re.compile(f"^{matching} put into the trash|^$"))
    assert complaints(page) == []
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_text("Nothing fits this search.")).to_be_visible()
    page.goto(f"{site.url}/admin/job/")
    assert complaints(page) == []
    page.get_by_role("link", name="Trash: posts").first.click()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Undo: trash: posts")
    expect(page.locator("[data-job-summary]")).to_have_text(f"{matching} put back as they were.")
    page.goto(f"{site.url}/admin/post/?state=published")
    assert count(page) == matching

    # One alone is undone from the message.
    page.locator("tbody tr").first.get_by_role("button", name="Trash").click()
    if page.get_by_role("heading", level=1).inner_text().startswith("Move to the trash"):
        assert complaints(page) == []
        page.get_by_role("button", name="Move to the trash").click()
    message = page.locator(".message-undo")
    expect(message).to_contain_text("is in the trash.")
    assert complaints(page) == []
    message.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".message-undo")).to_contain_text("Undone.")
    assert count(page) == matching
