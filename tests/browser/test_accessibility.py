"""axe-core on the pages people meet, light and dark, on a phone and on a desk."""

import re

import pytest

from tests import browser_tools

PASSWORD = "correct horse battery staple"
# All kinds of pages: nothing found, a word nearly right, a part of a series, a text in two languages and one that is
# read from right to left, forms of comments.
PUBLIC = ["/", "/archive/", "/tags/", "/series/", "/about", "/search?q=the", "/search?q=nothingatall"]
PUBLIC += ["/search?q=archvie", "/series/the-workshop-notes-on-writing", "/posts/the-tag-that-ate-the-archive"]
PUBLIC += ["/posts/das-schlagwort-das-das-archiv-frass", "/posts/رسالة-من-المقهى-القديم"]
PUBLIC += [f"/posts/the-tag-that-ate-the-archive/comments/{which}" for which in ("new", "mine")]
# Further kinds, of which the first is taken that a page leads to.
LINKED = {
    "/": ("/posts/", "/authors/"),
    "/tags/": ("/tags/.",),
    "/archive/": (r"/archive/\d+/$", r"/archive/\d+/\d+/$"),
}
# A post that was there once, and the link in a mail about answers to a comment.
ASKED = """
from cms.services import subscribing
gone = db.select(Post.slug).where(Post.deleted_at.is_not(None), Post.live_version.is_not(None))
comment = db.session.scalars(db.select(Comment)).first()
comment.email = "somebody@example.org"
subscribing.ask_for(comment)
db.session.commit()
wish = db.session.scalars(db.select(CommentSubscription)).one()
print("gone: /posts/" + db.session.scalars(gone).first(), "mail: /comments/mail/" + subscribing.token_for("stop", wish))
"""
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
COLOURS = ("color-contrast",)  # nothing else differs in the dark
LOOKS = ((390, "light", ()), (390, "dark", COLOURS), (1280, "dark", COLOURS), (1280, "light", ()))


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

# A list that is wider than the frame round it, which would hide its last columns.
SIDEWAYS = """() => [...document.querySelectorAll(".table-frame")].filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => `a list of ${one.scrollWidth} in a frame of ${one.clientWidth}`)"""


def problems_of(page):
    """What shuts somebody out of the page as it is, on a phone and a desk, light and dark.

    By axe, with WCAG 2.5.8; and by WCAG 2.3.3, 1.4.4 and 1.4.10: 640 pixels are a window of 1280 at 200 %, 320 are
    it at 400 %.
    """
    found = []
    for width, scheme, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        problems = browser_tools.violations(page, *rules)
        if rules != COLOURS:
            problems += browser_tools.violations(page, "target-size")
        found += [f"{width} {scheme}: {line}" for line in problems]
    found += page.evaluate(MOVING)
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 600})
        found += [f"{width}: {line}" for line in page.evaluate(CUT)]
    for width in (1280, 901):  # the narrowest that has the sidebar beside it
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{width}: {line}" for line in page.evaluate(SIDEWAYS)]
    return [f"{page.url} {line}" for line in found]


@pytest.fixture
def still(page):
    """A visitor who wants nothing to move."""
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.fixture(params=["lantern", "broadside"])
def themed(filled, request):
    filled.flask("theme", "use", request.param)
    yield filled
    filled.flask("theme", "use", "lantern")


@pytest.fixture(scope="module")
def elsewhere(filled):
    """Pages that no other leads to, and what they are answered with."""
    gone, mail = re.search(r"gone: (\S+) mail: (\S+)", filled.flask("shell", typed=ASKED)).groups()
    return {gone: 410, "/no-such-page": 404, mail: 200}


def public_pages(page, site, elsewhere):
    """A page of each kind, and what it is answered with."""
    found = dict.fromkeys(PUBLIC, 200)
    for path, kinds in LINKED.items():
        page.goto(site.url + path)
        links = page.locator("main a").evaluate_all("all => all.map(one => new URL(one.href).pathname)")
        found |= {next(link for link in links if re.match(kind, link)): 200 for kind in kinds}
    return found | elsewhere


def test_no_reader_is_shut_out_nor_given_a_script_a_cookie_or_a_part_from_elsewhere(themed, still, elsewhere):
    requests, problems = [], []
    still.on("request", lambda request: requests.append(request.url))
    for path, status in public_pages(still, themed, elsewhere).items():
        assert still.goto(themed.url + path).status == status, path
        assert still.locator("script:not([type='application/ld+json'])").count() == 0, path  # data is no script
        assert still.context.cookies() == [], path
        problems += problems_of(still)

    still.goto(f"{themed.url}/posts/the-tag-that-ate-the-archive/comments/new")
    still.locator("form.comment-form").evaluate("one => { one.noValidate = true }")
    still.get_by_role("button", name="Preview comment").click()
    still.locator("[role=alert]").wait_for()
    problems += problems_of(still)

    assert problems == []
    assert [url for url in requests if not url.startswith(themed.url)] == []


def test_nobody_is_shut_out_of_their_account_and_the_admin(filled, still):
    problems = []

    def look(paths):
        for path in paths:
            still.goto(filled.url + path)
            problems.extend(problems_of(still))

    look(ACCOUNT)
    still.set_viewport_size({"width": 1280, "height": 900})
    sign_in(still, filled)
    look([*ADMIN, "/admin/nowhere", "/admin/post/edit/?id=1", "/admin/account/", "/change", "/tf-setup"])

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
