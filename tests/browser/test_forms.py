"""The forms of the admin in Chromium: what was refused or not saved, how a text is written, what is made meanwhile."""

# ruff: noqa: F811 (fixtures of a neighbour)
import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from cms.text import markdown
from cms.text.excerpt import word_count
from tests import browser_tools
from tests.browser.test_palette import database_kind, session, site, watched  # noqa: F401
from tests.waiting import until

SIZES = [(390, 844), (1280, 900)]
NOT_SAVED = re.compile(r"^Text you typed here on \d+ \w+ \d+, \d+:\d+ \w+ was not saved\.$")


@pytest.fixture
def page(browser, site, session):
    """Ada, with nothing typed anywhere."""
    with watched(browser, storage_state=session) as page:
        yield page


@pytest.fixture
def asked(page):
    """The questions before leaving, each answered with staying."""
    questions = []

    def stay(dialog):
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return questions


def begin(page, site, address="post/new/"):
    page.goto(f"{site.url}/admin/{address}")
    page.wait_for_load_state()


def title(page):
    return page.get_by_placeholder("Title", exact=True)


def body(page):
    return page.locator("#body")


def address(page):
    return page.get_by_label(re.compile("^Address"))


def picker(page, name):
    return page.get_by_role("combobox", name=re.compile(f"^{name}"))


def offer(page):
    return page.locator("[data-offer]")


def save_state(page):
    return page.locator("[data-save-state]")


def typed(field, text):
    """As a person types: whoever only has a script fill in fields is never asked before they leave."""
    field.click()
    field.press_sequentially(text)


def save(page):
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(re.compile("/edit/"))
    page.wait_for_load_state()


def kept(page):
    """How many texts this browser keeps."""
    return page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('lightblog.unsaved:')).length")


def await_kept(page, count):
    page.wait_for_function(
        "count => Object.keys(localStorage).filter(name => name.startsWith('lightblog.unsaved:')).length === count",
        arg=count,
    )


def picture_file(name="boat.png", colour="teal"):
    buffer = io.BytesIO()
    Image.new("RGB", (80, 40), colour).save(buffer, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def refused(page, site):
    """A new post with two things to look at, one of them in a closed group."""
    begin(page, site)
    title(page).fill("Refused")
    page.get_by_text("Search engines", exact=True).click()
    page.get_by_label(re.compile("^Title for search")).fill("m" * 201)
    page.get_by_label(re.compile("^First published")).fill("u" * 501)
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("[data-summary]")).to_be_visible()
    page.wait_for_load_state()


# What was refused
def test_the_summary_is_read_first_and_leads_into_the_fields(page, site):
    refused(page, site)

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("heading")).to_have_text("Nothing is saved yet: 2 things need a look")
    page.get_by_text("Search engines", exact=True).click()
    expect(page.get_by_label(re.compile("^First published"))).to_be_hidden()
    page.get_by_role("link", name=re.compile("^First published")).press("Enter")

    expect(page.get_by_label(re.compile("^First published"))).to_be_focused()
    expect(page.get_by_label(re.compile("^First published"))).to_be_in_viewport()


def test_the_summary_leads_into_a_picker_too(page, site):
    begin(page, site)
    picker(page, "Tags").press_sequentially("?!,")
    with page.expect_navigation():
        page.get_by_role("button", name="Save draft").click()

    page.get_by_role("alert").get_by_role("link", name=re.compile("^Tags")).click()

    expect(picker(page, "Tags")).to_be_focused()


def test_what_was_refused_is_not_left_unasked(page, site, asked):
    refused(page, site)
    page.get_by_role("link", name="Back to the list").click()

    expect(page).to_have_url(re.compile("/post/new/"))
    assert asked == ["beforeunload"]


def test_a_form_works_without_script(browser, site, session):
    with watched(browser, storage_state=session, java_script_enabled=False) as page:
        begin(page, site)
        title(page).fill("Without script")
        page.get_by_text("Search engines", exact=True).click()
        page.get_by_label(re.compile("^First published")).fill("u" * 501)
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("alert").get_by_role("link").click()
        expect(page).to_have_url(re.compile("#canonical_url$"))
        page.get_by_label(re.compile("^First published")).fill("")
        page.get_by_role("button", name="Save draft").click()

        expect(page).to_have_url(re.compile("/edit/"))
        expect(address(page)).to_have_value("without-script")
        expect(page.get_by_role("link", name="Upload a picture (opens a new tab)")).to_be_visible()


