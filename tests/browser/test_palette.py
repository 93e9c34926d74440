"""The command palette, the shortcuts and the frame round the pages, from the keyboard, in Chromium."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests import browser_tools
from tests.browser.conftest import is_expected

PASSWORD = "correct horse battery staple"
EMAIL = "ada@example.org"
FIND = "**/admin/search/find/**"
SIZES = [(390, 844), (1280, 900)]


@pytest.fixture(scope="module")
def database_kind():
    """What a browser sees of the palette is the same on both databases; the answers are tested on both elsewhere."""
    return "sqlite"


@pytest.fixture(scope="module")
def site(served):
    served.flask("seed")
    served.flask(
        "people", "add", EMAIL, "--name", "Ada Lovelace", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n"
    )
    return served


@contextmanager
def watched(browser: Browser, **options) -> Iterator[Page]:
    """A page whose console must stay silent."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [line for line in complaints if not is_expected(line)] == []


def sign_in(page, site):
    page.goto(f"{site.url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/admin/$"))


@pytest.fixture(scope="module")
def session(browser, site):
    """The cookies of somebody signed in."""
    with watched(browser) as page:
        sign_in(page, site)
        return page.context.storage_state()


@pytest.fixture
def page(browser, site, session):
    """Ada at her list of posts."""
    with watched(browser, storage_state=session) as page:
        page.goto(f"{site.url}/admin/post/")
        yield page


def palette(page):
    return page.get_by_role("dialog", name="Find anything, do anything")


def field(page):
    return palette(page).get_by_role("combobox")


def options(page):
    return palette(page).get_by_role("option")


def press(page, keys):
    """Press keys once the scripts that listen to them are there."""
    page.wait_for_load_state()
    page.keyboard.press(keys)


def opened(page, text=""):
    press(page, "Control+k")
    expect(field(page)).to_be_focused()
    expect(options(page).first).to_be_visible()
    if text:
        field(page).fill(text)  # at once: of a beginning nothing is asked that could be taken for the answer
        expect(state(page)).to_have_text(re.compile(r"^\d+ results?$|^Nothing found"))
    return palette(page)


def state(page):
    return palette(page).get_by_role("status")


def chosen(page):
    """The option that the field says is active, which is the one that looks so."""
    active = field(page).get_attribute("aria-activedescendant")
    expect(palette(page).locator('[aria-selected="true"]')).to_have_attribute("id", active)
    return palette(page).locator(f"#{active}")


def sheet(page):
    return page.get_by_role("dialog", name="Keyboard shortcuts")


# The palette
def test_from_the_keyboard_to_the_right_page(page):
    opened(page, "tags")

    expect(chosen(page)).to_contain_text("Tags")
    field(page).press("Enter")

    expect(page).to_have_url(re.compile(r"/admin/tag/$"))


def test_arrows_choose_and_go_round(page):
    opened(page, "comments")
    count = options(page).count()
    assert count > 3

    assert chosen(page).get_attribute("id") == "palette-option-0"
    field(page).press("ArrowDown")
    assert chosen(page).get_attribute("id") == "palette-option-1"
    field(page).press("ArrowUp")
    field(page).press("ArrowUp")
    assert chosen(page).get_attribute("id") == f"palette-option-{count - 1}"
    expect(chosen(page)).to_be_in_viewport()
    field(page).press("ArrowDown")
    assert chosen(page).get_attribute("id") == "palette-option-0"
    expect(field(page)).to_be_focused()


def test_ctrl_enter_opens_in_a_new_tab_and_the_palette_stays(page):
    opened(page, "audit log")

    with page.context.expect_page() as other:
        field(page).press("Control+Enter")

    other.value.wait_for_url(re.compile(r"/admin/audit/$"))
    expect(palette(page)).to_be_visible()
    assert page.url.endswith("/admin/post/")


def test_escape_closes_and_gives_the_focus_back(page):
    link = page.get_by_role("navigation", name="Admin").get_by_role("link", name="Media")
    link.focus()
    opened(page, "post")

    press(page, "Escape")

    expect(palette(page)).to_be_hidden()
    expect(link).to_be_focused()
    opened(page)  # begins anew
    expect(field(page)).to_have_value("")


