"""A development site worth clicking through: people of every role, posts in every state, comments, pictures."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from cms import clock
from cms.db import db, is_any
from cms.models import Author, Comment, CommentStatus, Media, Page, Post, Redirect, Role, Series, Setting, Tag, User
from cms.services import accounts, addresses, bylines, media, publishing, redirecting, revising, settings, tagging
from cms.services.media import Prepared
from cms.services.seeding import drawings, texts, words
from cms.services.seeding.texts import Text
from cms.text.slug import slugify
from cms.transactions import in_transaction

PASSWORD = "a lantern in the archive"  # noqa: S105 (printed by the command; for development alone)
PEOPLE = {  # who: name, address, role
    "admin": ("Alma Okafor", "admin@example.org", "admin"),
    "editor": ("Edith Morgenstern", "editor@example.org", "editor"),
    "author": ("Aurelio Bianchi", "author@example.org", "author"),
    "second": ("Frieda Königsmüller-Nakamura", "second@example.org", "author"),
    "contributor": ("Cem Yıldız", "contributor@example.org", "contributor"),
}
GUESTS = ("Nora Lindqvist", "王小雨", "ليلى حداد")
STATES = {26: "draft", 27: "draft", 28: "scheduled", 29: "scheduled", 30: "expired", 31: "withdrawn", 32: "trashed"}
STATES |= {33: "draft", 34: "scheduled", 35: "withdrawn", 36: "trashed"}
POSTS = 40


@dataclass
class Seeded:
    """What was made: nothing of what was there already."""

    people: list[str] = field(default_factory=list)
    posts: int = 0
    pages: int = 0
    comments: int = 0
    pictures: int = 0


def is_empty() -> bool:
    """Whether nobody has begun anything here."""
    return not is_any(select(User.id)) and has_no_posts()


def has_no_posts() -> bool:
    return not is_any(select(Post.id)) and not is_any(select(Page.id))


def make() -> Seeded:
    """Fill the site. What a first time made is left alone by a second. Commits by itself."""
    designs = {name for text in texts.POSTS if (name := text.picture)}
    covers = {
        name: [_stored(drawings.drawn(name, number), f"{name}-{number}.png") for number in range(3)] for name in designs
    }
    faces = [_stored(drawings.face(number), f"face-{number}.png") for number in range(3)]
    db.session.rollback()  # what was read while drawing must not keep the next one from the write lock
    return in_transaction(lambda: _Site(covers, faces).fill())


def _stored(content: bytes, filename: str) -> Prepared:
    with media.prepared(content, filename) as found:
        media.store(found)
        return found


class _Site:
    """One attempt at filling it."""

    def __init__(self, covers: dict[str, list[Prepared]], faces: list[Prepared]) -> None:
        self.covers, self.faces = covers, faces
        self.chance = random.Random(4)  # noqa: S311 (the same site each time is the point)
        self.now = clock.now().replace(minute=0, second=0, microsecond=0)
        self.made = Seeded()

    def fill(self) -> Seeded:
        self.people = {who: self._person(*fields) for who, fields in PEOPLE.items()}
        self._describe_authors()
        tagging.find_or_make([tag for text in texts.POSTS for tag in text.tags], by=None)
        for number in range(POSTS):
            self._post(number)
        self._pages()
        self._redirects()
        if not is_any(select(Setting.name)):
            settings.change({"title": "The Paper Lantern", "tagline": "Tools, habits and the occasional bird"}, by=None)
        return self.made

    def _person(self, name: str, email: str, role: str) -> User:
        user = db.session.scalar(User.with_email(email))
        if user is None:
            roles = list(db.session.scalars(Role.named(role)))
            user = accounts.add(email, name, roles, password=PASSWORD, by=None)
            self.made.people.append(f"{email} ({role})")
        return user

    def _describe_authors(self) -> None:
        for number, (who, bio) in enumerate(texts.BIOS.items()):
            author = bylines.of(self.people[who])
            if not author.bio:
                author.describe(bio)
                author.picture_id = self._picture(self.faces[number], f"Drawing of {author.name}").id

    def _picture(self, found: Prepared, alt: str) -> Media:
        self.made.pictures += db.session.scalar(Media.with_sha256(found.sha256)) is None
        return media.keep(found, by=self.people["editor"], alt=alt)

    def _text(self, number: int) -> Text:
        if number < len(texts.POSTS):
            return texts.POSTS[number]
        title = f"{words.title(self.chance)} ({number})"
        body = "\n\n".join(words.paragraphs(self.chance) for _ in range(3))
        known = sorted({tag for text in texts.POSTS for tag in text.tags})
        picture = self.chance.choice(("", "", *self.covers))
        return Text(title, tuple(self.chance.sample(known, 2)), body, picture=picture)

    def _post(self, number: int) -> None:
        text, state = self._text(number), STATES.get(number, "published")
        slug = slugify(text.title, 190)
        if db.session.scalar(Post.at(slug)) is not None or redirecting.target_of(f"{addresses.PREFIX[Post]}{slug}"):
            return
        changes = {"title": text.title, "slug": slug, "body": text.body, "excerpt": text.excerpt, "tags": text.tags}
        changes |= {"is_featured": number == 0, "language": text.language, "series": text.series}
        if text.translation_of:
            original = db.session.scalar(Post.at(slugify(text.translation_of, 190)))
            changes["translation_of_id"] = original.id if original is not None else None
        if text.picture:
            cover = self._picture(self.covers[text.picture][number % 3], f"A flat drawing of {text.picture}")
            changes["cover_id"] = cover.id
            if number % 4 == 1:
                changes["body"] += f"\n![The same drawing once more]({media.url_of(cover)})\n"
        writer = self.people[("author", "second", "editor", "author", "contributor")[number % 5]]
        if text.series or text.translation_of:
            writer = self.people["editor"]
        post = revising.create(Post, changes, by=writer)
        if number % 6 == 0:
            guests = [self._guest(name).id for name in GUESTS[: 1 + number % 3]]
            revising.save(post, {"authors": [*guests, bylines.of(writer).id]}, by=self.people["editor"])
        self._into(post, state, self.now - timedelta(days=number * 9 + 1, hours=number % 7))
        self.made.posts += 1
        if state == "published":
            self._edit(post, number)
            self._comment(post, number)

    def _guest(self, name: str) -> Author:
        return db.session.scalar(select(Author).where(Author.name == name)) or bylines.make(name)

    def _into(self, post: Post, state: str, at: datetime) -> None:
        editor = self.people["editor"]
        if state == "draft":
            return
        if state == "scheduled":
            at = self.now + timedelta(days=post.id % 20 + 1)
        if state == "expired":
            revising.save(post, {"published_at": at, "unpublish_at": at + timedelta(hours=12)}, by=editor)
        publishing.publish(post, by=editor, at=at)
        if state == "expired":
            post.unpublish_at = at + timedelta(hours=12)
            revising.remember_times(post)
        elif state == "withdrawn":
            publishing.withdraw(post, by=editor)
        elif state == "trashed":
            publishing.trash(post, by=editor)

    def _edit(self, post: Post, number: int) -> None:
        """A correction that went live, a draft beside the live text, an address that has changed."""
        editor = self.people["editor"]
        if number in (1, 6):
            revising.save(
                post, {"body": f"{post.body}\n*Corrected on {self.now:%d %B %Y}: a number was wrong.*\n"}, by=editor
            )
            publishing.publish(post, by=editor)
        if number in (3, 7, 12):
            draft = {
                "title": f"{post.title}, revised",
                "body": f"{post.body}\n## Added since\n\nThis is not public yet.\n",
            }
            revising.save(post, draft, by=self.people["admin"])
        if number == 10:
            revising.save(post, {"slug": "three-parts-of-an-error-message"}, by=editor)
            publishing.publish(post, by=editor)

    def _comment(self, post: Post, number: int) -> None:
        if number >= len(texts.COMMENTS) * 2:
            return
        first = None
        for place, (name, body) in enumerate(texts.COMMENTS[: number % 4 + 1]):
            comment = self._said(post, name, body, CommentStatus.APPROVED, hours=place * 5)
            first = first or comment
        if number % 2 == 0:
            reply = self._said(post, "Aurelio Bianchi", "Thank you, mended.", CommentStatus.APPROVED, hours=40)
            reply.parent, reply.user_id = first, self.people["author"].id
        held, spam = texts.HELD[number % 3], texts.SPAM[number % 2]
        if number < 5:
            self._said(post, *held, CommentStatus.HELD, hours=60)
        if number < 3:
            self._said(post, *spam, CommentStatus.SPAM, hours=61)

    def _said(self, post: Post, name: str, body: str, status: CommentStatus, *, hours: int) -> Comment:
        comment = Comment(post_id=post.id, name=name, email=f"{slugify(name) or 'reader'}@example.net", status=status)
        comment.write(body)
        at = (post.published_at or self.now) + timedelta(hours=hours + 1)
        comment.created_at = min(at, self.now - timedelta(minutes=hours + 1))
        db.session.add(comment)
        db.session.flush()
        self.made.comments += 1
        return comment

    def _pages(self) -> None:
        for title, body, position, is_live in (
            ("About", texts.ABOUT, 1, True),
            ("Imprint", texts.IMPRINT, 2, True),
            ("Colophon", "Set in whatever your machine reads best.\n", None, False),
        ):
            if db.session.scalar(Page.at(slugify(title))) is None:
                page = revising.create(
                    Page, {"title": title, "body": body, "menu_position": position}, by=self.people["editor"]
                )
                if is_live:
                    publishing.publish(page, by=self.people["editor"])
                self.made.pages += 1

    def _redirects(self) -> None:
        for path, target in (
            ("/about-us", "/about"),
            ("/impressum", "/imprint"),
            ("/code", "https://example.org/code"),
        ):
            if db.session.scalar(Redirect.at(path)) is None:
                redirect = Redirect()
                redirecting.set_by_hand(redirect, path, target)
                db.session.add(redirect)
        workshop = db.session.scalar(Series.at(Series.slug_of(texts.POSTS[0].series)))
        if workshop is not None and not workshop.description:
            workshop.description = "What two decades at a desk have taught us, in small pieces."
        writing = db.session.scalar(Tag.named("writing"))
        if writing is not None and not writing.description:
            writing.description = "On putting one word after another."
