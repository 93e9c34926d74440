import re

import pytest

from cms.models import CommentStatus
from cms.public import threads
from cms.services import revising, tagging
from tests.factories import make_author, make_comment, make_page, make_post, make_tag, make_user
from tests.naughty import live_parts


def test_a_post_shows_its_text_authors_and_tags(client):
    make_post(title="Sea & salt", body="Some *words*.", tags=["Salt"], authors=[make_author("Ada").id])

    text = client.get("/posts/sea-salt").text

    assert "<h1>Sea &amp; salt</h1>" in text
    assert "Some <em>words</em>." in text
    assert "/tags/salt" in text
    assert "/authors/ada" in text


def test_an_old_slug_leads_to_the_new_one(client):
    post, page = make_post(title="First"), make_page(title="Old page")
    for thing, slug in ((post, "second"), (page, "new-page")):
        revising.change_live(thing, {"slug": slug}, by=None)

    for old, new in (("/posts/first", "/posts/second"), ("/old-page", "/new-page"), ("/posts/first/", "/posts/second")):
        response = client.get(old)
        assert (response.status_code, response.headers["Location"]) == (301, new)
        assert client.get(new).status_code == 200


def test_a_renamed_tag_leads_on(client):
    tag = make_tag("Salt")
    tagging.rename(tag, "Größe", by=None)

    response = client.get("/tags/salt")

    assert (response.status_code, response.headers["Location"]) == (301, "/tags/gr%C3%B6sse")


@pytest.mark.parametrize("typed", ["/posts/CAF%C3%89", "/posts/cafe%CC%81", "/posts/Caf%C3%A9/"])
def test_other_spellings_lead_to_the_one_address(client, typed):
    make_post(title="Café")

    response = client.get(typed)
    while response.status_code == 301:
        address = response.headers["Location"]
        response = client.get(address)

    assert response.status_code == 200
    assert address == "/posts/caf%C3%A9"


def test_other_spellings_say_nothing_of_what_is_hidden(client):
    make_post("draft", title="Secret")

    assert client.get("/posts/SECRET").status_code == 404


def test_a_trashed_post_is_gone_and_a_draft_was_never_there(client):
    trashed, draft = make_post("trashed"), make_post("draft")

    assert client.get(f"/posts/{trashed.slug}").status_code == 410
    assert client.get(f"/posts/{draft.slug}").status_code == 404


def test_a_trashed_draft_was_never_there(client):
    draft = make_post("draft")
    draft.trash()

    assert client.get(f"/posts/{draft.slug}").status_code == 404


def test_what_was_withdrawn_before_its_time_was_never_there_even_when_that_time_has_passed(client, travel):
    post = make_post("scheduled")
    post.withdraw()
    travel(days=2)

    post.trash()

    assert client.get(f"/posts/{post.slug}").status_code == 404


def test_what_was_trashed_before_its_time_was_never_there_even_when_that_time_has_passed(client, travel):
    travel()
    tag = make_tag("Plans")
    post, page = make_post("scheduled", tags=["Plans"]), make_page("scheduled")
    post.trash()
    page.trash()

    for passed in (False, True):
        assert client.get(f"/posts/{post.slug}").status_code == 404, passed
        assert client.get(f"/{page.slug}").status_code == 404, passed
        assert client.get(f"/tags/{tag.slug}").status_code == 404, passed
        travel(days=2)
    post.restore()
    assert client.get(f"/posts/{post.slug}").status_code == 200
    post.trash()
    assert client.get(f"/posts/{post.slug}").status_code == 410
    assert client.get(f"/tags/{tag.slug}").status_code == 200


def test_a_page_never_stands_before_the_sites_own_addresses(client):
    for slug in ("search", "tags", "archive", "admin", "posts"):
        page = make_page(title=slug)
        assert page.slug != slug
    assert "Words that a post has" in client.get("/search").text


def test_a_page_of_the_menu_is_named_on_every_page(client):
    make_page(title="About us", menu_position=1)

    assert '<a href="/about-us" dir="auto">About us</a>' in client.get("/").text


def test_readers_get_no_cookie(client):
    post = make_post()
    make_comment(post)
    client.set_cookie("session", "nonsense")

    for address in ("/", f"/posts/{post.slug}", "/search?q=x", "/nowhere", f"/posts/{post.slug}/comments/new"):
        response = client.get(address)
        assert "Set-Cookie" not in response.headers, address
        assert "Cookie" not in response.headers.get("Vary", ""), address
        assert live_parts(response.text) == []


def test_a_browser_that_has_the_page_is_told_so(client):
    post = make_post()
    address = f"/posts/{post.slug}"

    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    make_comment(post)
    changed = client.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert changed.status_code == 200


def test_comments_are_shown_below_what_they_answer(client):
    post = make_post()
    first = make_comment(post, body="First.")
    second = make_comment(post, body="Second.")
    answer = make_comment(post, body="To the first.", parent_id=first.id)
    deeper = make_comment(post, body="To the answer.", parent_id=answer.id)

    found = threads.of([first, second, answer, deeper])

    assert [(thread.comment, [one.comment for one in thread.answers]) for thread in found] == [
        (first, [answer]),
        (second, []),
    ]
    assert [one.comment for one in found[0].answers[0].answers] == [deeper]
    text = client.get(f"/posts/{post.slug}").text
    assert text.index("First.") < text.index("To the answer.") < text.index("Second.")


def test_an_answer_outlives_what_it_answered(client):
    post = make_post()
    held = make_comment(post, CommentStatus.HELD)
    make_comment(post, body="Still here.", parent_id=held.id)

    assert "Still here." in client.get(f"/posts/{post.slug}").text


def test_the_author_of_a_post_is_marked_among_the_comments(client):
    user = make_user("author")
    post = make_post(by=user)
    make_comment(post, name="Somebody", user_id=make_user().id)

    make_comment(post, name="A reader")
    text = client.get(f"/posts/{post.slug}").text
    assert re.findall('class="badge">([^<]*)<', text) == ["Team"]
    make_comment(post, name="The author", user_id=user.id)
    text = client.get(f"/posts/{post.slug}").text
    assert re.findall('class="badge">([^<]*)<', text) == ["Team", "Author"]


def test_hundreds_of_comments_come_in_parts(client, app):
    post = make_post()
    for number in range(205):
        make_comment(post, body=f"Said {number:03}.")

    first = client.get(f"/posts/{post.slug}").text
    address = first.partition("?after=")[2].partition("#")[0]
    second = client.get(f"/posts/{post.slug}?after={address}").text

    assert "Said 199." in first
    assert "Said 200." not in first
    assert "Said 200." in second
    assert "Said 204." in second
    assert "Said 199." not in second


def test_closed_comments_stay_readable(client):
    post = make_post(comments_open=False)
    make_comment(post, body="Said before.")

    text = client.get(f"/posts/{post.slug}").text

    assert "Said before." in text
    assert "Comments are closed." in text
    assert "<form" not in text