# What is not saved
def test_one_is_asked_before_leaving_what_is_not_saved(page, site, asked):
    begin(page, site)
    typed(title(page), "Half a thought")
    expect(save_state(page)).to_have_text("Not saved yet")

    page.get_by_role("link", name="Back to the list").click()
    expect(page).to_have_url(re.compile("/post/new/"))
    assert asked == ["beforeunload"]
    save(page)

    assert asked == ["beforeunload"]
    expect(save_state(page)).to_have_text(re.compile("^Saved just now"))


def test_nobody_is_asked_who_changed_nothing_or_took_it_back(page, site, asked):
    begin(page, site)
    typed(title(page), "Same")
    typed(picker(page, "Tags"), "harbour,")
    save(page)
    typed(title(page), "x")
    expect(save_state(page)).to_have_text("Not saved yet")
    title(page).press("Backspace")
    expect(save_state(page)).to_have_text(re.compile("^Saved"))

    page.get_by_role("link", name="Back to the list").click()

    expect(page).to_have_url(re.compile(r"/admin/post/$"))
    assert asked == []


def test_a_picker_and_the_trash_count_too(page, site, asked):
    begin(page, site)
    typed(title(page), "Picked")
    save(page)
    typed(picker(page, "Tags"), "nets,")
    expect(save_state(page)).to_have_text("Not saved yet")

    page.get_by_role("button", name="Move to the trash").click()
    expect(page).to_have_url(re.compile("/edit/"))

    assert asked == ["beforeunload"]


def test_other_forms_ask_as_well(page, site, asked):
    begin(page, site, "tag/new/")
    typed(page.get_by_label("Name"), "Low tide")

    page.get_by_role("link", name="Cancel").click()

    expect(page).to_have_url(re.compile("/tag/new/"))
    assert asked == ["beforeunload"]


def test_what_was_typed_is_offered_back_and_put_back(page, site):
    begin(page, site)
    title(page).fill("The harbour at night")
    body(page).fill("A sentence that nobody saved.")
    await_kept(page, 1)

    begin(page, site)
    expect(offer(page).locator("p").first).to_have_text(NOT_SAVED, use_inner_text=True)
    expect(offer(page)).to_contain_text("The harbour at night · A sentence that nobody saved.")
    page.get_by_role("button", name="Put it back").press("Enter")

    expect(title(page)).to_be_focused()
    expect(title(page)).to_have_value("The harbour at night")
    expect(body(page)).to_have_value("A sentence that nobody saved.")
    expect(address(page)).to_have_value("the-harbour-at-night")
    expect(offer(page)).to_be_hidden()
    save(page)
    assert kept(page) == 0
    begin(page, site)
    expect(offer(page)).to_be_hidden()


def test_what_is_forgotten_is_gone(page, site):
    begin(page, site)
    body(page).fill("Never mind.")
    await_kept(page, 1)
    begin(page, site)

    page.get_by_role("button", name="Forget it").click()

    expect(offer(page)).to_be_hidden()
    assert kept(page) == 0
    begin(page, site)
    expect(offer(page)).to_be_hidden()


def test_no_text_takes_the_place_of_another(page, site):
    begin(page, site)
    body(page).fill("The first text.")
    await_kept(page, 1)
    begin(page, site)
    body(page).fill("The second text.")
    await_kept(page, 2)

    page.get_by_role("button", name="Put it back").click()
    expect(body(page)).to_have_value("The first text.")
    expect(offer(page)).to_contain_text("The second text.")
    page.get_by_role("button", name="Put it back").click()

    expect(body(page)).to_have_value("The second text.")
    expect(offer(page)).to_contain_text("The first text.")


def test_texts_belong_to_one_record(page, site):
    begin(page, site)
    title(page).fill("Saved")
    save(page)
    saved = page.url
    body(page).fill("Only here.")
    await_kept(page, 1)

    begin(page, site)
    expect(offer(page)).to_be_hidden()
    page.goto(saved)
    expect(offer(page)).to_contain_text("Only here.")
    expect(page.locator("[data-offer-older]")).to_be_hidden()