def test_it_says_how_many_there_are_and_what_to_try_when_there_is_nothing(page):
    dialog = opened(page)
    expect(state(page)).to_have_text(re.compile(r"^\d+ suggestions$"))

    field(page).press_sequentially("audit log")
    expect(state(page)).to_have_text(re.compile(r"^\d+ results?$"))
    field(page).fill("zzqqxx")

    expect(state(page)).to_have_text("Nothing found for “zzqqxx”")
    expect(dialog).to_contain_text("Try fewer letters")
    expect(field(page)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    field(page).press("ArrowDown")
    expect(chosen(page)).to_have_text("Search all posts")
    field(page).press("Enter")
    expect(page).to_have_url(re.compile(r"/admin/post/\?search=zzqqxx$"))


@pytest.mark.parametrize("text", ["zzqqxx $& $1", "$$ zzqqxx", "{count} zzqqxx"])
def test_what_was_typed_is_said_as_it_was_typed(page, text):
    opened(page)
    field(page).fill(text)

    expect(state(page)).to_have_text(f"Nothing found for “{text}”")


def test_what_one_worked_on_comes_first(page, site):
    page.goto(f"{site.url}/admin/tag/new/")
    page.get_by_label("Name").fill("Lighthouses")
    page.get_by_label("Name").press("Enter")
    page.wait_for_url(re.compile(r"/admin/tag/(\?|$|edit)"))

    opened(page)

    expect(palette(page).get_by_role("group").first).to_contain_text("Recent")
    expect(options(page).first).to_contain_text("Lighthouses")


def test_a_late_answer_never_replaces_a_newer_one(page):
    opened(page)
    held: list[Route] = []
    page.route(FIND, lambda route: held.append(route) if "q=tag" in route.request.url else route.continue_())

    field(page).fill("tag")
    wait_until(page, lambda: held)
    field(page).fill("redirects")
    expect(options(page).first).to_contain_text("Redirects")
    release(held)
    page.wait_for_timeout(400)

    expect(options(page).first).to_contain_text("Redirects")
    expect(state(page)).to_have_text(re.compile("result"))


def test_a_late_answer_is_dropped_even_where_requests_cannot_be_called_off(page):
    page.evaluate("AbortController.prototype.abort = () => {}")
    opened(page)
    held: list[Route] = []
    page.route(FIND, lambda route: held.append(route) if "q=tag" in route.request.url else route.continue_())

    field(page).fill("tag")
    wait_until(page, lambda: held)
    field(page).fill("redirects")
    expect(options(page).first).to_contain_text("Redirects")
    with page.expect_response(lambda answer: "q=tag" in answer.url):
        release(held)
    page.wait_for_timeout(300)

    expect(options(page).first).to_contain_text("Redirects")


def test_letters_typed_quickly_ask_once(page):
    opened(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/find/" in request.url else None)
    with_time_at_hand(page)

    for letter in "redirect":
        field(page).press_sequentially(letter)
        page.clock.run_for(100)
    page.clock.run_for(20)
    expect(options(page).first).to_contain_text("Redirects")

    assert [url.rpartition("=")[2] for url in asked] == ["redirect"]


def test_waiting_is_shown_only_when_it_takes_long(page):
    opened(page)
    held: list[Route] = []
    page.route(FIND, lambda route: held.append(route))
    with_time_at_hand(page)

    field(page).fill("tags")
    page.clock.run_for(120)
    wait_until(page, lambda: held)
    page.clock.run_for(299)
    expect(state(page)).not_to_have_text("Searching…")
    page.clock.run_for(1)
    expect(state(page)).to_have_text("Searching…")
    expect(palette(page).get_by_role("listbox")).to_have_attribute("aria-busy", "true")
    release(held)

    expect(state(page)).to_have_text(re.compile("result"))
    expect(palette(page).get_by_role("listbox")).not_to_have_attribute("aria-busy", "true")


def test_enter_waits_for_the_answer_to_what_was_typed(page):
    opened(page)

    field(page).press_sequentially("redirects")
    field(page).press("Enter")

    expect(page).to_have_url(re.compile(r"/admin/redirect/$"))


def test_no_answer_is_said_in_words_and_the_next_letter_tries_again(page):
    opened(page)
    page.route(FIND, lambda route: route.abort())
    field(page).press_sequentially("tag")
    expect(state(page)).to_have_text(re.compile("did not answer"))

    page.unroute(FIND)
    field(page).press_sequentially("s")

    expect(options(page).first).to_contain_text("Tags")


def test_the_field_at_the_top_opens_it(page):
    top = page.get_by_role("searchbox", name="Search everything")
    top.focus()
    expect(palette(page)).to_be_hidden()  # one can tab past it

    top.press_sequentially("aud")

    expect(field(page)).to_have_value("aud")
    expect(options(page).first).to_contain_text("Audit log")
    press(page, "Escape")
    expect(top).to_be_focused()
    top.click()
    expect(field(page)).to_be_focused()


def test_the_mouse_chooses_too(page):
    opened(page, "comments")

    options(page).nth(2).hover()
    expect(options(page).nth(2)).to_have_attribute("aria-selected", "true")
    address = options(page).nth(2).get_attribute("href")
    options(page).nth(2).click()

    expect(page).to_have_url(re.compile(re.escape(address) + "$"))
    opened(page)
    page.mouse.click(5, 5)
    expect(palette(page)).to_be_hidden()


def test_it_signs_out(page, browser, site):
    with watched(browser) as other:
        sign_in(other, site)
        opened(other, "sign out")
        field(other).press("Enter")
        other.wait_for_url(re.compile("/login"))

        other.goto(f"{site.url}/admin/")
        assert "/login" in other.url


def test_names_are_shown_as_they_are_written(page, site):
    page.goto(f"{site.url}/admin/tag/new/")
    page.get_by_label("Name").fill("<b>bold</b> & <img src=x>")
    page.get_by_label("Name").press("Enter")
    page.wait_for_url(re.compile(r"/admin/tag/(\?|$|edit)"))

    opened(page, "b bold")

    expect(options(page).filter(has_text="<b>bold</b> & <img src=x>")).to_have_count(1)


# Shortcuts
def test_n_begins_a_post_and_ctrl_s_saves_it_from_within_a_field(page):
    press(page, "n")
    page.wait_for_url(re.compile(r"/admin/post/new/"))
    title = page.get_by_placeholder("Title", exact=True)
    title.focus()

    page.keyboard.type("n g p / ? new")  # letters stay letters
    expect(title).to_have_value("n g p / ? new")
    press(page, "Control+s")

    expect(page.get_by_role("heading", level=1)).to_have_text("n g p / ? new")
    title.blur()
    press(page, "p")
    page.wait_for_url(re.compile(r"/admin/post/preview/\d+"))


def test_ctrl_s_saves_and_never_deletes_or_imports(page, site):
    page.goto(f"{site.url}/admin/tag/new/")
    page.get_by_label("Name").fill("Saved by a key")
    press(page, "Control+s")
    expect(page.get_by_text("“Saved by a key” is saved.")).to_be_visible()

    page.goto(f"{site.url}/admin/tag/?search=Saved+by+a+key")
    page.get_by_role("link", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    press(page, "Control+s")
    page.goto(f"{site.url}/admin/tag/import/")
    file = {"name": "tags.csv", "mimeType": "text/csv", "buffer": b"name\nImported by a key\n"}
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="See what it would do").click()
    expect(page.get_by_role("button", name="Import this")).to_be_visible()
    press(page, "Control+s")
    page.wait_for_timeout(500)

    page.goto(f"{site.url}/admin/tag/?search=by+a+key")
    expect(page.get_by_role("link", name="Saved by a key", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Imported by a key")).to_have_count(0)


@pytest.mark.parametrize(
    ("letter", "path"),
    [("d", "/admin/"), ("p", "/admin/post/"), ("c", "/admin/comment/"), ("t", "/admin/tag/"), ("m", "/admin/media/")],
)
def test_g_and_a_letter_go_to_a_list(page, site, letter, path):
    page.goto(f"{site.url}/admin/help/")

    page.keyboard.type(f"g{letter}")

    expect(page).to_have_url(f"{site.url}{path}")


def test_a_letter_long_after_g_is_a_letter_of_its_own(page, site):
    page.goto(f"{site.url}/admin/help/")

    press(page, "g")
    page.wait_for_timeout(1700)
    press(page, "t")
    page.wait_for_timeout(300)

    assert page.url == f"{site.url}/admin/help/"


def test_slash_searches_and_no_shortcut_works_in_a_dialog(page):
    press(page, "/")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("")
    press(page, "Escape")
    expect(palette(page)).to_be_hidden()

    press(page, "?")
    expect(sheet(page)).to_be_visible()
    press(page, "n")
    page.wait_for_timeout(300)

    assert page.url.endswith("/admin/post/")


def test_the_sheet_is_a_dialog_that_gives_the_focus_back(page):
    link = page.get_by_role("link", name="View site")
    link.focus()
    press(page, "?")
    expect(sheet(page).get_by_role("checkbox", name="New post")).to_be_checked()

    press(page, "Escape")

    expect(sheet(page)).to_be_hidden()
    expect(link).to_be_focused()


def test_a_shortcut_that_is_switched_off_stays_off(page):
    press(page, "?")
    sheet(page).get_by_role("checkbox", name="New post").uncheck()
    sheet(page).get_by_role("checkbox", name="Find anything").uncheck()
    press(page, "Escape")
    page.reload()

    press(page, "n")
    press(page, "Control+k")
    page.wait_for_timeout(300)
    assert page.url.endswith("/admin/post/")
    expect(palette(page)).to_be_hidden()

    press(page, "?")
    box = sheet(page).get_by_role("checkbox", name="New post")
    expect(box).not_to_be_checked()
    box.check()
    press(page, "Escape")
    press(page, "n")
    page.wait_for_url(re.compile(r"/admin/post/new/"))


def test_all_can_be_switched_off_and_the_sheet_is_still_found(page):
    press(page, "?")
    sheet(page).get_by_role("button", name="Switch all off").click()
    press(page, "Escape")

    for keys in ("n", "/", "?", "Control+k"):
        press(page, keys)
    press(page, "g")
    press(page, "t")
    page.wait_for_timeout(300)
    assert page.url.endswith("/admin/post/")
    expect(page.locator("dialog[open]")).to_have_count(0)

    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    sheet(page).get_by_role("button", name="Switch all on").click()
    press(page, "Escape")
    expect(page.locator(".person-menu summary")).to_be_focused()
    opened(page)


# Theme
def ground(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_chosen_theme_wins_over_the_systems_and_lasts(page, site, browser):
    page.emulate_media(color_scheme="light")
    light = ground(page)
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Dark").click()
    dark = ground(page)
    assert dark != light
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    wait_until(page, lambda: "theme" in {cookie["name"] for cookie in page.context.cookies()})

    page.goto(f"{site.url}/admin/tag/")
    assert ground(page) == dark
    # Before any script: it stands in the page itself.
    with watched(browser, storage_state=page.context.storage_state(), java_script_enabled=False) as quiet:
        quiet.goto(f"{site.url}/admin/")
        expect(quiet.locator("html")).to_have_attribute("data-theme", "dark")

    opened(page, "theme system")
    field(page).press("Enter")
    expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))
    assert ground(page) == light
    page.emulate_media(color_scheme="dark")
    assert ground(page) == dark


def test_the_menu_of_the_person_closes_as_menus_do(page):
    summary = page.locator(".person-menu summary")
    summary.focus()
    summary.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    press(page, "Tab")
    press(page, "Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()

    summary.click()
    page.get_by_role("heading", level=1).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_the_menu_of_exports_closes_as_menus_do(page):
    summary = page.locator("summary", has_text="Export")
    choice = page.get_by_role("link", name="CSV, for any spreadsheet")
    summary.focus()
    summary.press("Enter")
    expect(choice).to_be_visible()

    press(page, "Tab")
    expect(choice).to_be_focused()
    press(page, "Escape")
    expect(choice).to_be_hidden()
    expect(summary).to_be_focused()

    summary.click()
    expect(choice).to_be_visible()
    page.get_by_role("heading", level=1).click()
    expect(choice).to_be_hidden()

    summary.click()
    page.locator(".person-menu summary").click()
    expect(choice).to_be_hidden()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_without_scripts_the_field_leads_to_a_page_of_results(browser, site, session):
    with watched(browser, storage_state=session, java_script_enabled=False) as page:
        page.goto(f"{site.url}/admin/")
        page.get_by_role("searchbox", name="Search everything").fill("audit")
        page.get_by_role("searchbox", name="Search everything").press("Enter")

        page.get_by_role("main").get_by_role("link", name="Audit log", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")

        page.locator(".person-menu summary").click()
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.url.endswith("/admin/audit/")


# Everybody
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_nobody_is_shut_out(page, site, scheme, size):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    problems = []

    def look(where):
        problems.extend(f"{where}: {found}" for found in browser_tools.violations(page))
        problems.extend(f"{where}: too small: {name}" for name in too_small(page))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append(f"{where}: scrolls sideways")

    opened(page)
    look("nothing typed")
    opened_text(page, "comments")
    look("results")
    opened_text(page, "zzqqxx")
    look("nothing found")
    press(page, "Escape")
    press(page, "?")
    look("sheet")
    press(page, "Escape")
    page.locator(".person-menu summary").click()
    look("menu of the person")
    page.goto(f"{site.url}/admin/search/?q=comments")
    look("page of results")

    assert problems == []


def opened_text(page, text):
    field(page).fill(text)
    expect(state(page)).to_have_text(re.compile(r"^\d+ results?$|^Nothing found"))


CONTROLS = ".bar :is(a, button, input, summary), dialog[open] :is(a, button, [role=combobox], .shortcut)"


def too_small(page):
    """Controls of the bar and of open dialogs that are under 24 px in one direction."""
    return page.locator(CONTROLS).evaluate_all(
        """all => all.filter((one) => one.type !== "hidden" && one.checkVisibility()).filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width < 24 || box.height < 24;
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )


def with_time_at_hand(page):
    """From here on time goes on by ``page.clock.run_for`` alone, however busy the machine is."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


def release(held):
    for route in held:
        route.continue_()
    held.clear()


def wait_until(page, is_so):
    for _ in range(600):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to pass in thirty seconds")
