import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from cms.db import db
from cms.errors import CmsError
from cms.models import Author, Media, Post, Redirect, Revision, Tag
from cms.services import bylines, publishing, redirecting, revising, settings
from cms.services.importing import ledger, markdown_folder
from tests.factories import make_post, make_user


@pytest.fixture(autouse=True)
def media_folder(app: Flask, tmp_path, monkeypatch) -> Path:
    monkeypatch.setitem(app.config, "MEDIA_PATH", str(tmp_path / "media"))
    return tmp_path / "media"


@pytest.fixture
def blog(tmp_path) -> Path:
    folder = tmp_path / "blog"
    (folder / "assets").mkdir(parents=True)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), "teal").save(buffer, "PNG")
    (folder / "assets" / "cat.png").write_bytes(buffer.getvalue())
    (folder / "assets" / "bad.png").write_bytes(b"no picture")
    return folder


def write(blog: Path, name: str, body: str = "Text.", **fields) -> Path:
    path = blog / "posts" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    lines = "".join(f"{field}: {value}\n" for field, value in {"title": name, **fields}.items())
    path.write_text(f"---\n{lines}---\n{body}\n", encoding="utf-8")
    return path


def run(path: Path, **options):
    db.session.commit()
    report = markdown_folder.run(path, **options)
    db.session.expire_all()
    return report


def counts(report) -> tuple[int, int, int, int]:
    return report.made, report.changed, report.unchanged, report.skipped


def post_at(slug: str) -> Post:
    return db.session.scalars(Post.at(slug)).one()


def test_a_post_comes_with_all_that_it_has(app, blog):
    write(
        blog,
        "2016-03-04-One-Post.md",
        '{% image "assets/cat.png" "A cat" %}',
        title="One",
        authors="[ann-lee, bo]",
        tags="[Cats, dogs]",
        excerpt="In short",
        image="/assets/cat.png",
        image_alt="A cat, teal",
        redirect_from="[/older/]",
    )

    report = run(blog)

    post = post_at("one-post")
    cat = db.session.scalars(select(Media)).one()
    assert counts(report) == (1, 0, 0, 0)
    assert (post.title, post.excerpt, post.state) == ("One", "In short", "published")
    assert post.published_at == datetime(2016, 3, 4, 12, tzinfo=UTC)
    assert [author.name for author in post.authors] == ["Ann Lee", "bo"]
    assert [tag.name for tag in post.tags] == ["Cats", "dogs"]
    assert post.cover_id == cat.id
    assert cat.alt == "A cat, teal"
    assert f"![A cat](/media/{cat.path})" in post.body
    for old in ("/2016/03/04/One-Post/", "/2016/03/04/one-post/", "/older/"):
        assert redirecting.target_of(old) == "/posts/one-post"


def test_a_second_run_changes_nothing_at_all(app, blog):
    write(blog, "2016-03-04-one.md", "![](/assets/cat.png) [two](/2016/03/05/two/)", authors="[ann]", tags="[Cats]")
    write(blog, "2016-03-05-two.md", draft="true")
    run(blog)
    before = everything()

    report = run(blog)

    assert counts(report) == (0, 0, 2, 0)
    assert report.media_made == report.redirects_made == report.tags_made == report.authors_made == 0
    assert everything() == before


def everything() -> list[tuple]:
    return [
        tuple(row)
        for model in (Post, Revision, Redirect, Media, Tag, Author)
        for row in db.session.execute(select(model.__table__))
    ]


def test_a_dry_run_writes_nothing_and_says_the_same(app, blog, media_folder):
    write(blog, "2016-03-04-one.md", "![](/assets/cat.png)", authors="[ann, bo]", tags="[Cats]")
    write(blog, "2016-03-05-two.md", "![](/assets/cat.png) ![](/gone.png)", authors="[ann]", tags="[Cats, dogs]")

    dry = run(blog, dry_run=True)
    assert everything() == []
    assert not media_folder.exists() or not [path for path in media_folder.rglob("*") if path.is_file()]

    wet = run(blog)
    assert dry == wet


def test_a_file_that_changed_changes_its_post(app, blog):
    write(blog, "2016-03-04-one.md", "Old.", tags="[a]")
    run(blog)
    write(blog, "2016-03-04-one.md", "New.", tags="[a, b]", date="2017-01-01")

    report = run(blog)

    post = post_at("one")
    assert counts(report) == (0, 1, 0, 0)
    assert "New." in post.body_html
    assert [tag.name for tag in post.tags] == ["a", "b"]
    assert post.published_at.year == 2017
    assert not post.has_draft
    assert counts(run(blog)) == (0, 0, 1, 0)


def test_a_post_that_was_edited_here_is_left_alone_and_named(app, blog):
    write(blog, "2016-03-04-one.md", "Old.")
    run(blog)
    revising.save(post_at("one"), {"title": "Edited here"}, by=make_user("editor"))
    assert counts(run(blog)) == (0, 0, 1, 0)
    write(blog, "2016-03-04-one.md", "New.")

    report = run(blog)

    assert counts(report) == (0, 0, 0, 1)
    assert "edited here" in report.notes[-1].text
    assert "Old." in post_at("one").body


