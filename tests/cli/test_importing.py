"""The real blog of shared/data, imported once for each database; small blogs of our own always."""

import contextvars
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from cms.db import db
from cms.models import Author, Media, Page, Post, PostAuthor, Redirect, Revision, Tag
from cms.services import redirecting, revising
from tests.conftest import make_app
from tests.crawling import crawl

ROOT = Path(__file__).resolve().parent.parent.parent
BLOG = ROOT.parent / "shared" / "data" / "18f-blog"
OLD_SITE = ("--old-site", "https://18f.gsa.gov/")


def flask(app: Flask, *arguments: str):
    """As typed at a terminal: in a context of its own, as in life."""
    return contextvars.Context().run(app.test_cli_runner().invoke, args=["import", "markdown", *arguments])


def number(output: str, label: str) -> int:
    return int(re.search(rf"^ *{label} +(\d+)", output, re.MULTILINE)[1])


# The real blog
@pytest.fixture(scope="module")
def imported(database_kind, request, tmp_path_factory):
    """An app with the whole blog in it, and what the dry run, the import and a second one said."""
    if not BLOG.is_dir():
        pytest.skip("shared/data/18f-blog is not on this machine")
    folder = tmp_path_factory.mktemp(f"import_{database_kind}")
    url = "sqlite:///cms.sqlite3"
    if database_kind == "mariadb":
        url = request.getfixturevalue("mariadb_server").create_database("whole_import")
    app = make_app(folder, url)
    dry = flask(app, str(BLOG), *OLD_SITE, "--dry-run", "-v") if database_kind == "sqlite" else None
    with app.app_context():
        left = [
            db.session.scalar(select(func.count()).select_from(model)) for model in (Post, Tag, Author, Media, Redirect)
        ]
    files = list((folder / "media").rglob("*"))
    first = flask(app, str(BLOG), *OLD_SITE, "-v")
    second = flask(app, str(BLOG / "posts"), *OLD_SITE)
    yield app, dry, (left, files), first, second
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def blog(imported):
    """The app context of the imported blog."""
    with imported[0].app_context():
        yield imported[0]
        db.session.rollback()
        db.session.remove()


def test_the_dry_run_writes_nothing_and_foretells_the_import(imported):
    _, dry, (left, files), first, _ = imported
    if dry is None:
        pytest.skip("What is read and told has nothing of a database in it; small blogs below are tried on both.")

    assert dry.exit_code == 0
    assert "Nothing was written" in dry.output
    assert left == [0, 0, 0, 0, 0]
    assert files == []
    assert dry.output.replace("would be ", "").split() == [*first.output.split(), *dry.output.split()[-8:]]


def test_all_503_posts_142_tags_and_273_authors_come(imported):
    first = imported[3]

    assert first.exit_code == 0, first.output
    assert [number(first.output, label) for label in ("Posts found", "made", "changed", "unchanged", "skipped")] == [
        503, 503, 0, 0, 0,
    ]  # fmt: skip
    assert number(first.output, "Tags") == 142
    assert number(first.output, "Authors") == 273
    assert number(first.output, "Pictures and files found") > 130
    assert number(first.output, "Pictures and files missing") > 450


def test_the_rows_say_the_same_as_the_ledger(blog):
    def count(model):
        return db.session.scalar(select(func.count()).select_from(model))

    assert (count(Post), count(Tag), count(Author)) == (503, 142, 273)
    assert len(db.session.scalars(Post.published()).all()) == 503
    many = select(PostAuthor.post_id).group_by(PostAuthor.post_id).having(func.count() > 1)
    assert len(db.session.scalars(many).all()) == 230
    assert db.session.scalar(select(func.count()).select_from(Author).where(Author.user_id.is_not(None))) == 0
    assert count(Page) == 0


def test_a_second_import_changes_nothing(imported):
    second = imported[4]

    assert second.exit_code == 0
    assert [number(second.output, label) for label in ("made", "changed", "unchanged", "skipped")] == [0, 0, 503, 0]
    assert re.search(r"^Redirects +0", second.output, re.MULTILINE)
    assert re.search(r"^Tags +142 +0 new", second.output, re.MULTILINE)


