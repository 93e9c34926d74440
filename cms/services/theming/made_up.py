"""Things as readers meet them, made up: posts, people, comments and what stands round them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from cms.services import settings
from cms.services.links import Link
from cms.services.site import Logo, MenuItem, Site
from cms.text import markdown

BODY = """
## A first part

Words with *emphasis*, `code`, a [link](/about) and a note[^1].

> A quotation.

| One | Two |
|-----|----:|
| 1   | 2   |

- [x] done
- to do

![A boat](/media/00/boat.png "Told below the picture")

```python
def answer():
    return 42  # of course
```

## A second part

More words.

## A third part

The last ones.

[^1]: The note.
"""
NOW = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)


def site() -> Site:
    """A site that has everything."""
    values = {name: option.default for name, option in settings.OPTIONS.items()}
    values |= {"title": "A site", "tagline": "What it is about"}
    return Site(
        version=0,
        settings=settings.SiteSettings(values),
        menu=(MenuItem("About", "/about"), MenuItem("Newsletter", "https://example.org/")),
        footer=markdown.render("Made *with care*."),
        valid_until=None,
        logo=Logo("/media/00/logo.png", 120, 48),
        elsewhere=(Link("Mastodon", "https://example.social/@you"),),
        has_series=True,
    )


def picture() -> SimpleNamespace:
    return SimpleNamespace(
        id=1, path="00/boat.png", alt="A boat", caption="At sea", credit="Photo: Ada", width=1600, height=900
    )


def author(name: str = "Ada Lovelace", **changed: Any) -> SimpleNamespace:
    about = {
        "id": 1,
        "user_id": 1,
        "name": name,
        "slug": "ada-lovelace",
        "bio": "Writes *programs*.",
        "bio_html": markdown.render("Writes *programs*."),
        "website": "https://example.org/ada",
        "picture": picture(),
    }
    return SimpleNamespace(**{**about, **changed})


def post(**changed: Any) -> SimpleNamespace:
    about = {
        "id": 1,
        "title": "A post",
        "slug": "a-post",
        "excerpt": "What it is about.",
        "body": BODY,
        "body_html": markdown.render(BODY),
        "word_count": 1200,
        "cover": picture(),
        "cover_id": 1,
        "authors": [author(), author("Émilie du Châtelet", slug="emilie")],
        "tags": [tag(), tag("Sea")],
        "listed_at": NOW,
        "published_at": NOW,
        "updated_at": NOW,
        "meta_title": "",
        "meta_description": "",
        "canonical_url": "",
        "comments_open": True,
        "is_featured": True,
        "language": "",
        "series": series(),
    }
    return SimpleNamespace(**{**about, **changed})


def bare_post() -> SimpleNamespace:
    """One that has nothing it may lack."""
    return post(
        title="", excerpt="", cover=None, authors=[], tags=[], word_count=3, body_html=markdown.render("Words.")
    )


def tag(name: str = "Flask") -> SimpleNamespace:
    return SimpleNamespace(id=1, name=name, slug=name.lower(), description=f"About {name}.")


def series() -> SimpleNamespace:
    return SimpleNamespace(id=1, title="A voyage", slug="a-voyage", description="From port to port.")


def comment(number: int, **changed: Any) -> SimpleNamespace:
    about = {
        "id": number,
        "post_id": 1,
        "parent_id": None,
        "user_id": 1,
        "is_shown": True,
        "name": "Eve",
        "website": "https://example.org/eve",
        "created_at": NOW + timedelta(minutes=number),
        "body": "*Well* said.",
        "body_html": markdown.render_comment("*Well* said."),
    }
    return SimpleNamespace(**{**about, **changed})


def thread(number: int = 1) -> SimpleNamespace:
    """A comment, an answer to it, and one that stands beside that because there is no room below."""
    answers = [
        SimpleNamespace(comment=comment(number + 1, user_id=None, website=""), level=2, answers=[], answers_to=None),
        SimpleNamespace(comment=comment(number + 2), level=2, answers=[], answers_to=comment(number + 1)),
    ]
    return SimpleNamespace(comment=comment(number), level=1, answers=answers, answers_to=None)


def around() -> SimpleNamespace:
    """What stands round a post that has everything."""
    near = [post(id=number, title=f"Post {number}", slug=f"post-{number}") for number in range(2, 6)]
    in_german = post(id=6, title="Ein Beitrag", slug="ein-beitrag", language="de")
    place = SimpleNamespace(number=2, total=3, previous=near[0], next=near[1])
    return SimpleNamespace(
        place=place, translations=[post(), in_german], older=near[0], newer=near[1], related=[*near[2:], in_german]
    )


def shared_as(kind: str = "website") -> SimpleNamespace:
    versions = [
        SimpleNamespace(language="en", url="https://example.org/a"),
        SimpleNamespace(language="de", url="https://example.org/b"),
    ]
    return SimpleNamespace(
        kind=kind,
        title="A page",
        description="What it is about.",
        url="https://example.org/a",
        picture=SimpleNamespace(url="https://example.org/media/00/boat.png", width=1600, height=900, alt="A boat"),
        published=NOW.isoformat(),
        changed=NOW.isoformat(),
        tags=["Flask"],
        language="",
        versions=versions,
    )


def found_post(name: str = "Flask") -> SimpleNamespace:
    """A line of what was found, the words that were looked for apart."""
    parts = [SimpleNamespace(text="A post about the ", is_found=False), SimpleNamespace(text="sea", is_found=True)]
    return SimpleNamespace(
        slug="a-post",
        language="",
        listed_at=NOW,
        word_count=1200,
        authors=[author()],
        title=parts,
        passage=parts,
        tags=[(tag(name), [SimpleNamespace(text=name, is_found=True)])],
    )
