"""What a page weighs before its pictures: the budget of the house, on pages as full as real ones, in each theme."""

import re
from html import unescape

import pytest

from cms.services import settings
from tests.factories import make_author, make_comment, make_page, make_post

HOME_BYTES, POST_BYTES, CSS_BYTES, REQUESTS = 40_000, 60_000, 15_000, 3
SENTENCE = "The notebook on my desk has no search, no sync and no backup, and has lost nothing in eleven years. "
SECTION = """
## {title}

{words}

> {sentence}

- {sentence}
- {sentence}[^{number}]

```python
def answer(number: int, words: str = "none") -> dict[str, int]:
    return {{words: number + 42}}  # of course
```

[^{number}]: {sentence}
"""
# 2,900 words: nine in ten of the 503 posts of a real blog are shorter.
LONG = "".join(
    SECTION.format(title=f"Part {number}", words=SENTENCE * 9, sentence=SENTENCE.strip(), number=number)
    for number in range(1, 11)
)


@pytest.fixture
def full(client):
    """A site with long titles, excerpts, several authors and tags, a menu, and a long post that is talked about."""
    authors = [make_author(f"Frieda Königsmüller-Nakamura {number}").id for number in range(3)]
    tags = [f"A tag of some length {number}" for number in range(6)]
    for number in range(12):
        title = f"Why we keep a paper notebook beside the screen, and what it taught us {number}"
        make_post(title=title, body=LONG, excerpt=SENTENCE * 2, tags=tags, authors=authors)
    post = make_post(title="The long one", body=LONG, excerpt=SENTENCE * 2, tags=tags, authors=authors)
    for _ in range(10):
        make_comment(post, body=SENTENCE * 3)
    for number in range(6):
        make_page(title=f"A page of the menu {number}", menu_position=number)
    settings.change({"footer": SENTENCE * 3, "tagline": SENTENCE, "accent": "#0b5d63"}, by=None)
    assert 2500 < post.word_count < 3500
    return client


@pytest.mark.parametrize("theme", ["lantern", "broadside"])
def test_pages_stay_within_their_budget(full, theme):
    settings.change({"theme": theme}, by=None)

    for address, most in (("/", HOME_BYTES), ("/posts/the-long-one", POST_BYTES), ("/tags/", HOME_BYTES)):
        html = full.get(address)
        links = re.findall(r'<link rel="(?:stylesheet|icon|preload)"[^>]*? href="([^"]+)"', html.text)
        loaded = [full.get(unescape(link), headers={"Accept-Encoding": "gzip"}, buffered=True) for link in links]
        assert all(answer.status_code == 200 and answer.data for answer in loaded)
        assert 1 + len(loaded) <= REQUESTS, links
        assert sum(len(answer.data) for answer in (html, *loaded)) <= most, (address, len(html.data))
        assert sum(len(answer.data) for answer in loaded if answer.mimetype == "text/css") <= CSS_BYTES
        assert not re.search(r"<script(?! type=\"application/ld\+json\")", html.text)
        assert not re.search(r'(src|srcset|action)="(https?:)?//', html.text)