def test_the_file_with_a_tab_is_taken_and_reported_with_its_line(imported, blog):
    assert re.search(r"2016-05-19-content-debt[^ ]*\.md:5: .*tab", imported[3].output)
    post = db.session.scalars(select(Post).where(Post.slug.startswith("content-debt"))).one()
    assert [author.slug for author in post.authors] == ["melody"]


def test_dates_are_those_of_the_front_matter_else_of_the_file(blog):
    def day(slug):
        return db.session.scalars(Post.at(slug)).one().published_at.date().isoformat()

    assert day("answering-common-questions-about-cloud-gov") == "2015-11-13"
    assert day("protosketch") == "2015-01-06"  # its file is of 2014-12-22
    assert day("open-source-hack-series-midas") == "2014-10-01"


def test_authors_stand_in_the_order_of_the_file(blog):
    post = db.session.scalars(Post.at("california-takes-new-approach-procurement")).one()

    assert [author.slug for author in post.authors] == ["alla", "robin-carnahan"]
    assert [author.name for author in post.authors] == ["alla", "Robin Carnahan"]


def test_each_author_has_a_page_with_their_posts(blog):
    client = blog.test_client()
    for author in db.session.scalars(select(Author).where(Author.slug.in_(["robin-carnahan", "alla"]))).all():
        assert author.user_id is None
        post = db.session.scalars(Post.published_by(author)).first()
        slug, title = post.slug, post.title
        page = client.get(f"/authors/{author.slug}")
        assert page.status_code == 200
        assert author.name in page.text
        assert f'href="/posts/{slug}"' in page.text, title
    addresses = [f"/authors/{slug}" for slug in db.session.scalars(select(Author.slug).order_by(Author.id))]
    assert {client.get(address).status_code for address in addresses[::10]} == {200}


def test_old_addresses_lead_to_the_posts(blog):
    for old, slug in {
        "/2015/05/21/TockingTime/": "tockingtime",
        "/2015/05/21/tockingtime/": "tockingtime",
        "/2017/09/08/forrest-service-six-month-check/": None,
        "/2016/03/22/what-was-your-path-to-18f/": "what-was-your-path-to-18f",
    }.items():
        target = redirecting.target_of(old)
        assert target is not None, old
        assert slug is None or target == f"/posts/{slug}"
        assert db.session.scalar(Post.at(target.removeprefix("/posts/"))) is not None


def test_links_between_posts_and_to_pictures_lead_somewhere(blog):
    slugs = set(db.session.scalars(select(Post.slug)))
    files = {item.path for item in db.session.scalars(select(Media))}
    links, pictures = [], []
    for html in db.session.scalars(select(Post.body_html)):
        links += re.findall(r'href="/posts/([^"#?]+)', html)
        pictures += re.findall(r'src="/media/([^"]+)"', html)

    assert len(links) > 500
    assert set(links) <= slugs
    assert len(pictures) > 60
    assert set(pictures) <= files
    assert all((Path(blog.config["MEDIA_PATH"]) / path).is_file() for path in files)


def test_no_template_mark_is_left_outside_of_code(imported, blog):
    left = []
    for post in db.session.scalars(select(Post)):
        html = re.sub(r"<pre\b.*?</pre>|<code\b.*?</code>", "", str(post.body_html), flags=re.DOTALL)
        if re.search(r"\{%|\{\{", html):
            left.append(post.slug)

    # One post is about such marks and says so to the template engine.
    assert left == ["working-with-oracle-databases-in-open-source-projects"]
    assert re.search(rf"meant to be read.*{left[0]}[^ ]*\.md:383: {{{{", imported[3].output, re.DOTALL)
    # What stays in code was not understood.
    assert re.search(r"fractal-and-federalist[^ ]*\.md:64: .*page\.preview_baseurl", imported[3].output)


def test_nothing_of_the_text_is_lost(blog):
    """Word by word, but for the marks: what stood in the file stands in the post."""
    slug = "answering-common-questions-about-cloud-gov"
    source = (BLOG / "posts" / f"2015-11-13-{slug}.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    post = db.session.scalars(Post.at(slug)).one()

    def words(text):
        return re.findall(r"\w+", re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\]\([^)]*\)", " ", text, flags=re.DOTALL))

    there = words(post.body)
    missing = [word for word in words(source) if word not in there]
    assert missing == []


