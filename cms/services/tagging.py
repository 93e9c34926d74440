"""Tags of posts: finding them by what people type, making new ones once, renaming and merging."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from cms import clock
from cms.db import db
from cms.errors import InvalidChange, NotAllowed
from cms.language import gettext
from cms.models import Post, PostTag, Tag, User
from cms.services import addresses, auditing, redirecting, reindexing
from cms.text.slug import slugify

MOST_TAGS = 100


def names_in(text: str) -> list[str]:
    """The tags in a pasted list: one a line, or with commas or semicolons between."""
    rough = text.replace(";", ",").replace("\n", ",").replace("\r", ",").replace("\t", ",").split(",")
    return clean_names(rough)


def clean_names(names: Iterable[str]) -> list[str]:
    """Each tag once, trimmed, in the order given. Raises InvalidChange for what cannot be a tag."""
    once: dict[str, str] = {}
    for name in names:
        name = " ".join(name.split()).removeprefix("#").strip()
        if not name:
            continue
        if len(name) > 100:
            raise InvalidChange(gettext("A tag has at most 100 letters: “%(name)s…”.", name=name[:40]), field="tags")
        slug = Tag.slug_of(name)
        if not slug:
            raise InvalidChange(
                gettext("“%(name)s” has no letter or digit to make an address of.", name=name), field="tags"
            )
        once.setdefault(slug, name)
    if len(once) > MOST_TAGS:
        raise InvalidChange(gettext("A post has at most %(most)s tags.", most=MOST_TAGS), field="tags")
    return list(once.values())


def find_or_make(names: Iterable[str], *, by: User | None) -> list[Tag]:
    """The tags of these names, new ones made where none is. Two editors at once get the same tag.

    A name that was renamed or merged away stands for what it became: a draft may be older than that, and whoever
    merged the two meant it. Raises NotAllowed when a new one is needed and ``by`` may not make any; ``None`` may.
    """
    wanted = {Tag.slug_of(name): name for name in clean_names(names)}
    if not wanted:
        return []
    with db.session.no_autoflush:
        found = {tag.slug: tag for tag in db.session.scalars(select(Tag).where(Tag.slug.in_(wanted)))}
        found |= _renamed([slug for slug in wanted if slug not in found])
    missing = {slug: name for slug, name in wanted.items() if slug not in found}
    if missing and by is not None and not by.may("tag.add"):
        new = next(iter(missing.values()))
        raise NotAllowed(gettext("You may not make new tags. Choose another for “%(name)s”.", name=new), field="tags")
    for slug, name in missing.items():
        found[slug] = _make(slug, name)
    return list(dict.fromkeys(found[slug] for slug in wanted))


def current_names(names: Iterable[str]) -> list[str]:
    """What these tags are called now: renamed and merged ones by what they became, those that are none yet as given."""
    wanted = [(Tag.slug_of(name), name) for name in names]
    if not wanted:
        return []
    slugs = [slug for slug, _ in wanted]
    called = dict(db.session.execute(select(Tag.slug, Tag.name).where(Tag.slug.in_(slugs))).all())
    called |= {slug: tag.name for slug, tag in _renamed([slug for slug in slugs if slug not in called]).items()}
    return list(dict.fromkeys(called.get(slug, name) for slug, name in wanted))


def make_anew(name: str) -> Tag:
    """A tag of this name, even where an earlier one was renamed or merged away. Raises InvalidChange if it is taken."""
    (name,) = clean_names([name]) or [""]
    if not name:
        raise InvalidChange(gettext("Give the tag a name."), field="name")
    must_be_free(name)
    tag = _make(Tag.slug_of(name), name)
    redirecting.end(addresses.path_of(tag))
    return tag


def must_be_free(name: str, tag: Tag | None = None) -> None:
    """Raises InvalidChange where a tag other than ``tag`` is called so, or has the address of this name."""
    if tag is None or name != tag.name:
        _must_be_free_at(Tag.slug_of(name), tag)


def _must_be_free_at(slug: str, tag: Tag | None) -> None:
    with db.session.no_autoflush:
        other = db.session.scalar(Tag.at(slug))
    if other is None or other is tag:
        return
    if tag is None:
        words = gettext("There is a tag “%(name)s” already.", name=other.name)
    else:
        words = gettext("There is a tag “%(name)s” already: merge the two instead.", name=other.name)
    raise InvalidChange(words, field="name")


def _renamed(slugs: list[str]) -> dict[str, Tag]:
    if not slugs:
        return {}
    prefix = addresses.PREFIX[Tag]
    became = redirecting.targets_of(prefix + slug for slug in slugs)
    wanted = {path.removeprefix(prefix): target.removeprefix(prefix) for path, target in became.items()}
    if not wanted:
        return {}
    tags = {tag.slug: tag for tag in db.session.scalars(select(Tag).where(Tag.slug.in_(wanted.values())))}
    return {slug: tags[target] for slug, target in wanted.items() if target in tags}


def _make(slug: str, name: str) -> Tag:
    tag = Tag(name=name, slug=slug)
    try:
        with db.session.begin_nested():
            db.session.add(tag)
    except IntegrityError:
        # Somebody made it since we looked. A locking read sees theirs: the snapshot of this transaction would not.
        return db.session.scalars(Tag.at(slug).with_for_update(read=True)).one()
    return tag


def rename(tag: Tag, name: str, *, by: User | None, slug: str | None = None) -> None:
    """Give ``tag`` another name; its old address leads to the new one. Raises InvalidChange if that name is taken."""
    (name,) = clean_names([name]) or [""]
    slug = slugify(slug, max_length=100) if slug else Tag.slug_of(name)
    if not name or not slug:
        raise InvalidChange(gettext("Give the tag a name."), field="name")
    _must_be_free_at(slug, tag)
    before = {"name": tag.name, "slug": tag.slug}
    old = addresses.path_of(tag)
    tag.name, tag.slug, tag.updated_at = name, slug, clock.now()
    if before["slug"] != slug:
        redirecting.moved(old, addresses.path_of(tag))
    if before != {"name": name, "slug": slug}:
        auditing.record("tag.renamed", tag, by=by, before=before, after={"name": name, "slug": slug})
        reindexing.reindex(posts_with(tag))


def merge_preview(tag: Tag, other: Tag) -> dict[str, int]:
    """How many posts have ``tag``, how many ``other``, how many both, and how many the merged one will have."""

    def count(query):  # type: ignore[no-untyped-def]
        return db.session.scalar(select(func.count()).select_from(query.subquery())) or 0

    ours = select(PostTag.post_id).where(PostTag.tag_id == tag.id)
    theirs = select(PostTag.post_id).where(PostTag.tag_id == other.id)
    both = count(ours.where(PostTag.post_id.in_(theirs)))
    counts = {"ours": count(ours), "theirs": count(theirs), "both": both}
    return counts | {"merged": counts["ours"] + counts["theirs"] - both}


def merge(tag: Tag, other: Tag, *, by: User | None) -> int:
    """Give all posts of ``tag`` to ``other``, lead its address there and remove it; how many posts gained ``other``."""
    if by is not None and not by.may("tag.edit"):
        raise NotAllowed(gettext("You may not merge tags."))
    posts = posts_with(tag)
    before = {"name": tag.name, "slug": tag.slug, "description": tag.description, "posts": posts}
    old, label, identity = addresses.path_of(tag), tag.name, tag.id
    gained = tag.merge_into(other)
    auditing.record("tag.merged", tag, by=by, before=before, after={"into": other.id}, label=label)
    db.session.delete(db.session.get_one(Tag, identity))
    redirecting.moved(old, addresses.path_of(other))
    reindexing.reindex(posts)
    return gained


def posts_with(tag: Tag) -> list[int]:
    """The ids of all posts that have ``tag``, whatever their state."""
    return list(db.session.scalars(select(PostTag.post_id).where(PostTag.tag_id == tag.id).order_by(PostTag.post_id)))


def tags_of(post: Post) -> list[str]:
    """The names of the tags that readers see on ``post``."""
    return [tag.name for tag in post.tags]
