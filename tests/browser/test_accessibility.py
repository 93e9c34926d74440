"""axe-core on the pages people meet, light and dark, on a phone and on a desk."""

import re

import pytest

from tests import browser_tools

PASSWORD = "correct horse battery staple"
PUBLIC = ["/", "/archive/", "/tags/", "/search?q=the", "/search?q=nothingatall", "/no-such-page", "/about"]
# A part of a series, a text in two languages and one that is read from right to left.
PUBLIC += ["/series/the-workshop-notes-on-writing", "/posts/the-tag-that-ate-the-archive"]
PUBLIC += ["/posts/das-schlagwort-das-das-archiv-frass", "/posts/رسالة-من-المقهى-القديم"]
ACCOUNT = ["/login", "/reset"]
ADMIN = [
    "/admin/",
    "/admin/post/",
    "/admin/post/new/",
    "/admin/page/",
    "/admin/tag/",
    "/admin/series/",
    "/admin/series/edit/?id=1",
    "/admin/author/",
    "/admin/comment/",
    "/admin/media/",
    "/admin/redirect/",
    "/admin/user/",
    "/admin/role/",
    "/admin/setting/",
    "/admin/mail/",
    "/admin/audit/",
    "/admin/job/",
    "/admin/help/",
]
SIZES = [(390, 844), (1280, 900)]