def test_an_imported_post_can_be_edited(blog):
    post = db.session.scalars(Post.at("coming-soon")).one()

    revising.save(post, {"title": "Here already"}, by=None)

    assert post.has_draft
    assert db.session.scalar(select(func.count()).select_from(Revision).where(Revision.post_id == post.id)) == 2


# Blogs of our own
@pytest.fixture
def small(app, tmp_path, monkeypatch) -> Path:
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path / "media"))
    posts = tmp_path / "blog" / "posts"
    posts.mkdir(parents=True)
    (posts / "2016-03-04-one.md").write_text("---\ntitle: One\n---\n![](/gone.png)\n\n{{ what }}\n")
    return posts.parent


def test_notes_name_file_and_line(app, small):
    result = flask(app, str(small))

    assert result.exit_code == 0
    assert "2016-03-04-one.md:4: /gone.png" in result.output
    assert "2016-03-04-one.md:6: {{ what }}" in result.output


def test_what_is_many_is_listed_only_when_asked_for(app, small):
    (small / "posts" / "2016-03-05-two.md").write_text("".join(f"![](/gone{n}.png)\n\n" for n in range(9)))

    short, long = flask(app, str(small), "--dry-run"), flask(app, str(small), "--dry-run", "-v")

    assert "… and 7 more" in short.output
    assert "gone8.png" not in short.output
    assert "gone8.png" in long.output


def test_it_fails_when_nothing_could_be_imported(app, small):
    (small / "posts" / "2016-03-04-one.md").write_text("---\ntitle: [\n---\nText\n")

    result = flask(app, str(small))

    assert result.exit_code == 1
    assert "2016-03-04-one.md:" in result.output


def test_a_path_that_is_none_is_wrong_use(app, tmp_path):
    assert flask(app, str(tmp_path / "nowhere")).exit_code == 2


def test_an_old_site_is_a_whole_address(app, small):
    result = flask(app, str(small), "--old-site", "old.example.org")

    assert result.exit_code == 2
    assert "--old-site" in result.output
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0


def test_an_unknown_author_is_named_and_nothing_is_written(app, small):
    result = flask(app, str(small), "--author", "nobody@example.org")

    assert result.exit_code == 1
    assert "nobody@example.org" in result.output
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0


def test_no_progress_bar_is_drawn_where_there_is_no_terminal(app, small):
    assert "Importing" not in flask(app, str(small)).output


def test_a_permalink_of_its_own_leads_to_the_post(app, client, small):
    post = "---\ntitle: Two\npermalink: /long/gone/two.html\n---\nText.\n"
    (small / "posts" / "2016-03-05-two.md").write_text(post)

    assert flask(app, str(small)).exit_code == 0

    for old in ("/long/gone/two.html", "/2016/03/05/two/"):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, "/posts/two"), old
    assert client.get("/posts/two").status_code == 200


def test_broken_front_matter_is_named_with_its_line_and_the_rest_goes_on(app, small):
    broken = "---\ntitle: Two\nexcerpt: this: is no value\n---\nText.\n"
    (small / "posts" / "2016-03-05-two.md").write_text(broken)

    result = flask(app, str(small))

    assert "2016-03-05-two.md:3: " in result.output
    assert [post.slug for post in db.session.scalars(select(Post))] == ["one"]


def test_no_internal_link_of_the_whole_site_is_broken(blog, database_kind):
    if database_kind != "sqlite":
        pytest.skip("Three thousand pages: what they link is the same on both databases")

    walk = crawl(blog.test_client(), ["/", "/sitemap.xml", "/robots.txt"], blog.config["SITE_URL"])

    assert walk.broken == {}
    assert all(len(addresses) > 5 for addresses in walk.sampled.values())
    assert sum(address.startswith("/posts/") and "/comments/" not in address for address in walk.visited) >= 503
    assert {"text/html", "application/atom+xml", "application/xml", "image/png", "image/jpeg"} <= walk.kinds.keys()
