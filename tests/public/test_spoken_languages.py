"""Which voice reads what (WCAG 3.1.1, 3.1.2): a page's own words are in one language, what people wrote in others.

What is in Arabic letters here is Arabic, in Greek ones Greek; all words in Latin letters are those of the page.
"""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from cms.public import lists
from cms.services import settings
from cms.text import markdown
from tests.factories import make_author, make_comment, make_page, make_post, make_series, make_tag

SCRIPTS = {"ar": r"[\u0600-\u06ff]", "el": r"[\u0370-\u03ff]", "en": r"[A-Za-z]"}
BODY = (
    "## ألف\n\nكلمة[^1] ثم كلمة.\n\n| أ | ب |\n|---|---|\n| ١ | ٢ |\n\n"
    "- [x] ثلاثة\n- [ ] أربعة\n\n## باء\n\nنص\n\n[^1]: حاشية\n"
)
LABELLED = "# One\n\nWord[^1]\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] Three\n\n[^1]: Note\n"
VOID = {"meta", "link", "img", "input", "br", "hr"}


class Voices(HTMLParser):
    """Each text of a page and each name of a thing in it, with the language that it says to be in."""

    def __init__(self, html):
        super().__init__()
        self.open, self.heard = [("", "")], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        language = said.get("lang") or self.open[-1][1]
        if tag != "link":
            self.heard += [(said[name], language) for name in ("aria-label", "alt", "title") if said.get(name)]
        if tag not in VOID:
            self.open.append((tag, language))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag, self.getpos()

    def handle_data(self, text):
        if text.strip() and self.open[-1][0] not in ("title", "script", "code"):
            self.heard.append((text.strip(), self.open[-1][1]))


def wrong(html):
    """What of a page another voice reads than should; names that have words of both kinds are the page's own."""
    found = []
    for text, language in Voices(html).heard:
        scripts = {code for code, letters in SCRIPTS.items() if re.search(letters, text)}
        expected = "en" if "en" in scripts else next(iter(scripts), language)
        if language.partition("-")[0] != expected:
            found.append((text, language))
    return found


@pytest.fixture
def abroad(client):
    """A site in Arabic, whose pages speak English for lack of a better: a post of it in Greek, too."""
    settings.change(
        {"language": "ar", "title": "مدونة", "tagline": "كلمات", "footer": "حقوق", "menu_links": "رابط | /x"}, by=None
    )
    settings.change({"social_links": "حساب | https://example.org"}, by=None)
    make_page(title="صفحة", body=BODY, menu_position=1)
    author, series = make_author("كاتب", slug="a", website=""), make_series("سلسلة", slug="s", description="وصف")
    author.bio, author.bio_html = "سيرة", markdown.render("سيرة")
    tag = make_tag("وسم", description="شرح")
    tag.slug = "t"
    rest = {"authors": [author.id], "tags": [tag.name], "series": series.title}
    long = BODY + "كلمة " * 600
    post = make_post(title="بحر", slug="sea", body=long, excerpt="موجز", **rest)
    make_post(title="ملح", slug="salt", body=BODY, excerpt="موجز", **rest)
    greek = make_post(
        title="Θάλασσα",
        slug="greek",
        body="## Νερό\n\nΝερό.",
        excerpt="Λίγα",
        language="el",
        translation_of_id=post.id,
        **rest,
    )
    for one, (name, said) in {post: ("قارئ", "رأي"), greek: ("Άννα", "Καλό")}.items():
        first = make_comment(one, name=name, body=said)
        make_comment(one, name=name, body=said, parent_id=first.id)
    return client


@pytest.mark.parametrize("theme", ["lantern", "broadside"])
def test_each_voice_reads_its_own(abroad, theme):
    settings.change({"theme": theme}, by=None)
    month = re.search(r"/archive/\d+/\d+/", abroad.get("/archive/").text)[0]
    answer = unescape(re.search(r'href="(/posts/greek/comments/new[^"]+)"', abroad.get("/posts/greek").text)[1])
    addresses = [
        "/",
        "/posts/sea",
        "/posts/salt",
        "/posts/greek",
        "/archive/",
        month,
        "/series/",
        "/series/s",
        "/tags/",
    ]
    addresses += [
        "/tags/t",
        "/authors/a",
        "/search",
        "/search?q=بحر",
        "/search?q=Θάλασσα",
        "/search?q=غيمة",
        "/nowhere",
    ]
    addresses += ["/صفحة", answer, "/posts/sea/comments/new", "/posts/sea/comments/mine"]

    for address in addresses:
        html = abroad.get(address).text.replace(">Θάλασσα</span>”", "></span>”")  # as typed: in nobody knows which
        assert '<html lang="ar" dir="rtl">' in html, address
        assert '<body lang="en">' in html, address
        assert len(Voices(html).heard) > 12, address
        assert wrong(html) == [], address


def test_a_comment_is_previewed_in_its_voice(abroad):
    typed = {"name": "قارئ", "body": "كلمة"}

    assert wrong(abroad.post("/posts/sea/comments/preview", data=typed).text) == []
    assert wrong(abroad.post("/posts/sea/comments/preview", data={"name": "قارئ"}).text) == []


@pytest.mark.parametrize(
    ("language", "body"),
    [
        *(("de", ' lang="en"'), ("zh-TW", ' lang="zh-Hans"'), ("zh-Hant-HK", ' lang="zh-Hans"')),
        *(("en-GB", ""), ("en", ""), ("zh", ""), ("zh-CN", ""), ("zh-Hans", "")),
    ],
)
def test_a_page_that_speaks_the_language_of_its_site_says_so_once(client, language, body):
    settings.change({"language": language}, by=None)
    post = make_post(body=LABELLED)

    html = client.get(f"/posts/{post.slug}").text

    assert f"<body{body}>" in html
    assert bool(body) or html.count(" lang=") == 1
    assert (f'<h1 lang="{language}">' in html) is bool(body)


def test_a_page_of_an_error_that_asks_the_database_nothing_keeps_the_title_in_its_voice(app, abroad, monkeypatch):
    abroad.get("/")

    def broken(*_, **__):
        raise TypeError("a mistake")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(lists, "render_template", broken)
    html = abroad.get("/tags/").text

    assert '<html lang="en">' in html
    assert wrong(html) == []
