"""What the public views hand to their templates, made up: so that a theme can be looked at before anybody reads in it.

``pages`` has each template with an address of its view and every state that a theme must show. A test holds it against
what the views really hand over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from cms.services.theming.made_up import (
    BODY,
    NOW,
    around,
    author,
    bare_post,
    comment,
    found_post,
    post,
    series,
    shared_as,
    tag,
    thread,
)
from cms.text import markdown


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


def pages() -> list[Sample]:
    """Every page that readers meet, full and empty."""
    seen: dict[str, Any] = {"shared_as": shared_as(), "structure": [{"@type": "WebSite"}]}
    posts, none = Many([post(), bare_post(), post(cover=None)]), Many([], next=None)
    later, behind = Many([post()], is_first=False), Many([], next=None, is_first=False)
    some = {"onward": "sea", "is_first": True}
    page = SimpleNamespace(title="About", slug="about", body_html=markdown.render(BODY), meta_title="")
    found = [
        Sample("public/home.html", "/", {"featured": post(), "posts": posts, **seen}),
        Sample("public/home.html", "/", {"featured": None, "posts": none, **seen}, "nothing published"),
        Sample("public/home.html", "/", {"featured": None, "posts": later, **seen}, "older posts"),
        Sample("public/page.html", "/about", {"page": page, **seen}),
        Sample("public/tags.html", "/tags/", {**some, "tags": [tag(), tag("Sea")]}),
        Sample("public/tags.html", "/tags/", {"tags": [], "onward": None, "is_first": True}, "none"),
        Sample("public/all_series.html", "/series/", {**some, "all_series": [(series(), 3), (series(), 1)]}),
        Sample("public/all_series.html", "/series/", {"all_series": [], "onward": None, "is_first": True}, "none"),
        Sample("public/archive.html", "/archive/", {"years": {2026: [11, 10], 2025: [1]}}),
        Sample("public/archive.html", "/archive/", {"years": {}}, "empty"),
        Sample(
            "public/period.html",
            "/archive/2026/11/",
            {"year": 2026, "month": 11, "name": "November 2026", "posts": posts, **seen},
        ),
        *_lists("public/tag.html", "/tags/flask", {"tag": tag(), **seen}, (posts, none, behind)),
        *_lists("public/author.html", "/authors/ada-lovelace", {"author": author(), **seen}, (posts, none, behind)),
        *_lists("public/series.html", "/series/a-voyage", {"series": series(), **seen}, (posts, none, behind)),
        *_posts(seen),
        *_comment_forms(),
        *_own_comments(),
        *_searches(),
    ]
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
    shown, none = Many([comment(1), comment(2)]), Many([], next=None)
    told: dict[str, Any] = {"around": around(), "minutes_to_change": 5}
    talk: dict[str, Any] = {"comments": shown, "threads": [thread()], "open": True, "commented": "held", **told}
    quiet: dict[str, Any] = {"comments": none, "threads": [], "open": False, "commented": None, **told}
    alone = SimpleNamespace(place=None, translations=[], older=None, newer=None, related=[])
    abroad = post(language="ar", title="رسالة من المقهى القديم", series=None)
    seen = {**seen, "shared_as": shared_as("article")}
    return [
        Sample("public/post.html", "/posts/a-post", {"post": post(), **talk, **seen}),
        Sample("public/post.html", "/posts/a-post", {"post": post(), **talk, "commented": "shown", **seen}, "answered"),
        Sample("public/post.html", "/posts/a-post", {"post": bare_post(), **quiet, "around": alone, **seen}, "bare"),
        Sample("public/post.html", "/posts/a-post", {"post": abroad, **quiet, "around": alone, **seen}, "in Arabic"),
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


def _own_comments() -> list[Sample]:
    typed = {"name": "Eve", "email": "eve@example.org", "website": "", "body": "*Well* said."}
    mine: dict[str, Any] = {"post": post(), "own": [(comment(1), NOW)], "minutes": 5, "done": None}
    form: dict[str, Any] = {
        "post": post(),
        "comment": comment(1),
        "words": typed,
        "problems": {},
        "notice": "",
        "token": "signed",
        "until": NOW,
    }
    mail: dict[str, Any] = {"what": "confirm", "post": post(), "done": False, "over": False}
    here = "/posts/a-post/comments/mine"
    return [
        Sample("public/own_comments.html", here, mine),
        Sample("public/own_comments.html", here, {**mine, "own": [], "done": "late"}, "too late"),
        Sample("public/own_comment.html", f"{here}/1", form),
        Sample("public/own_comment.html", f"{here}/1", {**form, "problems": {"body": "Fill this in."}}, "refused"),
        Sample("public/comment_mail.html", "/comments/mail/signed", mail),
        Sample("public/comment_mail.html", "/comments/mail/signed", {**mail, "what": "stop", "done": True}, "done"),
    ]


def _searches() -> list[Sample]:
    def asked(typed: str, results: list[Any], **more: Any) -> dict[str, Any]:
        page = SimpleNamespace(results=results, first=1, found=len(results), is_first=True, previous=None, next="2-1")
        return {
            "typed": typed,
            "is_too_long": False,
            "question": SimpleNamespace(all_terms=typed.split()),
            "page": page,
            "answer": SimpleNamespace(walked=False, onward=None),
            "older": None,
            "before": None,
            "suggestion": None,
            "walked": 10_000,
            **more,
        }

    other = SimpleNamespace(typed="sea")
    many = {"answer": SimpleNamespace(walked=True, onward=NOW), "older": "1-1"}
    return [
        Sample("public/search.html", "/search", asked("sea", [found_post(), found_post("Sea")])),
        Sample("public/search.html", "/search", asked("the", [found_post()], **many), "a common word"),
        Sample("public/search.html", "/search", asked("seo", [], suggestion=other), "nothing found"),
        Sample("public/search.html", "/search", asked("…", [], question=SimpleNamespace(all_terms=[])), "no word"),
        Sample("public/search.html", "/search", asked("", []), "nothing asked"),
    ]
