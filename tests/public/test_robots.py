import xml.etree.ElementTree as ET

from cms.public import robots
from cms.services import media
from tests.admin.test_media import picture
from tests.factories import make_author, make_page, make_post, make_tag

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
SITE = "http://127.0.0.1:8000"


def locations(client, address):
    response = client.get(address)
    assert response.content_type == "application/xml; charset=utf-8"
    return [element.text for element in ET.fromstring(response.data).iter(f"{SITEMAP}loc")]


def test_the_sitemap_leads_to_everything_public(client):
    make_post(title="Größe", tags=["Salt"], authors=[make_author("Ada").id])
    make_post("draft", title="Secret", tags=["Hush"], authors=[make_author("Unknown").id])
    make_page(title="About")
    make_tag("Lonely")

    found = [
        url.removeprefix(SITE)
        for part in locations(client, "/sitemap.xml")
        for url in locations(client, part.removeprefix(SITE))
    ]

    lists = ["/", "/archive/", "/tags/"]
    assert sorted(found) == sorted([*lists, "/about", "/authors/ada", "/posts/gr%C3%B6sse", "/tags/salt"])


def test_a_post_is_named_with_its_cover_and_its_last_change(client):
    cover = media.add(picture(), "cover.png", by=None)
    post = make_post(title="Covered", cover_id=cover.id)
    make_post(title="Bare")

    root = ET.fromstring(client.get(f"/sitemap-posts-{-(-post.id // robots.AT_ONCE)}.xml").data)
    found = {
        url.findtext(f"{SITEMAP}loc"): (
            url.findtext(f"{SITEMAP}lastmod"),
            [one.text for one in url.iter(f"{IMAGE}loc")],
        )
        for url in root.iter(f"{SITEMAP}url")
    }

    assert found[f"{SITE}/posts/covered"] == (post.updated_at.isoformat(), [f"{SITE}{media.url_of(cover)}"])
    assert found[f"{SITE}/posts/bare"][1] == []


def test_a_large_sitemap_comes_in_parts(client, monkeypatch):
    monkeypatch.setattr(robots, "AT_ONCE", 3)
    posts = [make_post(title=f"Number {number}") for number in range(5)]

    parts = [part.removeprefix(SITE) for part in locations(client, "/sitemap.xml") if "posts" in part]
    found = [locations(client, f"/sitemap-posts-{number}.xml") for number in {-(-post.id // 3) for post in posts}]

    assert parts[-1] == f"/sitemap-posts-{-(-posts[-1].id // 3)}.xml"
    assert len(found) >= 2
    assert all(len(urls) <= 3 for urls in found)
    assert sum(len(urls) for urls in found) == len(posts)


def test_a_part_that_does_not_exist_is_not_found(client):
    make_post()

    for address in ("/sitemap-posts-0.xml", "/sitemap-posts-99999999999999999999.xml", "/sitemap-users-1.xml"):
        assert client.get(address).status_code == 404


def test_robots_are_told_where_the_sitemap_is(client):
    response = client.get("/robots.txt")

    assert response.mimetype == "text/plain"
    assert f"Sitemap: {SITE}/sitemap.xml" in response.text
    assert "Disallow: /admin/" in response.text