@pytest.fixture(scope="session")
def database_kind():
    """One will do: what a page looks like does not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def filled(served):
    """A site worth looking at, and the address of its administrator."""
    said = served.flask("seed")
    served.flask("people", "add", "axe@example.org", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n")
    assert said
    return served


def sign_in(page, site):
    page.goto(f"{site.url}/login")
    page.get_by_label("E-mail").fill("axe@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/admin/$"))


def complaints(page, url, *rules):
    page.goto(url)
    return [f"{url}: {found}" for found in browser_tools.violations(page, *rules)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
def test_nobody_is_shut_out(filled, page, scheme, size):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    rules = () if scheme == "light" else ("color-contrast",)  # nothing else differs in the dark
    page.goto(f"{filled.url}/")
    links = page.locator("main a").evaluate_all("all => all.map(one => new URL(one.href).pathname)")
    found = [next(link for link in links if link.startswith(start)) for start in ("/posts/", "/authors/")]

    problems = [line for path in [*PUBLIC, *found, *ACCOUNT] for line in complaints(page, filled.url + path, *rules)]
    sign_in(page, filled)
    problems += [line for path in ADMIN for line in complaints(page, filled.url + path, *rules)]
    page.goto(f"{filled.url}/admin/post/")
    page.locator("main tbody a[href*='/edit/']").first.click()
    problems += complaints(page, page.url, *rules)

    assert problems == []


# What moves: an element's own transitions and animations, and those before and behind it.
MOVING = """
() => [...document.querySelectorAll("body *")].flatMap((one) => ["", "::before", "::after"].map((part) => {
  const style = getComputedStyle(one, part || null);
  const times = `${style.transitionDuration}, ${style.animationDuration}`.split(", ");
  return times.some((time) => parseFloat(time) > 0.01) && `moves: ${one.outerHTML.slice(0, 100)}${part}`;
})).filter(Boolean).slice(0, 3)
"""
# What a narrow window cuts: the page itself, controls that reach beyond it, and texts that hide a part of themselves.
CUT = """
() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  const unseen = ".unseen, .visually-hidden, .skip, [class*=ts-]"; // for screen readers; inside pickers, which scroll
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(unseen);
  const found = document.documentElement.scrollWidth > width ? [`page: ${document.documentElement.scrollWidth}`] : [];
  for (const one of document.querySelectorAll("a, button, input, select, textarea, summary, label, h1, h2, p, td")) {
    if (!isSeen(one)) continue;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const clips = style.overflowX === "hidden" && style.textOverflow !== "ellipsis";
    const reaches = box.width > 1 && (box.right > width + 1 || box.left < -1) && !scrolls(one.parentElement);
    if (reaches || (clips && one.scrollWidth > one.clientWidth + 1)) {
      found.push(`cut: ${one.outerHTML.slice(0, 100)}`);
    }
  }
  return found.slice(0, 3);
}
"""


def test_targets_are_large_nothing_moves_unasked_and_zoom_cuts_nothing(filled, page):
    """WCAG 2.5.8, 2.3.3, 1.4.4 and 1.4.10: 640 pixels are a window of 1280 at 200 %, 320 are it at 400 %."""
    page.emulate_media(reduced_motion="reduce")
    problems = []

    def look(paths):
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": 900})
            found = complaints(page, filled.url + path, "target-size")
            found += page.evaluate(MOVING)
            for width in (640, 320):
                page.set_viewport_size({"width": width, "height": 600})
                found += [f"{width}: {line}" for line in page.evaluate(CUT)]
            problems.extend(f"{path} {line}" for line in found)

    look([*PUBLIC, *ACCOUNT])
    page.set_viewport_size({"width": 1280, "height": 900})
    sign_in(page, filled)
    look([*ADMIN, "/admin/post/edit/?id=1", "/admin/account/", "/change", "/tf-setup"])

    assert problems == []


def test_the_other_theme_shuts_nobody_out_and_cuts_nothing(filled, page):
    """As above, in Broadside: all rules in the light, colours in the dark, and the narrowest window."""
    filled.flask("theme", "use", "broadside")
    try:
        page.goto(f"{filled.url}/")
        links = page.locator("main a").evaluate_all("all => all.map(one => new URL(one.href).pathname)")
        found = [next(link for link in links if link.startswith(start)) for start in ("/posts/", "/authors/", "/tags/")]
        problems = []
        for path in [*PUBLIC, *found]:
            for scheme, width, rules in (("light", 1280, ()), ("light", 390, ()), ("dark", 1280, ("color-contrast",))):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                problems += complaints(page, filled.url + path, *rules)
            page.set_viewport_size({"width": 320, "height": 600})
            problems += [f"{path}: {line}" for line in page.evaluate(CUT)]
    finally:
        filled.flask("theme", "use", "lantern")

    assert problems == []


def test_an_admin_looks_at_other_settings_in_a_new_tab_before_they_are_saved(filled, page):
    sign_in(page, filled)
    page.goto(f"{filled.url}/admin/setting/")
    page.get_by_label("Site title").fill("Quite another")
    page.get_by_label("Accent colour optional").fill("#8a1c4a")
    page.locator("select#theme").select_option("broadside")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview").click()
    preview = opened.value
    preview.get_by_role("button", name="A post").click()
    preview.wait_for_load_state()

    title = preview.locator(".site-title a")
    assert title.inner_text() == "Quite another"
    assert title.evaluate("one => getComputedStyle(one).fontWeight") == "900"
    accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent')"
    assert preview.evaluate(accent) == "#8a1c4a"
    assert browser_tools.violations(preview) == []
    preview.goto(f"{filled.url}/")
    assert preview.locator(".site-title").inner_text() != "Quite another"
    preview.close()


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_carry_no_script_and_set_no_cookie(filled, page, path):
    requests = []
    page.on("request", lambda request: requests.append(request.url))

    page.goto(filled.url + path)

    assert page.locator("script:not([type='application/ld+json'])").count() == 0  # data is no script
    assert page.context.cookies() == []
    assert all(url.startswith(filled.url) for url in requests), requests


@pytest.mark.parametrize("path", PUBLIC)
def test_no_public_page_scrolls_sideways_on_a_small_phone(filled, page, path):
    page.set_viewport_size({"width": 320, "height": 700})

    page.goto(filled.url + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_page_of_the_admin_takes_more_than_twelve_requests_or_250_kb(filled, page):
    """The first load, with nothing kept from before; pictures come when they are scrolled to."""
    sign_in(page, filled)
    cookies = page.context.cookies()
    heavy = []
    for path in [*ADMIN, "/admin/account/"]:
        context = page.context.browser.new_context()
        context.add_cookies(cookies)
        fresh, loaded = context.new_page(), []
        fresh.on("requestfinished", lambda request, loaded=loaded: loaded.append(request))
        fresh.goto(filled.url + path, wait_until="networkidle")
        parts = [one for one in loaded if one.resource_type != "image"]
        weight = sum(one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in parts)
        if len(parts) > 12 or weight > 250_000:
            heavy.append((path, len(parts), weight))
        context.close()

    assert heavy == []
