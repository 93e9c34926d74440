"""What machines are told of a page: JSON-LD in the words of schema.org, OpenGraph, one canonical address."""

import json
import re
from html import unescape

import pytest

from cms.services import media, settings
from tests.admin.test_media import picture
from tests.factories import make_author, make_page, make_post, make_tag
from tests.public.specifications import ASKED

SITE = "http://127.0.0.1:8000"


def told(client, address):
    """The JSON-LD of a page by type."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', client.get(address).text, re.DOTALL)
    things = [json.loads(block) for block in blocks]
    assert all(thing["@context"] == "https://schema.org" for thing in things)
    return {thing["@type"]: thing for thing in things}


def shared(client, address):
    """The OpenGraph and other named facts in the head of a page."""
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', client.get(address).text)
    return {name: unescape(content) for name, content in found}


def addresses(thing):
    """All whole addresses in it, however deep."""
    if isinstance(thing, dict):
        return [url for key, value in thing.items() if key != "@context" for url in addresses(value)]
    if isinstance(thing, list):
        return [url for value in thing for url in addresses(value)]
    return [thing] if isinstance(thing, str) and "//" in thing else []


@pytest.fixture
def post(app):
    settings.change({"title": "Sea & salt", "tagline": "On <water>", "language": "zh-CN"}, by=None)
    cover = media.add(picture(), "cover.png", by=None)
    media.describe(cover, alt="A boat", caption="")
    names = [make_author("Ada").id, make_author("Grace").id]
    return make_post(
        title="A </script><b> & c", excerpt="Short.", tags=["Salt", "Tar"], authors=names, cover_id=cover.id
    )


def test_a_post_is_told_as_an_article_with_the_way_to_it(client, post):
    here = f"{SITE}/posts/{post.slug}"

    things = told(client, f"/posts/{post.slug}")

    for kind in ("BlogPosting", "BreadcrumbList"):
        assert all(things[kind].get(name) for name in ASKED[kind])
    article = things["BlogPosting"]
    assert article["headline"] == "A </script><b> & c"
    assert [(one["@type"], one["name"]) for one in article["author"]] == [("Person", "Ada"), ("Person", "Grace")]
    assert article["image"]["width"] == 80
    assert article["keywords"] == ["Salt", "Tar"]
    assert article["datePublished"] <= article["dateModified"]
    way = [(item["position"], item["name"]) for item in things["BreadcrumbList"]["itemListElement"]]
    assert way == [(1, "Sea & salt"), (2, "Salt"), (3, "A </script><b> & c")]
    assert things["BreadcrumbList"]["itemListElement"][-1]["item"] == here == article["mainEntityOfPage"]
    assert all(url.startswith(SITE) for url in addresses(list(things.values())))

    facts = shared(client, f"/posts/{post.slug}")
    assert facts["og:type"] == "article"
    assert facts["og:title"] == "A </script><b> & c"
    assert (facts["og:url"], facts["description"], facts["og:locale"]) == (here, "Short.", "zh_CN")
    assert (facts["og:image"], facts["og:image:alt"]) == (article["image"]["url"], "A boat")
    assert facts["twitter:card"] == "summary_large_image"


def test_each_kind_of_page_tells_what_it_is(client, post):
    make_page(title="About")
    month = f"/archive/{post.listed_at:%Y/%m}/"

    kinds = {address: set(told(client, address)) for address in ("/", "/tags/salt", "/authors/ada", "/about", month)}

    assert kinds == {
        "/": {"WebSite"},
        "/tags/salt": {"BreadcrumbList"},
        "/authors/ada": {"ProfilePage", "BreadcrumbList"},
        "/about": {"BreadcrumbList"},
        month: {"BreadcrumbList"},
    }
    assert told(client, "/authors/ada")["ProfilePage"]["mainEntity"]["name"] == "Ada"
    assert told(client, "/")["WebSite"]["potentialAction"]["target"]["urlTemplate"] == f"{SITE}/search?q={{words}}"
    for address in kinds:
        text = client.get(address).text
        assert text.count('rel="canonical"') == 1, address
        assert f'<link rel="canonical" href="{SITE}{address}">' in text
        assert shared(client, address)["og:url"] == f"{SITE}{address}"


def test_names_of_nothing_leave_no_empty_facts(client, app):
    make_tag("Lonely")
    make_post(title="Bare")

    assert "" not in shared(client, "/posts/bare").values()
    assert told(client, "/posts/bare")["BlogPosting"]["author"][0]["@type"] == "Organization"
