"""Feeds as a reader's program takes them: parsed, and held against RFC 4287 and JSON Feed 1.1."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import pytest

from cms import clock
from cms.models import CommentStatus
from cms.public.absolute_links import absolute
from cms.services import media, revising, settings
from tests.admin.test_media import picture
from tests.factories import make_author, make_comment, make_post, make_tag

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://127.0.0.1:8000"


def atom(client, address="/feed.atom"):
    response = client.get(address)
    assert response.status_code == 200
    assert response.content_type == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.data)


def json_feed(client, address="/feed.json"):
    response = client.get(address)
    assert response.status_code == 200
    assert response.content_type == "application/feed+json; charset=utf-8"
    return response.get_json()


def test_an_atom_feed_has_what_the_rfc_asks_for(client):
    settings.change({"title": "Sea & salt", "tagline": "On <water>"}, by=None)
    authors = [make_author("Ada").id, make_author("Grace").id]
    make_post(title="A <b> & c", body="Some *words*.", excerpt="Short.", tags=["Salt"], authors=authors)
    make_post(title="Nobody's", body="No byline.")

    feed = atom(client)

    for name in ("id", "title", "updated"):
        assert len(feed.findall(f"{ATOM}{name}")) == 1
    assert feed.findtext(f"{ATOM}title") == "Sea & salt"
    assert feed.find(f"{ATOM}link[@rel='self']").get("href") == f"{SITE}/feed.atom"
    assert feed.find(f"{ATOM}author") is not None  # for entries that have none
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Nobody's", "A <b> & c"]
    entry = entries[1]
    assert [name.text for name in entry.findall(f"{ATOM}author/{ATOM}name")] == ["Ada", "Grace"]
    assert entry.find(f"{ATOM}category").attrib["label"] == "Salt"
    assert entry.find(f"{ATOM}link").get("href") == f"{SITE}/posts/a-b-c"
    assert entry.findtext(f"{ATOM}summary") == "Short."
    assert entry.find(f"{ATOM}content").get("type") == "html"
    assert entry.findtext(f"{ATOM}content") == "<p>Some <em>words</em>.</p>\n"
    for name in ("published", "updated"):
        assert datetime.fromisoformat(entry.findtext(f"{ATOM}{name}")).tzinfo is not None


def test_a_json_feed_says_the_same(client):
    make_post(title="A <b>", body="Some *words*.", excerpt="Short.", tags=["Salt"], authors=[make_author("Ada").id])

    feed = json_feed(client)

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{SITE}/feed.json"
    (item,) = feed["items"]
    assert item["url"] == f"{SITE}/posts/a-b"
    assert item["content_html"] == "<p>Some <em>words</em>.</p>\n"
    assert item["authors"] == [{"name": "Ada", "url": f"{SITE}/authors/ada"}]
    assert item["tags"] == ["Salt"]
    assert item["id"] == atom(client).findtext(f"{ATOM}entry/{ATOM}id")


def test_an_rss_feed_has_what_the_specification_asks_for(client):
    settings.change({"title": "Sea & salt", "tagline": "On <water>"}, by=None)
    cover = media.add(picture(), "cover.png", by=None)
    authors = [make_author("Ada").id, make_author("Grace").id]
    make_post(title="A <b> & c", body="[Home](/)", excerpt="Short.", tags=["Salt"], authors=authors, cover_id=cover.id)

    response = client.get("/feed.rss")
    channel = ET.fromstring(response.data).find("channel")

    assert response.content_type == "application/rss+xml; charset=utf-8"
    for name, text in {
        "title": "Sea & salt",
        "link": f"{SITE}/",
        "description": "On <water>",
        "language": "en",
    }.items():
        assert channel.findtext(name) == text
    assert channel.find(f"{ATOM}link").attrib == {
        "rel": "self", "type": "application/rss+xml", "href": f"{SITE}/feed.rss"
    }  # fmt: skip
    item = channel.find("item")
    assert item.findtext("title") == "A <b> & c"
    assert item.findtext("link") == f"{SITE}/posts/a-b-c"
    assert item.find("guid").get("isPermaLink") == "false"
    assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo is not None
    assert [one.text for one in item.iter("{http://purl.org/dc/elements/1.1/}creator")] == ["Ada", "Grace"]
    assert item.findtext("category") == "Salt"
    assert item.findtext("description") == "Short."
    encoded = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert encoded == f'<p><a href="{SITE}/">Home</a></p>\n'
    enclosure = item.find("enclosure").attrib
    assert (enclosure["length"], enclosure["type"]) == (str(cover.size_bytes), "image/png")
    assert enclosure["url"].startswith(f"{SITE}/media/")


def test_comments_have_feeds_newest_first(client):
    post, other = make_post(title="Sea"), make_post(title="Land")
    make_comment(post, name="Ada", body="One.")
    make_comment(other, name="Eve", body="Two, [there](/x).")
    make_comment(post, CommentStatus.HELD, body="Held.")
    make_comment(make_post("draft"), body="Under a draft.")

    everything = atom(client, "/comments/feed.atom")
    (item,) = json_feed(client, "/posts/sea/comments/feed.json")["items"]

    assert [entry.findtext(f"{ATOM}title") for entry in everything.iter(f"{ATOM}entry")] == [
        "Eve on “Land”", "Ada on “Sea”"
    ]  # fmt: skip
    assert f'href="{SITE}/x"' in everything.findtext(f"{ATOM}entry/{ATOM}content")
    assert item["authors"] == [{"name": "Ada"}]
    assert re.fullmatch(rf"{SITE}/posts/sea/comments/\d+", item["url"])
    assert "Comments on “Sea”" in client.get("/posts/sea").text
    assert client.get("/posts/draft/comments/feed.atom").status_code == 404


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_another_program_reads_the_same_out_of_each_form(client, form):
    make_post(title="A <b> & c", body="Some *words*.", excerpt="Short.", tags=["Salt"], authors=[make_author("Ada").id])
    data = client.get(f"/feed.{form}").data

    if form == "json":
        found = [(item["title"], item["url"], item["tags"]) for item in json.loads(data)["items"]]
    else:
        read = feedparser.parse(data)
        assert not read.bozo, read.bozo_exception
        found = [(entry.title, entry.link, [tag.label or tag.term for tag in entry.tags]) for entry in read.entries]

    assert found == [("A <b> & c", f"{SITE}/posts/a-b-c", ["Salt"])]


def test_an_entry_keeps_its_id_when_its_address_and_text_change(client, travel):
    travel()
    post = make_post(title="First")
    before = atom(client).find(f"{ATOM}entry")

    travel(hours=1)
    revising.change_live(post, {"slug": "other", "title": "Other"}, by=None)
    after = atom(client).find(f"{ATOM}entry")

    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert after.findtext(f"{ATOM}updated") > before.findtext(f"{ATOM}updated")
    assert after.findtext(f"{ATOM}published") == before.findtext(f"{ATOM}published")


def test_a_scheduled_post_is_new_when_it_appears(client, travel):
    travel()
    make_post("scheduled", at=clock.now() + timedelta(hours=2))
    travel(hours=3)

    entry = atom(client).find(f"{ATOM}entry")

    assert entry.findtext(f"{ATOM}updated") >= entry.findtext(f"{ATOM}published")


def test_links_and_pictures_are_whole_addresses(client):
    links = "[one](/posts/x) [two](../tags/y) [three](#here) ![four](/media/p.png) [five](https://example.org/)"
    body = f"{links}[^1]\n\n[^1]: n"
    make_post(title="Home", body=body)

    html = atom(client).findtext(f"{ATOM}entry/{ATOM}content")

    for address in ("/posts/x", "/tags/y", "/media/p.png"):
        assert f'="{SITE}{address}"' in html
    assert f'href="{SITE}/posts/home#fn-1"' in html
    assert 'href="https://example.org/"' in html
    assert html == json_feed(client)["items"][0]["content_html"]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="/x?a=1&amp;b=2">t</a>', '<a href="https://s.org/x?a=1&amp;b=2">t</a>'),
        ('<code>&lt;a href="/x"&gt;</code>', '<code>&lt;a href="/x"&gt;</code>'),
        ('<p title="a > b href=&quot;/x&quot;">c</p>', '<p title="a > b href=&quot;/x&quot;">c</p>'),
        ('<img alt="1 > 0" src="p.png">', '<img alt="1 > 0" src="https://s.org/posts/p.png">'),
        ('<a href="mailto:a@b.org">m</a>', '<a href="mailto:a@b.org">m</a>'),
        ('<a href="http://[">odd</a>', '<a href="http://[">odd</a>'),
        ('src="/x" is text', 'src="/x" is text'),
    ],
)
def test_only_addresses_in_tags_are_made_whole(html, expected):
    assert absolute(html, "https://s.org/posts/one") == expected


@pytest.mark.parametrize("kind", ["tags/sea", "authors/ada"])
def test_tags_and_authors_have_feeds_of_their_own(client, kind):
    make_post(title="Mine", tags=["Sea"], authors=[make_author("Ada").id])
    make_post(title="Another's")

    assert [entry.text for entry in atom(client, f"/{kind}/feed.atom").iter(f"{ATOM}title")][1:] == ["Mine"]
    assert [item["title"] for item in json_feed(client, f"/{kind}/feed.json")["items"]] == ["Mine"]


def test_characters_that_xml_forbids_do_not_break_the_feed(client):
    settings.change({"title": "Bad \x0b title"}, by=None)
    make_post(title="Bell \x07 and \ufffe", body="Escape \x1b and null \x00.", tags=["form\x0cfeed"])

    feed = atom(client)

    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == "Bell  and "
    assert json_feed(client)["items"]


def test_empty_feeds_are_feeds(client):
    make_tag("Lonely")

    assert atom(client).findtext(f"{ATOM}updated")
    assert atom(client, "/tags/lonely/feed.atom").findall(f"{ATOM}entry") == []
    assert json_feed(client)["items"] == []


def test_a_feed_that_has_not_changed_is_not_sent_again(client):
    make_post()
    make_comment(make_post())

    for address in ("/feed.atom", "/feed.rss", "/feed.json", "/comments/feed.atom"):
        first = client.get(address)
        assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