def test_put_back_over_what_somebody_saved_since_shows_both_texts(page, site, browser, session):
    begin(page, site)
    title(page).fill("Ours")
    save(page)
    body(page).fill("What I wrote.")
    await_kept(page, 1)
    with watched(browser, storage_state=session) as other:
        other.goto(page.url)
        body(other).fill("What the other one wrote.")
        other.get_by_role("button", name="Save draft").click()
        expect(save_state(other)).to_have_text(re.compile("^Saved"))

    page.reload()
    expect(page.locator("[data-offer-older]")).to_be_visible()
    page.get_by_role("button", name="Put it back").click()
    page.get_by_role("button", name="Save draft").click()

    expect(page.get_by_role("alert")).to_contain_text("Somebody else saved this in the meantime.")
    expect(page.get_by_label("Text, as they saved it")).to_have_value("What the other one wrote.")
    expect(body(page)).to_have_value("What I wrote.")
    expect(offer(page)).to_be_hidden()


def test_what_was_refused_is_kept_too(page, site):
    refused(page, site)
    await_kept(page, 1)

    begin(page, site)

    expect(offer(page)).to_contain_text("Refused")


def test_signing_out_leaves_nothing_behind(page, site):
    begin(page, site)
    body(page).fill("Not for others.")
    await_kept(page, 1)

    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Sign out").click()

    page.wait_for_url(lambda url: "/admin/post" not in url)
    assert kept(page) == 0


# The address
def test_the_address_follows_the_title_until_one_is_chosen(page, site):
    begin(page, site)
    shown = page.locator("#address")

    title(page).press_sequentially("Über den Fluß: 2 Schiffe")
    expect(address(page)).to_have_value("über-den-fluss-2-schiffe")
    expect(shown).to_have_text(re.compile("^Readers find it at http://.*/posts/über-den-fluss-2-schiffe$"))
    address(page).fill("My choice")
    expect(shown).to_have_text(re.compile("/posts/my-choice$"))
    title(page).press_sequentially("!!")
    expect(address(page)).to_have_value("My choice")
    address(page).fill("")
    expect(shown).to_have_text(re.compile("/posts/über-den-fluss-2-schiffe$"))
    title(page).fill("Zwei")
    expect(address(page)).to_have_value("zwei")
    body(page).fill("Words.")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url(re.compile("/edit/"))
    page.wait_for_load_state()
    title(page).fill("Drei")

    expect(address(page)).to_have_value("zwei")


# The text
def tool(page, name):
    return page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def choose_view(page, name):
    page.get_by_role("group", name="View").get_by_role("button", name=name).click()


def await_shown(page, html):
    """Until the preview has ``html``. No script of ours or of this test runs in its frame."""
    page.wait_for_function(
        "html => document.querySelector('iframe').contentDocument?.querySelector('article')?.innerHTML.includes(html)",
        arg=html,
    )


def test_a_text_is_written_with_the_tools_from_the_keyboard_and_shown_as_it_grows(page, site):
    begin(page, site)
    choose_view(page, "Side by side")
    title(page).fill("The harbour")
    typed(body(page), "low tide")
    await_shown(page, "<h1>The harbour</h1>")
    await_shown(page, "<p>low tide</p>")
    body(page).press("Control+a")

    title(page).press("Tab")
    expect(tool(page, "Bold")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tool(page, "Picture")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")

    expect(body(page)).to_be_focused()
    expect(body(page)).to_have_value("**low tide**")
    await_shown(page, "<strong>low tide</strong>")
    expect(page.get_by_text("2 words · 1 minute to read")).to_be_visible()
    body(page).press("Control+z")
    expect(body(page)).to_have_value("low tide")
    await_shown(page, "<p>low tide</p>")
    body(page).press("End")
    tool(page, "List of tasks").click()
    body(page).press("Enter")
    page.keyboard.insert_text("high tide")
    expect(body(page)).to_have_value("- [ ] low tide\n- [ ] high tide")
    body(page).press("Control+k")  # a link: the palette stays closed
    expect(body(page)).to_have_value("- [ ] low tide\n- [ ] high tide[](https://)")
    assert browser_tools.violations(page) == []
    body(page).press("Tab")
    expect(body(page)).not_to_be_focused()
    save(page)
    await_shown(page, 'class="task-list-item-checkbox"')  # whoever likes both finds them so again
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("iframe")).to_be_hidden()
    choose_view(page, "Preview")
    expect(page.locator("iframe")).to_be_visible()
    expect(body(page)).to_be_hidden()


