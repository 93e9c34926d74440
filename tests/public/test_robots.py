import xml.etree.ElementTree as ET

from cms.public import robots
from tests.factories import make_author, make_page, make_post, make_tag

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
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

    assert sorted(found) == ["/about", "/authors/ada", "/posts/gr%C3%B6sse", "/tags/salt"]


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
