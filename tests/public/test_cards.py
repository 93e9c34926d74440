"""The picture of a post that has none, for where it is shared."""

import io
import json
import re

import pytest
from PIL import Image

from cms.db import db
from cms.services import cards, media, publishing, revising, settings
from tests.admin.test_media import picture
from tests.factories import make_author, make_post
from tests.public.test_structured import SITE, shared, told


@pytest.fixture(autouse=True)
def folder(app, monkeypatch, tmp_path):
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path))
    return tmp_path


def address_of(client, slug):
    return shared(client, f"/posts/{slug}")["og:image"].removeprefix(SITE)


def test_a_post_without_cover_is_shared_with_a_card(client):
    make_post(title="Bare", authors=[make_author("Ada").id])

    facts = shared(client, "/posts/bare")
    card = client.get(facts["og:image"].removeprefix(SITE), buffered=True)

    assert (facts["og:image:width"], facts["og:image:height"]) == ("1200", "630")
    assert facts["og:image:alt"] == "Bare"
    assert facts["twitter:card"] == "summary_large_image"
    assert told(client, "/posts/bare")["BlogPosting"]["image"]["url"] == facts["og:image"]
    assert card.mimetype == "image/png"
    assert Image.open(io.BytesIO(card.data)).size == (1200, 630)
    assert card.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert card.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_cover_takes_its_place(client):
    cover = media.add(picture(), "cover.png", by=None)
    make_post(title="Covered", cover_id=cover.id)

    assert address_of(client, "covered").startswith("/media/")


def test_a_card_is_kept_and_answered_without_drawing(client, monkeypatch):
    make_post(title="Bare")
    address = address_of(client, "bare")
    first = client.get(address, buffered=True).data
    monkeypatch.setattr(cards, "drawn", lambda card: pytest.fail("drawn again"))

    again = client.get(address, buffered=True)

    assert again.data == first
    assert client.get(address, headers={"If-None-Match": again.headers["ETag"]}, buffered=True).status_code == 304


@pytest.mark.parametrize("change", ["title", "site", "author"])
def test_another_title_site_or_author_is_another_card_to_which_the_old_address_leads(client, change):
    author = make_author("Ada")
    post = make_post(title="Bare", authors=[author.id])
    old = address_of(client, "bare")
    if change == "title":
        revising.save(post, {"title": "Changed"}, by=None)
        publishing.publish(post, by=None)
    elif change == "site":
        settings.change({"title": "Another site"}, by=None)
    else:
        author.name = "Grace"
    db.session.flush()

    new = address_of(client, "bare")
    answer = client.get(old)

    assert new != old
    assert (answer.status_code, answer.location) == (302, new)
    assert "immutable" not in answer.headers["Cache-Control"]


def test_nobody_can_have_a_card_of_their_own_words(client, folder):
    post = make_post(title="Bare")
    digest = cards.Card("Buy this", "", "Lightblog", "en").digest

    assert client.get(f"/cards/{post.id}-{digest}.png").status_code == 302
    assert client.get(f"/cards/{post.id}-{'0' * 32}.png").status_code == 302
    assert client.get(f"/cards/{post.id}-%2e%2e.png").status_code == 302
    for number in (0, 10**6, 10**20):
        assert client.get(f"/cards/{number}-{digest}.png").status_code == 404
    assert not list(folder.rglob("*.png"))


@pytest.mark.parametrize("state", ["draft", "scheduled", "expired", "withdrawn", "trashed"])
def test_what_is_hidden_has_no_card(client, state):
    post = make_post(state, title="Hidden")
    card = cards.Card("Hidden", "", "Lightblog", "en")

    assert client.get(f"/cards/{post.id}-{card.digest}.png").status_code == 404


def test_where_too_many_are_asked_for_one_is_told_to_come_back(client, monkeypatch):
    make_post(title="Bare")
    address = address_of(client, "bare")

    def busy(card):
        raise cards.Busy

    monkeypatch.setattr(cards, "kept", busy)
    answer = client.get(address)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_itself_does_not_show_its_card(client):
    make_post(title="Bare")
    page = client.get("/posts/bare").text
    without_data = re.sub(r"<script.*?</script>|<meta[^>]*>", "", page, flags=re.DOTALL)

    assert "/cards/" in page
    assert "/cards/" not in without_data
    assert json.loads(re.search(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)[1])["image"]["width"] == 1200