DROP = """
([name, type, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, { type }));
  const told = { dataTransfer: transfer, bubbles: true, cancelable: true };
  document.getElementById("body").dispatchEvent(new DragEvent("drop", told));
}
"""


def drop(page, name, content):
    page.evaluate(DROP, [name, "image/png", base64.b64encode(content).decode()])


def test_a_picture_dropped_on_the_text_is_in_it_before_it_is_saved(page, site):
    begin(page, site)
    title(page).fill("Dropped")
    body(page).fill("Before.\n\nAfter.")
    body(page).press("Control+Home")
    body(page).press("End")
    drop(page, "none.png", b"no picture")
    expect(page.get_by_text("none.png: This is not a picture that can be read.")).to_be_visible()
    expect(body(page)).to_have_value("Before.\n\nAfter.")
    held = []
    page.route("**/admin/media/new/", lambda route: held.append(route))

    drop(page, "tide.png", picture_file(colour="navy")["buffer"])
    expect(body(page)).to_have_value("Before.\n\n![Uploading tide.png…]()\n\nAfter.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("One moment: this is done as soon as the picture is there.")).to_be_visible()
    until(lambda: page.wait_for_timeout(20) or held, "the picture on its way")
    held[0].continue_()

    page.wait_for_url(re.compile("/edit/"))
    expect(body(page)).to_have_value(re.compile(r"^Before\.\n\n!\[\]\(/media/\S+\.png\)\n\nAfter\.$"))


def test_a_picture_of_the_library_gets_its_words_and_its_width_in_the_text(page, site):
    begin(page, site)
    body(page).fill("Before.")
    tool(page, "Picture").click()
    dialog = page.get_by_role("dialog", name="Picture in the text")
    dialog.get_by_role("combobox").fill("bars-1")
    dialog.get_by_role("option", name="bars-1.png").click()
    expect(dialog.get_by_label("Alternative text")).to_have_value("A flat drawing of bars")
    dialog.get_by_label("Caption").fill('The "bars".')
    dialog.get_by_label("Beyond both sides of it").check()
    assert browser_tools.violations(page) == []
    dialog.get_by_role("button", name="Put it into the text").click()

    words = r'^Before\.\n\n!\[A flat drawing of bars\]\(/media/[0-9a-f]{2}/\S+ "The \\"bars\\"\."\)\{\.wide\}\n$'
    expect(body(page)).to_have_value(re.compile(words))
    expect(body(page)).to_be_focused()


def test_the_preview_says_what_went_wrong_and_goes_on_once_it_is_right_again(page, site):
    begin(page, site)
    choose_view(page, "Preview")
    cookies = page.context.cookies()
    page.context.clear_cookies()

    title(page).fill("Signed out")
    expect(page.get_by_role("alert")).to_have_text(re.compile("^You are signed out. Sign in in another tab"))
    page.context.add_cookies(cookies)
    title(page).fill("Signed in")

    await_shown(page, "<h1>Signed in</h1>")
    expect(page.get_by_role("alert")).to_have_count(0)


# A tool, the text with what is chosen in it between bars, and what becomes of it.
EDITS = [
    (["wrapped", "**"], "a |b| c", "a **|b|** c"),
    (["wrapped", "**"], "a **|b|** c", "a |b| c"),
    (["wrapped", "*"], "**|b|**", "***|b|***"),
    (["wrapped", "*"], "***|b|***", "**|b|**"),
    (["wrapped", "**"], "a **b||**", "a **b**||"),
    (["wrapped", "**"], "|a\n\nb|", "|**a**\n\n**b**|"),
    (["listed", "numbers"], "|- a\n- b|", "|1. a\n2. b|"),
    (["listed", "tasks"], "- [x] a||", "a||"),
    (["listed", "bullets"], "||", "- ||"),
    (["quoted"], "|a\n\nb|", "|> a\n> \n> b|"),
    (["headed"], "a||", "## a||"),
    (["headed"], "#### ||a", "||a"),
    (["linked"], "see |here|", "see [here](|https://|)"),
    (["linked"], "|https://a.example/b|", "[||](https://a.example/b)"),
    (["coded"], "a |b| c", "a `|b|` c"),
    (["coded"], "x\n|a\nb|\ny", "x\n\n```||\na\nb\n```\n\ny"),
    (["tabled"], "x||", "x\n\n| Heading | Heading |\n| --- | --- |\n|  |  |\n"),
    (["noted"], "a[^1] b|| c\n\n[^1]: one\n", "a[^1] b[^2] c\n\n[^1]: one\n[^2]: ||"),
    (["continued"], "9. a||b", "9. a\n10. ||b"),
    (["continued"], "> - [x] a||", "> - [x] a\n> - [ ] ||"),
    (["continued"], "- a\n- ||", "- a\n||"),
    (["continued"], "```\n- a||", None),
    (["continued"], "a||", None),
]
EDIT = """
async (edits) => {
  const tools = await import("/static/admin/markdown.js");
  const { wordCount } = await import("/static/admin/counting.js");
  const made = ([[name, ...more], given]) => {
    let [start, end] = [given.indexOf("|"), given.lastIndexOf("|") - 1];
    let text = given.slice(0, start) + given.slice(start + 1, end + 1) + given.slice(end + 2);
    const chosen = ["continued", "noted"].includes(name) ? [end] : [start, end];
    const changes = tools[name](text, ...chosen, ...more);
    if (!changes) return null;
    for (const one of [changes].flat()) {
      text = text.slice(0, one.from) + one.insert + text.slice(one.to);
      [start, end] = [one.start, one.end];
    }
    return name === "tabled" ? text : `${text.slice(0, start)}|${text.slice(start, end)}|${text.slice(end)}`;
  };
  return edits.map((edit) => (typeof edit === "string" ? wordCount(edit) : made(edit)));
}
"""
COUNTED = """
# Hello *big* world

![a boat](/media/a-b.png "the caption"){.wide}

- [x] done[^1]
2. two

中文字 <b>x</b> https://example.org/a [words](https://example.org/b(c))

```python
print("hello")
```

[^1]: A note's end.

[ref]: https://example.org/z
"""


def test_each_tool_changes_markdown_as_one_means_it_and_words_are_counted_as_on_the_site(page, site):
    begin(page, site)

    *made, words = page.evaluate(EDIT, [*([edit, given] for edit, given, _ in EDITS), COUNTED])

    assert made == [expected for *_, expected in EDITS]
    assert words == word_count(markdown.plain(COUNTED))


# Made on the way
def test_a_new_author_is_made_while_one_writes(page, site):
    begin(page, site)
    title(page).fill("By two")
    page.get_by_role("button", name="New author").press("Enter")
    dialog = page.get_by_role("dialog", name="New author")
    expect(dialog.get_by_label("Name")).to_be_focused()

    dialog.get_by_label("Name").fill("Grace Hopper")
    dialog.get_by_label(re.compile("^Website")).fill("example.org")
    page.keyboard.press("Control+s")
    expect(dialog.get_by_role("alert")).to_be_focused()
    dialog.get_by_role("link", name=re.compile("^Website")).press("Enter")
    expect(dialog.get_by_label(re.compile("^Website"))).to_be_focused()
    dialog.get_by_label(re.compile("^Website")).fill("https://example.org")
    dialog.get_by_role("button", name="Save").click()

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="New author")).to_be_focused()
    expect(page.locator("#authors + .ts-wrapper .item")).to_have_text(re.compile("^Grace Hopper"))
    save(page)
    expect(page.locator("#authors + .ts-wrapper .item")).to_have_text(re.compile("^Grace Hopper"))


