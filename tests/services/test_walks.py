"""Long random lives of posts: whatever several people do in whatever order, these things stay true after each step."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, text

from cms import clock
from cms.db import db
from cms.errors import CmsError
from cms.models import Author, Post, PostAuthor, PostTag, Redirect, Revision, RevisionKind, Tag
from cms.services import publishing, revising, searching, snapshots, tagging
from cms.services.snapshots import Add, Remove
from tests.factories import make_author, make_user

WALKS = {"sqlite": 36, "mariadb": 12}
STEPS = 25
MOST_POSTS = 3
NAMES = ("Flask", "JS", "JavaScript", "Café", "Web", "Python")
WORDS = ("umbrella", "lighthouse", "marmalade", "日本語")
SLUGS = ("one", "two", "three", "")


class Walk:
    """Some people, some posts, and what they do to them by one seed."""

    def __init__(self, seed: int, travel: Callable[..., None]) -> None:
        self.chance, self.travel = random.Random(seed), travel
        self.people = [None, make_user("admin"), make_user("editor"), make_user("author"), make_user("contributor")]
        self.authors = [make_author().id, make_author().id]
        self.posts: list[int] = []
        self.kept: set[int] = set()  # revisions that are never joined or purged
        self.gone: set[str] = set()  # slugs of tags that were merged away
        self.touched: int | None = None  # the post of the last step; none when it may have been all
        self.done: list[str] = []
        db.session.commit()

    def step(self) -> None:
        acts = [self.create, self.save, self.save, self.publish, self.schedule, self.withdraw, self.trash, self.restore]
        acts += [self.change_live, self.rename_tag, self.merge_tags, self.wait]
        act = self.chance.choice(acts) if self.posts else self.create
        by = self.chance.choice(self.people)
        self.touched = None
        self.done.append(f"{act.__name__} by {by.roles[0] if by else 'nobody'}")
        try:
            act(by)
            db.session.commit()
        except CmsError as error:
            self.done[-1] += f": {error}"
            db.session.rollback()
        db.session.expire_all()

    # What people do
    def create(self, by: Any) -> None:
        if len(self.posts) < MOST_POSTS:
            self.posts.append(0)
            try:
                post = revising.create(Post, self.changes(of_new=True), by=by)
                self.posts[-1] = post.id
            except CmsError:
                self.posts.pop()
                raise

    def save(self, by: Any) -> None:
        post = self.post()
        revising.save(post, self.changes(), by=by, seen_version=post.version)

    def publish(self, by: Any) -> None:
        publishing.publish(self.post(), by=by)

    def schedule(self, by: Any) -> None:
        publishing.publish(self.post(), by=by, at=clock.now() + timedelta(hours=self.chance.choice((-5, 1, 30))))

    def withdraw(self, by: Any) -> None:
        publishing.withdraw(self.post(), by=by)

    def trash(self, by: Any) -> None:
        publishing.trash(self.post(), by=by)

    def restore(self, by: Any) -> None:
        publishing.restore(self.post(), by=by)

    def change_live(self, by: Any) -> None:
        how = self.chance.choice((Add, Remove))
        changes: dict[str, Any] = {"tags": how(self.some(NAMES))}
        if self.chance.random() < 0.3:
            changes = {"title": self.title(), "is_featured": self.chance.random() < 0.5}
        revising.change_live(self.post(), changes, by=by)

    def rename_tag(self, by: Any) -> None:
        tag = self.tag()
        if tag is not None:
            name = self.chance.choice(NAMES)
            old = tag.slug
            tagging.rename(tag, name, by=by)
            if old != tag.slug:
                self.gone.add(old)
            self.gone.discard(tag.slug)

    def merge_tags(self, by: Any) -> None:
        one, other = self.tag(), self.tag()
        if one is not None and one is not other:
            slug = one.slug
            tagging.merge(one, other, by=by)
            self.gone.add(slug)

    def wait(self, by: Any) -> None:
        self.travel(hours=self.chance.choice((0.05, 1, 40)))

    # What with
    def post(self) -> Post:
        self.touched = self.chance.choice(self.posts)
        return db.session.get_one(Post, self.touched)

    def tag(self) -> Tag | None:
        tags = list(db.session.scalars(select(Tag).order_by(Tag.id)))
        return self.chance.choice(tags) if tags else None

    def some(self, items: Any) -> list[Any]:
        return self.chance.sample(items, self.chance.randint(1, 2))

    def title(self) -> str:
        return f"{self.chance.choice(WORDS)} {self.chance.randint(1, 9)}"

    def changes(self, *, of_new: bool = False) -> dict[str, Any]:
        everything = {
            "title": self.title(),
            "body": f"Text of {self.chance.choice(WORDS)} and **{self.chance.choice(WORDS)}**.",
            "excerpt": self.chance.choice(WORDS),
            "slug": self.chance.choice(SLUGS),
            "tags": self.some(NAMES),
            "authors": self.chance.sample(self.authors, 2),
            "unpublish_at": self.chance.choice((None, clock.now() + timedelta(hours=50))),
        }
        names = [name for name in everything if self.chance.random() < 0.5]
        if of_new:
            names = [name for name in {"title", "body", *names} if name != "unpublish_at"]
        return {name: everything[name] for name in sorted(names)}

    # What is always true
    def look(self) -> None:
        everything = select(Post)
        for post in db.session.scalars(everything.where(Post.id == self.touched) if self.touched else everything):
            self.look_at(post)
        self.look_at_redirects()
        slugs = set(db.session.scalars(select(Tag.slug)))
        assert not slugs & self.gone
        for post_id in self.posts:
            self.kept |= set(
                db.session.scalars(
                    select(Revision.id).where(Revision.post_id == post_id, Revision.kind != RevisionKind.SAVED)
                )
            )
        assert self.kept <= set(db.session.scalars(select(Revision.id)))

    def look_at(self, post: Post) -> None:
        versions = {revision.version: revision for revision in db.session.scalars(Revision.of(post))}
        assert max(versions) == post.version
        assert post.live_version is None or post.live_version in versions
        assert all(revision.base_version is None or revision.base_version in versions for revision in versions.values())

        shown = post.version if post.live_version is None else post.live_version
        written = snapshots.snapshot_at(post, shown)
        row = snapshots.of_row(post)
        tags = [row.pop("tags"), written.pop("tags")]
        assert row == written
        assert len({frozenset(map(Tag.slug_of, names)) for names in tags}) == 1
        assert (post.live_version is None) == (post.status.value == "draft")

        pairs = list(db.session.scalars(select(PostTag).where(PostTag.post_id == post.id)))
        bylines = list(db.session.scalars(select(PostAuthor).where(PostAuthor.post_id == post.id)))
        assert {pair.tag.name for pair in pairs} == set(tags[0])
        assert {pair.listed_at for pair in (*pairs, *bylines)} <= {post.listed_at}
        assert [line.position for line in sorted(bylines, key=lambda line: line.position)] == list(range(len(bylines)))

        assert bool(db.session.scalar(select(Post.id).where(Post.id == post.id, Post.visible()))) == post.is_public
        assert post.is_public == (post.state == "published")
        names = [[(one.name, one.slug) for one in named] for named in (post.tags, post.authors)]
        assert {name for name, _ in names[0]} == set(tags[0])
        assert index_of(post) == searching.words_of(post.title, *names, post.excerpt, post.body)
        word = self.chance.choice((*WORDS, *NAMES))
        found = searching.find(f"{word} ", posts=select(Post))
        texts = f"{post.title} {post.excerpt} {post.body} {' '.join(tags[0])}"
        assert ids_of(found.where(Post.id == post.id)) == ({post.id} if word in texts else set()), (word, texts)
        assert post.is_public or post.id not in ids_of(searching.find(word))

    def look_at_redirects(self) -> None:
        redirects = list(db.session.scalars(select(Redirect)))
        paths = {redirect.path for redirect in redirects}
        for redirect in redirects:
            assert redirect.target not in paths, (redirect, paths)


def ids_of(query: Select[Any]) -> set[int]:
    return set(db.session.scalars(query.with_only_columns(Post.id)))


def index_of(post: Post) -> str | None:
    key = "rowid" if db.engine.dialect.name == "sqlite" else "post_id"
    return db.session.scalar(text(f"SELECT tokens FROM post_search WHERE {key} = :id"), {"id": post.id})


def clear() -> None:
    for model in (Revision, PostTag, PostAuthor, Post, Tag, Redirect, Author):
        db.session.execute(db.delete(model))
    db.session.execute(text("DELETE FROM post_search"))
    db.session.commit()


def test_what_is_true_of_a_post_stays_true_whatever_is_done_to_it(app, database_kind, travel):
    travel(hours=0)
    for seed in range(WALKS[database_kind]):
        walk = Walk(seed, travel)
        for _ in range(STEPS):
            walk.step()
            try:
                walk.look()
            except AssertionError as error:
                pytest.fail(f"seed {seed}, after {len(walk.done)} steps ({'; '.join(walk.done[-8:])}): {error}")
        clear()