@pytest.mark.parametrize("verb", [publishing.trash, publishing.withdraw])
def test_a_post_that_was_taken_off_here_does_not_come_back(app, blog, verb):
    write(blog, "2016-03-04-one.md", "Old.")
    run(blog)
    verb(post_at("one"), by=None)
    assert counts(run(blog)) == (0, 0, 1, 0)
    write(blog, "2016-03-04-one.md", "New.")

    assert counts(run(blog)) == (0, 0, 0, 1)
    assert not post_at("one").is_public


def test_a_post_that_got_another_address_here_is_not_made_twice(app, blog):
    write(blog, "2016-03-04-one.md")
    run(blog)
    post = post_at("one")
    revising.change_live(post, {"slug": "uno"}, by=None)

    assert counts(run(blog)) == (0, 0, 1, 0)
    assert redirecting.target_of("/2016/03/04/one/") == "/posts/uno"


def test_links_between_posts_lead_to_their_new_addresses_also_to_later_ones(app, blog):
    write(blog, "2016-03-04-one.md", '[a]({{ "/2016/03/05/two/" | url }}) [b](https://old.example/2016/03/05/two/#x)')
    write(blog, "2016-03-05-two.md", "[c](https://old.example/2016/03/04/one/)")

    run(blog)

    assert post_at("one").body.strip() == "[a](/posts/two) [b](/posts/two#x)"
    assert post_at("two").body.strip() == "[c](/posts/one)"


def test_two_files_of_one_name_get_an_address_each_and_old_links_find_the_right_one(app, blog):
    write(blog, "2016-03-04-award.md", "first")
    write(blog, "2017-03-04-award.md", "second")
    taken = make_post(slug="award")

    run(blog)

    assert redirecting.target_of("/2016/03/04/award/") == "/posts/award-2"
    assert redirecting.target_of("/2017/03/04/award/") == "/posts/award-3"
    assert db.session.get(Post, taken.id).slug == "award"


def test_broken_files_are_named_with_their_line_and_the_rest_goes_on(app, blog):
    write(blog, "2016-03-04-one.md")
    (blog / "posts" / "2016-03-05-two.md").write_text('---\ntitle: One\nexcerpt: "no end\n---\nText\n')
    (blog / "posts" / "2016-03-06-three.md").write_bytes(b"---\ntitle: x\n---\n\xff\n")
    write(blog, "2016-03-07-four.md", "  ")
    write(blog, "2016-03-08-five.md", tags=f"[{'x' * 101}]")

    report = run(blog)

    assert counts(report) == (1, 0, 0, 4)
    skipped = {note.file: note for note in report.of_kind(ledger.SKIPPED)}
    assert set(skipped) == {
        f"2016-03-0{day}-{name}.md" for day, name in ((5, "two"), (6, "three"), (7, "four"), (8, "five"))
    }
    assert skipped["2016-03-06-three.md"].line == 4
    assert report.found == 5


def test_pictures_that_are_missing_or_none_are_reported_with_their_line_and_kept(app, blog):
    write(blog, "2016-03-04-one.md", "![](/assets/gone.png)\n\n![](/assets/bad.png)")

    report = run(blog)

    assert [(note.kind, note.line) for note in report.notes] == [
        (ledger.PICTURE_MISSING, 4),
        (ledger.PICTURE_REFUSED, 6),
    ]
    assert "/assets/gone.png" in post_at("one").body


def test_a_picture_that_turns_up_later_is_put_in_by_the_next_run(app, blog):
    write(blog, "2016-03-04-one.md", "![](/assets/new.png)")
    run(blog)
    (blog / "assets" / "new.png").write_bytes((blog / "assets" / "cat.png").read_bytes())

    assert counts(run(blog)) == (0, 1, 0, 0)
    assert "/media/" in post_at("one").body


def test_nothing_outside_the_folder_is_ever_read(app, blog, tmp_path):
    (tmp_path / "secret.png").write_bytes((blog / "assets" / "cat.png").read_bytes())
    (blog / "assets" / "link.png").symlink_to(tmp_path / "secret.png")
    write(blog, "2016-03-04-one.md", "![](/../secret.png) ![](../../secret.png) ![](/assets/link.png)")

    report = run(blog)

    assert len(report.pictures_missing) == 3
    assert report.media_made == 0


def test_the_folder_of_the_posts_itself_will_do(app, blog):
    write(blog, "2016-03-04-one.md", "![](/assets/cat.png)")

    report = run(blog / "posts")

    assert (report.made, report.media_made) == (1, 1)


