"""What is not public is nowhere: every public address and feed, walked through."""

import re
from datetime import timedelta

import pytest
from werkzeug.routing import Rule

from cms import clock
from cms.models import CommentStatus
from cms.services import revising
from tests.factories import make_author, make_comment, make_page, make_post, make_tag

HIDDEN_STATES = ("draft", "scheduled", "expired", "withdrawn", "trashed")
MARK = "leaked"  # in every title, text and name that no reader may see
SHARED = "lighthouse"  # in every text, so that a search for it would find the hidden ones too


def public_rules(app) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("public.") and "GET" in (rule.methods or ()) and rule.endpoint != "public.media"
    ]


def addresses(app, slugs: list[str], parents: list[int]) -> set[str]:
    """Every public rule with everything that could stand in its gaps."""
    fillings = {
        "slug": slugs,
        "year": [str(clock.now().year), "2001"],
        "month": ["01", f"{clock.now().month:02}"],
        "kind": ["posts", "pages", "tags", "authors", "series"],
        "number": ["1", "2"],
        "digest": ["0" * 32],
        "form": ["atom", "rss", "json"],
        "token": ["forged"],
        "name": ["lantern", "nowhere"],  # of a theme
    }
    found = set()
    for rule in public_rules(app):
        paths = [rule.rule]
        for name in rule.arguments:
            gap = re.compile(rf"<(?:[^<>]*:)?{name}>")
            paths = [gap.sub(value.replace("\\", ""), path) for path in paths for value in fillings[name]]
        found.update(paths)
    found |= {f"/search?q={word}" for word in (SHARED, "secretword", "light*", "tag:sea", "author:ada", "tag:x")}
    # Mistyped ones, for which a word is looked for that may have been meant.
    found |= {f"/search?q={word}" for word in ("secertword", "laeked", "leakd", f"{SHARED}+laeked", "laeked+tag:sea")}
    far = clock.now() + timedelta(days=400)
    found |= {f"/?before={int(far.timestamp() * 1_000_000)}-99999", f"/posts/{slugs[0]}?after=1-1"}
    found |= {f"/posts/{slugs[0]}/comments/new?parent={number}" for number in parents}
    found |= {f"/posts/{slugs[0]}/comments/{place}{number}" for number in parents for place in ("", "mine/")}
    return found


@pytest.fixture
def hidden(app):
    """One public post and page, and beside them all that must not be seen; the slugs of all."""
    author, tag = make_author("Ada"), make_tag("Sea")
    text = f"About the {SHARED}."
    shown = make_post(title="Shown", body=text, tags=["Sea"], authors=[author.id], series="Voyage")
    slugs = [shown.slug, make_page(title="About").slug, tag.slug, author.slug, "voyage"]
    make_comment(shown, body="A kind word.")
    for state in HIDDEN_STATES:
        words = {"title": f"{MARK} {state}", "body": f"{text} secretword {MARK}.", "excerpt": f"{MARK} excerpt"}
        never_seen = state in ("draft", "scheduled")
        own_tag = f"{MARK} {state}" if never_seen else f"Once {state}"
        own_author = make_author(f"{MARK} {state}" if never_seen else f"Once {state}")
        related = {"tags": ["Sea", own_tag], "authors": [author.id, own_author.id]}
        # One in the series of the one shown, one in a series of its own; both are translations of it.
        make_post(state, **words, **related, series="Voyage", translation_of_id=shown.id, language="de")
        related |= {"translation_of_id": shown.id, "language": "fr"}
        post = make_post(state, **words, **related, series=own_tag)
        slugs.append(post.series.slug)
        page = make_page(state, title=f"{MARK} page {state}", body=words["body"], menu_position=1)
        make_comment(post, body=MARK)
        slugs += [post.slug, page.slug, own_author.slug]
    draft = {"title": f"{MARK} new title", "body": f"secretword {MARK}", "tags": [f"{MARK} x"], "series": f"{MARK} y"}
    revising.save(shown, draft, by=None)
    comments = [
        make_comment(shown, CommentStatus.HELD, name=f"{MARK} name", body=MARK),
        make_comment(shown, CommentStatus.SPAM, name=f"{MARK} name", body=MARK),
        make_comment(shown, name=f"{MARK} name", body=MARK, deleted_at=clock.now()),
    ]
    return slugs, [comment.id for comment in comments]


def test_no_public_address_shows_what_is_hidden(app, client, hidden):
    slugs, parents = hidden

    leaks, seen = [], 0
    for address in sorted(addresses(app, slugs, parents)):
        response = client.get(address)
        assert response.status_code in (200, 301, 302, 403, 404, 405, 410), address
        seen += response.status_code == 200
        if MARK in response.text.casefold():
            leaks.append(address)

    assert leaks == []
    assert seen > 20


def test_what_is_shown_is_found_where_it_should_be(client, hidden):
    for address in (
        "/",
        "/tags/sea",
        "/authors/ada",
        "/search?q=lighthouse",
        "/feed.atom",
        "/feed.rss",
        "/feed.json",
        "/posts/shown",
        "/comments/feed.atom",
        "/posts/shown/comments/feed.rss",
    ):
        assert "Shown" in client.get(address).text, address


@pytest.mark.parametrize("state", HIDDEN_STATES)
def test_nobody_can_comment_on_what_is_hidden(client, state):
    post = make_post(state)

    for address in ("comments", "comments/preview"):
        response = client.post(f"/posts/{post.slug}/{address}", data={"name": "Eve", "body": "Hello"})
        assert response.status_code in (404, 410)


def test_a_scheduled_post_appears_when_its_time_comes_and_goes_when_it_ends(client, travel):
    travel()
    make_post("scheduled", title="Later", unpublish_at=clock.now() + timedelta(hours=30))

    before = client.get("/").text
    travel(hours=25)
    then = client.get("/").text
    travel(hours=6)
    afterwards = client.get("/").text

    assert "Later" not in before
    assert "Later" in then
    assert "Later" not in afterwards
