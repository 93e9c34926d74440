"""What readers see of the layout, in each theme: what no look at the HTML tells."""

import pytest

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik"
POST = f"""
from cms.services import media, publishing, revising
words = "A notebook has no search, no sync and no backup. " * 60
body = words + "\\n\\n".join(f"\\n\\n## {{heading}}\\n\\nWords." for heading in ("{LONG_WORD}", "Two", "Three"))
post = revising.create(Post, {{"title": "The long one", "slug": "long", "body": body}}, by=None)
publishing.publish(post, by=None)
picture = media.url_of(db.session.scalars(db.select(Media)).first())
body = "\\n\\n".join(f"كلمات من المقهى القديم\\n\\n![x]({{picture}}){{{{.{{kind}}}}}}" for kind in ("wide", "full"))
post = revising.create(Post, {{"title": "صور", "slug": "pictures", "body": body, "language": "ar"}}, by=None)
publishing.publish(post, by=None)
db.session.commit()
"""
# How many entries each line of the menu has.
MENU_LINES = """
() => {
  const tops = [...document.querySelectorAll(".site-menu li")].map((one) => one.offsetTop);
  return [...new Set(tops)].map((top) => tops.filter((one) => one === top).length);
}
"""


@pytest.fixture(scope="session")
def database_kind():
    """One will do: what a page looks like does not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def filled(served):
    served.flask("seed")
    served.flask("shell", typed=POST)
    return served


@pytest.fixture(params=["lantern", "broadside"])
def themed(filled, request):
    filled.flask("theme", "use", request.param)
    return filled


def test_no_line_of_the_menu_has_one_word_alone(themed, page):
    page.goto(themed.url)

    for width in (320, 360, 390, 430):
        page.set_viewport_size({"width": width, "height": 800})
        lines = page.evaluate(MENU_LINES)
        assert len(lines) == 1 or min(lines) > 1, (width, lines)


def test_a_long_word_stays_inside_the_table_of_contents(themed, page):
    page.goto(f"{themed.url}/posts/long")
    page.locator(".contents summary").click()

    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        word = page.locator(".contents").get_by_text(LONG_WORD).bounding_box()
        column = page.locator(".contents").bounding_box()
        assert word["x"] + word["width"] <= column["x"] + column["width"] + 1, width


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_pictures_of_an_arabic_text_in_an_english_site_stand_where_those_of_an_english_one_do(themed, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{themed.url}/posts/pictures")
    found = {}

    for way in ("rtl", "ltr"):
        page.locator(".text > .prose").evaluate("(one, way) => { one.dir = way }", way)
        boxes = [page.locator(f".prose > .{kind}").bounding_box() for kind in ("wide", "full")]
        found[way] = [(box["x"], box["x"] + box["width"]) for box in boxes]

    assert found["rtl"] == found["ltr"]
    assert all(begin >= 0 and end <= width for begin, end in found["rtl"])


def test_on_paper_a_post_is_black_and_a_list_has_neither_pictures_nor_a_menu(themed, page):
    page.emulate_media(media="print", color_scheme="dark")

    page.goto(themed.url)
    assert page.locator(".site-menu:visible, .post-list .cover:visible").count() == 0
    page.goto(f"{themed.url}/posts/the-tag-that-ate-the-archive")
    link = page.locator(".series-line a, .author-card a").first
    assert link.evaluate("one => getComputedStyle(one).color === getComputedStyle(one.parentElement).color")