def test_a_dialog_closes_without_a_trace(page, site):
    begin(page, site)
    page.get_by_role("button", name="New author").click()
    dialog = page.get_by_role("dialog", name="New author")
    expect(dialog.get_by_label("Name")).to_be_focused()

    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="New author")).to_be_focused()


def test_a_picture_is_uploaded_chosen_and_shown_while_one_writes(page, site):
    begin(page, site)
    title(page).fill("With a picture")
    page.get_by_role("button", name="Upload a picture").click()
    dialog = page.get_by_role("dialog", name="Upload a picture")

    dialog.get_by_label("Files").set_input_files(picture_file())
    dialog.get_by_label(re.compile("^Alternative")).fill("A boat")
    dialog.get_by_role("button", name="Upload").click()

    expect(dialog).to_be_hidden()
    expect(page.locator("#cover + .ts-wrapper .item")).to_have_text("boat.png")
    expect(page.locator(".chosen-picture img")).to_be_visible()
    save(page)
    expect(page.locator(".chosen-picture img")).to_have_js_property("naturalWidth", 80)


def test_pictures_are_chosen_by_sight(page, site):
    begin(page, site)
    picker(page, "Cover").click()
    pictures = page.locator("#cover-ts-dropdown [role=option]")
    expect(pictures.first.locator("img")).to_have_js_property("complete", True)
    assert pictures.first.locator("img").evaluate("one => one.naturalWidth") > 0

    page.keyboard.press("Enter")

    expect(page.locator(".chosen-picture img")).to_be_visible()
    page.locator("#cover + .ts-wrapper .clear-button").click()
    expect(page.locator("#cover-picture")).to_be_hidden()


