"""A day's work in Chromium: a post by keyboard alone, a list kept as a view, and the admin on a phone."""

# ruff: noqa: F811 (fixtures of a neighbour)
import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_palette import database_kind, press, session, site, watched  # noqa: F401

# What has the focus: its words, and whether a ring or a border of another colour shows that it has.
FOCUSED = """() => {
  const one = document.activeElement;
  const words = one.innerText || one.value || one.getAttribute("aria-label") || one.name || one.tagName;
  const isMarked = (style) => parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none"
    || style.boxShadow !== "none";
  const around = one.closest(".ts-control") ?? one;
  const box = one.getBoundingClientRect();
  return {
    words: words.trim(),
    isMarked: isMarked(getComputedStyle(one)) || isMarked(getComputedStyle(around)),
    isInView: box.bottom > 0 && box.top < innerHeight,
  };
}"""
MOST_TABS = 60


def tab_to(page, words):
    """Press Tab until what is called ``words`` has the focus; each stop on the way must be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        assert here["isMarked"], here
        assert here["isInView"], here
        if here["words"] == words:
            return
    raise AssertionError(f"{MOST_TABS} Tabs do not lead to {words}")


@pytest.fixture
def page(browser, site, session):
    with watched(browser, storage_state=session) as page:
        page.goto(f"{site.url}/admin/post/")
        yield page


def test_a_post_is_written_tagged_and_published_by_keyboard_alone(page, site):
    press(page, "n")
    page.wait_for_url(re.compile("/admin/post/new/"))
    page.wait_for_load_state()
    expect(page.get_by_placeholder("Title", exact=True)).to_be_focused()
    page.keyboard.type("Written without a mouse")
    page.keyboard.press("Tab")
    page.keyboard.type("Tab leads on, and nothing is out of reach.")
    tags = page.get_by_role("combobox", name=re.compile("^Tags"))
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if tags.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.type("keys,")
    expect(page.locator(".ts-control .item")).to_have_text([re.compile("keys")])
    tab_to(page, "Publish")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/admin/post/edit/"))

    assert page.goto(f"{site.url}/posts/written-without-a-mouse").status == 200
    expect(page.get_by_role("link", name="keys")).to_be_visible()


def test_a_list_is_narrowed_kept_as_a_view_and_found_again(page, site):
    page.goto(f"{site.url}/admin/post/?state=draft&search=the")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("Unfinished")
    page.get_by_role("button", name="Save view").click()
    views = page.get_by_role("navigation", name="Your views")
    expect(views.get_by_role("link", name="Unfinished")).to_have_attribute("aria-current", "page")

    page.goto(f"{site.url}/admin/post/")
    views.get_by_role("link", name="Unfinished").click()
    page.wait_for_url(re.compile(r"search=the"))
    expect(page).to_have_url(re.compile(r"state=draft"))
    page.get_by_text("Change this view").click()
    page.get_by_label("Name").fill("In the works")
    page.get_by_role("button", name="Rename view").click()
    expect(views.get_by_role("link")).to_have_text([re.compile("."), "In the works"])
    page.get_by_text("Change this view").click()
    page.get_by_role("button", name="Delete view").click()
    expect(views).to_have_count(0)


def test_what_two_versions_have_alike_is_opened_in_both_at_once(page, site):
    lines = [f"Line {number}." for number in range(12)]
    page.goto(f"{site.url}/admin/post/new/")
    page.get_by_placeholder("Title", exact=True).fill("Twelve lines")
    page.locator("#body").fill("\n".join(lines))
    page.get_by_role("button", name="Publish", exact=True).click()  # what was published is a version of its own
    page.wait_for_url(re.compile("/admin/post/edit/"))
    page.locator("#body").fill("\n".join([*lines, "And one more."]))
    with page.expect_navigation():
        page.get_by_role("button", name="Save draft").click()
    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_role("link", name="Compare versions").click()

    folds = page.get_by_role("group").filter(has_text="9 lines are the same")
    expect(folds).to_have_count(2)
    for side in (0, 1):
        expect(folds.nth(side)).to_have_js_property("open", False)
    page.wait_for_load_state()  # a script opens the other side
    page.get_by_text("9 lines are the same").nth(1).press("Enter")
    for side in (0, 1):
        expect(folds.nth(side)).to_have_js_property("open", True)
    page.get_by_text("9 lines are the same").first.click()
    for side in (0, 1):
        expect(folds.nth(side)).to_have_js_property("open", False)


def test_a_phone_is_enough(browser, site, session):
    """Through the drawer to a draft, which is mended and published: nothing scrolls sideways on the way."""
    with watched(browser, storage_state=session, viewport={"width": 390, "height": 844}, has_touch=True) as page:

        def fits():
            page.wait_for_load_state()  # a width can be read before the style sheets have come
            assert page.evaluate("document.documentElement.scrollWidth") == 390, page.url

        page.goto(f"{site.url}/admin/")
        fits()
        page.get_by_role("button", name="Menu").tap()
        expect(page.get_by_role("link", name="Posts", exact=True)).to_be_visible()
        fits()
        page.get_by_role("link", name="Posts", exact=True).tap()
        page.wait_for_url(re.compile(r"/admin/post/$"))
        fits()
        page.get_by_role("link", name="New post").first.tap()
        page.wait_for_url(re.compile("/admin/post/new/"))
        page.get_by_placeholder("Title", exact=True).fill("Thumbs")
        page.locator("#body").fill("Written on the way.")
        fits()
        page.get_by_role("button", name="Save draft").tap()
        page.wait_for_url(re.compile("/admin/post/edit/"))
        page.wait_for_load_state()
        page.get_by_role("button", name="Publish", exact=True).tap()
        expect(page.get_by_text("“Thumbs” is saved. It is published.")).to_be_visible()
        fits()
        page.goto(f"{site.url}/posts/thumbs")
        fits()
