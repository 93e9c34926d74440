"""What the public views hand to their templates, made up: so that a theme can be looked at before anybody reads in it.

``PAGES`` has each template with an address of its view and every state that a theme must show. A test holds it against
what the views really hand over.
"""

from collections.abc import Callable
from dataclasses import dataclass
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


class Many(list[Any]):
    """Part of a list, as the views slice it."""

    def __init__(self, items: list[Any], *, next: str | None = "1-1", is_first: bool = True) -> None:
        super().__init__(items)
        self.items, self.next, self.is_first = items, next, is_first


@dataclass(frozen=True)
class Sample:
    """One page: its template, the address it is asked for at, and what its view hands over."""

    template: str
    address: str
    words: dict[str, Any]
    state: str = ""

    def __str__(self) -> str:
        return f"{self.template} ({self.state})" if self.state else self.template


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
    }
    return SimpleNamespace(**{**about, **changed})


def bare_post() -> SimpleNamespace:
    """One that has nothing it may lack."""
    return post(
        title="", excerpt="", cover=None, authors=[], tags=[], word_count=3, body_html=markdown.render("Words.")
    )


def tag(name: str = "Flask") -> SimpleNamespace:
    return SimpleNamespace(id=1, name=name, slug=name.lower(), description=f"About {name}.")


def comment(number: int, **changed: Any) -> SimpleNamespace:
    about = {
        "id": number,
        "post_id": 1,
        "parent_id": None,
        "user_id": 1,
        "name": "Eve",
        "website": "https://example.org/eve",
        "created_at": NOW + timedelta(minutes=number),
        "body": "*Well* said.",
        "body_html": markdown.render_comment("*Well* said."),
    }
    return SimpleNamespace(**{**about, **changed})


def shared_as(kind: str = "website") -> SimpleNamespace:
    return SimpleNamespace(
        kind=kind,
        title="A page",
        description="What it is about.",
        url="https://example.org/a",
        picture=picture(),
        picture_url="https://example.org/media/00/boat.png",
        published=NOW.isoformat(),
        changed=NOW.isoformat(),
        tags=["Flask"],
    )


def pages() -> list[Sample]:
    """Every page that readers meet, full and empty."""
    seen: dict[str, Any] = {"shared_as": shared_as(), "structure": [{"@type": "WebSite"}]}
    posts, none = Many([post(), bare_post(), post(cover=None)]), Many([], next=None)
    later, behind = Many([post()], is_first=False), Many([], next=None, is_first=False)
    page = SimpleNamespace(title="About", slug="about", body_html=markdown.render(BODY), meta_title="")
    found = [
        Sample("public/home.html", "/", {"featured": post(), "posts": posts, **seen}),
        Sample("public/home.html", "/", {"featured": None, "posts": none, **seen}, "nothing published"),
        Sample("public/home.html", "/", {"featured": None, "posts": later, **seen}, "older posts"),
        Sample("public/page.html", "/about", {"page": page, **seen}),
        Sample("public/tags.html", "/tags/", {"tags": [tag(), tag("Sea")], "onward": "sea", "is_first": True}),
        Sample("public/tags.html", "/tags/", {"tags": [], "onward": None, "is_first": True}, "none"),
        Sample("public/archive.html", "/archive/", {"years": {2026: [11, 10], 2025: [1]}}),
        Sample("public/archive.html", "/archive/", {"years": {}}, "empty"),
        Sample(
            "public/period.html",
            "/archive/2026/11/",
            {"year": 2026, "month": 11, "name": "November 2026", "posts": posts, **seen},
        ),
        *_lists("public/tag.html", "/tags/flask", {"tag": tag(), **seen}, (posts, none, behind)),
        *_lists("public/author.html", "/authors/ada-lovelace", {"author": author(), **seen}, (posts, none, behind)),
        *_posts(seen),
        *_comment_forms(),
    ]
    for words, result, state in (("sea", posts, ""), ("sea", none, "nothing found"), ("", None, "nothing asked")):
        found.append(Sample("public/search.html", "/search", {"words": words, "posts": result}, state))
    for code, title in ((404, "There is nothing here"), (403, "This is not open to you")):
        words = {"code": code, "title": title, "text": "The address may be mistyped.", "request_id": "0"}
        found.append(Sample("errors/error.html", "/nowhere", words, str(code)))
    return [*found, *(one for more in MORE for one in more())]


MORE: list[Callable[[], list[Sample]]] = []  # for whoever adds public pages of their own


def _lists(template: str, address: str, words: dict[str, Any], lists: tuple[Many, Many, Many]) -> list[Sample]:
    states = ("", "no posts", "past its end")
    return [
        Sample(template, address, {**words, "posts": posts}, state) for posts, state in zip(lists, states, strict=True)
    ]


def _posts(seen: dict[str, Any]) -> list[Sample]:
    thread = SimpleNamespace(comment=comment(1), answers=[comment(2, user_id=None, website="", parent_id=1)])
    shown = Many([comment(1), comment(2)])
    talk: dict[str, Any] = {"comments": shown, "threads": [thread], "open": True, "commented": "held"}
    quiet: dict[str, Any] = {"comments": Many([], next=None), "threads": [], "open": False, "commented": None}
    seen = {**seen, "shared_as": shared_as("article")}
    return [
        Sample("public/post.html", "/posts/a-post", {"post": post(), **talk, **seen}),
        Sample("public/post.html", "/posts/a-post", {"post": post(), **talk, "commented": "shown", **seen}, "answered"),
        Sample("public/post.html", "/posts/a-post", {"post": bare_post(), **quiet, **seen}, "bare"),
        Sample("public/post.html", "/posts/a-post", {"post": post(), **quiet, "open": True, **seen}, "no comment yet"),
    ]


def _comment_forms() -> list[Sample]:
    typed = {"name": "Eve", "email": "eve@example.org", "website": "", "body": "*Well* said.", "parent_id": 1}
    words: dict[str, Any] = {
        "post": post(),
        "words": typed,
        "answered": comment(1),
        "problems": {},
        "notice": "Have a last look, then post it.",
        "token": "signed",
        "preview": comment(1).body_html,
        "now": NOW,
        "honeypot_value": "",
    }
    refused = {**words, "token": None, "preview": None, "problems": {"name": "Fill this in.", "body": "Fill this in."}}
    address = "/posts/a-post/comments/new"
    return [
        Sample("public/comment.html", address, words, "preview"),
        Sample("public/comment.html", address, refused, "refused"),
    ]