def test_an_answer_that_comes_when_a_picture_is_chosen_does_not_open_the_list_again(page, site):
    begin(page, site)
    cover = picker(page, "Cover")
    cover.click()
    pictures = page.locator("#cover-ts-dropdown [role=option]")
    expect(pictures.first).to_be_visible()
    held = []
    page.route(re.compile("query=bars"), lambda route: held.append(route))

    cover.press_sequentially("bars-1")
    expect(pictures).to_have_count(1)
    until(lambda: page.wait_for_timeout(20) or held, "a question to the server")
    cover.press("Enter")
    with page.expect_response(re.compile("query=bars")):
        for route in held:
            route.continue_()
    page.wait_for_function("() => !document.querySelector('#cover').tomselect.loading")

    expect(pictures.first).to_be_hidden()
    cover.press("ArrowDown")
    expect(pictures.first).to_be_visible()


# Changed in the list
def cell(page, title, column):
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=title, exact=True)).locator(f".{column}")


def opened(page, site, title="About"):
    """The field of the place in the menu, opened by the keyboard."""
    begin(page, site, "page/")
    place = cell(page, title, "column-menu_position")
    place.get_by_role("link", name=f"In the menu: {title}").press("Enter")
    expect(place.get_by_role("textbox")).to_be_focused()
    return place


def test_a_field_is_changed_in_the_list_by_the_keyboard(page, site, asked):
    place = opened(page, site)
    field = place.get_by_role("textbox", name="In the menu: About")
    field.press_sequentially("99999")
    field.press("Enter")
    expect(place.locator(".field-errors")).to_have_text("Choose a number from 0 to 10,000.")
    expect(field).to_be_focused()
    expect(field).to_have_value("99999")
    expect(field).to_have_accessible_description("Choose a number from 0 to 10,000.")
    assert not browser_tools.violations(page)

    page.get_by_role("link", name="Tags", exact=True).click()
    assert asked == ["beforeunload"]
    field.fill("7")
    field.press("Enter")

    expect(place.locator(".cell-value")).to_have_text("7")
    expect(place.get_by_role("link")).to_be_focused()
    expect(page.locator("[data-cell-said]")).to_have_text("Saved. In the menu: 7.")
    before = page.locator("[data-cell-said]").text_content()
    place.get_by_role("button", name="Undo In the menu: About").press("Enter")
    expect(page.locator("[data-cell-said]")).not_to_have_text(before)
    expect(place.locator(".cell-value")).not_to_have_text("7")
    expect(place.get_by_role("link")).to_be_focused()
    assert not browser_tools.violations(page)
    place.get_by_role("button", name="Undo In the menu: About").click()
    expect(place.locator(".cell-value")).to_have_text("7")
    opened(page, site).get_by_role("textbox").press("Escape")
    expect(place.locator(".cell-value")).to_have_text("7")
    expect(place.get_by_role("link")).to_be_focused()
    page.get_by_role("link", name="Tags", exact=True).click()
    expect(page).to_have_url(re.compile("/admin/tag/$"))
    assert asked == ["beforeunload"]