def test_jekyll_and_hugo_folders_are_understood(app, tmp_path):
    jekyll, hugo = tmp_path / "jekyll", tmp_path / "hugo"
    (jekyll / "_posts").mkdir(parents=True)
    (jekyll / "_posts" / "2016-03-04-one.md").write_text(
        "---\ntitle: One\ncategories: a b\npublished: false\n---\nText\n"
    )
    (hugo / "content" / "posts" / "two").mkdir(parents=True)
    (hugo / "content" / "posts" / "two" / "index.md").write_text(
        '+++\ntitle = "Two"\ndate = 2020-01-02\ntags = ["x"]\naliases = ["/was/here/"]\n+++\nText\n'
    )

    run(jekyll)
    run(hugo)

    assert (post_at("one").state, [tag.name for tag in post_at("one").tags]) == ("draft", ["a", "b"])
    assert post_at("two").published_at == datetime(2020, 1, 2, 12, tzinfo=UTC)
    assert redirecting.target_of("/was/here/") == "/posts/two"


def test_the_day_written_is_the_day_shown_in_the_zone_of_the_site(app, blog):
    settings.change({"time_zone": "Pacific/Auckland"}, by=None)
    write(blog, "2016-03-04-one.md")

    run(blog)

    assert post_at("one").published_at.astimezone(settings.read().zone).date().isoformat() == "2016-03-04"


def test_a_day_to_come_is_scheduled(app, blog, travel):
    travel(to=datetime(2016, 3, 1, tzinfo=UTC))
    write(blog, "2016-03-04-one.md")

    run(blog)

    assert post_at("one").state == "scheduled"


def test_posts_without_authors_are_signed_by_the_one_who_is_named(app, blog):
    user = make_user("author", name="Kim")
    write(blog, "2016-03-04-one.md")
    write(blog, "2016-03-05-two.md", authors="[ann]")

    run(blog, fallback=user)

    assert [author.name for author in post_at("one").authors] == ["Kim"]
    assert [author.name for author in post_at("two").authors] == ["ann"]
    assert bylines.of(user).name == "Kim"
    assert counts(run(blog, fallback=user)) == (0, 0, 2, 0)


def test_names_come_from_the_data_where_it_has_them(app, blog):
    (blog / "_data").mkdir()
    (blog / "_data" / "authors.yml").write_text("ann:\n  full_name: Ann Übermut\n")
    write(blog, "2016-03-04-one.md", authors="[ann, {name: Bo Diddley, slug: bo}]")

    run(blog)

    assert [(author.slug, author.name) for author in post_at("one").authors] == [
        ("ann", "Ann Übermut"),
        ("bo", "Bo Diddley"),
    ]


def test_raw_html_is_kept_in_the_text_and_cleaned_when_it_is_shown(app, blog):
    write(blog, "2016-03-04-one.md", '<div onclick="x()">Hello</div>\n\n<script>alert(1)</script>')

    run(blog)

    post = post_at("one")
    assert "<script>" in post.body
    assert "onclick" not in post.body_html
    assert "<script" not in post.body_html
    assert "<div>Hello</div>" in post.body_html


def test_a_redirect_made_by_hand_stays(app, blog):
    redirect = Redirect()
    redirecting.set_by_hand(redirect, "/2016/03/04/one/", "/elsewhere")
    db.session.add(redirect)
    write(blog, "2016-03-04-one.md")

    report = run(blog)

    assert redirecting.target_of("/2016/03/04/one/") == "/elsewhere"
    assert report.of_kind(ledger.REDIRECT)


def test_two_chunks_are_two_transactions_and_one_result(app, blog, monkeypatch):
    monkeypatch.setattr(markdown_folder, "CHUNK", 2)
    for day in range(1, 6):
        write(blog, f"2016-03-0{day}-post-{day}.md", authors="[ann]", tags="[Cats]")
    steps = []

    report = run(blog, progress=lambda done, total: steps.append((done, total)))

    assert steps == [(2, 5), (4, 5), (5, 5)]
    assert (report.made, report.authors_made, report.tags_made) == (5, 1, 1)
    assert db.session.scalar(select(func.count()).select_from(Author)) == 1


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_with_nothing_in_it_is_said_to_be_so(app, tmp_path, name):
    (tmp_path / "empty").mkdir()

    with pytest.raises(CmsError):
        markdown_folder.run(tmp_path / name)


def test_what_a_picture_shows_goes_with_it_into_the_library(app, blog):
    write(blog, "2016-03-04-one.md", '{% image "assets/cat.png" "A \\"cat\\" &amp; [its] shade" %}'.replace("\\", ""))

    run(blog)

    assert db.session.scalars(select(Media)).one().alt == 'A "cat" & [its] shade'


def test_a_dry_run_leaves_no_trace_of_other_files_either(app, blog, media_folder):
    (blog / "assets" / "paper.pdf").write_bytes(b"%PDF-1.7")
    write(blog, "2016-03-04-one.md", "[paper](/assets/paper.pdf)")

    assert run(blog, dry_run=True).media_made == 1
    assert not media_folder.exists()
    run(blog)
    assert f"/media/{db.session.scalars(select(Media)).one().path}" in post_at("one").body