def test_in_the_list_too_nobody_writes_over_what_is_newer(page, site, browser, session):
    place = opened(page, site, "Imprint")
    with watched(browser, storage_state=session) as other:
        theirs = opened(other, site, "Imprint")
        theirs.get_by_role("textbox").fill("8")
        theirs.get_by_role("button", name="Save").click()
        expect(theirs.locator(".cell-value")).to_have_text("8")

    place.get_by_role("textbox").fill("9")
    place.get_by_role("button", name="Save").click()
    expect(place.locator(".field-errors")).to_contain_text("Somebody made this “8” in the meantime.")
    expect(place.get_by_role("textbox")).to_have_value("9")
    page.context.clear_cookies()
    place.get_by_role("button", name="Save").click()
    expect(place.get_by_role("alert")).to_contain_text("You are signed out.")
    expect(place.get_by_role("textbox")).to_have_value("9")
    page.context.add_cookies(session["cookies"])
    place.get_by_role("button", name="Save").click()

    expect(place.locator(".cell-value")).to_have_text("9")


def switch_of(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_a_switch_in_the_list_is_one_press_and_carries_nothing_along(page, site):
    begin(page, site, "post/")
    switch = page.get_by_role("button", pressed=False, name="Featured: ").first
    name = switch.get_attribute("aria-label")
    page.get_by_role("checkbox", name=re.compile("^Select ")).nth(3).check()

    switch.press("Space")

    expect(switch_of(page, name)).to_have_attribute("aria-pressed", "true")
    expect(switch_of(page, name)).to_be_focused()
    expect(page.locator("[data-cell-said]")).to_have_text("Saved. Featured: Yes.")
    expect(page.locator("[data-selected]")).to_have_text("1 selected")
    begin(page, site, "post/")
    expect(page.get_by_role("button", pressed=True, name="Featured: ")).to_have_count(1)
    switch_of(page, name).press("Space")
    expect(switch_of(page, name)).to_have_attribute("aria-pressed", "false")


def test_the_list_is_changed_without_script(browser, site, session):
    with watched(browser, storage_state=session, java_script_enabled=False) as page:
        begin(page, site, "page/")
        cell(page, "About", "column-menu_position").get_by_role("link").click()
        page.get_by_label("In the menu: About").fill("-1")
        page.get_by_role("main").get_by_role("button", name="Save").click()
        expect(page.locator(".field-errors")).to_have_text("Choose a number from 0 to 10,000.")
        expect(page.get_by_label("In the menu: About")).to_have_value("-1")
        page.get_by_label("In the menu: About").fill("3")
        page.get_by_role("main").get_by_role("button", name="Save").click()

        expect(page).to_have_url(re.compile("/admin/page/$"))
        expect(page.get_by_text("“About” is saved. In the menu: 3.")).to_be_visible()
        begin(page, site, "post/")
        page.get_by_role("button", pressed=False, name="Featured: ").first.click()
        expect(page.get_by_role("button", pressed=True, name="Featured: ")).to_have_count(1)
        page.get_by_role("button", pressed=True, name="Featured: ").click()
        expect(page.get_by_role("button", pressed=True, name="Featured: ")).to_have_count(0)


# For everybody
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_nobody_is_shut_out(browser, site, session, scheme, size):
    viewport = {"width": size[0], "height": size[1]}
    rules = () if scheme == "light" else ("color-contrast",)  # nothing else differs in the dark
    with watched(browser, storage_state=session, viewport=viewport, color_scheme=scheme) as page:
        refused(page, site)
        problems = browser_tools.violations(page, *rules)
        expect(page.get_by_role("button", name="Save draft")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        begin(page, site)
        expect(offer(page)).to_be_visible()
        picker(page, "Cover").click()
        expect(page.locator("#cover-ts-dropdown [role=option]").first).to_be_visible()
        problems += browser_tools.violations(page, *rules)
        page.get_by_role("button", name="Upload a picture").press("Enter")
        expect(page.get_by_role("dialog").get_by_label("Files")).to_be_visible()
        problems += browser_tools.violations(page, *rules)
        begin(page, site, "account/")
        problems += browser_tools.violations(page, *rules)

    assert problems == []


def test_the_button_says_when_it_will_publish(page, site):
    begin(page, site)

    page.get_by_label(re.compile("^Publish at")).fill("2030-11-24T09:00")
    expect(page.get_by_role("button", name="Schedule for 24 Nov 2030, 09:00")).to_be_visible()
    page.get_by_label(re.compile("^Publish at")).fill("")

    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_visible()
